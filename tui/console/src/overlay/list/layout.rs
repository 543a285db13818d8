//! Where the items of a list stand.

use ratatui::layout::Rect;

use super::picker::Picker;
use super::state::{Chosen, List, PickerKind};
use crate::layout::frames::overlay_room;

/// The cells of the frame: as high as the whole list, so that typing does not make it jump.
pub(super) fn size(kind: PickerKind, picker: &Picker<Chosen>, screen: Rect) -> (u16, u16) {
    let width = match kind {
        PickerKind::Settings | PickerKind::Seats => 76,
        PickerKind::Help
        | PickerKind::Palette
        | PickerKind::Batch
        | PickerKind::Created
        | PickerKind::Used
        | PickerKind::Expiring
        | PickerKind::App
        | PickerKind::AppValues
        | PickerKind::Views => 68,
        _ => 46,
    };
    let most = screen.height.saturating_sub(6).min(if screen.height >= 40 { 32 } else { 18 });
    let rows = u16::try_from(picker.len().max(3)).unwrap_or(u16::MAX);
    (width, rows.saturating_add(5).min(most))
}

/// The lines of the items, between the query and the words below.
pub(super) fn list_area(inner: Rect) -> Rect {
    Rect { y: inner.y + 2, height: inner.height.saturating_sub(3), ..inner }
}

/// The first item that is shown.
pub(super) fn top(picker: &Picker<Chosen>, list: Rect) -> usize {
    (picker.cursor + 1).saturating_sub(usize::from(list.height).max(1))
}

/// The item under a cell, by its place among those that are found.
pub(super) fn at(list: &List, screen: Rect, column: u16, row: u16) -> Option<usize> {
    let List { kind, picker, .. } = list;
    let list = list_area(overlay_room(size(*kind, picker, screen), screen));
    let index = top(picker, list) + usize::from(row.checked_sub(list.y)?);
    (list.contains((column, row).into()) && index < picker.found().len()).then_some(index)
}
