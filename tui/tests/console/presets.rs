//! Presets: listed, made, changed, removed, and cards made by them.

use std::collections::BTreeMap;

use crossterm::event::KeyCode;
use kami_common::words::Language;
use kami_console::input::place::Place;
use kami_console::state::message::{Answer, Done, Effect, Failure, Question, Topic};
use kami_console::state::order::Order;
use kami_console::state::session::Own;
use kami_core::app::AppName;
use kami_core::duration::CardDuration;
use kami_core::points::Points;
use kami_core::preset::Preset;
use kami_core::price::Price;
use kami_core::seats::Seats;
use kami_store::{
    ActError, ActOutcome, ActRecord, GenerateOrder, Grants, PresetActed, PresetCounts, PresetOrder,
    PresetRefusal, PresetsFound, Privilege, Role, StatusCounts, Undoable,
};

use crate::fixtures::{Console, now};

/// A month for money, and calls until the end of the year; and what another app sells.
pub(crate) fn presets() -> Vec<Preset> {
    let blank = |app: &str, name: &str, prefix: &str| {
        Preset::blank(app.parse().unwrap(), name.parse().unwrap(), prefix.parse().unwrap())
    };
    let month = Preset {
        duration: CardDuration::Seconds(30 * 86_400),
        price: Price::new(990, "CNY".parse().unwrap()).ok(),
        ..blank("default", "month", "VIP")
    };
    let calls = Preset {
        points: Points::new(1_000).ok(),
        valid_until: "2026-12-31T15:59:59Z".parse().ok(),
        seats: Seats::new(3).unwrap(),
        ..blank("default", "calls", "接口")
    };
    let day = Preset { duration: CardDuration::Seconds(86_400), ..blank("demo", "day", "DEMO") };
    vec![calls, month, day]
}

/// The presets come that there are.
pub(crate) fn come(console: &mut Console, presets: Vec<Preset>) {
    console.effects.push(console.model.ask(Topic::Presets, Question::Presets));
    console.answer(Topic::Presets, Answer::Presets(PresetsFound { presets, unreadable: Vec::new() }));
}

fn console() -> Console {
    let mut console = Console::with_cards((100, 30), Language::ENGLISH);
    come(&mut console, presets());
    console.effects.clear();
    console
}

/// A console with the presets in front, the cursor on the second of them: month.
fn on_month() -> Console {
    let mut console = console();
    console.keys("Pj");
    console
}

fn ordered(console: &Console) -> Option<Order> {
    match console.question(Topic::Work) {
        Some((_, Question::Do(order))) => Some((***order).clone()),
        _ => None,
    }
}

fn saved(console: &Console) -> PresetOrder {
    let Some(Order::Preset(order)) = ordered(console) else { panic!("{}", console.screen()) };
    *order
}

fn generated(console: &Console) -> GenerateOrder {
    let Some(Order::Generate(order)) = ordered(console) else { panic!("{}", console.screen()) };
    order
}

/// What is ordered is done, as the act of this number.
fn finish(console: &mut Console, act_id: u64) {
    let order = saved(console);
    let acted = PresetActed { preset: order.wanted.clone(), act_id };
    console.answer(Topic::Work, Answer::Done(Box::new(Done::Preset { order: Box::new(order), acted })));
}

fn notice(console: &Console) -> &str {
    &console.model.notice.as_ref().unwrap().words
}

/// Goes through fields and types into each; what is empty is left as it is.
fn fill(console: &mut Console, texts: &[&str]) {
    for text in texts {
        console.keys(text);
        console.press(KeyCode::Tab);
    }
}

#[test]
fn the_presets_are_asked_for_at_the_start_and_an_account_that_may_not_read_them_is_told_nothing() {
    let mut console = Console::started((100, 30), Language::ENGLISH);
    assert!(matches!(console.question(Topic::Presets), Some((_, Question::Presets))));
    let denied = Answer::Failed(Failure { words: "SELECT command denied".to_owned(), passes: false });
    console.answer(Topic::Presets, denied);
    assert_eq!(console.model.notice, None);
    console.keys("P");
    let denied = Answer::Failed(Failure { words: "SELECT command denied".to_owned(), passes: false });
    console.answer(Topic::Presets, denied);
    assert!(notice(&console).contains("denied"), "where they are looked at it is said");
}

#[test]
fn the_list_says_what_the_cards_of_each_are_and_goes_back() {
    let mut console = on_month();
    assert_eq!(console.model.place(), Place::Presets);
    let screen = console.screen();
    for said in ["calls", "month", "9.90 CNY · VIP · 30d", "default/month", "price", "day"] {
        assert!(screen.contains(said), "{said}: {screen}");
    }
    console.keys("k");
    let screen = console.screen();
    for said in ["1,000", "2026-12-31 23:59:59", "接口", "forever"] {
        assert!(screen.contains(said), "{said}: {screen}");
    }
    console.press(KeyCode::Esc);
    assert_eq!(console.model.place(), Place::Cards);
}

#[test]
fn an_app_shows_its_own_and_leads_back_to_the_apps() {
    let mut console = Console::with_apps((100, 30), Language::ENGLISH);
    come(&mut console, presets());
    console.keys("a");
    let demo = console.model.apps.all().iter().position(|app| app.name.as_str() == "demo").unwrap();
    console.keys(&"j".repeat(demo + 1));
    console.keys("P");
    let screen = console.screen();
    assert!(screen.contains("presets of demo") && screen.contains("1d"), "{screen}");
    assert!(!screen.contains("month"), "{screen}");
    console.press(KeyCode::Esc);
    assert_eq!(console.model.place(), Place::Apps);
}

#[test]
fn a_preset_is_made_by_a_form_and_taken_back() {
    let mut console = console();
    console.keys("Pn");
    assert_eq!(console.model.place(), Place::Form);
    fill(&mut console, &["Year", "YR", "365d", "", "", "", "99", ""]);
    console.press(KeyCode::Enter);
    assert_eq!(ordered(&console).map(|_| ()), None, "neither the name nor the price can be so");
    let screen = console.screen();
    assert!(screen.contains("1 to 32 of a-z") && screen.contains("a price needs a currency"), "{screen}");
    console.control('u');
    fill(&mut console, &["year", "", "", "", "", "", "", "cny"]);
    console.press(KeyCode::Enter);
    let wanted = saved(&console).wanted.unwrap();
    assert_eq!(
        (wanted.app.as_str(), wanted.name.as_str(), wanted.prefix.as_str()),
        ("default", "year", "YR")
    );
    assert_eq!(wanted.duration, CardDuration::Seconds(365 * 86_400));
    assert_eq!(wanted.price.map(|price| price.to_string()).as_deref(), Some("99.00 CNY"));
    finish(&mut console, 7);
    assert_eq!(console.model.place(), Place::Presets);
    assert_eq!(notice(&console), "Preset default/year added.  u undo");
    assert!(console.screen().contains("▌ year"), "the cursor is on it: {}", console.screen());
    assert_eq!(console.model.session.done(), [Own::Act(7)]);

    console.keys("u");
    let act = ActRecord {
        id: 7,
        act: "preset_add".to_owned(),
        operator: "li".to_owned(),
        account: None,
        done_at: now(),
        card_count: 1,
        batch_id: None,
        undoes: None,
        subject: Some("default/year".to_owned()),
        undone_by: None,
    };
    let undoable = Some(Box::new(Undoable { act, loss: None }));
    console.answer(Topic::Undo, Answer::Undoable { undoable, is_redo: false });
    let Some(Order::Undo(undoing)) = ordered(&console) else { panic!("{}", console.screen()) };
    console.effects.clear();
    console.effects.push(console.model.ask(Topic::Work, Question::Presets));
    let outcome = ActOutcome { act_id: Some(8), ..ActOutcome::default() };
    console.answer(Topic::Work, Answer::Done(Box::new(Done::Undone { undoing, outcome })));
    assert!(notice(&console).starts_with("Undone for the preset default/year."), "{}", notice(&console));
    assert!(console.question(Topic::Presets).is_some(), "what it is now is asked for");
}

#[test]
fn a_preset_is_changed_as_it_was_seen_and_what_cannot_be_changes_nothing() {
    let mut console = on_month();
    console.press(KeyCode::Enter);
    for _ in 0..5 {
        console.press(KeyCode::Tab);
    }
    console.keys("12.905");
    console.press(KeyCode::Enter);
    assert!(ordered(&console).is_none() && console.screen().contains("2 decimals"), "{}", console.screen());
    console.press(KeyCode::Backspace);
    console.press(KeyCode::Enter);
    let order = saved(&console);
    assert_eq!(order.seen.as_ref(), presets().get(1));
    let wanted = order.wanted.unwrap();
    assert_eq!(wanted.price.map(|price| price.to_string()).as_deref(), Some("12.90 CNY"));
    assert_eq!(Preset { price: order.seen.unwrap().price, ..wanted }, presets()[1], "the rest stays");
    let changed = ActError::from(PresetRefusal::Changed("month".parse().unwrap()));
    console.answer(Topic::Work, Answer::Done(Box::new(Done::Refused(changed))));
    assert!(console.screen().contains("was changed meanwhile"), "{}", console.screen());
    assert!(console.question(Topic::Presets).is_some(), "and is looked at again");
    let mut others = presets();
    others[1].seats = Seats::new(2).unwrap();
    come(&mut console, others);
    console.press(KeyCode::Enter);
    let order = saved(&console);
    assert_eq!(order.seen.unwrap().seats.get(), 2);
    let wanted = order.wanted.unwrap();
    assert_eq!((wanted.seats.get(), wanted.price.unwrap().to_string()), (2, "12.90 CNY".to_owned()));
}

#[test]
fn removing_one_asks_and_enter_is_no() {
    let mut console = on_month();
    console.keys("d");
    assert_eq!(console.model.place(), Place::Confirm);
    let screen = console.screen();
    assert!(
        screen.contains("Remove the preset default/month?") && screen.contains("Its cards stay"),
        "{screen}"
    );
    console.press(KeyCode::Enter);
    assert!(ordered(&console).is_none() && console.model.place() == Place::Presets);
    console.keys("dy");
    let order = saved(&console);
    assert_eq!((order.seen.as_ref(), order.wanted.as_ref()), (presets().get(1), None));
    finish(&mut console, 9);
    assert_eq!(notice(&console), "Preset default/month removed.  u undo");
    assert!(!console.screen().contains("month  "), "{}", console.screen());
}

#[test]
fn where_there_is_none_it_is_said_what_they_are_and_nothing_is_done() {
    let mut console = Console::with_cards((100, 30), Language::ENGLISH);
    come(&mut console, Vec::new());
    console.keys("P");
    assert!(console.screen().contains("No presets yet."), "{}", console.screen());
    for key in ["e", "d"] {
        console.keys(key);
        assert_eq!(notice(&console), "There is no preset in this line.", "{key}");
    }
    assert_eq!(console.model.place(), Place::Presets);
}

/// What an operator may do whom an older version gave his rights.
fn older_rights() -> Grants {
    let rights = Role::Operator.rights().into_iter();
    let rights = rights.filter(|right| right.table.as_deref() != Some("save_preset_2"));
    let lines: Vec<String> = rights
        .map(|right| {
            let of = if right.privilege == Privilege::Execute { "PROCEDURE " } else { "" };
            let (what, table) = (right.to_string(), right.table.unwrap_or_default());
            let what = what.rsplit_once(" on ").unwrap().0.to_owned();
            format!("GRANT {what} ON {of}`kamisystem`.`{table}` TO `li`@`%`")
        })
        .collect();
    Grants::read(lines.iter().map(String::as_str), "kamisystem")
}

#[test]
fn an_account_without_the_right_changes_none_and_makes_cards_without_them() {
    let mut console = console();
    console.effects.push(console.model.ask(Topic::Server, Question::Server));
    console.answer(Topic::Server, Answer::Server(older_rights()));
    for key in ["n", "e", "d"] {
        console.keys(&format!("P{key}"));
        assert_eq!(console.model.place(), Place::Presets, "{key}: {}", console.screen());
        assert!(notice(&console).contains("save_preset_2"), "{key}: {}", notice(&console));
        console.press(KeyCode::Esc);
    }
    console.keys("n");
    assert_eq!(console.model.place(), Place::Form, "{}", console.screen());
    assert!(!console.screen().contains("preset"), "{}", console.screen());
    come(&mut console, presets().split_off(1));
    assert!(!console.screen().contains("preset"), "nor where there are others: {}", console.screen());
}

#[test]
fn cards_are_made_by_the_preset_that_is_meant_or_chosen_and_what_is_typed_goes_before_it() {
    let mut alone = Console::with_cards((100, 40), Language::ENGLISH);
    alone.keys("n");
    assert!(!alone.screen().contains("preset"), "nobody sells by presets: {}", alone.screen());

    let mut console = console();
    console.keys("n");
    assert!(console.screen().contains("▸none"), "two, and none is meant: {}", console.screen());
    // Round from none: calls, month.
    console.press(KeyCode::Right);
    let screen = console.screen();
    for said in ["▸calls", "接口", "2026-12-31 23:59:59", "1000"] {
        assert!(screen.contains(said), "{said}: {screen}");
    }
    console.press(KeyCode::Right);
    let screen = console.screen();
    for said in ["▸month", "VIP-7KQ2", "▸30d", "A card costs 9.90 CNY."] {
        assert!(screen.contains(said), "{said}: {screen}");
    }
    assert!(!screen.contains("2026-12-31"), "what the other said is gone: {screen}");
    fill(&mut console, &["", "", "20"]);
    console.press(KeyCode::Enter);
    let order = generated(&console);
    assert_eq!((order.prefix.as_str(), order.count), ("VIP", 20));
    assert_eq!(order.duration, CardDuration::Seconds(30 * 86_400));
    assert_eq!(order.preset, Some(presets()[1].for_batch()));
}

#[test]
fn an_only_preset_fills_the_form_and_another_app_has_others() {
    let mut console = Console::with_apps((100, 40), Language::ENGLISH);
    come(&mut console, presets().split_off(1));
    console.keys("n");
    let screen = console.screen();
    assert!(screen.contains("▸month") && screen.contains("A card costs 9.90 CNY."), "{screen}");
    console.press(KeyCode::BackTab);
    let there = |console: &Console| console.screen().contains("▸demo");
    for _ in 0..3 {
        if !there(&console) {
            console.press(KeyCode::Right);
        }
    }
    let screen = console.screen();
    assert!(there(&console) && screen.contains("▸day") && screen.contains("DEMO-7KQ2"), "{screen}");
    console.press(KeyCode::Enter);
    let order = generated(&console);
    let demo: AppName = "demo".parse().unwrap();
    assert_eq!((order.app, order.preset), (demo, Some(presets()[2].for_batch())));
    assert_eq!(order.duration, CardDuration::Seconds(86_400));
}

#[test]
fn what_was_typed_outlasts_another_app_and_another_preset() {
    let mut console = Console::with_apps((100, 40), Language::ENGLISH);
    come(&mut console, presets());
    console.keys("n");
    let choose = |console: &mut Console, name: &str| {
        for _ in 0..4 {
            if !console.screen().contains(&format!("▸{name}")) {
                console.press(KeyCode::Right);
            }
        }
        console.screen()
    };
    let screen = choose(&mut console, "month");
    assert!(screen.contains("VIP-7KQ2") && screen.contains("▸30d"), "{screen}");
    fill(&mut console, &["", "GIFT", "", "", "", "", "", "5", "", ""]);
    let screen = choose(&mut console, "demo");
    assert!(screen.contains("▸day") && screen.contains("GIFT-7KQ2") && screen.contains("▸1d"), "{screen}");
    console.press(KeyCode::Tab);
    let screen = choose(&mut console, "none");
    assert!(screen.contains("GIFT-7KQ2") && screen.contains("▸3h"), "{screen}");
    choose(&mut console, "day");
    console.press(KeyCode::Enter);
    let order = generated(&console);
    assert_eq!((order.prefix.as_str(), order.seats.get()), ("GIFT", 5));
    assert_eq!(order.duration, CardDuration::Seconds(86_400));
    assert_eq!(order.preset, Some(presets()[2].for_batch()));
}

#[test]
fn what_was_typed_and_taken_away_again_is_filled_in() {
    let mut console = console();
    console.keys("n");
    console.press(KeyCode::Tab);
    console.keys("GIFT");
    console.control('u');
    console.press(KeyCode::BackTab);
    console.press(KeyCode::Right);
    console.press(KeyCode::Right);
    let screen = console.screen();
    assert!(screen.contains("▸month") && screen.contains("VIP-7KQ2"), "{screen}");
}

#[test]
fn the_prefix_of_a_preset_gives_way_to_that_of_another_also_by_way_of_none() {
    let mut console = console();
    console.keys("n");
    for wanted in ["接口-7KQ2", "VIP-7KQ2", "VIP-7KQ2", "接口-7KQ2"] {
        console.press(KeyCode::Right);
        let screen = console.screen();
        assert!(screen.contains(wanted), "{wanted}: {screen}");
    }
}

#[test]
fn a_price_that_changed_while_the_form_was_open_is_the_one_that_the_batch_keeps() {
    let mut console = Console::with_cards((100, 40), Language::ENGLISH);
    let month = presets().remove(1);
    come(&mut console, vec![month.clone()]);
    console.keys("n");
    fill(&mut console, &["", "", "7"]);
    let dearer = Preset {
        price: Price::new(1_990, "CNY".parse().unwrap()).ok(),
        duration: CardDuration::Seconds(31 * 86_400),
        ..month
    };
    come(&mut console, vec![dearer.clone()]);
    assert!(console.screen().contains("A card costs 19.90 CNY."), "{}", console.screen());
    console.press(KeyCode::Enter);
    let order = generated(&console);
    assert_eq!((order.count, order.preset), (7, Some(dearer.for_batch())));
    assert_eq!(order.duration, dearer.duration);
}

#[test]
fn the_choice_is_among_the_presets_that_there_are_now() {
    let mut console = console();
    console.keys("n");
    assert!(console.screen().contains("▸none"), "{}", console.screen());
    let [calls, month, _] = <[Preset; 3]>::try_from(presets()).unwrap();
    let year = Preset { name: "year".parse().unwrap(), ..month };
    come(&mut console, vec![calls, year.clone()]);
    assert!(console.screen().contains("▸none"), "what was chosen stays: {}", console.screen());
    console.press(KeyCode::Left);
    assert!(console.screen().contains("▸year"), "{}", console.screen());
    console.press(KeyCode::Enter);
    assert_eq!(generated(&console).preset, Some(year.for_batch()));
}

#[test]
fn presets_that_come_while_the_form_is_open_are_offered() {
    let month = presets().remove(1);
    for (typed, chosen, prefix) in [("", "▸month", "VIP-7KQ2"), ("AB", "▸none", "AB-7KQ2")] {
        let mut console = Console::with_cards((100, 40), Language::ENGLISH);
        console.keys(&format!("n{typed}"));
        come(&mut console, vec![month.clone()]);
        let screen = console.screen();
        assert!(screen.contains(chosen) && screen.contains(prefix), "{typed}: {screen}");
        console.keys("C");
        assert!(console.screen().contains("C-7KQ2"), "the prefix is typed on: {}", console.screen());
    }
    let mut console = Console::with_cards((100, 40), Language::ENGLISH);
    console.keys("n");
    come(&mut console, vec![month]);
    console.control('c');
    assert!(
        console.effects.iter().any(|effect| matches!(effect, Effect::Quit)),
        "nothing was typed to be lost"
    );
}

#[test]
fn no_card_is_made_by_a_preset_whose_last_moment_is_over() {
    let mut console = Console::with_cards((100, 40), Language::ENGLISH);
    let over = Preset { valid_until: "2026-01-31T15:59:59Z".parse().ok(), ..presets().remove(0) };
    come(&mut console, vec![over]);
    console.keys("n");
    console.press(KeyCode::Enter);
    assert!(ordered(&console).is_none(), "{}", console.screen());
    assert!(console.screen().contains("over"), "{}", console.screen());
}

#[test]
fn a_paste_into_the_list_does_nothing() {
    let mut console = on_month();
    console.tell(kami_console::state::message::Message::Pasted("dy\nndy".to_owned()));
    assert_eq!(console.model.place(), Place::Presets);
    assert!(ordered(&console).is_none());
}

#[test]
fn a_double_click_and_enter_change_the_one_that_they_are_on() {
    let mut clicked = console();
    clicked.keys("P");
    clicked.double_click("month");
    let mut entered = on_month();
    entered.press(KeyCode::Enter);
    for console in [clicked, entered] {
        assert_eq!(console.model.place(), Place::Form);
        assert!(console.screen().contains("default/month"), "{}", console.screen());
    }
}

/// The cards of month, of which two were burnt, and of one that is gone.
pub(crate) fn counts() -> Vec<PresetCounts> {
    let none = |name: &str| PresetCounts::none("default".to_owned(), name.to_owned(), now());
    let counts = StatusCounts { unused: 9_812, active: 1_204, expired: 1_411, disabled: 53, taken_at: now() };
    let worth = BTreeMap::from([("CNY".parse().unwrap(), 2_588_850), ("USD".parse().unwrap(), 500)]);
    vec![none("gone"), PresetCounts { counts, burnt: 2, sold: 2_615, worth, ..none("month") }]
}

/// The app of which the cards of each preset are asked for, empty for all; nothing where they are not.
fn counted_of(console: &Console) -> Option<&str> {
    match console.question(Topic::PresetCounts) {
        Some((_, Question::PresetCounts(app))) => Some(app.as_ref().map_or("", AppName::as_str)),
        _ => None,
    }
}

#[test]
fn of_each_preset_it_is_told_how_many_cards_there_are_and_what_was_sold() {
    let mut console = on_month();
    assert_eq!(counted_of(&console), Some(""));
    assert!(!console.model.is_waiting_long(), "nobody waits for it");
    let before = console.screen();
    assert!(before.contains("9.90 CNY") && !before.contains("sold  "), "{before}");
    console.answer(Topic::PresetCounts, Answer::PresetCounts(None, counts()));
    let screen = console.screen();
    for words in [
        "cards     12,480 · unused 9,812 · in use 1,204 · over 1,411 · burnt 2",
        "sold      2,615 · 25888.50 CNY, 5.00 USD",
    ] {
        assert!(screen.contains(words), "{words}: {screen}");
    }
    assert!(!screen.contains("gone"), "there is no such preset any more: {screen}");
    console.keys("k");
    let screen = console.screen();
    assert!(screen.contains("0 · unused 0 · in use 0 · over 0") && !screen.contains("burnt"), "{screen}");
}

#[test]
fn what_was_counted_of_one_app_says_nothing_of_another() {
    let mut console = console();
    console.model.cards.query.filter.app = Some("demo".to_owned());
    console.keys("P");
    assert_eq!(counted_of(&console), Some("demo"));
    console.answer(Topic::PresetCounts, Answer::PresetCounts("demo".parse().ok(), Vec::new()));
    assert!(console.screen().contains("unused 0"), "{}", console.screen());
    console.press(KeyCode::Esc);
    console.model.cards.query.filter.app = None;
    console.keys("P");
    assert!(!console.screen().contains("unused 0"), "{}", console.screen());
    console.keys("r");
    assert_eq!(counted_of(&console), Some(""));
}

#[test]
fn cards_are_not_counted_where_there_are_no_presets_nor_once_the_list_is_left() {
    let mut console = Console::with_cards((100, 30), Language::ENGLISH);
    console.keys("P");
    assert_eq!(counted_of(&console), None);
    let mut console = on_month();
    console.press(KeyCode::Esc);
    assert!(console.effects.iter().any(|effect| matches!(effect, Effect::Cancel(Topic::PresetCounts))));
    let mut console = on_month();
    let denied = Answer::Failed(Failure { words: "SELECT command denied".to_owned(), passes: false });
    console.answer(Topic::PresetCounts, denied);
    assert!(notice(&console).contains("denied"), "where they are looked at it is said");
    assert!(console.screen().contains("9.90 CNY"), "{}", console.screen());
}
