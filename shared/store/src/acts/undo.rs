//! Taking an act back, as far as its cards still are what it made of them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Params, Row, Value};
use thiserror::Error;

use super::certify::CERTIFY;
use super::many::ActOutcome;
use super::undoable::Undo;
use super::values::{has, machines, restored, set};
use super::write::{Head, Moves, begin, bring_back, carry_out_with, taken};
use super::{ActError, CHUNK, STEP, Transaction};
use crate::apps::existing;
use crate::log::{ActRecord, CardValues, LogFilter, LogRecord, Subject};
use crate::progress::{OnProgress, share};
use crate::record::{COLUMNS, cards, marks, take};
use crate::{Store, StoreError};
use kami_core::acts::{ActRefusal, Change};
use kami_core::gate::Confirmed;
use kami_core::operator::Operator;
use kami_core::record::CardRecord;

/// Why an act cannot be undone at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum UndoRefusal {
    /// The log knows no such act.
    #[error("the operator log knows no such act")]
    NoSuchAct,
    /// It was undone before.
    #[error("the act was undone already")]
    AlreadyUndone,
    /// It made a batch of which some cards were used or changed since.
    #[error("{cards} cards of batch {batch_id} were used or changed since")]
    BatchInUse {
        /// Which it made.
        batch_id: u64,
        /// How many of its cards.
        cards: u64,
    },
    /// It made a licence file, which nobody can call back.
    #[error("a licence file cannot be called back")]
    Certified,
}

impl Store {
    /// Takes an act back card by card, deletions included; cards that were changed since are refused and stay. Of an
    /// act that made a batch the cards go, unless one of them was used or changed. An act
    /// that has grown since somebody agreed is left alone. Broken off, it can be begun again.
    pub async fn undo(
        &self,
        operator: &Operator,
        undo: &Confirmed<Undo>,
        on_progress: OnProgress<'_>,
    ) -> Result<ActOutcome, ActError> {
        self.must_be_writable()?;
        let act = self.act(undo.act_id).await?.ok_or(UndoRefusal::NoSuchAct)?;
        if act.undone_by.is_some() {
            return Err(UndoRefusal::AlreadyUndone.into());
        }
        if act.act == CERTIFY {
            return Err(UndoRefusal::Certified.into());
        }
        let found = act.card_count;
        if let Some(agreed) = undo.at_most().filter(|agreed| found > *agreed) {
            // It was still going on when somebody was asked.
            return Err(ActError::MoreThanAgreed { found, agreed });
        }
        match act.subject() {
            Some(Subject::App(_)) => return self.take_app_back(operator, &act).await,
            Some(Subject::Preset { .. }) => return self.take_preset_back(operator, &act).await,
            Some(Subject::Blocks(_)) | None => {}
        }
        let mut outcome = match act.batch_id {
            Some(batch_id) => self.unmake(operator, &act, batch_id, on_progress).await?,
            None => self.take_back(operator, &act, on_progress).await?,
        };
        let is_whole = !outcome.cancelled && outcome.failed.is_none() && outcome.unreadable.is_empty();
        if let (Some(undo_id), true) = (outcome.act_id, is_whole) {
            // Without the mark it can be undone again, which then finds nothing to do.
            outcome.failed = self.transact(STEP, Close { undo_id }).await.err();
        }
        Ok(outcome)
    }

    /// Gives the cards of an act, or the blocks, the values back that the log kept.
    async fn take_back(
        &self,
        operator: &Operator,
        act: &ActRecord,
        on_progress: OnProgress<'_>,
    ) -> Result<ActOutcome, ActError> {
        let mut outcome = ActOutcome::default();
        let filter = LogFilter { act_id: Some(act.id), ..LogFilter::default() };
        let mut before = None;
        loop {
            // From the last row to the first, as one takes back what one did.
            let rows = match self.log(&filter, before, CHUNK).await {
                Ok(rows) => rows,
                Err(error) if outcome.act_id.is_none() => return Err(error.into()),
                Err(error) => {
                    outcome.failed = Some(error.into());
                    return Ok(outcome);
                }
            };
            let Some(last) = rows.last() else { break };
            before = Some(last.id);
            let (rows, undo_id) = (&rows, outcome.act_id);
            let step = if act.is_of_blocks() {
                self.take_blocks_back(operator, act, rows, undo_id).await
            } else {
                self.transact(STEP, UndoOfSome { operator, act, rows, undo_id }).await
            };
            if outcome.take(step)?.is_break() {
                return Ok(outcome);
            }
            let share = share(outcome.looked_at(), act.card_count).min(1.0);
            if outcome.report(share, on_progress).is_break() {
                return Ok(outcome);
            }
        }
        Ok(outcome)
    }
}

/// Makes sure, until the end of the transaction, that nobody else has taken the act back.
pub(super) async fn must_be_open(connection: &mut Conn, act_id: u64) -> Result<(), ActError> {
    let closed: Option<Row> = connection.exec_first("CALL hold_act(?)", (act_id,)).await?;
    let mut closed = closed.ok_or(UndoRefusal::NoSuchAct)?;
    if take::<Option<u64>>(&mut closed, 0)?.is_some() {
        return Err(UndoRefusal::AlreadyUndone.into());
    }
    Ok(())
}

/// Marks an act as undone, once all of its cards have been looked at.
struct Close {
    undo_id: u64,
}

impl Transaction for Close {
    type Output = ();

    async fn run(&self, connection: &mut Conn) -> Result<(), ActError> {
        Ok(connection.exec_drop("CALL close_act(?)", (self.undo_id,)).await?)
    }
}

struct UndoOfSome<'a> {
    operator: &'a Operator,
    act: &'a ActRecord,
    rows: &'a [LogRecord],
    undo_id: Option<u64>,
}

/// What taking one step back comes to.
#[derive(Default)]
struct Plan {
    changes: Vec<(CardRecord, Change)>,
    moves: HashMap<u64, Moves>,
    /// Deleted cards, each with the row of the log that kept it.
    returning: Vec<(u64, CardRecord)>,
    refused: BTreeMap<ActRefusal, u64>,
}

impl Plan {
    fn refuse(&mut self, reason: ActRefusal) {
        *self.refused.entry(reason).or_default() += 1;
    }

    /// Decides what to do about one row of the log, whose card is now `card`.
    fn add(&mut self, row: &LogRecord, card: Option<CardRecord>) -> Result<(), StoreError> {
        let id = row.card_id.ok_or(StoreError::Undecodable)?;
        match (&row.before, &row.after, card) {
            (Some(kept), None, None) => self.returning.push((row.id, restored(id, kept)?)),
            (before, Some(after), Some(card)) if has(&card, after) => match before {
                None => self.changes.push((card, Change::Delete)),
                Some(before) => {
                    let mut back = earlier(&card, before)?;
                    let mut moves = Moves { freed: machines(after)?, seated: machines(before)? };
                    // Who moved from a further seat into the first one stays there: the other gets a further one.
                    if let Some(moved) =
                        moves.seated.iter_mut().find(|it| card.machine_code.as_ref() == Some(*it))
                        && let Some(other) = back.machine_code.replace(moved.clone())
                    {
                        *moved = other;
                    }
                    // The first seat of a card is free only when all are.
                    if back.machine_code.is_none() && !moves.seated.is_empty() {
                        back.machine_code = Some(moves.seated.remove(0));
                    }
                    self.moves.insert(id, moves);
                    self.changes.push((card, Change::Update(Box::new(back))));
                }
            },
            _ => self.refuse(ActRefusal::ChangedSince),
        }
        Ok(())
    }
}

fn earlier(card: &CardRecord, kept: &CardValues) -> Result<CardRecord, StoreError> {
    let mut card = card.clone();
    card.status = card.stored_status;
    set(&mut card, kept)?;
    Ok(card)
}

impl UndoOfSome<'_> {
    /// The cards of the log's rows as they are now, locked, and the numbers of those that cannot be understood.
    async fn cards(&self, connection: &mut Conn) -> Result<(HashMap<u64, CardRecord>, Vec<u64>), ActError> {
        let ids: Vec<Value> = self.rows.iter().filter_map(|row| row.card_id).map(Value::from).collect();
        let query = format!(
            "SELECT {COLUMNS} FROM cards FORCE INDEX (PRIMARY) WHERE id IN ({}) ORDER BY id FOR UPDATE",
            marks(ids.len())
        );
        let rows: Vec<Row> = connection.exec(query, Params::Positional(ids)).await?;
        let read = cards(rows)?;
        let cards = read.cards.into_iter().map(|mut card| {
            // The log speaks of what the rows say.
            card.status = card.stored_status;
            (card.id, card)
        });
        Ok((cards.collect(), read.unreadable))
    }

    /// Refuses returns of cards whose app was removed: who has none is judged by no policy.
    async fn refuse_homeless(&self, connection: &mut Conn, plan: &mut Plan) -> Result<(), ActError> {
        let homes: BTreeSet<&str> = plan.returning.iter().map(|(_, card)| card.app.as_str()).collect();
        let there = existing(connection, &homes).await?;
        let wanted = plan.returning.len();
        plan.returning.retain(|(_, card)| there.contains(&card.app));
        for _ in plan.returning.len()..wanted {
            plan.refuse(ActRefusal::AppGone);
        }
        Ok(())
    }

    /// Refuses changes and returns that would give a card a code that another has.
    async fn refuse_taken(&self, connection: &mut Conn, plan: &mut Plan) -> Result<(), ActError> {
        let wanted: Vec<(u64, String)> = plan
            .changes
            .iter()
            .filter_map(|(before, change)| match change {
                Change::Update(after) if after.full_code != before.full_code => {
                    Some((after.id, after.full_code.clone()))
                }
                Change::Update(_) | Change::Delete => None,
            })
            .chain(plan.returning.iter().map(|(_, card)| (card.id, card.full_code.clone())))
            .collect();
        let mut occupied = HashSet::new();
        // One by one, as only the database knows which spellings are the same code to it.
        let codes: Vec<&str> = wanted.iter().map(|(_, code)| code.as_str()).collect();
        if !taken(connection, &codes).await?.is_empty() {
            for (id, code) in &wanted {
                if taken(connection, &[code]).await?.iter().any(|(owner, _)| owner != id) {
                    occupied.insert(*id);
                }
            }
        }
        let refused = occupied.len() as u64;
        plan.changes.retain(|(card, _)| !occupied.contains(&card.id));
        plan.returning.retain(|(_, card)| !occupied.contains(&card.id));
        if refused > 0 {
            *plan.refused.entry(ActRefusal::CodeTaken).or_default() += refused;
        }
        Ok(())
    }
}

impl Transaction for UndoOfSome<'_> {
    type Output = ActOutcome;

    async fn run(&self, connection: &mut Conn) -> Result<ActOutcome, ActError> {
        must_be_open(connection, self.act.id).await?;
        let (mut cards, unreadable) = self.cards(connection).await?;
        let mut plan = Plan::default();
        for row in self.rows.iter().filter(|row| row.card_id.is_none_or(|id| !unreadable.contains(&id))) {
            let card = row.card_id.and_then(|id| cards.remove(&id));
            plan.add(row, card)?;
        }
        self.refuse_homeless(connection, &mut plan).await?;
        self.refuse_taken(connection, &mut plan).await?;
        let done = (plan.changes.len() + plan.returning.len()) as u64;
        let (act_id, refused) = (self.undo_id, plan.refused);
        let mut outcome = ActOutcome { act_id, done, refused, unreadable, ..ActOutcome::default() };
        if done == 0 {
            return Ok(outcome);
        }
        let head = Head { name: "undo", operator: self.operator, undoes: Some(self.act.id) };
        let undo_id = match self.undo_id {
            Some(undo_id) => undo_id,
            None => begin(connection, head).await?,
        };
        outcome.act_id = Some(undo_id);
        carry_out_with(connection, undo_id, &plan.changes, &plan.moves).await?;
        let rows: Vec<u64> = plan.returning.iter().map(|(row, _)| *row).collect();
        bring_back(connection, undo_id, &rows).await?;
        Ok(outcome)
    }
}
