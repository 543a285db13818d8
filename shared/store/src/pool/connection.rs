//! One connection of a pool, from its login to its end.

use std::time::Duration;

use mysql_async::Conn;
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout};

use crate::counters::OpenConnection;

/// How long taking leave of the server may take.
pub(super) const LEAVE: Duration = Duration::from_secs(1);

/// A connection and its place among those that there may be, which is free again once it is closed.
pub(super) struct Connection {
    pub(super) driver: Conn,
    /// Since when nobody holds it.
    pub(super) since: Instant,
    pub(super) open: OpenConnection,
    pub(super) place: OwnedSemaphorePermit,
}

impl Connection {
    /// Closes it in a task of its own.
    pub(super) fn close(self) {
        // Without a runtime the program ends, and the system closes what is open.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(self.leave());
        }
    }

    /// Takes leave of the server; returns the place that is free now.
    pub(super) async fn leave(self) -> OwnedSemaphorePermit {
        let Self { driver, open, place, .. } = self;
        // A server that is gone already needs no leave taken of it.
        drop(timeout(LEAVE, driver.disconnect()).await);
        drop(open);
        place
    }
}
