//! What an overlay does: each says here what is its own, and leaves what is usual.

use std::ops::ControlFlow;

use ratatui::Frame;
use ratatui::layout::Rect;
use tui_input::InputRequest;

use crate::input::act::Act;
use crate::state::message::{Answer, Effect, Failure, Topic};
use crate::state::model::Model;
use crate::state::overlay::Overlay;

/// How many lines an act moves a cursor or a window that shows `height` of them; none where it does not.
pub(super) fn lines(act: Act, height: usize) -> Option<isize> {
    let page = isize::try_from(height).unwrap_or(1);
    Some(match act {
        Act::Down => 1,
        Act::Up => -1,
        Act::PageDown => page,
        Act::PageUp => -page,
        Act::First => isize::MIN,
        Act::Last => isize::MAX,
        _ => return None,
    })
}

/// What an overlay does. What changes it also changes other things, so that it is given the model, where it is on top.
pub(crate) trait Behaviour: Overlay + Sized {
    /// Opens it, where an act is for that.
    fn open(_model: &mut Model, _act: Act) -> Option<Vec<Effect>> {
        None
    }

    /// Does an act; nothing where it leaves that to the table below.
    fn act(model: &mut Model, act: Act) -> Option<Vec<Effect>>;

    /// Takes a single key in that types.
    fn press(model: &mut Model, request: InputRequest) -> Vec<Effect> {
        Self::edit(model, &[request])
    }

    /// Types.
    fn edit(_model: &mut Model, _requests: &[InputRequest]) -> Vec<Effect> {
        Vec::new()
    }

    /// Puts the cursor on an item that was clicked.
    fn point(_model: &mut Model, _item: usize) {}

    /// Brings it up to date after something was done, whether it is on top or not.
    fn refresh(_model: &mut Model) {}

    /// Asks anew what was asked in vain while the database was away.
    fn ask_anew(_model: &mut Model) -> Vec<Effect> {
        Vec::new()
    }

    /// The screen has become higher or lower, whether it is on top or not.
    fn resize(_model: &mut Model) -> Vec<Effect> {
        Vec::new()
    }

    /// Takes an answer in that it asked for; gives back any other.
    fn answered(_model: &mut Model, answer: Answer) -> ControlFlow<Vec<Effect>, Answer> {
        ControlFlow::Continue(answer)
    }

    /// What it asked for failed; gives back any other failure.
    fn failed(_model: &mut Model, _topic: Topic, failure: Failure) -> ControlFlow<Vec<Effect>, Failure> {
        ControlFlow::Continue(failure)
    }

    /// Draws it over the screen.
    fn render(&self, model: &Model, is_top: bool, frame: &mut Frame<'_>, screen: Rect);

    /// The item under a cell of the screen; none where nothing of it can be clicked.
    fn item_at(&self, _model: &Model, _screen: Rect, _column: u16, _row: u16) -> Option<usize> {
        None
    }
}
