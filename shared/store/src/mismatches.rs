//! Machines that cards are refused to since others have their seats: counted in memory for each card, and written down at most once
//! a minute, so that neither the usual request nor a flood of refused ones writes.

use std::time::Duration;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row, Value};
use serde_json::json;
use tokio::time::{Instant, sleep};
use tracing::warn;

use super::limit::{BACKGROUND, GRACE, REQUEST_LIMIT, SCREEN, limited};
use super::listing::shared::OF_LAST_DAY;
use super::listing::statement::Statement;
use super::mismatch_tally::{MISMATCHES_KEPT, Then};
use super::pool::Pool;
use super::record::take;
use super::{Operation, Store, StoreError};
use kami_core::app::AppName;
use kami_core::record::CardRecord;
use kami_core::sharing::{Mismatches, SHARED_FROM};

/// How long one step of clearing away what is older than a day may take.
const FORGET_LIMIT: Duration = Duration::from_secs(30);

impl Store {
    /// The same store for a process that may be stopped after each answer: the refusal that finds a minute over since what was
    /// counted was last written down waits for that, as nothing goes on behind it.
    #[must_use]
    pub fn stopped_between_requests(mut self, is_stopped: bool) -> Self {
        self.is_stopped_between_requests = is_stopped;
        self
    }

    /// Counts a machine that a card was refused to since others have its seats.
    pub(super) async fn count_mismatch(&self, card: u64, machine: &str, deadline: Instant) {
        let (has_room, then) = self.mismatches.add(card, machine, self.is_stopped_between_requests);
        if !has_room {
            self.pool.counters().mismatches_lost(1);
        }
        match then {
            Then::Nothing => {}
            Then::Write => self.write_mismatches_until(deadline).await,
            Then::WriteLater => {
                let store = self.clone();
                tokio::spawn(async move {
                    sleep(MISMATCHES_KEPT).await;
                    store.write_mismatches().await;
                });
            }
        }
    }

    /// Writes down what was counted until now. Nothing depends on it, so that a failure is only logged.
    pub async fn write_mismatches(&self) {
        self.write_mismatches_until(Instant::now() + REQUEST_LIMIT).await;
    }

    /// The same, given up at `deadline`.
    pub(super) async fn write_mismatches_until(&self, deadline: Instant) {
        let tally = self.mismatches.take();
        if tally.is_empty() {
            return;
        }
        let lost = tally.requests();
        let note = NoteMismatches { noted: tally.to_json(), pool: self.pool.clone() };
        let written = self.in_turn(deadline, note).await;
        match self.mismatches.written(written) {
            Ok(true) => {}
            Ok(false) => self.pool.counters().mismatches_lost(lost),
            Err(error) => {
                self.pool.counters().mismatches_lost(lost);
                warn!(%error, "machines that cards were refused to could not be written down");
            }
        }
    }

    /// Clears away up to so many counts that are older than a day; returns how many. What an account may not do, or a schema
    /// does not have, is none.
    pub async fn forget_mismatches(&self, most: u32) -> Result<u64, StoreError> {
        match self.pool.run(FORGET_LIMIT, ForgetMismatches { most }).await {
            Err(error) if error.is_denied() => Ok(0),
            forgotten => forgotten,
        }
    }

    /// Says of each of these cards which machines asked for it within the last day while others had its seats: none where that
    /// is not for the account to read, or the schema does not have it yet.
    pub async fn find_mismatches(&self, cards: &mut [CardRecord]) -> Result<(), StoreError> {
        if cards.is_empty() {
            return Ok(());
        }
        let ids: Vec<u64> = cards.iter().map(|card| card.id).collect();
        let mut found = match self.run(SCREEN + GRACE, OfCards { ids: &ids }).await {
            Err(error) if error.is_denied() || error.is_of_schema() => return Ok(()),
            found => found?,
        };
        found.sort_unstable_by_key(|(card, _)| *card);
        for card in cards {
            let place = found.binary_search_by_key(&card.id, |(id, _)| *id);
            card.mismatches = place.map_or(Mismatches::NONE, |place| found[place].1);
        }
        Ok(())
    }

    /// How many cards of an app, or of all, seem to be shared; `None` where that is not for the account to read, or the schema
    /// does not have it yet.
    pub async fn sharing(&self, app: Option<&AppName>) -> Result<Option<Sharing>, StoreError> {
        match self.run(BACKGROUND + GRACE, CountSharing { app }).await {
            Err(error) if error.is_denied() || error.is_of_schema() => Ok(None),
            found => found.map(Some),
        }
    }
}

/// How many cards machines asked for within the last day while others had their seats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sharing {
    /// Those that seem to be shared.
    pub shared: u64,
    /// All of them.
    pub cards: u64,
    /// How often that was.
    pub requests: u64,
}

/// Done again after a failure half way it may count the same twice, which does no harm.
struct NoteMismatches {
    noted: String,
    pool: Pool,
}

impl Operation for NoteMismatches {
    type Output = ();

    const IS_CANCELLED: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<(), StoreError> {
        self.pool.counters().round_trip();
        Ok(connection.exec_drop("CALL note_mismatches(?)", (self.noted.as_str(),)).await?)
    }
}

struct ForgetMismatches {
    most: u32,
}

impl Operation for ForgetMismatches {
    type Output = u64;

    async fn run(&self, connection: &mut Conn) -> Result<u64, StoreError> {
        let forgotten: Option<u64> = connection.exec_first("CALL forget_mismatches(?)", (self.most,)).await?;
        forgotten.ok_or(StoreError::Undecodable)
    }
}

struct OfCards<'a> {
    ids: &'a [u64],
}

impl Operation for OfCards<'_> {
    type Output = Vec<(u64, Mismatches)>;

    const ONLY_READS: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<Self::Output, StoreError> {
        let query = format!(
            "SELECT card_id, COUNT(DISTINCT machine), CAST(SUM(requests) AS UNSIGNED) \
             FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS given \
             STRAIGHT_JOIN mismatches FORCE INDEX (PRIMARY) ON mismatches.card_id = given.id AND {OF_LAST_DAY} \
             GROUP BY card_id"
        );
        let ids = json!(self.ids).to_string();
        let rows: Vec<Row> = connection.exec(limited(SCREEN, &query), (ids,)).await?;
        let read = |mut row: Row| {
            let mismatches = Mismatches { machines: take(&mut row, 1)?, requests: take(&mut row, 2)? };
            Ok((take(&mut row, 0)?, mismatches))
        };
        rows.into_iter().map(read).collect()
    }
}

struct CountSharing<'a> {
    app: Option<&'a AppName>,
}

impl Operation for CountSharing<'_> {
    type Output = Sharing;

    const ONLY_READS: bool = true;
    const IS_CANCELLED: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<Sharing, StoreError> {
        let mut of_card = Statement {
            text: format!(
                "SELECT COUNT(DISTINCT mismatches.machine) AS machines, SUM(mismatches.requests) AS requests \
                 FROM mismatches STRAIGHT_JOIN cards FORCE INDEX (PRIMARY) ON cards.id = mismatches.card_id \
                 WHERE {OF_LAST_DAY}"
            ),
            values: Vec::new(),
        };
        if let Some(app) = self.app {
            of_card.and("cards.app = ?", [Value::from(app.as_str())]);
        }
        let query = format!(
            "SELECT COUNT(*), COALESCE(SUM(machines >= {SHARED_FROM}), 0), COALESCE(SUM(requests), 0) \
             FROM ({} GROUP BY mismatches.card_id) AS of_card",
            of_card.text
        );
        let row: Option<Row> = connection.exec_first(limited(BACKGROUND, &query), of_card.params()).await?;
        let mut row = row.ok_or(StoreError::Undecodable)?;
        Ok(Sharing { cards: take(&mut row, 0)?, shared: take(&mut row, 1)?, requests: take(&mut row, 2)? })
    }
}
