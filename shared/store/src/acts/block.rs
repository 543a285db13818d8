//! Keeping machines and networks out, and letting them in again.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::slice;

use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use serde_json::Value;

use super::app_order::AppRefusal;
use super::block_order::{BlockOrder, BlockRefusal, OneBlock};
use super::block_values::{kept, values};
use super::many::ActOutcome;
use super::undo::must_be_open;
use super::write::{Head, begin, is_signalled};
use super::{ActError, CHUNK, STEP, Transaction};
use crate::apps::existing;
use crate::blocks::{key_values, named};
use crate::log::{ActRecord, LogRecord};
use crate::{Store, StoreError};
use kami_core::acts::ActRefusal;
use kami_core::app::AppName;
use kami_core::block::{Block, BlockKey};
use kami_core::gate::Confirmed;
use kami_core::operator::Operator;

/// What keeping somebody out, or letting him in again, changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BlockChanges {
    /// How many are kept out that were not.
    pub added: u64,
    /// Of how many another reason or end is said.
    pub replaced: u64,
    /// How many are kept out just so already.
    pub unchanged: u64,
    /// How many are let in again.
    pub removed: u64,
}

/// What an act on blocks changed, with its number in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlocksActed {
    /// What it changed.
    pub changes: BlockChanges,
    /// The act's number.
    pub act_id: u64,
}

/// What became of one who shall be kept out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OneActed {
    /// He is.
    Done(BlocksActed),
    /// Nothing was done: what is said of him is not what the operator saw, but this, or nothing.
    Otherwise(Option<Block>),
}

impl Store {
    /// Keeps one out of whom still is said what the operator saw, or already what is wanted.
    pub async fn act_on_one_block(
        &self,
        operator: &Operator,
        one: &Confirmed<OneBlock>,
    ) -> Result<OneActed, ActError> {
        self.transact(STEP, ActOnOne { operator, one }).await
    }

    /// Keeps machines and networks out or lets them in again: all of them or, where one is refused, none.
    pub async fn act_on_blocks(
        &self,
        operator: &Operator,
        order: &Confirmed<BlockOrder>,
    ) -> Result<BlocksActed, ActError> {
        self.transact(STEP, Act { operator, order }).await
    }

    /// Takes some of what an act on blocks did back, by these rows of the log; `undo_id` is of what was taken back before.
    pub(super) async fn take_blocks_back(
        &self,
        operator: &Operator,
        act: &ActRecord,
        rows: &[LogRecord],
        undo_id: Option<u64>,
    ) -> Result<ActOutcome, ActError> {
        self.transact(STEP, TakeBack { operator, act, rows, undo_id }).await
    }

    /// What an order would change, or why it would be refused.
    pub async fn survey_blocks(&self, order: &BlockOrder) -> Result<BlockChanges, ActError> {
        let found = self.blocks_of(&keys(order)).await?;
        Ok(Plan::of(order, &found)?.changes)
    }
}

fn keys(order: &BlockOrder) -> Vec<BlockKey> {
    match order {
        BlockOrder::Add(blocks) => blocks.iter().map(|block| block.key.clone()).collect(),
        BlockOrder::Remove(keys) => keys.clone(),
    }
}

/// What there is to be written for an order.
#[derive(Default)]
struct Plan<'a> {
    saved: Vec<&'a Block>,
    removed: Vec<&'a BlockKey>,
    changes: BlockChanges,
}

impl<'a> Plan<'a> {
    /// For an order where these of its blocks are there.
    fn of(order: &'a BlockOrder, found: &HashMap<BlockKey, Block>) -> Result<Self, BlockRefusal> {
        let mut plan = Self::default();
        let mut seen = HashSet::new();
        match order {
            BlockOrder::Add(blocks) => {
                for block in blocks.iter().filter(|block| seen.insert(&block.key)) {
                    let count = match found.get(&block.key) {
                        Some(is) if is == block => {
                            plan.changes.unchanged += 1;
                            continue;
                        }
                        Some(_) => &mut plan.changes.replaced,
                        None => &mut plan.changes.added,
                    };
                    *count += 1;
                    plan.saved.push(block);
                }
            }
            BlockOrder::Remove(keys) => {
                plan.removed = keys.iter().filter(|key| seen.insert(*key)).collect();
                let missing = plan.removed.iter().filter(|key| !found.contains_key(**key));
                let missing: Vec<BlockKey> = missing.map(|key| (*key).clone()).collect();
                if !missing.is_empty() {
                    return Err(BlockRefusal::NotBlocked(missing));
                }
                plan.changes.removed = plan.removed.len() as u64;
            }
        }
        if plan.saved.is_empty() && plan.removed.is_empty() {
            return Err(BlockRefusal::Unchanged);
        }
        Ok(plan)
    }
}

/// Lets nobody else change blocks until the end of the transaction. What is read of them afterwards, and not before, is what
/// they are.
pub(super) async fn hold_blocks(connection: &mut Conn) -> Result<(), ActError> {
    Ok(connection.query_drop("CALL hold_blocks()").await?)
}

/// The apps of these blocks that there are not, or not any more: who is blocked for one would be so for the next of its name.
/// Nobody removes one while blocks are held.
async fn gone<'a>(
    connection: &mut Conn,
    keys: impl Iterator<Item = &'a BlockKey>,
) -> Result<BTreeSet<AppName>, ActError> {
    let apps: BTreeSet<&AppName> = keys.filter_map(|key| key.app.as_ref()).collect();
    let there = existing(connection, &apps.iter().map(|app| app.as_str()).collect()).await?;
    Ok(apps.into_iter().filter(|app| !there.contains(app.as_str())).cloned().collect())
}

async fn save(connection: &mut Conn, act_id: u64, blocks: &[&Block]) -> Result<(), ActError> {
    for blocks in blocks.chunks(CHUNK) {
        let blocks: Value = blocks.iter().map(|block| Value::Object(values(block))).collect();
        match connection.exec_drop("CALL save_blocks(?, ?)", (act_id, blocks.to_string())).await {
            Err(error) if is_signalled(&error) => return Err(BlockRefusal::TooMany.into()),
            saved => saved?,
        }
    }
    Ok(())
}

async fn remove(connection: &mut Conn, act_id: u64, keys: &[&BlockKey]) -> Result<(), ActError> {
    for keys in keys.chunks(CHUNK) {
        let keys: Value = keys.iter().map(|key| Value::Object(key_values(key))).collect();
        connection.exec_drop("CALL remove_blocks(?, ?)", (act_id, keys.to_string())).await?;
    }
    Ok(())
}

struct Act<'a> {
    operator: &'a Operator,
    order: &'a BlockOrder,
}

impl Transaction for Act<'_> {
    type Output = BlocksActed;

    async fn run(&self, connection: &mut Conn) -> Result<BlocksActed, ActError> {
        hold_blocks(connection).await?;
        self.run_held(connection).await
    }
}

impl Act<'_> {
    /// The same while blocks are held already.
    async fn run_held(&self, connection: &mut Conn) -> Result<BlocksActed, ActError> {
        let found = named(connection, &keys(self.order)).await?;
        let Plan { saved, removed, changes } = Plan::of(self.order, &found)?;
        if let Some(app) = gone(connection, saved.iter().map(|block| &block.key)).await?.into_iter().next() {
            return Err(AppRefusal::NoSuchApp(app).into());
        }
        let head = Head { name: self.order.name(), operator: self.operator, undoes: None };
        let act_id = begin(connection, head).await?;
        save(connection, act_id, &saved).await?;
        remove(connection, act_id, &removed).await?;
        Ok(BlocksActed { changes, act_id })
    }
}

struct ActOnOne<'a> {
    operator: &'a Operator,
    one: &'a OneBlock,
}

impl Transaction for ActOnOne<'_> {
    type Output = OneActed;

    async fn run(&self, connection: &mut Conn) -> Result<OneActed, ActError> {
        let Self { operator, one } = *self;
        hold_blocks(connection).await?;
        let key = &one.wanted.key;
        let is = named(connection, slice::from_ref(key)).await?.remove(key);
        if is != one.seen && is.as_ref() != Some(&one.wanted) {
            return Ok(OneActed::Otherwise(is));
        }
        Act { operator, order: &one.order() }.run_held(connection).await.map(OneActed::Done)
    }
}

struct TakeBack<'a> {
    operator: &'a Operator,
    act: &'a ActRecord,
    rows: &'a [LogRecord],
    undo_id: Option<u64>,
}

impl Transaction for TakeBack<'_> {
    type Output = ActOutcome;

    async fn run(&self, connection: &mut Conn) -> Result<ActOutcome, ActError> {
        must_be_open(connection, self.act.id).await?;
        hold_blocks(connection).await?;
        let mut steps = Vec::with_capacity(self.rows.len());
        for row in self.rows {
            let [before, after] = [&row.before, &row.after].map(|values| values.as_ref().map(kept));
            let (before, after) = (before.transpose()?, after.transpose()?);
            let key = before.as_ref().or(after.as_ref()).ok_or(StoreError::Undecodable)?.key.clone();
            steps.push((key, before, after));
        }
        let keys: Vec<BlockKey> = steps.iter().map(|(key, ..)| key.clone()).collect();
        let found = named(connection, &keys).await?;
        let total = steps.len();
        steps.retain(|(key, _, after)| found.get(key) == after.as_ref());
        let mut outcome = ActOutcome { act_id: self.undo_id, ..ActOutcome::default() };
        if steps.len() < total {
            outcome.refused.insert(ActRefusal::ChangedSince, (total - steps.len()) as u64);
        }
        let returning = steps.iter().filter_map(|(key, before, _)| before.is_some().then_some(key));
        let gone = gone(connection, returning).await?;
        let unchanged = steps.len();
        steps.retain(|(key, before, _)| {
            before.is_none() || key.app.as_ref().is_none_or(|app| !gone.contains(app))
        });
        if steps.len() < unchanged {
            outcome.refused.insert(ActRefusal::AppGone, (unchanged - steps.len()) as u64);
        }
        outcome.done = steps.len() as u64;
        if steps.is_empty() {
            return Ok(outcome);
        }
        let head = Head { name: "undo", operator: self.operator, undoes: Some(self.act.id) };
        let undo_id = match self.undo_id {
            Some(undo_id) => undo_id,
            None => begin(connection, head).await?,
        };
        outcome.act_id = Some(undo_id);
        let removed: Vec<_> =
            steps.iter().filter(|(_, before, _)| before.is_none()).map(|(key, ..)| key).collect();
        remove(connection, undo_id, &removed).await?;
        let saved: Vec<_> = steps.iter().filter_map(|(_, before, _)| before.as_ref()).collect();
        save(connection, undo_id, &saved).await?;
        Ok(outcome)
    }
}
