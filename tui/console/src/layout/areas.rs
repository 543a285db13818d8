//! Where the panels stand.

use ratatui::layout::{Constraint, Layout, Rect};

use crate::state::model::Model;

/// Header, counts, share bar, filter line, an empty line, table, message line, hint bar.
pub(crate) fn areas(screen: Rect) -> [Rect; 8] {
    let lines = [1, 1, 1, 1, 1, 0, 1, 1];
    Layout::vertical(lines.map(|height| match height {
        0 => Constraint::Fill(1),
        height => Constraint::Length(height),
    }))
    .areas(screen)
}

/// The part of the body that the table has beside the detail.
pub(crate) fn table_area(model: &Model, body: Rect) -> Rect {
    if model.is_wide() { beside(body)[0] } else { body }
}

/// The table and the detail beside it.
pub(crate) fn beside(body: Rect) -> [Rect; 2] {
    let detail = if body.width >= 200 { 56 } else { 40 };
    Layout::horizontal([Constraint::Fill(1), Constraint::Length(detail)]).areas(body)
}
