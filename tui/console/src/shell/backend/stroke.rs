//! How changed cells become bytes: by the shortest of several ways, and never half a wide character alone.

use std::collections::HashSet;

use ratatui::buffer::{Cell, CellWidth as _};
use ratatui::layout::Position;
use ratatui::style::Color;

use super::pen::Pen;

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

    /// Notes which cells it makes second halves of wide characters, and which it makes none.
    pub(super) fn note(&self, second_halves: &mut HashSet<Position>) {
        for x in self.x..self.end() {
            second_halves.remove(&Position { x, y: self.y });
        }
        second_halves.extend((self.x + 1..self.end()).map(|x| Position { x, y: self.y }));
    }

    /// The column behind it.
    fn end(&self) -> u16 {
        self.x.saturating_add(self.symbol.as_str().cell_width().max(1))
    }
}

/// What the terminal shows where it is written to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ground<'a> {
    /// The second halves of wide characters.
    pub(super) second_halves: &'a HashSet<Position>,
    /// Whether an erased cell takes the present background.
    pub(super) erases_in_color: bool,
}

impl Ground<'_> {
    fn is_second_half(self, x: u16, y: u16) -> bool {
        self.second_halves.contains(&Position { x, y })
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

    /// Writes changes, each row from its left, onto what the terminal shows.
    pub(super) fn write(&mut self, changes: &[Change], ground: Ground<'_>) {
        let mut rest = changes;
        while let Some(change) = rest.first() {
            self.move_to(change.x, change.y);
            let blanks = blanks(rest);
            let Some(behind) = blanks.checked_sub(1).map(|last| rest[last].end()) else {
                self.put(change);
                rest = &rest[1..];
                continue;
            };
            self.take_pen(change.pen.blank(self.pen));
            // Half a wide character is never erased: the half that is erased together with its other half is none.
            let from = behind.min(change.x + u16::from(ground.is_second_half(change.x, change.y)));
            let to = from.max(behind - u16::from(ground.is_second_half(behind, change.y)));
            let next = rest.get(blanks);
            self.put_blanks(from - change.x);
            if ground.erases_in_color || change.pen.background == Color::Reset {
                self.erase(to - from, next.filter(|_| to == behind));
            } else {
                self.put_blanks(to - from);
            }
            if to < behind {
                self.move_to(to, change.y);
                self.put_blanks(behind - to);
            }
            rest = &rest[blanks..];
        }
    }

    pub(super) fn take_pen(&mut self, pen: Pen) {
        self.bytes.push_str(&pen.sequence_from(self.pen));
        self.pen = pen;
    }

    /// Clears so many cells from the cursor on, by the shorter way to have done it and be at `next`.
    fn erase(&mut self, blanks: u16, next: Option<&Change>) {
        let erasure = format!("\x1b[{blanks}X");
        let way_on = next.map_or(0, |next| self.way_to(next.x, next.y).len());
        if erasure.len() + way_on < usize::from(blanks) {
            self.bytes.push_str(&erasure);
        } else {
            self.put_blanks(blanks);
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

    fn put_blanks(&mut self, blanks: u16) {
        self.bytes.push_str(&" ".repeat(usize::from(blanks)));
        if let Cursor::At(at) = &mut self.cursor {
            at.x = at.x.saturating_add(blanks);
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

/// How many of the first changes clear neighbours in a row on one ground.
fn blanks(changes: &[Change]) -> usize {
    let Some(first) = changes.first() else { return 0 };
    let neighbours = (first.x..).zip(changes).take_while(|(x, change)| {
        let is_neighbour = change.y == first.y && change.x == *x;
        is_neighbour && change.is_blank() && change.pen.background == first.pen.background
    });
    neighbours.count()
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
