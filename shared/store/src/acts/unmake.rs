//! Taking the making of a batch back: its cards go, if nobody has had anything to do with one of them yet.

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Params, Row, Value};

use super::many::ActOutcome;
use super::undo::must_be_open;
use super::write::{Head, begin, carry_out};
use super::{ActError, CHUNK, STEP, Transaction, UndoRefusal};
use crate::limit::{BACKGROUND, GRACE, limited};
use crate::log::ActRecord;
use crate::progress::{OnProgress, share};
use crate::record::{COLUMNS, ReadRows, cards, marks};
use crate::{Operation, Store, StoreError};
use kami_core::acts::{ActRefusal, Change};
use kami_core::filter::Filter;
use kami_core::operator::Operator;

/// That a card was used, or changed by an act that stands: one that was not taken back and takes none back itself, or
/// that takes such a taking back back.
const TOUCHED: &str = "(cards.status <> 'UNUSED' OR EXISTS (SELECT 1 FROM operator_log FORCE INDEX (idx_card_id) \
                       JOIN acts ON acts.id = operator_log.act_id LEFT JOIN acts AS undone ON undone.id = acts.undoes \
                       WHERE operator_log.card_id = cards.id AND acts.undone_by IS NULL \
                       AND (acts.undoes IS NULL OR undone.undoes IS NOT NULL)))";

impl Store {
    /// Deletes the cards of the batch that `act` made, logged card by card, so that this can be taken back as well.
    pub(super) async fn unmake(
        &self,
        operator: &Operator,
        act: &ActRecord,
        batch_id: u64,
        on_progress: OnProgress<'_>,
    ) -> Result<ActOutcome, ActError> {
        let touched = self.run(BACKGROUND + GRACE, CountTouched { batch_id }).await?;
        if touched > 0 {
            return Err(UndoRefusal::BatchInUse { batch_id, cards: touched }.into());
        }
        let filter = Filter { batch_id: Some(batch_id), ..Filter::default() };
        let mut outcome = ActOutcome::default();
        let mut next = self.search_start(&filter).await?;
        while let Some(cursor) = next {
            let (ids, follow) = match self.search_ids(&filter, cursor, CHUNK).await {
                Ok(found) => found,
                Err(error) => {
                    outcome.take(Err(error.into()))?.is_break();
                    break;
                }
            };
            next = follow;
            if !ids.is_empty() {
                let step = UnmakeSome { operator, act, ids: &ids, undo_id: outcome.act_id };
                if outcome.take(self.transact(STEP, step).await)?.is_break() {
                    break;
                }
            }
            let share = share(outcome.looked_at(), act.card_count).min(1.0);
            if outcome.report(share, on_progress).is_break() {
                break;
            }
        }
        Ok(outcome)
    }
}

struct CountTouched {
    batch_id: u64,
}

impl Operation for CountTouched {
    type Output = u64;
    const IS_CANCELLED: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<u64, StoreError> {
        let query =
            format!("SELECT COUNT(*) FROM cards FORCE INDEX (idx_batch_id) WHERE batch_id = ? AND {TOUCHED}");
        let count: Option<u64> = connection.exec_first(limited(BACKGROUND, &query), (self.batch_id,)).await?;
        count.ok_or(StoreError::Undecodable)
    }
}

struct UnmakeSome<'a> {
    operator: &'a Operator,
    act: &'a ActRecord,
    ids: &'a [u64],
    undo_id: Option<u64>,
}

impl Transaction for UnmakeSome<'_> {
    type Output = ActOutcome;

    async fn run(&self, connection: &mut Conn) -> Result<ActOutcome, ActError> {
        must_be_open(connection, self.act.id).await?;
        let marks = marks(self.ids.len());
        let ids = || Params::Positional(self.ids.iter().map(|id| Value::from(*id)).collect());
        let lock = format!(
            "SELECT {COLUMNS} FROM cards FORCE INDEX (PRIMARY) WHERE id IN ({marks}) ORDER BY id FOR UPDATE"
        );
        let rows: Vec<Row> = connection.exec(lock, ids()).await?;
        // What happened to a card between the count and the lock is seen now.
        let touched = format!(
            "SELECT id FROM cards FORCE INDEX (PRIMARY) WHERE id IN ({marks}) AND {TOUCHED} LOCK IN SHARE MODE"
        );
        let touched: Vec<u64> = connection.exec(touched, ids()).await?;
        let mut outcome = ActOutcome { act_id: self.undo_id, ..ActOutcome::default() };
        outcome.missing = self.ids.len().saturating_sub(rows.len()) as u64;
        let ReadRows { cards, unreadable, .. } = cards(rows)?;
        outcome.unreadable = unreadable;
        let mut changes = Vec::with_capacity(cards.len());
        for before in cards {
            if !touched.contains(&before.id) {
                changes.push((before, Change::Delete));
            }
        }
        if !touched.is_empty() {
            outcome.refused.insert(ActRefusal::ChangedSince, touched.len() as u64);
        }
        outcome.done = changes.len() as u64;
        if changes.is_empty() {
            return Ok(outcome);
        }
        let head = Head { name: "undo", operator: self.operator, undoes: Some(self.act.id) };
        let undo_id = match self.undo_id {
            Some(undo_id) => undo_id,
            None => begin(connection, head).await?,
        };
        outcome.act_id = Some(undo_id);
        carry_out(connection, undo_id, &changes).await?;
        Ok(outcome)
    }
}
