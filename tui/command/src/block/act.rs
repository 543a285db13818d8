//! The way of an act on those who are kept out: through the gate into the store, and told with what undoes it.

use clap::Args;
use kami_common::words::{Language, say};
use kami_common::{reason, shown, touch};
use kami_core::block::BlockTarget;
use kami_core::gate::Answer;
use kami_store::{BlockChanges, BlockOrder};
use serde_json::{Value, json};

use super::super::confirm::Question;
use super::super::failure::Failure;
use super::super::gate;
use super::super::output::{Output, message};
use super::super::session::Session;

/// How an act on those who are kept out is told.
#[derive(Debug, Args)]
pub(super) struct Manner {
    /// Say what it would do, and change nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Print what it came to as JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// A text as the machine or the network that it names.
pub(super) fn target(session: &Session, text: &str, is_machine: bool) -> Result<BlockTarget, Failure> {
    let target = if is_machine { BlockTarget::machine(text) } else { text.parse() };
    target.map_err(|error| {
        let why = reason::no_target(session.language, error);
        Failure::Usage(say!(session.language, "command.wrong_option", option = text, why = why))
    })
}

/// Does what was ordered, once that is agreed to where the gate wants it, beforehand or when asked, and tells what it changed;
/// or tells what it would change.
pub(super) async fn carry_out(
    session: &Session,
    order: BlockOrder,
    is_agreed: bool,
    manner: &Manner,
) -> Result<(), Failure> {
    let language = session.language;
    let act = order.name();
    if manner.dry_run {
        let changes = session.store.survey_blocks(&order).await;
        let changes = changes.map_err(|error| Failure::of_act(language, &error))?;
        return tell(language, act, None, changes, manner.json);
    }
    let near = near(language, &order);
    let (weight, broad) = (order.weight(), order.broad());
    let answer = if is_agreed { Answer::Agreed } else { Answer::Silence };
    let order = gate::of(session).pass(order, weight, answer).or_else(|order| {
        let question = Question {
            words: touch::blocks(language, &order),
            touched: touch::shut_out(language, &broad),
            agree: say!(language, "command.agree_yes"),
        };
        gate::ask(session, order, weight, &question)
    })?;
    let acted = session.store.act_on_blocks(&session.operator, &order).await;
    let acted = acted.map_err(|error| Failure::of_act(language, &error))?;
    tell(language, act, Some(acted.act_id), acted.changes, manner.json)?;
    if let Some(near) = near {
        message(&near);
    }
    Ok(())
}

/// That some of the networks are no part of the internet, where some are.
fn near(language: Language, order: &BlockOrder) -> Option<String> {
    let BlockOrder::Add(blocks) = order else { return None };
    let mut near = blocks.iter().map(|block| &block.key.target).filter(|target| target.is_near()).peekable();
    near.peek()?;
    Some(say!(language, "block.near", targets = shown::targets(language, near)))
}

fn tell(
    language: Language,
    act: &str,
    act_id: Option<u64>,
    changes: BlockChanges,
    json: bool,
) -> Result<(), Failure> {
    if json {
        let mut out = Output::open();
        out.json(&json_of(act, act_id, changes))?;
        return Ok(out.flush()?);
    }
    let words = shown::block_changes(language, changes);
    message(&match act_id {
        Some(act_id) => words + &say!(language, "command.undo_with", id = act_id),
        None => words + " " + &say!(language, "block.dry_run"),
    });
    Ok(())
}

/// What an act changed, or would, as JSON.
pub(super) fn json_of(act: &str, act_id: Option<u64>, changes: BlockChanges) -> Value {
    let BlockChanges { added, replaced, unchanged, removed } = changes;
    json!({
        "act": act,
        "act_id": act_id,
        "added": added,
        "replaced": replaced,
        "unchanged": unchanged,
        "removed": removed,
    })
}
