//! The list of the apps whose cards can be seen, and that of the values of one.

use kami_common::cells::harmless;
use kami_common::shown::named_value;
use kami_common::words::{number, say};
use kami_core::app::{App, AppName};

use super::fill::fill;
use super::picker::{Item, Picker};
use super::state::{Chosen, List, PickerKind};
use crate::overlay::form::Form;
use crate::state::model::Model;

/// All apps together and then each, with how many cards it has as far as they are counted.
pub(super) fn items(model: &Model) -> Vec<Item<Chosen>> {
    let language = model.language;
    let all = Item::new(Chosen::App(None), say!(language, "picker.all_apps"), "");
    let each = model.apps.all().iter().map(|app| {
        let archived = app.is_archived.then(|| say!(language, "app.archived"));
        let title = Some(harmless(&app.title).into_owned()).filter(|title| !title.is_empty());
        let label: Vec<String> =
            [Some(app.name.to_string()), title, archived].into_iter().flatten().collect();
        let count = model.apps.total_of(&app.name).map_or_else(|| "…".to_owned(), number);
        Item::new(Chosen::App(Some(app.name.clone())), label.join("  "), count)
    });
    std::iter::once(all).chain(each).collect()
}

/// Opens the list of the values that an app hands to its clients, and the way to give it one more.
pub(crate) fn open_values(model: &mut Model, app: &App) {
    let language = model.language;
    let each = app.values.iter().map(|value| {
        let (_, detail) = named_value(language, &value.name, &value.value, value.is_public);
        Item::new(Chosen::AppValue(app.name.clone(), Some(value.name.clone())), harmless(&value.name), detail)
    });
    let add = Item::new(Chosen::AppValue(app.name.clone(), None), say!(language, "app.add_value"), "");
    let items = each.chain([add]).collect();
    let picker = Picker::new(items).with_hint(say!(language, "app.values_of", app = app.name));
    model.overlays.push(List::new(PickerKind::AppValues, picker));
}

/// Opens the form of a value that was chosen.
pub(super) fn change_value(model: &mut Model, app: &AppName, name: Option<String>) {
    if let Some(app) = model.apps.get(app).cloned() {
        model.overlays.push(Form::app_value(app, name));
    }
}

/// Brings the list up to date once the cards are counted.
pub(super) fn refresh(model: &mut Model) {
    let items = items(model);
    fill(model, PickerKind::App, items);
}
