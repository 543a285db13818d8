//! Saved views, the settings, and the mouse.

use chrono::TimeDelta;
use crossterm::event::KeyCode;
use kami_common::column::Column;
use kami_common::saved_view::SavedView;
use kami_common::settings::{Choice, Source, Sourced};
use kami_common::shade::Shade;
use kami_common::words::Language;
use kami_console::input::place::Place;
use kami_console::input::pointer::Pointer;
use kami_console::state::message::{Effect, Message, Question, Topic};
use kami_console::state::model::ReadOnly;
use kami_console::state::query::Query;
use kami_console::turn::{Spot, spot};
use kami_core::card::CardStatus;
use kami_core::filter::{Direction, SortBy};
use kami_core::operator::Operator;

use crate::fixtures::{Console, cards, now};

fn console() -> Console {
    Console::with_cards((80, 24), Language::ENGLISH)
}

/// What was last to be kept.
fn kept(console: &Console) -> Option<&Choice> {
    console.effects.iter().rev().find_map(|effect| match effect {
        Effect::Keep(choice) => Some(choice),
        _ => None,
    })
}

fn vip() -> SavedView {
    let mut view =
        SavedView { status: Some(CardStatus::Active), prefix: Some("VIP".into()), ..SavedView::named("vip") };
    view.expiring = "7d".parse().ok();
    view.sort.by = SortBy::Expires;
    view.sort.direction = Direction::Ascending;
    view.columns = vec![Column::Code, Column::Expires];
    view
}

#[test]
fn a_view_is_saved_under_a_name_and_opened_again() {
    let mut console = console();
    console.model.cards.query = Query::from(&vip());
    console.model.cards.columns = vip().columns;
    console.keys("V");
    assert_eq!(console.model.place(), Place::Views);
    console.press(KeyCode::Enter);
    console.press(KeyCode::Enter);
    assert!(console.screen().contains("1 to 40 characters"), "{}", console.screen());
    console.keys("vip");
    console.press(KeyCode::Enter);
    assert_eq!(kept(&console), Some(&Choice::View(vip().into())));
    assert_eq!(console.model.notice.as_ref().unwrap().words, "View “vip” saved: V opens it.");
    assert_eq!(console.model.place(), Place::Cards);

    console.press(KeyCode::Esc);
    assert!(!console.model.cards.query.is_filtered());
    console.keys("Vvip");
    console.press(KeyCode::Enter);
    assert!(console.model.cards.shows(&vip()));
    let Some((_, Question::Rows { filter, .. })) = console.question(Topic::Rows) else {
        panic!("the cards of the view are asked for")
    };
    assert_eq!(filter.prefix.as_deref(), Some("VIP"));
    assert_eq!(filter.expiring.unwrap().until, Some(now() + TimeDelta::days(7)));
}

#[test]
fn a_confined_operator_is_told_that_nothing_is_kept() {
    let mut console = console();
    console.model.confined = true;
    console.keys("V");
    console.press(KeyCode::Enter);
    console.keys("mine");
    console.press(KeyCode::Enter);
    let notice = |console: &Console| console.model.notice.as_ref().unwrap().words.clone();
    assert_eq!(notice(&console), "View “mine” saved: V opens it. Only for this session.");
    console.keys("V");
    console.press(KeyCode::Delete);
    console.keys("y");
    assert_eq!(notice(&console), "View “mine” deleted. Only for this session.");
    console.press(KeyCode::Esc);
    console.keys("tS");
    let screen = console.screen();
    assert!(screen.contains("light · for this session"), "{screen}");
    assert!(kept(&console).is_none());
    let sources = &console.model.sources;
    assert_eq!((sources.theme, sources.language), (Source::Session, Source::Default));
}

#[test]
fn a_view_of_the_same_name_is_replaced_and_said_so_before() {
    let mut console = console();
    console.model.views = vec![vip()];
    console.keys("Vsave");
    console.press(KeyCode::Enter);
    console.keys("vip");
    assert!(console.screen().contains("it will be replaced"), "{}", console.screen());
    console.press(KeyCode::Enter);
    assert_eq!(console.model.views, [SavedView::named("vip")]);
    assert_eq!(console.model.notice.as_ref().unwrap().words, "View “vip” replaced.");
}

#[test]
fn a_name_is_shown_beside_any_detail() {
    let mut console = Console::with_cards((60, 24), Language::ENGLISH);
    console.model.views =
        vec![SavedView { text: "7KQ2".repeat(30), ..SavedView::named("refunds of shop A") }];
    console.model.files.preferences = ["/", &"folder/".repeat(12), "preferences.toml"].iter().collect();
    console.keys("V");
    assert!(console.screen().contains("refunds of shop A "), "{}", console.screen());
    console.press(KeyCode::Esc);
    console.keys("S");
    assert!(console.screen().contains("preferences  /folder/"), "{}", console.screen());
}

#[test]
fn a_view_is_deleted_after_a_question() {
    let mut console = console();
    console.model.views = vec![vip()];
    console.keys("V");
    console.press(KeyCode::Delete);
    assert_eq!(console.model.place(), Place::Confirm);
    console.keys("n");
    assert_eq!((console.model.place(), console.model.views.len()), (Place::Views, 1));
    console.press(KeyCode::Delete);
    console.keys("y");
    assert_eq!((console.model.place(), console.model.views.len()), (Place::Views, 0));
    assert_eq!(kept(&console), Some(&Choice::NoView("vip".to_owned())));
    // What saves a view is no view.
    console.press(KeyCode::Delete);
    assert_eq!(console.model.place(), Place::Views);
}

#[test]
fn a_view_of_what_no_longer_exists_shows_an_empty_table() {
    let mut console = console();
    console.model.views = vec![SavedView { batch: Some(404), ..SavedView::named("gone") }];
    console.keys("V");
    console.press(KeyCode::Enter);
    console.answer_rows(Vec::new());
    assert!(console.screen().contains("No card matches."), "{}", console.screen());
}

#[test]
fn settings_change_at_once_and_are_kept() {
    for (line, choice) in [
        (0, Choice::Language(Language::of_locale("zh"))),
        (1, Choice::Shade(Shade::Light)),
        (4, Choice::Mouse(true)),
    ] {
        let mut console = console();
        console.keys("S");
        for _ in 0..line {
            console.press(KeyCode::Down);
        }
        console.press(KeyCode::Enter);
        assert_eq!(kept(&console), Some(&choice));
        assert!(console.screen().contains("preferences.toml"), "{}", console.screen());
    }
    let mut console = console();
    console.keys("Smouse");
    console.press(KeyCode::Enter);
    assert!(console.effects.iter().any(|effect| matches!(effect, Effect::Mouse(true))));
}

#[test]
fn a_zone_and_an_operator_are_chosen() {
    let mut console = console();
    console.model.usual_operator = Sourced::new(Operator::new("desk").unwrap(), Source::Config);
    console.keys("Szone");
    console.press(KeyCode::Enter);
    console.keys("europe berlin");
    console.press(KeyCode::Enter);
    assert_eq!(kept(&console), Some(&Choice::Zone("Europe/Berlin")));
    assert!(console.screen().contains("Europe/Berlin · preferences.toml"), "{}", console.screen());
    console.press(KeyCode::Esc);
    console.keys("Soperator");
    console.press(KeyCode::Enter);
    console.keys("shop A");
    console.press(KeyCode::Enter);
    assert_eq!(kept(&console), Some(&Choice::Operator(Some("shop A".to_owned()))));
    assert!(
        console
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Operator(operator) if operator.as_str() == "shop A"))
    );
    console.press(KeyCode::Enter);
    for _ in 0.."shop A".len() {
        console.press(KeyCode::Backspace);
    }
    console.press(KeyCode::Enter);
    assert_eq!(kept(&console), Some(&Choice::Operator(None)));
    assert_eq!(console.model.operator.as_str(), "desk");
    assert!(console.screen().contains("desk · config.toml"), "{}", console.screen());
}

#[test]
fn another_zone_means_other_ranges_at_once() {
    let mut console = console();
    console.model.cards.query.created = "2026-03-01".parse().ok();
    console.effects.clear();
    console.keys("Szone");
    console.press(KeyCode::Enter);
    console.keys("UTC");
    console.press(KeyCode::Enter);
    let Some((_, Question::Rows { filter, .. })) = console.question(Topic::Rows) else { panic!("no rows") };
    assert_eq!(filter.created.unwrap().from, Some("2026-03-01T00:00:00Z".parse().unwrap()));
}

#[test]
fn what_only_the_configuration_can_set_says_how() {
    let mut console = console();
    console.model.sources.zone = Source::Variable("KAMI_TIMEZONE");
    console.model.read_only = Some(ReadOnly::Asked);
    console.model.sources.read_only = Source::Config;
    for (line, words) in [
        ("zone", "The variable KAMI_TIMEZONE says so"),
        ("read-only", "[environments.dev] read_only = true"),
        ("environment", "kami -e NAME"),
    ] {
        console.keys("S");
        console.keys(line);
        assert!(console.screen().contains(words), "{}", console.screen());
        console.press(KeyCode::Enter);
        assert_eq!(console.model.place(), Place::Picker);
        console.press(KeyCode::Esc);
    }
    assert!(kept(&console).is_none());
}

fn click(console: &mut Console, column: u16, row: u16) {
    console.tell(Message::Pointer(Pointer::Press { column, row }));
}

/// The cell at which a text begins on the screen.
fn place(console: &Console, text: &str) -> (u16, u16) {
    let screen = console.screen();
    let found = screen.lines().zip(0..).find_map(|(line, row)| Some((line.find(text)?, row, line)));
    let (byte, row, line) = found.unwrap_or_else(|| panic!("{text:?} in {screen}"));
    (u16::try_from(kami_common::cells::cells(&line[..byte])).unwrap(), row)
}

#[test]
fn a_click_selects_a_row_and_a_double_click_opens_it() {
    let mut console = console();
    let (column, row) = place(&console, "VIP-M2QX");
    click(&mut console, column, row);
    assert_eq!((console.model.cards.cursor, console.model.place()), (2, Place::Cards));
    console.model.now += TimeDelta::milliseconds(700);
    click(&mut console, column, row);
    assert_eq!(console.model.place(), Place::Cards);
    console.model.now += TimeDelta::milliseconds(200);
    click(&mut console, column + 1, row);
    assert_eq!(console.model.place(), Place::Detail);
}

#[test]
fn the_wheel_moves_and_hints_chips_and_items_are_clicked() {
    for size in [(80, 24), (120, 40), (200, 50)] {
        let mut console = Console::with_cards(size, Language::ENGLISH);
        console.tell(Message::Pointer(Pointer::Wheel { down: true }));
        assert_eq!(console.model.cards.cursor, 3);
        console.tell(Message::Pointer(Pointer::Wheel { down: false }));
        assert_eq!(console.model.cards.cursor, 0);
        console.model.cards.query.filter.status = Some(CardStatus::Active);
        console.model.cards.query.filter.batch_id = Some(7);
        let (column, row) = place(&console, "◐ active ✕");
        click(&mut console, column + 9, row);
        assert_eq!(console.model.cards.query.filter.status, None);
        assert_eq!(console.model.cards.query.filter.batch_id, Some(7));
        console.answer_rows(cards());
        let (column, row) = place(&console, ": all");
        click(&mut console, column, row);
        assert_eq!(console.model.place(), Place::Picker);
        console.keys("export");
        let (column, row) = place(&console, "Export to a file");
        click(&mut console, column, row);
        click(&mut console, column, row);
        assert_eq!(console.model.place(), Place::Form);
    }
}

#[test]
fn a_double_click_on_a_hint_or_a_chip_does_no_more_than_a_click() {
    let mut fresh = console();
    fresh.model.cards.query.filter.status = Some(CardStatus::Active);
    fresh.model.cards.query.filter.batch_id = Some(7);
    let row = fresh.model.size.1 - 1;
    let (chip, chips) = place(&fresh, "◐ active ✕");
    let hints =
        (0..80).filter(|column| spot(&fresh.model, *column, row).is_some()).map(|column| (column, row));
    for (column, row) in hints.chain([(chip, chips)]) {
        let after = |clicks| {
            let mut console = Console { model: fresh.model.clone(), effects: Vec::new() };
            for _ in 0..clicks {
                click(&mut console, column, row);
            }
            let cards = &console.model.cards;
            (console.model.place(), cards.marks.count(), cards.query.chips().len(), console.effects.len())
        };
        assert_eq!(after(2), after(1), "{column} {row}");
    }
}

#[test]
fn where_nothing_is_a_click_does_nothing() {
    let console = console();
    for (column, row) in [(0, 0), (40, 1), (79, 4), (10, 20), (79, 23), (200, 200)] {
        assert_eq!(spot(&console.model, column, row), None, "{column} {row}");
    }
    assert_eq!(spot(&console.model, 5, 6), Some(Spot::Card(0)));
}
