//! The presets of an app or of all: made, changed or removed.

mod layout;
mod state;
mod update;
mod view;

use std::ops::ControlFlow;

use ratatui::Frame;
use ratatui::layout::Rect;

pub use self::state::PresetList;
pub(super) use self::update::{follow, open};
use crate::input::act::Act;
use crate::overlay::behaviour::Behaviour;
use crate::state::message::{Effect, Failure, Topic};
use crate::state::model::Model;

impl Behaviour for PresetList {
    fn open(model: &mut Model, act: Act) -> Option<Vec<Effect>> {
        (act == Act::Presets).then(|| {
            let app = model.cards.query.app();
            open(model, app)
        })
    }

    fn act(model: &mut Model, act: Act) -> Option<Vec<Effect>> {
        update::act(model, act)
    }

    fn point(model: &mut Model, item: usize) {
        update::point(model, item);
    }

    fn refresh(model: &mut Model) {
        update::settle(model);
    }

    fn ask_anew(model: &mut Model) -> Vec<Effect> {
        update::ask(model)
    }

    fn resize(model: &mut Model) -> Vec<Effect> {
        update::settle(model);
        Vec::new()
    }

    fn failed(model: &mut Model, topic: Topic, failure: Failure) -> ControlFlow<Vec<Effect>, Failure> {
        update::failed(model, topic, failure)
    }

    fn render(&self, model: &Model, _is_top: bool, frame: &mut Frame<'_>, screen: Rect) {
        view::render(model, self, frame, screen);
    }

    fn item_at(&self, model: &Model, screen: Rect, column: u16, row: u16) -> Option<usize> {
        layout::at(model, self, screen, column, row)
    }
}
