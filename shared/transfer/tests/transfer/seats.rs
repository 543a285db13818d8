//! What tables say of how many machines may use a card, and of its policy.

use kami_core::card::CardStatus;
use kami_core::property::Property;
use kami_core::record::CardRecord;
use kami_core::seats::Seats;
use kami_core::testing::card;
use kami_transfer::import::{MalformedReason, Parsed};
use kami_transfer::{Defaults, table};

use super::{DAY, csv, malformed, parse_csv, parse_txt};

/// A table as we write it, of a card for each of these.
fn exported(cards: &[(u16, Option<&str>)]) -> String {
    let rows = cards.iter().enumerate().map(|(index, (seats, policy))| {
        let card = card(CardStatus::Unused, None, None, None);
        let (full_code, policy) = (format!("VIP-AP000{index}"), policy.map(str::to_owned));
        table::csv_line(&CardRecord { full_code, seats: *seats, policy, ..card })
    });
    table::csv_header() + &rows.collect::<String>()
}

fn found(parsed: &Parsed) -> Vec<(u16, Option<&str>)> {
    parsed.cards.iter().map(|card| (card.seats, card.policy)).collect()
}

#[test]
fn cards_of_a_table_of_ours_keep_their_seats_and_their_policy() {
    let cards = [(1, None), (1000, Some("lease=600 when-full=oldest")), (2, Some("lease=off later=1"))];
    let parsed = csv(exported(&cards));
    assert_eq!((found(&parsed), malformed(&parsed)), (cards.to_vec(), vec![]));
}

#[test]
fn what_can_be_no_seats_and_no_policy_is_refused_by_its_line() {
    let parsed = csv(exported(&[(0, None), (1001, None), (1, Some("lease=1")), (3, None)]));
    let (seats, policy) = (MalformedReason::Value(Property::Seats), MalformedReason::Value(Property::Policy));
    assert_eq!(found(&parsed), [(3, None)]);
    assert_eq!(malformed(&parsed), [(2, seats), (3, seats), (4, policy)]);
}

#[test]
fn tables_of_others_say_seats_under_their_titles_and_never_a_policy() {
    let defaults = Defaults { seats: Seats::new(5).unwrap(), ..Defaults::lasting(DAY) };
    for title in ["seats", "Seats", "席位", "设备数", "席位數"] {
        let text = format!("code,{title},policy\nVIP-A1,2,lease=1\nVIP-A2,,x\n");
        let parsed = parse_csv(text.as_bytes(), &defaults).unwrap();
        assert_eq!((found(&parsed), malformed(&parsed)), (vec![(2, None), (5, None)], vec![]), "{title}");
    }
}

#[test]
fn the_cards_of_a_list_are_for_as_many_machines_as_is_asked_for() {
    let defaults = Defaults { seats: Seats::new(5).unwrap(), ..Defaults::lasting(DAY) };
    let list = "code\nVIP-A1\nVIP-A2\n";
    for parsed in [parse_txt(list.as_bytes(), &defaults), parse_csv(list.as_bytes(), &defaults)] {
        assert_eq!(found(&parsed.unwrap()), [(5, None), (5, None)]);
    }
}
