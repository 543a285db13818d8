//! Who is kept out: looked for while typing, kept out, let in again.

mod layout;
mod state;
mod update;
mod view;

use std::ops::ControlFlow;

use ratatui::Frame;
use ratatui::layout::Rect;
use tui_input::InputRequest;

pub use self::state::BlockTable;
pub(super) use self::update::{follow, reload};
use crate::input::act::Act;
use crate::overlay::behaviour::Behaviour;
use crate::state::message::{Answer, Effect};
use crate::state::model::Model;

impl Behaviour for BlockTable {
    fn open(model: &mut Model, act: Act) -> Option<Vec<Effect>> {
        match act {
            Act::Blocks => Some(update::open(model)),
            Act::BlockMachine => Some(update::block_machine(model)),
            _ => None,
        }
    }

    fn act(model: &mut Model, act: Act) -> Option<Vec<Effect>> {
        update::act(model, act)
    }

    fn edit(model: &mut Model, requests: &[InputRequest]) -> Vec<Effect> {
        update::edit(model, requests)
    }

    fn point(model: &mut Model, item: usize) {
        if let Some(list) = model.overlays.top_mut::<Self>() {
            list.point(item);
        }
    }

    fn ask_anew(model: &mut Model) -> Vec<Effect> {
        reload(model)
    }

    fn resize(model: &mut Model) -> Vec<Effect> {
        update::resize(model)
    }

    fn answered(model: &mut Model, answer: Answer) -> ControlFlow<Vec<Effect>, Answer> {
        match answer {
            Answer::Blocks { found, is_first } => ControlFlow::Break(update::take(model, found, is_first)),
            other => ControlFlow::Continue(other),
        }
    }

    fn render(&self, model: &Model, is_top: bool, frame: &mut Frame<'_>, screen: Rect) {
        view::render(model, self, is_top, frame, screen);
    }

    fn item_at(&self, _model: &Model, screen: Rect, column: u16, row: u16) -> Option<usize> {
        layout::at(self, screen, column, row)
    }
}
