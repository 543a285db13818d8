//! The list of the table's columns, where each is shown or hidden.

use kami_common::column::Column;
use kami_common::settings::Choice;
use kami_common::shown;

use super::keep;
use crate::state::message::Effect;
use crate::state::model::Model;
use crate::state::overlay::{Chosen, Overlay, PickerKind};
use crate::state::picker::{Item, Picker};

/// Opens the list.
pub(super) fn open(model: &mut Model) -> Vec<Effect> {
    let picker = Picker::new(items(model));
    model.notice = None;
    model.overlays.push(Overlay::Picker { kind: PickerKind::Columns, picker });
    Vec::new()
}

fn items(model: &Model) -> Vec<Item<Chosen>> {
    Column::ALL
        .into_iter()
        .map(|column| {
            let label = shown::heading(model.language, column);
            let ticked = Some(model.cards.columns.contains(&column));
            Item { ticked, ..Item::new(Chosen::Column(column), label, "") }
        })
        .collect()
}

/// Shows a column or hides it; the code always stays.
pub(super) fn turn(model: &mut Model, column: Column) -> Vec<Effect> {
    if column == Column::Code {
        return Vec::new();
    }
    let chosen = &mut model.cards.columns;
    if chosen.contains(&column) {
        chosen.retain(|other| *other != column);
    } else {
        chosen.push(column);
    }
    let chosen = chosen.clone();
    if let Some(Overlay::Picker { picker, .. }) = model.overlays.last_mut() {
        for item in picker.items_mut() {
            if let Chosen::Column(column) = item.value {
                item.ticked = Some(chosen.contains(&column));
            }
        }
    }
    keep_columns(model)
}

/// Keeps the columns as they are now.
fn keep_columns(model: &mut Model) -> Vec<Effect> {
    model.sources.columns = keep::source(model);
    let names = model.cards.columns.iter().map(|column| column.name().to_owned()).collect();
    keep::keep(model, Choice::Columns(names))
}
