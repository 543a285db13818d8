//! Points of a card: so many uses, each taken by a request once.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, TimeDelta, Utc};
use thiserror::Error;

use crate::card::{Card, CardStatus, MachineCode};
use crate::rules::{seat_of, status_of};
use crate::spoken;

/// A number of points that a card has to begin with, or that a request takes: 1 to 1,000,000,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Points(u32);

/// A number or a text is no number of points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("points are 1 to 1,000,000,000")]
pub struct NoPoints;

/// What a client calls one taking of points, so that it is done once however often it is asked for: 1 to 64 of `a-z`, `A-Z`,
/// `0-9`, `.`, `_`, `:` and `-`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(String);

/// A text can be no request's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a request is called by 1 to {} of a-z, A-Z, 0-9, ., _, : and -", RequestId::MAX_CHARS)]
pub struct NoRequestId;

/// What was taken of a card by the name of a request before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PointsTaken {
    /// How many points.
    pub amount: Points,
    /// How many were left then.
    pub balance: u32,
    /// Whether the machine took them that asks now.
    pub was_its_own: bool,
    /// When.
    pub at: DateTime<Utc>,
}

/// How long a machine that repeats what it took is told so whatever became of the card.
const REPEATED_FOR: TimeDelta = TimeDelta::days(2);

/// What a request to take points comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PointsVerdict {
    /// They are taken, so that so many are left.
    Take {
        /// How many.
        balance: u32,
    },
    /// That very request took them before; nothing is changed.
    Repeated {
        /// How many were left then.
        balance: u32,
    },
    /// There are too few; none are taken.
    Short {
        /// How many there are.
        balance: u32,
    },
    /// The request of that name took another number before.
    Other,
    /// The card is not to be used by that machine.
    Lost,
}

/// Decides what becomes of it that `machine` wants so many points of `card` at `now`, by the name of a request that took
/// `before`. `take_points` in `sql/routines.sql` decides the same.
pub fn take(
    card: &Card,
    machine: &MachineCode,
    wanted: Points,
    before: Option<PointsTaken>,
    now: DateTime<Utc>,
) -> PointsVerdict {
    let is_usable = status_of(card, now) == CardStatus::Active && seat_of(card, machine).is_some();
    let has = card.points.unwrap_or(0);
    match before {
        _ if !is_usable => PointsVerdict::Lost,
        Some(PointsTaken { amount, balance, .. }) if amount == wanted => PointsVerdict::Repeated { balance },
        Some(_) => PointsVerdict::Other,
        None => has
            .checked_sub(wanted.get())
            .map_or(PointsVerdict::Short { balance: has }, |balance| PointsVerdict::Take { balance }),
    }
}

/// How many points were left when the machine took so many by a request that it repeats at `now`, whatever became of the card.
/// `read_point_use` in `sql/routines.sql` decides the same.
pub fn repeated(wanted: Points, before: Option<PointsTaken>, now: DateTime<Utc>) -> Option<u32> {
    let PointsTaken { amount, balance, was_its_own, at } = before?;
    (amount == wanted && was_its_own && now - at <= REPEATED_FOR).then_some(balance)
}

impl Points {
    /// The most.
    pub const MAX: u32 = 1_000_000_000;

    /// So many.
    pub const fn new(points: u32) -> Result<Self, NoPoints> {
        if 1 <= points && points <= Self::MAX { Ok(Self(points)) } else { Err(NoPoints) }
    }

    /// How many.
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl FromStr for Points {
    type Err = NoPoints;

    fn from_str(text: &str) -> Result<Self, NoPoints> {
        let points = spoken::count(text).and_then(|points| points.try_into().ok());
        points.ok_or(NoPoints).and_then(Self::new)
    }
}

impl fmt::Display for Points {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl RequestId {
    /// The most characters.
    pub const MAX_CHARS: usize = 64;

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RequestId {
    type Err = NoRequestId;

    fn from_str(text: &str) -> Result<Self, NoRequestId> {
        let is_written = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b':' | b'-');
        let fits = (1..=Self::MAX_CHARS).contains(&text.len()) && text.bytes().all(is_written);
        if fits { Ok(Self(text.to_owned())) } else { Err(NoRequestId) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::Seat;
    use crate::policy::PolicyPart;
    use crate::testing::at;

    /// A card in use on `PC-1` up to this very moment.
    fn card(points: Option<u32>) -> Card {
        Card {
            id: 1,
            full_code: "VIP-A".into(),
            app: "default".into(),
            status: CardStatus::Active,
            duration_seconds: None,
            seats: 1,
            machine_code: Some("PC-1".into()),
            lease_until: None,
            further_seat: None,
            policy: PolicyPart::default(),
            created_at: at(-100),
            used_at: Some(at(-100)),
            expire_at: Some(at(0)),
            valid_until: None,
            points,
        }
    }

    #[test]
    fn what_becomes_of_it_that_points_are_wanted() {
        use PointsVerdict::{Lost, Other, Repeated, Short, Take};
        let status = |status| Card { status, ..card(Some(5)) };
        let on = |machine: Option<&str>| Card { machine_code: machine.map(str::to_owned), ..card(Some(5)) };
        let over = || Card { expire_at: Some(at(-1)), ..card(Some(5)) };
        let further = || Card { further_seat: Some(Seat { lease_until: Some(at(-9)) }), ..on(Some("PC-2")) };
        let took = |amount, was_its_own| {
            Some(PointsTaken { amount: Points::new(amount).unwrap(), balance: 7, was_its_own, at: at(-9) })
        };
        for (name, card, before, verdict) in [
            ("more than enough", card(Some(5)), None, Take { balance: 2 }),
            ("just enough", card(Some(3)), None, Take { balance: 0 }),
            ("too few", card(Some(2)), None, Short { balance: 2 }),
            ("none are left", card(Some(0)), None, Short { balance: 0 }),
            ("it counts no uses", card(None), None, Short { balance: 0 }),
            ("for ever", Card { expire_at: None, ..card(Some(5)) }, None, Take { balance: 2 }),
            ("a second late", over(), None, Lost),
            ("unused", status(CardStatus::Unused), None, Lost),
            ("expired", status(CardStatus::Expired), None, Lost),
            ("disabled", status(CardStatus::Disabled), None, Lost),
            ("of another machine", on(Some("PC-2")), None, Lost),
            ("unbound", on(None), None, Lost),
            ("a further seat, its lease over", further(), None, Take { balance: 2 }),
            ("the same again", card(Some(5)), took(3, true), Repeated { balance: 7 }),
            ("the same again, none left", card(Some(0)), took(3, true), Repeated { balance: 7 }),
            ("the same again, no uses counted", card(None), took(3, true), Repeated { balance: 7 }),
            ("the same again, a second late", over(), took(3, true), Lost),
            ("the same again, disabled", status(CardStatus::Disabled), took(3, true), Lost),
            ("the same again, the seat lost", on(Some("PC-2")), took(3, true), Lost),
            ("another number", card(Some(5)), took(2, true), Other),
            ("another number, disabled", status(CardStatus::Disabled), took(2, true), Lost),
            ("another machine took them", card(Some(5)), took(3, false), Repeated { balance: 7 }),
            ("another machine took another number", card(Some(5)), took(2, false), Other),
            ("another machine took them, disabled", status(CardStatus::Disabled), took(3, false), Lost),
            ("another machine took them, the seat lost", on(Some("PC-2")), took(3, false), Lost),
        ] {
            let (machine, wanted) = (MachineCode::parse("PC-1").unwrap(), Points::new(3).unwrap());
            assert_eq!(take(&card, &machine, wanted, before, at(0)), verdict, "{name}");
        }
    }

    #[test]
    fn who_repeats_what_it_took_is_told_so_for_two_days() {
        let took = |amount, was_its_own, ago: i64| {
            let amount = Points::new(amount).unwrap();
            Some(PointsTaken { amount, balance: 7, was_its_own, at: at(-ago) })
        };
        for (name, before, left) in [
            ("nothing", None, None),
            ("just now", took(3, true, 0), Some(7)),
            ("two days ago", took(3, true, 172_800), Some(7)),
            ("a second earlier", took(3, true, 172_801), None),
            ("another number", took(2, true, 0), None),
            ("another machine", took(3, false, 0), None),
        ] {
            assert_eq!(repeated(Points::new(3).unwrap(), before, at(0)), left, "{name}");
        }
    }

    #[test]
    fn one_to_a_milliard_are_points() {
        for (text, points) in [
            ("1", Ok(1)),
            ("0100", Ok(100)),
            ("1,000", Ok(1_000)),
            ("１００", Ok(100)),
            ("1000000000", Ok(1_000_000_000)),
            ("1000000001", Err(NoPoints)),
            ("4294967297", Err(NoPoints)),
            ("0", Err(NoPoints)),
            ("-1", Err(NoPoints)),
            ("+1", Err(NoPoints)),
            ("1.5", Err(NoPoints)),
            ("", Err(NoPoints)),
        ] {
            assert_eq!(text.parse::<Points>().map(Points::get), points, "{text}");
        }
    }

    #[test]
    fn a_request_is_called_by_what_every_client_can_write() {
        for text in ["a", "0b6b3f2e-5d0c-4d0e-9a52-0c5b2f6f3a10", "order:7_1.2", &"x".repeat(64)] {
            assert_eq!(text.parse::<RequestId>().map(|id| id.as_str().to_owned()), Ok(text.to_owned()));
        }
        for text in ["", "a b", "单号", "a\n", "a/b", &"x".repeat(65)] {
            assert_eq!(text.parse::<RequestId>(), Err(NoRequestId), "{text}");
        }
    }
}
