//! What the console's own backend is worth beside ratatui's: the bytes of five journeys.

use std::cell::Cell;
use std::io::{self, Write};
use std::rc::Rc;

use crossterm::event::KeyCode;
use kami_common::shade::Shade;
use kami_common::words::Language;
use kami_console::shell::backend::{self, ThriftyBackend};
use kami_console::state::message::Topic;
use kami_console::state::theme::Depth;
use kami_console::turn::view;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};

use crate::fixtures::{Console, cards, theme};
use crate::wire::{history, sellers};

/// Counts what is written to it.
#[derive(Clone, Default)]
struct Counter(Rc<Cell<usize>>);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.set(self.0.get() + bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// One console before two terminals, each with one of the backends.
struct Race {
    ours: (Terminal<ThriftyBackend<Counter>>, Counter),
    theirs: (Terminal<CrosstermBackend<Counter>>, Counter),
    /// The bytes of ours and of theirs, a journey each.
    bytes: Vec<(&'static str, [usize; 2])>,
}

impl Race {
    fn new((columns, rows): (u16, u16)) -> Self {
        let options = || TerminalOptions { viewport: Viewport::Fixed(Rect::new(0, 0, columns, rows)) };
        let [ours, theirs] = [Counter::default(), Counter::default()];
        let our_backend = ThriftyBackend::new(ours.clone(), "xterm-256color");
        let their_backend = CrosstermBackend::new(theirs.clone());
        Self {
            ours: (Terminal::with_options(our_backend, options()).unwrap(), ours),
            theirs: (Terminal::with_options(their_backend, options()).unwrap(), theirs),
            bytes: Vec::new(),
        }
    }

    /// Draws a frame on both as a part of a journey.
    fn draw(&mut self, journey: &'static str, console: &Console) {
        backend::draw(&mut self.ours.0, |frame| view(&console.model, frame)).unwrap();
        self.theirs.0.draw(|frame| view(&console.model, frame)).unwrap();
        let took = [&self.ours.1, &self.theirs.1].map(|counter| counter.0.take());
        match self.bytes.last_mut() {
            Some((last, bytes)) if *last == journey => *bytes = [bytes[0] + took[0], bytes[1] + took[1]],
            _ => self.bytes.push((journey, took)),
        }
    }
}

/// The bytes of five journeys over a page of sold and unsold cards. Colours are those of the palette, which is in favour
/// of ratatui's backend: it tells true colours in full.
fn journeys(size: (u16, u16), language: Language) -> Vec<(&'static str, [usize; 2])> {
    let mut console = sellers(size, language, true);
    console.model.theme = theme(Depth::Indexed, Shade::Dark);
    let mut race = Race::new(size);
    history(&mut console, Vec::new());
    race.draw("opening", &console);
    for _ in 0..50 {
        console.keys("j");
        race.draw("50 rows down", &console);
        history(&mut console, Vec::new());
        race.draw("50 rows down", &console);
    }
    for key in [[KeyCode::PageUp; 5], [KeyCode::PageDown; 5]].concat() {
        console.press(key);
        race.draw("ten pages", &console);
    }
    for key in ["/", "V", "I", "P", "-", "9", "D"] {
        console.keys(key);
        race.draw("a search typed", &console);
    }
    console.answer_rows(cards());
    race.draw("a search typed", &console);
    console.press(KeyCode::Esc);
    if console.question(Topic::Rows).is_some() {
        console.answer_rows(cards());
    }
    race.draw("back", &console);
    for key in ["?", "n", "l", "s", "S", ":"] {
        console.keys(key);
        race.draw("six overlays opened and closed", &console);
        console.press(KeyCode::Esc);
        race.draw("six overlays opened and closed", &console);
    }
    race.bytes.retain(|(journey, _)| *journey != "back");
    race.bytes
}

#[test]
fn our_backend_writes_a_fifth_less_than_that_of_ratatui_and_never_more() {
    for size in [(80, 24), (120, 40)] {
        for language in Language::all() {
            let mut total = [0, 0];
            for (journey, [ours, theirs]) in journeys(size, language) {
                let what = format!("{size:?} {} {journey}: {ours} of {theirs}", language.code());
                println!("{what}, {} % less", 100 - 100 * ours / theirs);
                assert!(ours <= theirs, "{what}");
                total = [total[0] + ours, total[1] + theirs];
            }
            assert!(total[0] * 5 <= total[1] * 4, "{size:?} {} in all: {total:?}", language.code());
        }
    }
}
