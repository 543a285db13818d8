//! What is asked for by itself: at the start, and while time passes.

use chrono::TimeDelta;

use super::{apps, counts, presets, table};
use crate::input::place::Place;
use crate::state::message::{Effect, Question, Topic};
use crate::state::model::{Link, Model};

/// How long the rows that are shown go unasked: others work on the same cards.
const LOOK_AGAIN: TimeDelta = TimeDelta::seconds(60);

/// How old counts of everything grow, which cost the server seconds on ten million cards.
const COUNT_AGAIN: TimeDelta = TimeDelta::minutes(10);

/// Everything that the first screen needs.
pub(crate) fn start(model: &mut Model) -> Vec<Effect> {
    let mut effects = vec![model.ask(Topic::Server, Question::Server)];
    effects.extend(table::reload(model));
    effects.push(counts::ask(model));
    effects.extend([apps::ask_quietly(model), presets::ask_quietly(model)]);
    effects
}

/// Time has passed: asks for what is due.
pub(crate) fn tick(model: &mut Model) -> Vec<Effect> {
    let is_asking = model.awaits(Topic::Rows);
    match model.link {
        Link::Away { retry_at, .. } if retry_at <= model.now && !is_asking => {
            if model.cards.rows.is_empty() {
                return start(model);
            }
            // Who was deep in the table stays there.
            let mut effects = vec![model.ask(Topic::Server, Question::Server)];
            effects.extend(table::refresh(model));
            effects.push(counts::ask(model));
            if !model.apps.are_known() {
                effects.push(apps::ask_quietly(model));
            }
            if !model.presets.are_known() {
                effects.push(presets::ask_quietly(model));
            }
            effects
        }
        Link::Unready { look_at, .. } if look_at <= model.now && !is_asking => start(model),
        Link::Up if !is_asking => look_again(model, LOOK_AGAIN),
        _ => Vec::new(),
    }
}

/// Asks again, quietly, for what others may have changed, where it was asked for at least `after` ago.
pub(crate) fn look_again(model: &mut Model, after: TimeDelta) -> Vec<Effect> {
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
        effects.push(counts::ask(model));
        model.silence(Topic::Counts);
        effects.push(apps::ask_quietly(model));
    }
    effects
}
