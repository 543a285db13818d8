//! One turn of the console: what a message changes and what has to be done for it, without a clock and without I/O, and
//! what is shown then.

mod acts;
mod answers;
mod burst;
mod keys;
mod paste;
mod pointer;
mod spots;
mod typing;
mod view;

use chrono::TimeDelta;

pub use self::keys::{key, keys};
pub use self::spots::{Spot, spot};
pub use self::view::view;
use crate::overlay;
use crate::state::message::{Effect, Message};
use crate::state::model::Model;
use crate::update::{start, table};

/// Takes a message in and returns what has to be done.
pub fn update(model: &mut Model, message: Message) -> Vec<Effect> {
    let asking = model.is_asking().then(|| model.place());
    let effects = take(model, message);
    if model.is_asking() && asking != Some(model.place()) {
        model.asked_at = Some(model.now);
    }
    effects
}

fn take(model: &mut Model, message: Message) -> Vec<Effect> {
    match message {
        Message::Started => start::start(model),
        Message::Tick(now) => {
            model.now = now;
            start::tick(model)
        }
        Message::Resized(columns, rows) => {
            model.size = (columns, rows);
            let height = model.table_height();
            model.cards.scroll(height);
            let mut effects = table::reach(model);
            effects.extend(overlay::resize(model));
            effects
        }
        Message::Resumed => start::look_again(model, TimeDelta::zero()),
        Message::Act(act) => {
            let effects = acts::act(model, act);
            overlay::refresh(model);
            effects
        }
        Message::Pointer(pointer) => {
            let effects = pointer::take(model, pointer);
            overlay::refresh(model);
            effects
        }
        Message::Edit(request) if !model.overlays.is_empty() => overlay::press(model, request),
        Message::Edit(request) => typing::edit(model, &[request]),
        Message::Burst(keys) => {
            let effects = burst::take(model, &keys);
            overlay::refresh(model);
            effects
        }
        Message::Pasted(text) => paste::take(model, &text),
        Message::TooSoon => {
            burst::too_soon(model);
            Vec::new()
        }
        Message::Answered { id, answer } => match model.topic_of(id) {
            Some(topic) => answers::take(model, topic, answer),
            None => Vec::new(),
        },
    }
}
