//! The questions before much is changed, and what they show.

use crossterm::event::KeyCode;
use kami_common::words::Language;
use kami_console::input::place::Place;
use kami_console::state::message::{Answer, Failure, Question, Topic};
use kami_console::state::order::{Order, Target};
use kami_core::acts::Act as CardAct;
use kami_core::card::CardStatus;
use kami_core::filter::{Capped, Filter};
use kami_store::{Selection, Survey};

use crate::fixtures::Console;

/// A console on so many cards, all of them marked.
fn marked(cards: u64, language: Language) -> Console {
    let mut console = Console::with_cards((80, 24), language);
    console.model.cards.total = Some(Capped::Exactly(cards));
    console.keys("*");
    console
}

fn order(console: &Console) -> Option<&Order> {
    match console.question(Topic::Work) {
        Some((_, Question::Do(order))) => Some(&***order),
        _ => None,
    }
}

fn survey(cards: u64) -> Survey {
    Survey {
        cards,
        statuses: vec![(CardStatus::Unused, cards - 1), (CardStatus::Active, 1)],
        prefixes: Some([("VIP".to_owned(), cards)].into()),
        batches: None,
    }
}

/// Every act on cards, by the keys that order it.
const ACTS: [(&str, &str); 6] = [
    ("b", "Disable"),
    ("B", "Enable"),
    ("m", "Unbind"),
    ("+\r", "Extend"),
    ("Nx\r", "Write the note on"),
    ("d", "Delete"),
];

fn press(console: &mut Console, keys: &str) {
    for key in keys.chars() {
        console.press(if key == '\r' { KeyCode::Enter } else { KeyCode::Char(key) });
    }
}

#[test]
fn every_act_on_many_cards_asks_and_shows_what_it_will_touch() {
    for (cards, production, place) in [
        (51, false, Place::Confirm),
        (1_000, false, Place::Confirm),
        (1_001, false, Place::ConfirmTyped),
        (2, true, Place::Confirm),
        (10_000_000, true, Place::ConfirmTyped),
    ] {
        for (keys, word) in ACTS {
            let mut console = marked(cards, Language::ENGLISH);
            console.model.location.production = production;
            press(&mut console, keys);
            let deletes = keys == "d";
            assert_eq!(
                console.model.place(),
                if deletes { Place::ConfirmTyped } else { place },
                "{cards} {keys:?}"
            );
            assert!(order(&console).is_none(), "{cards} {keys:?}");
            let Some((_, Question::Survey(selection))) = console.question(Topic::Survey) else {
                panic!("{keys:?} does not look at what it will touch");
            };
            assert_eq!(*selection, Selection::UpTo { filter: Filter::default(), newest: 8 });
            console.answer(Topic::Survey, Answer::Survey(survey(cards)));
            let screen = console.screen();
            let unused = format!("unused {}, active 1", kami_common::words::number(cards - 1));
            assert!(screen.contains(word) && screen.contains(&unused), "{screen}");
            assert!(screen.contains("prefix VIP"), "{screen}");
            if console.model.place() == Place::ConfirmTyped {
                console.keys(&cards.to_string());
                console.press(KeyCode::Enter);
            } else {
                console.keys("y");
            }
            let Some(Order::Act { target: Target::Many { count, .. }, .. }) = order(&console) else {
                panic!("{keys:?} orders nothing");
            };
            assert_eq!(*count, cards);
        }
    }
}

#[test]
fn few_cards_are_changed_without_a_question() {
    for (cards, production) in [(50, false), (1, true)] {
        for (keys, word) in ACTS.into_iter().filter(|(keys, _)| *keys != "d") {
            let mut console = marked(cards, Language::ENGLISH);
            console.model.location.production = production;
            press(&mut console, keys);
            assert!(matches!(order(&console), Some(Order::Act { .. })), "{word} {cards}");
        }
    }
}

#[test]
fn nothing_is_agreed_to_before_it_was_shown() {
    let mut console = marked(500, Language::ENGLISH);
    console.keys("by");
    assert!(order(&console).is_none());
    console.answer(Topic::Survey, Answer::Surveying(0.5));
    assert!(console.screen().contains("50%"), "{}", console.screen());
    console.keys("y");
    assert!(order(&console).is_none());
    console.answer(Topic::Survey, Answer::Survey(survey(500)));
    console.keys("y");
    assert!(matches!(order(&console), Some(Order::Act { act: CardAct::Disable, .. })));
}

#[test]
fn a_question_is_about_the_cards_that_were_counted_last() {
    let mut console = marked(5_000, Language::ENGLISH);
    console.keys("b");
    console.answer(Topic::Survey, Answer::Survey(survey(4_321)));
    assert!(console.screen().contains("Disable 4,321 cards?"), "{}", console.screen());
    console.keys("5000");
    console.press(KeyCode::Enter);
    assert!(order(&console).is_none());
    for _ in 0..4 {
        console.press(KeyCode::Backspace);
    }
    console.keys("4,321");
    console.press(KeyCode::Enter);
    assert!(order(&console).is_some());
}

#[test]
fn a_question_asks_for_what_the_cards_that_were_counted_need() {
    for (marked_before, counted, typed, place) in [
        (900, 1_100, "1100\r", Place::ConfirmTyped),
        (1_100, 900, "y", Place::Confirm),
        (60, 5, "y", Place::Confirm),
    ] {
        let mut console = marked(marked_before, Language::ENGLISH);
        console.keys("b");
        console.answer(Topic::Survey, Answer::Survey(survey(counted)));
        assert_eq!(console.model.place(), place, "{counted}");
        press(&mut console, typed);
        let Some(Order::Act { target: Target::Many { count, .. }, .. }) = order(&console) else {
            panic!("{counted} are not ordered");
        };
        assert_eq!(*count, counted);
    }
}

#[test]
fn what_cannot_be_counted_is_not_done() {
    let mut console = marked(500, Language::ENGLISH);
    console.keys("b");
    let failure = Failure { words: "the database is away".to_owned(), passes: true };
    console.answer(Topic::Survey, Answer::Failed(failure));
    assert_eq!(console.model.place(), Place::Cards);
    assert_eq!(console.model.notice.as_ref().unwrap().words, "the database is away");
    console.keys("b");
    console.answer(Topic::Survey, Answer::Survey(Survey::default()));
    assert_eq!(console.model.place(), Place::Cards, "there is no card left");
    assert!(order(&console).is_none());
}

#[test]
fn a_no_gives_the_counting_up() {
    let mut console = marked(500, Language::of_locale("zh"));
    console.keys("b");
    assert!(console.screen().contains("禁用 500 张卡？"), "{}", console.screen());
    console.press(KeyCode::Esc);
    assert_eq!(console.model.place(), Place::Cards);
    assert!(!console.model.awaits(Topic::Survey));
    assert!(order(&console).is_none());
}
