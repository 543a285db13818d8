//! Marking cards whose time is over, in small batches so that nobody waits behind one.

use std::borrow::Cow;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Params, Row, Value};
use serde_json::json;

use super::counters::Counters;
use super::record::marks;
use super::routines::{Way, Writing};
use super::{Operation, Store, StoreError};

/// How many cards one batch looks at: about 40 ms of row locks.
pub const EXPIRY_BATCH: usize = 1000;

/// How long one batch may take before it is given up.
const BATCH_LIMIT: Duration = Duration::from_secs(30);

/// Where the next batch goes on: after this card in the order of expiry.
///
/// Starting each batch at the beginning would also be right, but would wade through the index entries that the
/// batches before it left for the server to clean up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExpiryCursor {
    overdue: Overdue,
    expire_at: NaiveDateTime,
    id: u64,
}

/// Which cards are looked at: first those in use, then those that nobody used up to the last moment that they were given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Overdue {
    Active,
    Unused,
}

impl ExpiryCursor {
    /// The first of such cards.
    fn first(overdue: Overdue) -> Self {
        let earliest =
            NaiveDate::from_ymd_opt(1000, 1, 1).map_or(DateTime::UNIX_EPOCH.naive_utc(), Into::into);
        Self { overdue, expire_at: earliest, id: 0 }
    }
}

impl Default for ExpiryCursor {
    fn default() -> Self {
        Self::first(Overdue::Active)
    }
}

/// What one batch did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExpiryBatch {
    /// How many cards it marked as expired; others may have marked some of those it looked at.
    pub expired: u64,
    /// Where to go on; `None` when no overdue card is left.
    pub next: Option<ExpiryCursor>,
}

impl Store {
    /// Marks up to [`EXPIRY_BATCH`] overdue cards after `cursor` as expired. Safe to run twice at once, and to cut
    /// off: what is left is found by the next run.
    pub async fn expire_batch(&self, cursor: ExpiryCursor) -> Result<ExpiryBatch, StoreError> {
        let counters = self.pool.counters();
        self.pool.run(BATCH_LIMIT, ExpireBatch { cursor, counters, writing: &self.writing }).await
    }
}

struct ExpireBatch<'a> {
    cursor: ExpiryCursor,
    counters: &'a Counters,
    writing: &'a Writing,
}

impl Operation for ExpireBatch<'_> {
    type Output = ExpiryBatch;

    async fn run(&self, connection: &mut Conn) -> Result<ExpiryBatch, StoreError> {
        let batch = self.expire_from(connection, self.cursor).await?;
        match batch.next {
            // Where no card in use is overdue, the others are looked at in the same batch.
            Some(next) if batch.expired == 0 && next == ExpiryCursor::first(Overdue::Unused) => {
                self.expire_from(connection, next).await
            }
            _ => Ok(batch),
        }
    }
}

impl ExpireBatch<'_> {
    async fn expire_from(
        &self,
        connection: &mut Conn,
        cursor: ExpiryCursor,
    ) -> Result<ExpiryBatch, StoreError> {
        let ExpiryCursor { overdue: which, expire_at, id } = cursor;
        let (status, follow) = match which {
            Overdue::Active => ("ACTIVE", Some(ExpiryCursor::first(Overdue::Unused))),
            Overdue::Unused => ("UNUSED", None),
        };
        self.counters.round_trip();
        let overdue: Vec<Row> = connection
            .exec(
                "SELECT id, expire_at FROM cards FORCE INDEX (idx_status_expire_at) \
                 WHERE status = ? AND expire_at >= ? AND expire_at < UTC_TIMESTAMP() \
                 AND (expire_at > ? OR id > ?) ORDER BY expire_at, id LIMIT ?",
                (status, expire_at, expire_at, id, EXPIRY_BATCH),
            )
            .await?;
        let ids: Vec<u64> = overdue.iter().filter_map(|row| row.get(0)).collect();
        if ids.is_empty() {
            return Ok(ExpiryBatch { expired: 0, next: follow });
        }
        let next = (overdue.len() == EXPIRY_BATCH).then(|| {
            // A time that cannot be understood, such as a day 0, ends its card all the same and leaves the cursor.
            let understood = overdue.iter().rev().find_map(|row| {
                let expire_at = row.get_opt::<NaiveDateTime, _>(1)?.ok()?;
                Some(ExpiryCursor { overdue: which, expire_at, id: row.get(0)? })
            });
            understood.unwrap_or(cursor)
        });
        let next = next.or(follow);
        let expired = match which {
            Overdue::Active => {
                self.writing.write(connection, self.counters, |way| expiring(way, &ids)).await?
            }
            Overdue::Unused => {
                self.counters.round_trip();
                match expire_unused(connection, &ids).await {
                    Ok(expired) => expired,
                    // An account, or a schema, of the last version: there are no such cards.
                    Err(error) if error.is_denied() => return Ok(ExpiryBatch { expired: 0, next: None }),
                    Err(error) => return Err(error),
                }
            }
        };
        Ok(ExpiryBatch { expired, next })
    }
}

/// Marks those of these cards that nobody used up to their last moment, and returns how many they are.
pub(super) async fn expire_unused(connection: &mut Conn, ids: &[u64]) -> Result<u64, StoreError> {
    connection.exec_drop("CALL expire_cards_2(?)", (json!(ids).to_string(),)).await?;
    Ok(connection.affected_rows())
}

/// The statement that marks those of these cards whose time is over; there is one at the least.
pub(super) fn expiring(way: Way, ids: &[u64]) -> (Cow<'static, str>, Params) {
    match way {
        Way::Routine => ("CALL expire_cards(?)".into(), (json!(ids).to_string(),).into()),
        Way::Table => {
            let statement = format!(
                "UPDATE cards FORCE INDEX (PRIMARY) SET status = 'EXPIRED', updated_at = UTC_TIMESTAMP() \
                 WHERE id IN ({}) AND status = 'ACTIVE' AND expire_at < UTC_TIMESTAMP()",
                marks(ids.len())
            );
            let ids = ids.iter().copied().map(Value::from).collect();
            (statement.into(), Params::Positional(ids))
        }
    }
}
