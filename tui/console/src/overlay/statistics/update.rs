//! Looking at the statistics.

use super::state::Charts;
use crate::input::act::Act;
use crate::state::message::{Effect, Question, Topic};
use crate::state::model::Model;
use crate::state::statistics::{self, Statistics};
use crate::update::quit;

/// Opens them, and counts anew.
pub(super) fn open(model: &mut Model) -> Vec<Effect> {
    model.notice = None;
    let mut effects = model.close_all();
    model.overlays.push(Charts);
    effects.extend(ask(model));
    effects
}

/// Asks for the counts of the app that is looked at; what was counted of another is not shown.
pub(super) fn ask(model: &mut Model) -> Vec<Effect> {
    let series = statistics::series(model.server_now(), model.zone);
    let app = model.cards.query.app();
    model.statistics.take_if(|statistics| statistics.app != app);
    vec![model.ask(Topic::Statistics, Question::Statistics(series.to_vec(), app))]
}

/// Does an act in them.
pub(super) fn act(model: &mut Model, act: Act) -> Vec<Effect> {
    match act {
        Act::Refresh => ask(model),
        Act::Back => model.close(),
        Act::Quit => quit::quit(model),
        Act::Suspend => vec![Effect::Suspend],
        _ => Vec::new(),
    }
}

/// Counts have come. What was counted before stays until all of it is counted anew.
pub(super) fn take(model: &mut Model, statistics: Statistics) {
    let was_whole = model.statistics.as_ref().is_some_and(|before| before.stock.is_some());
    if statistics.stock.is_some() || !was_whole {
        model.statistics = Some(statistics);
    }
}
