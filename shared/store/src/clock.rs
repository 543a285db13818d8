//! The database's clock.

use chrono::{DateTime, NaiveDateTime, Utc};
use mysql_async::Conn;
use mysql_async::prelude::Queryable;

use crate::counters::Counters;
use crate::error::StoreError;
use crate::operation::Operation;

/// Asks for the clock.
pub(crate) struct Now<'a> {
    /// Where the question is counted.
    pub(crate) counters: &'a Counters,
}

impl Operation for Now<'_> {
    type Output = DateTime<Utc>;

    const ONLY_READS: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<DateTime<Utc>, StoreError> {
        self.counters.round_trip();
        clock(connection).await
    }
}

/// The database's clock, to the second: the one that decides.
pub(crate) async fn clock(connection: &mut Conn) -> Result<DateTime<Utc>, StoreError> {
    let now: Option<NaiveDateTime> = connection.query_first("SELECT UTC_TIMESTAMP()").await?;
    now.map(|now| now.and_utc()).ok_or(StoreError::Undecodable)
}
