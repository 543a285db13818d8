//! What was counted since it was last written down: pure, and of bounded size whoever asks for what.

use std::collections::BTreeMap;

use ring::digest::{SHA256, digest};

/// How many machines of a card are told apart until it is written down.
pub(super) const MOST_OF_A_CARD: usize = 16;

/// How many machines of all cards are: about 100 ms of the database's time.
pub(super) const MOST: usize = 1_000;

/// Machines that cards were refused to, and how often, in the order in which they are written.
#[derive(Debug, Default)]
pub(in super::super) struct Tally(BTreeMap<(u64, u64), u32>);

impl Tally {
    /// Counts a refusal; says whether there was room.
    pub(super) fn add(&mut self, card: u64, machine: &str) -> bool {
        let key = (card, mark(card, machine));
        if let Some(requests) = self.0.get_mut(&key) {
            *requests = requests.saturating_add(1);
            return true;
        }
        let of_card = self.0.range((card, 0)..=(card, u64::MAX)).count();
        let has_room = self.0.len() < MOST && of_card < MOST_OF_A_CARD;
        if has_room {
            self.0.insert(key, 1);
        }
        has_room
    }

    /// What `note_mismatches` takes: a JSON array of each card, machine and number of refusals.
    pub(in super::super) fn to_json(&self) -> String {
        let noted: Vec<_> =
            self.0.iter().map(|((card, machine), requests)| (card, machine, requests)).collect();
        serde_json::json!(noted).to_string()
    }

    pub(in super::super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many refusals it holds.
    pub(in super::super) fn requests(&self) -> u64 {
        self.0.values().copied().map(u64::from).sum()
    }
}

/// By what a machine is told from others of the same card, the same on every instance. It leads to no code but by trying, and
/// that to those of one card alone: the card's number is part of it.
fn mark(card: u64, machine: &str) -> u64 {
    let bytes = [&card.to_be_bytes()[..], machine.as_bytes()].concat();
    digest(&SHA256, &bytes).as_ref().iter().take(8).fold(0, |mark, byte| mark << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of the machine PC-1 with card 7.
    const MARK_OF_7: u64 = 0xc353_4ad2_bca2_d368;

    fn machine(number: usize) -> String {
        format!("PC-{number}")
    }

    #[test]
    fn a_machine_counts_once_for_a_card_however_often_it_asks() {
        let mut tally = Tally::default();
        for _ in 0..1_000 {
            assert!(tally.add(7, &machine(1)));
        }
        assert!(tally.add(7, &machine(2)) && tally.add(8, &machine(1)));
        assert_eq!((tally.0.len(), tally.requests()), (3, 1_002));
        assert!(tally.0.values().eq(&[1, 1_000, 1]) || tally.0.values().eq(&[1_000, 1, 1]));
    }

    #[test]
    fn a_machine_has_the_same_mark_everywhere_and_another_with_another_card() {
        // printf '\0\0\0\0\0\0\0\7PC-1' | sha256sum
        assert_eq!(mark(7, &machine(1)), MARK_OF_7);
        assert_ne!(mark(8, &machine(1)), MARK_OF_7);
    }

    #[test]
    fn who_invents_machines_or_asks_for_many_cards_takes_no_more_room() {
        let mut tally = Tally::default();
        let found = (0..100).filter(|number| tally.add(1, &machine(*number))).count();
        assert_eq!(found, MOST_OF_A_CARD);
        assert!(tally.add(1, &machine(0)), "a machine that is there goes on counting");
        let found = (2..5_000).filter(|card| tally.add(*card, &machine(0))).count();
        assert_eq!((found, tally.0.len()), (MOST - MOST_OF_A_CARD, MOST));
        assert!(tally.to_json().len() < 64 * 1_024);
    }

    #[test]
    fn it_is_written_in_the_order_of_the_rows() {
        let mut tally = Tally::default();
        for card in [9, 3, 3, 200] {
            tally.add(card, &machine(1));
        }
        let written: Vec<(u64, u64, u32)> = serde_json::from_str(&tally.to_json()).unwrap();
        let cards: Vec<_> = written.iter().map(|(card, _, requests)| (*card, *requests)).collect();
        assert_eq!(cards, [(3, 2), (9, 1), (200, 1)]);
        assert_eq!(Tally::default().to_json(), "[]");
    }
}
