//! Licence files in the detail of a card.

use chrono::TimeDelta;
use crossterm::event::KeyCode;
use kami_common::words::Language;
use kami_console::state::message::{Answer, Message, Question, Topic};
use kami_core::record::CardRecord;
use kami_store::LicenceGiven;

use super::fixtures::{Console, cards, now};

/// The cards, of which the second says what making a licence file has it say.
fn certified() -> Vec<CardRecord> {
    let mut cards = cards();
    cards[1].policy = Some("lease=off when-full=refuse unbind=off".to_owned());
    cards
}

fn given(machine: &str, hours: Option<i64>) -> LicenceGiven {
    let until = hours.map(|hours| now() + TimeDelta::hours(hours));
    LicenceGiven { machine: machine.to_owned(), until, certified_at: now() }
}

/// A console with the detail of such a card, or of one that says nothing, opened.
fn console(cards: Vec<CardRecord>) -> Console {
    let mut console = Console::with_cards((80, 30), Language::ENGLISH);
    console.keys("r");
    console.answer_rows(cards);
    console.keys("j");
    console.press(KeyCode::Enter);
    console
}

/// Such a card comes, and its detail is opened, with what is known of its files.
pub(crate) fn come(console: &mut Console) {
    console.keys("r");
    console.answer_rows(certified());
    console.keys("j");
    console.press(KeyCode::Enter);
    console.answer(Topic::History, Answer::History(7, Vec::new()));
    let licences = [("PC-3F2A0011223344559C", Some(720)), ("PC\u{1b}[31m4", None), ("PC-9", Some(-1))];
    let licences = licences.map(|(machine, hours)| given(machine, hours)).into();
    console.answer(Topic::Licences, Answer::Licences(7, licences));
}

fn asked(console: &Console) -> Option<u64> {
    match console.question(Topic::Licences) {
        Some((_, Question::Licences(card))) => Some(*card),
        _ => None,
    }
}

#[test]
fn who_has_licences_is_asked_only_of_cards_that_may_have_some() {
    assert_eq!(asked(&console(certified())), Some(7));
    assert_eq!(asked(&console(cards())), None);
}

#[test]
fn the_detail_says_for_which_machine_there_is_a_file_and_until_when() {
    let mut console = Console::with_cards((80, 40), Language::ENGLISH);
    come(&mut console);
    let screen = console.screen();
    for words in ["PC-3F2A0011223344559C until 20", "PC␛[31m4 for ever", ", over"] {
        assert!(screen.contains(words), "{words}: {screen}");
    }
    assert_eq!(screen.matches("over").count(), 1, "{screen}");
    console.tell(Message::Tick(now() + TimeDelta::days(31)));
    assert_eq!(console.screen().matches("over").count(), 2, "{}", console.screen());
    // Of another card nothing is said.
    console.keys("j");
    assert!(!console.screen().contains("licence"), "{}", console.screen());
}
