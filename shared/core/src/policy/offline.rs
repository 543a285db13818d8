//! For how long an app may start without a network once a machine was let in.

use thiserror::Error;

use crate::duration::seconds_or_span;

/// For how long an app may start without a network: an hour to 90 days, for which a key may sign at the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OfflineLength(u32);

/// A text, or a number of seconds, is no such span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("an app may start without a network for 1 hour to 90 days")]
pub struct NoOffline;

impl OfflineLength {
    /// The shortest and the longest, in seconds.
    pub const BOUNDS: (u32, u32) = (3_600, 90 * 86_400);

    /// A span of so many seconds.
    pub const fn new(seconds: u32) -> Result<Self, NoOffline> {
        if Self::BOUNDS.0 <= seconds && seconds <= Self::BOUNDS.1 {
            Ok(Self(seconds))
        } else {
            Err(NoOffline)
        }
    }

    /// How many seconds.
    pub const fn seconds(self) -> u32 {
        self.0
    }

    /// Reads `off` as none, and a span such as `7d` or a number of seconds as one.
    pub fn parse(text: &str) -> Result<Option<Self>, NoOffline> {
        if text == "off" {
            return Ok(None);
        }
        seconds_or_span(text).ok_or(NoOffline).and_then(Self::new).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans() {
        for (text, seconds) in [
            ("off", Ok(None)),
            ("1h", Ok(Some(3_600))),
            ("7天", Ok(Some(604_800))),
            ("90d", Ok(Some(7_776_000))),
            ("3600", Ok(Some(3_600))),
            ("59m", Err(NoOffline)),
            ("91d", Err(NoOffline)),
            ("forever", Err(NoOffline)),
            ("", Err(NoOffline)),
            ("0", Err(NoOffline)),
        ] {
            let read = OfflineLength::parse(text).map(|length| length.map(OfflineLength::seconds));
            assert_eq!(read, seconds, "{text}");
        }
    }
}
