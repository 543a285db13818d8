//! What is offered for a card is what can be done to it in its state, and what cannot says why instead of asking.

use chrono::TimeDelta;
use crossterm::event::KeyCode;
use kami_common::words::Language;
use kami_console::input::place::Place;
use kami_console::state::cards::Marks;
use kami_console::state::message::{Question, Topic};
use kami_core::card::CardStatus;
use kami_core::duration::CardDuration;
use kami_core::record::CardRecord;

use crate::fixtures::{Console, cards, now};

/// The card of [`cards`] of this number.
fn one(id: u64) -> CardRecord {
    cards().into_iter().find(|card| card.id == id).unwrap()
}

/// A card of each state.
fn states() -> [(&'static str, CardRecord); 9] {
    let (unused, active, expired, disabled) = (one(8), one(7), one(5), one(4));
    let forever = |card: &CardRecord| CardRecord { duration: CardDuration::Forever, ..card.clone() };
    let unending = |card: &CardRecord| CardRecord { expire_at: None, ..forever(card) };
    let before = Some(now() - TimeDelta::minutes(1));
    [
        ("unused", unused.clone()),
        ("unused, permanent", forever(&unused)),
        ("active", active.clone()),
        ("active, freed", CardRecord { machine_code: None, ..active.clone() }),
        ("active, permanent", unending(&active)),
        ("expired", expired),
        ("expired, not marked yet", CardRecord { expire_at: before, ..active }),
        ("disabled, once active", disabled),
        (
            "disabled, never used",
            CardRecord { status: CardStatus::Disabled, stored_status: CardStatus::Disabled, ..unused },
        ),
    ]
}

fn console_with(rows: Vec<CardRecord>) -> Console {
    let mut console = Console::started((80, 24), Language::ENGLISH);
    console.answer_rows(rows);
    console
}

/// What a key came to: why it did nothing, or nothing to say where an order, a form or a question came of it.
fn pressed(mut console: Console, key: char) -> Option<String> {
    console.keys(&key.to_string());
    let is_begun = matches!(console.question(Topic::Work), Some((_, Question::Do(_))))
        || matches!(console.model.place(), Place::Form | Place::Confirm);
    let said = console.model.notice.as_ref().map(|notice| notice.words.clone());
    assert_ne!(is_begun, said.is_some(), "{key}: {said:?}");
    said
}

const YES: Option<&str> = None;

#[test]
fn an_act_that_would_do_nothing_to_a_card_says_why_in_each_state() {
    let never_used = Some("never used");
    let (expired, not_bound) = (Some("expired"), Some("bound to no machine"));
    let (disabled, enabled) = (Some("disabled already"), Some("not disabled"));
    let endless = Some("never expires");
    // Disable, enable, free, extend; the note, deleting and editing are for a card of any state.
    let expected = [
        [YES, enabled, never_used, YES],
        [YES, enabled, never_used, endless],
        [YES, enabled, YES, YES],
        [YES, enabled, not_bound, YES],
        [YES, enabled, YES, endless],
        [YES, enabled, expired, YES],
        [YES, enabled, expired, YES],
        [disabled, YES, YES, YES],
        [disabled, YES, not_bound, YES],
    ];
    for ((state, card), expected) in states().into_iter().zip(expected) {
        for (key, why) in
            ['b', 'B', 'm', '+'].into_iter().zip(expected).chain(['N', 'd', 'e'].map(|key| (key, YES)))
        {
            let said = pressed(console_with(vec![card.clone()]), key);
            assert_eq!(said.as_deref(), why, "{key} on a card that is {state}");
        }
    }
}

#[test]
fn the_hint_bar_offers_of_disabling_and_enabling_what_does_something() {
    for (state, card) in states() {
        let screen = console_with(vec![card.clone()]).screen();
        let hints = screen.lines().last().unwrap();
        let is_disabled = card.status == CardStatus::Disabled;
        assert_eq!(hints.contains("B enable"), is_disabled, "{state}: {hints}");
        assert_eq!(hints.contains("b disable"), !is_disabled, "{state}: {hints}");
    }
    let hints = console_with(Vec::new()).screen();
    assert!(!hints.lines().last().unwrap().contains("B enable"), "{hints}");
}

#[test]
fn of_several_marked_cards_it_is_enough_that_an_act_does_something_to_one() {
    let marked = |ids: &[u64]| {
        let mut console = console_with(
            states().into_iter().zip(1..).map(|((_, card), id)| CardRecord { id, ..card }).collect(),
        );
        let cards = ids.iter().map(|id| (*id, format!("VIP-{id}"))).collect();
        console.model.cards.marks = Marks::Some(cards);
        console
    };
    // In the order of the states: 1 and 2 unused, 3 to 5 active, 6 and 7 expired, 8 and 9 disabled.
    for (ids, key, why) in [
        (&[8, 9][..], 'b', Some("disabled already")),
        (&[7, 8], 'b', YES),
        (&[1, 3, 6], 'B', Some("not disabled")),
        (&[1, 8], 'B', YES),
        (&[1, 2], 'm', Some("never used")),
        (&[6, 7], 'm', Some("expired")),
        (&[1, 3], 'm', YES),
        (&[2, 5], '+', Some("never expires")),
        (&[1, 2], '+', YES),
        // Of a card that has left the window nobody knows the state.
        (&[8, 99], 'b', YES),
    ] {
        assert_eq!(pressed(marked(ids), key).as_deref(), why, "{key} on {ids:?}");
    }
}

#[test]
fn of_all_that_a_filter_finds_its_status_tells() {
    let found = |status: CardStatus| {
        let mut console = console_with(vec![one(8)]);
        let mut filter = console.model.cards.query.whole_filter();
        filter.status = Some(status);
        console.model.cards.marks = Marks::All { filter, count: 5, newest: 8 };
        console
    };
    for (status, key, why) in [
        (CardStatus::Disabled, 'b', Some("disabled already")),
        (CardStatus::Active, 'B', Some("not disabled")),
        (CardStatus::Unused, 'm', Some("never used")),
        (CardStatus::Expired, 'm', Some("expired")),
    ] {
        assert_eq!(pressed(found(status), key).as_deref(), why, "{key} on {status:?}");
    }
}

#[test]
fn where_there_is_nothing_to_act_on_or_to_take_back_that_is_said() {
    for key in ['b', 'B', 'm', '+', 'N', 'd', 'e', 'c', ' '] {
        let mut console = console_with(Vec::new());
        console.keys(&key.to_string());
        assert_eq!(console.model.notice.as_ref().unwrap().words, "There is no card here.", "{key}");
    }
    let mut console = console_with(Vec::new());
    console.press(KeyCode::Enter);
    assert_eq!(console.model.notice.as_ref().unwrap().words, "There is no card here.");
    let mut console = console_with(vec![one(8)]);
    console.keys("U");
    assert_eq!(console.model.notice.as_ref().unwrap().words, "You have undone nothing that could be redone.");
    assert!(console.question(Topic::Undo).is_none());
}

#[test]
fn the_palette_and_the_help_grey_the_same_acts_with_the_same_reason() {
    for open in [":", "?"] {
        let mut console = console_with(vec![one(8)]);
        console.keys(open);
        console.keys("Unbind");
        assert!(console.screen().contains("never used"), "{}", console.screen());
    }
}
