//! What each key and each answer changes.

use chrono::TimeDelta;
use crossterm::event::KeyCode;
use kami_common::search_in::SearchIn;
use kami_common::words::Language;
use kami_console::input::place::Place;
use kami_console::state::cards::{Landing, Marks};
use kami_console::state::clipboard::Clipboard;
use kami_console::state::message::{Answer, Effect, Failure, Message, Question, Topic};
use kami_console::state::model::{Link, ReadOnly};
use kami_console::state::statistics::Statistics;
use kami_core::card::CardStatus;
use kami_core::filter::{Anchor, Capped, Filter, Sort, SortBy, TextFilter};
use kami_core::record::CardRecord;
use kami_store::{Page, Stock};

use crate::fixtures::{Console, cards, grants, now};

fn console() -> Console {
    Console::with_cards((80, 24), Language::ENGLISH)
}

#[test]
fn the_first_questions_are_asked_at_once() {
    let console = Console::started((80, 24), Language::ENGLISH);
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

/// The code that the detail beside the table begins with.
fn code_beside(console: &Console) -> String {
    let screen = console.screen();
    let detail =
        screen.lines().find_map(|line| line.split_once("│").map(|(_, detail)| detail.trim().to_owned()));
    detail.unwrap()
}

#[test]
fn the_detail_beside_the_table_follows_where_the_cursor_rests() {
    let mut console = Console::with_cards((120, 40), Language::ENGLISH);
    let code = |row: usize| cards()[row].full_code.clone();
    console.answer(Topic::History, Answer::History(cards()[0].id, Vec::new()));
    console.keys("j");
    assert_eq!(code_beside(&console), code(0), "the cursor moves");
    console.answer(Topic::History, Answer::History(cards()[1].id, Vec::new()));
    assert_eq!(code_beside(&console), code(1), "it rests");
    console.keys("j");
    console.tell(Message::Tick(now() + TimeDelta::seconds(1)));
    assert_eq!(code_beside(&console), code(2), "the history takes long");
    console.keys("k");
    assert_eq!(code_beside(&console), code(1), "back before it came");
    assert!(!console.model.awaits(Topic::History));
}

#[test]
fn the_detail_over_the_table_scrolls_no_further_than_its_end() {
    let mut console = Console::with_cards((80, 16), Language::ENGLISH);
    console.press(KeyCode::Enter);
    let start = console.screen();
    for _ in 0..9 {
        console.control('d');
    }
    let end = console.screen();
    assert_ne!(start, end);
    console.control('u');
    assert_ne!(console.screen(), end, "back from the end by the first key");
}

#[test]
fn an_answer_to_an_old_question_is_dropped() {
    let mut console = console();
    console.keys("/v");
    let (old, _) = console.question(Topic::Rows).unwrap();
    console.keys("i");
    let page = Page {
        rows: Vec::new(),
        unreadable: Vec::new(),
        now: now(),
        sort: Sort::NEWEST,
        has_before: false,
        has_after: false,
    };
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
fn a_paste_is_asked_for_once_and_has_an_end() {
    let mut console = console();
    console.keys("/");
    console.effects.clear();
    console.tell(Message::Pasted(format!(" {}\nsecond line", "x".repeat(100_000))));
    assert_eq!(console.model.cards.query.text.value(), "x".repeat(1_000));
    let asked =
        console.effects.iter().filter(|effect| matches!(effect, Effect::Ask { topic: Topic::Rows, .. }));
    assert_eq!(asked.count(), 1);
    console.press(KeyCode::Esc);
    console.keys("C");
    let columns = console.model.cards.columns.clone();
    console.tell(Message::Pasted("machine of the card".to_owned()));
    assert_eq!(console.model.cards.columns, columns, "only the key switches");
    console.press(KeyCode::Esc);
    console.keys("Cmachine ");
    assert_ne!(console.model.cards.columns, columns);
}

#[test]
fn the_cards_of_a_machine_are_shown_from_any_of_them_whatever_was_searched_for() {
    let mut console = console();
    let bound = |card: &CardRecord| card.machine_code.is_some();
    let at = console.model.cards.rows.iter().position(bound).unwrap();
    let machine = console.model.cards.rows[at].machine_code.clone().unwrap();
    for opening in ["", "\r"] {
        console.model.cards.cursor = at;
        for key in opening.chars() {
            console.press(if key == '\r' { KeyCode::Enter } else { KeyCode::Char(key) });
        }
        console.keys("M");
        assert_eq!(console.model.place(), Place::Cards);
        let filter = console.model.cards.query.whole_filter();
        assert_eq!(filter.text, Some(TextFilter::MachinePrefix(machine.clone())));
        console.press(KeyCode::Esc);
        assert_eq!(console.model.cards.query.search_in, SearchIn::default(), "the next search begins anew");
    }
    let free = console.model.cards.rows.iter().position(|card| !bound(card)).unwrap();
    console.model.cards.cursor = free;
    console.keys("M");
    assert!(!console.model.cards.query.is_filtered());
    assert!(console.screen().contains("bound to no machine"), "{}", console.screen());
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
    let mut console = Console::started((80, 24), Language::ENGLISH);
    let many = |from: u64| -> Vec<_> {
        let card = cards().swap_remove(0);
        (0..120).map(|step| CardRecord { id: from - step, ..card.clone() }).collect()
    };
    let page = |rows| Page {
        rows,
        unreadable: Vec::new(),
        now: now(),
        sort: Sort::NEWEST,
        has_before: false,
        has_after: true,
    };
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
    let mut console = Console::started((80, 24), Language::ENGLISH);
    let card = cards().swap_remove(0);
    let mut next = 100_000;
    let mut landing = Landing::Top;
    for _ in 0..12 {
        let rows = (0..120).map(|step| CardRecord { id: next - step, ..card.clone() });
        let page = Page {
            rows: rows.collect(),
            unreadable: Vec::new(),
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
fn the_place_deep_in_a_long_table_outlives_a_refresh() {
    let mut console = Console::started((80, 24), Language::ENGLISH);
    let card = cards().swap_remove(0);
    let page = |from: u64, has_before| Page {
        rows: (0..120).map(|step| CardRecord { id: from - step, ..card.clone() }).collect(),
        unreadable: Vec::new(),
        now: now(),
        sort: Sort::NEWEST,
        has_before,
        has_after: true,
    };
    console.answer(Topic::Rows, Answer::Rows(page(90_000, false), Landing::Top));
    for _ in 0..3 {
        console.press(KeyCode::PageDown);
    }
    let (top, place) = (console.model.cards.top as u64, console.model.cards.place());
    assert!(top > 0 && place.is_some());
    console.keys("r");
    console.answer(Topic::Rows, Answer::Rows(page(90_000 - top, true), Landing::Stay));
    assert_eq!(console.model.cards.place(), place, "before it is counted");
    console.answer(Topic::Offset, Answer::Offset(Capped::MoreThan(10_000)));
    assert_eq!(console.model.cards.place(), place, "too far to be counted");
    console.keys("r");
    console.answer(Topic::Rows, Answer::Rows(page(90_000 - top, true), Landing::Stay));
    console.answer(Topic::Offset, Answer::Offset(Capped::Exactly(top + 2)));
    assert_eq!(console.model.cards.place(), place.map(|place| place + 2), "two are new");
}

#[test]
fn a_database_that_is_away_is_asked_again_later_and_later() {
    let mut console = Console::started((80, 24), Language::ENGLISH);
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
fn a_search_that_failed_is_asked_again_as_a_search_and_after_its_pause() {
    let failure = |passes| Answer::Failed(Failure { words: "refused".to_owned(), passes });
    let mut console = console();
    console.keys("/9D");
    console.press(KeyCode::Tab);
    for (passes, pause) in [(true, 2), (false, 4), (true, 8)] {
        console.answer(Topic::Rows, failure(passes));
        console.effects.clear();
        console.tell(Message::Tick(console.model.now));
        assert!(console.question(Topic::Rows).is_none(), "before the pause of {pause} s");
        console.tell(Message::Tick(console.model.now + TimeDelta::seconds(pause)));
        assert!(matches!(console.question(Topic::Rows), Some((_, Question::Search { .. }))));
    }
}

#[test]
fn an_account_that_may_not_write_makes_the_console_read_only() {
    let mut console = Console::started((80, 24), Language::ENGLISH);
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
    console.answer(Topic::Choices, Answer::SortsAnyWay(true));
    console.press(KeyCode::Enter);
    assert_eq!(console.model.cards.query.sort.by, SortBy::Expires);
    console.press(KeyCode::Backspace);
    assert_eq!(console.model.cards.query.filter.prefix, None);
}

#[test]
fn the_cards_without_a_prefix_have_a_name_in_the_list_and_in_the_filter() {
    let mut console = console();
    console.keys("p");
    console.answer(Topic::Choices, Answer::PrefixNames(vec![String::new(), "VIP".to_owned()]));
    console.keys("no pre");
    console.press(KeyCode::Enter);
    assert_eq!(console.model.cards.query.filter.prefix.as_deref(), Some(""));
    assert!(console.screen().contains("no prefix ✕"), "{}", console.screen());
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
    let created = console.model.cards.query.whole_filter().created.unwrap();
    assert_eq!((created.from, created.until), (Some(now() - TimeDelta::days(7)), None));
    console.keys("factivation");
    console.press(KeyCode::Enter);
    console.press(KeyCode::Down);
    console.press(KeyCode::Down);
    console.press(KeyCode::Enter);
    let query = &console.model.cards.query;
    let used = query.whole_filter().used.unwrap();
    assert_eq!(
        (used.until.unwrap() - used.from.unwrap(), query.used),
        (TimeDelta::days(1), "昨天".parse().ok())
    );
    console.keys("fexpiry");
    console.press(KeyCode::Enter);
    console.keys("1d");
    console.press(KeyCode::Enter);
    let expiring = console.model.cards.query.whole_filter().expiring.unwrap();
    assert_eq!((expiring.from, expiring.until), (Some(now()), Some(now() + TimeDelta::days(1))));
}

#[test]
fn a_range_of_time_is_typed_and_its_meaning_shown_before_it_is_applied() {
    let mut console = console();
    console.keys("fgeneration");
    console.press(KeyCode::Enter);
    console.keys("2026-01-01..2026-01-31");
    assert!(console.screen().contains("2026-01-01 00:00 – 2026-01-31 24:00"), "{}", console.screen());
    assert!(!console.model.cards.query.is_filtered());
    console.press(KeyCode::Enter);
    assert!(console.screen().contains("created 2026-01-01..2026-01-31 ✕"), "{}", console.screen());
    let created = console.model.cards.query.whole_filter().created.unwrap();
    let moment = |text: &str| Some(text.parse().unwrap());
    assert_eq!(
        (created.from, created.until),
        (moment("2025-12-31T16:00:00Z"), moment("2026-01-31T16:00:00Z"))
    );
    console.press(KeyCode::Backspace);
    assert_eq!(console.model.cards.query.whole_filter().created, None);
}

#[test]
fn a_range_that_ends_before_it_begins_is_not_applied() {
    let mut console = console();
    console.keys("fexpiry");
    console.press(KeyCode::Enter);
    console.keys("2026-02..2026-01");
    assert!(console.screen().contains("This range ends before it begins."), "{}", console.screen());
    console.press(KeyCode::Enter);
    assert_eq!(console.model.place(), Place::Picker);
    assert!(!console.model.cards.query.is_filtered());
}

#[test]
fn a_span_moves_with_the_clock() {
    let mut console = console();
    console.keys("fgeneration");
    console.press(KeyCode::Enter);
    console.keys("7d");
    console.press(KeyCode::Enter);
    console.answer_rows(cards());
    console.model.now += TimeDelta::hours(1);
    console.keys("r");
    let Some((_, Question::Rows { filter, .. })) = console.question(Topic::Rows) else { panic!("no rows") };
    let from = now() + TimeDelta::hours(1) - TimeDelta::days(7);
    assert_eq!(filter.created.unwrap().from, Some(from));
}

#[test]
fn why_the_database_is_away_is_asked_again_in_a_new_language() {
    let mut console = Console::started((80, 24), Language::ENGLISH);
    console.answer(Topic::Rows, Answer::Failed(Failure { words: "away".to_owned(), passes: true }));
    console.effects.clear();
    console.tell(Message::Tick(now()));
    assert!(console.question(Topic::Rows).is_none(), "a pause comes first");
    console.keys("L");
    console.tell(Message::Tick(now()));
    assert!(console.question(Topic::Rows).is_some());
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
fn what_is_said_of_a_copy_is_what_is_certain_of_it() {
    let copied = |clipboard: Clipboard| {
        let mut console = console();
        console.model.clipboard = clipboard;
        console.keys("c");
        let is_sent = console.effects.iter().any(|effect| matches!(effect, Effect::Copy(_)));
        (console, is_sent)
    };
    let said = |console: &Console| console.model.notice.as_ref().unwrap().words.clone();
    for (clipboard, words, is_sent) in [
        (Clipboard::Terminal, "Sent to the terminal's clipboard: VIP-7KQ2M9XWTR4HP3ND", true),
        (
            Clipboard::Screen,
            "GNU screen hands nothing to a clipboard: mark it by mouse, or x exports.",
            false,
        ),
        (Clipboard::Missing, "This terminal has no clipboard: x exports to a file.", false),
    ] {
        let (console, was_sent) = copied(clipboard);
        assert_eq!((said(&console).as_str(), was_sent), (words, is_sent), "{clipboard:?}");
    }
    for (took, words) in [(true, "In tmux's buffer: prefix ] pastes."), (false, "tmux did not take it")] {
        let (mut console, was_sent) = copied(Clipboard::Tmux);
        assert!(was_sent && said(&console) == "Handing it to tmux…");
        let Some((_, Question::Tmux(text))) = console.question(Topic::Clipboard) else { panic!("not asked") };
        assert_eq!(text, "VIP-7KQ2M9XWTR4HP3ND");
        console.answer(Topic::Clipboard, Answer::Tmux(took));
        assert!(said(&console).starts_with(words), "{}", said(&console));
    }
}

#[test]
fn an_act_that_is_not_possible_says_why() {
    let mut console = Console::started((80, 24), Language::ENGLISH);
    console.answer_rows(Vec::new());
    console.keys("c");
    assert_eq!(console.model.notice.as_ref().unwrap().words, "There is no card here.");
    console.keys(":copy");
    assert!(console.screen().contains("There is no card here."), "{}", console.screen());
}

#[test]
fn everything_that_is_found_is_marked_once_it_is_counted() {
    let mut console = Console::started((80, 24), Language::ENGLISH);
    console.answer_rows(cards());
    console.answer(Topic::Total, Answer::Total { total: Some(Capped::MoreThan(10_000)), newest: 8 });
    for (count, words) in [(2_500_000, "2,500,000 cards are marked."), (0, "There is no card here.")] {
        console.keys("*");
        assert_eq!(console.model.cards.marks, Marks::None);
        console.answer(Topic::Marking, Answer::Marking { filter: Filter::default(), count, newest: 8 });
        assert_eq!(console.model.notice.as_ref().unwrap().words, words);
        assert_eq!(console.model.cards.marks.count(), count);
        console.press(KeyCode::Esc);
    }
    console.keys("*");
    console.press(KeyCode::Esc);
    assert!(console.effects.iter().any(|effect| matches!(effect, Effect::Cancel(Topic::Marking))));
    assert!(!console.model.awaits(Topic::Marking));
}

#[test]
fn without_a_filter_the_counts_know_the_total() {
    let mut console = Console::started((80, 24), Language::ENGLISH);
    console.answer(Topic::Total, Answer::Total { total: Some(Capped::MoreThan(10_000)), newest: 8 });
    console.answer(Topic::Counts, Answer::Counts(crate::fixtures::counts()));
    assert_eq!(console.model.cards.total, Some(Capped::Exactly(12_480)));
}

#[test]
fn every_key_and_panel_has_its_words_in_both_languages() {
    for language in Language::all() {
        for keys in ["", "?", ":", "f", "o", "C", "/x", "V", "S", "l", "lf"] {
            let mut console = Console::with_cards((200, 50), language);
            console.keys(keys);
            let screen = console.screen();
            for space in [
                "act.",
                "hint.",
                "picker.",
                "property.",
                "status.",
                "filter.",
                "sort.",
                "setting.",
                "source.",
                "view.keep",
                "field.",
                "form.",
                "log.",
            ] {
                assert!(!screen.contains(space), "{space} in {screen}");
            }
        }
    }
}

#[test]
fn what_is_shown_is_asked_for_again_every_minute_and_the_selection_stays_on_its_card() {
    let mut console = console();
    console.keys("j");
    console.effects.clear();
    console.tell(Message::Tick(now() + TimeDelta::seconds(59)));
    assert!(console.question(Topic::Rows).is_none());
    console.tell(Message::Tick(now() + TimeDelta::seconds(60)));
    assert!(matches!(
        console.question(Topic::Rows),
        Some((_, Question::Rows { anchor: Anchor::First, landing: Landing::Stay, .. }))
    ));
    console.tell(Message::Tick(now() + TimeDelta::seconds(61)));
    assert!(!console.model.is_waiting_long(), "nobody waits for it");
    let on = console.model.cards.current().unwrap().id;
    let mut rows = cards();
    let new = CardRecord { id: 9, ..rows[0].clone() };
    rows.insert(0, new);
    let page = Page {
        rows,
        unreadable: Vec::new(),
        now: now(),
        sort: Sort::NEWEST,
        has_before: false,
        has_after: false,
    };
    console.answer(Topic::Rows, Answer::Rows(page, Landing::Stay));
    assert_eq!(console.model.cards.current().unwrap().id, on);
    assert_eq!((console.model.cards.cursor, console.model.cards.top), (2, 0));
}

#[test]
fn nobody_is_asked_behind_a_form_or_during_a_search() {
    for keys in ["n", "?", "l", "/vip"] {
        let mut console = console();
        console.keys(keys);
        console.effects.clear();
        console.tell(Message::Tick(now() + TimeDelta::minutes(5)));
        assert!(console.question(Topic::Rows).is_none(), "{keys}");
    }
}

#[test]
fn after_a_stop_the_table_is_asked_for_at_once_and_old_counts_with_it() {
    let mut console = console();
    console.effects.clear();
    console.tell(Message::Resumed);
    assert!(console.question(Topic::Rows).is_some() && console.question(Topic::Counts).is_none());
    console.answer_rows(cards());
    console.effects.clear();
    console.model.now += TimeDelta::minutes(30);
    console.tell(Message::Resumed);
    assert!(console.question(Topic::Rows).is_some() && console.question(Topic::Counts).is_some());
}

#[test]
fn who_was_deep_in_the_table_stays_there_when_the_database_comes_back() {
    let mut console = console();
    console.keys("jjj");
    let id = console.model.cards.current().unwrap().id;
    console.keys("r");
    let words = "refused".to_owned();
    console.answer(Topic::Rows, Answer::Failed(Failure { words, passes: true }));
    console.effects.clear();
    console.tell(Message::Tick(now() + TimeDelta::seconds(5)));
    let Some((_, Question::Rows { landing, .. })) = console.question(Topic::Rows) else {
        panic!("not asked")
    };
    assert_eq!(*landing, Landing::Stay);
    let page = Page {
        rows: cards(),
        unreadable: Vec::new(),
        now: now(),
        sort: Sort::NEWEST,
        has_before: false,
        has_after: false,
    };
    console.answer(Topic::Rows, Answer::Rows(page, Landing::Stay));
    assert_eq!(console.model.cards.current().unwrap().id, id);
}

#[test]
fn statistics_come_piece_by_piece_and_stay_until_all_is_counted_anew() {
    let part = || Statistics { charts: Vec::new(), ..Statistics::default() };
    let stock = || Stock { days: 30, prefixes: Vec::new(), taken_at: now() };
    let has_stock =
        |console: &Console| console.model.statistics.as_ref().is_some_and(|each| each.stock.is_some());
    let mut console = Console::with_cards((80, 24), Language::ENGLISH);
    console.keys("s");
    console.answer(Topic::Statistics, Answer::Statistics(part()));
    assert!(console.model.statistics.is_some() && console.model.awaits(Topic::Statistics));
    console.answer(Topic::Statistics, Answer::Statistics(Statistics { stock: Some(stock()), ..part() }));
    assert!(has_stock(&console) && !console.model.awaits(Topic::Statistics));
    console.keys("r");
    console.answer(Topic::Statistics, Answer::Statistics(part()));
    assert!(has_stock(&console) && console.model.awaits(Topic::Statistics));
}

#[test]
fn what_a_screen_asked_is_given_up_with_it() {
    for (key, topic) in [("l", Topic::Acts), ("s", Topic::Statistics), ("p", Topic::Choices)] {
        let mut console = console();
        console.keys(key);
        assert!(console.model.awaits(topic), "{key}");
        console.press(KeyCode::Esc);
        assert!(!console.model.awaits(topic), "{key}");
        assert!(
            matches!(console.effects.last(), Some(Effect::Cancel(given_up)) if *given_up == topic),
            "{key}"
        );
    }
}

#[test]
fn the_screens_lead_to_each_other_and_to_the_acts_of_the_table() {
    let mut console = console();
    console.keys("l");
    console.keys("s");
    assert_eq!((console.model.place(), console.model.overlays.len()), (Place::Statistics, 1));
    assert!(!console.model.awaits(Topic::Acts));
    console.keys("l");
    assert_eq!((console.model.place(), console.model.overlays.len()), (Place::Log, 1));
    assert!(!console.model.awaits(Topic::Statistics));
    let (language, shade) = (console.model.language, console.model.theme.shade);
    console.keys("Lt");
    assert!(console.model.language != language && console.model.theme.shade != shade);
    console.keys("LL?");
    assert_eq!(console.model.place(), Place::Picker);
    console.press(KeyCode::Esc);
    assert_eq!(console.model.place(), Place::Log);
    // What the log does itself it does there, and what only the table does is done there.
    console.keys(":refresh");
    console.press(KeyCode::Enter);
    assert_eq!(console.model.place(), Place::Log);
    console.keys(":generate");
    console.press(KeyCode::Enter);
    assert_eq!((console.model.place(), console.model.overlays.len()), (Place::Form, 1));
    assert!(!console.model.awaits(Topic::Acts));
}
