//! Acts on many cards, in steps that hold their locks only for a moment.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Params, Row, Value};

use super::write::{Head, begin, carry_out};
use super::{ActError, CHUNK, STEP, Transaction};
use crate::listing::SearchCursor;
use crate::listing::sought::Sought;
use crate::listing::statement::conditions;
use crate::progress::{ActProgress, OnProgress, share};
use crate::record::{COLUMNS, ReadRows, cards, marks};
use crate::selection::Selection;
use crate::{Store, StoreError};
use kami_core::acts::{Act, ActRefusal, allowed};
use kami_core::filter::Filter;
use kami_core::gate::Confirmed;
use kami_core::operator::Operator;

/// Something to be done with many cards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManyAct {
    /// What.
    pub act: Act,
    /// With which.
    pub selection: Selection,
}

/// What an act on many cards came to.
#[derive(Debug, Default)]
pub struct ActOutcome {
    /// The act's number in the log; `None` when nothing was changed.
    pub act_id: Option<u64>,
    /// How many cards were changed.
    pub done: u64,
    /// How many did not allow it, and why.
    pub refused: BTreeMap<ActRefusal, u64>,
    /// How many were gone, or not what the filter asks for any more, when their turn came.
    pub missing: u64,
    /// The numbers of those whose rows cannot be understood, which stay as they are.
    pub unreadable: Vec<u64>,
    /// Whether it was broken off: what was done until then stays done.
    pub cancelled: bool,
    /// What it changed that is no card, such as the name of an app.
    pub subject: Option<String>,
    /// What broke it off after some cards had been changed.
    pub failed: Option<ActError>,
}

impl ActOutcome {
    pub(super) fn looked_at(&self) -> u64 {
        self.done + self.missing + self.unreadable.len() as u64 + self.refused.values().sum::<u64>()
    }

    /// How many cards met the selection and were acted on or refused.
    fn met(&self) -> u64 {
        self.looked_at() - self.missing
    }

    /// Takes a step's outcome in; a failure is one of the whole act only while nothing was done.
    pub(super) fn take(&mut self, step: Result<Self, ActError>) -> Result<ControlFlow<()>, ActError> {
        match step {
            Ok(step) => {
                self.act_id = step.act_id.or(self.act_id);
                self.done += step.done;
                self.missing += step.missing;
                self.unreadable.extend(step.unreadable);
                for (reason, count) in step.refused {
                    *self.refused.entry(reason).or_default() += count;
                }
                Ok(ControlFlow::Continue(()))
            }
            Err(error) if self.act_id.is_none() => Err(error),
            Err(error) => {
                self.failed = Some(error);
                Ok(ControlFlow::Break(()))
            }
        }
    }

    /// Reports how far it has come; whether to go on is kept.
    pub(super) fn report(&mut self, share: f64, on_progress: OnProgress<'_>) -> ControlFlow<()> {
        let progress = ActProgress { looked_at: self.looked_at(), done: self.done, share };
        let go_on = on_progress(progress);
        self.cancelled = go_on.is_break();
        go_on
    }
}

impl Store {
    /// Does something with many cards, a thousand at a time; what was done when it is broken off stays done, and can
    /// be undone by its number. Where a filter lets more cards through than were agreed to, it is not begun, or ends
    /// before the first card too many, with [`ActError::MoreThanAgreed`].
    pub async fn act_on(
        &self,
        operator: &Operator,
        many: &Confirmed<ManyAct>,
        on_progress: OnProgress<'_>,
    ) -> Result<ActOutcome, ActError> {
        self.must_be_writable()?;
        let ManyAct { act, selection } = &**many;
        let mut outcome = ActOutcome::default();
        match selection {
            Selection::Ids(ids) => {
                let mut ids = ids.clone();
                ids.sort_unstable();
                ids.dedup();
                for (step, chunk) in ids.chunks(CHUNK).enumerate() {
                    let work = ActOnSome { operator, act, ids: chunk, sought: None, act_id: outcome.act_id };
                    if outcome.take(self.transact(STEP, work).await)?.is_break() {
                        break;
                    }
                    let behind = step * CHUNK + chunk.len();
                    if outcome.report(share(behind as u64, ids.len() as u64), on_progress).is_break() {
                        break;
                    }
                }
            }
            Selection::Filter(filter) | Selection::UpTo { filter, .. } => {
                let at_most = many.at_most();
                if let Some(agreed) = at_most {
                    self.must_be_agreed(selection, agreed, on_progress).await?;
                }
                let mut next = self.search_start(filter).await?;
                if let Selection::UpTo { newest, .. } = selection {
                    next = next.and_then(|cursor| cursor.up_to(*newest));
                }
                while let Some(cursor) = next {
                    let (ids, follow) = match self.search_ids(filter, cursor, CHUNK).await {
                        Ok(found) => found,
                        Err(error) => {
                            outcome.take(Err(error.into()))?.is_break();
                            break;
                        }
                    };
                    next = follow;
                    let found = outcome.met() + ids.len() as u64;
                    if let Some(agreed) = at_most.filter(|agreed| found > *agreed) {
                        outcome.take(Err(ActError::MoreThanAgreed { found, agreed }))?.is_break();
                        break;
                    }
                    if !ids.is_empty() {
                        let sought = Some(cursor.sought(filter));
                        let work = ActOnSome { operator, act, ids: &ids, sought, act_id: outcome.act_id };
                        if outcome.take(self.transact(STEP, work).await)?.is_break() {
                            break;
                        }
                    }
                    let progress = cursor.progress(next);
                    if outcome.report(share(progress.done, progress.total), on_progress).is_break() {
                        break;
                    }
                }
            }
        }
        Ok(outcome)
    }

    /// Counts again what an act is for, as cards may have come to it since somebody agreed.
    async fn must_be_agreed(
        &self,
        selection: &Selection,
        agreed: u64,
        on_progress: OnProgress<'_>,
    ) -> Result<(), ActError> {
        let counting = |_| on_progress(ActProgress { looked_at: 0, done: 0, share: 0.0 });
        let found = self.survey(selection, &counting).await?.ok_or(ActError::Cancelled)?.cards;
        if found > agreed { Err(ActError::MoreThanAgreed { found, agreed }) } else { Ok(()) }
    }

    pub(super) async fn search_ids(
        &self,
        filter: &Filter,
        cursor: SearchCursor,
        limit: usize,
    ) -> Result<(Vec<u64>, Option<SearchCursor>), StoreError> {
        self.run(STEP, crate::listing::SearchIds { filter, cursor, limit }).await
    }
}

struct ActOnSome<'a> {
    operator: &'a Operator,
    act: &'a Act,
    ids: &'a [u64],
    sought: Option<Sought<'a>>,
    act_id: Option<u64>,
}

impl Transaction for ActOnSome<'_> {
    type Output = ActOutcome;

    async fn run(&self, connection: &mut Conn) -> Result<ActOutcome, ActError> {
        let conditions = self.sought.map(conditions).unwrap_or_default();
        if self.sought.is_some_and(Sought::asks_for_seats) {
            // Seats are read without a lock, in the state that is there once their cards are locked.
            let lock = format!(
                "SELECT id FROM cards FORCE INDEX (PRIMARY) WHERE id IN ({}) ORDER BY id FOR UPDATE",
                marks(self.ids.len())
            );
            let ids = self.ids.iter().map(|id| Value::from(*id)).collect();
            connection.exec_drop(lock, Params::Positional(ids)).await?;
        }
        // By the primary key, and so in its order: two acts on the same cards wait for each other, without deadlock.
        let query = format!(
            "SELECT {COLUMNS} FROM cards FORCE INDEX (PRIMARY) WHERE id IN ({}){} ORDER BY id FOR UPDATE",
            marks(self.ids.len()),
            conditions.text
        );
        let params = self.ids.iter().map(|id| Value::from(*id)).chain(conditions.values).collect();
        let rows: Vec<Row> = connection.exec(query, Params::Positional(params)).await?;
        let mut outcome = ActOutcome { act_id: self.act_id, ..ActOutcome::default() };
        outcome.missing = self.ids.len().saturating_sub(rows.len()) as u64;
        let ReadRows { cards, unreadable, now } = cards(rows)?;
        outcome.unreadable = unreadable;
        let mut changes = Vec::with_capacity(cards.len());
        // There is a moment where there is a card.
        let now = now.unwrap_or_default();
        for before in cards {
            match allowed(self.act, &before, now) {
                Ok(change) => changes.push((before, change)),
                Err(reason) => *outcome.refused.entry(reason).or_default() += 1,
            }
        }
        outcome.done = changes.len() as u64;
        if changes.is_empty() {
            return Ok(outcome);
        }
        let head = Head { name: self.act.name(), operator: self.operator, undoes: None };
        let act_id = match self.act_id {
            Some(act_id) => act_id,
            None => begin(connection, head).await?,
        };
        outcome.act_id = Some(act_id);
        carry_out(connection, act_id, &changes).await?;
        Ok(outcome)
    }
}
