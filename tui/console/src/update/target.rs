//! The cards that the next act is about.

use kami_core::record::CardRecord;
use kami_store::Selection;

use crate::state::cards::Marks;
use crate::state::model::Model;
use crate::state::order::Target;

/// The cards that the next act is about.
pub(crate) fn target(model: &Model) -> Option<Target> {
    match &model.cards.marks {
        Marks::None => model.cards.current().map(|card| Target::One(Box::new(card.clone()))),
        Marks::Some(marked) => {
            let selection = Selection::Ids(marked.keys().copied().collect());
            Some(Target::Many { selection, count: marked.len() as u64 })
        }
        Marks::All { filter, count, newest } => {
            let selection = Selection::UpTo { filter: filter.clone(), newest: *newest };
            Some(Target::Many { selection, count: *count })
        }
    }
}

/// The card that the next act is about, where that is one which several machines may use at once.
pub(crate) fn seats_target(model: &Model) -> Option<&CardRecord> {
    let is_one = model.cards.marks == Marks::None;
    model.cards.current().filter(|card| is_one && card.seats > 1)
}
