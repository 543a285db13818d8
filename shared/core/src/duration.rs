//! How long a card lasts from its activation.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::digits::number;
use crate::{span, spoken};

/// How long a card lasts from its activation; people write `3h`, `45d`, `30天` or `forever`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CardDuration {
    /// So many seconds, at least one.
    Seconds(u32),
    /// It never expires.
    Forever,
}

/// A text that says no duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a duration: write forever, or a number and a unit, such as 12h, 45d or 1个月")]
pub struct DurationError;

/// The seconds that a text says: a number of them, or a span such as `10m`; `None` for one that says none, or for ever.
pub(crate) fn seconds_or_span(text: &str) -> Option<u32> {
    number(text).or_else(|| text.parse::<CardDuration>().ok()?.seconds())
}

impl CardDuration {
    /// The durations that most cards have, shortest first.
    pub const CHOICES: [Self; 6] = [
        Self::Seconds(3 * 3_600),
        Self::Seconds(86_400),
        Self::Seconds(7 * 86_400),
        Self::Seconds(30 * 86_400),
        Self::Seconds(365 * 86_400),
        Self::Forever,
    ];

    /// From the column of the database, where nothing stands for ever.
    pub const fn from_seconds(seconds: Option<u32>) -> Self {
        match seconds {
            Some(seconds) => Self::Seconds(seconds),
            None => Self::Forever,
        }
    }

    /// The seconds; `None` is for ever.
    pub const fn seconds(self) -> Option<u32> {
        match self {
            Self::Seconds(seconds) => Some(seconds),
            Self::Forever => None,
        }
    }
}

impl Default for CardDuration {
    /// Three hours, as the Flask service had it.
    fn default() -> Self {
        Self::CHOICES[0]
    }
}

impl FromStr for CardDuration {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, DurationError> {
        spoken::parse(text).map(|spoken| Self::from_seconds(spoken.seconds)).map_err(|_| DurationError)
    }
}

impl fmt::Display for CardDuration {
    /// In the largest unit that says it exactly.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Forever => f.pad("forever"),
            Self::Seconds(seconds) => f.pad(&span::exact(seconds)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn seconds_are_said_by_their_number_or_as_a_span() {
        for (text, seconds) in [
            ("600", Some(600)),
            ("10m", Some(600)),
            ("7天", Some(604_800)),
            ("forever", None),
            ("-1", None),
            ("99999999999", None),
            ("", None),
        ] {
            assert_eq!(seconds_or_span(text), seconds, "{text}");
        }
    }

    #[test]
    fn durations() {
        for (text, duration, shown) in [
            ("3h", Ok(CardDuration::Seconds(10_800)), "3h"),
            ("180m", Ok(CardDuration::Seconds(10_800)), "3h"),
            ("24h", Ok(CardDuration::Seconds(86_400)), "1d"),
            ("45d", Ok(CardDuration::Seconds(3_888_000)), "45d"),
            ("90s", Ok(CardDuration::Seconds(90)), "90s"),
            ("90m", Ok(CardDuration::Seconds(5_400)), "90m"),
            ("Forever", Ok(CardDuration::Forever), "forever"),
            ("永久", Ok(CardDuration::Forever), "forever"),
            ("30 天", Ok(CardDuration::Seconds(2_592_000)), "30d"),
            ("", Err(DurationError), ""),
            ("30", Err(DurationError), ""),
            ("0d", Err(DurationError), ""),
            ("never", Err(DurationError), ""),
        ] {
            assert_eq!(text.parse(), duration, "{text}");
            if let Ok(duration) = duration {
                assert_eq!(duration.to_string(), shown);
            }
        }
        assert_eq!(
            CardDuration::CHOICES.map(|choice| choice.to_string()).join(" "),
            "3h 1d 7d 30d 365d forever"
        );
    }

    proptest! {
        #[test]
        fn what_is_shown_can_be_typed(seconds in 1_u32..) {
            let duration = CardDuration::Seconds(seconds);
            prop_assert_eq!(duration.to_string().parse(), Ok(duration));
        }
    }
}
