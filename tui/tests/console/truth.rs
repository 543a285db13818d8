//! What the console says of itself is so: totals, searches, outages, hints, and the words that customers read.

use std::path::Path;

use crossterm::event::KeyCode;
use kami_common::search_in::SearchIn;
use kami_common::words::Language;
use kami_console::input::place::Place;
use kami_console::state::cards::Landing;
use kami_console::state::message::{Answer, Done, Effect, Failure, Message, Question, Topic};
use kami_console::state::model::Link;
use kami_core::card::CardStatus;
use kami_core::filter::{Capped, Sort, SortBy};
use kami_store::{ActError, Page, Progress, SearchCursor, SearchStep, StatusCounts, StoreError};

use super::fixtures::{Console, cards, counts, now};

fn console() -> Console {
    Console::with_cards((80, 24), Language::ENGLISH)
}

#[test]
fn a_total_that_the_strip_knows_is_of_the_count_after_the_act() {
    let above = || Answer::Total { total: Some(Capped::MoreThan(10_000)), newest: 9 };
    let after = || StatusCounts { unused: 20_000, ..counts() };
    for total_comes_first in [true, false] {
        let mut console = console();
        console.keys("r");
        if total_comes_first {
            console.answer(Topic::Total, above());
            assert_eq!(
                console.model.cards.total,
                Some(Capped::MoreThan(10_000)),
                "what it was before the act"
            );
        }
        console.answer(Topic::Counts, Answer::Counts(after()));
        if !total_comes_first {
            console.answer(Topic::Total, above());
        }
        assert_eq!(console.model.cards.exact_total(), Some(after().total()));
    }
}

#[test]
fn all_is_asked_again_when_nobody_knows_whether_an_act_was_done() {
    let mut console = console();
    console.keys("b");
    console.effects.clear();
    let mut working = Console { effects: vec![console.model.ask(Topic::Work, Question::Apps)], ..console };
    let lost = ActError::Uncertain(StoreError::TimedOut);
    working.answer(Topic::Work, Answer::Done(Box::new(Done::Refused(lost))));
    for topic in [Topic::Rows, Topic::Total, Topic::Counts] {
        assert!(working.question(topic).is_some(), "{topic:?}");
    }
}

#[test]
fn an_act_that_would_touch_more_than_was_agreed_to_says_so_and_shows_what_is_there() {
    for (language, words) in [
        (Language::ENGLISH, "It would be 1,200 cards now, more than the 1,100 agreed to: look again."),
        (Language::of_locale("zh"), "现在会涉及 1,200 张卡，超过已同意的 1,100 张，请重新查看。"),
    ] {
        let mut console = Console::with_cards((100, 24), language);
        let mut working =
            Console { effects: vec![console.model.ask(Topic::Work, Question::Apps)], ..console };
        let more = ActError::MoreThanAgreed { found: 1_200, agreed: 1_100 };
        working.answer(Topic::Work, Answer::Done(Box::new(Done::Refused(more))));
        assert!(working.screen().contains(words), "{}", working.screen());
        assert!(working.question(Topic::Rows).is_some());
    }
}

#[test]
fn what_was_in_vain_for_an_outage_is_taken_back_with_the_next_answer() {
    for (passes, stays) in [(true, false), (false, true)] {
        let mut console = console();
        console.keys("r");
        let words = "the database cannot be reached".to_owned();
        let mut asking =
            Console { effects: vec![console.model.ask(Topic::Codes, Question::Apps)], ..console };
        asking.answer(Topic::Codes, Answer::Failed(Failure { words, passes }));
        assert!(asking.screen().contains("cannot be reached"));
        asking.effects.push(asking.model.ask(Topic::Counts, Question::Apps));
        asking.answer(Topic::Counts, Answer::Counts(counts()));
        assert_eq!(asking.screen().contains("cannot be reached"), stays, "{}", asking.screen());
    }
}

#[test]
fn an_outage_said_in_a_form_is_taken_back_at_recovery_and_what_was_typed_stays() {
    let mut console = console();
    console.keys("e");
    console.press(KeyCode::BackTab);
    console.press(KeyCode::BackTab);
    console.keys("sold");
    console.press(KeyCode::Enter);
    console.effects.retain(|effect| matches!(effect, Effect::Ask { topic: Topic::Work, .. }));
    let away = ActError::Store(StoreError::TimedOut);
    console.answer(Topic::Work, Answer::Done(Box::new(Done::Refused(away))));
    assert!(console.screen().contains("did not answer in time"), "{}", console.screen());
    console.answer_rows(cards());
    let screen = console.screen();
    assert!(!screen.contains("did not answer in time") && screen.contains("sold"), "{screen}");
    assert_eq!(console.model.place(), Place::Form);
}

#[test]
fn a_search_that_has_found_enough_says_that_it_rests_and_how_it_goes_on() {
    for (language, running, resting) in [
        (Language::ENGLISH, "searching 51%", "paused at 51%, ↓ goes on"),
        (Language::of_locale("zh"), "搜索中 51%", "搜索暂停于 51%，↓ 继续"),
    ] {
        let mut console = Console::with_cards((80, 24), language);
        console.keys("/x");
        console.press(KeyCode::Tab);
        console.press(KeyCode::Enter);
        let hits = |goes_on| {
            let step = SearchStep {
                rows: cards(),
                unreadable: Vec::new(),
                now: now(),
                next: Some(SearchCursor::over(1, 4_900)),
                progress: Progress { done: 5_100, total: 10_000 },
            };
            Answer::Hits { step, is_first: true, goes_on }
        };
        console.answer(Topic::Rows, hits(true));
        assert!(console.screen().contains(running), "{}", console.screen());
        console.answer(Topic::Rows, hits(false));
        assert!(console.screen().contains(resting), "{}", console.screen());
        console.press(KeyCode::Down);
        assert!(matches!(console.question(Topic::Rows), Some((_, Question::Search { from: Some(_), .. }))));
        assert!(console.screen().contains(running), "{}", console.screen());
    }
}

#[test]
fn hints_offer_what_does_something_to_the_cards_at_hand() {
    let disabled = cards().iter().position(|card| card.status == CardStatus::Disabled).unwrap();
    let offers = |console: &Console| {
        let screen = console.screen();
        let hints = screen.lines().last().unwrap();
        (hints.contains("b disable"), hints.contains("B enable"))
    };
    let mut console = Console::with_cards((200, 24), Language::ENGLISH);
    assert_eq!(offers(&console), (true, false));
    for _ in 0..disabled {
        console.press(KeyCode::Down);
    }
    assert_eq!(offers(&console), (false, true), "on a disabled card");
    console.keys(" ");
    assert_eq!(offers(&console), (false, true), "a disabled one is marked");
    console.press(KeyCode::Up);
    console.press(KeyCode::Up);
    console.keys(" ");
    assert_eq!(offers(&console), (true, true), "one of each is marked");
}

#[test]
fn keys_of_an_input_method_that_was_left_on_mean_their_plain_ones() {
    let place_after = |character| {
        let mut console = console();
        console.press(KeyCode::Char(character));
        console.model.place()
    };
    for (full, plain) in "：？、／＋ｎＶ".chars().zip(":?//+nV".chars()) {
        assert_ne!(place_after(full), Place::Cards, "{full}");
        assert_eq!(place_after(full), place_after(plain), "{full}");
    }
    let mut console = console();
    console.keys("/：，Ａ");
    assert_eq!(console.model.cards.query.text.value(), "：，Ａ", "text is what was typed");
}

#[test]
fn a_status_has_the_word_that_customers_read() {
    let tui = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts = vec![tui.join("../README.zh-CN.md"), tui.join("common/locales/zh.yml")];
    texts.extend(std::fs::read_dir(tui.join("../docs")).unwrap().map(|entry| entry.unwrap().path()));
    for path in texts.iter().filter(|path| path.is_file()) {
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        assert!(!text.contains("停用"), "{}: a card is 已禁用, as the API says", path.display());
    }
    for (code, answers, word) in [
        ("zh", "../lambda/locales/zh-Hans.toml", "已禁用"),
        ("zh-Hant", "../lambda/locales/zh-Hant.toml", "已停用"),
    ] {
        assert!(std::fs::read_to_string(tui.join(answers)).unwrap().contains(word));
        assert!(Console::with_cards((80, 24), Language::of_locale(code)).screen().contains(word));
    }
}

#[test]
fn an_order_that_was_not_done_is_said_and_comes_back() {
    let mut console = console();
    console.model.cards.query.sort.by = SortBy::Code;
    for (sort, is_said) in [(Sort::NEWEST, true), (Sort { by: SortBy::Code, ..Sort::NEWEST }, false)] {
        console.keys("r");
        let (rows, unreadable) = (cards(), Vec::new());
        let page = Page { rows, unreadable, now: now(), sort, has_before: false, has_after: false };
        console.answer(Topic::Rows, Answer::Rows(page, Landing::Top));
        assert_eq!(
            console.screen().contains("no index has the order chosen"),
            is_said,
            "{}",
            console.screen()
        );
        console.model.notice = None;
        assert_eq!(console.screen().contains("newest, not code"), is_said, "{}", console.screen());
        console.model.cards.query.filter.status = None;
        console.model.cards.is_fresh = false;
    }
    let Some((_, Question::Rows { sort, .. })) = console.question(Topic::Rows) else { panic!("no rows") };
    assert_eq!(sort.by, SortBy::Code, "the order that was chosen is asked for again");
    let mut usual = self::console();
    usual.keys("r");
    let (rows, unreadable, sort) = (cards(), Vec::new(), Sort { by: SortBy::Code, ..Sort::NEWEST });
    let page = Page { rows, unreadable, now: now(), sort, has_before: false, has_after: false };
    usual.answer(Topic::Rows, Answer::Rows(page, Landing::Top));
    assert!(!usual.screen().contains("no index has"), "the usual order is chosen by nobody");
}

#[test]
fn an_order_that_cannot_be_had_can_be_chosen_only_once_the_cards_are_few() {
    let by_code = Sort { by: SortBy::Code, ..Sort::NEWEST };
    for (any_way, chosen) in [(None, Sort::NEWEST), (Some(false), Sort::NEWEST), (Some(true), by_code)] {
        let mut console = console();
        console.model.cards.query.filter.status = Some(CardStatus::Active);
        console.keys("ocode");
        if let Some(any_way) = any_way {
            console.answer(Topic::Choices, Answer::SortsAnyWay(any_way));
        }
        console.press(KeyCode::Enter);
        assert_eq!(console.model.cards.query.sort, chosen, "{any_way:?} {}", console.screen());
    }
    // Whatever is searched for comes newest first and no other way round.
    let mut console = console();
    console.model.cards.query.search_in = SearchIn::Note;
    console.model.cards.query.text = "gift".into();
    console.keys("o");
    console.answer(Topic::Choices, Answer::SortsAnyWay(false));
    console.press(KeyCode::Enter);
    assert_eq!(console.model.cards.query.sort, Sort::NEWEST);
    assert!(console.screen().contains("No index has this order"), "{}", console.screen());
}

#[test]
fn what_a_screen_was_asked_for_in_vain_is_asked_for_anew_at_recovery() {
    let away = || Answer::Failed(Failure { words: "the database is away".to_owned(), passes: true });
    for (key, topic) in [
        ("l", Topic::Acts),
        ("p", Topic::Choices),
        ("s", Topic::Statistics),
        ("a", Topic::Apps),
        ("P", Topic::Presets),
        ("K", Topic::Blocks),
    ] {
        let mut console = console();
        console.effects.clear();
        console.keys(key);
        console.answer(topic, away());
        console.answer(Topic::Rows, away());
        let screen = console.screen();
        assert!(!screen.contains("Nobody has changed a card yet."), "{screen}");
        let Link::Away { retry_at, .. } = console.model.link else { panic!("{key}: {screen}") };
        console.effects.clear();
        console.tell(Message::Tick(retry_at));
        assert!(console.question(topic).is_none(), "{key}: not before it is back");
        console.answer_rows(cards());
        assert!(console.question(topic).is_some(), "{key}");
        assert_eq!(console.model.notice, None, "{key}");
    }
}

#[test]
fn a_list_under_a_form_is_read_again_after_an_act_nobody_knows_of_and_at_recovery() {
    let away = || Answer::Failed(Failure { words: "the database is away".to_owned(), passes: true });
    for (keys, topic) in [("an", Topic::Apps), ("Pn", Topic::Presets), ("Kn", Topic::Blocks)] {
        let mut console = console();
        console.keys(keys);
        assert_eq!(console.model.place(), Place::Form, "{keys}");
        console.effects = vec![console.model.ask(Topic::Work, Question::Apps)];
        let lost = ActError::Uncertain(StoreError::TimedOut);
        console.answer(Topic::Work, Answer::Done(Box::new(Done::Refused(lost))));
        assert!(console.question(topic).is_some(), "{keys}");
        console.answer(topic, away());
        console.answer(Topic::Rows, away());
        let Link::Away { retry_at, .. } = console.model.link else { panic!("{}", console.screen()) };
        console.effects.clear();
        console.tell(Message::Tick(retry_at));
        console.answer_rows(cards());
        assert!(console.question(topic).is_some(), "{keys}");
        assert_eq!(console.model.place(), Place::Form, "{keys}");
    }
}

#[test]
fn what_alone_could_not_be_read_says_so_until_it_is_asked_for_again() {
    for (key, topic, words) in [
        ("l", Topic::Acts, "Could not be read. r reads it again."),
        ("K", Topic::Blocks, "Could not be read. r reads it again."),
        ("p", Topic::Choices, "Could not be read. Esc, then open it again."),
        ("s", Topic::Statistics, "not counted: r counts again"),
    ] {
        let mut console = console();
        console.keys(key);
        let failure = Failure { words: "the database is away".to_owned(), passes: true };
        console.answer(topic, Answer::Failed(failure));
        console.answer_rows(cards());
        let screen = console.screen();
        assert!(screen.contains(words), "{screen}");
        assert!(!screen.contains("Nobody has changed a card yet."), "{screen}");
        console.effects.clear();
        if key == "p" {
            console.press(KeyCode::Esc);
            console.keys("p");
        } else {
            console.keys("r");
        }
        assert!(console.question(topic).is_some(), "{key}");
        assert!(!console.screen().contains(words), "{key}");
    }
}
