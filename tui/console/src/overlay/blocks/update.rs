//! Looking for those who are kept out, part by part, and what is done with them.

use std::time::Duration;

use kami_common::words::say;
use kami_core::app::AppName;
use kami_core::block::{BlockKey, BlockTarget};
use kami_store::{BlockOrder, BlocksFound};
use tui_input::{Input, InputRequest};

use super::layout;
use super::state::BlockTable;
use crate::input::act::Act;
use crate::overlay::form::{Clock, Form};
use crate::overlay::{behaviour, confirm};
use crate::state::message::{Effect, Question, Topic};
use crate::state::model::{Model, Tone};
use crate::state::order::Order;
use crate::update::quit;

/// How many a question asks for.
const ENOUGH: usize = 200;

/// The most that are asked for at once so that the cursor keeps its place.
const MOST: usize = 5_000;

/// How long typing rests before it is looked for.
const PAUSE: Duration = Duration::from_millis(150);

/// Opens the list.
pub(super) fn open(model: &mut Model) -> Vec<Effect> {
    model.notice = None;
    model.overlays.push(BlockTable::default());
    reload(model)
}

/// Asks for the newest, and for as many as are here, so that the cursor keeps its place; nothing where the list is not open.
pub(crate) fn reload(model: &mut Model) -> Vec<Effect> {
    let Some(list) = model.overlays.find_mut::<BlockTable>() else { return Vec::new() };
    list.is_fresh = false;
    let enough = list.records.len().clamp(ENOUGH, MOST);
    let question = Question::Blocks { text: wanted(list), before: None, enough };
    vec![model.ask(Topic::Blocks, question)]
}

fn wanted(list: &BlockTable) -> String {
    list.text.value().trim().to_owned()
}

/// Looks for something else, from the newest.
fn look(model: &mut Model, pause: Duration) -> Vec<Effect> {
    let Some(list) = model.overlays.find_mut::<BlockTable>() else { return Vec::new() };
    list.start();
    let question = Question::Blocks { text: wanted(list), before: None, enough: ENOUGH };
    vec![model.ask_after(pause, Topic::Blocks, question)]
}

/// Asks for older ones where the window has come near to the last one.
fn reach(model: &mut Model) -> Vec<Effect> {
    if model.awaits(Topic::Blocks) {
        return Vec::new();
    }
    let height = layout::height(model.size.1);
    let Some(list) = model.overlays.find_mut::<BlockTable>() else { return Vec::new() };
    let Some(before) = list.next.filter(|_| list.is_near_end(height)) else { return Vec::new() };
    let question = Question::Blocks { text: wanted(list), before: Some(before), enough: ENOUGH };
    vec![model.ask(Topic::Blocks, question)]
}

/// Brings the cursor to one whom something was done with, where the list is open.
pub(crate) fn follow(model: &mut Model, key: &BlockKey) {
    if let Some(list) = model.overlays.find_mut::<BlockTable>() {
        list.follow(key.clone());
    }
}

/// Some have come.
pub(super) fn take(model: &mut Model, found: BlocksFound, is_first: bool) -> Vec<Effect> {
    let height = layout::height(model.size.1);
    let Some(list) = model.overlays.find_mut::<BlockTable>() else { return Vec::new() };
    list.take(found, is_first);
    list.go(0, height);
    reach(model)
}

/// The window has become higher or lower.
pub(super) fn resize(model: &mut Model) -> Vec<Effect> {
    let height = layout::height(model.size.1);
    let Some(list) = model.overlays.find_mut::<BlockTable>() else { return Vec::new() };
    list.go(0, height);
    reach(model)
}

/// Types what is looked for.
pub(super) fn edit(model: &mut Model, requests: &[InputRequest]) -> Vec<Effect> {
    let Some(list) = model.overlays.top_mut::<BlockTable>().filter(|list| list.is_typing) else {
        return Vec::new();
    };
    let before = wanted(list);
    for request in requests {
        list.text.handle(*request);
    }
    if wanted(list) == before { Vec::new() } else { look(model, PAUSE) }
}

/// Does an act in the list; nothing where it is done wherever one is.
pub(super) fn act(model: &mut Model, act: Act) -> Option<Vec<Effect>> {
    let height = layout::height(model.size.1);
    let list = model.overlays.top_mut::<BlockTable>()?;
    if let Some(lines) = behaviour::lines(act, height) {
        list.go(lines, height);
        return Some(reach(model));
    }
    Some(match act {
        Act::Undo | Act::Redo => return None,
        Act::SearchBlocks => {
            model.notice = None;
            if let Some(list) = model.overlays.top_mut::<BlockTable>() {
                list.is_typing = true;
            }
            Vec::new()
        }
        Act::Open if list.is_typing => {
            list.is_typing = false;
            Vec::new()
        }
        Act::Open => {
            model.next = Some(Act::EditBlock);
            Vec::new()
        }
        Act::Back if list.is_typing => {
            list.is_typing = false;
            unfilter(model)
        }
        Act::Unfilter => unfilter(model),
        Act::Refresh => reload(model),
        Act::Back => model.close(),
        Act::Quit => quit::quit(model),
        Act::Suspend => vec![Effect::Suspend],
        Act::AddBlock => {
            model.notice = None;
            keep_out(model, None, 1);
            Vec::new()
        }
        Act::ExportBlocks => {
            model.notice = None;
            let form = Form::export_blocks(clock(model));
            model.overlays.push(form);
            Vec::new()
        }
        Act::ImportBlocks => {
            model.notice = None;
            model.overlays.push(Form::import_blocks());
            Vec::new()
        }
        _ => on_block(model, act),
    })
}

/// Looks for all again.
fn unfilter(model: &mut Model) -> Vec<Effect> {
    let Some(list) = model.overlays.top_mut::<BlockTable>() else { return Vec::new() };
    if list.text.value().is_empty() {
        return Vec::new();
    }
    list.text = Input::default();
    look(model, Duration::ZERO)
}

/// Does an act with the one under the cursor.
fn on_block(model: &mut Model, act: Act) -> Vec<Effect> {
    let Some(list) = model.overlays.top::<BlockTable>() else { return Vec::new() };
    // What is shown may not be what is looked for by now.
    let is_behind = !list.is_fresh && model.awaits(Topic::Blocks);
    let Some(block) = list.current().filter(|_| !is_behind).map(|record| record.block.clone()) else {
        let words = say!(model.language, if is_behind { "picker.waiting" } else { "refusal.no_block" });
        model.say(Tone::Bad, words);
        return Vec::new();
    };
    model.notice = None;
    match act {
        Act::EditBlock => {
            let form = Form::edit_block(block, clock(model));
            model.overlays.push(form);
        }
        Act::RemoveBlock => {
            confirm::ask_first(model, Order::Blocks(Box::new(BlockOrder::Remove(vec![block.key]))));
        }
        _ => {}
    }
    Vec::new()
}

/// Opens the form that keeps the machine of the card under the cursor out.
pub(super) fn block_machine(model: &mut Model) -> Vec<Effect> {
    let machine = model.cards.current().and_then(|card| card.machine_code.as_deref());
    let target = machine.map(BlockTarget::machine);
    let Some(Ok(target)) = target else {
        let words = say!(model.language, "refusal.no_machine");
        model.say(Tone::Bad, words);
        return Vec::new();
    };
    model.notice = None;
    let seats = model.cards.current().map_or(1, |card| card.seats);
    keep_out(model, Some(&target), seats);
    Vec::new()
}

/// Opens the form that keeps somebody out.
fn keep_out(model: &mut Model, target: Option<&BlockTarget>, seats: u16) {
    let apps: Vec<AppName> = model.apps.all().iter().map(|app| app.name.clone()).collect();
    let form = Form::block(target, seats, &apps, clock(model));
    model.overlays.push(form);
}

fn clock(model: &Model) -> Clock {
    Clock { zone: model.zone, at: model.server_now() }
}
