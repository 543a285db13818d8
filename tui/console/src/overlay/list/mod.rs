//! A list to choose from.

mod apps;
mod columns;
mod fill;
pub mod fuzzy;
mod layout;
pub mod picker;
mod seats;
mod settings;
mod state;
mod update;
mod view;
mod views;

use std::ops::ControlFlow;

use ratatui::Frame;
use ratatui::layout::Rect;
use tui_input::InputRequest;

pub(crate) use self::apps::open_values;
pub use self::picker::{Item, Picker};
pub use self::state::{Chosen, List, PickerKind};
use crate::input::act::Act;
use crate::overlay::behaviour::Behaviour;
use crate::state::message::{Answer, Effect, Failure, Topic};
use crate::state::model::Model;

impl Behaviour for List {
    fn open(model: &mut Model, act: Act) -> Option<Vec<Effect>> {
        update::open(model, act)
    }

    fn act(model: &mut Model, act: Act) -> Option<Vec<Effect>> {
        Some(update::act(model, act))
    }

    fn press(model: &mut Model, request: InputRequest) -> Vec<Effect> {
        if update::is_switched_by(model, request) {
            return update::act(model, Act::Open);
        }
        update::edit(model, &[request])
    }

    fn edit(model: &mut Model, requests: &[InputRequest]) -> Vec<Effect> {
        update::edit(model, requests)
    }

    fn point(model: &mut Model, item: usize) {
        if let Some(list) = model.overlays.top_mut::<Self>() {
            list.picker.cursor = item;
        }
    }

    fn refresh(model: &mut Model) {
        update::refresh(model);
    }

    fn ask_anew(model: &mut Model) -> Vec<Effect> {
        update::ask_anew(model)
    }

    fn answered(model: &mut Model, answer: Answer) -> ControlFlow<Vec<Effect>, Answer> {
        match answer {
            Answer::PrefixNames(names) => {
                update::offer_prefixes(model, names.into_iter().map(|name| (name, None)).collect());
            }
            Answer::Prefixes(counts) => {
                let counts = counts.into_iter().map(|each| (each.prefix.clone(), Some(each.counts.total())));
                update::offer_prefixes(model, counts.collect());
            }
            Answer::Batches(batches) => update::offer_batches(model, &batches),
            Answer::SortsAnyWay(any_way) => update::offer_orders(model, any_way),
            Answer::Seats(card, seats) => {
                seats::offer(model, card, &seats);
                // The detail tells them as well.
                return ControlFlow::Continue(Answer::Seats(card, seats));
            }
            other => return ControlFlow::Continue(other),
        }
        ControlFlow::Break(Vec::new())
    }

    fn failed(model: &mut Model, topic: Topic, failure: Failure) -> ControlFlow<Vec<Effect>, Failure> {
        // What passes is asked for again.
        if topic == Topic::Choices && !failure.passes {
            seats::offer_all(model, &failure.words);
        }
        ControlFlow::Continue(failure)
    }

    fn render(&self, model: &Model, is_top: bool, frame: &mut Frame<'_>, screen: Rect) {
        view::render(model, self, is_top, frame, screen);
    }

    fn item_at(&self, _model: &Model, screen: Rect, column: u16, row: u16) -> Option<usize> {
        layout::at(self, screen, column, row)
    }
}
