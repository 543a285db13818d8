//! The list of the table's columns, where each is shown or hidden.

use kami_common::column::Column;
use kami_common::shown;

use super::picker::{Item, Picker};
use super::state::{Chosen, List, PickerKind};
use crate::state::message::Effect;
use crate::state::model::Model;
use crate::update::columns;

/// Opens the list.
pub(super) fn open(model: &mut Model) -> Vec<Effect> {
    let picker = Picker::new(items(model));
    model.notice = None;
    model.overlays.push(List::new(PickerKind::Columns, picker));
    Vec::new()
}

/// The columns that can be chosen: that of apps where there are several.
pub(super) fn offered(model: &Model) -> impl Iterator<Item = Column> {
    let tells_apps = model.apps.are_several();
    Column::ALL.into_iter().filter(move |column| *column != Column::App || tells_apps)
}

fn items(model: &Model) -> Vec<Item<Chosen>> {
    offered(model)
        .map(|column| {
            let label = shown::heading(model.language, column);
            let ticked = Some(model.cards.columns.contains(&column));
            Item { ticked, ..Item::new(Chosen::Column(column), label, "") }
        })
        .collect()
}

/// Shows a column or hides it, and ticks it as it is then.
pub(super) fn turn(model: &mut Model, column: Column) -> Vec<Effect> {
    let effects = columns::turn(model, column);
    let shown = &model.cards.columns;
    if let Some(list) = model.overlays.top_mut::<List>() {
        for item in list.picker.items_mut() {
            if let Chosen::Column(column) = item.value {
                item.ticked = Some(shown.contains(&column));
            }
        }
    }
    effects
}
