//! Filling in a form.

use tui_input::InputRequest;

use super::{gate, import, log, quit, settings, views};
use crate::input::act::Act;
use crate::state::field::FieldName;
use crate::state::form::FormKind;
use crate::state::message::{Effect, Topic};
use crate::state::model::Model;
use crate::state::overlay::{Confirm, Overlay};

/// Does an act in the form on top.
pub(super) fn act(model: &mut Model, act: Act) -> Vec<Effect> {
    let language = model.language;
    let Some(Overlay::Form(form)) = model.overlays.last_mut() else { return Vec::new() };
    match act {
        Act::Down => form.go(true),
        Act::Up => form.go(false),
        Act::Back => {
            model.was_told_of_loss = false;
            model.overlays.pop();
            return model.forget(Topic::Import).into_iter().collect();
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
                FormKind::LogFilter { .. } => {
                    let query = form.log_query();
                    return log::filter(model, query);
                }
                _ => {}
            }
            if let Some(file) = form.import_file() {
                return import::look(model, file);
            }
            return form.order().map(|order| gate::submit(model, order)).unwrap_or_default();
        }
        Act::Quit => return quit::quit(model),
        Act::Suspend => return vec![Effect::Suspend],
        _ => {}
    }
    Vec::new()
}

/// Types into the form on top, or the number into the question on top.
pub(super) fn edit(model: &mut Model, requests: &[InputRequest]) {
    model.was_told_of_loss = false;
    for request in requests {
        match model.overlays.last_mut() {
            Some(Overlay::Form(form)) => form.type_in(*request),
            Some(Overlay::Confirm(Confirm { typed: Some(typed), .. })) => drop(typed.handle(*request)),
            _ => {}
        }
    }
}
