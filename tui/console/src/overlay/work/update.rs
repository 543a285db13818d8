//! What is being done to cards: begun, watched, broken off.

use kami_common::words::say;
use kami_core::gate::Confirmed;

use super::state::Progress;
use crate::input::act::Act;
use crate::state::message::{Effect, Question, Topic};
use crate::state::model::{Model, Tone, Work};
use crate::state::order::Order;

/// Does what was ordered; an operator who is kept from files gets no order through that reaches one, whichever way it
/// came here.
pub(crate) fn run(model: &mut Model, order: Confirmed<Order>) -> Vec<Effect> {
    if model.confined && order.reaches_files() {
        let words = say!(model.language, "refusal.confined");
        model.say(Tone::Bad, words);
        return Vec::new();
    }
    model.notice = None;
    let total = order.count();
    let work =
        Work { key: order.key(), since: model.now, done: 0, total, share: 0.0, is_breaking_off: false };
    model.work = Some(work);
    if order.is_long() {
        model.overlays.push(Progress);
    }
    vec![model.ask(Topic::Work, Question::Do(Box::new(order)))]
}

/// Breaks off what is being done.
fn break_off(model: &mut Model) -> Vec<Effect> {
    let Some(work) = &mut model.work else { return Vec::new() };
    work.is_breaking_off = true;
    vec![Effect::BreakOff]
}

/// How far the work is.
#[expect(clippy::cast_precision_loss, reason = "a bar has no use for the last of 53 bits")]
pub(crate) fn progress(model: &mut Model, done: u64, share: Option<f64>) {
    if let Some(work) = &mut model.work {
        work.done = done;
        let by_count = work.total.filter(|total| *total > 0).map(|total| done as f64 / total as f64);
        work.share = share.or(by_count).unwrap_or(0.0).clamp(0.0, 1.0);
    }
}

/// Breaks off, or leaves.
pub(super) fn act(model: &mut Model, act: Act) -> Vec<Effect> {
    match act {
        // A second Ctrl-C ends the console with the work.
        Act::Quit if model.work.as_ref().is_none_or(|work| work.is_breaking_off) => vec![Effect::Quit],
        Act::Quit | Act::Cancel => break_off(model),
        Act::Suspend => vec![Effect::Suspend],
        _ => Vec::new(),
    }
}
