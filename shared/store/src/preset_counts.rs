//! How many cards of each preset there are, and what those that were sold are worth.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row};

use super::clock::clock;
use super::counts::{StatusCounts, status};
use super::limit::{BACKGROUND, GRACE, limited};
use super::listing::statement::Statement;
use super::presets::price;
use super::record::take;
use super::{Operation, Store, StoreError};
use kami_core::app::AppName;
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
    /// How many of them were used at least once, and so were sold.
    pub sold: u64,
    /// What those cost when they were made, in the smallest unit of each currency.
    pub worth: BTreeMap<Currency, u64>,
}

impl PresetCounts {
    /// Those of a preset that no card was made by.
    pub const fn none(app: String, preset: String, taken_at: DateTime<Utc>) -> Self {
        Self { app, preset, counts: StatusCounts::none(taken_at), sold: 0, worth: BTreeMap::new() }
    }
}

impl Store {
    /// How many cards of each preset of an app, or of all, there are by status, in the order of apps and names. Of cards that
    /// were made by presets each is read, batch by batch: some ten seconds for ten million, and nothing for the others.
    pub async fn preset_counts(&self, app: Option<&AppName>) -> Result<Vec<PresetCounts>, StoreError> {
        self.run(BACKGROUND + GRACE, ByPreset { app }).await
    }
}

struct ByPreset<'a> {
    app: Option<&'a AppName>,
}

impl Operation for ByPreset<'_> {
    type Output = Vec<PresetCounts>;
    const IS_CANCELLED: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<Vec<PresetCounts>, StoreError> {
        let text = "SELECT batches.app, batches.preset, batches.price, batches.currency, cards.status, COUNT(*), \
                    COUNT(cards.used_at) FROM batches \
                    STRAIGHT_JOIN cards FORCE INDEX (idx_batch_id) ON cards.batch_id = batches.id \
                    WHERE batches.preset IS NOT NULL";
        let mut counting = Statement { text: text.to_owned(), values: Vec::new() };
        if let Some(app) = self.app {
            counting.and("batches.app = ?", [app.as_str().into()]);
        }
        counting.text.push_str(
            " GROUP BY batches.app, batches.preset, batches.price, batches.currency, cards.status \
             ORDER BY batches.app, batches.preset",
        );
        let rows: Vec<Row> = connection.exec(limited(BACKGROUND, &counting.text), counting.params()).await?;
        let taken_at = clock(connection).await?;
        let mut presets: BTreeMap<(String, String), PresetCounts> = BTreeMap::new();
        for mut row in rows {
            let row = &mut row;
            let (app, preset): (Option<String>, String) = (take(row, 0)?, take(row, 1)?);
            let app = app.unwrap_or_default();
            let of = presets
                .entry((app.clone(), preset.clone()))
                .or_insert_with(|| PresetCounts::none(app, preset, taken_at));
            let sold: u64 = take(row, 6)?;
            of.counts.add(status(row, 4)?, take(row, 5)?);
            of.sold += sold;
            // What cannot be understood is worth nothing that could be said.
            if let Ok(Some(price)) = price(take(row, 2)?, take(row, 3)?) {
                add_worth(&mut of.worth, price, sold);
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
