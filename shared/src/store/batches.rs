//! Batches: who made how many cards of which kind, and when.

use chrono::{DateTime, Utc};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Params, Row, Value};

use super::limit::{GRACE, SCREEN, limited};
use super::record::{moment, take};
use super::{Operation, Store, StoreError};
use crate::duration::CardDuration;

/// Where the cards of a batch come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchOrigin {
    /// Their codes were drawn here.
    Generated,
    /// Their codes came from elsewhere.
    Imported,
}

impl BatchOrigin {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Generated => "GENERATED",
            Self::Imported => "IMPORTED",
        }
    }
}

/// Cards that were made together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Its number.
    pub id: u64,
    /// Where its cards come from.
    pub origin: BatchOrigin,
    /// The prefix of all of its cards; `None` when those of an import differ.
    pub prefix: Option<String>,
    /// How many cards were made; some may have been deleted since.
    pub card_count: u32,
    /// How long the codes are; `None` when those of an import differ.
    pub code_length: Option<u8>,
    /// How long the cards last; of an import whose cards differ it says for ever.
    pub duration: CardDuration,
    /// What was written down about it.
    pub note: Option<String>,
    /// Who made it, by the name that they gave.
    pub operator: String,
    /// The database account that made it, as the server itself wrote down; `None` before it did.
    pub account: Option<String>,
    /// When.
    pub created_at: DateTime<Utc>,
}

const COLUMNS: &str =
    "id, origin, prefix, card_count, code_length, duration_seconds, note, operator, created_at, account";

fn read(mut row: Row) -> Result<Batch, StoreError> {
    let row = &mut row;
    let origin = match take::<String>(row, 1)?.as_str() {
        "GENERATED" => BatchOrigin::Generated,
        "IMPORTED" => BatchOrigin::Imported,
        _ => return Err(StoreError::Undecodable),
    };
    Ok(Batch {
        id: take(row, 0)?,
        origin,
        prefix: take(row, 2)?,
        card_count: take(row, 3)?,
        code_length: take(row, 4)?,
        duration: CardDuration::from_seconds(take(row, 5)?),
        note: take(row, 6)?,
        operator: take(row, 7)?,
        created_at: moment(row, 8)?,
        account: take(row, 9)?,
    })
}

/// The batch of that number.
pub(super) async fn batch(connection: &mut Conn, id: u64) -> Result<Option<Batch>, StoreError> {
    let query = format!("SELECT {COLUMNS} FROM batches WHERE id = ?");
    let row: Option<Row> = connection.exec_first(query, (id,)).await?;
    row.map(read).transpose()
}

impl Store {
    /// Up to `size` batches before the one numbered `before`, newest first.
    pub async fn batches(&self, before: Option<u64>, size: usize) -> Result<Vec<Batch>, StoreError> {
        self.run(SCREEN + GRACE, Batches { before: before.unwrap_or(u64::MAX), size }).await
    }

    /// The batch of that number, if there is one.
    pub async fn batch(&self, id: u64) -> Result<Option<Batch>, StoreError> {
        self.run(SCREEN + GRACE, OneBatch { id }).await
    }

    /// What the index of codes tells these full codes apart by, in their order.
    pub(super) async fn code_weights(&self, codes: &[String]) -> Result<Vec<Vec<u8>>, StoreError> {
        let mut weights = Vec::with_capacity(codes.len());
        for codes in codes.chunks(500) {
            weights.extend(self.run(SCREEN + GRACE, CodeWeights { codes }).await?);
        }
        Ok(weights)
    }

    /// Which of these full codes some card has, in their order.
    pub(super) async fn codes_exist(&self, codes: &[String]) -> Result<Vec<bool>, StoreError> {
        let mut exist = Vec::with_capacity(codes.len());
        for codes in codes.chunks(500) {
            exist.extend(self.run(SCREEN + GRACE, CodesExist { codes }).await?);
        }
        Ok(exist)
    }
}

struct CodeWeights<'a> {
    codes: &'a [String],
}

impl Operation for CodeWeights<'_> {
    type Output = Vec<Vec<u8>>;

    async fn run(&self, connection: &mut Conn) -> Result<Vec<Vec<u8>>, StoreError> {
        let selects: Vec<_> = (0..self.codes.len())
            .map(|place| {
                format!("SELECT {place}, WEIGHT_STRING(CONVERT(? USING utf8mb4) COLLATE utf8mb4_unicode_ci)")
            })
            .collect();
        let params: Vec<Value> = self.codes.iter().map(Value::from).collect();
        let mut weights: Vec<(usize, Vec<u8>)> =
            connection.exec(selects.join(" UNION ALL "), Params::Positional(params)).await?;
        weights.sort_unstable();
        Ok(weights.into_iter().map(|(_, weight)| weight).collect())
    }
}

struct Batches {
    before: u64,
    size: usize,
}

impl Operation for Batches {
    type Output = Vec<Batch>;

    async fn run(&self, connection: &mut Conn) -> Result<Vec<Batch>, StoreError> {
        let query = format!("SELECT {COLUMNS} FROM batches WHERE id < ? ORDER BY id DESC LIMIT ?");
        let rows: Vec<Row> = connection.exec(limited(SCREEN, &query), (self.before, self.size)).await?;
        rows.into_iter().map(read).collect()
    }
}

struct OneBatch {
    id: u64,
}

impl Operation for OneBatch {
    type Output = Option<Batch>;

    async fn run(&self, connection: &mut Conn) -> Result<Option<Batch>, StoreError> {
        batch(connection, self.id).await
    }
}

struct CodesExist<'a> {
    codes: &'a [String],
}

impl Operation for CodesExist<'_> {
    type Output = Vec<bool>;

    async fn run(&self, connection: &mut Conn) -> Result<Vec<bool>, StoreError> {
        // The database compares, as only it knows which spellings are the same code to it.
        let selects: Vec<_> = (0..self.codes.len())
            .map(|place| format!("SELECT {place}, EXISTS (SELECT 1 FROM cards WHERE full_code = ?)"))
            .collect();
        let params: Vec<Value> = self.codes.iter().map(Value::from).collect();
        let mut found: Vec<(usize, bool)> =
            connection.exec(selects.join(" UNION ALL "), Params::Positional(params)).await?;
        found.sort_unstable();
        Ok(found.into_iter().map(|(_, exists)| exists).collect())
    }
}
