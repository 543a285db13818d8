//! Filling in a form.

use tui_input::InputRequest;

use super::state::{Form, FormKind};
use super::{look, open};
use crate::input::act::Act;
use crate::overlay::confirm;
use crate::overlay::form::field::FieldName;
use crate::state::message::{Effect, Question};
use crate::state::model::Model;
use crate::update::{quit, settings, views};

/// Does an act in the form on top.
pub(super) fn act(model: &mut Model, act: Act) -> Vec<Effect> {
    let (language, now) = (model.language, model.server_now());
    let Some(form) = model.overlays.top_mut::<Form>() else { return Vec::new() };
    form.tell_time(now);
    match act {
        Act::Down => form.go(true),
        Act::Up => form.go(false),
        Act::Back => {
            model.was_told_of_loss = false;
            return model.close();
        }
        Act::Submit => {
            form.is_tried = true;
            let wrong = form.fields.iter().position(|field| form.problem(field.name, language).is_some());
            if let Some(wrong) = wrong {
                form.focus = wrong;
                return Vec::new();
            }
            match form.kind {
                FormKind::View { .. } => {
                    let name = form.value(FieldName::Name).to_owned();
                    return views::save(model, &name);
                }
                FormKind::Operator { .. } => {
                    let name = form.value(FieldName::Operator).to_owned();
                    return settings::take_operator(model, &name);
                }
                FormKind::LogFilter { then, .. } => {
                    let query = form.log_query();
                    return then(model, query);
                }
                _ => {}
            }
            if let Some(file) = form.import_file() {
                return look::look(model, Question::Import(file));
            }
            if let Some(path) = form.block_file() {
                let zone = model.zone;
                return look::look(model, Question::ImportBlocks(path, zone));
            }
            return form.order().map(|order| confirm::submit(model, order)).unwrap_or_default();
        }
        Act::Quit => return quit::quit(model),
        Act::Suspend => return vec![Effect::Suspend],
        _ => {}
    }
    Vec::new()
}

/// The app that the form on top is about may have become another.
pub(super) fn follow_app(model: &mut Model) {
    let Some(form) = model.overlays.top_mut::<Form>() else { return };
    let (FormKind::App { seen: Some(seen), .. } | FormKind::AppValue { seen, .. }) = &form.kind else {
        return;
    };
    if let Some(app) = model.apps.get(&seen.name).filter(|app| !app.is_same_state(seen)) {
        form.rebase_app(app);
    }
}

/// The presets that the form on top is about may have become others.
pub(super) fn follow_presets(model: &mut Model) {
    let offered = open::offered(model);
    let Some(form) = model.overlays.top_mut::<Form>().filter(|_| model.presets.are_known()) else { return };
    form.rebase_presets(&offered);
    form.rebase_preset(model.presets.all());
}

/// Types into the form on top.
pub(super) fn edit(model: &mut Model, requests: &[InputRequest]) {
    model.was_told_of_loss = false;
    let now = model.server_now();
    if let Some(form) = model.overlays.top_mut::<Form>() {
        form.tell_time(now);
        for request in requests {
            form.type_in(*request);
        }
    }
}
