//! Batches: who made how many cards of which kind, and when.

use std::marker::PhantomData;

use chrono::{DateTime, Utc};
use mysql_async::prelude::{FromValue, Queryable};
use mysql_async::{Conn, Params, Row, Value};

use super::limit::{GRACE, SCREEN, limited};
use super::presets::price;
use super::record::{maybe_moment, moment, take};
use super::{Operation, Store, StoreError};
use kami_core::duration::CardDuration;
use kami_core::preset::BatchPreset;

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
    /// The app of all of its cards; `None` when those of an import differ.
    pub app: Option<String>,
    /// The prefix of all of its cards; `None` when those of an import differ.
    pub prefix: Option<String>,
    /// How many cards were made; some may have been deleted since.
    pub card_count: u32,
    /// How long the codes are; `None` when those of an import differ.
    pub code_length: Option<u8>,
    /// How long the cards last; of an import whose cards differ it says for ever.
    pub duration: CardDuration,
    /// The last moment that no activation of them outlasts; `None` also when those of an import differ.
    pub valid_until: Option<DateTime<Utc>>,
    /// How many points each of them had; `None` also when those of an import differ.
    pub points: Option<u32>,
    /// How many machines may use each of its cards; `None` when those of an import differ.
    pub seats: Option<u16>,
    /// Where its cards depart from the policy of their app; of an import whose cards differ it says nothing.
    pub policy: Option<String>,
    /// The preset that it was made by; `None` without one, and where what it kept of it cannot be understood.
    pub preset: Option<BatchPreset>,
    /// What was written down about it.
    pub note: Option<String>,
    /// Who made it, by the name that they gave.
    pub operator: String,
    /// The database account that made it, as the server itself wrote down; `None` before it did.
    pub account: Option<String>,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// How many codes one question to the database is about.
const CODES: usize = 500;

const COLUMNS: &str = "id, origin, prefix, card_count, code_length, duration_seconds, note, operator, created_at, account, app, seats, \
     policy, points, valid_until, preset, price, currency, recharge";

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
        app: take(row, 10)?,
        seats: take(row, 11)?,
        policy: take(row, 12)?,
        points: take(row, 13)?,
        valid_until: maybe_moment(row, 14)?,
        preset: read_preset(row)?,
    })
}

/// What a batch kept of its preset.
fn read_preset(row: &mut Row) -> Result<Option<BatchPreset>, StoreError> {
    let (name, recharges): (Option<String>, Option<bool>) = (take(row, 15)?, take(row, 18)?);
    let price = price(take(row, 16)?, take(row, 17)?);
    let name = name.and_then(|name| name.parse().ok());
    let whole = name.zip(price.ok());
    Ok(whole.map(|(name, price)| BatchPreset { name, price, recharges: recharges.unwrap_or_default() }))
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
        self.of_each_code("WEIGHT_STRING(CONVERT(? USING utf8mb4) COLLATE utf8mb4_unicode_ci)", codes).await
    }

    /// Which of these full codes some card has, in their order. The database compares, as only it knows which spellings
    /// are the same code to it.
    pub(super) async fn codes_exist(&self, codes: &[String]) -> Result<Vec<bool>, StoreError> {
        self.of_each_code("EXISTS (SELECT 1 FROM cards WHERE full_code = ?)", codes).await
    }

    /// What an expression says of each of these codes, which takes the place of its `?`, in their order.
    async fn of_each_code<T>(&self, expression: &str, codes: &[String]) -> Result<Vec<T>, StoreError>
    where
        T: FromValue + Send + Sync + 'static,
    {
        let mut said = Vec::with_capacity(codes.len());
        for codes in codes.chunks(CODES) {
            let of_codes = OfEachCode { expression, codes, said: PhantomData };
            said.extend(self.run(SCREEN + GRACE, of_codes).await?);
        }
        Ok(said)
    }
}

struct OfEachCode<'a, T> {
    expression: &'a str,
    codes: &'a [String],
    said: PhantomData<T>,
}

impl<T: FromValue + Send + Sync + 'static> Operation for OfEachCode<'_, T> {
    type Output = Vec<T>;

    async fn run(&self, connection: &mut Conn) -> Result<Vec<T>, StoreError> {
        let selects: Vec<_> =
            (0..self.codes.len()).map(|place| format!("SELECT {place}, {}", self.expression)).collect();
        let params: Vec<Value> = self.codes.iter().map(Value::from).collect();
        let mut said: Vec<(usize, T)> =
            connection.exec(selects.join(" UNION ALL "), Params::Positional(params)).await?;
        said.sort_unstable_by_key(|(place, _)| *place);
        Ok(said.into_iter().map(|(_, said)| said).collect())
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
