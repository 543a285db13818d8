//! Why an act cannot be done now, in words: greyed with its reason wherever it is offered.

use super::act::Act;
use super::cards::Marks;
use super::model::Model;
use crate::words::say;

/// The reason for which `act` cannot be done now; none if it can.
pub fn refusal(model: &Model, act: Act) -> Option<String> {
    let language = model.language;
    let cards = &model.cards;
    match act {
        Act::Mark | Act::MarkRange if cards.current().is_none() => Some(say!(language, "refusal.no_card")),
        Act::Copy if matches!(cards.marks, Marks::All { .. }) => Some(say!(language, "refusal.copy_all")),
        Act::Copy if cards.codes_at_hand().is_empty() => Some(say!(language, "refusal.no_card")),
        Act::MarkAll if cards.exact_total().is_none() => Some(say!(language, "refusal.not_counted")),
        Act::MarkAll if cards.exact_total() == Some(0) => Some(say!(language, "refusal.no_card")),
        Act::Unfilter if !cards.query.is_filtered() => Some(say!(language, "refusal.no_filter")),
        _ => None,
    }
}
