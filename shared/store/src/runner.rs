//! Running the migrations of the library in the server's usual isolation.

use mysql_async::prelude::Queryable;
use mysql_async::{Error, Pool, TxOpts};
use refinery::Migration;
use refinery_core::traits::r#async::{AsyncMigrate, AsyncQuery, AsyncTransaction};

use super::StoreError;

/// Runs migrations on connections of a pool. The library's own way reads committed rows only, in which a server that logs
/// statements instead of rows refuses to write (error 1665).
pub(super) struct Runner {
    pool: Pool,
}

impl Runner {
    /// A runner on these connections.
    pub(super) fn new(pool: Pool) -> Self {
        Self { pool }
    }

    /// Closes its connections.
    pub(super) async fn disconnect(self) -> Result<(), Error> {
        self.pool.disconnect().await
    }
}

impl AsyncTransaction for Runner {
    type Error = StoreError;

    async fn execute<'a, T: Iterator<Item = &'a str> + Send + 'a>(
        &'a mut self,
        queries: T,
    ) -> Result<usize, StoreError> {
        let mut connection = self.pool.get_conn().await?;
        let mut transaction = connection.start_transaction(TxOpts::new()).await?;
        let mut count = 0;
        for query in queries {
            transaction.query_drop(query).await?;
            count += 1;
        }
        transaction.commit().await?;
        Ok(count)
    }
}

impl AsyncQuery<Vec<Migration>> for Runner {
    async fn query<'a>(&'a mut self, query: &'a str) -> Result<Vec<Migration>, StoreError> {
        Ok(self.pool.query(query).await?)
    }
}

impl AsyncMigrate for Runner {}
