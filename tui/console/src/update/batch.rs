//! What is done with a batch that was just made.

use kami_core::filter::Filter;

use super::table;
use crate::state::message::{Effect, Question, Topic};
use crate::state::model::Model;
use crate::state::refusal::MOST_COPIED;

/// Shows the batch that was just made, and nothing else.
pub(crate) fn see_batch(model: &mut Model, id: u64) -> Vec<Effect> {
    model.cards.query.clear();
    model.cards.query.filter.batch_id = Some(id);
    table::reload(model)
}

/// Copies the codes of the batch that was just made.
pub(crate) fn copy_batch(model: &mut Model, id: u64) -> Vec<Effect> {
    let filter = Filter { batch_id: Some(id), ..Filter::default() };
    let most = usize::try_from(MOST_COPIED).unwrap_or(usize::MAX);
    vec![model.ask(Topic::Codes, Question::Codes(filter, most))]
}
