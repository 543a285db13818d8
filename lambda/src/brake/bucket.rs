//! A limit on a rate, as the generic cell rate algorithm keeps it: one number for each that is limited.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use kami_core::misses::Limit;

/// How far ahead of the clock a bucket may be, in nanoseconds.
fn tolerance(limit: Limit) -> u64 {
    nanoseconds(limit.interval).saturating_mul(u64::from(limit.burst))
}

/// What has been let through and is not forgotten yet; empty at first. Moments are times since one fixed start.
#[derive(Debug, Default)]
pub(super) struct Bucket {
    /// When all of it will be forgotten, in nanoseconds since the start: the algorithm's theoretical arrival time.
    emptied: AtomicU64,
}

impl Bucket {
    /// Lets one more through, or says how long it would have to wait. What is refused is not charged, so that the
    /// wait never grows by asking.
    pub(super) fn take(&self, limit: Limit, now: Duration) -> Result<(), Duration> {
        let now = nanoseconds(now);
        let filled = |emptied: u64| {
            let emptied = emptied.max(now).saturating_add(nanoseconds(limit.interval));
            (emptied - now <= tolerance(limit)).then_some(emptied)
        };
        // Nothing else is read or written by what this decides.
        self.emptied
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, filled)
            .map(drop)
            .map_err(|emptied| wait(emptied, limit, now))
    }

    /// Takes down one that has gone through already, beyond the limit if it has to be: whoever comes next waits for it too.
    pub(super) fn owe(&self, limit: Limit, now: Duration) {
        let filled =
            |emptied: u64| Some(emptied.max(nanoseconds(now)).saturating_add(nanoseconds(limit.interval)));
        let _: Result<u64, u64> = self.emptied.fetch_update(Ordering::Relaxed, Ordering::Relaxed, filled);
    }

    /// How long one more would have to wait; zero if it would be let through.
    pub(super) fn wait(&self, limit: Limit, now: Duration) -> Duration {
        wait(self.emptied.load(Ordering::Relaxed), limit, nanoseconds(now))
    }
}

fn wait(emptied: u64, limit: Limit, now: u64) -> Duration {
    let ahead = emptied.saturating_sub(now).saturating_add(nanoseconds(limit.interval));
    Duration::from_nanos(ahead.saturating_sub(tolerance(limit)))
}

/// Good for five centuries.
fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMIT: Limit = Limit { burst: 3, interval: Duration::from_secs(5) };

    #[test]
    fn a_few_are_free_and_then_one_in_each_interval() {
        let bucket = Bucket::default();
        let take = |seconds| bucket.take(LIMIT, Duration::from_secs(seconds)).map_err(|wait| wait.as_secs());
        for (second, taken) in [
            (10, Ok(())),
            (10, Ok(())),
            (10, Ok(())),
            (10, Err(5)),
            (12, Err(3)),
            (14, Err(1)),
            (15, Ok(())),
            (15, Err(5)),
            (100, Ok(())),
            (100, Ok(())),
            (100, Ok(())),
            (100, Err(5)),
        ] {
            assert_eq!(take(second), taken, "at {second}");
        }
    }

    #[test]
    fn what_is_owed_is_waited_for() {
        let bucket = Bucket::default();
        let wait = |seconds| bucket.wait(LIMIT, Duration::from_secs(seconds)).as_secs();
        for owed in [0, 0, 5, 10, 15] {
            bucket.owe(LIMIT, Duration::from_secs(10));
            assert_eq!(wait(10), owed);
        }
        assert_eq!([wait(20), wait(25)], [5, 0]);
        bucket.owe(LIMIT, Duration::from_secs(100));
        assert_eq!(wait(100), 0, "what is forgotten is not owed any more");
    }

    proptest! {
        #[test]
        fn no_pattern_gets_more_through_than_the_limit(pauses in prop::collection::vec(0..20_000_u64, 1..200)) {
            let bucket = Bucket::default();
            let mut now = Duration::ZERO;
            let mut taken = 0;
            for pause in pauses {
                now += Duration::from_millis(pause);
                let wait = bucket.wait(LIMIT, now);
                let took = bucket.take(LIMIT, now);
                prop_assert_eq!(took, if wait.is_zero() { Ok(()) } else { Err(wait) });
                prop_assert!(wait <= LIMIT.interval, "{:?}", wait);
                taken += u128::from(took.is_ok());
                prop_assert!(taken <= u128::from(LIMIT.burst) + now.as_nanos() / LIMIT.interval.as_nanos());
            }
        }

        #[test]
        fn whoever_waits_as_told_is_let_through(times in 3..20_usize, at in 0..u64::MAX / 4) {
            let bucket = Bucket::default();
            let now = Duration::from_nanos(at);
            let wait = (0..=times).find_map(|_| bucket.take(LIMIT, now).err()).unwrap();
            let instant = Duration::from_nanos(1);
            prop_assert_eq!(bucket.take(LIMIT, now + wait.saturating_sub(instant)), Err(instant));
            prop_assert_eq!(bucket.take(LIMIT, now + wait), Ok(()));
        }
    }
}
