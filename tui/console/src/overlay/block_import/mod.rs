//! Whom a file would keep out.

mod state;
mod update;
mod view;

use std::ops::ControlFlow;

use ratatui::Frame;
use ratatui::layout::Rect;

pub use self::state::BlockPreview;
use crate::input::act::Act;
use crate::overlay::behaviour::Behaviour;
use crate::state::message::{Answer, Effect};
use crate::state::model::Model;

impl Behaviour for BlockPreview {
    fn act(model: &mut Model, act: Act) -> Option<Vec<Effect>> {
        Some(update::act(model, act))
    }

    fn answered(model: &mut Model, answer: Answer) -> ControlFlow<Vec<Effect>, Answer> {
        match answer {
            Answer::BlockImport { path, import } => {
                model.overlays.push(Self::new(path, *import));
                ControlFlow::Break(Vec::new())
            }
            other => ControlFlow::Continue(other),
        }
    }

    fn render(&self, model: &Model, _is_top: bool, frame: &mut Frame<'_>, screen: Rect) {
        view::render(model, self, frame, screen);
    }
}
