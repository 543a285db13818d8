//! Keys of devices: by what a machine shows that it is the one that was given its seat.
//!
//! Where such a key is a file it can be copied with all else. The answers to its holder therefore tell numbers, one after
//! the other, of which each request brings the last one back. Of two machines with one key, one falls behind as soon as the
//! other has shown a newer number.

use std::str::FromStr;

use chrono::{DateTime, TimeDelta, Utc};
use thiserror::Error;

use crate::policy::{DevicePolicy, OfflineLength, Policy, WhenCopied};
use crate::rules::{Refusal, Verdict};

/// How far the moment of a signature may be from the database's clock, in seconds, to either side.
pub const SIGNATURE_SLACK: i64 = 300;

/// How long a number that was the last one is still taken for it, in seconds: two processes of one machine may ask at once.
pub const SEQUENCE_GRACE: i64 = 120;

/// For how many seconds a number lasts where no start without a network does: it is a third of a day.
const SEQUENCE_LASTS: i64 = 8 * 3600;

/// The SHA-256 thumbprint of a public key (RFC 7638), in base64url.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Thumbprint([u8; Self::CHARS]);

/// A text is no thumbprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a thumbprint is 43 characters of A-Z a-z 0-9 - _")]
pub struct NoThumbprint;

/// What a request shows of the device that it comes from, once its signature was verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Device {
    /// The key that signed it.
    pub thumbprint: Thumbprint,
    /// The number that it brings back; 0 where none was told.
    pub sequence: u32,
    /// When it says that it was signed, in seconds since 1970 in UTC.
    pub signed_at: i64,
}

/// The key that a seat was given to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeatKey {
    /// Whose signature its requests bear.
    pub thumbprint: Thumbprint,
    /// The newest number that came back.
    pub sequence: u32,
    /// When it first did.
    pub sequence_at: Option<DateTime<Utc>>,
    /// When an older one last came.
    pub copied_at: Option<DateTime<Utc>>,
}

/// What a number that came back is to a seat's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returned {
    /// One that was told before the last that came back: the key is on two machines.
    Older,
    /// The last one.
    Same,
    /// The first that comes back of a newer one.
    Newer,
}

/// What a verdict comes to once it is known what the machine shows of its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// What was judged without, or that it is refused.
    Final(Verdict),
    /// Its seat has no key yet: give it the device's, then decide again.
    TakeKey,
    /// It brings a newer number back: write that down, then decide again.
    NoteSequence,
}

/// Decides what becomes of a machine that the card alone would admit, and whose seat has this key: only who signs as the
/// policy wants gets in. A verdict that refuses stays.
pub fn decide(
    verdict: Verdict,
    key: Option<&SeatKey>,
    device: Option<&Device>,
    policy: Policy,
    now: DateTime<Utc>,
) -> Decision {
    let has_seat = matches!(verdict, Verdict::Admit { .. } | Verdict::Renew { .. });
    let is_refused = matches!(verdict, Verdict::Refuse(_) | Verdict::Expire);
    if policy.device == DevicePolicy::Off || is_refused {
        return Decision::Final(verdict);
    }
    let refused = |refusal| Decision::Final(Verdict::Refuse(refusal));
    let key = key.filter(|_| has_seat);
    match (key, device) {
        (Some(_), None) => refused(Refusal::DeviceMismatch),
        (None, None) if policy.device == DevicePolicy::Required => refused(Refusal::DeviceRequired),
        (Some(key), Some(device)) if key.thumbprint != device.thumbprint => refused(Refusal::DeviceMismatch),
        (_, Some(device)) if !device.is_fresh(now) => refused(Refusal::SignatureExpired),
        (None, Some(_)) if has_seat => Decision::TakeKey,
        (None, _) => Decision::Final(verdict),
        (Some(key), Some(device)) => match key.returned(device.sequence, now) {
            Returned::Newer => Decision::NoteSequence,
            Returned::Older if policy.when_copied == WhenCopied::Refuse => refused(Refusal::DeviceMismatch),
            Returned::Older | Returned::Same => Decision::Final(verdict),
        },
    }
}

impl Thumbprint {
    /// The characters of one.
    pub const CHARS: usize = 43;

    /// The text itself.
    pub fn as_str(&self) -> &str {
        // It holds nothing but ASCII.
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl std::fmt::Debug for Thumbprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Thumbprint({})", self.as_str())
    }
}

impl FromStr for Thumbprint {
    type Err = NoThumbprint;

    fn from_str(text: &str) -> Result<Self, NoThumbprint> {
        let is_one = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        text.as_bytes().try_into().ok().filter(|_| is_one).map(Self).ok_or(NoThumbprint)
    }
}

impl Device {
    /// Whether it was signed within [`SIGNATURE_SLACK`] of that moment.
    pub fn is_fresh(&self, now: DateTime<Utc>) -> bool {
        now.timestamp().saturating_sub(self.signed_at).saturating_abs() <= SIGNATURE_SLACK
    }
}

impl SeatKey {
    /// What a number is that comes back at `now`.
    pub fn returned(&self, sequence: u32, now: DateTime<Utc>) -> Returned {
        let is_just_over = sequence.checked_add(1) == Some(self.sequence)
            && self.sequence_at.is_some_and(|at| now - at <= TimeDelta::seconds(SEQUENCE_GRACE));
        match sequence {
            newer if newer > self.sequence => Returned::Newer,
            same if same == self.sequence || is_just_over => Returned::Same,
            _ => Returned::Older,
        }
    }

    /// Whether a request that shows the same key shows that it is on another machine as well.
    pub fn is_copied(&self, device: &Device, now: DateTime<Utc>) -> bool {
        self.thumbprint == device.thumbprint
            && device.is_fresh(now)
            && self.returned(device.sequence, now) == Returned::Older
    }

    /// The number that an answer at `now` tells: the next one once a third of an offline start's span is over.
    pub fn told(&self, offline: Option<OfflineLength>, now: DateTime<Utc>) -> u32 {
        let lasts = offline.map_or(SEQUENCE_LASTS, |length| i64::from(length.seconds()) / 3);
        let is_over = self.sequence_at.is_none_or(|at| now >= at + TimeDelta::seconds(lasts));
        if is_over { self.sequence.saturating_add(1) } else { self.sequence }
    }

    /// The key as it is once a newer number came back.
    pub const fn returning(device: &Device, now: DateTime<Utc>) -> Self {
        Self { sequence_at: Some(now), ..Self::of(device) }
    }

    /// The key as it is once a device was given the seat.
    pub const fn of(device: &Device) -> Self {
        Self { thumbprint: device.thumbprint, sequence: device.sequence, sequence_at: None, copied_at: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_767_225_600 + seconds, 0).unwrap()
    }

    fn key(sequence: u32, sequence_at: Option<i64>) -> SeatKey {
        let thumbprint = "x".repeat(Thumbprint::CHARS).parse().unwrap();
        SeatKey { thumbprint, sequence, sequence_at: sequence_at.map(at), copied_at: None }
    }

    #[test]
    fn thumbprints() {
        let longest = "x".repeat(44);
        for (text, is_one) in [
            ("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I", true),
            ("0ZcOCORZNYy+DWpqq30jZyJGHTN0d2HglBV3uiguA4I", false),
            ("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4", false),
            (&longest, false),
            ("", false),
        ] {
            assert_eq!(
                text.parse::<Thumbprint>().is_ok_and(|found| found.as_str() == text),
                is_one,
                "{text}"
            );
        }
    }

    #[test]
    fn a_signature_is_fresh_for_five_minutes_to_either_side() {
        let thumbprint = key(0, None).thumbprint;
        for (signed_at, is_fresh) in [(-301, false), (-300, true), (0, true), (300, true), (301, false)] {
            let device = Device { thumbprint, sequence: 0, signed_at: at(signed_at).timestamp() };
            assert_eq!(device.is_fresh(at(0)), is_fresh, "{signed_at}");
        }
    }

    #[test]
    fn a_number_that_is_older_than_one_that_came_back_is_of_a_copy() {
        use Returned::{Newer, Older, Same};
        for (key, sequence, returned) in [
            (key(0, None), 0, Same),
            (key(0, None), 1, Newer),
            (key(5, Some(-1_000)), 5, Same),
            (key(5, Some(-1_000)), 4, Older),
            (key(5, Some(-SEQUENCE_GRACE)), 4, Same),
            (key(5, Some(-SEQUENCE_GRACE - 1)), 4, Older),
            (key(5, Some(0)), 3, Older),
            (key(5, Some(0)), 0, Older),
            (key(5, Some(0)), 6, Newer),
            (key(5, Some(0)), 900, Newer),
            (key(u32::MAX, Some(-1_000)), u32::MAX, Same),
        ] {
            assert_eq!(key.returned(sequence, at(0)), returned, "{sequence} for {key:?}");
        }
    }

    #[test]
    fn the_next_number_is_told_from_a_third_of_the_span_on() {
        let week = OfflineLength::new(7 * 86_400).ok();
        let third = 7 * 86_400 / 3;
        for (key, offline, told) in [
            (key(0, None), week, 1),
            (key(3, Some(0)), week, 3),
            (key(3, Some(1 - third)), week, 3),
            (key(3, Some(-third)), week, 4),
            (key(3, Some(1 - SEQUENCE_LASTS)), None, 3),
            (key(3, Some(-SEQUENCE_LASTS)), None, 4),
            (key(u32::MAX, None), None, u32::MAX),
        ] {
            assert_eq!(key.told(offline, at(0)), told, "{key:?} {offline:?}");
        }
    }

    const ADMIT: Verdict = Verdict::Admit { lease: None };

    fn device(name: &str, sequence: u32, signed_at: i64) -> Device {
        let thumbprint = name.repeat(Thumbprint::CHARS).parse().unwrap();
        Device { thumbprint, sequence, signed_at: at(signed_at).timestamp() }
    }

    fn policy(device: DevicePolicy, when_copied: WhenCopied) -> Policy {
        Policy { device, when_copied, ..Policy::default() }
    }

    #[test]
    fn who_has_a_seat_gets_in_by_its_key_alone() {
        use DevicePolicy::{Allowed, Off, Required};
        use Refusal::{DeviceMismatch, DeviceRequired, SignatureExpired};
        let seat_key = key(5, Some(-1_000));
        let (pass, refuse) = (Decision::Final(ADMIT), |why| Decision::Final(Verdict::Refuse(why)));
        for (name, rule, key, device, decision) in [
            ("nobody looks", Off, Some(&seat_key), None, pass),
            ("nobody looks at another key", Off, Some(&seat_key), Some(device("y", 0, 900)), pass),
            ("an old client", Allowed, None, None, pass),
            ("an old client where all have to sign", Required, None, None, refuse(DeviceRequired)),
            ("the code alone", Allowed, Some(&seat_key), None, refuse(DeviceMismatch)),
            (
                "the code alone where all have to sign",
                Required,
                Some(&seat_key),
                None,
                refuse(DeviceMismatch),
            ),
            ("another key", Allowed, Some(&seat_key), Some(device("y", 5, 0)), refuse(DeviceMismatch)),
            (
                "another key, of old",
                Required,
                Some(&seat_key),
                Some(device("y", 5, 900)),
                refuse(DeviceMismatch),
            ),
            ("its key", Required, Some(&seat_key), Some(device("x", 5, 0)), pass),
            (
                "its key, of old",
                Allowed,
                Some(&seat_key),
                Some(device("x", 5, -301)),
                refuse(SignatureExpired),
            ),
            ("a first key", Allowed, None, Some(device("x", 0, 0)), Decision::TakeKey),
            ("a first key, of old", Required, None, Some(device("x", 0, 301)), refuse(SignatureExpired)),
            ("a newer number", Allowed, Some(&seat_key), Some(device("x", 6, 0)), Decision::NoteSequence),
            ("an older number", Required, Some(&seat_key), Some(device("x", 4, 0)), pass),
        ] {
            let decided = decide(ADMIT, key, device.as_ref(), policy(rule, WhenCopied::Allow), at(0));
            assert_eq!(decided, decision, "{name}");
        }
        for (sequence, decision) in [(4, refuse(DeviceMismatch)), (5, pass), (6, Decision::NoteSequence)] {
            let device = device("x", sequence, 0);
            let policy = policy(Allowed, WhenCopied::Refuse);
            assert_eq!(decide(ADMIT, Some(&seat_key), Some(&device), policy, at(0)), decision, "{sequence}");
            assert_eq!(seat_key.is_copied(&device, at(0)), sequence == 4, "{sequence}");
        }
    }

    #[test]
    fn who_has_no_seat_gets_one_with_the_key_that_he_shows() {
        use DevicePolicy::{Allowed, Off, Required};
        let (take, old) = (Verdict::TakeSeat { lease: None }, device("x", 0, -301));
        let refuse = |why| Decision::Final(Verdict::Refuse(why));
        let left_over = key(9, Some(0));
        for (rule, device, decision) in [
            (Off, Some(old), Decision::Final(take)),
            (Allowed, None, Decision::Final(take)),
            (Allowed, Some(device("y", 0, 0)), Decision::Final(take)),
            (Allowed, Some(old), refuse(Refusal::SignatureExpired)),
            (Required, None, refuse(Refusal::DeviceRequired)),
            (Required, Some(device("y", 0, 0)), Decision::Final(take)),
        ] {
            let policy = policy(rule, WhenCopied::Refuse);
            let decided = decide(take, Some(&left_over), device.as_ref(), policy, at(0));
            assert_eq!(decided, decision, "{rule:?} {device:?}");
        }
    }

    #[test]
    fn a_card_that_is_over_is_that_whoever_asks() {
        let policy = policy(DevicePolicy::Required, WhenCopied::Refuse);
        for verdict in
            [Verdict::Expire, Verdict::Refuse(Refusal::Disabled), Verdict::Refuse(Refusal::SeatsFull)]
        {
            assert_eq!(decide(verdict, None, None, policy, at(0)), Decision::Final(verdict));
        }
    }
}
