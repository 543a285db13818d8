//! Why an act cannot be done now, in words: greyed with its reason wherever it is offered.

use kami_common::reason;
use kami_common::words::{number, say};
use kami_store::{ActError, Right};

use crate::input::act::Act;
use crate::input::place::Place;
use crate::state::cards::Marks;
use crate::state::model::{Link, Model};
use crate::state::suits::card_refusal;

/// The most codes that go to the clipboard at once: terminals cut longer texts off.
pub const MOST_COPIED: u64 = 1_000;

/// The reason for which `act` cannot be done now; none if it can.
pub fn refusal(model: &Model, act: Act) -> Option<String> {
    let language = model.language;
    let cards = &model.cards;
    match act {
        Act::Mark | Act::MarkRange if cards.current().is_none() => Some(say!(language, "refusal.no_card")),
        Act::Export | Act::ExportBlocks | Act::Import | Act::ImportBlocks | Act::Suspend
            if model.confined =>
        {
            Some(say!(language, "refusal.confined"))
        }
        Act::Migrate => unmigratable(model),
        _ if act.writes() && model.read_only.is_some() => {
            model.read_only.map(|reason| say!(language, reason.key()))
        }
        _ if !lacking(model, act).is_empty() => Some(reason::no_right(language, &lacking(model, act))),
        _ if act.writes() && model.link != Link::Up => Some(say!(language, "refusal.away")),
        _ if act.writes() && model.work.is_some() => Some(say!(language, "refusal.busy")),
        Act::Export | Act::ExportBlocks | Act::MarkAll if model.link != Link::Up => {
            Some(say!(language, "refusal.away"))
        }
        Act::Export | Act::ExportBlocks if model.work.is_some() => Some(say!(language, "refusal.busy")),
        Act::Generate | Act::Import => {
            let refused = cards.query.app().and_then(|app| model.apps.refusal_of(&app));
            refused.map(|why| reason::act_error(language, &ActError::App(why)))
        }
        Act::Open if model.place() == Place::Cards && matches!(model.link, Link::Unready { .. }) => {
            unmigratable(model)
        }
        Act::Open if model.place() == Place::Cards && cards.current().is_none() => {
            Some(say!(language, "refusal.no_card"))
        }
        Act::Edit | Act::Unrecharge if cards.current().is_none() => Some(say!(language, "refusal.no_card")),
        Act::Disable | Act::Enable | Act::Unbind | Act::Extend | Act::SetNote | Act::Delete
            if cards.marks == Marks::None && cards.current().is_none() =>
        {
            Some(say!(language, "refusal.no_card"))
        }
        Act::Redo if model.session.last_undone().is_none() => Some(say!(language, "redo.nothing")),
        Act::Disable | Act::Enable | Act::Unbind | Act::Extend => {
            card_refusal(model, act).map(|why| reason::refusal(language, why))
        }
        Act::SameMachine | Act::BlockMachine
            if cards.current().is_none_or(|card| card.machine_code.is_none()) =>
        {
            Some(say!(language, "refusal.no_machine"))
        }
        Act::Copy if cards.marks.count() > MOST_COPIED || matches!(cards.marks, Marks::All { .. }) => {
            Some(say!(language, "refusal.copy_all", most = number(MOST_COPIED)))
        }
        Act::Copy if cards.codes_at_hand().is_empty() => Some(say!(language, "refusal.no_card")),
        Act::MarkAll if cards.exact_total() == Some(0) => Some(say!(language, "refusal.no_card")),
        Act::Unfilter if model.place() == Place::Cards && !cards.query.is_filtered() => {
            Some(say!(language, "refusal.no_filter"))
        }
        _ => None,
    }
}

/// Why the database cannot be migrated now.
fn unmigratable(model: &Model) -> Option<String> {
    let language = model.language;
    let key = match (&model.link, model.read_only) {
        (Link::Unready { .. }, Some(reason)) => reason.key(),
        (Link::Unready { what, .. }, None) if !what.can_be_migrated() => "refusal.unmigratable",
        (Link::Unready { .. }, None) => return None,
        (Link::Migrating { .. }, _) => "refusal.migrating",
        (Link::Up, _) => "refusal.migrated",
        (Link::Connecting | Link::Away { .. }, _) => "refusal.away",
    };
    Some(say!(language, key))
}

/// The rights that an act needs and the account lacks, as far as they are known.
fn lacking(model: &Model, act: Act) -> Vec<Right> {
    let known = model.grants.as_ref().zip(act.permission());
    known.map(|(grants, permission)| grants.missing_for(permission)).unwrap_or_default()
}
