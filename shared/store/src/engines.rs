//! Whether the tables of kami have transactions, asked for once before the first one is begun.

use std::sync::atomic::{AtomicBool, Ordering};

use mysql_async::Conn;
use mysql_async::prelude::Queryable;

use super::{StoreError, takeover};

/// What is known of the engines of a database's tables; the clones of a store share it.
#[derive(Debug, Default)]
pub(super) struct Engines {
    are_known: AtomicBool,
}

impl Engines {
    /// The first table that an act writes and whose engine has no transactions, with its engine; asks the server until
    /// there was none.
    pub(super) async fn without_transactions(
        &self,
        connection: &mut Conn,
    ) -> Result<Option<(String, String)>, StoreError> {
        if self.are_known.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let query = format!(
            "SELECT table_name, engine FROM information_schema.tables WHERE table_schema = DATABASE() \
             AND table_name IN ('{}') AND engine <> 'InnoDB' ORDER BY table_name LIMIT 1",
            takeover::own_tables().join("', '")
        );
        let found: Option<(String, String)> = connection.query_first(query).await?;
        self.are_known.store(found.is_none(), Ordering::Relaxed);
        Ok(found)
    }
}
