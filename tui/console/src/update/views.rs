//! Saved views: shown, saved under a name, deleted.

use kami_common::cells::harmless;
use kami_common::settings::Choice;
use kami_common::words::say;

use super::{keep, table};
use crate::state::message::Effect;
use crate::state::model::{Model, Tone};
use crate::state::query::Query;

/// Shows a saved view.
pub(crate) fn open(model: &mut Model, name: &str) -> Vec<Effect> {
    let Some(view) = model.views.iter().find(|view| view.name == name) else { return Vec::new() };
    model.cards.query = Query::from(view);
    model.cards.columns.clone_from(&view.columns);
    model.cards.unmark();
    table::reload(model)
}

/// Saves what is shown under a name.
pub(crate) fn save(model: &mut Model, name: &str) -> Vec<Effect> {
    let view = model.cards.saved_as(name);
    let place = model.views.iter().position(|other| other.name == view.name);
    let key = if place.is_some() { "view.replaced" } else { "view.kept" };
    match place {
        Some(place) => model.views[place] = view.clone(),
        None => model.views.push(view.clone()),
    }
    let words = said(model, key, &view.name);
    model.overlays.pop();
    model.say(Tone::Good, words);
    keep::keep(model, Choice::View(view.into()))
}

/// What was done to a view, and whether for this session alone.
fn said(model: &Model, key: &str, name: &str) -> String {
    let done = say!(model.language, key, name = harmless(name));
    if model.confined { format!("{done} {}", say!(model.language, "view.for_session")) } else { done }
}

/// Deletes a view.
pub(crate) fn drop(model: &mut Model, name: String) -> Vec<Effect> {
    model.views.retain(|view| view.name != name);
    let words = said(model, "view.dropped", &name);
    model.say(Tone::Good, words);
    keep::keep(model, Choice::NoView(name))
}
