//! What a file would bring.

mod state;
mod update;
mod view;

use std::ops::ControlFlow;

use ratatui::Frame;
use ratatui::layout::Rect;

pub use self::state::Preview;
#[cfg(test)]
pub(crate) use self::view::WORD;
use crate::input::act::Act;
use crate::overlay::behaviour::Behaviour;
use crate::state::message::{Answer, Effect};
use crate::state::model::Model;

impl Behaviour for Preview {
    fn act(model: &mut Model, act: Act) -> Option<Vec<Effect>> {
        Some(update::act(model, act))
    }

    fn answered(model: &mut Model, answer: Answer) -> ControlFlow<Vec<Effect>, Answer> {
        match answer {
            Answer::Import(import) => {
                model.overlays.push(Self::new(*import));
                ControlFlow::Break(Vec::new())
            }
            other => ControlFlow::Continue(other),
        }
    }

    fn render(&self, model: &Model, _is_top: bool, frame: &mut Frame<'_>, screen: Rect) {
        view::render(model, self, frame, screen);
    }
}
