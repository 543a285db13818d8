//! What operators can do with cards: pure decisions about one card at one moment.

use chrono::{DateTime, TimeDelta, Utc};
use thiserror::Error;

use crate::card::CardStatus;
use crate::duration::CardDuration;
use crate::moment::is_held;
use crate::operator::Note;
use crate::recharge::record_may_be_burnt;
use crate::record::CardRecord;

/// Something that can be done with one card or with many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Withdraw it, whatever its time, in a way that can be taken back.
    Disable,
    /// Take back that it was withdrawn.
    Enable,
    /// Unbind it from its machine; its time runs on.
    Unbind,
    /// Give it more time; a card that has expired starts again from now.
    Extend {
        /// How much, in seconds.
        seconds: u32,
    },
    /// Remove it altogether.
    Delete,
    /// Write something down about it, or nothing any more.
    SetNote {
        /// The new note.
        note: Option<Note>,
    },
}

impl Act {
    /// The word for it in the operator log and on the command line.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Enable => "enable",
            Self::Unbind => "unbind",
            Self::Extend { .. } => "extend",
            Self::Delete => "delete",
            Self::SetNote { .. } => "note",
        }
    }
}

/// Why something cannot be done with a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Error)]
pub enum ActRefusal {
    /// Disabling it again would change nothing.
    #[error("the card is disabled already")]
    AlreadyDisabled,
    /// There is nothing to enable.
    #[error("the card is not disabled")]
    NotDisabled,
    /// It has never been activated.
    #[error("the card has never been used")]
    NeverUsed,
    /// Its time is over.
    #[error("the card has expired")]
    Expired,
    /// It is bound to no machine.
    #[error("the card is bound to no machine")]
    NotBound,
    /// The machine has no seat of it.
    #[error("the machine has no seat of the card")]
    NoSeat,
    /// It lasts for ever.
    #[error("the card never expires")]
    NeverExpires,
    /// It would last longer than can be stored.
    #[error("the card would last longer than can be stored")]
    TooLong,
    /// It is so already.
    #[error("nothing would change")]
    Unchanged,
    /// It was changed since the act that is to be undone.
    #[error("the card was changed since")]
    ChangedSince,
    /// Another card has that code.
    #[error("another card has that code")]
    CodeTaken,
    /// The app that it belonged to was removed.
    #[error("its app was removed")]
    AppGone,
}

/// What becomes of a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It becomes this; its id, creation and batch stay what they are.
    Update(Box<CardRecord>),
    /// It goes.
    Delete,
}

/// Decides what `act` does with `card` at `now`, or why it does nothing.
pub fn allowed(act: &Act, card: &CardRecord, now: DateTime<Utc>) -> Result<Change, ActRefusal> {
    let mut after = card.clone();
    after.stored_status = card.status;
    match act {
        Act::Delete => return Ok(Change::Delete),
        Act::Disable => disable(&mut after, now)?,
        Act::Enable => {
            if card.status != CardStatus::Disabled {
                return Err(ActRefusal::NotDisabled);
            }
            after.stored_status = enabled_status(card, now);
            if after.stored_status == CardStatus::Unused {
                after.expire_at = card.valid_until;
            }
        }
        Act::Unbind => {
            match card.status {
                CardStatus::Unused => return Err(ActRefusal::NeverUsed),
                CardStatus::Expired => return Err(ActRefusal::Expired),
                CardStatus::Active | CardStatus::Disabled if card.machine_code.is_none() => {
                    return Err(ActRefusal::NotBound);
                }
                CardStatus::Active | CardStatus::Disabled => after.machine_code = None,
            }
            // What tells a disabled card that was in use from one that never was.
            after.used_at = after.used_at.or(Some(now));
        }
        Act::Extend { seconds } => extend(&mut after, *seconds, now)?,
        Act::SetNote { note } => after.note = note.as_ref().map(|note| note.as_str().to_owned()),
    }
    finish(card, after)
}

/// Settles the status that is shown, and refuses what changes nothing.
pub fn finish(before: &CardRecord, mut after: CardRecord) -> Result<Change, ActRefusal> {
    after.status = after.stored_status;
    if after.is_same_state(before) {
        return Err(ActRefusal::Unchanged);
    }
    Ok(Change::Update(Box::new(after)))
}

/// Disables a card so that its times say what it was. Kami's own cards are told apart by them as they are; those
/// that others wrote may need the missing time.
pub fn disable(card: &mut CardRecord, now: DateTime<Utc>) -> Result<(), ActRefusal> {
    match card.status {
        CardStatus::Disabled => return Err(ActRefusal::AlreadyDisabled),
        CardStatus::Unused => {
            card.machine_code = None;
            card.used_at = None;
            card.expire_at = None;
        }
        CardStatus::Active => card.used_at = card.used_at.or(Some(now)),
        CardStatus::Expired => card.expire_at = card.expire_at.filter(|end| *end < now).or(Some(now)),
    }
    card.stored_status = CardStatus::Disabled;
    Ok(())
}

/// What a disabled card was before, by the times it kept.
pub fn enabled_status(card: &CardRecord, now: DateTime<Utc>) -> CardStatus {
    match card.expire_at {
        Some(expire_at) if expire_at <= now => CardStatus::Expired,
        None if card.used_at.is_none() && card.machine_code.is_none() => CardStatus::Unused,
        Some(_) | None => CardStatus::Active,
    }
}

fn extend(card: &mut CardRecord, seconds: u32, now: DateTime<Utc>) -> Result<(), ActRefusal> {
    let was = match card.status {
        CardStatus::Disabled => enabled_status(card, now),
        // Whether somebody has marked it yet makes no difference.
        CardStatus::Unused if card.used_at.is_none() && card.valid_until.is_some_and(|until| until < now) => {
            CardStatus::Expired
        }
        status => status,
    };
    let start = match was {
        CardStatus::Unused | CardStatus::Disabled => {
            let until =
                card.valid_until.map(|until| later(until, seconds).ok_or(ActRefusal::TooLong)).transpose()?;
            match card.duration.seconds() {
                None if until.is_none() => return Err(ActRefusal::NeverExpires),
                None => {}
                Some(before) => {
                    let sum = before.checked_add(seconds).ok_or(ActRefusal::TooLong)?;
                    card.duration = CardDuration::Seconds(sum);
                }
            }
            card.valid_until = until;
            card.expire_at = card.expire_at.and(until);
            return Ok(());
        }
        CardStatus::Active => card.expire_at.ok_or(ActRefusal::NeverExpires)?,
        // Nobody had used it up to its last moment: it is unused again up to another one.
        CardStatus::Expired if card.used_at.is_none() && card.valid_until.is_some() => {
            card.valid_until = Some(later(now, seconds).ok_or(ActRefusal::TooLong)?);
            card.expire_at = card.valid_until;
            if card.status == CardStatus::Expired {
                card.stored_status = CardStatus::Unused;
            }
            return Ok(());
        }
        // What it held is another card's.
        CardStatus::Expired if record_may_be_burnt(card) => return Err(ActRefusal::Expired),
        CardStatus::Expired => now,
    };
    let end = later(start, seconds).ok_or(ActRefusal::TooLong)?;
    card.expire_at = Some(end);
    card.valid_until = card.valid_until.map(|until| until.max(end));
    card.used_at = card.used_at.or(Some(now));
    if card.status == CardStatus::Expired {
        card.stored_status = CardStatus::Active;
    }
    Ok(())
}

/// A moment so much later, if a `DATETIME` can hold it.
pub fn later(moment: DateTime<Utc>, seconds: u32) -> Option<DateTime<Utc>> {
    moment.checked_add_signed(TimeDelta::seconds(i64::from(seconds))).filter(|moment| is_held(*moment))
}

#[cfg(test)]
mod tests {
    use chrono::Datelike as _;
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{any_card, at, card};

    fn unused() -> CardRecord {
        card(CardStatus::Unused, None, None, None)
    }

    fn active() -> CardRecord {
        card(CardStatus::Active, Some("PC"), Some(-40), Some(60))
    }

    fn expired() -> CardRecord {
        card(CardStatus::Expired, Some("PC"), Some(-140), Some(-40))
    }

    fn disabled(card: CardRecord) -> CardRecord {
        CardRecord { status: CardStatus::Disabled, stored_status: CardStatus::Disabled, ..card }
    }

    /// What an act leaves of a card: status, seconds of duration, machine, end.
    fn outcome(
        act: &Act,
        card: &CardRecord,
    ) -> Result<(CardStatus, Option<u32>, bool, Option<i64>), ActRefusal> {
        match allowed(act, card, at(0))? {
            Change::Delete => panic!("deleted"),
            Change::Update(after) => Ok((
                after.stored_status,
                after.duration.seconds(),
                after.machine_code.is_some(),
                after.expire_at.map(|end| (end - at(0)).num_seconds()),
            )),
        }
    }

    #[test]
    fn each_act_on_each_kind_of_card() {
        use ActRefusal::{
            AlreadyDisabled, Expired as IsExpired, NeverExpires, NeverUsed, NotBound, NotDisabled, TooLong,
        };
        use CardStatus::{Active, Disabled, Expired, Unused};
        let forever_unused = CardRecord { duration: CardDuration::Forever, ..unused() };
        let forever_active = CardRecord { expire_at: None, ..active() };
        let unbound = CardRecord { machine_code: None, ..active() };
        let overdue = CardRecord { stored_status: Active, ..expired() };
        let burnt = card(Expired, None, Some(-40), Some(-40));
        let extend = Act::Extend { seconds: 10 };
        for (act, card, expected) in [
            (&Act::Disable, unused(), Ok((Disabled, Some(100), false, None))),
            (&Act::Disable, active(), Ok((Disabled, Some(100), true, Some(60)))),
            (&Act::Disable, expired(), Ok((Disabled, Some(100), true, Some(-40)))),
            (&Act::Disable, overdue.clone(), Ok((Disabled, Some(100), true, Some(-40)))),
            (&Act::Disable, disabled(active()), Err(AlreadyDisabled)),
            (&Act::Enable, disabled(unused()), Ok((Unused, Some(100), false, None))),
            (&Act::Enable, disabled(active()), Ok((Active, Some(100), true, Some(60)))),
            (&Act::Enable, disabled(unbound.clone()), Ok((Active, Some(100), false, Some(60)))),
            (&Act::Enable, disabled(forever_active.clone()), Ok((Active, Some(100), true, None))),
            (&Act::Enable, disabled(expired()), Ok((Expired, Some(100), true, Some(-40)))),
            (&Act::Enable, active(), Err(NotDisabled)),
            (&Act::Unbind, active(), Ok((Active, Some(100), false, Some(60)))),
            (&Act::Unbind, disabled(active()), Ok((Disabled, Some(100), false, Some(60)))),
            (&Act::Unbind, unused(), Err(NeverUsed)),
            (&Act::Unbind, expired(), Err(IsExpired)),
            (&Act::Unbind, overdue.clone(), Err(IsExpired)),
            (&Act::Unbind, unbound.clone(), Err(NotBound)),
            (&extend, unused(), Ok((Unused, Some(110), false, None))),
            (&extend, disabled(unused()), Ok((Disabled, Some(110), false, None))),
            (&extend, active(), Ok((Active, Some(100), true, Some(70)))),
            (&extend, expired(), Ok((Active, Some(100), true, Some(10)))),
            (&extend, overdue, Ok((Active, Some(100), true, Some(10)))),
            (&extend, burnt, Err(IsExpired)),
            (&extend, disabled(active()), Ok((Disabled, Some(100), true, Some(70)))),
            (&extend, disabled(expired()), Ok((Disabled, Some(100), true, Some(10)))),
            (&extend, forever_unused, Err(NeverExpires)),
            (&extend, forever_active, Err(NeverExpires)),
            (&Act::Extend { seconds: u32::MAX }, unused(), Err(TooLong)),
        ] {
            assert_eq!(outcome(act, &card), expected, "{act:?} {card:?}");
        }
    }

    #[test]
    fn more_time_moves_the_last_moment_of_a_card_too() {
        use CardStatus::{Active, Expired, Unused};
        let until = |card: CardRecord, until: i64| CardRecord { valid_until: Some(at(until)), ..card };
        let forever = || CardRecord { duration: CardDuration::Forever, ..unused() };
        let never_used = |end: i64| CardRecord { expire_at: Some(at(end)), ..forever() };
        let lapsed = CardRecord { status: Expired, stored_status: Expired, ..never_used(-5) };
        for (card, status, duration, end, last) in [
            (until(never_used(50), 50), Unused, None, Some(60), 60),
            (until(CardRecord { expire_at: Some(at(50)), ..unused() }, 50), Unused, Some(110), Some(60), 60),
            (until(active(), 60), Active, Some(100), Some(70), 70),
            (until(active(), 500), Active, Some(100), Some(70), 500),
            (until(expired(), -40), Active, Some(100), Some(10), 10),
            // Its time has never begun, and does not begin with that.
            (until(lapsed, -5), Unused, None, Some(10), 10),
            (until(never_used(-5), -5), Unused, None, Some(10), 10),
            (until(CardRecord { expire_at: Some(at(-5)), ..unused() }, -5), Unused, Some(100), Some(10), 10),
        ] {
            let Ok(Change::Update(after)) = allowed(&Act::Extend { seconds: 10 }, &card, at(0)) else {
                panic!("{card:?}")
            };
            let told = (after.stored_status, after.duration.seconds(), after.expire_at, after.valid_until);
            assert_eq!(told, (status, duration, end.map(at), Some(at(last))), "{card:?}");
            assert_eq!(after.used_at.is_some(), status == Active, "{card:?}");
        }
    }

    #[test]
    fn a_note_is_set_changed_and_removed() {
        let note = |text: &str| Act::SetNote { note: Note::parse(text).unwrap() };
        let noted = CardRecord { note: Some("a".into()), ..unused() };
        for (act, card, expected) in [
            (note("a"), unused(), Ok(Some("a"))),
            (note("b"), noted.clone(), Ok(Some("b"))),
            (note(""), noted.clone(), Ok(None)),
            (note("a"), noted, Err(ActRefusal::Unchanged)),
            (note(""), unused(), Err(ActRefusal::Unchanged)),
        ] {
            let after = allowed(&act, &card, at(0)).map(|change| match change {
                Change::Update(after) => after.note,
                Change::Delete => panic!("deleted"),
            });
            assert_eq!(after, expected.map(|note| note.map(str::to_owned)));
        }
    }

    #[test]
    fn no_card_outlasts_the_calendar() {
        assert_eq!(later(at(0), u32::MAX).map(|moment| moment.year()), Some(2162));
        let last: DateTime<Utc> = "9999-12-31T23:59:59Z".parse().unwrap();
        assert_eq!(later(last, 0), Some(last));
        assert_eq!(later(last, 1), None);
    }

    proptest! {
        #[test]
        fn enabling_takes_disabling_back(card in any_card()) {
            prop_assume!(card.status != CardStatus::Disabled);
            // In the last second of its time a card may be taken for expired: it is before anybody could use it.
            prop_assume!(card.expire_at != Some(at(0)));
            let Ok(Change::Update(off)) = allowed(&Act::Disable, &card, at(0)) else { panic!("refused") };
            prop_assert_eq!(off.status, CardStatus::Disabled);
            let Ok(Change::Update(on)) = allowed(&Act::Enable, &off, at(0)) else { panic!("refused") };
            prop_assert_eq!(on.status, card.status);
        }

        #[test]
        fn no_act_leaves_half_a_card(card in any_card(), seconds: u32) {
            for act in [Act::Disable, Act::Enable, Act::Unbind, Act::Extend { seconds }] {
                if let Ok(Change::Update(after)) = allowed(&act, &card, at(0)) {
                    prop_assert_eq!(&after.full_code, &card.full_code);
                    prop_assert_eq!(after.created_at, card.created_at);
                    let overdue = after.expire_at.is_some_and(|end| end < at(0));
                    prop_assert!(!(after.stored_status == CardStatus::Active && overdue), "{:?}", act);
                }
            }
        }
    }
}
