//! What crosses the line to the operator's terminal: few bytes, and the right ones.

use kami_common::shade::Shade;
use kami_common::words::Language;
use kami_console::shell::backend::{self, ThriftyBackend};
use kami_console::state::message::{Answer, Topic};
use kami_console::state::theme::Depth;
use kami_console::turn::view;
use kami_core::record::CardRecord;
use kami_store::{HistoryEntry, LogRecord};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};
use ratatui::{Terminal, TerminalOptions, Viewport};

use crate::fixtures::{Console, theme};

/// A terminal at the other end of the line.
struct Line {
    terminal: Terminal<ThriftyBackend<Vec<u8>>>,
    screen: vt100::Parser,
}

impl Line {
    fn new((columns, rows): (u16, u16)) -> Self {
        let backend = ThriftyBackend::new(Vec::new(), "xterm-256color");
        let viewport = Viewport::Fixed(Rect::new(0, 0, columns, rows));
        let terminal = Terminal::with_options(backend, TerminalOptions { viewport }).unwrap();
        let screen = vt100::Parser::new(rows.try_into().unwrap(), columns.try_into().unwrap(), 0);
        Self { terminal, screen }
    }

    /// Draws a frame; returns how many bytes it took.
    fn draw(&mut self, console: &Console) -> usize {
        backend::draw(&mut self.terminal, |frame| view(&console.model, frame)).unwrap();
        let bytes = std::mem::take(self.terminal.backend_mut().writer());
        self.screen.process(&bytes);
        bytes.len()
    }

    /// Asserts that the terminal shows what was meant.
    fn assert_shows(&self, console: &Console, what: &str) {
        let meant = console.buffer();
        let color = |color: Color| match color {
            Color::Reset => vt100::Color::Default,
            Color::Rgb(red, green, blue) => vt100::Color::Rgb(red, green, blue),
            other => panic!("{other:?} is no true colour"),
        };
        let mut covered = 0;
        for y in 0..meant.area.height {
            for x in 0..meant.area.width {
                if x == 0 {
                    covered = 0;
                }
                if covered > x {
                    continue;
                }
                let (cell, shown) = (&meant[(x, y)], self.screen.screen().cell(y, x).unwrap());
                let at = format!("{what} at {x}, {y}: {}", cell.symbol());
                let symbol = if shown.has_contents() { shown.contents() } else { " " };
                if cell.symbol() == "\u{fffd}" {
                    // The one character that vt100 leaves out.
                    covered = x + 1;
                    continue;
                }
                assert_eq!(symbol, cell.symbol(), "{at}");
                assert_eq!(true_color(shown.bgcolor()), color(cell.bg), "{at}");
                if cell.symbol() != " " {
                    assert_eq!(true_color(shown.fgcolor()), color(cell.fg), "{at}");
                    assert_eq!(shown.bold(), cell.modifier.contains(Modifier::BOLD), "{at}");
                }
                covered = x + u16::try_from(kami_common::cells::cells(cell.symbol())).unwrap();
            }
        }
    }
}

/// A colour of the palette as the true colour that it is.
fn true_color(color: vt100::Color) -> vt100::Color {
    let vt100::Color::Idx(index @ 16..) = color else { return color };
    if index >= 232 {
        let gray = 8 + 10 * (index - 232);
        return vt100::Color::Rgb(gray, gray, gray);
    }
    let level = |step: u8| [0, 95, 135, 175, 215, 255][usize::from(step % 6)];
    let index = index - 16;
    vt100::Color::Rgb(level(index / 36), level(index / 6), level(index))
}

/// A console with a page of cards: only unused ones, as after a batch, or used and unused by turns.
pub(crate) fn sellers(size: (u16, u16), language: Language, is_mixed: bool) -> Console {
    let mut console = Console::with_cards(size, language);
    let samples = crate::fixtures::cards();
    let rows = (0..60_u64).map(|number| {
        let sample = usize::try_from(number % 5).unwrap();
        let code = format!("{:016X}", (number + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let full_code = format!("VIP-{code}");
        CardRecord { id: 900 - number, code, full_code, ..samples[if is_mixed { sample } else { 0 }].clone() }
    });
    console.keys("r");
    console.answer_rows(rows.collect());
    console
}

pub(crate) fn history(console: &mut Console, records: Vec<LogRecord>) {
    let card = console.model.cards.current().unwrap().id;
    if console.question(Topic::History).is_some() {
        let records = records.into_iter().map(HistoryEntry::from).collect();
        console.answer(Topic::History, Answer::History(card, records));
    }
}

#[test]
fn a_step_down_costs_few_bytes() {
    // Used cards differ in more columns, and in every field of the detail, which follows where the cursor rests.
    for (is_mixed, size, most, most_at_rest) in [
        (false, (80, 24), 310, 310),
        (false, (120, 40), 360, 360),
        (false, (200, 50), 480, 480),
        (true, (80, 24), 370, 370),
        (true, (120, 40), 360, 600),
        (true, (200, 50), 520, 780),
    ] {
        let (mut worst, mut worst_at_rest) = (0, 0);
        for language in Language::all() {
            let mut console = sellers(size, language, is_mixed);
            let mut line = Line::new(size);
            history(&mut console, Vec::new());
            line.draw(&console);
            for _ in 0..12 {
                console.keys("j");
                let step = line.draw(&console);
                history(&mut console, Vec::new());
                let rest = line.draw(&console);
                line.assert_shows(&console, "a step");
                worst = worst.max(step);
                worst_at_rest = worst_at_rest.max(step + rest);
            }
        }
        let what = format!("{size:?}, used and unused by turns: {is_mixed}");
        assert!(worst < most, "{what}, a step took {worst} bytes");
        assert!(worst_at_rest < most_at_rest, "{what}, a step and its detail took {worst_at_rest} bytes");
    }
}

#[test]
fn the_terminal_shows_what_was_meant() {
    for size in [(80, 24), (120, 40), (200, 50)] {
        for language in Language::all() {
            for shade in [Shade::Dark, Shade::Light] {
                let mut console = Console::with_cards(size, language);
                console.model.theme = theme(Depth::True, shade);
                let mut line = Line::new(size);
                line.draw(&console);
                for keys in
                    ["", "j", "j ", "k", "?", "\u{1b}", "nVI P", "\u{1b}", "je", "\u{1b}", "jjj", "*d"]
                {
                    match keys {
                        "\u{1b}" => console.press(crossterm::event::KeyCode::Esc),
                        keys => console.keys(keys),
                    }
                    line.draw(&console);
                    line.assert_shows(&console, keys);
                }
                assert_eq!(line.draw(&console), 0);
            }
        }
    }
}
