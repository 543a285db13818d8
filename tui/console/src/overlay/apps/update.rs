//! Looking at the apps, and what is done with them.

use std::ops::ControlFlow;

use kami_common::reason;
use kami_common::words::say;
use kami_core::app::{App, AppName};
use kami_store::{ActError, AppOrder, AppRefusal};

use super::layout;
use super::state::AppList;
use crate::input::act::Act;
use crate::overlay::form::Form;
use crate::overlay::{behaviour, confirm, list, presets};
use crate::state::message::{Effect, Failure, Question, Topic};
use crate::state::model::{Model, Tone};
use crate::state::order::Order;
use crate::update::{apps, quit};

/// Opens the list, the cursor on the app that is looked at.
pub(super) fn open(model: &mut Model) -> Vec<Effect> {
    model.notice = None;
    let list = AppList::on(model.cards.query.app());
    model.overlays.push(list);
    settle(model);
    ask(model)
}

/// Asks for the apps and for how many cards they have.
pub(super) fn ask(model: &mut Model) -> Vec<Effect> {
    let counts = model.ask(Topic::AppCounts, Question::AppCounts);
    vec![apps::ask(model), counts]
}

/// Brings the cursor to where its app stands now, and the window to the cursor.
pub(super) fn settle(model: &mut Model) {
    go(model, 0);
}

fn go(model: &mut Model, lines: isize) {
    let height = layout::height(model);
    if let Some(list) = model.overlays.find_mut::<AppList>() {
        list.go(lines, &model.apps, height);
    }
}

/// Puts the cursor on a line that was clicked.
pub(super) fn point(model: &mut Model, line: usize) {
    if let Some(list) = model.overlays.top_mut::<AppList>() {
        list.point(line, &model.apps);
    }
}

/// Brings the cursor to the app that something was done with, where the list is open.
pub(crate) fn follow(model: &mut Model, app: &AppName) {
    if let Some(list) = model.overlays.find_mut::<AppList>() {
        list.follow(app);
    }
}

/// What could not be asked for is said where somebody waits for it.
pub(super) fn failed(model: &mut Model, topic: Topic, failure: Failure) -> ControlFlow<Vec<Effect>, Failure> {
    if matches!(topic, Topic::Apps | Topic::AppCounts) && model.overlays.find_mut::<AppList>().is_none() {
        return ControlFlow::Break(Vec::new());
    }
    ControlFlow::Continue(failure)
}

/// Does an act in the list; nothing where it is done wherever one is.
pub(super) fn act(model: &mut Model, act: Act) -> Option<Vec<Effect>> {
    if let Some(lines) = behaviour::lines(act, layout::height(model)) {
        go(model, lines);
        return Some(Vec::new());
    }
    Some(match act {
        Act::Undo | Act::Redo => return None,
        Act::Open => choose(model),
        Act::Refresh => ask(model),
        Act::Back => model.close(),
        Act::Quit => quit::quit(model),
        Act::Suspend => vec![Effect::Suspend],
        Act::Presets => {
            let app = model.overlays.top::<AppList>().and_then(|list| list.current(&model.apps));
            let app = app.map(|app| app.name.clone());
            presets::open(model, app)
        }
        Act::AddApp => {
            model.notice = None;
            let form = Form::app(None, model.server_now());
            model.overlays.push(form);
            Vec::new()
        }
        _ => on_app(model, act),
    })
}

/// Sees the cards of the app under the cursor alone, or of all.
fn choose(model: &mut Model) -> Vec<Effect> {
    let Some(list) = model.overlays.top::<AppList>() else { return Vec::new() };
    let app = list.current(&model.apps).map(|app| app.name.clone());
    let mut effects = model.close_all();
    effects.extend(apps::look_at(model, app.as_ref()));
    effects
}

/// Does an act with the app under the cursor.
fn on_app(model: &mut Model, act: Act) -> Vec<Effect> {
    let Some(list) = model.overlays.top::<AppList>() else { return Vec::new() };
    let Some(app) = list.current(&model.apps).cloned() else {
        let words = say!(model.language, "refusal.no_app");
        model.say(Tone::Bad, words);
        return Vec::new();
    };
    model.notice = None;
    match act {
        Act::EditApp => {
            let form = Form::app(Some(app), model.server_now());
            model.overlays.push(form);
            Vec::new()
        }
        Act::AppValues => {
            list::open_values(model, &app);
            Vec::new()
        }
        Act::ArchiveApp => archive(model, app, true),
        Act::UnarchiveApp => archive(model, app, false),
        Act::RemoveApp => remove(model, app),
        _ => Vec::new(),
    }
}

fn archive(model: &mut Model, app: App, is_archived: bool) -> Vec<Effect> {
    if app.is_archived == is_archived {
        return refuse(model, AppRefusal::Unchanged(app.name));
    }
    let wanted = App { is_archived, ..app.clone() };
    let order = AppOrder { seen: Some(app), wanted: Some(wanted) };
    confirm::submit(model, Order::App(Box::new(order)))
}

/// Removes an app; whether it has cards is for the database to say, as what was counted of them grows old.
fn remove(model: &mut Model, app: App) -> Vec<Effect> {
    if app.name.is_default() {
        return refuse(model, AppRefusal::Needed(app.name));
    }
    let order = AppOrder { seen: Some(app), wanted: None };
    confirm::submit(model, Order::App(Box::new(order)))
}

fn refuse(model: &mut Model, refusal: AppRefusal) -> Vec<Effect> {
    let words = reason::act_error(model.language, &ActError::App(refusal));
    model.say(Tone::Bad, words);
    Vec::new()
}
