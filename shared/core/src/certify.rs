//! Licence files, by which an app starts on a machine that is never online: what becomes of the card that one is made for.

use chrono::{DateTime, Utc};
use thiserror::Error;

use crate::card::CardStatus;
use crate::policy::{PolicyPart, UnbindBy, UnbindPart, WhenFull};
use crate::record::CardRecord;
use crate::rules::{expiry, first_of};

/// Why no licence file is made for a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CertifyRefusal {
    /// The card was withdrawn.
    #[error("the card is disabled")]
    Disabled,
    /// Its time is over.
    #[error("the card has expired")]
    Expired,
    /// The machine is kept out.
    #[error("the machine is kept out")]
    Blocked,
    /// Other machines have all of its seats.
    #[error("other machines have the seats of the card")]
    SeatsFull,
    /// It would be over already.
    #[error("the licence would be over already")]
    Over,
    /// It would outlast the card.
    #[error("the licence would outlast the card")]
    OutlastsCard,
    /// It would outlast the certificate of the key that signs it.
    #[error("the licence would outlast the certificate of its key")]
    OutlastsKey,
    /// The card says so much of its policy, or says it so, that it cannot say that its seats stay.
    #[error("the policy of the card leaves no room")]
    Policy,
}

/// The last second of a card that is used at `now`; `None` lasts for ever.
pub fn end_of(card: &CardRecord, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, CertifyRefusal> {
    let end = match card.status {
        CardStatus::Disabled => return Err(CertifyRefusal::Disabled),
        CardStatus::Expired => return Err(CertifyRefusal::Expired),
        CardStatus::Unused => first_of(expiry(card.duration.seconds(), now), card.valid_until),
        CardStatus::Active => card.expire_at,
    };
    if end.is_some_and(|end| end < now) { Err(CertifyRefusal::Expired) } else { Ok(end) }
}

/// Until when a licence lasts that is wanted until then, of a card and of a key with these ends: where nothing is wanted, as long as
/// both do.
pub fn until(
    wanted: Option<DateTime<Utc>>,
    card: Option<DateTime<Utc>>,
    key: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, CertifyRefusal> {
    let outlasts =
        |end: Option<DateTime<Utc>>| end.is_some_and(|end| wanted.is_some_and(|until| until > end));
    if outlasts(card) {
        return Err(CertifyRefusal::OutlastsCard);
    }
    if outlasts(key) {
        return Err(CertifyRefusal::OutlastsKey);
    }
    let until = wanted.or(first_of(card, key));
    if until.is_some_and(|until| until <= now) { Err(CertifyRefusal::Over) } else { Ok(until) }
}

/// The policy of a card with a licence file: no seat of it passes on by itself, since a machine that is never online renews no
/// lease, is the one that was seen the longest ago, and goes on by its file when its user gives the seat up.
pub fn kept_policy(card: &CardRecord) -> Result<PolicyPart, CertifyRefusal> {
    let part = card.policy_part().ok_or(CertifyRefusal::Policy)?;
    let unbind = UnbindPart { by: Some(UnbindBy::Nobody), ..part.unbind };
    let part = PolicyPart { lease: Some(None), when_full: Some(WhenFull::Refuse), unbind, ..part };
    if part.fits() { Ok(part) } else { Err(CertifyRefusal::Policy) }
}

/// Whether a licence file may have been made for a card: it says itself what making one has it say.
pub fn may_have_licences(card: &CardRecord) -> bool {
    card.policy.is_some() && card.policy_part().is_some_and(|part| kept_policy(card) == Ok(part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{at, card};

    #[test]
    fn the_end_of_a_card_is_that_of_its_first_use() {
        use CardStatus::{Active, Disabled, Expired, Unused};
        for (status, end, last, is) in [
            (Unused, None, None, Ok(Some(at(100)))),
            (Unused, Some(50), Some(50), Ok(Some(at(50)))),
            (Unused, Some(-1), Some(-1), Err(CertifyRefusal::Expired)),
            (Active, Some(60), None, Ok(Some(at(60)))),
            (Active, Some(0), None, Ok(Some(at(0)))),
            (Active, Some(-1), None, Err(CertifyRefusal::Expired)),
            (Active, None, None, Ok(None)),
            (Disabled, None, None, Err(CertifyRefusal::Disabled)),
            (Expired, Some(60), None, Err(CertifyRefusal::Expired)),
        ] {
            let card = CardRecord { valid_until: last.map(at), ..card(status, None, None, end) };
            assert_eq!(end_of(&card, at(0)), is, "{status} {end:?} {last:?}");
        }
    }

    #[test]
    fn a_licence_lasts_as_long_as_its_card_and_its_key() {
        use CertifyRefusal::{OutlastsCard, OutlastsKey, Over};
        for (wanted, card, key, is) in [
            (None, None, None, Ok(None)),
            (None, Some(60), None, Ok(Some(60))),
            (None, Some(60), Some(50), Ok(Some(50))),
            (None, None, Some(50), Ok(Some(50))),
            (Some(50), None, None, Ok(Some(50))),
            (Some(50), Some(50), Some(50), Ok(Some(50))),
            (Some(51), Some(50), Some(90), Err(OutlastsCard)),
            (Some(51), Some(90), Some(50), Err(OutlastsKey)),
            (Some(0), Some(90), None, Err(Over)),
            (None, Some(0), None, Err(Over)),
        ] {
            let until = until(wanted.map(at), card.map(at), key.map(at), at(0));
            assert_eq!(until, is.map(|is| is.map(at)), "{wanted:?} {card:?} {key:?}");
        }
    }

    #[test]
    fn no_seat_of_a_card_with_a_licence_passes_on_by_itself() {
        let long = format!("x={}", "y".repeat(253));
        for (before, after) in [
            ("", Ok("lease=off when-full=refuse unbind=off")),
            (
                "lease=600 when-full=oldest unbind=anyone unbind-limit=3 offline=3600 later=1",
                Ok("lease=off when-full=refuse unbind=off unbind-limit=3 offline=3600 later=1"),
            ),
            ("lease=x", Err(CertifyRefusal::Policy)),
            (&long, Err(CertifyRefusal::Policy)),
        ] {
            let card = CardRecord { policy: Some(before.to_owned()), ..CardRecord::blank(1) };
            assert!(!may_have_licences(&card));
            if let Ok(policy) = after {
                assert!(may_have_licences(&CardRecord {
                    policy: Some(policy.to_owned()),
                    ..CardRecord::blank(1)
                }));
            }
            assert_eq!(kept_policy(&card).map(|part| part.to_string()), after.map(str::to_owned), "{before}");
        }
    }
}
