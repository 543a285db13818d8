//! Counts over time: what is asked for, and how long the stock will last.

use chrono::{DateTime, TimeDelta, Timelike as _, Utc};
use kami_shared::store::{Event, PrefixStock, Step, Stock};
use kami_shared::zone::Zone;

use crate::words::local;

/// How many days the rate of sale is taken from.
pub const STOCK_DAYS: u32 = 30;

/// One chart: what it counts, from when on, in which steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Series {
    /// What is counted.
    pub event: Event,
    /// The first moment.
    pub start: DateTime<Utc>,
    /// How wide a step is.
    pub step: Step,
    /// How many steps there are.
    pub count: u16,
    /// The key of its title in the locale files.
    pub key: &'static str,
}

/// A chart with its numbers.
#[derive(Clone, Debug)]
pub struct Chart {
    /// What it counts.
    pub series: Series,
    /// One number for each step.
    pub counts: Vec<u64>,
}

/// Everything that the statistics show.
#[derive(Clone, Debug)]
pub struct Statistics {
    /// The charts.
    pub charts: Vec<Chart>,
    /// What is left of each prefix.
    pub stock: Stock,
}

impl Statistics {
    /// The prefixes in the order of their sales, the busiest first; without sales the largest stock.
    pub fn busiest(&self) -> Vec<&PrefixStock> {
        let mut prefixes: Vec<&PrefixStock> = self.stock.prefixes.iter().collect();
        prefixes.sort_by_key(|prefix| std::cmp::Reverse((prefix.activated, prefix.unused)));
        prefixes
    }
}

/// The charts of a moment: whole hours, and whole days of the zone.
pub fn series(now: DateTime<Utc>, zone: Zone) -> [Series; 4] {
    let local = local(zone, now);
    let hour = now - TimeDelta::seconds(i64::from(local.minute() * 60 + local.second()));
    let today = hour - TimeDelta::hours(i64::from(local.hour()));
    let month_ago = today - TimeDelta::days(29);
    let days = |event, start, key| Series { event, start, step: Step::Day, count: 30, key };
    [
        Series {
            event: Event::Activated,
            start: hour - TimeDelta::hours(23),
            step: Step::Hour,
            count: 24,
            key: "statistics.activated_hours",
        },
        days(Event::Activated, month_ago, "statistics.activated_days"),
        days(Event::Generated, month_ago, "statistics.generated_days"),
        days(Event::Expiring, today, "statistics.expiring_days"),
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
                "2026-02-02T16:00:00+00:00",
                "2026-03-03T16:00:00+00:00",
            ]
        );
    }
}
