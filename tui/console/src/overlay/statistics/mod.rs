//! Counts over time.

mod chart;
mod large;
mod state;
mod update;
mod view;

use std::ops::ControlFlow;

use ratatui::Frame;
use ratatui::layout::Rect;

pub use self::state::Charts;
#[cfg(test)]
pub(crate) use self::view::NARROW_HEADS;
use crate::input::act::Act;
use crate::overlay::behaviour::Behaviour;
use crate::state::message::{Answer, Effect};
use crate::state::model::Model;

impl Behaviour for Charts {
    fn open(model: &mut Model, act: Act) -> Option<Vec<Effect>> {
        (act == Act::Statistics).then(|| update::open(model))
    }

    fn act(model: &mut Model, act: Act) -> Option<Vec<Effect>> {
        Some(update::act(model, act))
    }

    fn ask_anew(model: &mut Model) -> Vec<Effect> {
        update::ask(model)
    }

    fn answered(model: &mut Model, answer: Answer) -> ControlFlow<Vec<Effect>, Answer> {
        match answer {
            Answer::Statistics(statistics) => {
                update::take(model, statistics);
                ControlFlow::Break(Vec::new())
            }
            other => ControlFlow::Continue(other),
        }
    }

    fn render(&self, model: &Model, _is_top: bool, frame: &mut Frame<'_>, screen: Rect) {
        view::render(model, frame, screen);
    }
}
