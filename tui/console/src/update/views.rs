//! Saved views: opened, saved under a name, deleted.

use kami_common::cells::harmless;
use kami_common::period::Side;
use kami_common::settings::Choice;
use kami_common::shown;
use kami_common::words::{Language, say};

use super::{keep, picker, table};
use crate::state::form::Form;
use crate::state::message::Effect;
use crate::state::model::{Model, Tone};
use crate::state::overlay::{Chosen, Confirm, Consequence, Overlay, PickerKind};
use crate::state::picker::{Item, Picker};
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
    });
    let words: Vec<String> = search.into_iter().chain(chips).collect();
    if words.is_empty() { say!(language, "view.all_cards") } else { words.join(" · ") }
}

/// Shows a saved view.
pub(super) fn open(model: &mut Model, name: &str) -> Vec<Effect> {
    let Some(view) = model.views.iter().find(|view| view.name == name) else { return Vec::new() };
    model.cards.query = Query::from(view);
    model.cards.columns.clone_from(&view.columns);
    model.cards.unmark();
    table::reload(model)
}

/// Asks for the name under which what is shown is saved.
pub(super) fn ask_name(model: &mut Model) {
    let shown = model.views.iter().find(|view| model.cards.shows(view));
    let name = shown.map(|view| view.name.clone()).unwrap_or_default();
    let names = model.views.iter().map(|view| view.name.clone()).collect();
    let keeps = summary(model.language, &model.cards.query);
    model.overlays.push(Overlay::Form(Form::view(&name, names, keeps)));
}

/// Saves what is shown under a name.
pub(super) fn save(model: &mut Model, name: &str) -> Vec<Effect> {
    let view = model.cards.saved_as(name);
    let place = model.views.iter().position(|other| other.name == view.name);
    let key = if place.is_some() { "view.replaced" } else { "view.kept" };
    match place {
        Some(place) => model.views[place] = view.clone(),
        None => model.views.push(view.clone()),
    }
    let words = said(model, key, &view.name);
    model.overlays.pop();
    model.say(Tone::Good, words);
    keep::keep(model, Choice::View(view))
}

/// What was done to a view, and whether for this session alone.
fn said(model: &Model, key: &str, name: &str) -> String {
    let done = say!(model.language, key, name = harmless(name));
    if model.confined { format!("{done} {}", say!(model.language, "view.for_session")) } else { done }
}

/// Asks whether the view under the cursor of the list shall be deleted.
pub(super) fn ask_to_drop(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Picker { kind: PickerKind::Views, picker }) = model.overlays.last() else {
        return Vec::new();
    };
    let Some(Item { value: Chosen::View(name), .. }) = picker.chosen() else { return Vec::new() };
    let name = name.clone();
    let question = say!(model.language, "view.drop", name = harmless(&name));
    let consequence = say!(model.language, "view.drop_consequence");
    let then = Consequence::DropView(name);
    model.overlays.push(Overlay::Confirm(Confirm::new(question, consequence, then)));
    Vec::new()
}

/// Deletes a view.
pub(super) fn drop(model: &mut Model, name: String) -> Vec<Effect> {
    model.views.retain(|view| view.name != name);
    let items = items(model);
    picker::fill(model, PickerKind::Views, items);
    let words = said(model, "view.dropped", &name);
    model.say(Tone::Good, words);
    keep::keep(model, Choice::NoView(name))
}
