//! What a policy says of unbinding: who may move a card to another machine by himself, how often, and what that costs.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::digits::number;
use crate::duration::seconds_or_span;
use crate::points::Points;
use crate::span;

/// By which rule customers unbind a card.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnbindPolicy {
    /// From which machines it is done.
    pub by: UnbindBy,
    /// How long after one the next is, where that is said; see [`wait`](UnbindPolicy::wait).
    pub cooldown: Option<Cooldown>,
    /// How many there are in 30 days; `None` without limit.
    pub limit: Option<UnbindLimit>,
    /// What one takes off the card; `None` nothing.
    pub cost: Option<UnbindCost>,
}

/// From which machines a card is unbound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnbindBy {
    /// From none: an operator does it.
    #[default]
    Nobody,
    /// From one that has a seat, which gives that up.
    Machine,
    /// From any: one without a seat frees the one that was seen longest ago, which is lost, and that counts twice.
    Anyone,
}

/// How long after an unbinding the next one is, and for how long who gave a seat up gets none: 60 seconds to 30 days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cooldown(u32);

/// How many unbindings there are in 30 days: 1 to 1,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnbindLimit(u16);

/// What an unbinding takes off a card that has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnbindCost {
    /// So much of its time: 1 second to 365 days.
    Time(CostSeconds),
    /// So many of its points.
    Points(Points),
}

/// Seconds that an unbinding costs: 1 second to 365 days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CostSeconds(u32);

/// What an app or a card says of unbinding; what it leaves open, is as it is above it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnbindPart {
    /// Other machines.
    pub by: Option<UnbindBy>,
    /// Another cooldown, or none.
    pub cooldown: Option<Option<Cooldown>>,
    /// Another limit, or none.
    pub limit: Option<Option<UnbindLimit>>,
    /// Another cost, or none.
    pub cost: Option<Option<UnbindCost>>,
}

/// A text says nothing of unbinding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NoUnbinding {
    /// It names no machines.
    #[error("a card is unbound from: off, machine or anyone")]
    By,
    /// It is no cooldown.
    #[error("a cooldown lasts 60 seconds to 30 days")]
    Cooldown,
    /// It is no limit.
    #[error("there are 1 to 1,000 unbindings in 30 days")]
    Limit,
    /// It is no cost.
    #[error("an unbinding costs 1 second to 365 days, such as 1h, or 1 to 1,000,000,000 points, such as 5p")]
    Cost,
}

/// The word by which nothing is said.
const OFF: &str = "off";

impl UnbindBy {
    /// Each of them.
    pub const ALL: [Self; 3] = [Self::Nobody, Self::Machine, Self::Anyone];

    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Nobody => OFF,
            Self::Machine => "machine",
            Self::Anyone => "anyone",
        }
    }
}

impl FromStr for UnbindBy {
    type Err = NoUnbinding;

    fn from_str(word: &str) -> Result<Self, NoUnbinding> {
        Self::ALL.into_iter().find(|by| by.word() == word).ok_or(NoUnbinding::By)
    }
}

impl Cooldown {
    /// The shortest and the longest, in seconds.
    pub const BOUNDS: (u32, u32) = (60, 30 * 86_400);

    /// The shortest: who asks once more, since the answer was lost, pays once, also where somebody has come meanwhile.
    const SHORTEST: Self = Self(Self::BOUNDS.0);

    /// The shortest where anyone may unbind and nobody has said how often: who has come by a code uses a card up by what that
    /// costs.
    const OF_ANYONE: Self = Self(86_400);

    /// So many seconds.
    pub const fn new(seconds: u32) -> Result<Self, NoUnbinding> {
        if Self::BOUNDS.0 <= seconds && seconds <= Self::BOUNDS.1 {
            Ok(Self(seconds))
        } else {
            Err(NoUnbinding::Cooldown)
        }
    }

    /// How many seconds.
    pub const fn seconds(self) -> u32 {
        self.0
    }

    /// Reads `off` as none, and a span such as `24h` or a number of seconds.
    pub fn parse(text: &str) -> Result<Option<Self>, NoUnbinding> {
        if text == OFF {
            return Ok(None);
        }
        seconds_or_span(text).ok_or(NoUnbinding::Cooldown).and_then(Self::new).map(Some)
    }
}

impl UnbindLimit {
    /// The most.
    pub const MAX: u16 = 1_000;

    /// So many.
    pub const fn new(times: u16) -> Result<Self, NoUnbinding> {
        if 1 <= times && times <= Self::MAX { Ok(Self(times)) } else { Err(NoUnbinding::Limit) }
    }

    /// How many.
    pub const fn get(self) -> u16 {
        self.0
    }

    /// Reads `off` as none, and a number.
    pub fn parse(text: &str) -> Result<Option<Self>, NoUnbinding> {
        if text == OFF {
            return Ok(None);
        }
        number(text).ok_or(NoUnbinding::Limit).and_then(Self::new).map(Some)
    }
}

impl CostSeconds {
    /// The most.
    pub const MAX: u32 = 365 * 86_400;

    /// So many.
    pub const fn new(seconds: u32) -> Result<Self, NoUnbinding> {
        if 1 <= seconds && seconds <= Self::MAX { Ok(Self(seconds)) } else { Err(NoUnbinding::Cost) }
    }

    /// How many.
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl UnbindCost {
    /// Reads `off` as none, a span such as `1h`, and points such as `5p`.
    pub fn parse(text: &str) -> Result<Option<Self>, NoUnbinding> {
        if text == OFF {
            return Ok(None);
        }
        let cost = match text.strip_suffix('p') {
            Some(points) => points.parse().map(Self::Points).map_err(|_| NoUnbinding::Cost)?,
            None if number::<u64>(text).is_some() => return Err(NoUnbinding::Cost),
            None => Self::Time(seconds_or_span(text).ok_or(NoUnbinding::Cost).and_then(CostSeconds::new)?),
        };
        Ok(Some(cost))
    }

    /// With its seconds in the largest unit that says them exactly, such as `1h`; points as `5p`.
    pub fn spoken(self) -> String {
        match self {
            Self::Time(CostSeconds(seconds)) => span::exact(seconds),
            Self::Points(_) => self.to_string(),
        }
    }
}

/// As the database keeps it: `3600s` or `5p`.
impl fmt::Display for UnbindCost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(CostSeconds(seconds)) => write!(f, "{seconds}s"),
            Self::Points(points) => write!(f, "{points}p"),
        }
    }
}

impl UnbindPolicy {
    /// The policy of a card that says `card`, of an app that says `app`.
    pub(super) fn of(app: UnbindPart, card: UnbindPart) -> Self {
        Self {
            by: card.by.or(app.by).unwrap_or_default(),
            cooldown: card.cooldown.or(app.cooldown).flatten(),
            limit: card.limit.or(app.limit).flatten(),
            cost: card.cost.or(app.cost).flatten(),
        }
    }

    /// How long after an unbinding the next one really is, also where nobody has said so.
    pub const fn wait(self) -> Cooldown {
        match (self.cooldown, self.by, self.limit) {
            (Some(cooldown), ..) => cooldown,
            (None, UnbindBy::Anyone, None) => Cooldown::OF_ANYONE,
            (None, ..) => Cooldown::SHORTEST,
        }
    }

    /// The same where there are unbindings to wait for, or a cooldown that cards may fall back on.
    pub fn told_wait(self) -> Option<Cooldown> {
        Some(self.wait()).filter(|_| self.by != UnbindBy::Nobody || self.cooldown.is_some())
    }
}

impl UnbindPart {
    /// It leaves everything open.
    pub const OPEN: Self = Self { by: None, cooldown: None, limit: None, cost: None };

    /// Takes what an entry of a policy says, if it is one of these.
    pub(super) fn take(&mut self, name: &str, text: &str) -> Option<Result<(), NoUnbinding>> {
        let taken = match name {
            "unbind" => text.parse().map(|by| self.by = Some(by)),
            "unbind-cooldown" => Cooldown::parse(text).map(|cooldown| self.cooldown = Some(cooldown)),
            "unbind-limit" => UnbindLimit::parse(text).map(|limit| self.limit = Some(limit)),
            "unbind-cost" => UnbindCost::parse(text).map(|cost| self.cost = Some(cost)),
            _ => return None,
        };
        Some(taken)
    }

    /// Its entries, spoken or as the database keeps them.
    pub(super) fn entries(self, is_spoken: bool) -> impl Iterator<Item = String> {
        let or_off = |text: Option<String>| text.unwrap_or_else(|| OFF.to_owned());
        let span = |Cooldown(seconds)| if is_spoken { span::exact(seconds) } else { seconds.to_string() };
        let cost = |cost: UnbindCost| if is_spoken { cost.spoken() } else { cost.to_string() };
        let said = [
            ("unbind", self.by.map(|by| by.word().to_owned())),
            ("unbind-cooldown", self.cooldown.map(|cooldown| or_off(cooldown.map(span)))),
            ("unbind-limit", self.limit.map(|limit| or_off(limit.map(|limit| limit.get().to_string())))),
            ("unbind-cost", self.cost.map(|other| or_off(other.map(cost)))),
        ];
        said.into_iter().filter_map(|(name, text)| Some(format!("{name}={}", text?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_unbinding_waits_also_where_nobody_has_said_for_how_long() {
        use UnbindBy::{Anyone, Machine, Nobody};
        for (by, cooldown, limit, wait, told) in [
            (Nobody, None, None, 60, None),
            (Nobody, Some(600), None, 600, Some(600)),
            (Machine, None, None, 60, Some(60)),
            (Machine, Some(600), None, 600, Some(600)),
            (Anyone, None, Some(3), 60, Some(60)),
            (Anyone, None, None, 86_400, Some(86_400)),
            (Anyone, Some(60), None, 60, Some(60)),
        ] {
            let cooldown = cooldown.map(|seconds| Cooldown::new(seconds).unwrap());
            let limit = limit.map(|times| UnbindLimit::new(times).unwrap());
            let policy = UnbindPolicy { by, cooldown, limit, cost: None };
            let found = (policy.wait().seconds(), policy.told_wait().map(Cooldown::seconds));
            assert_eq!(found, (wait, told), "{policy:?}");
        }
    }

    #[test]
    fn cooldowns() {
        for (text, read) in [
            ("off", Ok(None)),
            ("60", Ok(Some(60))),
            ("24h", Ok(Some(86_400))),
            ("1天", Ok(Some(86_400))),
            ("30d", Ok(Some(2_592_000))),
            ("59s", Err(())),
            ("2592001", Err(())),
            ("forever", Err(())),
            ("-60", Err(())),
            ("", Err(())),
        ] {
            let found = Cooldown::parse(text).map(|cooldown| cooldown.map(Cooldown::seconds));
            assert_eq!(found, read.map_err(|()| NoUnbinding::Cooldown), "{text}");
        }
    }

    #[test]
    fn limits() {
        for (text, read) in [
            ("off", Ok(None)),
            ("1", Ok(Some(1))),
            ("1000", Ok(Some(1_000))),
            ("0", Err(())),
            ("1001", Err(())),
            ("65537", Err(())),
            ("+1", Err(())),
            ("3x", Err(())),
            ("", Err(())),
        ] {
            let found = UnbindLimit::parse(text).map(|limit| limit.map(UnbindLimit::get));
            assert_eq!(found, read.map_err(|()| NoUnbinding::Limit), "{text}");
        }
    }

    #[test]
    fn costs_are_stored_in_seconds_or_points_and_spoken_in_the_largest_unit() {
        for (text, read) in [
            ("off", Ok(None)),
            ("1s", Ok(Some(("1s", "1s")))),
            ("1h", Ok(Some(("3600s", "1h")))),
            ("90分钟", Ok(Some(("5400s", "90m")))),
            ("365d", Ok(Some(("31536000s", "365d")))),
            ("5p", Ok(Some(("5p", "5p")))),
            ("1000000000p", Ok(Some(("1000000000p", "1000000000p")))),
            ("366d", Err(())),
            ("0s", Err(())),
            ("0p", Err(())),
            ("1000000001p", Err(())),
            ("-5p", Err(())),
            ("p", Err(())),
            ("5", Err(())),
            ("forever", Err(())),
            ("", Err(())),
        ] {
            let found = UnbindCost::parse(text);
            let written = found.map(|cost| cost.map(|cost| (cost.to_string(), cost.spoken())));
            let read = read.map_err(|()| NoUnbinding::Cost);
            assert_eq!(
                written,
                read.map(|cost| cost.map(|(stored, spoken)| (stored.to_owned(), spoken.to_owned()))),
                "{text}"
            );
            if let Ok(Some(cost)) = found {
                assert_eq!(UnbindCost::parse(&cost.to_string()), found);
            }
        }
    }
}
