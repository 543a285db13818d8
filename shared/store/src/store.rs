//! The database of one installation.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::address::AddressSource;
use crate::clock::Now;
use crate::counters::StoreCounters;
use crate::database_url::DatabaseUrl;
use crate::engines::Engines;
use crate::error::StoreError;
use crate::health::{HEALTH_LIMIT, Health};
use crate::lookup::{self, Lookups};
use crate::mismatch_tally::Counting;
use crate::operation::Operation;
use crate::policies::Policies;
use crate::pool::Pool;
use crate::routines::Writing;

/// How long the last write may take.
const LAST_WRITE: Duration = Duration::from_secs(1);

/// The database of one installation, reached through a pool of connections that is filled as it is needed.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) pool: Pool,
    pub(crate) lookups: Lookups,
    pub(crate) health: Health,
    pub(crate) policies: Policies,
    /// Permission for a client's request to write, or to count seats; fewer than there are connections, so that requests
    /// which only look a card up go on while a lock holds the writers up.
    pub(crate) writes: Arc<Semaphore>,
    pub(crate) writing: Arc<Writing>,
    pub(crate) engines: Arc<Engines>,
    pub(crate) mismatches: Arc<Counting>,
    pub(crate) is_stopped_between_requests: bool,
    read_only: bool,
}

impl Store {
    /// Makes a store without connecting: the first request does that.
    pub fn new(url: &DatabaseUrl) -> Self {
        Self::with_source(Arc::new(url.clone()))
    }

    /// The same for a database whose address has to be found out.
    pub fn with_source(source: Arc<dyn AddressSource>) -> Self {
        let writes = Arc::new(Semaphore::new(source.pool().saturating_sub(lookup::LANES + 1).max(1)));
        let pool = Pool::new(source);
        let policies = Policies::new(pool.clone());
        let (lookups, health) = (Lookups::new(pool.clone()), Health::new(pool.clone()));
        Self {
            pool,
            lookups,
            health,
            policies,
            writes,
            writing: Arc::default(),
            engines: Arc::default(),
            mismatches: Arc::default(),
            is_stopped_between_requests: false,
            read_only: false,
        }
    }

    /// The same store, which refuses every act of an operator before anything is sent if it is `read_only`.
    #[must_use]
    pub fn read_only(self, read_only: bool) -> Self {
        Self { read_only, ..self }
    }

    /// Whether it refuses every act.
    pub fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// Writes down what was counted, then closes every connection politely, each for at most a second; the store and its clones
    /// are of no use afterwards.
    pub async fn close(self) {
        self.write_mismatches_until(Instant::now() + LAST_WRITE).await;
        self.pool.close().await;
    }

    /// How many connections to the database there may be at once.
    pub fn max_connections(&self) -> usize {
        self.pool.size()
    }

    /// What the database's clock says, without asking: it told so with the last card that a client asked for.
    pub fn known_time(&self) -> DateTime<Utc> {
        self.lookups.known_time()
    }

    /// What has been counted about the database so far.
    pub fn counters(&self) -> StoreCounters {
        self.pool.counters().snapshot()
    }

    /// Whether the database answers: its clock, as it was asked for by this or by another check at most [`HEALTH_KEPT`](crate::HEALTH_KEPT)
    /// ago.
    pub async fn health(&self) -> Result<DateTime<Utc>, StoreError> {
        self.health.check().await
    }

    /// The database's clock, to the second.
    pub async fn now(&self) -> Result<DateTime<Utc>, StoreError> {
        self.run(HEALTH_LIMIT, Now { counters: self.pool.counters() }).await
    }

    /// Does `operation` on a connection of the pool, within `limit`.
    pub(crate) async fn run<O: Operation>(
        &self,
        limit: Duration,
        operation: O,
    ) -> Result<O::Output, StoreError> {
        self.pool.run(limit, operation).await
    }
}
