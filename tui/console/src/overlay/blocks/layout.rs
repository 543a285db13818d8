//! Where those who are kept out stand.

use ratatui::layout::Rect;

use super::state::BlockTable;
use crate::layout::frames::overlay_room;

/// The cells of the frame's width.
const WIDTH: u16 = 100;

/// The rows of the frame that nobody gets who is kept out: its edges, the search, the heads, what is said of one.
const ROWS_AROUND: u16 = 7;

pub(super) fn size(screen: Rect) -> (u16, u16) {
    let most = if screen.height >= 40 { 32 } else { 20 };
    (WIDTH, screen.height.saturating_sub(4).min(most))
}

/// How many are shown on a screen of so many rows.
pub(super) fn height(screen_rows: u16) -> usize {
    let screen = Rect { x: 0, y: 0, width: WIDTH, height: screen_rows };
    usize::from(size(screen).1.saturating_sub(ROWS_AROUND)).max(1)
}

/// The lines of the list, below the search and the heads.
pub(super) fn list_area(inner: Rect) -> Rect {
    Rect { y: inner.y + 2, height: inner.height.saturating_sub(ROWS_AROUND - 2).max(1), ..inner }
}

/// The one under a cell, by its place in the list.
pub(super) fn at(list: &BlockTable, screen: Rect, column: u16, row: u16) -> Option<usize> {
    let area = list_area(overlay_room(size(screen), screen));
    let index = list.top() + usize::from(row.checked_sub(area.y)?);
    (area.contains((column, row).into()) && index < list.records.len()).then_some(index)
}
