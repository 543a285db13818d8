//! Opening a form.

use kami_common::export::Source;
use kami_core::filter::Filter;
use kami_core::preset::Preset;
use kami_store::{Grants, Permission};

use super::field::Field;
use super::state::{Clock, Form, FormKind, Sources, app_field};
use crate::input::act::Act;
use crate::state::cards::Marks;
use crate::state::message::Effect;
use crate::state::model::Model;
use crate::update::target::target;
use crate::update::{presets, table};

/// Opens the form of an act that has one.
pub(super) fn open(model: &mut Model, act: Act) -> Option<Vec<Effect>> {
    let clock = Clock { zone: model.zone, at: model.server_now() };
    let form = match act {
        Act::Generate => {
            let prefix = model.cards.query.filter.prefix.clone();
            Some(Form::generate(&prefix.unwrap_or_default(), apps(model), offered(model), clock))
        }
        Act::Edit => model.cards.current().map(|card| Form::edit(card, clock)),
        Act::Extend => target(model).map(Form::extend),
        Act::SetNote => target(model).map(Form::note),
        Act::Export => Some(Form::export(sources(model))),
        Act::Import => Some(Form::import(apps(model), clock)),
        _ => return None,
    };
    model.notice = None;
    let mut effects = Vec::new();
    if let Some(form) = form {
        match &form.kind {
            FormKind::Edit { seen, .. } => effects.extend(table::seats_at_stake(model, seen)),
            // Somebody may have changed what is sold.
            FormKind::Generate { .. } => effects.push(presets::ask_quietly(model)),
            _ => {}
        }
        model.overlays.push(form);
    }
    Some(effects)
}

/// The choice of the app that cards are made for, where there is one.
fn apps(model: &Model) -> Option<Field> {
    app_field(&model.apps.open(), model.cards.query.app().as_ref())
}

/// The presets that cards may be made by: all, or none where the account may make cards by none.
pub(super) fn offered(model: &Model) -> Vec<Preset> {
    let may = |grants: &Grants| grants.missing_for(Permission::Price).is_empty();
    if model.grants.as_ref().is_none_or(may) { model.presets.all().to_vec() } else { Vec::new() }
}

/// The cards that may be written to a file.
fn sources(model: &Model) -> Sources {
    let marked = match &model.cards.marks {
        Marks::None => None,
        Marks::Some(marked) => Some(Source::Ids(marked.keys().copied().collect())),
        Marks::All { filter, .. } => Some(Source::Filter(filter.clone())),
    };
    let found = model.cards.query.whole_filter();
    Sources { marked, batch: None, found, at: model.server_now(), zone: model.zone, language: model.language }
}

/// Opens the form that writes the batch that was just made to a file.
pub(crate) fn export_batch(model: &mut Model, id: u64, prefix: Option<String>) {
    let batch = Some(Filter { batch_id: Some(id), prefix, ..Filter::default() });
    let form = Form::export(Sources { batch, ..sources(model) });
    model.overlays.push(form);
}
