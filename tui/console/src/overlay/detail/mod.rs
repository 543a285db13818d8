//! The detail of a card.

mod layout;
mod state;
mod update;
mod view;

use ratatui::Frame;
use ratatui::layout::Rect;

pub use self::state::Detail;
pub(crate) use self::view::render_beside;
use crate::input::act::Act;
use crate::overlay::behaviour::Behaviour;
use crate::state::message::Effect;
use crate::state::model::Model;

impl Behaviour for Detail {
    fn open(model: &mut Model, act: Act) -> Option<Vec<Effect>> {
        update::open(model, act)
    }

    fn act(model: &mut Model, act: Act) -> Option<Vec<Effect>> {
        update::act(model, act)
    }

    fn render(&self, model: &Model, _is_top: bool, frame: &mut Frame<'_>, screen: Rect) {
        view::render_over(model, self.scroll, frame, screen);
    }
}
