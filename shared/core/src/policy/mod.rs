//! What an app, or a single card, lets machines do: who keeps a seat for how long, who gets one when all are taken, who
//! may give one up, for how long an app may start without a network, and whether machines sign what they ask.

mod device;
mod offline;
mod unbind;

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, TimeDelta, Utc};
use thiserror::Error;

pub use self::device::{DevicePolicy, WhenCopied};
pub use self::offline::{NoOffline, OfflineLength};
pub use self::unbind::{
    Cooldown, CostSeconds, NoUnbinding, UnbindBy, UnbindCost, UnbindLimit, UnbindPart, UnbindPolicy,
};
use crate::duration::seconds_or_span;
use crate::span;
use crate::trial::Trial;

/// The policy that a card is judged by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// For how long a seat is a machine's that is not heard of again; `None` as long as the card.
    pub lease: Option<LeaseLength>,
    /// What becomes of a machine that asks when all seats are taken.
    pub when_full: WhenFull,
    /// By which rule customers unbind a card.
    pub unbind: UnbindPolicy,
    /// For how long its app may start without a network; `None` not at all.
    pub offline: Option<OfflineLength>,
    /// Whether machines sign what they ask.
    pub device: DevicePolicy,
    /// What becomes of a machine whose key was copied.
    pub when_copied: WhenCopied,
}

/// For how long a seat is given to a machine: 60 seconds to 30 days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LeaseLength(u32);

/// What becomes of a machine that asks when all seats are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhenFull {
    /// It is refused.
    #[default]
    Refuse,
    /// It gets the seat whose machine was heard of the longest ago.
    Oldest,
}

/// A lease that a machine has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The last second in which the seat is the machine's.
    pub until: DateTime<Utc>,
    /// From when on another question makes it longer.
    pub renew_after: DateTime<Utc>,
}

/// What an app or a card says of a policy; what it leaves open, is as it is above it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyPart {
    /// Another lease, or none.
    pub lease: Option<Option<LeaseLength>>,
    /// Another rule for full cards.
    pub when_full: Option<WhenFull>,
    /// What a machine gets to try the app, once ever; no card says it.
    pub trial: Option<Trial>,
    /// Another rule for unbinding.
    pub unbind: UnbindPart,
    /// Another span for starts without a network, or none.
    pub offline: Option<Option<OfflineLength>>,
    /// Another rule for keys of devices.
    pub device: Option<DevicePolicy>,
    /// Another rule for such keys that were copied.
    pub when_copied: Option<WhenCopied>,
    /// What later versions say beside that, in their words: kept as it is, so that they go on beside this one.
    pub others: String,
}

/// A text is no policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a policy")]
pub struct NoPolicy;

/// A text, or a number of seconds, is no lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a lease lasts 60 seconds to 30 days")]
pub struct NoLease;

impl LeaseLength {
    /// The shortest and the longest, in seconds.
    pub const BOUNDS: (u32, u32) = (60, 30 * 86_400);

    /// A lease of so many seconds.
    pub const fn new(seconds: u32) -> Result<Self, NoLease> {
        if Self::BOUNDS.0 <= seconds && seconds <= Self::BOUNDS.1 { Ok(Self(seconds)) } else { Err(NoLease) }
    }

    /// How many seconds.
    pub const fn seconds(self) -> u32 {
        self.0
    }

    /// Reads `off` as none, and a span such as `10m` or a number of seconds as a lease.
    pub fn parse(text: &str) -> Result<Option<Self>, NoLease> {
        if text == "off" {
            return Ok(None);
        }
        seconds_or_span(text).ok_or(NoLease).and_then(Self::new).map(Some)
    }

    /// The lease of a machine that is heard of at `now`.
    pub fn from(self, now: DateTime<Utc>) -> Lease {
        self.ending(now + TimeDelta::seconds(self.0.into()))
    }

    /// The lease that ends then: a third of it has to be over before it is worth a write to make it longer.
    pub fn ending(self, until: DateTime<Utc>) -> Lease {
        Lease { until, renew_after: until - TimeDelta::seconds((self.0 - self.0 / 3).into()) }
    }
}

impl WhenFull {
    /// Both rules.
    pub const ALL: [Self; 2] = [Self::Refuse, Self::Oldest];

    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::Oldest => "oldest",
        }
    }
}

impl FromStr for WhenFull {
    type Err = NoPolicy;

    fn from_str(word: &str) -> Result<Self, NoPolicy> {
        Self::ALL.into_iter().find(|rule| rule.word() == word).ok_or(NoPolicy)
    }
}

impl Policy {
    /// The policy of a card that says `card`, of an app that says `app`.
    pub fn of(app: &PolicyPart, card: &PolicyPart) -> Self {
        Self {
            lease: card.lease.or(app.lease).flatten(),
            when_full: card.when_full.or(app.when_full).unwrap_or_default(),
            unbind: UnbindPolicy::of(app.unbind, card.unbind),
            offline: card.offline.or(app.offline).flatten(),
            device: card.device.or(app.device).unwrap_or_default(),
            when_copied: card.when_copied.or(app.when_copied).unwrap_or_default(),
        }
    }
}

impl PolicyPart {
    /// The longest text that the database keeps, in bytes.
    pub const MAX_BYTES: usize = 255;

    /// Reads what a card may say for itself.
    pub fn of_card(text: &str) -> Result<Self, NoPolicy> {
        let part: Self = text.parse()?;
        if part.trial.is_none() { Ok(part) } else { Err(NoPolicy) }
    }

    /// Whether it leaves everything open.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// It leaves everything open.
    pub const OPEN: Self = Self {
        lease: None,
        when_full: None,
        trial: None,
        unbind: UnbindPart::OPEN,
        offline: None,
        device: None,
        when_copied: None,
        others: String::new(),
    };

    /// Whether the database keeps a text of so much.
    pub fn fits(&self) -> bool {
        self.to_string().len() <= Self::MAX_BYTES
    }

    /// In words with each span in the largest unit that says it exactly, such as `lease=10m when-full=oldest`; it is read
    /// as it is written.
    pub fn spoken(&self) -> String {
        self.written(true)
    }

    fn written(&self, is_spoken: bool) -> String {
        let span = |seconds: Option<u32>| match seconds {
            None => "off".to_owned(),
            Some(seconds) if is_spoken => span::exact(seconds),
            Some(seconds) => seconds.to_string(),
        };
        let lease = self.lease.map(|other| span(other.map(LeaseLength::seconds)));
        let lease = lease.map(|lease| format!("lease={lease}"));
        let offline = self.offline.map(|other| span(other.map(OfflineLength::seconds)));
        let offline = offline.map(|offline| format!("offline={offline}"));
        let when_full = self.when_full.map(|rule| format!("when-full={}", rule.word()));
        let trial = self.trial.map(|offer| if is_spoken { offer.spoken() } else { offer.to_string() });
        let trial = trial.map(|trial| format!("trial={trial}"));
        let others = Some(self.others.clone()).filter(|others| !others.is_empty());
        let entries = lease.into_iter().chain(when_full).chain(trial);
        let entries = entries.chain(self.unbind.entries(is_spoken)).chain(offline);
        let device = self.device.map(|policy| format!("device={}", policy.word()));
        let when_copied = self.when_copied.map(|rule| format!("when-copied={}", rule.word()));
        entries.chain(device).chain(when_copied).chain(others).collect::<Vec<_>>().join(" ")
    }
}

/// As the database keeps it: words and their values with spaces between them, such as `lease=600 when-full=oldest`.
impl fmt::Display for PolicyPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.written(false))
    }
}

/// Reads what [`Display`](fmt::Display) and [`spoken`](PolicyPart::spoken) write: at most [`PolicyPart::MAX_BYTES`].
impl FromStr for PolicyPart {
    type Err = NoPolicy;

    fn from_str(text: &str) -> Result<Self, NoPolicy> {
        let mut part = Self::default();
        let mut others = Vec::new();
        for entry in text.split_ascii_whitespace() {
            let (name, text) = entry.split_once('=').ok_or(NoPolicy)?;
            match name {
                "lease" => part.lease = Some(LeaseLength::parse(text).map_err(|_| NoPolicy)?),
                "when-full" => part.when_full = Some(text.parse()?),
                "offline" => part.offline = Some(OfflineLength::parse(text).map_err(|_| NoPolicy)?),
                "device" => part.device = Some(text.parse()?),
                "when-copied" => part.when_copied = Some(text.parse()?),
                "trial" => part.trial = Trial::parse(text).map_err(|_| NoPolicy)?,
                _ => match part.unbind.take(name, text) {
                    Some(taken) => taken.map_err(|_| NoPolicy)?,
                    None => others.push(entry),
                },
            }
        }
        part.others = others.join(" ");
        if part.fits() { Ok(part) } else { Err(NoPolicy) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::points::Points;
    use crate::testing::at;

    fn lease(seconds: u32) -> LeaseLength {
        LeaseLength::new(seconds).unwrap()
    }

    #[test]
    fn leases_have_bounds() {
        for (seconds, fits) in [(0, false), (59, false), (60, true), (2_592_000, true), (2_592_001, false)] {
            assert_eq!(LeaseLength::new(seconds).is_ok(), fits, "{seconds}");
        }
    }

    #[test]
    fn a_third_of_a_lease_is_over_before_it_is_made_longer() {
        for (seconds, renew_after) in [(60, 20), (100, 33), (600, 200)] {
            assert_eq!(
                lease(seconds).from(at(0)),
                Lease { until: at(seconds.into()), renew_after: at(renew_after) }
            );
        }
    }

    #[test]
    fn a_card_departs_from_its_app_in_what_it_says() {
        let part = |text: &str| text.parse::<PolicyPart>().unwrap();
        for (app, card, seconds, when_full) in [
            ("", "", None, WhenFull::Refuse),
            ("lease=600 when-full=oldest", "", Some(600), WhenFull::Oldest),
            ("lease=600 when-full=oldest", "lease=off", None, WhenFull::Oldest),
            ("lease=600", "lease=60 when-full=oldest", Some(60), WhenFull::Oldest),
            ("when-full=oldest", "when-full=refuse", None, WhenFull::Refuse),
        ] {
            let policy = Policy::of(&part(app), &part(card));
            assert_eq!(
                (policy.lease.map(LeaseLength::seconds), policy.when_full),
                (seconds, when_full),
                "{app} {card}"
            );
        }
    }

    #[test]
    fn a_card_departs_from_its_app_in_each_thing_that_it_says_of_unbinding() {
        let part = |text: &str| text.parse::<PolicyPart>().unwrap();
        let app = "unbind=machine unbind-cooldown=24h unbind-limit=3 unbind-cost=1h";
        for (card, is) in [
            ("", "unbind=machine unbind-cooldown=86400 unbind-limit=3 unbind-cost=3600s"),
            ("unbind=off", "unbind=off unbind-cooldown=86400 unbind-limit=3 unbind-cost=3600s"),
            (
                "unbind-cooldown=off unbind-cost=5p",
                "unbind=machine unbind-cooldown=off unbind-limit=3 unbind-cost=5p",
            ),
            (
                "unbind-limit=off unbind=anyone",
                "unbind=anyone unbind-cooldown=86400 unbind-limit=off unbind-cost=3600s",
            ),
        ] {
            let UnbindPolicy { by, cooldown, limit, cost } = Policy::of(&part(app), &part(card)).unbind;
            let (by, cooldown, limit, cost) = (Some(by), Some(cooldown), Some(limit), Some(cost));
            let said = PolicyPart { unbind: UnbindPart { by, cooldown, limit, cost }, ..PolicyPart::OPEN };
            assert_eq!(said.to_string(), is, "{card}");
        }
        assert_eq!(Policy::of(&part(""), &part("")).unbind, UnbindPolicy::default());
        assert_eq!(UnbindPolicy::default().by, UnbindBy::Nobody);
    }

    #[test]
    fn a_card_departs_from_its_app_in_how_long_it_starts_offline() {
        let part = |text: &str| text.parse::<PolicyPart>().unwrap();
        for (app, card, seconds) in [
            ("", "", None),
            ("offline=7d", "", Some(604_800)),
            ("offline=7d", "offline=off", None),
            ("offline=off", "offline=1h", Some(3_600)),
        ] {
            let offline = Policy::of(&part(app), &part(card)).offline.map(OfflineLength::seconds);
            assert_eq!(offline, seconds, "{app} {card}");
        }
    }

    #[test]
    fn all_that_can_be_said_fits_with_room_for_what_is_said_later() {
        let longest = "lease=2592000 when-full=oldest unbind=machine unbind-cooldown=2592000 unbind-limit=1000 \
                       unbind-cost=1000000000p offline=7776000";
        let part: PolicyPart = longest.parse().unwrap();
        assert_eq!(part.to_string(), longest);
        assert!(longest.len() + 100 < PolicyPart::MAX_BYTES, "{}", longest.len());
    }

    #[test]
    fn what_is_no_policy() {
        for text in [
            "lease",
            "lease=",
            "lease=59",
            "lease=x",
            "lease=-60",
            "lease=+60",
            "when-full=never",
            "when-full=",
            "trial=59",
            "trial=0p",
            "trial=",
            "unbind=nobody",
            "unbind-cooldown=59",
            "unbind-limit=0",
            "unbind-cost=5",
            "offline=59m",
            "offline=91d",
            "offline=",
        ] {
            assert_eq!(text.parse::<PolicyPart>(), Err(NoPolicy), "{text}");
        }
        assert_eq!(format!("later={}", "x".repeat(250)).parse::<PolicyPart>(), Err(NoPolicy));
        assert_eq!("lease=90m".parse::<PolicyPart>().unwrap().to_string(), "lease=5400");
        assert_eq!(
            "lease=30天 when-full=oldest".parse::<PolicyPart>().unwrap().spoken(),
            "lease=30d when-full=oldest"
        );
        assert_eq!("trial=1d".parse::<PolicyPart>().unwrap().to_string(), "trial=86400");
        assert_eq!("trial=off".parse::<PolicyPart>().unwrap(), PolicyPart::default());
        assert_eq!(
            "offline=7d lease=off".parse::<PolicyPart>().unwrap().to_string(),
            "lease=off offline=604800"
        );
        let later = "later=1 lease=60 other=x".parse::<PolicyPart>().unwrap();
        assert_eq!(later.to_string(), "lease=60 later=1 other=x");
    }

    #[test]
    fn a_card_offers_no_trial() {
        assert_eq!(PolicyPart::of_card("lease=60 trial=20p"), Err(NoPolicy));
        for text in ["", "lease=60 when-full=oldest", "later=1", "trial=off"] {
            assert_eq!(PolicyPart::of_card(text), text.parse(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            lease in prop::option::of(prop::option::of(60_u32..=2_592_000)),
            when_full in prop::option::of(prop::sample::select(&WhenFull::ALL[..])),
            trial in prop::sample::select(&["off", "60", "31536000", "1p", "1000000000p"][..]),
            by in prop::option::of(prop::sample::select(&UnbindBy::ALL[..])),
            cooldown in prop::option::of(prop::option::of(60_u32..=2_592_000)),
            limit in prop::option::of(prop::option::of(1_u16..=1_000)),
            seconds in prop::option::of(prop::option::of(1_u32..=31_536_000)),
            points in prop::option::of(1_u32..=1_000_000_000),
            offline in prop::option::of(prop::option::of(3_600_u32..=7_776_000)),
            device in prop::option::of(prop::sample::select(&DevicePolicy::ALL[..])),
            when_copied in prop::option::of(prop::sample::select(&WhenCopied::ALL[..])),
            others in "(later=[a-z]{1,3}( other=[a-z]{1,3})?)?",
        ) {
            let lease = lease.map(|lease| lease.map(|seconds| LeaseLength::new(seconds).unwrap()));
            let trial = Trial::parse(trial).unwrap();
            let time = |seconds| UnbindCost::Time(CostSeconds::new(seconds).unwrap());
            let points = points.map(|points| Some(UnbindCost::Points(Points::new(points).unwrap())));
            let unbind = UnbindPart {
                by,
                cooldown: cooldown.map(|other| other.map(|seconds| Cooldown::new(seconds).unwrap())),
                limit: limit.map(|other| other.map(|times| UnbindLimit::new(times).unwrap())),
                cost: points.or(seconds.map(|other| other.map(time))),
            };
            let offline = offline.map(|other| other.map(|seconds| OfflineLength::new(seconds).unwrap()));
            let part = PolicyPart { lease, when_full, trial, unbind, offline, device, when_copied, others };
            prop_assert_eq!(part.to_string().parse(), Ok(part.clone()));
            prop_assert_eq!(part.spoken().parse(), Ok(part));
        }
    }
}
