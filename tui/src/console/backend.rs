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

/// Fewer equal blanks than this are cheaper written out than erased.
const WORTH_ERASING: usize = 8;

/// A backend of ratatui that remembers what the terminal already is, and tells it only what changes.
#[derive(Debug)]
pub struct ThriftyBackend<W: Write> {
    writer: W,
    /// Whether an erased cell takes the present background, as nearly every terminal has it.
    erases_in_color: bool,
    /// Whether the cursor is shown; unknown until we first said so.
    cursor_shown: Option<bool>,
    /// Where the terminal's cursor stands; unknown after anything that may have moved it.
    cursor: Option<Position>,
    pen: Pen,
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

    const fn of(cell: &Cell) -> Self {
        Self { foreground: cell.fg, background: cell.bg, modifier: cell.modifier }
    }
}

/// One changed cell.
struct Change {
    x: u16,
    y: u16,
    symbol: String,
    pen: Pen,
}

impl<W: Write> ThriftyBackend<W> {
    /// A backend that writes to `writer`; `term` is the terminal's name, as `TERM` has it.
    pub fn new(writer: W, term: &str) -> Self {
        // GNU screen alone leaves erased cells without colour.
        let erases_in_color = term != "screen" && !term.starts_with("screen.");
        Self { writer, erases_in_color, cursor_shown: None, cursor: None, pen: Pen::PLAIN }
    }

    /// Forgets what the terminal is, since someone else may have written to it.
    pub fn forget(&mut self) {
        self.cursor_shown = None;
        self.cursor = None;
        self.pen = Pen::PLAIN;
    }

    /// What it writes to.
    pub const fn writer(&mut self) -> &mut W {
        &mut self.writer
    }

    fn move_to(&mut self, x: u16, y: u16) -> io::Result<()> {
        match self.cursor {
            Some(at) if at.x == x && at.y == y => Ok(()),
            Some(at) if at.y == y && at.x < x => {
                let step = x - at.x;
                if step == 1 { write!(self.writer, "\x1b[C") } else { write!(self.writer, "\x1b[{step}C") }
            }
            _ if x == 0 => write!(self.writer, "\x1b[{}H", y + 1),
            _ => write!(self.writer, "\x1b[{};{}H", y + 1, x + 1),
        }?;
        self.cursor = Some(Position { x, y });
        Ok(())
    }

    fn take_pen(&mut self, pen: Pen) -> io::Result<()> {
        if pen == self.pen {
            return Ok(());
        }
        let mut codes = String::new();
        let mut from = self.pen;
        if pen == Pen::PLAIN || !(from.modifier - pen.modifier).is_empty() {
            codes.push('0');
            from = Pen::PLAIN;
        }
        for (modifier, code) in [
            (Modifier::BOLD, 1),
            (Modifier::DIM, 2),
            (Modifier::ITALIC, 3),
            (Modifier::UNDERLINED, 4),
            (Modifier::REVERSED, 7),
            (Modifier::CROSSED_OUT, 9),
        ] {
            if (pen.modifier - from.modifier).contains(modifier) {
                push_code(&mut codes, &code.to_string());
            }
        }
        if pen.foreground != from.foreground {
            push_code(&mut codes, &color_code(pen.foreground, 30));
        }
        if pen.background != from.background {
            push_code(&mut codes, &color_code(pen.background, 40));
        }
        self.pen = pen;
        let codes = if codes == "0" { "" } else { &codes };
        write!(self.writer, "\x1b[{codes}m")
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
            let _ = write!(code, "{};2;{red};{green};{blue}", base + 8);
        }
    }
    code
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
                    next.symbol == " " && next.pen == change.pen && next.y == change.y && next.x == *x
                })
                .count();
            self.move_to(change.x, change.y)?;
            self.take_pen(change.pen)?;
            let erasable = change.pen.modifier.is_empty()
                && (self.erases_in_color || change.pen.background == Color::Reset);
            if blanks >= WORTH_ERASING && erasable {
                write!(self.writer, "\x1b[{blanks}X")?;
                index += blanks;
                continue;
            }
            self.writer.write_all(change.symbol.as_bytes())?;
            // Terminals disagree about where a wide character leaves the cursor at the edge, or how wide it is at all.
            self.cursor = change.symbol.is_ascii().then_some(Position { x: change.x + 1, y: change.y });
            index += 1;
        }
        if index > 0 {
            self.take_pen(Pen::PLAIN)?;
            // At the right edge the cursor waits before or behind it, depending on the terminal.
            self.cursor = None;
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
        Ok(self.cursor.unwrap_or_default())
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        let position = position.into();
        if self.cursor != Some(position) {
            queue!(self.writer, MoveTo(position.x, position.y))?;
            self.cursor = Some(position);
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
        let bytes = "\x1b[1H\x1b[1;38;2;1;2;3ma\x1b[0;38;2;1;2;3mb\x1b[31;100mc\x1b[m";
        assert_eq!(written(&before, &after), bytes);
    }
}
