//! Which moments there are: those that the database holds.

use std::ops::RangeInclusive;

use chrono::{DateTime, Datelike as _, Timelike as _, Utc};
use thiserror::Error;

/// The years of UTC that a `DATETIME` holds.
const HELD: RangeInclusive<i32> = 1_000..=9_999;

/// The years that people may say: the database holds each of their moments, whatever the zone.
pub const SAID: RangeInclusive<i32> = 1_001..=9_998;

/// A text is no moment, or none that the database holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("no moment of the years 1000 to 9999 in UTC, such as 2026-12-31T18:00:00+08:00")]
pub struct NoMoment;

/// Whether the database holds a moment.
pub fn is_held(moment: DateTime<Utc>) -> bool {
    HELD.contains(&moment.year())
}

/// Reads a moment in the form of RFC 3339, to the second.
pub fn read(text: &str) -> Result<DateTime<Utc>, NoMoment> {
    let moment = DateTime::parse_from_rfc3339(text).map_err(|_| NoMoment)?.to_utc();
    moment.with_nanosecond(0).filter(|moment| is_held(*moment)).ok_or(NoMoment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_one_that_the_database_holds_wherever_it_was_written() {
        for (text, moment) in [
            ("2026-01-01T01:00:00+01:00", Some("2026-01-01T00:00:00Z")),
            ("2026-01-01T00:00:00.9Z", Some("2026-01-01T00:00:00Z")),
            ("2016-12-31T23:59:60Z", Some("2016-12-31T23:59:59Z")),
            ("9999-12-31T23:59:59Z", Some("9999-12-31T23:59:59Z")),
            ("9999-12-31T23:59:59.9Z", Some("9999-12-31T23:59:59Z")),
            ("9999-12-31T23:59:59+10:00", Some("9999-12-31T13:59:59Z")),
            ("9999-12-31T23:59:59-10:00", None),
            ("9999-12-31T23:59:59-00:01", None),
            ("10000-01-01T00:00:00Z", None),
            ("1000-01-01T00:00:00Z", Some("1000-01-01T00:00:00Z")),
            ("1000-01-01T00:00:00+00:01", None),
            ("0000-01-01T00:00:00Z", None),
            ("2026-01-01", None),
            ("", None),
        ] {
            let expected = moment.map(|moment| moment.parse().unwrap());
            assert_eq!(read(text).ok(), expected, "{text}");
        }
    }
}
