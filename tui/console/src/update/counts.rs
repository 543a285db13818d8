//! What is counted over all cards, or over those of the app that is looked at.

use kami_store::StatusCounts;

use crate::state::message::{Effect, Question, Topic};
use crate::state::model::Model;

/// Asks how many cards there are of each status.
pub(crate) fn ask(model: &mut Model) -> Effect {
    let app = model.cards.query.app();
    if app != model.counted_app {
        // What was counted is of other cards than those that are shown.
        model.counts = None;
    }
    model.counted_app.clone_from(&app);
    model.ask(Topic::Counts, Question::Counts(app))
}

/// Asks anew where the app that is looked at has become another.
pub(crate) fn follow(model: &mut Model) -> Option<Effect> {
    (model.cards.query.app() != model.counted_app).then(|| ask(model))
}

/// They were counted.
pub(crate) fn take(model: &mut Model, counts: StatusCounts) {
    let circulating = counts.unused + counts.active;
    model.circulating = match model.counted_app {
        None => circulating,
        Some(_) => model.circulating.max(circulating),
    };
    model.counts = Some(counts);
}
