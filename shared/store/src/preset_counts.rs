//! How many cards of each preset there are, and what those that were sold are worth.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row, Value};

use super::clock::clock;
use super::counts::StatusCounts;
use super::limit::{BACKGROUND, GRACE, limited};
use super::listing::statement::Statement;
use super::presets::price;
use super::record::{take, word};
use super::{Operation, Store, StoreError};
use kami_core::app::AppName;
use kami_core::card::CardStatus;
use kami_core::price::{Currency, Price};

/// How many cards of one preset have each status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresetCounts {
    /// The name of its app.
    pub app: String,
    /// By its name, whether there still is such a preset or not.
    pub preset: String,
    /// Its cards, of those that there are.
    pub counts: StatusCounts,
    /// How many of those that are over were burnt to top others up.
    pub burnt: u64,
    /// How many of them were used at least once, and so were sold.
    pub sold: u64,
    /// What those cost when they were made, in the smallest unit of each currency.
    pub worth: BTreeMap<Currency, u64>,
}

/// How many batches one question is about.
const AT_ONCE: usize = 200;

impl PresetCounts {
    /// Those of a preset that no card was made by.
    pub const fn none(app: String, preset: String, taken_at: DateTime<Utc>) -> Self {
        Self { app, preset, counts: StatusCounts::none(taken_at), burnt: 0, sold: 0, worth: BTreeMap::new() }
    }
}

impl Store {
    /// How many cards of each preset of an app, or of all, there are by status, in the order of apps and names. Cards that were
    /// made by presets are read, batch by batch: about a second for a million. Others cost nothing.
    pub async fn preset_counts(&self, app: Option<&AppName>) -> Result<Vec<PresetCounts>, StoreError> {
        self.run(BACKGROUND + GRACE, ByPreset { app }).await
    }
}

struct ByPreset<'a> {
    app: Option<&'a AppName>,
}

/// A batch that was made by a preset, with the numbers of its first and its last card.
struct PricedBatch {
    id: u64,
    app: String,
    preset: String,
    price: Option<Price>,
    first: u64,
    last: u64,
}

impl ByPreset<'_> {
    /// The batches that were made by presets and have cards.
    async fn batches(&self, connection: &mut Conn) -> Result<Vec<PricedBatch>, StoreError> {
        let end = |direction| {
            format!(
                "(SELECT cards.id FROM cards FORCE INDEX (idx_batch_id) WHERE cards.batch_id = batches.id \
                 ORDER BY cards.id {direction} LIMIT 1)"
            )
        };
        let text = format!(
            "SELECT id, app, preset, price, currency, {}, {} FROM batches WHERE preset IS NOT NULL",
            end("ASC"),
            end("DESC")
        );
        let mut statement = Statement { text, values: Vec::new() };
        if let Some(app) = self.app {
            statement.and("app = ?", [app.as_str().into()]);
        }
        let rows: Vec<Row> =
            connection.exec(limited(BACKGROUND, &statement.text), statement.params()).await?;
        let mut batches = Vec::with_capacity(rows.len());
        for mut row in rows {
            let row = &mut row;
            let ends: (Option<u64>, Option<u64>) = (take(row, 5)?, take(row, 6)?);
            let Some((first, last)) = ends.0.zip(ends.1) else { continue };
            batches.push(PricedBatch {
                id: take(row, 0)?,
                app: take::<Option<String>>(row, 1)?.unwrap_or_default(),
                preset: take(row, 2)?,
                // What cannot be understood is worth nothing that could be said.
                price: price(take(row, 3)?, take(row, 4)?).ok().flatten(),
                first,
                last,
            });
        }
        Ok(batches)
    }
}

/// Counts the cards of some batches, each with its place among them: in the order in which the table lies, where its cards are together.
fn counting(batches: &[PricedBatch]) -> Statement {
    let counts = CardStatus::ALL.map(|status| format!("COUNT(IF(status = '{}', 1, NULL))", word(status)));
    let select = format!(
        "(SELECT {}, COUNT(used_at), \
         COUNT(IF(status = 'EXPIRED' AND machine_code IS NULL AND used_at = expire_at, 1, NULL)), CAST(? AS UNSIGNED) FROM cards FORCE INDEX (PRIMARY) \
         WHERE id BETWEEN ? AND ? AND batch_id = ?)",
        counts.join(", ")
    );
    let text = vec![select; batches.len()].join(" UNION ALL ");
    let values = |(place, batch): (usize, &PricedBatch)| {
        [place as u64, batch.first, batch.last, batch.id].map(Value::from)
    };
    let values = batches.iter().enumerate().flat_map(values);
    Statement { text, values: values.collect() }
}

impl Operation for ByPreset<'_> {
    type Output = Vec<PresetCounts>;
    const IS_CANCELLED: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<Vec<PresetCounts>, StoreError> {
        let batches = self.batches(connection).await?;
        let taken_at = clock(connection).await?;
        let mut presets: BTreeMap<(&str, &str), PresetCounts> = BTreeMap::new();
        for batches in batches.chunks(AT_ONCE) {
            let counting = counting(batches);
            let rows: Vec<Row> =
                connection.exec(limited(BACKGROUND, &counting.text), counting.params()).await?;
            for mut row in rows {
                let place: usize = take(&mut row, CardStatus::ALL.len() + 2)?;
                let batch = batches.get(place).ok_or(StoreError::Undecodable)?;
                let PricedBatch { app, preset, .. } = batch;
                let of = presets
                    .entry((app, preset))
                    .or_insert_with(|| PresetCounts::none(app.clone(), preset.clone(), taken_at));
                for (column, status) in CardStatus::ALL.into_iter().enumerate() {
                    of.counts.add(status, take(&mut row, column)?);
                }
                let sold: u64 = take(&mut row, CardStatus::ALL.len())?;
                of.sold += sold;
                of.burnt += take::<u64>(&mut row, CardStatus::ALL.len() + 1)?;
                if let Some(price) = batch.price {
                    add_worth(&mut of.worth, price, sold);
                }
            }
        }
        Ok(presets.into_values().collect())
    }
}

fn add_worth(worth: &mut BTreeMap<Currency, u64>, price: Price, sold: u64) {
    let sum = worth.entry(price.currency()).or_default();
    // No more is sold in a database than its largest number.
    *sum = sum.saturating_add(price.amount().saturating_mul(sold));
}
