//! Where the acts of the log stand.

use ratatui::layout::Rect;

use super::state::LogList;
use crate::layout::frames::overlay_room;

/// The cells of the frame's width, and what it has where a screen has room for whole names of accounts.
const WIDTH: u16 = 78;
const WIDE: u16 = 104;

/// The rows of the frame that no act gets: its edges, the filters, two empty ones.
const ROWS_AROUND_ACTS: u16 = 5;

pub(super) fn size(screen: Rect) -> (u16, u16) {
    let most = if screen.height >= 40 { 32 } else { 18 };
    let width = if screen.width >= WIDE + 8 { WIDE } else { WIDTH };
    (width, screen.height.saturating_sub(4).min(most))
}

/// How many acts are shown on a screen of so many rows.
pub(super) fn height(screen_rows: u16) -> usize {
    let screen = Rect { x: 0, y: 0, width: WIDTH, height: screen_rows };
    usize::from(size(screen).1.saturating_sub(ROWS_AROUND_ACTS)).max(1)
}

pub(super) fn list_area(inner: Rect) -> Rect {
    Rect { y: inner.y + 2, height: inner.height.saturating_sub(3), ..inner }
}

/// The act under a cell, by its place in the list.
pub(super) fn at(list: &LogList, screen: Rect, column: u16, row: u16) -> Option<usize> {
    let area = list_area(overlay_room(size(screen), screen));
    let index = list.top + usize::from(row.checked_sub(area.y)?);
    (area.contains((column, row).into()) && index < list.acts.len()).then_some(index)
}
