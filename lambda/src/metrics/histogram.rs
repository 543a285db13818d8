//! A histogram of times that many threads add to at once.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The longest time that still has a bucket with a bound.
pub(crate) const LONGEST: Duration = Duration::from_secs(15);

/// The upper bounds of the buckets: from a validation on the same machine to more than the longest a
/// request may take, so that one that is given up has a bucket with a bound.
const BOUNDS: [Duration; 13] = [
    Duration::from_micros(500),
    Duration::from_millis(1),
    Duration::from_micros(2_500),
    Duration::from_millis(5),
    Duration::from_millis(10),
    Duration::from_millis(25),
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_millis(2_500),
    LONGEST,
];

/// Counts of times by bucket, the last without a bound, and their sum.
#[derive(Debug, Default)]
pub(super) struct Histogram {
    buckets: [AtomicU64; BOUNDS.len() + 1],
    sum_nanoseconds: AtomicU64,
}

/// A histogram at one moment.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Snapshot {
    /// Each bucket's upper bound in seconds, the last infinite, and how many times fell into it alone.
    pub(crate) buckets: Vec<(f64, u64)>,
    /// How many times there are.
    pub(crate) count: u64,
    /// What they add up to, in seconds.
    pub(crate) sum: f64,
}

impl Histogram {
    /// Adds a time.
    pub(super) fn record(&self, time: Duration) {
        let bucket = BOUNDS.iter().position(|bound| time <= *bound).unwrap_or(BOUNDS.len());
        self.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.sum_nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
    }

    /// What it holds now; the count is that of the buckets, so that the two always agree.
    pub(super) fn snapshot(&self) -> Snapshot {
        let bounds = BOUNDS.iter().map(Duration::as_secs_f64).chain([f64::INFINITY]);
        let counts = self.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed));
        let buckets: Vec<_> = bounds.zip(counts).collect();
        let count = buckets.iter().map(|(_, count)| count).sum();
        let sum = Duration::from_nanos(self.sum_nanoseconds.load(Ordering::Relaxed)).as_secs_f64();
        Snapshot { buckets, count, sum }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_falls_into_the_first_bucket_that_holds_it() {
        let histogram = Histogram::default();
        for microseconds in [0, 500, 501, 1_000, 2_000_000, 15_000_000, 15_000_001] {
            histogram.record(Duration::from_micros(microseconds));
        }
        let Snapshot { buckets, count, sum } = histogram.snapshot();
        let filled: Vec<_> = buckets.into_iter().filter(|(_, count)| *count > 0).collect();
        assert_eq!(filled, [(0.0005, 2), (0.001, 2), (2.5, 1), (15.0, 1), (f64::INFINITY, 1)]);
        assert_eq!(count, 7);
        assert!((sum - 32.002_002).abs() < 1e-9, "{sum}");
    }
}
