//! The database's clock, as far as answers told it: between them the system's runs on from there.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};

/// How far the database's clock is ahead of the system's.
#[derive(Debug, Default)]
pub(super) struct KnownClock {
    milliseconds: AtomicI64,
}

impl KnownClock {
    /// Notes what the database's clock says now.
    pub(super) fn note(&self, now: DateTime<Utc>) {
        let ahead = (now - Utc::now()).num_milliseconds();
        self.milliseconds.store(ahead, Ordering::Relaxed);
    }

    /// What it says now, without asking; the system's own time before it was ever told.
    pub(super) fn now(&self) -> DateTime<Utc> {
        let ahead = TimeDelta::milliseconds(self.milliseconds.load(Ordering::Relaxed));
        Utc::now().checked_add_signed(ahead).unwrap_or_else(Utc::now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_by_what_it_was_told() {
        let clock = KnownClock::default();
        assert!((clock.now() - Utc::now()).abs() < TimeDelta::minutes(1));
        let told = "2031-02-03T04:05:06Z".parse().unwrap();
        clock.note(told);
        let since = clock.now() - told;
        assert!(since > -TimeDelta::seconds(1) && since < TimeDelta::hours(1), "{since}");
    }
}
