//! Looking at the presets, and what is done with them.

use std::ops::ControlFlow;

use kami_common::words::say;
use kami_core::app::AppName;
use kami_core::preset::Preset;
use kami_store::PresetOrder;

use super::layout;
use super::state::PresetList;
use crate::input::act::Act;
use crate::overlay::form::{Clock, Form};
use crate::overlay::{behaviour, confirm};
use crate::state::message::{Effect, Failure, Question, Topic};
use crate::state::model::{Model, Tone};
use crate::state::order::Order;
use crate::update::{presets, quit};

/// Opens the list of an app's presets, or of all.
pub(crate) fn open(model: &mut Model, app: Option<AppName>) -> Vec<Effect> {
    model.notice = None;
    model.overlays.push(PresetList::of(app));
    settle(model);
    ask(model)
}

/// Asks which presets there are, and, where the list may have some, how many cards they have: nobody waits for that.
pub(super) fn ask(model: &mut Model) -> Vec<Effect> {
    let mut effects = vec![presets::ask(model)];
    let Some(app) = model.overlays.find_mut::<PresetList>().map(|list| list.app.clone()) else {
        return effects;
    };
    if !model.presets.are_known() || !model.presets.of(app.as_ref()).is_empty() {
        effects.push(model.ask(Topic::PresetCounts, Question::PresetCounts(app)));
        model.silence(Topic::PresetCounts);
    }
    effects
}

/// Brings the cursor to where its preset stands now, and the window to the cursor.
pub(super) fn settle(model: &mut Model) {
    go(model, 0);
}

fn height(model: &mut Model) -> usize {
    let list = model.overlays.find_mut::<PresetList>().cloned();
    list.map_or(1, |list| layout::height(model, &list))
}

fn go(model: &mut Model, lines: isize) {
    let height = height(model);
    if let Some(list) = model.overlays.find_mut::<PresetList>() {
        list.go(lines, &model.presets, height);
    }
}

/// Puts the cursor on a line that was clicked.
pub(super) fn point(model: &mut Model, line: usize) {
    if let Some(list) = model.overlays.top_mut::<PresetList>() {
        list.point(line, &model.presets);
    }
}

/// Brings the cursor to the preset that something was done with, where the list is open.
pub(crate) fn follow(model: &mut Model, preset: &Preset) {
    if let Some(list) = model.overlays.find_mut::<PresetList>() {
        list.follow(preset);
    }
}

/// What could not be asked for is said where somebody waits for it.
pub(super) fn failed(model: &mut Model, topic: Topic, failure: Failure) -> ControlFlow<Vec<Effect>, Failure> {
    let is_of_list = matches!(topic, Topic::Presets | Topic::PresetCounts);
    if is_of_list && model.overlays.find_mut::<PresetList>().is_none() {
        return ControlFlow::Break(Vec::new());
    }
    ControlFlow::Continue(failure)
}

/// Does an act in the list; nothing where it is done wherever one is.
pub(super) fn act(model: &mut Model, act: Act) -> Option<Vec<Effect>> {
    if let Some(lines) = behaviour::lines(act, height(model)) {
        go(model, lines);
        return Some(Vec::new());
    }
    Some(match act {
        Act::Undo | Act::Redo => return None,
        Act::Open => {
            model.next = Some(Act::EditPreset);
            Vec::new()
        }
        Act::Refresh => ask(model),
        Act::Back => model.close(),
        Act::Quit => quit::quit(model),
        Act::Suspend => vec![Effect::Suspend],
        Act::AddPreset => {
            model.notice = None;
            let app = model.overlays.top::<PresetList>().and_then(|list| list.app.clone());
            let form = Form::add_preset(&model.apps.open(), app.as_ref(), clock(model));
            model.overlays.push(form);
            Vec::new()
        }
        _ => on_preset(model, act),
    })
}

/// Does an act with the preset under the cursor.
fn on_preset(model: &mut Model, act: Act) -> Vec<Effect> {
    let Some(list) = model.overlays.top::<PresetList>() else { return Vec::new() };
    let Some(preset) = list.current(&model.presets).cloned() else {
        let words = say!(model.language, "refusal.no_preset");
        model.say(Tone::Bad, words);
        return Vec::new();
    };
    model.notice = None;
    match act {
        Act::EditPreset => {
            let form = Form::edit_preset(preset, clock(model));
            model.overlays.push(form);
        }
        Act::RemovePreset => {
            let order = PresetOrder { seen: Some(preset), wanted: None };
            confirm::ask_first(model, Order::Preset(Box::new(order)));
        }
        _ => {}
    }
    Vec::new()
}

fn clock(model: &Model) -> Clock {
    Clock { zone: model.zone, at: model.server_now() }
}
