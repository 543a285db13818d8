//! The connections to one database: few, made when they are needed, kept for as long as they work.
//!
//! The driver's own pool hands a connection back through a task of its own, so that a request right behind another
//! opens a second connection instead of reusing the first. Here it is back before the answer leaves.
//!
//! Nobody who asks can break a connection by hanging up: it is made in a task of its own and goes to whoever comes next.

mod connection;
mod connector;
mod lease;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mysql_async::{DriverError, Error};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout, timeout_at};

use self::connection::{Connection, LEAVE};
use self::connector::Connector;
use self::lease::Lease;
use super::address::AddressSource;
use super::counters::Counters;
use super::{Operation, StoreError};
use crate::database_url::DatabaseUrl;

/// How long a connection may lie idle: networks forget a silent one, AWS's after 350 seconds, and tell nobody.
const MAX_IDLE: Duration = Duration::from_mins(5);

/// How recently a connection must have worked to be trusted when another one turned out to lead nowhere.
const TRUSTED: Duration = Duration::from_secs(10);

/// How often work is tried that the server rolls back each time, as where many write the same card.
const MOST_TRIES: u32 = 4;

/// A pool of connections; clones share it.
#[derive(Clone)]
pub(super) struct Pool {
    shared: Arc<Shared>,
}

struct Shared {
    connector: Connector,
    /// Permission to hold a connection; those who wait for one are served in order.
    slots: Arc<Semaphore>,
    /// The connections that nobody holds, the most recently used last.
    idle: Mutex<Vec<Connection>>,
    counters: Arc<Counters>,
}

impl Pool {
    /// A pool for a database; no connection is made yet.
    pub(super) fn new(source: Arc<dyn AddressSource>) -> Self {
        let slots = Arc::new(Semaphore::new(source.pool()));
        let counters = Arc::<Counters>::default();
        let connector = Connector::new(source, Arc::clone(&counters));
        Self { shared: Arc::new(Shared { connector, slots, idle: Mutex::default(), counters }) }
    }

    /// Where the database is.
    pub(super) async fn address(&self) -> Result<DatabaseUrl, StoreError> {
        self.shared.connector.address().await
    }

    /// How many connections there may be at once.
    pub(super) fn size(&self) -> usize {
        self.shared.connector.size()
    }

    /// What is counted about its use.
    pub(super) fn counters(&self) -> &Counters {
        &self.shared.counters
    }

    /// Does `operation` within `limit`, as [`Self::run_until`] does.
    pub(super) async fn run<O: Operation>(
        &self,
        limit: Duration,
        operation: O,
    ) -> Result<O::Output, StoreError> {
        self.run_until(Instant::now() + limit, operation).await
    }

    /// Does `operation` on a connection of the pool, before `deadline`.
    ///
    /// It is repeated after a deadlock, and once on a fresh connection if the one it was lent turns out to be of no use
    /// any more: closed by the server, leading to one that only reads, or, for work that only reads, silent.
    pub(super) async fn run_until<O: Operation>(
        &self,
        deadline: Instant,
        operation: O,
    ) -> Result<O::Output, StoreError> {
        let tries = async {
            let (mut moved, mut rolled_back) = (false, 0);
            loop {
                let mut lease = self.lend().await?;
                let may_move = lease.reused && !moved;
                let left = deadline.saturating_duration_since(Instant::now());
                let patience = if O::ONLY_READS && may_move { left / 2 } else { left };
                let work = operation.run(lease.begin(O::IS_CANCELLED)?);
                let Ok(result) = timeout(patience, work).await else {
                    drop(lease);
                    self.forget_idle(TRUSTED);
                    if O::ONLY_READS && may_move {
                        moved = true;
                        continue;
                    }
                    return Err(StoreError::TimedOut);
                };
                let again = match &result {
                    Err(error) if error.wants_another_connection() => {
                        lease.close();
                        self.forget_idle(Duration::ZERO);
                        moved = true;
                        may_move
                    }
                    Err(error) if error.leaves_the_connection_in_doubt() => {
                        lease.close();
                        false
                    }
                    Err(error) if error.is_rolled_back() => {
                        lease.give_back();
                        rolled_back += 1;
                        rolled_back < MOST_TRIES
                    }
                    Ok(_) | Err(_) => {
                        lease.give_back();
                        false
                    }
                };
                if !again {
                    return result;
                }
            }
        };
        timeout_at(deadline, tries).await.unwrap_or(Err(StoreError::TimedOut))
    }

    /// Lends the connection that was used last or, if none is idle, makes one; waits while all are on loan.
    pub(super) async fn lend(&self) -> Result<Lease, StoreError> {
        let closed = |_| StoreError::from(Error::Driver(DriverError::PoolDisconnected));
        let slot = self.counters().acquire(&self.shared.slots).await.map_err(closed)?;
        let last = self.idle().pop();
        match last {
            Some(last) if last.since.elapsed() < MAX_IDLE => {
                return Ok(Lease::new(self.clone(), last, slot, true));
            }
            Some(stale) => {
                stale.close();
                // Those below it have been idle for longer still.
                self.forget_idle(MAX_IDLE);
            }
            None => {}
        }
        let pool = self.clone();
        let connecting = tokio::spawn(async move {
            let connection = pool.shared.connector.connect().await?;
            // If whoever asked has hung up, the lease is dropped here and the connection goes to the next.
            Ok(Lease::new(pool, connection, slot, false))
        });
        connecting.await.unwrap_or(Err(StoreError::Abandoned))
    }

    /// Closes the connections that have been idle for longer than this: one of them proved dead, so that the others
    /// are likely to be.
    pub(super) fn forget_idle(&self, longer_than: Duration) {
        self.idle().extract_if(.., |idle| idle.since.elapsed() >= longer_than).for_each(Connection::close);
    }

    /// Lends nothing any more and takes leave of the server on every connection, as far as that can be done in a second:
    /// on what is on loan or being made by then, when it comes back.
    pub(super) async fn close(&self) {
        self.shared.slots.close();
        std::mem::take(&mut *self.idle()).into_iter().for_each(Connection::close);
        drop(timeout(LEAVE, self.shared.connector.all_closed()).await);
    }

    /// Takes a connection that works and is nobody's any more.
    fn put_back(&self, connection: Connection) {
        let mut idle = self.idle();
        if self.shared.slots.is_closed() {
            connection.close();
        } else {
            idle.push(Connection { since: Instant::now(), ..connection });
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.shared.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("idle", &self.idle().len()).finish_non_exhaustive()
    }
}
