//! Moments as people type them: a day, a month, a time of the clock in their zone, or a moment with its offset.

use crate::shown::local;
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike as _, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use kami_core::moment::SAID;
use kami_core::zone::Zone;
use thiserror::Error;

use crate::words::{Language, say};

/// The forms in which a time of the clock is read; the first is the one that it is written in.
const CLOCKS: [&str; 4] = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"];

/// The keys of the words for days near now, and how many days they are away.
const NEAR_DAYS: [(&str, i64); 3] = [("day.yesterday", -1), ("day.today", 0), ("day.tomorrow", 1)];

/// A moment, or a stretch of the calendar, as it was typed; the zone and the time make it one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypedMoment {
    /// A whole year, by its first day.
    Year(NaiveDate),
    /// A whole month, by its first day.
    Month(NaiveDate),
    /// A whole day.
    Day(NaiveDate),
    /// A whole day, so many days away from today.
    Near(i64),
    /// A time of the clock in the zone in which moments are shown.
    Clock(NaiveDateTime),
    /// A moment that says its own offset.
    Exact(DateTime<Utc>),
}

/// Why a text is no moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum MomentError {
    /// It is written as none.
    #[error("not a moment: write 2026-01-31, 2026-01, today, 2026-01-31T18:00 or 2026-01-31T18:00:00+08:00")]
    Form,
    /// The database does not hold it in every zone.
    #[error("a moment lies before the year 9999, and in the year 1001 or later")]
    Year,
}

impl FromStr for TypedMoment {
    type Err = MomentError;

    fn from_str(text: &str) -> Result<Self, MomentError> {
        let moment = Self::read(text.trim())?;
        let year = match moment {
            Self::Year(day) | Self::Month(day) | Self::Day(day) => day.year(),
            Self::Clock(clock) => clock.year(),
            Self::Exact(moment) => moment.year(),
            Self::Near(_) => return Ok(moment),
        };
        if SAID.contains(&year) { Ok(moment) } else { Err(MomentError::Year) }
    }
}

impl TypedMoment {
    /// Reads a text of any year.
    fn read(text: &str) -> Result<Self, MomentError> {
        let is_day =
            |key: &str| Language::all().any(|language| text.eq_ignore_ascii_case(&say!(language, key)));
        if let Some((_, days)) = NEAR_DAYS.iter().find(|(key, _)| is_day(key)) {
            return Ok(Self::Near(*days));
        }
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let first_day = |text: &str| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
        match (text.len(), text.split_once('-')) {
            (4, None) if is_number(text) => {
                return first_day(&format!("{text}-01-01")).map(Self::Year).ok_or(MomentError::Form);
            }
            (6 | 7, Some((year, month))) if year.len() == 4 && is_number(year) && is_number(month) => {
                return first_day(&format!("{text}-01")).map(Self::Month).ok_or(MomentError::Form);
            }
            _ => {}
        }
        if let Ok(day) = text.parse() {
            return Ok(Self::Day(day));
        }
        if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
            return Ok(Self::Exact(moment.to_utc()));
        }
        CLOCKS
            .into_iter()
            .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
            .map(Self::Clock)
            .ok_or(MomentError::Form)
    }
}

impl fmt::Display for TypedMoment {
    /// In a form that reads back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Year(day) => write!(f, "{}", day.format("%Y")),
            Self::Month(day) => write!(f, "{}", day.format("%Y-%m")),
            Self::Day(day) => write!(f, "{day}"),
            Self::Near(days) => {
                let key = NEAR_DAYS.iter().find(|(_, away)| away == days).map_or("day.today", |(key, _)| key);
                f.write_str(&say!(Language::ENGLISH, key))
            }
            Self::Clock(clock) => write!(f, "{}", clock.format(CLOCKS[0])),
            Self::Exact(moment) => f.write_str(&moment.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)),
        }
    }
}

impl TypedMoment {
    /// Whether it is a stretch of the calendar rather than a single moment.
    pub const fn is_stretch(self) -> bool {
        !matches!(self, Self::Clock(_) | Self::Exact(_))
    }

    /// The first moment of what was typed.
    pub fn start(self, zone: Zone, now: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Self::Year(day) | Self::Month(day) | Self::Day(day) => midnight(zone, day),
            Self::Near(days) => midnight(zone, near(zone, now, days)),
            Self::Clock(clock) => utc(zone, clock),
            Self::Exact(moment) => moment,
        }
    }

    /// The last second of what was typed: something that lasts until a day lasts through it.
    pub fn last(self, zone: Zone, now: DateTime<Utc>) -> DateTime<Utc> {
        if self.is_stretch() { self.end(zone, now) - TimeDelta::seconds(1) } else { self.start(zone, now) }
    }

    /// The first moment after what was typed: a day belongs to the range that it ends.
    pub fn end(self, zone: Zone, now: DateTime<Utc>) -> DateTime<Utc> {
        let next = match self {
            Self::Year(day) => day.checked_add_months(Months::new(12)),
            Self::Month(day) => day.checked_add_months(Months::new(1)),
            Self::Day(day) => day.checked_add_days(Days::new(1)),
            Self::Near(days) => near(zone, now, days).checked_add_days(Days::new(1)),
            Self::Clock(_) | Self::Exact(_) => None,
        };
        next.map_or_else(|| self.start(zone, now), |next| midnight(zone, next))
    }
}

fn near(zone: Zone, now: DateTime<Utc>, days: i64) -> NaiveDate {
    (local(zone, now) + TimeDelta::days(days)).date()
}

fn midnight(zone: Zone, day: NaiveDate) -> DateTime<Utc> {
    utc(zone, day.and_time(NaiveTime::MIN))
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
        // In Shanghai it is the first of February already.
        let now = "2026-01-31T17:00:00Z".parse().unwrap();
        for (text, zone, start, end) in [
            ("2026", Zone::default(), "2025-12-31T16:00:00Z", "2026-12-31T16:00:00Z"),
            ("2026-02", Zone::default(), "2026-01-31T16:00:00Z", "2026-02-28T16:00:00Z"),
            ("2026-01-31", Zone::default(), "2026-01-30T16:00:00Z", "2026-01-31T16:00:00Z"),
            ("today", Zone::default(), "2026-01-31T16:00:00Z", "2026-02-01T16:00:00Z"),
            ("昨天", berlin, "2026-01-29T23:00:00Z", "2026-01-30T23:00:00Z"),
            ("2026-01-31T18:00", Zone::default(), "2026-01-31T10:00:00Z", "2026-01-31T10:00:00Z"),
            ("2026-01-31 18:00:05", Zone::default(), "2026-01-31T10:00:05Z", "2026-01-31T10:00:05Z"),
            ("2026-01-31T18:00:00+01:00", Zone::default(), "2026-01-31T17:00:00Z", "2026-01-31T17:00:00Z"),
            ("1001", Zone::default(), "1000-12-31T15:54:17Z", "1001-12-31T15:54:17Z"),
            ("9998", Zone::default(), "9997-12-31T16:00:00Z", "9998-12-31T16:00:00Z"),
            ("2026-03-29", berlin, "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
        ] {
            let typed: TypedMoment = text.parse().unwrap();
            assert_eq!(typed.start(zone, now), start.parse::<DateTime<Utc>>().unwrap(), "{text}");
            assert_eq!(typed.end(zone, now), end.parse::<DateTime<Utc>>().unwrap(), "{text}");
            assert_eq!(typed.to_string().parse(), Ok(typed), "{text}");
            let end: DateTime<Utc> = end.parse().unwrap();
            let wanted = if typed.is_stretch() { end - TimeDelta::seconds(1) } else { end };
            assert_eq!(typed.last(zone, now), wanted, "{text}");
        }
        for text in ["", "now", "2026-02-30", "2026-13", "20260131", "18:00", "-026"] {
            assert_eq!(text.parse::<TypedMoment>(), Err(MomentError::Form), "{text}");
        }
        // The database holds none of these, or not in every zone.
        for text in [
            "1000",
            "9999",
            "0226-01",
            "9999-12",
            "0226-01-01",
            "1000-12-31",
            "9999-12-31",
            "-262143-01-01",
            "+262142-12-31",
            "9999-12-31T23:59",
            "0001-01-01 00:00",
            "9999-12-31T23:59:59Z",
            "9999-12-31T23:59:59-10:00",
        ] {
            assert_eq!(text.parse::<TypedMoment>(), Err(MomentError::Year), "{text}");
        }
    }
}
