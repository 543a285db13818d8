//! The presets: asked for.

use crate::state::message::{Effect, Question, Topic};
use crate::state::model::Model;

/// Asks which presets there are.
pub(crate) fn ask(model: &mut Model) -> Effect {
    model.ask(Topic::Presets, Question::Presets)
}

/// Asks which presets there are, and nobody waits for it.
pub(crate) fn ask_quietly(model: &mut Model) -> Effect {
    let asked = ask(model);
    model.silence(Topic::Presets);
    asked
}
