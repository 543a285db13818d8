//! The apps: asked for, and looked at one by one.

use kami_core::app::AppName;

use super::filters;
use crate::state::message::{Effect, Question, Topic};
use crate::state::model::Model;

/// Asks which apps there are.
pub(crate) fn ask(model: &mut Model) -> Effect {
    model.ask(Topic::Apps, Question::Apps)
}

/// Asks which apps there are, and nobody waits for it.
pub(crate) fn ask_quietly(model: &mut Model) -> Effect {
    let asked = ask(model);
    model.silence(Topic::Apps);
    asked
}

/// Sees the cards of one app alone, or of all.
pub(crate) fn look_at(model: &mut Model, app: Option<&AppName>) -> Vec<Effect> {
    model.cards.query.filter.app = app.map(|app| app.as_str().to_owned());
    filters::changed(model)
}
