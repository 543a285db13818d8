//! What a store counts about itself: a few atomic additions a request, read by whoever reports them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore, TryAcquireError};

/// What a store has counted since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoreCounters {
    /// Round trips for clients and for the expiry job: one a statement, and one for the session of each new
    /// connection; that a connection prepares each of its few statements once is not counted.
    pub round_trips: u64,
    /// How often work had to wait for a connection, or for its turn to write.
    pub pool_waits: u64,
    /// How long those waits took in all.
    pub pool_wait_time: Duration,
    /// The connections that are open now, from their login until they are closed.
    pub connections: u64,
    /// Requests that a card was refused to since others have its seats, and that are not counted with it: for want of room in
    /// memory, of a right, or of a database that takes them.
    pub mismatches_lost: u64,
    /// Requests that showed the key of a device to be on two machines.
    pub copied_keys: u64,
}

/// The counters behind [`StoreCounters`]; relaxed, as each stands for itself.
#[derive(Debug, Default)]
pub(super) struct Counters {
    round_trips: AtomicU64,
    pool_waits: AtomicU64,
    pool_wait_nanoseconds: AtomicU64,
    connections: AtomicU64,
    mismatches_lost: AtomicU64,
    copied_keys: AtomicU64,
}

impl Counters {
    /// A statement is sent.
    pub(super) fn round_trip(&self) {
        self.round_trips.fetch_add(1, Ordering::Relaxed);
    }

    /// So many refusals are not counted with their cards.
    pub(super) fn mismatches_lost(&self, requests: u64) {
        self.mismatches_lost.fetch_add(requests, Ordering::Relaxed);
    }

    /// A key of a device is on two machines.
    pub(super) fn copied_key(&self) {
        self.copied_keys.fetch_add(1, Ordering::Relaxed);
    }

    /// A permit of the semaphore, with the wait for it counted if there is one.
    pub(super) async fn acquire(
        &self,
        semaphore: &Arc<Semaphore>,
    ) -> Result<OwnedSemaphorePermit, AcquireError> {
        match Arc::clone(semaphore).try_acquire_owned() {
            Ok(permit) => Ok(permit),
            Err(TryAcquireError::NoPermits | TryAcquireError::Closed) => {
                let _wait = Wait { counters: self, since: Instant::now() };
                Arc::clone(semaphore).acquire_owned().await
            }
        }
    }

    /// What has been counted so far.
    pub(super) fn snapshot(&self) -> StoreCounters {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        StoreCounters {
            round_trips: read(&self.round_trips),
            pool_waits: read(&self.pool_waits),
            pool_wait_time: Duration::from_nanos(read(&self.pool_wait_nanoseconds)),
            connections: read(&self.connections),
            mismatches_lost: read(&self.mismatches_lost),
            copied_keys: read(&self.copied_keys),
        }
    }
}

/// A wait under way; it counts even if it is given up.
struct Wait<'a> {
    counters: &'a Counters,
    since: Instant,
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        let waited = u64::try_from(self.since.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.counters.pool_waits.fetch_add(1, Ordering::Relaxed);
        self.counters.pool_wait_nanoseconds.fetch_add(waited, Ordering::Relaxed);
    }
}

/// Counts a connection as open for as long as it lives.
#[derive(Debug)]
pub(super) struct OpenConnection(Arc<Counters>);

impl OpenConnection {
    /// A connection was made.
    pub(super) fn new(counters: Arc<Counters>) -> Self {
        counters.connections.fetch_add(1, Ordering::Relaxed);
        Self(counters)
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_those_who_wait_are_counted() {
        let counters = Counters::default();
        let semaphore = Arc::new(Semaphore::new(1));
        let first = counters.acquire(&semaphore).await.unwrap();
        assert_eq!(counters.snapshot(), StoreCounters::default());

        let given_up = tokio::time::timeout(Duration::from_millis(1), counters.acquire(&semaphore)).await;
        assert!(given_up.is_err());
        let waits = counters.snapshot();
        assert_eq!(waits.pool_waits, 1);
        assert!(waits.pool_wait_time >= Duration::from_millis(1), "{waits:?}");

        let (second, ()) = tokio::join!(counters.acquire(&semaphore), async { drop(first) });
        drop(second.unwrap());
        assert_eq!(counters.snapshot().pool_waits, 2);
    }

    #[test]
    fn a_connection_counts_until_it_is_dropped() {
        let counters = Arc::new(Counters::default());
        let open = [OpenConnection::new(Arc::clone(&counters)), OpenConnection::new(Arc::clone(&counters))];
        assert_eq!(counters.snapshot().connections, 2);
        drop(open);
        assert_eq!(counters.snapshot().connections, 0);
    }
}
