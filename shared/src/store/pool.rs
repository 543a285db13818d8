//! The connections to one database: few, made when they are needed, kept for as long as they work.
//!
//! The driver's own pool hands a connection back through a task of its own, so that a request right behind another
//! opens a second connection instead of reusing the first. Here it is back before the answer leaves.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mysql_async::{Conn, DriverError, Error, Opts};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout, timeout_at};

use super::address::AddressSource;
use super::connect::connect;
use super::counters::{Counters, OpenConnection};
use super::limit::Recall;
use super::{Operation, StoreError};
use crate::database_url::DatabaseUrl;

/// What every connection is told once, so that a server's own settings cannot change what kami does: each statement
/// counts by itself unless a transaction is begun, and no lock is waited for longer than a client waits for us.
const SESSION: &str = "SET autocommit = 1, innodb_lock_wait_timeout = 1, lock_wait_timeout = 1";

/// How long a connection may lie idle: networks forget a silent one, AWS's after 350 seconds, and tell nobody.
const MAX_IDLE: Duration = Duration::from_mins(5);

/// How recently a connection must have worked to be trusted when another one turned out to lead nowhere.
const TRUSTED: Duration = Duration::from_secs(10);

/// A pool of connections; clones share it.
#[derive(Clone)]
pub(super) struct Pool {
    shared: Arc<Shared>,
}

struct Shared {
    source: Arc<dyn AddressSource>,
    /// The driver's options for the address that was connected to last. They are made with the first connection:
    /// reading the system's certificates is work that can wait.
    options: Mutex<Option<(DatabaseUrl, Opts)>>,
    /// Permission to hold a connection; those who wait for one are served in order.
    slots: Semaphore,
    /// The connections that nobody holds, the most recently used last.
    idle: Mutex<Vec<Idle>>,
    counters: Arc<Counters>,
}

struct Idle {
    connection: Conn,
    open: OpenConnection,
    since: Instant,
}

/// A connection on loan. It goes back with [`Lease::give_back`]; dropped instead, because its work was given up half
/// way, it is closed, as nobody could tell what the server would answer on it next.
pub(super) struct Lease<'a> {
    /// The connection itself.
    pub(super) connection: Conn,
    /// Whether it has worked before, so that the server may have closed it meanwhile.
    pub(super) reused: bool,
    open: OpenConnection,
    pool: &'a Pool,
    _slot: SemaphorePermit<'a>,
}

impl Pool {
    /// A pool for a database; no connection is made yet.
    pub(super) fn new(source: Arc<dyn AddressSource>) -> Self {
        let slots = Semaphore::new(source.pool());
        let (options, idle, counters) = (Mutex::default(), Mutex::default(), Arc::default());
        Self { shared: Arc::new(Shared { source, options, slots, idle, counters }) }
    }

    /// Where the database is.
    pub(super) async fn address(&self) -> Result<DatabaseUrl, StoreError> {
        Ok(self.shared.source.address(None).await?)
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
    /// It is repeated once after a deadlock, and once on a fresh connection if the one it was lent turns out to be of
    /// no use any more: closed by the server, leading to one that only reads, or, for work that only reads, silent.
    pub(super) async fn run_until<O: Operation>(
        &self,
        deadline: Instant,
        operation: O,
    ) -> Result<O::Output, StoreError> {
        let tries = async {
            let mut repeated = false;
            loop {
                let mut lease = self.lend().await?;
                let may_move = lease.reused && !repeated;
                let recall = O::IS_RECALLED.then(|| Recall::of(&lease.connection));
                let left = deadline.saturating_duration_since(Instant::now());
                let patience = if O::ONLY_READS && may_move { left / 2 } else { left };
                let Ok(result) = timeout(patience, operation.run(&mut lease.connection)).await else {
                    drop((recall, lease));
                    self.forget_idle(TRUSTED);
                    if O::ONLY_READS && may_move {
                        repeated = true;
                        continue;
                    }
                    return Err(StoreError::TimedOut);
                };
                if let Some(recall) = recall {
                    recall.finish();
                }
                let again = match &result {
                    Err(error) if error.wants_another_connection() => {
                        self.forget_idle(Duration::ZERO);
                        may_move
                    }
                    Err(error) if error.leaves_the_connection_in_doubt() => false,
                    Err(error) if error.is_rolled_back() => {
                        lease.give_back();
                        !repeated
                    }
                    Ok(_) | Err(_) => {
                        lease.give_back();
                        false
                    }
                };
                if !again {
                    return result;
                }
                repeated = true;
            }
        };
        timeout_at(deadline, tries).await.unwrap_or(Err(StoreError::TimedOut))
    }

    /// Lends the connection that was used last or, if none is idle, makes one; waits while all are on loan.
    pub(super) async fn lend(&self) -> Result<Lease<'_>, StoreError> {
        let closed = |_| StoreError::from(Error::Driver(DriverError::PoolDisconnected));
        let slot = self.counters().acquire(&self.shared.slots).await.map_err(closed)?;
        let idle = self.idle().pop().filter(|idle| idle.since.elapsed() < MAX_IDLE);
        let reused = idle.is_some();
        let (connection, open) = if let Some(idle) = idle {
            (idle.connection, idle.open)
        } else {
            // Those below it have been idle for longer still.
            self.forget_idle(MAX_IDLE);
            let connection = self.connect().await?;
            self.counters().round_trip();
            (connection, OpenConnection::new(Arc::clone(&self.shared.counters)))
        };
        Ok(Lease { connection, reused, open, pool: self, _slot: slot })
    }

    /// Makes a connection; one whose login is refused is tried again with another address, if there is one by now:
    /// passwords are changed while we run.
    async fn connect(&self) -> Result<Conn, StoreError> {
        let address = self.address().await?;
        match self.connect_to(&address).await {
            Err(error) if error.is_refused_login() => {
                let newer = self.shared.source.address(Some(&address)).await?;
                if newer == address { Err(error) } else { self.connect_to(&newer).await }
            }
            connected => connected,
        }
    }

    async fn connect_to(&self, address: &DatabaseUrl) -> Result<Conn, StoreError> {
        Ok(connect(self.options(address)).await.map_err(|error| address.explain(error))?)
    }

    fn options(&self, address: &DatabaseUrl) -> Opts {
        let mut options = self.shared.options.lock().unwrap_or_else(PoisonError::into_inner);
        match &*options {
            Some((known, options)) if known == address => options.clone(),
            _ => {
                let made = Opts::from(address.options().setup(vec![SESSION]));
                *options = Some((address.clone(), made.clone()));
                made
            }
        }
    }

    /// Closes the connections that have been idle for longer than this: one of them proved dead, so that the others
    /// are likely to be.
    pub(super) fn forget_idle(&self, longer_than: Duration) {
        self.idle().retain(|idle| idle.since.elapsed() < longer_than);
    }

    /// Lends nothing any more and takes leave of the server on every idle connection.
    pub(super) async fn close(&self) {
        self.shared.slots.close();
        let idle = std::mem::take(&mut *self.idle());
        for Idle { connection, open: _open, .. } in idle {
            // A server that is gone already needs no leave taken of it.
            drop(connection.disconnect().await);
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.shared.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lease<'_> {
    /// Puts the connection back, for the next who asks.
    pub(super) fn give_back(self) {
        let Self { connection, open, pool, .. } = self;
        pool.idle().push(Idle { connection, open, since: Instant::now() });
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("idle", &self.idle().len()).finish_non_exhaustive()
    }
}
