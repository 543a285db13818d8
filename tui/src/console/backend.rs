//! How changed cells become bytes: as few as possible, and none when nothing changed, since each crosses an SSH line.

use std::fmt::Write as _;
use std::io::{self, Write};

use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::queue;
use crossterm::terminal::{Clear, ClearType as Region};
use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use ratatui::style::{Color, Modifier};

/// A backend of ratatui that remembers what the terminal already is, and tells it only what changes.
#[derive(Debug)]
pub struct ThriftyBackend<W: Write> {
    writer: W,
    /// Whether an erased cell takes the present background, as nearly every terminal has it.
    erases_in_color: bool,
    /// Whether the cursor is shown; unknown until we first said so.
    cursor_shown: Option<bool>,
    /// Where the terminal's cursor stands; unknown after anything that may have moved it.
    cursor: Cursor,
    pen: Pen,
}

/// What is known of where the terminal's cursor stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cursor {
    Unknown,
    /// Somewhere in this row, behind all that was written there.
    InRow(u16),
    At(Position),
}

/// The look of the next character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pen {
    foreground: Color,
    background: Color,
    modifier: Modifier,
}

impl Pen {
    const PLAIN: Self =
        Self { foreground: Color::Reset, background: Color::Reset, modifier: Modifier::empty() };

    /// What a blank shows of a modifier.
    const ON_BLANKS: Modifier = Modifier::UNDERLINED.union(Modifier::REVERSED).union(Modifier::CROSSED_OUT);

    const fn of(cell: &Cell) -> Self {
        Self { foreground: cell.fg, background: cell.bg, modifier: cell.modifier }
    }

    /// This pen for a blank, which shows no foreground: that stays as the terminal has it.
    fn blank(self, now: Self) -> Self {
        if self.modifier.intersects(Self::ON_BLANKS) {
            return self;
        }
        Self { background: self.background, modifier: now.modifier - Self::ON_BLANKS, ..now }
    }

    /// The codes that make a terminal with the pen `from` take this one.
    fn codes_from(self, from: Self) -> String {
        let mut codes = String::new();
        let mut kept = from.modifier;
        for (modifier, code) in [
            (Modifier::BOLD.union(Modifier::DIM), 22),
            (Modifier::ITALIC, 23),
            (Modifier::UNDERLINED, 24),
            (Modifier::REVERSED, 27),
            (Modifier::CROSSED_OUT, 29),
        ] {
            if (kept - self.modifier).intersects(modifier) {
                push_code(&mut codes, &code.to_string());
                kept -= modifier;
            }
        }
        for (modifier, code) in [
            (Modifier::BOLD, 1),
            (Modifier::DIM, 2),
            (Modifier::ITALIC, 3),
            (Modifier::UNDERLINED, 4),
            (Modifier::REVERSED, 7),
            (Modifier::CROSSED_OUT, 9),
        ] {
            if (self.modifier - kept).contains(modifier) {
                push_code(&mut codes, &code.to_string());
            }
        }
        if self.foreground != from.foreground {
            push_code(&mut codes, &color_code(self.foreground, 30));
        }
        if self.background != from.background {
            push_code(&mut codes, &color_code(self.background, 40));
        }
        codes
    }
}

/// One changed cell.
struct Change {
    x: u16,
    y: u16,
    symbol: String,
    pen: Pen,
}

impl Change {
    /// Whether it only clears its cell.
    fn is_blank(&self) -> bool {
        self.symbol == " " && !self.pen.modifier.intersects(Pen::ON_BLANKS)
    }
}

impl<W: Write> ThriftyBackend<W> {
    /// A backend that writes to `writer`; `term` is the terminal's name, as `TERM` has it.
    pub fn new(writer: W, term: &str) -> Self {
        // GNU screen alone leaves erased cells without colour.
        let erases_in_color = term != "screen" && !term.starts_with("screen.");
        Self { writer, erases_in_color, cursor_shown: None, cursor: Cursor::Unknown, pen: Pen::PLAIN }
    }

    /// Forgets what the terminal is, since someone else may have written to it.
    pub fn forget(&mut self) {
        self.cursor_shown = None;
        self.cursor = Cursor::Unknown;
        self.pen = Pen::PLAIN;
    }

    /// What it writes to.
    pub const fn writer(&mut self) -> &mut W {
        &mut self.writer
    }

    /// How many blanks behind the first change, a character of doubtful width, are better erased before it.
    fn cleared_behind(&self, changes: &[Change]) -> usize {
        let [first, behind @ ..] = changes else { return 0 };
        let is_plain = !first.pen.modifier.intersects(Pen::ON_BLANKS)
            && (self.erases_in_color || first.pen.background == Color::Reset);
        if !is_plain || agreed_width(&first.symbol).is_some() || crate::cells::cells(&first.symbol) != 1 {
            return 0;
        }
        let blanks = behind
            .iter()
            .zip(first.x + 1..)
            .take_while(|(next, x)| {
                next.is_blank()
                    && next.pen.background == first.pen.background
                    && next.y == first.y
                    && next.x == *x
            })
            .count();
        if blanks > 4 { blanks } else { 0 }
    }

    /// The shortest way to a cell.
    fn way_to(&self, x: u16, y: u16) -> String {
        match self.cursor {
            Cursor::At(at) if at == Position { x, y } => String::new(),
            Cursor::At(at) if at.y == y && at.x + 1 == x => "\x1b[C".to_owned(),
            Cursor::At(at) if at.y == y && at.x < x => format!("\x1b[{}C", x - at.x),
            Cursor::InRow(row) if row == y => format!("\x1b[{}G", x + 1),
            _ if x == 0 => format!("\x1b[{}H", y + 1),
            _ => format!("\x1b[{};{}H", y + 1, x + 1),
        }
    }

    fn move_to(&mut self, x: u16, y: u16) -> io::Result<()> {
        self.writer.write_all(self.way_to(x, y).as_bytes())?;
        self.cursor = Cursor::At(Position { x, y });
        Ok(())
    }

    fn take_pen(&mut self, pen: Pen) -> io::Result<()> {
        if pen == self.pen {
            return Ok(());
        }
        let onward = pen.codes_from(self.pen);
        let mut anew = pen.codes_from(Pen::PLAIN);
        if !anew.is_empty() {
            anew.insert_str(0, "0;");
        }
        self.pen = pen;
        write!(self.writer, "\x1b[{}m", if anew.len() < onward.len() { anew } else { onward })
    }
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

fn push_code(codes: &mut String, code: &str) {
    if !codes.is_empty() {
        codes.push(';');
    }
    codes.push_str(code);
}

/// The SGR code of a colour, as a foreground from 30 or a background from 40.
fn color_code(color: Color, base: u8) -> String {
    let mut code = String::new();
    let named = |number: u8| {
        if number < 8 { (base + number).to_string() } else { (base + 60 + number - 8).to_string() }
    };
    match color {
        Color::Reset => return (base + 9).to_string(),
        Color::Black => return named(0),
        Color::Red => return named(1),
        Color::Green => return named(2),
        Color::Yellow => return named(3),
        Color::Blue => return named(4),
        Color::Magenta => return named(5),
        Color::Cyan => return named(6),
        Color::Gray => return named(7),
        Color::DarkGray => return named(8),
        Color::LightRed => return named(9),
        Color::LightGreen => return named(10),
        Color::LightYellow => return named(11),
        Color::LightBlue => return named(12),
        Color::LightMagenta => return named(13),
        Color::LightCyan => return named(14),
        Color::White => return named(15),
        Color::Indexed(index) => {
            let _ = write!(code, "{};5;{index}", base + 8);
        }
        Color::Rgb(red, green, blue) => {
            let _ = match palette_index(red, green, blue) {
                Some(index) => write!(code, "{};5;{index}", base + 8),
                None => write!(code, "{};2;{red};{green};{blue}", base + 8),
            };
        }
    }
    code
}

/// The place of a colour among the 240 of xterm that nobody changes.
fn palette_index(red: u8, green: u8, blue: u8) -> Option<u8> {
    if red == green && green == blue && (8..=238).contains(&red) && (red - 8).is_multiple_of(10) {
        return Some(232 + (red - 8) / 10);
    }
    let level = |value: u8| (0_u8..).zip([0, 95, 135, 175, 215, 255]).find(|(_, level)| *level == value);
    let [(red, _), (green, _), (blue, _)] = [level(red)?, level(green)?, level(blue)?];
    Some(16 + 36 * red + 6 * green + blue)
}

impl<W: Write> Backend for ThriftyBackend<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let changes: Vec<Change> = content
            .map(|(x, y, cell)| Change { x, y, symbol: cell.symbol().to_owned(), pen: Pen::of(cell) })
            .collect();
        let mut index = 0;
        while let Some(change) = changes.get(index) {
            let blanks = changes[index..]
                .iter()
                .zip(change.x..)
                .take_while(|(next, x)| {
                    next.is_blank()
                        && next.pen.background == change.pen.background
                        && next.y == change.y
                        && next.x == *x
                })
                .count();
            self.move_to(change.x, change.y)?;
            self.take_pen(if blanks > 0 { change.pen.blank(self.pen) } else { change.pen })?;
            if blanks > 0 && (self.erases_in_color || change.pen.background == Color::Reset) {
                let mut erasure = format!("\x1b[{blanks}X");
                let next = changes.get(index + blanks).filter(|next| next.y == change.y);
                let way_on = next.map_or(0, |next| self.way_to(next.x, next.y).len());
                if blanks <= erasure.len() + way_on {
                    erasure = " ".repeat(blanks);
                    let x = change.x.saturating_add(u16::try_from(blanks).unwrap_or(u16::MAX));
                    self.cursor = Cursor::At(Position { x, y: change.y });
                }
                self.writer.write_all(erasure.as_bytes())?;
                index += blanks;
                continue;
            }
            // What stands in front of cleared cells is cleared with them: it may leave the cursor anywhere.
            let cleared = self.cleared_behind(&changes[index..]);
            if cleared > 0 {
                write!(self.writer, "\x1b[{}X", cleared + 1)?;
            }
            self.writer.write_all(change.symbol.as_bytes())?;
            index += cleared;
            self.cursor = agreed_width(&change.symbol).map_or(Cursor::InRow(change.y), |width| {
                Cursor::At(Position { x: change.x + width, y: change.y })
            });
            index += 1;
        }
        if index > 0 {
            self.take_pen(Pen::PLAIN)?;
            // At the right edge the cursor waits before or behind it, depending on the terminal.
            self.cursor = Cursor::Unknown;
        }
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        if self.cursor_shown != Some(false) {
            queue!(self.writer, Hide)?;
            self.cursor_shown = Some(false);
        }
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        if self.cursor_shown != Some(true) {
            queue!(self.writer, Show)?;
            self.cursor_shown = Some(true);
        }
        Ok(())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        // Only inline viewports ask, and a question to the terminal would race with the keys.
        Ok(if let Cursor::At(position) = self.cursor { position } else { Position::default() })
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        let position = position.into();
        if self.cursor != Cursor::At(position) {
            queue!(self.writer, MoveTo(position.x, position.y))?;
            self.cursor = Cursor::At(position);
        }
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        let region = match region {
            ClearType::All => Region::All,
            ClearType::AfterCursor => Region::FromCursorDown,
            ClearType::BeforeCursor => Region::FromCursorUp,
            ClearType::CurrentLine => Region::CurrentLine,
            ClearType::UntilNewLine => Region::UntilNewLine,
        };
        queue!(self.writer, Clear(region))
    }

    fn size(&self) -> io::Result<Size> {
        let (width, height) = crossterm::terminal::size()?;
        Ok(Size { width, height })
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize { columns_rows: self.size()?, pixels: Size::default() })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    fn written(before: &Buffer, after: &Buffer) -> String {
        let mut backend = ThriftyBackend::new(Vec::new(), "xterm-256color");
        backend.draw(before.diff(after).into_iter()).unwrap();
        String::from_utf8(backend.writer).unwrap()
    }

    #[test]
    fn no_change_is_no_byte() {
        let screen = Buffer::with_lines(["VIP-ABC", "VIP-DEF"]);
        assert_eq!(written(&screen, &screen), "");
        let mut backend = ThriftyBackend::new(Vec::new(), "xterm");
        for _ in 0..3 {
            backend.hide_cursor().unwrap();
        }
        assert_eq!(backend.writer, b"\x1b[?25l");
    }

    #[test]
    fn only_what_changed_is_written() {
        let before = Buffer::with_lines(["VIP-ABC 10m", "VIP-DEF 20m"]);
        let after = Buffer::with_lines(["VIP-ABC 09m", "VIP-DEF 19m"]);
        assert_eq!(written(&before, &after), "\x1b[1;9H09\x1b[2;9H19");
    }

    #[test]
    fn a_row_of_blanks_in_a_colour_is_one_erasure() {
        let before = Buffer::empty(Rect::new(0, 0, 40, 1));
        let mut after = before.clone();
        after.set_style(Rect::new(0, 0, 40, 1), Style::new().bg(Color::Indexed(236)));
        assert_eq!(written(&before, &after), "\x1b[1H\x1b[48;5;236m\x1b[40X\x1b[m");
    }

    #[test]
    fn colours_and_modifiers_are_told_by_their_difference() {
        let before = Buffer::empty(Rect::new(0, 0, 6, 1));
        let mut after = before.clone();
        after.set_string(0, 0, "a", Style::new().fg(Color::Rgb(1, 2, 3)).add_modifier(Modifier::BOLD));
        after.set_string(1, 0, "b", Style::new().fg(Color::Rgb(1, 2, 3)));
        after.set_string(2, 0, "c", Style::new().fg(Color::Red).bg(Color::DarkGray));
        let bytes = "\x1b[1H\x1b[1;38;2;1;2;3ma\x1b[22mb\x1b[31;100mc\x1b[m";
        assert_eq!(written(&before, &after), bytes);
    }
}
