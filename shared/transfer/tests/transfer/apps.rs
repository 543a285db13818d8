//! What tables say of the app that their cards belong to.

use kami_core::card::CardStatus;
use kami_core::property::Property;
use kami_core::record::CardRecord;
use kami_core::testing::card;
use kami_transfer::import::{MalformedReason, Parsed};
use kami_transfer::{Defaults, Notice, table};

use super::{DAY, csv, lines, malformed, parse_csv};

/// A table as we write it, of a card for each app.
fn exported(apps: &[&str]) -> String {
    let rows = apps.iter().enumerate().map(|(index, app)| {
        let card = card(CardStatus::Unused, None, None, None);
        table::csv_line(&CardRecord {
            full_code: format!("VIP-AP000{index}"),
            app: (*app).to_owned(),
            ..card
        })
    });
    table::csv_header() + &rows.collect::<String>()
}

/// As it is read where this app was asked for.
fn read_for(app: &str, text: &str) -> Parsed {
    let defaults = Defaults { app: Some(app.parse().unwrap()), ..Defaults::lasting(DAY) };
    parse_csv(text.as_bytes(), &defaults).unwrap()
}

fn apps(parsed: &Parsed) -> Vec<Option<&str>> {
    parsed.cards.iter().map(|card| card.app).collect()
}

#[test]
fn cards_of_a_table_of_ours_keep_their_app_whatever_a_spreadsheet_takes_its_name_for() {
    // Numbers and signs are marked, so that no spreadsheet counts with them.
    let names = ["default", "demo-2", "007", "-1"];
    let parsed = csv(exported(&names));
    assert!(parsed.malformed.is_empty(), "{:?}", parsed.malformed);
    assert_eq!(apps(&parsed), names.map(Some));
}

#[test]
fn a_row_without_an_app_says_none_and_one_that_is_no_name_is_refused_by_its_line() {
    let text = exported(&["demo", "", "Demo", "my app"]);
    let parsed = csv(&text);
    assert_eq!(apps(&parsed), [Some("demo"), None]);
    let wrong = MalformedReason::Value(Property::App);
    assert_eq!(malformed(&parsed), [(4, wrong), (5, wrong)]);
}

#[test]
fn a_row_of_another_app_than_was_asked_for_is_refused_by_its_line() {
    let parsed = read_for("demo", &exported(&["demo", "default", "", "other"]));
    assert_eq!(lines(&parsed), [(2, "VIP-AP0000"), (4, "VIP-AP0002")]);
    assert_eq!(malformed(&parsed), [(3, MalformedReason::OtherApp), (5, MalformedReason::OtherApp)]);
}

#[test]
fn a_table_of_the_last_release_has_no_apps() {
    // App, seats, policy, points and the last moment came later.
    let first = |line: &str| line.rsplitn(6, ',').last().unwrap().to_owned();
    let text: Vec<_> = exported(&["demo", "other"]).lines().map(first).collect();
    let parsed = read_for("demo", &text.join("\n"));
    assert_eq!((apps(&parsed), malformed(&parsed)), (vec![None, None], vec![]));
}

#[test]
fn what_others_put_under_app_is_not_taken_over_and_told() {
    for text in ["code,app\nVIP-A1,My App\n", "卡密,App\nVIP-A1,demo\n"] {
        let parsed = read_for("other", text);
        assert_eq!((apps(&parsed), malformed(&parsed)), (vec![None], vec![]), "{text}");
        let told = parsed.notices.iter().any(|notice| {
            matches!(notice, Notice::Ignored(titles) if titles.iter().any(|title| title.eq_ignore_ascii_case("app")))
        });
        assert!(told, "{text}: {:?}", parsed.notices);
    }
}
