//! Beginning an act on cards: its form or its question, where it has one.

use kami_common::export::Source;
use kami_store::Selection;

use super::{gate, undo};
use crate::input::act::Act;
use crate::state::cards::Marks;
use crate::state::form::{Form, Sources};
use crate::state::message::Effect;
use crate::state::model::Model;
use crate::state::order::{Order, Target};
use crate::state::overlay::Overlay;

/// Begins an act on cards, with its form or its question first where it has one.
pub(super) fn begin(model: &mut Model, act: Act) -> Vec<Effect> {
    model.notice = None;
    let form = match act {
        Act::Generate => {
            let prefix = model.cards.query.filter.prefix.clone();
            Some(Form::generate(&prefix.unwrap_or_default()))
        }
        Act::Edit => model.cards.current().map(Form::edit),
        Act::Extend => target(model).map(Form::extend),
        Act::SetNote => target(model).map(Form::note),
        Act::Export => Some(Form::export(sources(model))),
        Act::Import => Some(Form::import()),
        Act::Undo => return undo::ask(model),
        Act::Redo => return undo::ask_again(model),
        _ => None,
    };
    if let Some(form) = form {
        model.overlays.push(Overlay::Form(form));
        return Vec::new();
    }
    match (act.on_card(), target(model)) {
        (Some(act), Some(target)) => gate::submit(model, Order::Act { act, target }),
        _ => Vec::new(),
    }
}

/// The cards that may be written to a file.
pub(super) fn sources(model: &Model) -> Sources {
    let marked = match &model.cards.marks {
        Marks::None => None,
        Marks::Some(marked) => Some(Source::Ids(marked.keys().copied().collect())),
        Marks::All { filter, .. } => Some(Source::Filter(filter.clone())),
    };
    let found = model.cards.query.whole_filter();
    Sources { marked, batch: None, found, at: model.server_now(), zone: model.zone, language: model.language }
}

/// The cards that the next act is about.
fn target(model: &Model) -> Option<Target> {
    match &model.cards.marks {
        Marks::None => model.cards.current().map(|card| Target::One(Box::new(card.clone()))),
        Marks::Some(marked) => {
            let selection = Selection::Ids(marked.keys().copied().collect());
            Some(Target::Many { selection, count: marked.len() as u64 })
        }
        Marks::All { filter, count, newest } => {
            let selection = Selection::UpTo { filter: filter.clone(), newest: *newest };
            Some(Target::Many { selection, count: *count })
        }
    }
}
