//! Keys that came faster than a hand: text where text is typed, and elsewhere nothing that could do harm.

use crossterm::event::{KeyCode, KeyEvent};
use kami_common::words::say;
use tui_input::InputRequest;

use super::typing::edit;
use super::{acts, paste};
use crate::input::act::Act;
use crate::input::burst::is_harmless;
use crate::input::keymap::{self, Meaning};
use crate::state::message::Effect;
use crate::state::model::{Model, Tone};
use crate::update::codes;

/// Takes in keys that came at once.
pub(crate) fn take(model: &mut Model, keys: &[KeyEvent]) -> Vec<Effect> {
    if model.place().takes_text() { type_in(model, keys) } else { go_about(model, keys) }
}

/// Says that a yes came too soon; the next has to wait as long again, so that a key that is held down never is one.
pub(crate) fn too_soon(model: &mut Model) {
    model.asked_at = Some(model.now);
    let words = say!(model.language, "confirm.too_soon");
    model.say(Tone::Bad, words);
}

/// Types a line and moves about in it; its end, and whatever else a key does here, waits for a hand.
fn type_in(model: &mut Model, keys: &[KeyEvent]) -> Vec<Effect> {
    if let Some(effects) = codes::search(model, &text_of(keys)) {
        return effects;
    }
    let is_typing = |key: &KeyEvent| matches!(key.code, KeyCode::Char(_));
    if keys.iter().any(is_typing) {
        model.pasted_at = Some(model.now);
    }
    let place = model.place();
    let mut effects = Vec::new();
    let mut typed: Vec<InputRequest> = Vec::new();
    for key in keys {
        match keymap::meaning(place, *key) {
            Some(Meaning::Edit(request)) => typed.push(request),
            Some(Meaning::Act(act)) if is_harmless(act, *key) => {
                effects.extend(edit(model, &std::mem::take(&mut typed)));
                effects.extend(acts::act(model, act));
                if model.place() != place {
                    return effects;
                }
            }
            _ => {
                effects.extend(edit(model, &typed));
                let words = say!(model.language, "paste.text_alone");
                model.say(Tone::Bad, words);
                return effects;
            }
        }
    }
    effects.extend(edit(model, &typed));
    effects
}

/// The text that keys came from.
fn text_of(keys: &[KeyEvent]) -> String {
    let character = |key: &KeyEvent| match key.code {
        KeyCode::Char(character) => Some(character),
        KeyCode::Enter => Some('\n'),
        KeyCode::Tab => Some('\t'),
        _ => None,
    };
    keys.iter().filter_map(character).collect()
}

/// Moves, if that is all that the keys do: several presses may come at once over a slow line.
fn go_about(model: &mut Model, keys: &[KeyEvent]) -> Vec<Effect> {
    if keys.iter().any(|key| harmless(model, *key).is_none()) {
        paste::refuse(model);
        return Vec::new();
    }
    let mut effects = Vec::new();
    for key in keys {
        // The same key may mean something else where the one before has led.
        let Some(act) = harmless(model, *key) else { break };
        effects.extend(acts::act(model, act));
    }
    effects
}

/// What a key does here, if that is harmless.
fn harmless(model: &Model, key: KeyEvent) -> Option<Act> {
    match keymap::meaning(model.place(), key)? {
        Meaning::Act(act) if is_harmless(act, key) => Some(act),
        _ => None,
    }
}
