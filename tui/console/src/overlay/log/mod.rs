//! What operators did.

mod layout;
mod state;
mod update;
mod view;

use std::ops::ControlFlow;

use ratatui::Frame;
use ratatui::layout::Rect;

pub use self::state::LogList;
#[cfg(test)]
pub(crate) use self::view::ACT;
use crate::input::act::Act;
use crate::overlay::behaviour::Behaviour;
use crate::state::message::{Answer, Effect};
use crate::state::model::Model;

impl Behaviour for LogList {
    fn open(model: &mut Model, act: Act) -> Option<Vec<Effect>> {
        (act == Act::Log).then(|| update::open(model))
    }

    fn act(model: &mut Model, act: Act) -> Option<Vec<Effect>> {
        Some(update::act(model, act))
    }

    fn point(model: &mut Model, item: usize) {
        if let Some(list) = model.overlays.top_mut::<Self>() {
            list.cursor = item;
        }
    }

    fn ask_anew(model: &mut Model) -> Vec<Effect> {
        update::reload(model)
    }

    fn resize(model: &mut Model) -> Vec<Effect> {
        update::resize(model)
    }

    fn answered(model: &mut Model, answer: Answer) -> ControlFlow<Vec<Effect>, Answer> {
        match answer {
            Answer::Acts { step, is_first, .. } => ControlFlow::Break(update::take(model, step, is_first)),
            Answer::LogOfAct { records, is_first, next } => {
                update::show(model, &records, is_first, next);
                ControlFlow::Break(Vec::new())
            }
            other => ControlFlow::Continue(other),
        }
    }

    fn render(&self, model: &Model, _is_top: bool, frame: &mut Frame<'_>, screen: Rect) {
        view::render(model, self, frame, screen);
    }

    fn item_at(&self, _model: &Model, screen: Rect, column: u16, row: u16) -> Option<usize> {
        layout::at(self, screen, column, row)
    }
}
