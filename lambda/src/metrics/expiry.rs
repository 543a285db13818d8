//! What the expiry job counts.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// The counters of the expiry job.
#[derive(Debug, Default)]
pub struct ExpiryMetrics {
    expired: AtomicU64,
    succeeded: AtomicU64,
    failed: AtomicU64,
    /// In seconds since 1970; 0 before the first.
    last_success: AtomicU64,
}

impl ExpiryMetrics {
    /// So many more cards were marked as expired.
    pub(crate) fn expired_cards(&self, count: u64) {
        self.expired.fetch_add(count, Ordering::Relaxed);
    }

    pub(crate) fn succeeded(&self) {
        self.succeeded.fetch_add(1, Ordering::Relaxed);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.last_success.store(now.as_secs(), Ordering::Relaxed);
    }

    pub(crate) fn failed(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }

    /// How many cards all runs marked as expired, those that failed later included.
    pub(crate) fn expired(&self) -> u64 {
        self.expired.load(Ordering::Relaxed)
    }

    /// How many runs succeeded and how many failed.
    pub(crate) fn runs(&self) -> (u64, u64) {
        (self.succeeded.load(Ordering::Relaxed), self.failed.load(Ordering::Relaxed))
    }

    /// When the last run succeeded, in seconds since 1970; 0 if none has.
    pub(crate) fn last_success(&self) -> u64 {
        self.last_success.load(Ordering::Relaxed)
    }
}
