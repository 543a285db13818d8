//! Keys that come faster than a hand: what a terminal without bracketed paste makes of a paste.

use std::time::{Duration, Instant};

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::input::act::Act;

/// The time between two keys below which no hand pressed both.
pub const FASTEST: Duration = Duration::from_millis(5);

/// The most keys of one burst that are looked at; what is behind them is dropped.
const MOST: usize = 4_096;

/// Keys as they arrive, until it is known which of them belong together.
#[derive(Debug, Default)]
pub struct Arrivals {
    keys: Vec<KeyEvent>,
    last: Option<Instant>,
}

impl Arrivals {
    /// A key has arrived. The release of a key is none.
    pub fn add(&mut self, key: KeyEvent, at: Instant) {
        if key.kind == KeyEventKind::Release {
            return;
        }
        if self.keys.len() < MOST {
            self.keys.push(key);
        }
        self.last = Some(at);
    }

    /// From when on no further key belongs to those that have arrived; nothing while there are none.
    pub fn complete_at(&self) -> Option<Instant> {
        self.last.map(|last| last + FASTEST)
    }

    /// The keys that belong together; the next one begins anew.
    pub fn take(&mut self) -> Vec<KeyEvent> {
        self.last = None;
        std::mem::take(&mut self.keys)
    }
}

/// Whether a key does no harm when it comes by itself: it only moves, leads back, or ends the program as no text can.
pub const fn is_harmless(act: Act, key: KeyEvent) -> bool {
    match act {
        Act::Down
        | Act::Up
        | Act::HalfDown
        | Act::HalfUp
        | Act::PageDown
        | Act::PageUp
        | Act::First
        | Act::Last
        | Act::No => true,
        Act::Back | Act::Cancel => matches!(key.code, KeyCode::Esc),
        Act::Quit | Act::Suspend => key.modifiers.contains(KeyModifiers::CONTROL),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(character: char) -> KeyEvent {
        KeyEvent::new(KeyCode::Char(character), KeyModifiers::NONE)
    }

    #[test]
    fn keys_belong_together_while_no_hand_could_have_pressed_them() {
        let begin = Instant::now();
        let mut arrivals = Arrivals::default();
        assert_eq!(arrivals.complete_at(), None);
        arrivals.add(key('d'), begin);
        arrivals.add(key('y'), begin + FASTEST);
        assert_eq!(arrivals.complete_at(), Some(begin + FASTEST * 2));
        assert_eq!(arrivals.take(), [key('d'), key('y')]);
        assert_eq!((arrivals.complete_at(), arrivals.take()), (None, Vec::new()));
    }

    #[test]
    fn the_release_of_a_key_is_no_second_key() {
        let mut arrivals = Arrivals::default();
        arrivals.add(key('d'), Instant::now());
        arrivals.add(KeyEvent { kind: KeyEventKind::Release, ..key('d') }, Instant::now());
        assert_eq!(arrivals.take(), [key('d')]);
    }

    #[test]
    fn a_flood_is_cut_off() {
        let mut arrivals = Arrivals::default();
        for _ in 0..MOST + 10 {
            arrivals.add(key('d'), Instant::now());
        }
        assert_eq!(arrivals.take().len(), MOST);
    }
}
