//! What can lie over the screen: one folder each, with its state, its update and its view, and this one place that knows
//! them all.

pub mod apps;
pub(crate) mod behaviour;
pub mod block_import;
pub mod blocks;
pub mod confirm;
pub mod detail;
pub mod done;
pub mod form;
pub mod import;
pub mod list;
pub mod log;
pub mod presets;
pub mod report;
pub mod statistics;
pub mod work;

use std::ops::ControlFlow;

use ratatui::Frame;
use ratatui::layout::Rect;
use tui_input::InputRequest;

use self::apps::AppList;
use self::behaviour::Behaviour;
use self::block_import::BlockPreview;
use self::blocks::BlockTable;
use self::confirm::Confirm;
use self::detail::Detail;
use self::form::Form;
use self::import::Preview;
use self::list::List;
use self::log::LogList;
use self::presets::PresetList;
use self::report::Report;
use self::statistics::Charts;
use self::work::Progress;
use crate::input::act::Act;
use crate::state::message::{Answer, Effect, Failure, Topic};
use crate::state::model::Model;
use crate::state::overlay::{Overlay, Registered, as_kind};

/// Makes these states overlays, and the functions below of what their folders say that each does.
macro_rules! overlays {
    ($($State:ident),* $(,)?) => {
        $(impl Registered for $State {
            fn copied(&self) -> Box<dyn Overlay> {
                Box::new(self.clone())
            }
        })*

        /// Opens what an act is for; nothing where it opens none of them.
        pub(crate) fn open(model: &mut Model, act: Act) -> Option<Vec<Effect>> {
            $(if let Some(effects) = <$State as Behaviour>::open(model, act) {
                return Some(effects);
            })*
            None
        }

        /// Does an act in the topmost; nothing where that leaves it to the table below.
        pub(crate) fn act(model: &mut Model, act: Act) -> Option<Vec<Effect>> {
            $(if model.overlays.top::<$State>().is_some() {
                return <$State as Behaviour>::act(model, act);
            })*
            None
        }

        /// Takes a single key in that types.
        pub(crate) fn press(model: &mut Model, request: InputRequest) -> Vec<Effect> {
            $(if model.overlays.top::<$State>().is_some() {
                return <$State as Behaviour>::press(model, request);
            })*
            Vec::new()
        }

        /// Types into the topmost.
        pub(crate) fn edit(model: &mut Model, requests: &[InputRequest]) -> Vec<Effect> {
            $(if model.overlays.top::<$State>().is_some() {
                return <$State as Behaviour>::edit(model, requests);
            })*
            Vec::new()
        }

        /// Puts the cursor of the topmost on an item that was clicked.
        pub(crate) fn point(model: &mut Model, item: usize) {
            $(if model.overlays.top::<$State>().is_some() {
                <$State as Behaviour>::point(model, item);
            })*
        }

        /// Brings them up to date after something was done.
        pub(crate) fn refresh(model: &mut Model) {
            $(<$State as Behaviour>::refresh(model);)*
        }

        /// Asks anew what any that is open was asked for in vain.
        pub(crate) fn ask_anew(model: &mut Model) -> Vec<Effect> {
            let mut effects = Vec::new();
            $(if model.overlays.find_mut::<$State>().is_some() {
                effects.extend(<$State as Behaviour>::ask_anew(model));
            })*
            effects
        }

        /// The screen has become higher or lower.
        pub(crate) fn resize(model: &mut Model) -> Vec<Effect> {
            let mut effects = Vec::new();
            $(effects.extend(<$State as Behaviour>::resize(model));)*
            effects
        }

        /// Takes an answer in that one of them asked for; gives back what none did.
        pub(crate) fn answered(model: &mut Model, answer: Answer) -> ControlFlow<Vec<Effect>, Answer> {
            $(let answer = <$State as Behaviour>::answered(model, answer)?;)*
            done::answered(model, answer)
        }

        /// What one of them asked for failed; gives back what none asked for.
        pub(crate) fn failed(
            model: &mut Model,
            topic: Topic,
            failure: Failure,
        ) -> ControlFlow<Vec<Effect>, Failure> {
            $(let failure = <$State as Behaviour>::failed(model, topic, failure)?;)*
            ControlFlow::Continue(failure)
        }

        /// Draws one of them.
        pub(crate) fn render(
            model: &Model,
            overlay: &(dyn Overlay + 'static),
            is_top: bool,
            frame: &mut Frame<'_>,
            screen: Rect,
        ) {
            $(if let Some(state) = as_kind::<$State>(overlay) {
                state.render(model, is_top, frame, screen);
            })*
        }

        /// The item of the topmost under a cell; none where nothing of it can be clicked.
        pub(crate) fn item_at(model: &Model, screen: Rect, column: u16, row: u16) -> Option<usize> {
            $(if let Some(state) = model.overlays.top::<$State>() {
                return state.item_at(model, screen, column, row);
            })*
            None
        }
    };
}

overlays![
    AppList,
    BlockPreview,
    BlockTable,
    Charts,
    Confirm,
    Detail,
    Form,
    List,
    LogList,
    PresetList,
    Preview,
    Progress,
    Report
];
