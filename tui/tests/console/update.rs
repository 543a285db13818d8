//! What each key and each answer changes.

use chrono::TimeDelta;
use crossterm::event::KeyCode;
use kami_shared::card::CardStatus;
use kami_shared::filter::{Anchor, Capped, Sort, SortBy, TextFilter};
use kami_shared::store::Page;
use kami_tui::console::cards::{Landing, Marks};
use kami_tui::console::message::{Answer, Effect, Failure, Message, Question, Topic};
use kami_tui::console::model::{Link, Place, ReadOnly};
use kami_tui::words::Language;

use crate::fixtures::{Console, cards, grants, now};

fn console() -> Console {
    Console::with_cards((80, 24), Language::English)
}

#[test]
fn the_first_questions_are_asked_at_once() {
    let console = Console::started((80, 24), Language::English);
    for topic in [Topic::Server, Topic::Rows, Topic::Total, Topic::Counts] {
        assert!(console.question(topic).is_some(), "{topic:?}");
    }
    assert_eq!(console.model.link, Link::Connecting);
}

#[test]
fn keys_move_the_cursor() {
    for (keys, row) in [("j", 1), ("jjk", 1), ("k", 0), ("G", 7), ("Gg", 0), ("jjjjjjjjjjj", 7)] {
        let mut console = console();
        console.keys(keys);
        assert_eq!(console.model.cards.cursor, row, "{keys}");
    }
}

#[test]
fn an_answer_to_an_old_question_is_dropped() {
    let mut console = console();
    console.keys("/v");
    let (old, _) = console.question(Topic::Rows).unwrap();
    console.keys("i");
    let page = Page { rows: Vec::new(), now: now(), sort: Sort::NEWEST, has_before: false, has_after: false };
    console.tell(Message::Answered { id: old, answer: Answer::Rows(page, Landing::Top) });
    assert_eq!(console.model.cards.rows.len(), 8);
    assert!(!console.model.cards.is_fresh);
    console.answer_rows(Vec::new());
    assert!(console.model.cards.rows.is_empty() && console.model.cards.is_fresh);
}

#[test]
fn a_search_asks_after_a_pause_for_what_is_typed() {
    let mut console = console();
    console.keys("/vip");
    let asked = console.effects.iter().rev().find_map(|effect| match effect {
        Effect::Ask { topic: Topic::Rows, question: Question::Rows { filter, .. }, pause, .. } => {
            Some((filter.text.clone(), *pause))
        }
        _ => None,
    });
    let (text, pause) = asked.unwrap();
    assert_eq!(text, Some(TextFilter::CodePrefix("vip".to_owned())));
    assert!(!pause.is_zero());
    console.press(KeyCode::Tab);
    assert!(matches!(console.question(Topic::Rows), Some((_, Question::Search { .. }))));
    console.press(KeyCode::Esc);
    assert_eq!(console.model.place(), Place::Cards);
    assert!(!console.model.cards.query.is_filtered());
}

#[test]
fn marks() {
    let marked = |keys: &str| {
        let mut console = console();
        console.keys(keys);
        console.model.cards.marks.count()
    };
    for (keys, count) in [(" ", 1), ("  ", 2), (" k ", 0), (" jjv", 4), ("*", 8)] {
        assert_eq!(marked(keys), count, "{keys:?}");
    }
    let mut console = console();
    console.keys("*");
    assert!(matches!(console.model.cards.marks, Marks::All { count: 8, .. }));
    console.press(KeyCode::Esc);
    assert_eq!(console.model.cards.marks, Marks::None);
}

#[test]
fn escape_goes_back_one_level_at_a_time() {
    let mut console = console();
    console.model.cards.query.filter.status = Some(CardStatus::Active);
    console.keys(" ?");
    assert_eq!(console.model.place(), Place::Picker);
    console.press(KeyCode::Esc);
    assert_eq!(console.model.cards.marks.count(), 1);
    console.press(KeyCode::Esc);
    assert_eq!(console.model.cards.marks.count(), 0);
    assert!(console.model.cards.query.is_filtered());
    console.press(KeyCode::Esc);
    assert!(!console.model.cards.query.is_filtered());
}

#[test]
fn what_the_cursor_comes_near_to_is_fetched() {
    let mut console = Console::started((80, 24), Language::English);
    let many = |from: u64| -> Vec<_> {
        let card = cards().swap_remove(0);
        (0..120).map(|step| kami_shared::record::CardRecord { id: from - step, ..card.clone() }).collect()
    };
    let page = |rows| Page { rows, now: now(), sort: Sort::NEWEST, has_before: false, has_after: true };
    console.answer(Topic::Rows, Answer::Rows(page(many(10_000)), Landing::Top));
    console.effects.clear();
    console.keys("j");
    assert!(console.question(Topic::Rows).is_none());
    for _ in 0..6 {
        console.press(KeyCode::PageDown);
    }
    let (_, question) = console.question(Topic::Rows).unwrap();
    assert!(matches!(question, Question::Rows { anchor: Anchor::After(_), landing: Landing::Behind, .. }));
    let cursor = console.model.cards.cursor;
    console.answer(Topic::Rows, Answer::Rows(page(many(9_880)), Landing::Behind));
    assert_eq!((console.model.cards.rows.len(), console.model.cards.cursor), (240, cursor));
    console.press(KeyCode::End);
    let (_, question) = console.question(Topic::Rows).unwrap();
    assert!(matches!(question, Question::Rows { anchor: Anchor::Last, landing: Landing::Bottom, .. }));
}

#[test]
fn the_rows_kept_are_bounded_and_the_place_stays_right() {
    let mut console = Console::started((80, 24), Language::English);
    let card = cards().swap_remove(0);
    let mut next = 100_000;
    let mut landing = Landing::Top;
    for _ in 0..12 {
        let rows = (0..120).map(|step| kami_shared::record::CardRecord { id: next - step, ..card.clone() });
        let page = Page {
            rows: rows.collect(),
            now: now(),
            sort: Sort::NEWEST,
            has_before: landing == Landing::Behind,
            has_after: true,
        };
        next -= 120;
        console.answer(Topic::Rows, Answer::Rows(page, landing));
        landing = Landing::Behind;
        console.effects.clear();
        while console.question(Topic::Rows).is_none() {
            console.press(KeyCode::PageDown);
        }
    }
    let cards = &console.model.cards;
    assert!(cards.rows.len() <= 720, "{}", cards.rows.len());
    let current = cards.current().unwrap().id;
    assert_eq!(cards.place(), Some(100_000 - current + 1));
}

#[test]
fn a_database_that_is_away_is_asked_again_later_and_later() {
    let mut console = Console::started((80, 24), Language::English);
    let away = || Answer::Failed(Failure { words: "refused".to_owned(), passes: true });
    for (tries, pause) in [(1, 2), (2, 4), (3, 8), (4, 15), (5, 15)] {
        console.answer(Topic::Rows, away());
        let retry_at = console.model.now + TimeDelta::seconds(pause);
        assert_eq!(console.model.link, Link::Away { reason: "refused".to_owned(), retry_at, tries });
        console.effects.clear();
        console.tell(Message::Tick(retry_at - TimeDelta::seconds(1)));
        assert!(console.question(Topic::Rows).is_none());
        console.tell(Message::Tick(retry_at));
        assert!(console.question(Topic::Rows).is_some());
    }
    console.answer_rows(cards());
    assert_eq!(console.model.link, Link::Up);
}

#[test]
fn an_account_that_may_not_write_makes_the_console_read_only() {
    let mut console = Console::started((80, 24), Language::English);
    console.answer(Topic::Server, Answer::Server(grants("SELECT")));
    assert_eq!(console.model.read_only, Some(ReadOnly::NoGrant));
    assert!(matches!(console.effects.last(), Some(Effect::ForbidChanges)));
}

#[test]
fn filters_and_orders_are_chosen_from_lists() {
    let mut console = console();
    console.keys("f");
    console.press(KeyCode::Enter);
    console.keys("act");
    console.press(KeyCode::Enter);
    assert_eq!(console.model.cards.query.filter.status, Some(CardStatus::Active));
    console.keys("p");
    console.answer(Topic::Choices, Answer::PrefixNames(vec!["BASIC".to_owned(), "VIP".to_owned()]));
    console.keys("vp");
    console.press(KeyCode::Enter);
    assert_eq!(console.model.cards.query.filter.prefix.as_deref(), Some("VIP"));
    console.keys("oexp");
    console.press(KeyCode::Enter);
    assert_eq!(console.model.cards.query.sort.by, SortBy::Expires);
    console.press(KeyCode::Backspace);
    assert_eq!(console.model.cards.query.filter.prefix, None);
}

#[test]
fn spans_of_time_are_chosen_from_lists() {
    let mut console = console();
    console.keys("fgeneration");
    console.press(KeyCode::Enter);
    console.keys("7d");
    console.press(KeyCode::Enter);
    let created = console.model.cards.query.filter.created.unwrap();
    assert_eq!((created.from, created.until), (Some(now() - TimeDelta::days(7)), None));
    console.keys("fexpiry");
    console.press(KeyCode::Enter);
    console.keys("1d");
    console.press(KeyCode::Enter);
    let expiring = console.model.cards.query.filter.expiring.unwrap();
    assert_eq!((expiring.from, expiring.until), (Some(now()), Some(now() + TimeDelta::days(1))));
}

#[test]
fn a_code_is_copied() {
    let mut console = console();
    console.keys("c");
    let copied = console.effects.iter().find_map(|effect| match effect {
        Effect::Copy(text) => Some(text.as_str()),
        _ => None,
    });
    assert_eq!(copied, Some("VIP-7KQ2M9XWTR4HP3ND"));
}

#[test]
fn an_act_that_is_not_possible_says_why() {
    let mut console = Console::started((80, 24), Language::English);
    console.answer_rows(Vec::new());
    console.keys("c");
    assert_eq!(console.model.notice.as_ref().unwrap().words, "There is no card here.");
    console.keys(":copy");
    assert!(console.screen().contains("There is no card here."), "{}", console.screen());
}

#[test]
fn without_a_filter_the_counts_know_the_total() {
    let mut console = Console::started((80, 24), Language::English);
    console.answer(Topic::Total, Answer::Total(Some(Capped::MoreThan(10_000))));
    console.answer(Topic::Counts, Answer::Counts(crate::fixtures::counts()));
    assert_eq!(console.model.cards.total, Some(Capped::Exactly(12_480)));
}

#[test]
fn every_key_and_panel_has_its_words_in_both_languages() {
    for language in Language::ALL {
        for keys in ["", "?", ":", "f", "o", "C", "/x"] {
            let mut console = Console::with_cards((200, 50), language);
            console.keys(keys);
            let screen = console.screen();
            for space in ["act.", "hint.", "picker.", "column.", "status.", "filter.", "sort."] {
                assert!(!screen.contains(space), "{space} in {screen}");
            }
        }
    }
}
