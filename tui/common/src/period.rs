//! Ranges of time as people type them: `2026-01-01..2026-01-31`, `2026-01..`, `..2026-02-01`, `today`, `7d`.

use crate::shown::{duration, local};
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use kami_core::filter::Range;
use kami_core::span;
use kami_core::spoken::{self, Spoken};
use kami_core::zone::Zone;
use thiserror::Error;

use crate::moment::TypedMoment;
use crate::words::{Language, list, say};

/// A range of time as it was typed: it moves with the clock where it is told from now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// Between two moments, either of which may be open, both with the whole of their day, month or year.
    Between(Option<TypedMoment>, Option<TypedMoment>),
    /// So many seconds back from now, or on from now.
    Span(u32),
}

/// The side of now on which a span lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// What has happened: the last seven days.
    Past,
    /// What is to come: the next seven days.
    Future,
}

/// A text that is no range of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a range of time: write 2026-01-01..2026-01-31, 2026-01.., ..2026-02-01, today or 7d")]
pub struct PeriodError;

impl FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        let text = text.trim();
        let moment = |text: &str| match text.trim() {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| PeriodError),
        };
        if let Some((from, until)) = text.split_once("..") {
            return match (moment(from)?, moment(until)?) {
                (None, None) => Err(PeriodError),
                (from, until) => Ok(Self::Between(from, until)),
            };
        }
        if let Ok(Spoken { seconds: Some(seconds), .. }) = spoken::parse(without_side(text)) {
            return Ok(Self::Span(seconds));
        }
        let one = text.parse::<TypedMoment>().ok().filter(|moment| moment.is_stretch());
        one.map(|moment| Self::Between(Some(moment), Some(moment))).ok_or(PeriodError)
    }
}

/// The length of a span, less the words that say on which side of now it lies, as in 最近 7天: each filter knows its own.
fn without_side(text: &str) -> &str {
    let mut sides = Language::all().flat_map(|language| list(language, "language.sides"));
    sides.find_map(|side| text.strip_prefix(&*side)).unwrap_or(text)
}

impl fmt::Display for Period {
    /// In the form that is typed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Span(seconds) => f.write_str(&span::exact(*seconds)),
            Self::Between(Some(from), Some(until)) if from == until && from.is_stretch() => from.fmt(f),
            Self::Between(from, until) => {
                if let Some(from) = from {
                    from.fmt(f)?;
                }
                f.write_str("..")?;
                until.map_or(Ok(()), |until| until.fmt(f))
            }
        }
    }
}

impl Period {
    /// The whole day that is so many days away from today.
    pub const fn day_away(days: i64) -> Self {
        Self::Between(Some(TypedMoment::Near(days)), Some(TypedMoment::Near(days)))
    }

    /// The moments that it means at `now`.
    pub fn range(self, side: Side, zone: Zone, now: DateTime<Utc>) -> Range {
        match self {
            Self::Between(from, until) => Range {
                from: from.map(|from| from.start(zone, now)),
                until: until.map(|until| until.end(zone, now)),
            },
            Self::Span(seconds) => {
                let length = TimeDelta::seconds(seconds.into());
                match side {
                    Side::Past => Range { from: Some(now - length), until: None },
                    Side::Future => Range { from: Some(now), until: Some(now + length) },
                }
            }
        }
    }

    /// The range in few words, as a filter shows it.
    pub fn words(self, language: Language, side: Side) -> String {
        match self {
            Self::Span(seconds) => {
                let span = duration(language, Some(seconds));
                say!(language, if side == Side::Past { "span.last" } else { "span.next" }, span = span)
            }
            Self::Between(Some(TypedMoment::Near(days)), Some(TypedMoment::Near(other))) if days == other => {
                let key = match days {
                    ..0 => "day.yesterday",
                    0 => "day.today",
                    1.. => "day.tomorrow",
                };
                say!(language, key)
            }
            Self::Between(..) => self.to_string(),
        }
    }
}

/// Whether no moment can lie in it.
pub fn is_empty(range: Range) -> bool {
    matches!(range, Range { from: Some(from), until: Some(until) } if until <= from)
}

/// Which moments a range holds, by the clock of `zone`: `2026-01-01 00:00 – 2026-01-31 24:00`.
pub fn meaning(language: Language, zone: Zone, range: Range) -> String {
    let start = |moment| clock(zone, moment, false);
    let end = |moment| clock(zone, moment, true);
    match (range.from, range.until) {
        (Some(from), Some(until)) => format!("{} – {}", start(from), end(until)),
        (Some(from), None) => say!(language, "period.from", moment = start(from)),
        (None, Some(until)) => say!(language, "period.until", moment = end(until)),
        (None, None) => say!(language, "span.any"),
    }
}

/// A moment by the clock of `zone`; the midnight that ends a range is the end of the day before it.
fn clock(zone: Zone, moment: DateTime<Utc>, is_end: bool) -> String {
    let clock = local(zone, moment);
    if is_end && clock.time() == NaiveTime::MIN {
        return (clock - TimeDelta::days(1)).format("%Y-%m-%d 24:00").to_string();
    }
    let form = if clock.and_utc().timestamp() % 60 == 0 { "%Y-%m-%d %H:%M" } else { "%Y-%m-%d %H:%M:%S" };
    clock.format(form).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-03-04T06:02:00Z".parse().unwrap()
    }

    #[test]
    fn what_is_typed_means_moments_of_the_zone() {
        for (text, past, future) in [
            ("2026-01-01..2026-01-31", "2026-01-01 00:00 – 2026-01-31 24:00", None),
            (" 2026-01-01 .. 2026-02 ", "2026-01-01 00:00 – 2026-02-28 24:00", None),
            ("2026-01..", "2026-01-01 00:00 and later", None),
            ("..2026-02-01", "before 2026-02-01 24:00", None),
            ("..2026-02-01T12:30", "before 2026-02-01 12:30", None),
            ("2026", "2026-01-01 00:00 – 2026-12-31 24:00", None),
            ("today", "2026-03-04 00:00 – 2026-03-04 24:00", None),
            ("昨天..今天", "2026-03-03 00:00 – 2026-03-04 24:00", None),
            ("7d", "2026-02-25 14:02 and later", Some("2026-03-04 14:02 – 2026-03-11 14:02")),
            ("7天", "2026-02-25 14:02 and later", Some("2026-03-04 14:02 – 2026-03-11 14:02")),
            ("未来 三天", "2026-03-01 14:02 and later", Some("2026-03-04 14:02 – 2026-03-07 14:02")),
            ("最近2小时", "2026-03-04 12:02 and later", Some("2026-03-04 14:02 – 2026-03-04 16:02")),
            ("1w", "2026-02-25 14:02 and later", Some("2026-03-04 14:02 – 2026-03-11 14:02")),
        ] {
            let period: Period = text.parse().unwrap();
            let said = |side| {
                meaning(Language::ENGLISH, Zone::default(), period.range(side, Zone::default(), now()))
            };
            assert_eq!(said(Side::Past), past, "{text}");
            assert_eq!(said(Side::Future), future.unwrap_or(past), "{text}");
            assert_eq!(period.to_string().parse(), Ok(period), "{text}");
        }
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for text in
            ["", "..", "7", "7x", "永久", "soon", "2026-02-30..", "2026-01-31T18:00", "a..b", "1..2..3"]
        {
            assert_eq!(text.parse::<Period>(), Err(PeriodError), "{text}");
        }
    }

    #[test]
    fn a_range_that_ends_before_it_begins_is_empty() {
        for (text, empty) in [("2026-02..2026-01", true), ("2026-01..2026-01", false), ("7d", false)] {
            let period: Period = text.parse().unwrap();
            assert_eq!(is_empty(period.range(Side::Future, Zone::default(), now())), empty, "{text}");
        }
    }

    #[test]
    fn a_filter_shows_few_words() {
        for (text, english, chinese) in [
            ("7d", "in the last 7d", "最近 7天"),
            ("1h", "in the last 1h", "最近 1小时"),
            ("tomorrow", "tomorrow", "明天"),
            ("2026-01..", "2026-01..", "2026-01.."),
        ] {
            let period: Period = text.parse().unwrap();
            assert_eq!(period.words(Language::ENGLISH, Side::Past), english);
            assert_eq!(period.words(Language::of_locale("zh"), Side::Past), chinese);
        }
    }
}
