//! What lies under a cell of the screen, for the mouse.

use ratatui::layout::Rect;

use crate::input::act::Act;
use crate::input::place::Place;
use crate::layout::areas::{areas, table_area};
use crate::layout::{filter_line, hints};
use crate::overlay;
use crate::state::model::Model;
use crate::state::query::Chip;

/// Something on the screen that can be clicked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spot {
    /// A row of the table, by its place among the rows that are here.
    Card(usize),
    /// A filter that can be taken away.
    Chip(Chip),
    /// An item of the list on top, by its place among those that are found.
    Item(usize),
    /// A hint of the last line.
    Act(Act),
}

/// What lies under a cell; nothing where a click does nothing.
pub fn spot(model: &Model, column: u16, row: u16) -> Option<Spot> {
    if model.is_too_small() {
        return None;
    }
    let (columns, rows) = model.size;
    let screen = Rect { x: 0, y: 0, width: columns, height: rows };
    let [.., filter, _, body, _, hints] = areas(screen);
    if row == hints.y {
        return hints::at(model, hints, column).map(Spot::Act);
    }
    if let Some(item) = overlay::item_at(model, screen, column, row) {
        return Some(Spot::Item(item));
    }
    if !matches!(model.place(), Place::Cards | Place::Search) {
        return None;
    }
    if row == filter.y {
        return filter_line::at(model, filter, column).map(Spot::Chip);
    }
    let table = table_area(model, body);
    // The first line has the heads.
    let line = usize::from(row.checked_sub(table.y + 1)?);
    let is_inside = row < table.bottom() && column < table.right();
    let index = model.cards.top + line;
    (is_inside && index < model.cards.rows.len()).then_some(Spot::Card(index))
}
