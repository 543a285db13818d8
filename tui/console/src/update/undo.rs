//! Taking acts back, and doing again what was taken back.

use kami_common::touch;
use kami_common::words::say;
use kami_store::{ActOutcome, Undoable};

use super::gate;
use crate::act::Act;
use crate::message::{Effect, Question, Topic};
use crate::model::{Model, Place, Tone};
use crate::order::{Order, Undoing};
use crate::refusal::refusal;

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
    if !matches!(model.place(), Place::Cards | Place::Detail) || refusal(model, Act::Undo).is_some() {
        return Vec::new();
    }
    let Some(undoable) = undoable else {
        nothing(model, is_redo);
        return Vec::new();
    };
    let is_own = model.session.is_own(&undoable.act);
    gate::submit(model, Order::Undo(Box::new(Undoing { undoable, is_own, is_redo })))
}

/// Keeps in mind that an act was taken back; returns which it was, in words, and how it is done again.
pub(super) fn done(model: &mut Model, undoing: &Undoing, outcome: &ActOutcome) -> String {
    let is_whole = !outcome.cancelled && outcome.failed.is_none();
    if is_whole {
        model.session.took_back(&undoing.undoable.act, outcome.act_id);
    }
    let (language, zone, now) = (model.language, model.zone, model.server_now());
    let named = touch::named(language, zone, now, &undoing.undoable.act);
    match (is_whole && outcome.act_id.is_some(), undoing.is_redo) {
        (true, false) => format!(" {named}  {}", say!(language, "done.redo_hint")),
        (true, true) => format!(" {named}  {}", say!(language, "done.undo_hint")),
        (false, _) => format!(" {named}"),
    }
}
