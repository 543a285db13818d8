//! What crosses the line to the terminal: as few bytes as possible, and none when nothing changed.

mod pen;
mod stroke;

use std::collections::HashSet;
use std::io::{self, Write};

use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::queue;
use crossterm::style::{Attribute, SetAttribute};
use crossterm::terminal::{Clear, ClearType as Region};
use kami_common::size::terminal_size;
use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::{Buffer, Cell, CellWidth as _};
use ratatui::layout::{Position, Size};
use ratatui::{Frame, Terminal};

use self::pen::Pen;
use self::stroke::{Change, Cursor, Ground, Stroke};

/// Draws a frame; nothing is written when it looks like the last one.
///
/// Terminals do not agree on what is left of a wide character of which one half is written over or erased, so that a
/// change of one half is made one of both.
pub fn draw<W: Write>(
    terminal: &mut Terminal<ThriftyBackend<W>>,
    render: impl FnOnce(&mut Frame<'_>),
) -> io::Result<()> {
    let whole = |frame: &mut Frame<'_>| {
        render(frame);
        tell_second_halves(frame.buffer_mut());
    };
    terminal.draw(whole).map(drop)
}

/// Makes the second half of each wide character unlike any cell that is shown: ratatui then finds it changed where
/// the character goes. Nothing of one is left whose second half was drawn over.
fn tell_second_halves(buffer: &mut Buffer) {
    let area = buffer.area;
    for y in area.top()..area.bottom() {
        let mut x = area.left();
        while x < area.right() {
            let behind = x.saturating_add(buffer[(x, y)].cell_width().max(1));
            let halves = x + 1..behind.min(area.right());
            let is_whole =
                behind <= area.right() && halves.clone().all(|half| buffer[(half, y)].symbol() == " ");
            if !is_whole {
                buffer[(x, y)].set_symbol(" ");
                x += 1;
                continue;
            }
            for half in halves {
                let style = buffer[(x, y)].style();
                buffer[(half, y)].set_symbol("").set_style(style);
            }
            x = behind;
        }
    }
}

/// A backend of ratatui that remembers what the terminal already is, and tells it only what changes; for [`draw`].
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
    /// Where the terminal shows the second halves of wide characters.
    second_halves: HashSet<Position>,
}

impl<W: Write> ThriftyBackend<W> {
    /// A backend that writes to `writer`; `term` is the terminal's name, as `TERM` has it.
    pub fn new(writer: W, term: &str) -> Self {
        // GNU screen alone leaves erased cells without colour.
        let erases_in_color = !term.starts_with("screen");
        Self {
            writer,
            erases_in_color,
            cursor_shown: None,
            cursor: Cursor::Unknown,
            pen: Pen::PLAIN,
            second_halves: HashSet::new(),
        }
    }

    /// Forgets what the terminal is, since someone else may have written to it, and makes its pen plain.
    pub fn forget(&mut self) -> io::Result<()> {
        self.cursor_shown = None;
        self.cursor = Cursor::Unknown;
        self.pen = Pen::PLAIN;
        queue!(self.writer, SetAttribute(Attribute::Reset))
    }

    /// What it writes to.
    pub const fn writer(&mut self) -> &mut W {
        &mut self.writer
    }
}

impl<W: Write> Backend for ThriftyBackend<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let changes: Vec<Change> = content.map(|(x, y, cell)| Change::new(x, y, cell)).collect();
        if changes.is_empty() {
            return Ok(());
        }
        let mut stroke = Stroke::from(self.cursor, self.pen);
        let ground = Ground { second_halves: &self.second_halves, erases_in_color: self.erases_in_color };
        stroke.write(&changes, ground);
        self.pen = stroke.pen;
        for change in &changes {
            change.note(&mut self.second_halves);
        }
        // At the right edge the cursor waits before or behind it, depending on the terminal.
        self.cursor = Cursor::Unknown;
        self.writer.write_all(stroke.bytes.as_bytes())
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
        if region == ClearType::All {
            self.second_halves.clear();
        }
        self.writer.write_all(Pen::PLAIN.sequence_from(self.pen).as_bytes())?;
        self.pen = Pen::PLAIN;
        let region = match region {
            ClearType::All => Region::All,
            ClearType::AfterCursor => Region::FromCursorDown,
            ClearType::BeforeCursor => Region::FromCursorUp,
            ClearType::CurrentLine => Region::CurrentLine,
            ClearType::UntilNewLine => Region::UntilNewLine,
        };
        self.cursor = Cursor::Unknown;
        queue!(self.writer, Clear(region))
    }

    fn size(&self) -> io::Result<Size> {
        let (width, height) = terminal_size();
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
    use ratatui::style::{Color, Modifier, Style};

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
        assert_eq!(written(&before, &after), "\x1b[1;9H09\n\x1b[9G19");
    }

    #[test]
    fn behind_a_character_of_doubtful_width_the_way_is_told_in_full() {
        for (before, after, bytes) in [
            (["abcd", "efgh"], ["ab…d", "eXgh"], "\x1b[1;3H…\x1b[2;2HX"),
            (["abcd", "efgh"], ["a…cX", "efgh"], "\x1b[1;2H…\x1b[4GX"),
            (["abcd", "efgh"], ["ae\u{301}cX", "efgh"], "\x1b[1;2He\u{301}\x1b[1;4HX"),
        ] {
            assert_eq!(written(&Buffer::with_lines(before), &Buffer::with_lines(after)), bytes);
        }
    }

    #[test]
    fn a_row_of_blanks_in_a_colour_is_one_erasure() {
        let before = Buffer::empty(Rect::new(0, 0, 40, 1));
        let mut after = before.clone();
        after.set_style(Rect::new(0, 0, 40, 1), Style::new().bg(Color::Indexed(236)));
        assert_eq!(written(&before, &after), "\x1b[1H\x1b[48;5;236m\x1b[40X");
    }

    #[test]
    fn colours_and_modifiers_are_told_by_their_difference() {
        let before = Buffer::empty(Rect::new(0, 0, 6, 1));
        let mut after = before.clone();
        after.set_string(0, 0, "a", Style::new().fg(Color::Rgb(1, 2, 3)).add_modifier(Modifier::BOLD));
        after.set_string(1, 0, "b", Style::new().fg(Color::Rgb(1, 2, 3)));
        after.set_string(2, 0, "c", Style::new().fg(Color::Red).bg(Color::DarkGray));
        let bytes = "\x1b[1H\x1b[1;38;2;1;2;3ma\x1b[22mb\x1b[31;100mc";
        assert_eq!(written(&before, &after), bytes);
    }
}
