//! Taking acts back, and doing again what was taken back.

use kami_common::words::say;
use kami_store::Undoable;

use super::update::submit;
use crate::input::act::Act;
use crate::input::keymap;
use crate::state::message::{Effect, Question, Topic};
use crate::state::model::{Model, Tone};
use crate::state::order::{Order, Undoing};
use crate::state::refusal::refusal;

/// Asks which act is the last one: of this session, or else of its operator elsewhere.
pub(super) fn ask(model: &mut Model) -> Vec<Effect> {
    let candidates = model.session.done();
    vec![model.ask(Topic::Undo, Question::Undoable { candidates, is_redo: false })]
}

/// Asks for the act that this session took back last.
pub(super) fn ask_again(model: &mut Model) -> Vec<Effect> {
    let candidates = model.session.last_undone().into_iter().collect();
    vec![model.ask(Topic::Undo, Question::Undoable { candidates, is_redo: true })]
}

fn nothing(model: &mut Model, is_redo: bool) {
    let words = say!(model.language, if is_redo { "redo.nothing" } else { "undo.nothing" });
    model.say(Tone::Plain, words);
}

/// The act that is to be taken back has come.
pub(super) fn offer(model: &mut Model, undoable: Option<Undoable>, is_redo: bool) -> Vec<Effect> {
    // Whoever has gone on to something else meanwhile is not asked in the middle of it.
    if !keymap::is_bound(Act::Undo, model.place()) || refusal(model, Act::Undo).is_some() {
        return Vec::new();
    }
    let Some(undoable) = undoable else {
        nothing(model, is_redo);
        return Vec::new();
    };
    let is_own = model.session.is_own(&undoable.act);
    submit(model, Order::Undo(Box::new(Undoing { undoable, is_own, is_redo })))
}
