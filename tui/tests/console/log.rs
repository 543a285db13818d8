//! The operator log: paged, filtered, and what one act changed.

use crossterm::event::KeyCode;
use kami_common::words::Language;
use kami_console::input::place::Place;
use kami_console::state::message::{Answer, Message, Question, Topic};
use kami_store::{ActFilter, ActRecord, ActStep, LogRecord};

use crate::fixtures::{Console, now};

fn act(id: u64) -> ActRecord {
    ActRecord {
        id,
        act: "disable".to_owned(),
        operator: "li".to_owned(),
        account: Some("kami_li@%".to_owned()),
        done_at: now(),
        card_count: 1,
        batch_id: None,
        undoes: None,
        subject: None,
        undone_by: None,
    }
}

/// Acts from a number down, of which there are more.
fn come(console: &mut Console, from: u64, count: u64, is_first: bool) {
    let acts = (0..count).map(|step| act(from - step)).collect();
    let step = ActStep { acts, next: Some(from - count + 1) };
    console.answer(Topic::Acts, Answer::Acts { step, is_first, goes_on: false });
}

fn opened() -> Console {
    let mut console = Console::with_cards((80, 24), Language::ENGLISH);
    console.keys("l");
    come(&mut console, 1_000, 100, true);
    console.effects.clear();
    console
}

/// The filter and the place of the last question about acts.
fn asked(console: &Console) -> Option<(ActFilter, Option<u64>)> {
    match console.question(Topic::Acts) {
        Some((_, Question::Acts { filter, before, .. })) => Some((filter.clone(), *before)),
        _ => None,
    }
}

#[test]
fn older_acts_are_fetched_before_the_last_one_is_reached() {
    let mut console = opened();
    console.keys("j");
    assert_eq!(asked(&console), None);
    console.keys("G");
    assert_eq!(asked(&console), Some((ActFilter::default(), Some(901))));
    come(&mut console, 900, 100, false);
    assert!(console.screen().contains("200+"), "{}", console.screen());
    console.effects.clear();
    console.keys("jG");
    assert_eq!(asked(&console), Some((ActFilter::default(), Some(801))));
    console.keys("g");
    console.press(KeyCode::Enter);
    assert!(matches!(console.question(Topic::LogOfAct), Some((_, Question::LogOfAct(1_000, None)))));
}

#[test]
fn the_log_is_filtered_by_the_server() {
    let mut console = opened();
    console.keys("f");
    console.keys("li");
    console.press(KeyCode::Tab);
    console.press(KeyCode::Right);
    for text in ["VIP-A", "#7", "today"] {
        console.press(KeyCode::Tab);
        console.keys(text);
    }
    console.press(KeyCode::Enter);
    assert_eq!(console.model.place(), Place::Log);
    let (filter, before) = asked(&console).unwrap();
    assert_eq!(before, None);
    assert_eq!((filter.operator.as_deref(), filter.act.as_deref()), (Some("li"), Some("generate")));
    assert_eq!((filter.code.as_deref(), filter.batch_id), (Some("VIP-A"), Some(7)));
    assert_eq!(filter.done.unwrap().from, Some("2026-03-03T16:00:00Z".parse().unwrap()));
    console.press(KeyCode::Backspace);
    assert_eq!(asked(&console), Some((ActFilter::default(), None)));
}

#[test]
fn a_range_that_ends_before_it_begins_is_not_taken() {
    let mut console = opened();
    console.keys("f");
    console.press(KeyCode::BackTab);
    console.keys("2026-02..2026-01");
    assert!(console.screen().contains("This range ends before it begins."), "{}", console.screen());
    console.press(KeyCode::Enter);
    assert_eq!((console.model.place(), asked(&console)), (Place::Form, None));
}

#[test]
fn no_report_comes_over_the_filter_that_is_typed() {
    let mut console = opened();
    console.press(KeyCode::Enter);
    let (id, _) = console.question(Topic::LogOfAct).unwrap();
    console.keys("fli");
    console.tell(Message::Answered { id, answer: part(1..=3, true, None) });
    assert_eq!(console.model.place(), Place::Form);
}

#[test]
fn more_acts_are_fetched_where_those_that_are_here_do_not_fill_the_window() {
    let mut console = opened();
    console.keys(&"j".repeat(52));
    assert_eq!(asked(&console), None);
    console.tell(Message::Resized(80, 60));
    assert_eq!(asked(&console), Some((ActFilter::default(), Some(901))), "a higher window");
    let mut console = opened();
    console.keys("r");
    let (id, _) = console.question(Topic::Acts).unwrap();
    let step = ActStep { acts: Vec::new(), next: Some(500) };
    console.tell(Message::Answered { id, answer: Answer::Acts { step, is_first: true, goes_on: false } });
    assert_eq!(asked(&console), Some((ActFilter::default(), Some(500))));
}

#[test]
fn a_filter_that_means_nothing_is_not_taken() {
    let mut console = opened();
    console.keys("f");
    console.press(KeyCode::BackTab);
    console.keys("soon");
    console.press(KeyCode::Enter);
    assert_eq!((console.model.place(), asked(&console)), (Place::Form, None));
}

/// What an act changed about one card.
fn record(id: u64) -> LogRecord {
    LogRecord {
        id,
        act_id: 1_000,
        act: "disable".to_owned(),
        operator: "li".to_owned(),
        account: Some("kami_li@%".to_owned()),
        done_at: now(),
        card_id: Some(id),
        batch_id: None,
        subject: None,
        full_code: Some(format!("VIP-{id}")),
        before: None,
        after: None,
    }
}

/// The records of these numbers, the greatest first.
fn part(ids: std::ops::RangeInclusive<u64>, is_first: bool, next: Option<u64>) -> Answer {
    Answer::LogOfAct { records: ids.rev().map(record).collect(), is_first, next }
}

#[test]
fn a_report_is_read_to_its_end_where_its_lines_are_wrapped() {
    let mut console = opened();
    console.press(KeyCode::Enter);
    let long = |id| LogRecord { full_code: Some(format!("{id}-{}", "字".repeat(80))), ..record(id) };
    let records = (1..=30).rev().map(long).collect();
    console.answer(Topic::LogOfAct, Answer::LogOfAct { records, is_first: true, next: None });
    let shows = |console: &Console, id: u64| console.screen().contains(&format!(" {id}-字"));
    assert!(shows(&console, 30) && !shows(&console, 1));
    console.keys("G");
    assert!(!shows(&console, 30) && shows(&console, 1), "{}", console.screen());
    let end = console.screen();
    console.keys("jj");
    console.press(KeyCode::PageDown);
    assert_eq!(console.screen(), end);
    console.keys("k");
    assert_ne!(console.screen(), end, "one line back from the end is one key");
    console.press(KeyCode::Home);
    assert!(shows(&console, 30));
    console.press(KeyCode::End);
    assert_eq!(console.screen(), end);
}

#[test]
fn what_an_act_on_many_cards_changed_comes_part_by_part() {
    let mut console = opened();
    console.press(KeyCode::Enter);
    console.answer(Topic::LogOfAct, part(801..=1_000, true, Some(801)));
    console.effects.clear();
    console.press(KeyCode::Down);
    assert!(console.question(Topic::LogOfAct).is_none());
    for _ in 0..20 {
        console.press(KeyCode::PageDown);
    }
    assert!(matches!(console.question(Topic::LogOfAct), Some((_, Question::LogOfAct(1_000, Some(801))))));
    console.answer(Topic::LogOfAct, part(799..=800, false, None));
    console.keys("G");
    assert!(console.screen().contains("VIP-799"), "{}", console.screen());
    console.press(KeyCode::Esc);
    assert_eq!(console.model.place(), Place::Log);
}
