//! What becomes of it that a machine wants points of a card taken.

use chrono::{DateTime, TimeDelta, Utc};

use crate::card::{Card, CardStatus, MachineCode};
use crate::points::Points;
use crate::rules::{seat_of, status_of};

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
}
