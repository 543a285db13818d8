//! Lines to read.

mod layout;
mod state;
mod update;
mod view;

use ratatui::Frame;
use ratatui::layout::Rect;

pub use self::state::Report;
use crate::input::act::Act;
use crate::overlay::behaviour::Behaviour;
use crate::state::message::Effect;
use crate::state::model::Model;

impl Behaviour for Report {
    fn act(model: &mut Model, act: Act) -> Option<Vec<Effect>> {
        Some(update::act(model, act))
    }

    fn resize(model: &mut Model) -> Vec<Effect> {
        update::reach(model).into_iter().collect()
    }

    fn render(&self, model: &Model, _is_top: bool, frame: &mut Frame<'_>, screen: Rect) {
        view::render(model, self, frame, screen);
    }
}
