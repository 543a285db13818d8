//! Topping a card up with another: what the one becomes, and when the other may not be burnt for it.

use chrono::{DateTime, Utc};
use thiserror::Error;

use crate::card::{Card, CardStatus};
use crate::moment::is_held;
use crate::points::Points;
use crate::record::CardRecord;
use crate::rules::{expiry, first_of, status_of};

/// What a card has once it is topped up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ToppedUp {
    /// The last second in which it is valid; `None` lasts for ever.
    pub expire_at: Option<DateTime<Utc>>,
    /// How many points are left of it; `None` for one that has none.
    pub points: Option<u32>,
}

/// Why a card is not topped up with another; nothing of either is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RechargeRefusal {
    /// Both are the same card.
    #[error("a card tops no card up that it is itself")]
    Itself,
    /// The card that tops up was used, or its last moment is over.
    #[error("the card that tops up is not unused")]
    NotUnused,
    /// An operator withdrew the card that is topped up.
    #[error("the card is disabled")]
    Disabled,
    /// The card that is topped up was never used.
    #[error("the card was never used")]
    NeverUsed,
    /// The card that tops up is not sold for that.
    #[error("the card is not for topping others up")]
    NotAllowed,
    /// The card would have nothing of it, or could not be used all the same.
    #[error("the card would have nothing of it")]
    Pointless,
    /// It would have more points than a card can have.
    #[error("a card has at most {} points", Points::MAX)]
    TooManyPoints,
    /// It would last longer than any moment that there is.
    #[error("no card lasts beyond the year 9999")]
    TooLong,
}

/// What becomes of `card` if it is topped up with `other` at `now`, where that is sold for it. Time is added from its end, or
/// from now where that is over, up to its last moment; points are added to those that are left. What `other` adds is what it
/// would have had, had it been activated now. `recharge_card` in `sql/routines.sql` decides the same.
pub fn top_up(card: &Card, other: &Card, now: DateTime<Utc>) -> Result<ToppedUp, RechargeRefusal> {
    if card.id == other.id {
        return Err(RechargeRefusal::Itself);
    }
    if status_of(other, now) != CardStatus::Unused {
        return Err(RechargeRefusal::NotUnused);
    }
    let status = status_of(card, now);
    if status == CardStatus::Disabled {
        return Err(RechargeRefusal::Disabled);
    }
    if was_never_used(card) {
        return Err(RechargeRefusal::NeverUsed);
    }
    let is_over = status == CardStatus::Expired;
    let begin = if is_over { Some(now) } else { card.expire_at };
    let end = match (begin, first_of(expiry(other.duration_seconds, now), other.valid_until)) {
        (Some(begin), Some(until)) => {
            let end = begin.checked_add_signed(until - now).filter(|end| is_held(*end));
            first_of(Some(end.ok_or(RechargeRefusal::TooLong)?), card.valid_until)
        }
        _ => None,
    };
    let gained_until = end.filter(|end| begin.is_some_and(|begin| *end > begin));
    let gained_points = other.points.filter(|points| *points > 0);
    let points = match gained_points {
        None => card.points,
        Some(gained) => {
            let sum = u64::from(card.points.unwrap_or(0)) + u64::from(gained);
            let sum = u32::try_from(sum).ok().filter(|sum| *sum <= Points::MAX);
            Some(sum.ok_or(RechargeRefusal::TooManyPoints)?)
        }
    };
    let is_of_use = gained_until.is_some() || (gained_points.is_some() && !is_over);
    if is_of_use {
        Ok(ToppedUp { expire_at: gained_until.or(card.expire_at), points })
    } else {
        Err(RechargeRefusal::Pointless)
    }
}

/// Whether nobody has used a card, also where its last moment ended it.
fn was_never_used(card: &Card) -> bool {
    match card.status {
        CardStatus::Unused => true,
        CardStatus::Expired => card.used_at.is_none() && card.valid_until.is_some(),
        CardStatus::Active | CardStatus::Disabled => false,
    }
}

/// Whether a card may have been burnt to top another up: it was over in the second of its first use, without a machine.
pub fn may_be_burnt(card: &Card) -> bool {
    card.status == CardStatus::Expired
        && card.machine_code.is_none()
        && card.used_at.is_some()
        && card.used_at == card.expire_at
}

/// The same of a card with everything that the database holds of it.
pub fn record_may_be_burnt(card: &CardRecord) -> bool {
    card.stored_status == CardStatus::Expired
        && card.machine_code.is_none()
        && card.used_at.is_some()
        && card.used_at == card.expire_at
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::policy::PolicyPart;
    use crate::testing::at;

    fn unused(duration_seconds: Option<u32>, points: Option<u32>) -> Card {
        Card {
            id: 2,
            full_code: "VIP-B".into(),
            app: "default".into(),
            status: CardStatus::Unused,
            duration_seconds,
            seats: 1,
            machine_code: None,
            lease_until: None,
            further_seat: None,
            policy: PolicyPart::default(),
            created_at: at(-100),
            used_at: None,
            expire_at: None,
            valid_until: None,
            points,
        }
    }

    fn active(until: Option<i64>, points: Option<u32>) -> Card {
        Card {
            id: 1,
            status: CardStatus::Active,
            machine_code: Some("PC".into()),
            used_at: Some(at(-50)),
            expire_at: until.map(at),
            ..unused(Some(60), points)
        }
    }

    fn topped(until: Option<i64>, points: Option<u32>) -> ToppedUp {
        ToppedUp { expire_at: until.map(at), points }
    }

    #[test]
    fn what_each_card_has_of_another() {
        let until = |card: Card, until: i64| Card { valid_until: Some(at(until)), ..card };
        let status = |card: Card, status| Card { status, ..card };
        let hour = || unused(Some(3_600), None);
        let calls = || unused(None, Some(100));
        let both = || unused(Some(3_600), Some(100));
        let most = Points::MAX;
        for (card, other, expected) in vec![
            (active(Some(100), None), hour(), Ok(topped(Some(3_700), None))),
            (active(Some(0), None), hour(), Ok(topped(Some(3_600), None))),
            (active(Some(-1), None), hour(), Ok(topped(Some(3_600), None))),
            (status(active(Some(-9), None), CardStatus::Expired), hour(), Ok(topped(Some(3_600), None))),
            (status(active(None, None), CardStatus::Expired), hour(), Ok(topped(Some(3_600), None))),
            (active(Some(100), Some(7)), hour(), Ok(topped(Some(3_700), Some(7)))),
            (active(Some(100), Some(7)), calls(), Ok(topped(Some(100), Some(107)))),
            (active(Some(100), None), calls(), Ok(topped(Some(100), Some(100)))),
            (active(None, Some(0)), calls(), Ok(topped(None, Some(100)))),
            (active(None, Some(7)), both(), Ok(topped(None, Some(107)))),
            (active(Some(100), Some(7)), both(), Ok(topped(Some(3_700), Some(107)))),
            (active(Some(-1), Some(7)), both(), Ok(topped(Some(3_600), Some(107)))),
            // Up to the last moment of either.
            (until(active(Some(100), None), 500), hour(), Ok(topped(Some(500), None))),
            (until(active(Some(100), None), 100), hour(), Err(RechargeRefusal::Pointless)),
            (until(active(Some(100), None), 100), both(), Ok(topped(Some(100), Some(100)))),
            (until(active(Some(-5), None), -5), hour(), Err(RechargeRefusal::Pointless)),
            (active(Some(100), None), until(hour(), 60), Ok(topped(Some(160), None))),
            (active(Some(100), None), until(unused(None, None), 60), Ok(topped(Some(160), None))),
            (active(Some(100), None), until(hour(), 0), Err(RechargeRefusal::Pointless)),
            (active(Some(100), None), until(hour(), -1), Err(RechargeRefusal::NotUnused)),
            // What would be lost is not burnt.
            (active(None, None), hour(), Err(RechargeRefusal::Pointless)),
            (active(Some(100), None), unused(None, None), Err(RechargeRefusal::Pointless)),
            (active(Some(100), None), unused(None, Some(0)), Err(RechargeRefusal::Pointless)),
            (active(Some(-1), Some(7)), calls(), Err(RechargeRefusal::Pointless)),
            (active(Some(100), Some(most)), calls(), Err(RechargeRefusal::TooManyPoints)),
            (active(Some(100), Some(most - 100)), calls(), Ok(topped(Some(100), Some(most)))),
            (
                active(Some(251_000_000_000), None),
                unused(Some(u32::MAX), None),
                Err(RechargeRefusal::TooLong),
            ),
            // What is not to be topped up, and what does not top up.
            (unused(Some(60), None), hour(), Err(RechargeRefusal::Itself)),
            (Card { id: 1, ..hour() }, hour(), Err(RechargeRefusal::NeverUsed)),
            (
                Card { id: 1, status: CardStatus::Expired, ..until(hour(), -1) },
                hour(),
                Err(RechargeRefusal::NeverUsed),
            ),
            (status(active(Some(100), None), CardStatus::Disabled), hour(), Err(RechargeRefusal::Disabled)),
            (active(Some(100), None), status(hour(), CardStatus::Disabled), Err(RechargeRefusal::NotUnused)),
            (active(Some(100), None), status(hour(), CardStatus::Active), Err(RechargeRefusal::NotUnused)),
            (active(Some(100), None), status(hour(), CardStatus::Expired), Err(RechargeRefusal::NotUnused)),
        ] {
            assert_eq!(top_up(&card, &other, at(0)), expected, "{card:?} {other:?}");
        }
    }

    #[test]
    fn a_burnt_card_was_over_when_it_was_first_used() {
        let burnt = Card {
            status: CardStatus::Expired,
            used_at: Some(at(0)),
            expire_at: Some(at(0)),
            ..unused(None, None)
        };
        assert!(may_be_burnt(&burnt));
        for other in [
            Card { status: CardStatus::Unused, ..burnt.clone() },
            Card { machine_code: Some("PC".into()), ..burnt.clone() },
            Card { expire_at: Some(at(1)), ..burnt.clone() },
            Card { used_at: None, expire_at: None, ..burnt.clone() },
        ] {
            assert!(!may_be_burnt(&other), "{other:?}");
        }
        let record = CardRecord {
            stored_status: CardStatus::Expired,
            used_at: Some(at(0)),
            expire_at: Some(at(0)),
            ..CardRecord::blank(2)
        };
        assert!(record_may_be_burnt(&record));
        for other in [
            CardRecord { stored_status: CardStatus::Active, ..record.clone() },
            CardRecord { machine_code: Some("PC".into()), ..record.clone() },
            CardRecord { expire_at: Some(at(1)), ..record.clone() },
            CardRecord { used_at: None, expire_at: None, ..record.clone() },
        ] {
            assert!(!record_may_be_burnt(&other), "{other:?}");
        }
    }

    proptest! {
        #[test]
        fn whoever_is_topped_up_loses_nothing(
            until in proptest::option::of(-1_000..100_000_i64),
            last in proptest::option::of(-1_000..100_000_i64),
            points in proptest::option::of(0..=Points::MAX),
            seconds: Option<u32>,
            more in proptest::option::of(0..=Points::MAX),
        ) {
            let card = Card { valid_until: last.map(at), ..active(until, points) };
            if let Ok(topped) = top_up(&card, &unused(seconds, more), at(0)) {
                let end = |moment: Option<DateTime<Utc>>| moment.map_or(i64::MAX, |moment| moment.timestamp());
                prop_assert!(end(topped.expire_at) >= end(card.expire_at).max(at(0).timestamp()));
                prop_assert!(topped.points >= card.points && topped.points <= Some(Points::MAX));
                prop_assert!((topped.expire_at, topped.points) != (card.expire_at, card.points));
            }
        }
    }
}
