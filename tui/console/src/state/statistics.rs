//! Counts over time: what is asked for, and how long the stock will last.

use chrono::{DateTime, TimeDelta, Timelike as _, Utc};
use kami_common::shown::local;
use kami_core::app::AppName;
use kami_core::record::CardRecord;
use kami_core::zone::Zone;
use kami_store::{BucketWidth, Event, PrefixStock, Sharing, Stock};

/// How many days the rate of sale is taken from.
pub const STOCK_DAYS: u32 = 30;

/// How many of the cards that expire next are shown at most.
pub const EXPIRING_NEXT: usize = 30;

/// One chart: what it counts, from when on, in which steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Series {
    /// What is counted.
    pub event: Event,
    /// The first moment.
    pub start: DateTime<Utc>,
    /// How wide a step is.
    pub step: BucketWidth,
    /// How many steps there are.
    pub count: u16,
    /// Whether it looks ahead of now, not back.
    pub is_ahead: bool,
}

impl Series {
    /// The key of what is counted in the locale files.
    pub const fn event_key(&self) -> &'static str {
        match self.event {
            Event::Activated => "statistics.activated",
            Event::Generated => "statistics.generated",
            Event::Expiring => "statistics.expiring",
        }
    }

    /// The key of the time it spans in the locale files.
    pub const fn span_key(&self) -> &'static str {
        match (self.step, self.is_ahead) {
            (BucketWidth::Hour, false) => "statistics.past_day",
            (BucketWidth::Hour, true) => "statistics.next_day",
            (BucketWidth::Day, false) => "statistics.past_month",
            (BucketWidth::Day, true) => "statistics.next_month",
        }
    }

    /// The key of the unit of its numbers in the locale files.
    pub const fn unit_key(&self) -> &'static str {
        match self.step {
            BucketWidth::Hour => "statistics.an_hour",
            BucketWidth::Day => "statistics.a_day",
        }
    }
}

/// A series, once it was counted.
#[derive(Clone, Debug)]
pub struct Chart {
    /// What it counts.
    pub series: Series,
    /// One number for each step.
    pub counts: Vec<u64>,
}

/// Everything that the statistics show, as far as it is counted: the quick counts come before the slow.
#[derive(Clone, Debug, Default)]
pub struct Statistics {
    /// The app whose cards are counted; none where all are.
    pub app: Option<AppName>,
    /// One for each series, in the order of the screen.
    pub charts: Vec<Chart>,
    /// The active cards that expire next, the soonest first.
    pub expiring_next: Vec<CardRecord>,
    /// How many cards seem to be shared, where that may be read.
    pub sharing: Option<Sharing>,
    /// How many cards have a key that was copied within the last day, where that may be read.
    pub copied: Option<u64>,
    /// What is left of each prefix; it is counted last, so that with it everything is there.
    pub stock: Option<Stock>,
}

impl Statistics {
    /// The prefixes in the order of their sales, the busiest first; without sales the largest stock.
    pub fn busiest(&self) -> Vec<&PrefixStock> {
        let mut prefixes: Vec<&PrefixStock> = self.stock.iter().flat_map(|stock| &stock.prefixes).collect();
        prefixes.sort_by_key(|prefix| std::cmp::Reverse((prefix.activated, prefix.unused)));
        prefixes
    }
}

/// The charts of a moment, each event by the hour and by the day: whole hours, and whole days of the zone.
pub fn series(now: DateTime<Utc>, zone: Zone) -> [Series; 6] {
    let local = local(zone, now);
    let hour = now - TimeDelta::seconds(i64::from(local.minute() * 60 + local.second()));
    let today = hour - TimeDelta::hours(i64::from(local.hour()));
    let hours =
        |event, start, is_ahead| Series { event, start, step: BucketWidth::Hour, count: 24, is_ahead };
    let days = |event, start, is_ahead| Series { event, start, step: BucketWidth::Day, count: 30, is_ahead };
    let (day_ago, month_ago) = (hour - TimeDelta::hours(23), today - TimeDelta::days(29));
    [
        hours(Event::Activated, day_ago, false),
        days(Event::Activated, month_ago, false),
        hours(Event::Generated, day_ago, false),
        days(Event::Generated, month_ago, false),
        hours(Event::Expiring, hour, true),
        days(Event::Expiring, today, true),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_and_days_begin_where_the_zone_has_them() {
        let now = "2026-03-04T06:02:30Z".parse().unwrap();
        let starts = series(now, Zone::default()).map(|series| series.start.to_rfc3339());
        assert_eq!(
            starts,
            [
                "2026-03-03T07:00:00+00:00",
                "2026-02-02T16:00:00+00:00",
                "2026-03-03T07:00:00+00:00",
                "2026-02-02T16:00:00+00:00",
                "2026-03-04T06:00:00+00:00",
                "2026-03-03T16:00:00+00:00",
            ]
        );
    }
}
