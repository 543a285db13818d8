//! What each message changes, and what has to be done for it: no clock, no I/O.

mod acts;
mod answers;
mod batch;
mod begin;
mod burst;
mod columns;
mod filters;
mod forms;
mod gate;
mod import;
mod keep;
mod keys;
mod lists;
mod log;
mod paste;
mod picker;
mod pointer;
mod quit;
mod schema;
mod settings;
mod table;
mod undo;
mod views;
mod work;

use chrono::TimeDelta;
use tui_input::InputRequest;

pub use self::keys::{key, keys};
use crate::input::act::Act;
use crate::input::place::Place;
use crate::state::message::{Effect, Message, Question, Topic};
use crate::state::model::{Link, Model};

/// How long the rows that are shown go unasked: others work on the same cards.
const LOOK_AGAIN: TimeDelta = TimeDelta::seconds(60);

/// How old counts of everything grow, which cost the server seconds on ten million cards.
const COUNT_AGAIN: TimeDelta = TimeDelta::minutes(10);

/// Takes a message in and returns what has to be done.
pub fn update(model: &mut Model, message: Message) -> Vec<Effect> {
    let was_asking = model.is_asking();
    let effects = take(model, message);
    if model.is_asking() && !was_asking {
        model.asked_at = Some(model.now);
    }
    effects
}

fn take(model: &mut Model, message: Message) -> Vec<Effect> {
    match message {
        Message::Started => start(model),
        Message::Tick(now) => {
            model.now = now;
            tick(model)
        }
        Message::Resized(columns, rows) => {
            model.size = (columns, rows);
            let height = model.table_height();
            model.cards.scroll(height);
            let mut effects = table::reach(model);
            effects.extend(log::resize(model));
            effects
        }
        Message::Resumed => look_again(model, TimeDelta::zero()),
        Message::Act(act) => {
            let effects = acts::act(model, act);
            settings::refresh(model);
            effects
        }
        Message::Pointer(pointer) => {
            let effects = pointer::take(model, pointer);
            settings::refresh(model);
            effects
        }
        Message::Edit(request) if lists::is_switched_by(model, request) => acts::act(model, Act::Open),
        Message::Edit(request) => edit(model, &[request]),
        Message::Burst(keys) => {
            let effects = burst::take(model, &keys);
            settings::refresh(model);
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

/// Everything that the first screen needs.
fn start(model: &mut Model) -> Vec<Effect> {
    let mut effects = vec![model.ask(Topic::Server, Question::Server)];
    effects.extend(table::reload(model));
    effects.push(model.ask(Topic::Counts, Question::Counts));
    effects
}

fn tick(model: &mut Model) -> Vec<Effect> {
    let is_asking = model.awaits(Topic::Rows);
    match model.link {
        Link::Away { retry_at, .. } if retry_at <= model.now && !is_asking => {
            if model.cards.rows.is_empty() {
                return start(model);
            }
            // Who was deep in the table stays there.
            let mut effects = vec![model.ask(Topic::Server, Question::Server)];
            effects.extend(table::refresh(model));
            effects.push(model.ask(Topic::Counts, Question::Counts));
            effects
        }
        Link::Unready { look_at, .. } if look_at <= model.now && !is_asking => start(model),
        Link::Up if !is_asking => look_again(model, LOOK_AGAIN),
        _ => Vec::new(),
    }
}

/// Asks again, quietly, for what others may have changed, where it was asked for at least `after` ago.
fn look_again(model: &mut Model, after: TimeDelta) -> Vec<Effect> {
    let is_shown = matches!(model.place(), Place::Cards | Place::Detail);
    // A search through all cards is not begun anew every minute.
    let is_search = model.cards.progress.is_some();
    let is_due = model.cards.asked_at.is_some_and(|at| model.now - at >= after);
    if !is_shown || is_search || !is_due || model.work.is_some() || model.link != Link::Up {
        return Vec::new();
    }
    let mut effects = table::look_again(model);
    let age = model.counts.as_ref().map(|counts| model.server_now() - counts.taken_at);
    if age.is_some_and(|age| age >= COUNT_AGAIN) && !model.awaits(Topic::Counts) {
        effects.push(model.ask(Topic::Counts, Question::Counts));
        model.silence(Topic::Counts);
    }
    effects
}

fn edit(model: &mut Model, requests: &[InputRequest]) -> Vec<Effect> {
    match model.place() {
        Place::Picker | Place::Views => return lists::edit(model, requests),
        Place::Form | Place::ConfirmTyped => {
            forms::edit(model, requests);
            return Vec::new();
        }
        Place::Search => {}
        Place::Cards
        | Place::Detail
        | Place::Confirm
        | Place::Work
        | Place::Log
        | Place::Report
        | Place::Import
        | Place::Statistics => return Vec::new(),
    }
    filters::edit_search(model, requests)
}

/// Does what a key would do, for tests and for lists of acts.
pub(super) fn perform(model: &mut Model, act: Act) -> Vec<Effect> {
    acts::act(model, act)
}
