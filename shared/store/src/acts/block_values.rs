//! A block as the operator log keeps it, and as the routines take it.

use serde_json::Value;

use crate::StoreError;
use crate::blocks::key_values;
use crate::log::CardValues;
use kami_core::block::{Block, BlockKey, BlockTarget};
use kami_core::logged;
use kami_core::operator::Note;
use kami_core::value::{Kind, Value as Logged};

/// What the log and `save_blocks` have of a block; what it has not is left out.
pub(super) fn values(block: &Block) -> CardValues {
    let mut values = key_values(&block.key);
    let reason = block.reason.as_ref().map(|reason| reason.as_str().into());
    let optional = [("reason", reason), ("until", block.until.map(logged::moment_written))];
    values.extend(optional.into_iter().filter_map(|(key, value)| Some((key.into(), value?))));
    values
}

/// The block that the log kept.
pub(super) fn kept(values: &CardValues) -> Result<Block, StoreError> {
    let text = |key: &str| values.get(key).and_then(Value::as_str);
    let block = || {
        let app = text("app")?;
        let app = if app.is_empty() { None } else { Some(app.parse().ok()?) };
        let target = BlockTarget::of_kind(text("kind")?, text("target")?)?.ok()?;
        let reason = Note::parse(text("reason").unwrap_or_default()).ok()?;
        let until = match values.get("until").map(|until| logged::read(Kind::Moment, until)) {
            None | Some(Some(Logged::Missing)) => None,
            Some(Some(Logged::Moment(until))) => Some(until),
            Some(_) => return None,
        };
        Some(Block { key: BlockKey { app, target }, reason, until })
    };
    block().ok_or(StoreError::Undecodable)
}
