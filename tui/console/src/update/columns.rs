//! The table's columns: shown or hidden.

use kami_common::column::Column;
use kami_common::settings::Choice;

use super::keep;
use crate::state::message::Effect;
use crate::state::model::Model;

/// Shows a column or hides it; the code always stays.
pub(crate) fn turn(model: &mut Model, column: Column) -> Vec<Effect> {
    if column == Column::Code {
        return Vec::new();
    }
    let chosen = &mut model.cards.columns;
    if chosen.contains(&column) {
        chosen.retain(|other| *other != column);
    } else {
        chosen.push(column);
    }
    keep_columns(model)
}

/// Keeps the columns as they are now.
fn keep_columns(model: &mut Model) -> Vec<Effect> {
    model.sources.columns = keep::source(model);
    let names = model.cards.columns.iter().map(|column| column.name().to_owned()).collect();
    keep::keep(model, Choice::Columns(names))
}
