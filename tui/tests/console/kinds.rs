//! Kinds of cards: with points, with a last moment, with both, and how forms, the table and the detail tell them.

use chrono::{DateTime, TimeDelta, Utc};
use crossterm::event::KeyCode;
use kami_common::column::Column;
use kami_common::shown;
use kami_common::words::Language;
use kami_console::overlay::confirm::Confirm;
use kami_console::overlay::form::Form;
use kami_console::overlay::form::field::FieldName;
use kami_console::state::import::ImportFile;
use kami_console::state::message::{Answer, Message, Question, Topic};
use kami_console::state::order::Order;
use kami_core::card::CardStatus;
use kami_core::duration::CardDuration;
use kami_core::edit::CardEdit;
use kami_core::points::Points;
use kami_core::property::Property;
use kami_core::record::CardRecord;
use kami_core::zone::Zone;
use kami_store::{GenerateOrder, HistoryEntry, LogRecord};
use kami_transfer::Defaults;

use crate::fixtures::{Console, cards, now};

const ZH: &str = "zh";

/// The last second of 2026 in Shanghai.
fn year_end() -> DateTime<Utc> {
    "2026-12-31T15:59:59Z".parse().unwrap()
}

/// The cards, of which the first four are an unused one with points, one of points and one of time and points in use, and an
/// unused one with a last moment.
fn kinds() -> Vec<CardRecord> {
    let mut cards = cards();
    let forever = CardDuration::Forever;
    let [of_points, used, both, until] = &mut cards[..4] else { panic!("four cards") };
    (of_points.duration, of_points.points) = (forever, Some(1_000));
    (used.duration, used.points, used.expire_at) = (forever, Some(40), None);
    (both.points, both.valid_until) = (Some(0), Some(year_end()));
    let unused = CardStatus::Unused;
    (until.status, until.stored_status, until.machine_code, until.used_at) = (unused, unused, None, None);
    (until.duration, until.valid_until, until.expire_at) = (forever, Some(year_end()), Some(year_end()));
    cards
}

/// A console that shows them.
pub(crate) fn shown(size: (u16, u16), language: Language) -> Console {
    let mut console = Console::with_cards(size, language);
    console.keys("r");
    console.answer_rows(kinds());
    console
}

/// Goes to the field of a property and types into it.
pub(crate) fn type_into(console: &mut Console, property: Property, text: &str) {
    go_to(console, FieldName::Card(property));
    console.keys(text);
}

/// Goes to a field of a form.
pub(crate) fn go_to(console: &mut Console, field: FieldName) {
    let is_there = |console: &Console| {
        let form = console.model.overlays.top::<Form>().unwrap();
        form.fields[form.focus].name == field
    };
    for _ in 0..20 {
        if is_there(console) {
            return;
        }
        console.press(KeyCode::Tab);
    }
    panic!("no {field:?}: {}", console.screen());
}

/// Fills in the form of a batch that ends otherwise.
pub(crate) fn generate(console: &mut Console, until: &str, points: &str) {
    console.keys("nVIP");
    type_into(console, Property::ValidUntil, until);
    type_into(console, Property::Points, points);
}

/// What an operator did to the card of points.
pub(crate) fn history() -> Vec<HistoryEntry> {
    let values = |text: &str| Some(serde_json::from_str(text).unwrap());
    let record = LogRecord {
        id: 1,
        act_id: 1,
        act: "edit".to_owned(),
        operator: "li@10.0.0.7".to_owned(),
        account: Some("kami_li@10.0.0.%".to_owned()),
        done_at: now() - TimeDelta::minutes(3),
        card_id: Some(7),
        batch_id: None,
        subject: None,
        full_code: Some("VIP-9D3KTR4HP3NDM2QX".to_owned()),
        before: values(r#"{"points":null,"valid_until":"2026-12-31 15:59:59"}"#),
        after: values(r#"{"points":1000,"valid_until":null}"#),
    };
    vec![record.into()]
}

fn console() -> Console {
    Console::with_cards((80, 24), Language::ENGLISH)
}

fn order(console: &Console) -> Option<Order> {
    match console.question(Topic::Work) {
        Some((_, Question::Do(order))) => Some((***order).clone()),
        _ => None,
    }
}

fn batch(console: &Console) -> Option<GenerateOrder> {
    match order(console) {
        Some(Order::Generate(order)) => Some(order),
        _ => None,
    }
}

fn file(console: &Console) -> Option<ImportFile> {
    match console.question(Topic::Import) {
        Some((_, Question::Import(file))) => Some(file.clone()),
        _ => None,
    }
}

fn points(number: u32) -> Points {
    Points::new(number).unwrap()
}

/// What stands in the frame over the table, its lines in one.
fn framed(console: &Console) -> String {
    let screen = console.screen();
    let inner = screen.lines().filter_map(|line| line.split('│').nth(1)).flat_map(str::split_whitespace);
    inner.collect::<Vec<_>>().join(" ")
}

fn duration(console: &Console) -> String {
    let form = console.model.overlays.top::<Form>().unwrap();
    form.value(FieldName::Card(Property::Duration)).to_owned()
}

#[test]
fn a_batch_that_ends_otherwise_lasts_for_ever_besides_unless_somebody_chose_a_duration() {
    let forever = CardDuration::Forever;
    let hours = CardDuration::Seconds(10_800);
    for (duration, until, of_points, expected) in [
        ("", "", "", (hours, None, None)),
        ("", "2026-12-31", "", (forever, Some(year_end()), None)),
        ("", "", "1,000", (forever, None, Some(points(1_000)))),
        ("", "2026-12-31 23:59:59", "7", (forever, Some(year_end()), Some(points(7)))),
        ("3h", "", "7", (hours, None, Some(points(7)))),
        ("  ", "2026-12-31", "", (CardDuration::Seconds(7 * 86_400), Some(year_end()), None)),
    ] {
        let mut console = console();
        console.keys("nVIP");
        type_into(&mut console, Property::Duration, duration);
        type_into(&mut console, Property::ValidUntil, until);
        type_into(&mut console, Property::Points, of_points);
        console.press(KeyCode::Enter);
        let order = batch(&console).unwrap_or_else(|| panic!("{}", console.screen()));
        assert_eq!(
            (order.duration, order.valid_until, order.points),
            expected,
            "{duration} {until} {of_points}"
        );
    }
}

#[test]
fn the_form_of_a_batch_shows_what_its_cards_end_with_as_it_is_typed() {
    let mut console = console();
    console.keys("nVIP");
    assert_eq!(duration(&console), "3h");
    assert!(!console.screen().contains("Each card ends"), "{}", console.screen());
    type_into(&mut console, Property::Points, "1");
    assert_eq!(duration(&console), "forever");
    assert!(
        console.screen().contains("Each card ends when its one point is used up."),
        "{}",
        console.screen()
    );
    console.press(KeyCode::Backspace);
    assert_eq!(duration(&console), "3h", "nothing ends them otherwise");
    type_into(&mut console, Property::ValidUntil, "2026-12-31");
    for words in
        ["up to 2026-12-31 23:59:59 (Asia/Shanghai)", "Each card ends at 2026-12-31 23:59:59.", "▸forever"]
    {
        assert!(console.screen().contains(words), "{words}: {}", console.screen());
    }
    type_into(&mut console, Property::Points, "50");
    type_into(&mut console, Property::Duration, "30d");
    let words = "Each card ends 30d from its first use, at 2026-12-31 23:59:59, when its 50 points are used up: \
                 whichever comes first.";
    assert!(framed(&console).contains(words), "{}", console.screen());
}

#[test]
fn a_large_batch_says_its_points_and_its_last_moment_before_it_is_made() {
    let mut console = console();
    console.keys("nVIP");
    console.press(KeyCode::Tab);
    console.keys("2000");
    type_into(&mut console, Property::ValidUntil, "2026-12-31");
    type_into(&mut console, Property::Points, "50");
    console.press(KeyCode::Enter);
    let confirm = console.model.overlays.top::<Confirm>().unwrap();
    assert_eq!(confirm.question, "Generate 2,000 cards VIP-…, until 2026-12-31 23:59:59, 50 points each?");
}

#[test]
fn what_can_be_no_last_moment_and_no_points_is_said_beside_it() {
    let over = "this moment is over already";
    for (keys, property, text, words) in [
        ("nVIP", Property::ValidUntil, "soon", "a moment such as 2026-12-31"),
        ("nVIP", Property::ValidUntil, "2026-03-03", over),
        ("nVIP", Property::ValidUntil, "2026-03-04 14:01", over),
        ("icodes.txt", Property::ValidUntil, "yesterday", over),
        ("je", Property::ValidUntil, "2026-03-03", "this moment is over already: to end the card now"),
        ("je", Property::ValidUntil, "9999", "a moment before the year 9999"),
        ("nVIP", Property::Points, "0", "a number from 1 to 1,000,000,000"),
        ("icodes.txt", Property::Points, "0", "a number from 1 to 1,000,000,000"),
        ("nVIP", Property::Points, "1000000001", "a number from 1 to 1,000,000,000"),
        ("je", Property::Points, "many", "a number up to 1,000,000,000"),
    ] {
        let mut console = console();
        console.keys(keys);
        type_into(&mut console, property, text);
        assert!(framed(&console).contains(words), "{keys} {text}: {}", console.screen());
        console.press(KeyCode::Enter);
        let is_ordered = order(&console).is_some() || file(&console).is_some();
        assert!(!is_ordered && framed(&console).contains(words), "{keys} {text}: {}", console.screen());
        assert!(!framed(&console).contains("Each card ends"), "{}", console.screen());
    }
}

#[test]
fn today_is_the_day_of_the_last_key_however_long_the_form_was_open() {
    let mut console = console();
    generate(&mut console, "today", "");
    console.tell(Message::Tick(now() + TimeDelta::days(1)));
    console.press(KeyCode::Enter);
    let until = batch(&console).and_then(|order| order.valid_until);
    assert_eq!(until, Some("2026-03-05T15:59:59Z".parse().unwrap()));
}

/// The edit that the form of a card orders.
fn edit(card: CardRecord, zone: Zone, keys: &[(Property, &str)]) -> CardEdit {
    let mut console = Console::started((80, 24), Language::ENGLISH);
    console.model.zone = zone;
    console.answer_rows(vec![card]);
    console.keys("e");
    for (property, text) in keys {
        type_into(&mut console, *property, text);
        if text.is_empty() {
            console.press(KeyCode::Backspace);
        }
    }
    console.press(KeyCode::Enter);
    let Some(Order::Edit { edit, .. }) = order(&console) else { panic!("{}", console.screen()) };
    edit
}

#[test]
fn a_card_gets_another_last_moment_and_other_points_and_loses_them() {
    let shanghai = Zone::default;
    let of = || kinds().swap_remove(2);
    let none = CardEdit::default;
    for (property, text, expected) in [
        (
            Property::ValidUntil,
            "2026-11-30",
            CardEdit { valid_until: Some(Some("2026-11-30T15:59:59Z".parse().unwrap())), ..none() },
        ),
        (Property::ValidUntil, "", CardEdit { valid_until: Some(None), ..none() }),
        (Property::Points, "1,000", CardEdit { points: Some(Some(1_000)), ..none() }),
        (Property::Points, "", CardEdit { points: Some(None), ..none() }),
    ] {
        assert_eq!(edit(of(), shanghai(), &[(property, text)]), expected, "{property:?} {text}");
    }
}

#[test]
fn a_last_moment_that_nobody_touched_is_no_edit_whatever_its_text_means() {
    let berlin: Zone = "Europe/Berlin".parse().unwrap();
    // The clock there shows 02:30 twice that night, and one of them is over.
    for until in ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-03-01T00:00:00Z"] {
        let card = CardRecord { valid_until: Some(until.parse().unwrap()), ..kinds().swap_remove(0) };
        let edit = edit(card, berlin, &[(Property::Note, "sold")]);
        assert_eq!((edit.valid_until, edit.note.is_some()), (None, true), "{until}");
    }
}

#[test]
fn a_last_moment_that_another_changed_meanwhile_is_shown_and_followed() {
    let mut console = Console::started((80, 30), Language::ENGLISH);
    let card = kinds().swap_remove(2);
    console.answer_rows(vec![card.clone()]);
    console.keys("e");
    type_into(&mut console, Property::Note, "sold");
    console.press(KeyCode::Enter);
    let other = CardRecord { valid_until: Some(now() + TimeDelta::days(1)), points: Some(9_000), ..card };
    let error = kami_store::ActError::Changed { card: Box::new(other), now: now() };
    let refused = kami_console::state::message::Done::Refused(error);
    console.answer(Topic::Work, Answer::Done(Box::new(refused)));
    let screen = console.screen();
    for words in ["last moment  2026-12-31 23:59:59 → 2026-03-05 14:02:00", "points  0 → 9,000"] {
        assert!(screen.contains(words), "{words}: {screen}");
    }
    console.press(KeyCode::Enter);
    let Some(Order::Edit { edit, .. }) = order(&console) else { panic!("{}", console.screen()) };
    assert_eq!((edit.valid_until, edit.points, edit.note.is_some()), (None, None, true));
}

#[test]
fn a_file_that_says_nothing_gets_the_points_and_the_last_moment_of_the_form() {
    let hours = CardDuration::Seconds(10_800);
    let fallback = |duration| Defaults { fallback: Some(duration), ..Defaults::default() };
    for (duration, until, of_points, defaults) in [
        ("", "", "", fallback(hours)),
        ("30d", "", "", Defaults::lasting(CardDuration::Seconds(30 * 86_400))),
        ("", "", "50", Defaults { points: Some(points(50)), ..fallback(CardDuration::Forever) }),
        (
            "3h",
            "2026-12-31",
            "50",
            Defaults { points: Some(points(50)), valid_until: Some(year_end()), ..Defaults::lasting(hours) },
        ),
    ] {
        let mut console = console();
        console.keys("icodes.txt");
        type_into(&mut console, Property::Duration, duration);
        type_into(&mut console, Property::ValidUntil, until);
        type_into(&mut console, Property::Points, of_points);
        console.press(KeyCode::Enter);
        assert_eq!(
            file(&console).map(|file| file.defaults),
            Some(defaults),
            "{duration} {until} {of_points}"
        );
    }
}

#[test]
fn the_detail_tells_points_and_a_last_moment_of_cards_that_have_them_alone() {
    let detail = |language: Language, place: usize| {
        let details = shown::details(language, Zone::default(), &kinds()[place], now());
        let told = ["left", "last moment", "points", "expires", "剩余", "截止时间", "点数", "到期时间"];
        let told = details.into_iter().filter(|detail| told.contains(&detail.label.as_str()));
        told.map(|detail| format!("{} {}", detail.label, detail.value)).collect::<Vec<_>>()
    };
    for (place, english, chinese) in [
        (
            0,
            &["left -", "points 1,000", "expires in 1,000 points"][..],
            &["剩余 -", "点数 1,000", "到期时间 用完 1,000 点后"][..],
        ),
        (
            1,
            &["left 40 points", "points 40", "expires in 40 points"],
            &["剩余 40 点", "点数 40", "到期时间 用完 40 点后"],
        ),
        (
            2,
            &[
                "left <1m, 0 points",
                "last moment 2026-12-31 23:59:59",
                "points 0",
                "expires 2026-03-04 14:02:30",
            ],
            &["剩余 <1分，0 点", "截止时间 2026-12-31 23:59:59", "点数 0", "到期时间 2026-03-04 14:02:30"],
        ),
        (
            3,
            &["left -", "last moment 2026-12-31 23:59:59", "expires 2026-12-31 23:59:59"],
            &["剩余 -", "截止时间 2026-12-31 23:59:59", "到期时间 2026-12-31 23:59:59"],
        ),
        (5, &["left -", "expires forever"], &["剩余 -", "到期时间 永久"]),
    ] {
        assert_eq!(detail(Language::ENGLISH, place), english);
        assert_eq!(detail(Language::of_locale(ZH), place), chinese);
    }
}

#[test]
fn the_history_of_a_card_says_what_became_of_its_points_and_its_last_moment() {
    for (language, words) in [
        (Language::ENGLISH, ["points  - → 1,000", "last moment  2026-12-31 23:59:59 → -"]),
        (Language::of_locale(ZH), ["点数  - → 1,000", "截止时间  2026-12-31 23:59:59 → -"]),
    ] {
        let mut console = shown((80, 40), language);
        console.keys("j");
        console.press(KeyCode::Enter);
        console.answer(Topic::History, Answer::History(7, history()));
        let screen = console.screen();
        assert!(words.iter().all(|words| screen.contains(words)), "{screen}");
    }
}

#[test]
fn points_and_last_moments_have_columns_where_a_card_has_them_and_nobody_hid_them() {
    let heads = |console: &Console| {
        let screen = console.screen();
        let head = screen.lines().find(|line| line.contains("CODE")).unwrap();
        ["POINTS", "LAST MOMENT"].map(|title| head.contains(title))
    };
    let wide = (200, 50);
    assert_eq!(heads(&Console::with_cards(wide, Language::ENGLISH)), [false, false]);
    let mut console = shown(wide, Language::ENGLISH);
    assert_eq!(heads(&console), [true, true]);
    assert!(console.screen().contains("1,000"), "{}", console.screen());
    console.model.cards.columns.retain(|column| *column != Column::Points);
    assert_eq!(heads(&console), [false, true]);
    // On a small screen what a card expires with tells its points, unless its code leaves no room for that.
    let mut console = Console::with_cards((80, 24), Language::ENGLISH);
    console.keys("r");
    console.answer_rows(kinds()[..7].to_vec());
    assert_eq!(heads(&console), [false, false]);
    for words in ["-  in 1,000 points", "40 pts  in 40 points"] {
        assert!(console.screen().contains(words), "{words}: {}", console.screen());
    }
}

#[test]
fn no_digit_of_a_number_of_points_is_cut() {
    for number in [40, 9_999, 1_000_000, Points::MAX] {
        let mut cards = kinds();
        (cards[0].points, cards[1].points) = (Some(number), Some(number));
        let words = kami_common::words::number(number.into());
        for size in [(80, 24), (120, 40), (200, 50)] {
            for language in Language::all() {
                let mut console = Console::with_cards(size, language);
                console.keys("r");
                console.answer_rows(cards.clone());
                let screen = console.screen();
                let row = screen.lines().find(|line| line.contains("9D3KTR4HP3NDM2QX")).unwrap();
                assert!(row.contains(&words), "{size:?}: {screen}");
            }
        }
    }
}

#[test]
fn the_field_in_focus_is_seen_however_low_the_screen_is() {
    for language in Language::all() {
        for keys in ["n", "je", "i"] {
            let mut console = Console::with_cards((36, 12), language);
            console.keys(keys);
            let fields = console.model.overlays.top::<Form>().unwrap().fields.len();
            for _ in 0..fields {
                console.press(KeyCode::Tab);
                let screen = console.screen();
                let form = console.model.overlays.top::<Form>().unwrap();
                let label = form.fields[form.focus].name.label(language);
                assert!(screen.contains(&format!("▌ {label}")), "{keys} {label}: {screen}");
            }
        }
    }
}
