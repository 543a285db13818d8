//! The list of the saved views.

use kami_common::cells::harmless;
use kami_common::period::Side;
use kami_common::shown;
use kami_common::words::{Language, say};

use super::fill::fill;
use super::picker::{Item, Picker};
use super::state::{Chosen, List, PickerKind};
use crate::overlay::confirm::{Confirm, Consequence};
use crate::overlay::form::Form;
use crate::state::message::Effect;
use crate::state::model::Model;
use crate::state::query::{Chip, Query};

/// The list of saved views, and the way to save one more.
pub(super) fn all(model: &Model) -> Picker<Chosen> {
    Picker::new(items(model)).with_hint(say!(model.language, "view.hint"))
}

fn items(model: &Model) -> Vec<Item<Chosen>> {
    let language = model.language;
    let views = model.views.iter().map(|view| {
        let item = Item::new(
            Chosen::View(view.name.clone()),
            harmless(&view.name),
            summary(language, &Query::from(view)),
        );
        Item { ticked: Some(model.cards.shows(view)), ..item }
    });
    let keep = Item::new(Chosen::KeepView, say!(language, "view.keep"), "");
    let keep = Item { ticked: Some(false), ..keep };
    views.chain([keep]).collect()
}

/// What a view asks to see, in few words.
pub(super) fn summary(language: Language, query: &Query) -> String {
    let text = query.text.value();
    let search =
        (!text.is_empty()).then(|| format!("{} {}", say!(language, query.search_in.key()), harmless(text)));
    let chips = query.chips().into_iter().map(|chip| match chip {
        Chip::App => {
            say!(language, "chip.app", app = harmless(query.filter.app.as_deref().unwrap_or_default()))
        }
        Chip::Status(status) => shown::status(language, status),
        Chip::Prefix => shown::prefix(language, query.filter.prefix.as_deref().unwrap_or_default()),
        Chip::Batch(id) => say!(language, "chip.batch", id = id),
        Chip::Created(period) => {
            say!(language, "chip.created", range = period.words(language, Side::Past))
        }
        Chip::Used(period) => {
            say!(language, "chip.used", range = period.words(language, Side::Past))
        }
        Chip::Expiring(period) => {
            say!(language, "chip.expiring", range = period.words(language, Side::Future))
        }
        Chip::Shared => say!(language, "chip.shared"),
        Chip::Copied => say!(language, "chip.copied"),
    });
    let words: Vec<String> = search.into_iter().chain(chips).collect();
    if words.is_empty() { say!(language, "view.all_cards") } else { words.join(" · ") }
}

/// Asks for the name under which what is shown is saved.
pub(super) fn ask_name(model: &mut Model) {
    let shown = model.views.iter().find(|view| model.cards.shows(view));
    let name = shown.map(|view| view.name.clone()).unwrap_or_default();
    let names = model.views.iter().map(|view| view.name.clone()).collect();
    let keeps = summary(model.language, &model.cards.query);
    model.overlays.push(Form::view(&name, names, keeps));
}

/// Asks whether the view under the cursor of the list shall be deleted.
pub(super) fn ask_to_drop(model: &mut Model) -> Vec<Effect> {
    let views = model.overlays.top::<List>().filter(|list| list.kind == PickerKind::Views);
    let Some(Item { value: Chosen::View(name), .. }) = views.and_then(|list| list.picker.chosen()) else {
        return Vec::new();
    };
    let name = name.clone();
    let question = say!(model.language, "view.drop", name = harmless(&name));
    let consequence = say!(model.language, "view.drop_consequence");
    let then = Consequence::DropView(name);
    model.overlays.push(Confirm::new(question, consequence, then));
    Vec::new()
}

/// Brings the views up to date where they are shown.
pub(super) fn refresh(model: &mut Model) {
    let items = items(model);
    fill(model, PickerKind::Views, items);
}
