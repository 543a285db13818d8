//! Where the presets stand, and what is said of the one under the cursor.

use ratatui::layout::Rect;

use super::state::PresetList;
use crate::layout::frames::overlay_room;
use crate::state::model::Model;

/// The cells of the frame's width.
const WIDTH: u16 = 92;

/// The most rows of the frame.
const MOST_ROWS: u16 = 28;

/// The most cells of the frame on this screen.
pub(super) fn size(screen: Rect) -> (u16, u16) {
    (WIDTH, screen.height.saturating_sub(4).min(MOST_ROWS))
}

/// The lines of the presets, below the heads, and what is said of one, under an empty line.
pub(super) fn areas(model: &Model, list: &PresetList, screen: Rect) -> [Rect; 2] {
    let inner = overlay_room(size(screen), screen);
    let lines = u16::try_from(list.presets(&model.presets).len()).unwrap_or(u16::MAX);
    let height = lines.min(inner.height.saturating_sub(1) / 2).max(1);
    let list = Rect { y: inner.y + 1, height, ..inner };
    let y = list.bottom() + 1;
    [list, Rect { y, height: inner.bottom().saturating_sub(y), ..inner }]
}

/// How many presets are shown at once.
pub(super) fn height(model: &Model, list: &PresetList) -> usize {
    let screen = Rect::new(0, 0, model.size.0, model.size.1);
    usize::from(areas(model, list, screen)[0].height)
}

/// The line under a cell.
pub(super) fn at(model: &Model, list: &PresetList, screen: Rect, column: u16, row: u16) -> Option<usize> {
    let area = areas(model, list, screen)[0];
    let line = list.top() + usize::from(row.checked_sub(area.y)?);
    let is_there = line < list.presets(&model.presets).len();
    (area.contains((column, row).into()) && is_there).then_some(line)
}
