//! What taking an act back would do, before it is done.

use super::CHUNK;
use super::app_order::AppCost;
use super::block_values::kept;
use crate::act_list::ActFilter;
use crate::log::{ActRecord, LogFilter, Subject};
use crate::{Store, StoreError};
use kami_core::block::BlockTarget;
use kami_core::gate::{Kind, Weight};
use kami_core::operator::Operator;

/// The taking back of an act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undo {
    /// The act's number.
    pub act_id: u64,
}

/// An act, and what taking it back would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undoable {
    /// As the log has it.
    pub act: ActRecord,
    /// What is lost by it, if anything.
    pub loss: Option<Loss>,
}

/// What is lost by taking an act back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Its cards go: the act made them, or brought them back.
    Cards,
    /// What its app becomes costs this.
    App(AppCost),
    /// It keeps these networks out again, of which hardly any customer is no part.
    Blocks(Vec<BlockTarget>),
}

impl Undoable {
    /// How much taking it back does; `is_own` when the very session did the act that takes it back.
    pub fn weight(&self, is_own: bool) -> Weight {
        let is_of_app = self.act.subject.is_some() && !self.act.is_of_blocks();
        let cards = if is_of_app { 1 } else { self.act.card_count };
        Weight { cards, kind: Kind::TakeBack { is_own, deletes: self.loss.is_some() } }
    }
}

impl Store {
    /// The act of that number, and what taking it back would do; `None` where there is no such act.
    pub async fn undoable(&self, act_id: u64) -> Result<Option<Undoable>, StoreError> {
        match self.act(act_id).await? {
            Some(act) => self.weighed(act).await.map(Some),
            None => Ok(None),
        }
    }

    /// The same of the last act of an operator that stands; `None` where there is none.
    pub async fn last_act_of(&self, operator: &Operator) -> Result<Option<Undoable>, StoreError> {
        match self.last_undoable(operator).await? {
            Some(act) => self.weighed(act).await.map(Some),
            None => Ok(None),
        }
    }

    /// The number of the act that made a batch, if the log still knows it among its newest acts.
    pub async fn act_of_batch(&self, batch_id: u64) -> Result<Option<u64>, StoreError> {
        let filter = ActFilter { batch_id: Some(batch_id), ..ActFilter::default() };
        let mut before = None;
        loop {
            let step = self.acts_step(&filter, before, 1).await?;
            match (step.acts.first(), step.next) {
                (Some(act), _) => return Ok(Some(act.id)),
                (None, None) => return Ok(None),
                (None, next) => before = next,
            }
        }
    }

    async fn weighed(&self, act: ActRecord) -> Result<Undoable, StoreError> {
        if act.is_of_blocks() {
            let broad = self.broad_again(act.id).await?;
            let loss = Some(Loss::Blocks(broad)).filter(|loss| *loss != Loss::Blocks(Vec::new()));
            return Ok(Undoable { act, loss });
        }
        // What an act did to one of its cards it did to all: it made, changed, deleted or brought them back.
        let filter = LogFilter { act_id: Some(act.id), ..LogFilter::default() };
        let row = self.log(&filter, None, 1).await?.pop();
        let loss = match (row, act.subject()) {
            (Some(row), Some(Subject::App(_))) => AppCost::of_undoing(&row).map(Loss::App),
            // A preset is no card's: whatever becomes of it can be taken back.
            (_, Some(Subject::Preset { .. })) => None,
            (row, _) => {
                let deletes = act.batch_id.is_some() || row.is_some_and(|row| row.before.is_none());
                deletes.then_some(Loss::Cards)
            }
        };
        Ok(Undoable { act, loss })
    }
    /// The broad networks that taking back an act on blocks keeps out again.
    async fn broad_again(&self, act_id: u64) -> Result<Vec<BlockTarget>, StoreError> {
        let filter = LogFilter { act_id: Some(act_id), ..LogFilter::default() };
        let (mut broad, mut before) = (Vec::new(), None);
        loop {
            let rows = self.log(&filter, before, CHUNK).await?;
            let Some(last) = rows.last() else { return Ok(broad) };
            before = Some(last.id);
            for values in rows.iter().filter_map(|row| row.before.as_ref()) {
                broad.extend(Some(kept(values)?.key.target).filter(BlockTarget::is_broad));
            }
        }
    }
}
