//! A connection on loan, and what becomes of it afterwards.

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error};
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;
use tracing::debug;

use super::Pool;
use super::connection::Connection;
use crate::StoreError;
use crate::limit::KILL;

/// A connection on loan. Unless it goes back with [`Lease::give_back`] it is closed when dropped, because its work was
/// given up half way and nobody could tell what the server would answer on it next.
pub(in super::super) struct Lease {
    /// Whether it has worked before, so that the server may have closed it meanwhile.
    pub(in super::super) reused: bool,
    /// Taken out when it is dropped.
    lent: Option<Lent>,
    dropped: Dropped,
    pool: Pool,
}

/// A connection and the permission to hold one.
struct Lent {
    connection: Connection,
    slot: OwnedSemaphorePermit,
}

/// What becomes of a connection when its lease is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dropped {
    /// It goes back: nothing is under way on it.
    GoesBack,
    /// Nobody knows what its next answer belongs to.
    IsClosed,
    /// It is closed, and ended on the server, which does not notice by itself that a client went away in the middle of
    /// a scan.
    IsKilled,
}

impl Lease {
    /// A lease of a connection by whoever holds a slot; it goes back by itself until work begins on it.
    pub(super) fn new(pool: Pool, connection: Connection, slot: OwnedSemaphorePermit, reused: bool) -> Self {
        Self { reused, lent: Some(Lent { connection, slot }), dropped: Dropped::GoesBack, pool }
    }

    /// The connection, to work on. Work that `is_cancelled` is ended on the server if the lease is dropped half way.
    pub(in super::super) fn begin(&mut self, is_cancelled: bool) -> Result<&mut Conn, StoreError> {
        self.dropped = if is_cancelled { Dropped::IsKilled } else { Dropped::IsClosed };
        self.lent.as_mut().map(|lent| &mut lent.connection.driver).ok_or(StoreError::Abandoned)
    }

    /// Puts the connection back, for the next who asks.
    pub(in super::super) fn give_back(mut self) {
        self.dropped = Dropped::GoesBack;
    }

    /// Closes the connection, on which nothing is under way any more.
    pub(in super::super) fn close(mut self) {
        self.dropped = Dropped::IsClosed;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(Lent { connection, slot }) = self.lent.take() else { return };
        match self.dropped {
            Dropped::GoesBack => self.pool.put_back(connection),
            Dropped::IsClosed => connection.close(),
            Dropped::IsKilled => {
                if let Ok(runtime) = Handle::try_current() {
                    runtime.spawn(kill(self.pool.clone(), connection, slot));
                }
                return;
            }
        }
        // Only now may the next one ask, who finds what was put back.
        drop(slot);
    }
}

/// Closes a connection and ends it on the server, over one that takes its place and its slot and stays.
async fn kill(pool: Pool, connection: Connection, slot: OwnedSemaphorePermit) {
    let id = connection.driver.id();
    let place = connection.leave().await;
    let mut killer = match pool.shared.connector.connect_in(place).await {
        Ok(killer) => killer,
        Err(error) => return debug!(%error, "work was not taken back"),
    };
    let ended = timeout(KILL, killer.driver.query_drop(format!("KILL {id}"))).await;
    // What the server does not know any more has ended by itself.
    if matches!(ended, Ok(Ok(()) | Err(Error::Server(_)))) {
        pool.put_back(killer);
    } else {
        debug!("work was not taken back in time: the server's own limit will end it");
        killer.close();
    }
    drop(slot);
}
