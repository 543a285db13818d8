//! Limits on time that the server itself keeps, and work taken back from it when nobody waits for it any more.

use std::time::Duration;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts};
use tokio::runtime::Handle;
use tracing::debug;

use super::connect::connect;

/// How long the statements that fill a screen may run on the server.
pub(super) const SCREEN: Duration = Duration::from_secs(3);

/// How long counts and statistics over everything may run on the server.
pub(super) const BACKGROUND: Duration = Duration::from_mins(2);

/// How much longer than the server we wait: for a connection, and for the answer on its way.
pub(super) const GRACE: Duration = Duration::from_secs(5);

/// How long taking work back may take.
const KILL: Duration = Duration::from_secs(5);

/// The query with a limit on time, in the words of MySQL and of MariaDB: each takes the other's for a comment.
pub(super) fn limited(limit: Duration, query: &str) -> String {
    let milliseconds = limit.as_millis();
    let hinted = query.replacen("SELECT", &format!("SELECT /*+ MAX_EXECUTION_TIME({milliseconds}) */"), 1);
    format!("/*M! SET STATEMENT max_statement_time = {:.3} FOR */ {hinted}", limit.as_secs_f64())
}

/// Ends a connection on the server when it is dropped before [`Recall::finish`]: a server does not notice by itself
/// that a client went away in the middle of a scan.
pub(super) struct Recall {
    connection: Option<(Opts, u32)>,
}

impl Recall {
    /// Watches over the work on `connection`.
    pub(super) fn of(connection: &Conn) -> Self {
        Self { connection: Some((connection.opts().clone(), connection.id())) }
    }

    /// The work came to its end.
    pub(super) fn finish(mut self) {
        self.connection = None;
    }
}

impl Drop for Recall {
    fn drop(&mut self) {
        let Some((options, id)) = self.connection.take() else { return };
        let Ok(runtime) = Handle::try_current() else { return };
        runtime.spawn(async move {
            let kill = async {
                let mut connection = connect(options).await?;
                connection.query_drop(format!("KILL {id}")).await?;
                connection.disconnect().await
            };
            match tokio::time::timeout(KILL, kill).await {
                Ok(Ok(())) => {}
                // It ended by itself, or the server's own limit will end it.
                Ok(Err(error)) => debug!(error = %super::StoreError::from(error), "work was not taken back"),
                Err(_) => debug!("work was not taken back in time"),
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_servers_are_told() {
        assert_eq!(
            limited(Duration::from_millis(1500), "(SELECT id FROM cards) UNION ALL (SELECT 1)"),
            "/*M! SET STATEMENT max_statement_time = 1.500 FOR */ \
             (SELECT /*+ MAX_EXECUTION_TIME(1500) */ id FROM cards) UNION ALL (SELECT 1)"
        );
    }
}
