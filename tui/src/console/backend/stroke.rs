//! How changed cells become bytes: by several ways, of which the shortest is taken.

use std::fmt::Write as _;

use ratatui::buffer::Cell;
use ratatui::layout::Position;
use ratatui::style::Color;

use super::pen::Pen;
use crate::cells::cells;

/// How many rows down a line feed each is tried before an absolute move.
const LINE_FEEDS: u16 = 3;

/// What is known of where the terminal's cursor stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cursor {
    Unknown,
    /// Somewhere behind the last character of this row, whose width terminals do not agree on. Where that was the
    /// row's last and took two cells it may be in the next row, so only what stands further right is sure of the row.
    InRow(u16),
    At(Position),
}

/// One changed cell.
#[derive(Debug)]
pub(super) struct Change {
    x: u16,
    y: u16,
    symbol: String,
    pen: Pen,
}

impl Change {
    pub(super) fn new(x: u16, y: u16, cell: &Cell) -> Self {
        Self { x, y, symbol: cell.symbol().to_owned(), pen: Pen::of(cell) }
    }

    /// Whether it only clears its cell.
    fn is_blank(&self) -> bool {
        self.symbol == " " && !self.pen.modifier.intersects(Pen::ON_BLANKS)
    }

    /// The column behind it.
    fn end(&self) -> u16 {
        self.x.saturating_add(u16::try_from(cells(&self.symbol).max(1)).unwrap_or(u16::MAX))
    }
}

/// Bytes for the terminal, and where they leave its cursor and its pen.
#[derive(Clone, Debug)]
pub(super) struct Stroke {
    pub(super) bytes: String,
    pub(super) cursor: Cursor,
    pub(super) pen: Pen,
}

impl Stroke {
    /// No byte yet, from this cursor and this pen on.
    pub(super) const fn from(cursor: Cursor, pen: Pen) -> Self {
        Self { bytes: String::new(), cursor, pen }
    }

    /// Writes changes, each row from its left; `erases_in_color` says that an erased cell takes the present background.
    pub(super) fn write(&mut self, changes: &[Change], erases_in_color: bool) {
        let mut rest = changes;
        while let Some(first) = rest.first() {
            let (run, behind) = rest.split_at(run_length(rest));
            let mut ways = vec![self.attempt(|stroke| stroke.write_in_order(run, erases_in_color))];
            if erases_in_color || first.pen.background == Color::Reset {
                ways.push(self.attempt(|stroke| stroke.write_on_erased(run)));
            }
            let cost = |way: &Self| {
                let way_on = behind.first().map_or(0, |next| way.way_to(next.x, next.y).len());
                way.bytes.len() + way_on
            };
            if let Some(shortest) = ways.into_iter().min_by_key(cost) {
                self.bytes.push_str(&shortest.bytes);
                (self.cursor, self.pen) = (shortest.cursor, shortest.pen);
            }
            rest = behind;
        }
    }

    pub(super) fn take_pen(&mut self, pen: Pen) {
        self.bytes.push_str(&pen.sequence_from(self.pen));
        self.pen = pen;
    }

    /// What `write` would add to this stroke.
    fn attempt(&self, write: impl FnOnce(&mut Self)) -> Self {
        let mut attempt = Self::from(self.cursor, self.pen);
        write(&mut attempt);
        attempt
    }

    /// Writes neighbours from left to right, and erases many blanks at once.
    fn write_in_order(&mut self, run: &[Change], erases_in_color: bool) {
        let mut rest = run;
        while let Some(change) = rest.first() {
            let blanks = rest.iter().take_while(|change| change.is_blank()).count();
            self.move_to(change.x, change.y);
            if blanks == 0 {
                self.put(change);
                rest = &rest[1..];
                continue;
            }
            self.take_pen(change.pen.blank(self.pen));
            let behind = &rest[blanks..];
            let erasure = format!("\x1b[{blanks}X");
            let way_on = behind.first().map_or(0, |next| self.way_to(next.x, next.y).len());
            let may_erase = erases_in_color || change.pen.background == Color::Reset;
            if may_erase && erasure.len() + way_on < blanks {
                self.bytes.push_str(&erasure);
            } else {
                self.put_blanks(blanks);
            }
            rest = behind;
        }
    }

    /// Erases the place of neighbours as a whole and writes what is no blank into it.
    fn write_on_erased(&mut self, run: &[Change]) {
        let (Some(first), Some(last)) = (run.first(), run.last()) else { return };
        self.move_to(first.x, first.y);
        self.take_pen(first.pen.blank(self.pen));
        let _ = write!(self.bytes, "\x1b[{}X", last.end() - first.x);
        for change in run.iter().filter(|change| !change.is_blank()) {
            let blanks = match self.cursor {
                Cursor::At(at) if at.y == change.y && at.x <= change.x => Some(usize::from(change.x - at.x)),
                _ => None,
            };
            match blanks {
                Some(blanks)
                    if blanks <= self.way_to(change.x, change.y).len()
                        && !self.pen.modifier.intersects(Pen::ON_BLANKS) =>
                {
                    self.put_blanks(blanks);
                }
                _ => self.move_to(change.x, change.y),
            }
            self.put(change);
        }
    }

    fn put(&mut self, change: &Change) {
        self.take_pen(change.pen);
        self.bytes.push_str(&change.symbol);
        self.cursor = match agreed_width(&change.symbol) {
            Some(width) => Cursor::At(Position { x: change.x + width, y: change.y }),
            None if change.symbol.chars().nth(1).is_none() => Cursor::InRow(change.y),
            // A cluster that a terminal does not join takes any number of cells, and of rows.
            None => Cursor::Unknown,
        };
    }

    fn put_blanks(&mut self, blanks: usize) {
        self.bytes.push_str(&" ".repeat(blanks));
        if let Cursor::At(at) = &mut self.cursor {
            at.x = at.x.saturating_add(u16::try_from(blanks).unwrap_or(u16::MAX));
        }
    }

    fn move_to(&mut self, x: u16, y: u16) {
        self.bytes.push_str(&self.way_to(x, y));
        self.cursor = Cursor::At(Position { x, y });
    }

    /// The shortest way to a cell.
    fn way_to(&self, x: u16, y: u16) -> String {
        let absolute = if x == 0 { format!("\x1b[{}H", y + 1) } else { format!("\x1b[{};{}H", y + 1, x + 1) };
        let (row, line_feeds) = match self.cursor {
            Cursor::Unknown => return absolute,
            Cursor::InRow(row) => (row, 0),
            Cursor::At(at) => (at.y, LINE_FEEDS),
        };
        let mut ways = vec![absolute];
        if let Cursor::At(at) = self.cursor
            && at.y == y
            && at.x <= x
        {
            ways.push(match x - at.x {
                0 => String::new(),
                1 => "\x1b[C".to_owned(),
                columns => format!("\x1b[{columns}C"),
            });
        }
        if let Some(down) = y.checked_sub(row).filter(|down| *down <= line_feeds) {
            // Some terminals go to the first column with a line feed, so the column is always told behind it.
            let column = if x == 0 { "\r".to_owned() } else { format!("\x1b[{}G", x + 1) };
            ways.push("\n".repeat(usize::from(down)) + &column);
        }
        ways.into_iter().min_by_key(String::len).unwrap_or_default()
    }
}

/// How many of the first changes are neighbours in a row and stand on one ground.
fn run_length(changes: &[Change]) -> usize {
    let neighbours = changes.windows(2).take_while(|pair| {
        let [left, right] = pair else { return false };
        left.y == right.y && left.end() == right.x && left.pen.background == right.pen.background
    });
    (neighbours.count() + 1).min(changes.len())
}

/// How many cells a character takes, if all terminals agree on it.
fn agreed_width(symbol: &str) -> Option<u16> {
    let mut characters = symbol.chars();
    match (characters.next()?, characters.next()) {
        (' '..='~', None) => Some(1),
        ('\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}' | '\u{4e00}'..='\u{9fff}', None) => Some(2),
        _ => None,
    }
}
