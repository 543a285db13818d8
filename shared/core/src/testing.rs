//! What tests of several crates make cards with.

use chrono::{DateTime, Utc};
use proptest::prelude::*;

use crate::app::AppName;
use crate::card::CardStatus;
use crate::duration::CardDuration;
use crate::record::CardRecord;

/// The moment so many seconds from a fixed one.
pub fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_225_600 + seconds, 0).expect("a moment of this century")
}

/// A card as kami writes it: used and expiring so many seconds after now, if at all.
pub fn card(
    status: CardStatus,
    machine: Option<&str>,
    used: Option<i64>,
    expires: Option<i64>,
) -> CardRecord {
    CardRecord {
        prefix: "VIP".into(),
        code: "DEMO123456".into(),
        full_code: "VIP-DEMO123456".into(),
        status,
        stored_status: status,
        duration: CardDuration::Seconds(100),
        machine_code: machine.map(str::to_owned),
        created_at: at(-1000),
        used_at: used.map(at),
        expire_at: expires.map(at),
        app: AppName::DEFAULT.to_owned(),
        ..CardRecord::blank(1)
    }
}

/// App, seats, points, last moment and policy of a card.
type Policy = (&'static str, u16, Option<u32>, Option<i64>, Option<String>);

fn any_policy() -> impl Strategy<Value = Policy> {
    (
        prop::sample::select(&["default", "demo"][..]),
        1_u16..=3,
        prop::option::of(0_u32..3),
        prop::option::of(-100_i64..100),
        prop::option::of(
            prop::sample::select(&["lease=600", "when-full=oldest", "x"][..]).prop_map(str::to_owned),
        ),
    )
}

/// Cards of every status, with and without each of their properties.
pub fn any_card() -> impl Strategy<Value = CardRecord> {
    (
        prop::sample::select(&CardStatus::ALL[..]),
        prop::option::of(1_u32..1000),
        prop::option::of("[A-C]"),
        prop::option::of(-100_i64..0),
        prop::option::of(-100_i64..100),
        any_policy(),
    )
        .prop_map(|(status, duration, machine, used, expires, (app, seats, points, until, policy))| {
            let card = card(status, machine.as_deref(), used, expires);
            let overdue = status == CardStatus::Active && expires.is_some_and(|end| end < 0);
            let shown = if overdue { CardStatus::Expired } else { status };
            CardRecord {
                status: shown,
                duration: CardDuration::from_seconds(duration),
                app: app.to_owned(),
                seats,
                points,
                valid_until: until.map(at),
                policy,
                ..card
            }
        })
}
