//! What a pasted text does: into the search it brings the codes that it speaks of, elsewhere its first line.

use kami_common::words::say;
use tui_input::InputRequest;

use super::typing::edit;
use crate::state::message::Effect;
use crate::state::model::{Model, Tone};
use crate::update::codes;

/// The most characters of a paste that are typed: more than any field takes.
const LONGEST_LINE: usize = 1_000;

/// Takes in a text that was pasted where the console is now.
pub(crate) fn take(model: &mut Model, text: &str) -> Vec<Effect> {
    if !model.place().takes_text() {
        refuse(model);
        return Vec::new();
    }
    if let Some(effects) = codes::search(model, text) {
        return effects;
    }
    // A pasted list of codes is no list of commands.
    let line = text.lines().next().unwrap_or_default().trim();
    let typed: Vec<_> = line.chars().take(LONGEST_LINE).map(InputRequest::InsertChar).collect();
    edit(model, &typed)
}

/// Says that what was pasted did nothing, as there is no text to be typed here.
pub(crate) fn refuse(model: &mut Model) {
    model.pasted_at = Some(model.now);
    let words = say!(model.language, "paste.nothing");
    model.say(Tone::Bad, words);
}
