//! A terminal that takes no half of a wide character: whoever writes over one half has to write the other next to it.

use kami_console::shell::backend::{self, ThriftyBackend};
use ratatui::buffer::CellWidth as _;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};

use crate::tmux::patchwork;

/// What a cell holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Half {
    /// No wide character.
    None,
    First,
    Second,
    /// The second half of one whose first was just written over: nothing else may be done before it is, too.
    Widow,
}

/// The cells of a terminal, and where its cursor is.
struct Strict {
    rows: Vec<Vec<Half>>,
    at: (usize, usize),
}

impl Strict {
    fn new((columns, rows): (u16, u16)) -> Self {
        Self { rows: vec![vec![Half::None; columns.into()]; rows.into()], at: (0, 0) }
    }

    /// Takes what a frame writes.
    fn take(&mut self, bytes: &str) {
        let mut rest = bytes.chars();
        while let Some(character) = rest.next() {
            match character {
                '\u{1b}' => {
                    assert_eq!(rest.next(), Some('['));
                    let text = rest.as_str();
                    let end = text.find(|character: char| character.is_ascii_alphabetic()).unwrap();
                    self.control(&text[..end], text.as_bytes()[end]);
                    rest = text[end + 1..].chars();
                }
                '\r' => self.go((0, self.at.1)),
                '\n' => self.go((self.at.0, self.at.1 + 1)),
                _ => self.put(character.encode_utf8(&mut [0; 4]).cell_width().into()),
            }
        }
        self.go((0, 0));
    }

    fn control(&mut self, parameters: &str, end: u8) {
        let mut numbers = parameters.split(';').map(|number| number.parse::<usize>().unwrap_or(1));
        let (x, y) = self.at;
        match end {
            b'H' => {
                let row = numbers.next().unwrap_or(1) - 1;
                self.go((numbers.next().unwrap_or(1) - 1, row));
            }
            b'G' => self.go((numbers.next().unwrap_or(1) - 1, y)),
            b'C' => self.go((x + numbers.next().unwrap_or(1), y)),
            b'X' => {
                let to = x + numbers.next().unwrap_or(1);
                let row = &mut self.rows[y];
                assert!(
                    !matches!(row[x], Half::Second | Half::Widow),
                    "erased from a second half on: {x}, {y}"
                );
                assert_ne!(row.get(to), Some(&Half::Second), "erased up to a second half: {to}, {y}");
                row[x..to].fill(Half::None);
            }
            b'm' | b'l' | b'h' => {}
            other => panic!("{:?} is not known", char::from(other)),
        }
    }

    /// Puts a character of so many cells at the cursor; those of none join the one before.
    fn put(&mut self, width: usize) {
        let (x, y) = self.at;
        let row = &mut self.rows[y];
        for (place, cell) in row[x..x + width].iter_mut().enumerate() {
            assert!(place > 0 || *cell != Half::Second, "a second half alone was written over: {x}, {y}");
            *cell = if width < 2 { Half::None } else { [Half::First, Half::Second][place] };
        }
        self.at.0 += width;
        if let Some(next @ Half::Second) = row.get_mut(x + width) {
            *next = Half::Widow;
        }
    }

    /// Puts the cursor somewhere, which may be onto the half that is still to be written over.
    fn go(&mut self, (x, y): (usize, usize)) {
        for (row, cells) in self.rows.iter().enumerate() {
            let widow = cells.iter().position(|half| *half == Half::Widow);
            assert!(
                widow.is_none_or(|widow| (widow, row) == (x, y)),
                "half a character was left at {widow:?}, {row}"
            );
        }
        self.at = (x, y);
    }
}

#[test]
fn no_half_of_a_wide_character_is_written_alone() {
    let size = (40, 12);
    let viewport = Viewport::Fixed(Rect::new(0, 0, size.0, size.1));
    // Of two terminals one erases in colour.
    for term in ["xterm-256color", "screen"] {
        let backend = ThriftyBackend::new(Vec::new(), term);
        let options = TerminalOptions { viewport: viewport.clone() };
        let mut terminal = Terminal::with_options(backend, options).unwrap();
        let mut strict = Strict::new(size);
        let mut seed = 7;
        for _ in 0..1_000 {
            let buffer = patchwork(size, &mut seed);
            backend::draw(&mut terminal, |frame| frame.buffer_mut().clone_from(&buffer)).unwrap();
            let bytes = std::mem::take(terminal.backend_mut().writer());
            strict.take(std::str::from_utf8(&bytes).unwrap());
        }
    }
}
