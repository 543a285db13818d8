//! What tables say of the points of a card, and of a last moment.

use chrono::{DateTime, Utc};
use kami_core::card::CardStatus;
use kami_core::duration::CardDuration;
use kami_core::points::Points;
use kami_core::property::Property;
use kami_core::record::CardRecord;
use kami_core::testing::{at, card};
use kami_transfer::import::{MalformedReason, Parsed};
use kami_transfer::{Defaults, table};

use super::{DAY, csv, malformed, parse_csv, parse_txt};

type Kind = (CardDuration, Option<u32>, Option<DateTime<Utc>>);

fn found(parsed: &Parsed) -> Vec<Kind> {
    parsed.cards.iter().map(|card| (card.duration, card.points, card.valid_until)).collect()
}

fn of_points(points: u32) -> Defaults {
    Defaults { points: Some(Points::new(points).unwrap()), ..Defaults::default() }
}

#[test]
fn cards_of_a_table_of_ours_keep_their_points_and_their_last_moment() {
    let forever = CardDuration::Forever;
    let kinds = [
        (DAY, None, None),
        (forever, Some(0), None),
        (forever, None, Some(at(60))),
        (DAY, Some(7), Some(at(-1))),
    ];
    let rows = kinds.iter().enumerate().map(|(index, (duration, points, valid_until))| {
        let card = card(CardStatus::Unused, None, None, None);
        let (duration, points, valid_until) = (*duration, *points, *valid_until);
        let full_code = format!("VIP-AP000{index}");
        table::csv_line(&CardRecord { full_code, duration, points, valid_until, ..card })
    });
    let parsed = csv(table::csv_header() + &rows.collect::<String>());
    assert_eq!((found(&parsed), malformed(&parsed)), (kinds.to_vec(), vec![]));
}

#[test]
fn a_last_moment_that_the_database_does_not_hold_is_named_with_its_line() {
    let line = |moment: &str| {
        let until: Option<DateTime<Utc>> = Some(at(60));
        let card = CardRecord { valid_until: until, ..card(CardStatus::Unused, None, None, None) };
        let card = CardRecord { full_code: "VIP-AP0000".into(), ..card };
        table::csv_line(&card).replace("2026-01-01T00:01:00Z", moment)
    };
    assert!(line("soon").contains("soon"), "{}", line("soon"));
    for (moment, is_read) in [
        ("9999-12-31T23:59:59+00:00", true),
        ("9999-12-31T23:59:59+10:00", true),
        ("9999-12-31T23:59:59-10:00", false),
        ("0999-12-31T23:59:59+00:00", false),
        ("soon", false),
    ] {
        let parsed = csv(table::csv_header() + &line(moment));
        let wrong = [(2, MalformedReason::Value(Property::ValidUntil))];
        assert_eq!(
            (found(&parsed).len(), malformed(&parsed)),
            if is_read { (1, vec![]) } else { (0, wrong.to_vec()) },
            "{moment}"
        );
    }
}

#[test]
fn tables_of_others_say_points_under_their_titles_and_never_a_last_moment() {
    for title in ["points", "点数", "次数", "可用次数", "剩餘點數"] {
        let text =
            format!("code,{title},valid_until\nVIP-A1,\"1,000\",soon\nVIP-A2,,\nVIP-A3,0,\nVIP-A4,x,\n");
        let parsed = parse_csv(text.as_bytes(), &of_points(5)).unwrap();
        let forever = CardDuration::Forever;
        assert_eq!(found(&parsed), [(forever, Some(1000), None), (forever, Some(5), None)], "{title}");
        let points = MalformedReason::Value(Property::Points);
        assert_eq!(malformed(&parsed), [(4, points), (5, points)]);
    }
}

#[test]
fn a_card_that_counts_uses_needs_no_duration() {
    let list = "code\nVIP-A1\n";
    let until = Defaults { valid_until: Some(at(60)), ..Defaults::default() };
    let both = Defaults { duration: Some(DAY), ..of_points(9) };
    for (defaults, expected) in [
        (of_points(5), (CardDuration::Forever, Some(5), None)),
        (until, (CardDuration::Forever, None, Some(at(60)))),
        (both, (DAY, Some(9), None)),
    ] {
        for parsed in [parse_txt(list.as_bytes(), &defaults), parse_csv(list.as_bytes(), &defaults)] {
            assert_eq!(found(&parsed.unwrap()), [expected]);
        }
    }
    let table = "code,points\nVIP-A1,3\n";
    let parsed = parse_csv(table.as_bytes(), &Defaults::default()).unwrap();
    assert_eq!(found(&parsed), [(CardDuration::Forever, Some(3), None)]);
}

#[test]
fn a_duration_that_nobody_asked_for_is_for_cards_that_end_with_nothing_else() {
    let usual = || Defaults { fallback: Some(DAY), ..Defaults::default() };
    let of_points = Defaults { fallback: Some(DAY), ..of_points(5) };
    let forever = CardDuration::Forever;
    for (defaults, list, of_row) in [
        (usual(), (DAY, None, None), (forever, Some(3), None)),
        (of_points, (forever, Some(5), None), (forever, Some(3), None)),
        (Defaults { duration: Some(forever), ..usual() }, (forever, None, None), (forever, Some(3), None)),
        (Defaults::lasting(DAY), (DAY, None, None), (DAY, Some(3), None)),
    ] {
        let parsed = parse_txt(&b"VIP-A1\n"[..], &defaults).unwrap();
        assert_eq!(found(&parsed), [list]);
        let parsed = parse_csv(&b"code,points\nVIP-A1,3\nVIP-A2,\n"[..], &defaults).unwrap();
        assert_eq!(found(&parsed), [of_row, list]);
    }
}
