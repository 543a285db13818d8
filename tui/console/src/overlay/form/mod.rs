//! A form to fill in.

pub mod field;
mod look;
mod open;
mod state;
mod update;
mod view;

use std::ops::ControlFlow;

use ratatui::Frame;
use ratatui::layout::Rect;
use tui_input::InputRequest;

pub(crate) use self::open::export_batch;
pub use self::state::{AS_WRITTEN, Clock, Form, FormKind, Sources, WHOLE, app_field};
#[cfg(test)]
pub(crate) use self::view::WIDTH;
use crate::input::act::Act;
use crate::overlay::behaviour::Behaviour;
use crate::state::message::{Answer, Effect, Failure, Topic};
use crate::state::model::Model;
use crate::update::table;

impl Behaviour for Form {
    fn open(model: &mut Model, act: Act) -> Option<Vec<Effect>> {
        open::open(model, act)
    }

    fn act(model: &mut Model, act: Act) -> Option<Vec<Effect>> {
        Some(update::act(model, act))
    }

    fn edit(model: &mut Model, requests: &[InputRequest]) -> Vec<Effect> {
        update::edit(model, requests);
        Vec::new()
    }

    fn refresh(model: &mut Model) {
        update::follow_app(model);
        update::follow_presets(model);
    }

    fn answered(model: &mut Model, answer: Answer) -> ControlFlow<Vec<Effect>, Answer> {
        match answer {
            Answer::Unreadable { path, error } => {
                look::unreadable(model, &path, &error);
                ControlFlow::Break(Vec::new())
            }
            other => ControlFlow::Continue(other),
        }
    }

    fn failed(model: &mut Model, topic: Topic, failure: Failure) -> ControlFlow<Vec<Effect>, Failure> {
        if topic != Topic::Import {
            return ControlFlow::Continue(failure);
        }
        let passes = failure.passes;
        look::fail(model, failure);
        ControlFlow::Break(if passes { table::look_again(model) } else { Vec::new() })
    }

    fn render(&self, model: &Model, is_top: bool, frame: &mut Frame<'_>, screen: Rect) {
        view::render(model, self, is_top, frame, screen);
    }
}
