//! A question before something is done.

mod schema;
mod state;
mod undo;
mod unrecharge;
mod update;
mod view;

use std::ops::ControlFlow;

use ratatui::Frame;
use ratatui::layout::Rect;
use tui_input::InputRequest;

pub use self::state::{Confirm, Consequence, Touched};
pub(crate) use self::update::{ask_first, submit};
#[cfg(test)]
pub(crate) use self::view::GAP;
use crate::input::act::Act;
use crate::overlay::behaviour::Behaviour;
use crate::state::message::{Answer, Effect, Failure, Topic};
use crate::state::model::{Link, Model};
use crate::state::order::Order;
use crate::update::target::{seats_target, target};

impl Behaviour for Confirm {
    fn open(model: &mut Model, act: Act) -> Option<Vec<Effect>> {
        let on_card = act.on_card();
        match act {
            Act::Open if !matches!(model.link, Link::Unready { .. }) => return None,
            Act::Open | Act::Migrate => return Some(schema::offer(model)),
            // Which of its machines is chosen from a list.
            Act::Unbind if seats_target(model).is_some() => return None,
            Act::Undo | Act::Redo | Act::Unrecharge => {}
            _ if on_card.is_some() => {}
            _ => return None,
        }
        model.notice = None;
        Some(match (act, on_card, target(model)) {
            (Act::Undo, ..) => undo::ask(model),
            (Act::Redo, ..) => undo::ask_again(model),
            (Act::Unrecharge, ..) => unrecharge::ask(model),
            (_, Some(act), Some(target)) => submit(model, Order::Act { act, target }),
            _ => Vec::new(),
        })
    }

    fn act(model: &mut Model, act: Act) -> Option<Vec<Effect>> {
        Some(update::act(model, act))
    }

    fn edit(model: &mut Model, requests: &[InputRequest]) -> Vec<Effect> {
        update::edit(model, requests);
        Vec::new()
    }

    fn answered(model: &mut Model, answer: Answer) -> ControlFlow<Vec<Effect>, Answer> {
        match answer {
            Answer::Surveying(share) => update::counted_so_far(model, share),
            Answer::Survey(survey) => update::surveyed(model, &survey),
            Answer::Undoable { undoable, is_redo } => {
                return ControlFlow::Break(undo::offer(model, undoable.map(|undoable| *undoable), is_redo));
            }
            Answer::TopUp { burnt, top_up } => {
                return ControlFlow::Break(unrecharge::offer(model, *burnt, top_up));
            }
            Answer::Migrated(done) => return ControlFlow::Break(schema::migrated(model, done)),
            other => return ControlFlow::Continue(other),
        }
        ControlFlow::Break(Vec::new())
    }

    fn failed(model: &mut Model, topic: Topic, failure: Failure) -> ControlFlow<Vec<Effect>, Failure> {
        if topic != Topic::Survey {
            return ControlFlow::Continue(failure);
        }
        update::not_surveyed(model, failure.words);
        ControlFlow::Break(Vec::new())
    }

    fn render(&self, model: &Model, _is_top: bool, frame: &mut Frame<'_>, screen: Rect) {
        view::render(model, self, frame, screen);
    }
}
