//! The connections to one database: few, made when they are needed, kept for as long as they work.
//!
//! The driver's own pool hands a connection back through a task of its own, so that a request right behind another
//! opens a second connection instead of reusing the first. Here it is back before the answer leaves.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mysql_async::{Conn, DriverError, Error, Opts};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{Operation, StoreError};

/// A pool of connections; clones share it.
#[derive(Clone)]
pub(super) struct Pool {
    shared: Arc<Shared>,
}

struct Shared {
    options: Opts,
    /// Permission to hold a connection; those who wait for one are served in order.
    slots: Semaphore,
    /// The connections that nobody holds, the most recently used last.
    idle: Mutex<Vec<Conn>>,
}

/// A connection on loan. It goes back with [`Lease::give_back`]; dropped instead, because its work was given up half
/// way, it is closed, as nobody could tell what the server would answer on it next.
struct Lease<'a> {
    /// The connection itself.
    connection: Conn,
    /// Whether it has worked before, so that the server may have closed it meanwhile.
    reused: bool,
    pool: &'a Pool,
    _slot: SemaphorePermit<'a>,
}

impl Pool {
    /// A pool of at most `size` connections, none of which is made yet.
    pub(super) fn new(options: Opts, size: usize) -> Self {
        Self { shared: Arc::new(Shared { options, slots: Semaphore::new(size), idle: Mutex::default() }) }
    }

    /// Does `operation` on a connection of the pool, within `limit`.
    ///
    /// It is repeated once after a deadlock, and once on a fresh connection if the one it was lent turns out to have
    /// been closed by the server meanwhile.
    pub(super) async fn run<O: Operation>(
        &self,
        limit: Duration,
        operation: O,
    ) -> Result<O::Output, StoreError> {
        let tries = async {
            let mut repeated = false;
            loop {
                let mut lease = self.lend().await?;
                let result = operation.run(&mut lease.connection).await;
                let again = match &result {
                    Err(error) if error.is_lost_connection() => {
                        self.forget_idle();
                        lease.reused && !repeated
                    }
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
        tokio::time::timeout(limit, tries).await.unwrap_or(Err(StoreError::TimedOut))
    }

    /// Lends the connection that was used last or, if none is idle, makes one; waits while all are on loan.
    async fn lend(&self) -> Result<Lease<'_>, Error> {
        let slot =
            self.shared.slots.acquire().await.map_err(|_| Error::Driver(DriverError::PoolDisconnected))?;
        let idle = self.idle().pop();
        let reused = idle.is_some();
        let connection = match idle {
            Some(connection) => connection,
            None => Conn::new(self.shared.options.clone()).await?,
        };
        Ok(Lease { connection, reused, pool: self, _slot: slot })
    }

    /// Closes every idle connection: one of them proved dead, so that the others are likely to be.
    fn forget_idle(&self) {
        self.idle().clear();
    }

    /// Lends nothing any more and takes leave of the server on every idle connection.
    pub(super) async fn close(&self) {
        self.shared.slots.close();
        let idle = std::mem::take(&mut *self.idle());
        for connection in idle {
            // A server that is gone already needs no leave taken of it.
            drop(connection.disconnect().await);
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Conn>> {
        self.shared.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lease<'_> {
    /// Puts the connection back, for the next who asks.
    fn give_back(self) {
        self.pool.idle().push(self.connection);
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("idle", &self.idle().len()).finish_non_exhaustive()
    }
}
