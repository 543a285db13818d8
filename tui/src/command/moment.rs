//! Moments as people type them: a day, a time of the clock in their zone, or a moment with its offset.

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use kami_shared::zone::Zone;
use thiserror::Error;

use crate::words::local;

/// A moment as it was typed; the zone makes it one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TypedMoment {
    /// A whole day.
    Day(NaiveDate),
    /// A time of the clock in the zone in which moments are shown.
    Clock(NaiveDateTime),
    /// A moment that says its own offset.
    Exact(DateTime<Utc>),
}

/// A text that is no moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a moment: write 2026-01-31, 2026-01-31T18:00 or 2026-01-31T18:00:00+08:00")]
pub(super) struct MomentError;

impl TypedMoment {
    /// Reads a day, a time of the clock or an ISO 8601 moment.
    pub(super) fn parse(text: &str) -> Result<Self, MomentError> {
        let text = text.trim();
        if let Ok(day) = text.parse() {
            return Ok(Self::Day(day));
        }
        if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
            return Ok(Self::Exact(moment.to_utc()));
        }
        ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"]
            .into_iter()
            .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
            .map(Self::Clock)
            .ok_or(MomentError)
    }

    /// The first moment of what was typed.
    pub(super) fn start(self, zone: Zone) -> DateTime<Utc> {
        match self {
            Self::Day(day) => utc(zone, day.and_time(NaiveTime::MIN)),
            Self::Clock(clock) => utc(zone, clock),
            Self::Exact(moment) => moment,
        }
    }

    /// The first moment after what was typed: a day belongs to the range that it ends.
    pub(super) fn end(self, zone: Zone) -> DateTime<Utc> {
        match self {
            Self::Day(day) => match day.checked_add_days(Days::new(1)) {
                Some(next) => Self::Day(next).start(zone),
                None => self.start(zone),
            },
            Self::Clock(_) | Self::Exact(_) => self.start(zone),
        }
    }
}

/// The moment at which the clock of `zone` shows this; where it is set forward or back, one near it.
fn utc(zone: Zone, clock: NaiveDateTime) -> DateTime<Utc> {
    let mut moment = clock.and_utc();
    // The first step is wrong only as far as the offset changed between the guess and the moment.
    for _ in 0..2 {
        moment += clock - local(zone, moment);
    }
    moment
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_in_the_zone() {
        let berlin: Zone = "Europe/Berlin".parse().unwrap();
        for (text, zone, start, end) in [
            ("2026-01-31", Zone::default(), "2026-01-30T16:00:00Z", "2026-01-31T16:00:00Z"),
            ("2026-01-31T18:00", Zone::default(), "2026-01-31T10:00:00Z", "2026-01-31T10:00:00Z"),
            ("2026-01-31 18:00:05", Zone::default(), "2026-01-31T10:00:05Z", "2026-01-31T10:00:05Z"),
            ("2026-01-31T18:00:00+01:00", Zone::default(), "2026-01-31T17:00:00Z", "2026-01-31T17:00:00Z"),
            ("2026-03-29", berlin, "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
        ] {
            let typed = TypedMoment::parse(text).unwrap();
            assert_eq!(typed.start(zone), start.parse::<DateTime<Utc>>().unwrap(), "{text}");
            assert_eq!(typed.end(zone), end.parse::<DateTime<Utc>>().unwrap(), "{text}");
        }
        for text in ["", "today", "2026-02-30", "18:00"] {
            assert_eq!(TypedMoment::parse(text), Err(MomentError), "{text}");
        }
    }
}
