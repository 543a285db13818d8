//! Reading a report.

use super::layout::lines;
use super::state::Report;
use crate::input::act::Act;
use crate::overlay::behaviour;
use crate::state::message::{Effect, Question, Topic};
use crate::state::model::Model;
use crate::update::quit;

/// How near to its end the report of an act asks for more lines.
const NEAR: usize = 60;

/// Scrolls or closes.
pub(super) fn act(model: &mut Model, act: Act) -> Vec<Effect> {
    let size = model.size;
    let Some(report) = model.overlays.top_mut::<Report>() else { return Vec::new() };
    let (all, height) = lines(report, size);
    let Some(by) = behaviour::lines(act, height) else {
        return match act {
            Act::Back => model.close(),
            Act::Quit => quit::quit(model),
            Act::Suspend => vec![Effect::Suspend],
            _ => Vec::new(),
        };
    };
    let last = all.saturating_sub(height);
    // A resize may have left fewer lines than were scrolled away.
    report.scroll = report.scroll.min(last).saturating_add_signed(by).min(last);
    reach(model).into_iter().collect()
}

/// Asks for more of what an act changed where its report comes to an end.
pub(super) fn reach(model: &mut Model) -> Option<Effect> {
    let report = model.overlays.top::<Report>()?;
    let (act, before) = report.more?;
    let is_near = report.scroll + NEAR > lines(report, model.size).0;
    if !is_near || model.awaits(Topic::LogOfAct) {
        return None;
    }
    Some(model.ask(Topic::LogOfAct, Question::LogOfAct(act, Some(before))))
}
