//! A test's word for the gate.

use kami_core::gate::{Answer, Confirmed, Gate, Kind, Weight};

/// Something to be done to cards, agreed to beforehand however much it does.
pub fn agreed<T>(what: T) -> Confirmed<T> {
    let weight = Weight { cards: u64::MAX, kind: Kind::Delete };
    Gate::new(true).pass(what, weight, Answer::Agreed).ok().unwrap()
}
