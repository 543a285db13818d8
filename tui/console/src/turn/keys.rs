//! What keys mean where the console is now.

use crossterm::event::KeyEvent;

use crate::input::keymap::{self, Meaning};
use crate::state::message::Message;
use crate::state::model::Model;

/// What a key means.
pub fn key(model: &Model, event: KeyEvent) -> Option<Message> {
    match keymap::meaning(model.place(), event)? {
        Meaning::Act(act) => Some(Message::Act(act)),
        Meaning::Edit(request) => Some(Message::Edit(request)),
    }
}

/// What keys that arrived together mean: one key what the keymap says, unless it says yes to what nobody can have read,
/// several a burst.
pub fn keys(model: &Model, mut keys: Vec<KeyEvent>) -> Option<Message> {
    if keys.len() == 1 && !model.is_pasting() {
        let message = key(model, keys.remove(0))?;
        let is_too_soon = matches!(message, Message::Act(act) if !model.takes(act));
        return Some(if is_too_soon { Message::TooSoon } else { message });
    }
    (!keys.is_empty()).then_some(Message::Burst(keys))
}
