//! Trials: what a machine gets of an app to try it, once ever.

use std::fmt;

use thiserror::Error;

use crate::duration::seconds_or_span;
use crate::points::Points;
use crate::span;

/// What a machine gets to try an app: 60 seconds to 365 days, or points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trial(Size);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Size {
    Seconds(u32),
    Points(Points),
}

/// A text, or a number of seconds, is no trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a trial lasts 60 seconds to 365 days, or has 1 to 1,000,000,000 points")]
pub struct NoTrial;

impl Trial {
    /// The shortest and the longest, in seconds.
    pub const BOUNDS: (u32, u32) = (60, 365 * 86_400);

    /// A trial of so many seconds.
    pub const fn lasting(seconds: u32) -> Result<Self, NoTrial> {
        let fits = Self::BOUNDS.0 <= seconds && seconds <= Self::BOUNDS.1;
        if fits { Ok(Self(Size::Seconds(seconds))) } else { Err(NoTrial) }
    }

    /// A trial of so many points, without an end.
    pub const fn of(points: Points) -> Self {
        Self(Size::Points(points))
    }

    /// How many seconds it lasts; `None` without an end.
    pub const fn seconds(self) -> Option<u32> {
        match self.0 {
            Size::Seconds(seconds) => Some(seconds),
            Size::Points(_) => None,
        }
    }

    /// How many points it has, where its uses are counted.
    pub const fn points(self) -> Option<Points> {
        match self.0 {
            Size::Seconds(_) => None,
            Size::Points(points) => Some(points),
        }
    }

    /// Reads `off` as none, a number with `p` behind it as points, and a span such as `1d` or a number of seconds as time.
    pub fn parse(text: &str) -> Result<Option<Self>, NoTrial> {
        if text == "off" {
            return Ok(None);
        }
        if let Some(points) = text.strip_suffix('p') {
            return points.parse().map(|points| Some(Self::of(points))).map_err(|_| NoTrial);
        }
        seconds_or_span(text).ok_or(NoTrial).and_then(Self::lasting).map(Some)
    }

    /// With its time in the largest unit that says it exactly, such as `1d`, or as `20p`.
    pub fn spoken(self) -> String {
        self.seconds().map_or_else(|| self.to_string(), span::exact)
    }
}

/// As the database keeps it: a number of seconds, or of points with `p` behind it.
impl fmt::Display for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Size::Seconds(seconds) => seconds.fmt(f),
            Size::Points(points) => write!(f, "{points}p"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_trial_is() {
        for (text, kept, spoken) in [
            ("1d", "86400", "1d"),
            ("86400", "86400", "1d"),
            ("90m", "5400", "90m"),
            ("60", "60", "1m"),
            ("365d", "31536000", "365d"),
            ("7天", "604800", "7d"),
            ("20p", "20p", "20p"),
            ("1p", "1p", "1p"),
            ("1000000000p", "1000000000p", "1000000000p"),
            ("1,000,000,000p", "1000000000p", "1000000000p"),
            ("20 p", "20p", "20p"),
        ] {
            let trial = Trial::parse(text).unwrap().unwrap();
            assert_eq!((trial.to_string().as_str(), trial.spoken().as_str()), (kept, spoken), "{text}");
            assert_ne!(trial.seconds().is_some(), trial.points().is_some(), "{text}");
            for written in [kept, spoken] {
                assert_eq!(Trial::parse(written), Ok(Some(trial)), "{text}");
            }
        }
        assert_eq!(Trial::parse("off"), Ok(None));
    }

    #[test]
    fn what_is_none() {
        for text in [
            "",
            "59",
            "59s",
            "0",
            "366d",
            "31536001",
            "forever",
            "-1d",
            "+60",
            "0p",
            "-1p",
            "+1p",
            "1.5p",
            "1000000001p",
            "4294967297p",
            "p",
            "20P",
            "off ",
            "on",
            "1d 20p",
        ] {
            assert_eq!(Trial::parse(text), Err(NoTrial), "{text:?}");
        }
    }
}
