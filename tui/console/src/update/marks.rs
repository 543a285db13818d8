//! Marking cards.

use kami_common::words::{counted, say};
use kami_core::filter::Filter;

use crate::state::cards::Marks;
use crate::state::message::{Effect, Question, Topic};
use crate::state::model::{Model, Tone};

/// Marks all that the filter finds.
pub(crate) fn mark_all(model: &mut Model) -> Vec<Effect> {
    let filter = model.cards.query.whole_filter();
    if let (Some(count), Some(newest)) = (model.cards.exact_total(), model.cards.newest) {
        return mark_found(model, filter, count, newest);
    }
    // Too many to be counted at once: they are counted now that somebody wants to know.
    model.say(Tone::Plain, say!(model.language, "marking"));
    vec![model.ask(Topic::Marking, Question::Marking(filter))]
}

/// Marks the cards that a filter was found to let through.
pub(crate) fn mark_found(model: &mut Model, filter: Filter, count: u64, newest: u64) -> Vec<Effect> {
    if count == 0 {
        model.say(Tone::Plain, say!(model.language, "refusal.no_card"));
        return Vec::new();
    }
    model.cards.marks = Marks::All { filter, count, newest };
    say_marked(model)
}

/// Says how many are marked.
pub(crate) fn say_marked(model: &mut Model) -> Vec<Effect> {
    let words = counted(model.language, "marked", model.cards.marks.count());
    model.say(Tone::Plain, words);
    Vec::new()
}
