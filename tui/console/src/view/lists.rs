//! A list to choose from, over the screen.

use kami_common::cells::{cells, cut_end, pad_left, pad_right};
use kami_common::words::{number, say};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::paint::{input, overlay, overlay_room, space, span};
use crate::state::model::Model;
use crate::state::overlay::{Chosen, PickerKind};
use crate::state::picker::{Item, Picker};

/// The list in its frame: what was typed, what that finds, and why the item under the cursor cannot be chosen.
pub(super) fn render(
    model: &Model,
    kind: PickerKind,
    picker: &Picker<Chosen>,
    is_top: bool,
    frame: &mut Frame<'_>,
    screen: Rect,
) {
    let (language, theme) = (model.language, model.theme);
    let found = picker.found();
    let inner = overlay(frame, theme, &say!(language, kind.key()), size(kind, picker, screen), screen);
    let query = Rect { x: inner.x + 2, y: inner.y, width: inner.width.saturating_sub(12), height: 1 };
    frame.buffer_mut().set_string(inner.x, inner.y, "›", theme.accent());
    input(frame, query, &picker.query, theme.strong(), is_top);
    let shown = if picker.waiting { String::new() } else { number(found.len() as u64) };
    let count = u16::try_from(cells(&shown)).unwrap_or(0);
    frame.buffer_mut().set_string(inner.right() - count, inner.y, shown, theme.dim());

    let (below, style) = match picker.chosen().and_then(|item| item.refusal.as_deref()) {
        Some(reason) => (reason, theme.warning()),
        None => (picker.hint.as_deref().unwrap_or_default(), theme.dim()),
    };
    let below = cut_end(below, usize::from(inner.width).saturating_sub(2)).into_owned();
    frame.buffer_mut().set_string(inner.x + 2, inner.bottom() - 1, below, style);
    let list = list_area(inner);
    if found.is_empty() {
        let key = if picker.waiting { "picker.waiting" } else { "picker.nothing" };
        let words = say!(language, key);
        frame.buffer_mut().set_string(list.x + 2, list.y, words, theme.dim());
        return;
    }
    let top = top(picker, list);
    let label_first = kind != PickerKind::Help;
    for (y, (index, item)) in (list.y..list.bottom()).zip(found.iter().enumerate().skip(top)) {
        let is_current = index == picker.cursor;
        let line = line(model, item, is_current, label_first, usize::from(list.width));
        frame.buffer_mut().set_line(list.x, y, &line, list.width);
        if is_current {
            let row = Rect { y, height: 1, ..list };
            frame.buffer_mut().set_style(row, theme.cursor_row());
        }
    }
}

/// The cells of the frame: as high as the whole list, so that typing does not make it jump.
fn size(kind: PickerKind, picker: &Picker<Chosen>, screen: Rect) -> (u16, u16) {
    let width = match kind {
        PickerKind::Settings => 76,
        PickerKind::Help
        | PickerKind::Palette
        | PickerKind::Batch
        | PickerKind::Created
        | PickerKind::Used
        | PickerKind::Expiring
        | PickerKind::Views => 68,
        _ => 46,
    };
    let most = screen.height.saturating_sub(6).min(if screen.height >= 40 { 32 } else { 18 });
    let rows = u16::try_from(picker.len().max(3)).unwrap_or(u16::MAX);
    (width, rows.saturating_add(5).min(most))
}

/// The lines of the items, between the query and the words below.
fn list_area(inner: Rect) -> Rect {
    Rect { y: inner.y + 2, height: inner.height.saturating_sub(3), ..inner }
}

/// The first item that is shown.
fn top(picker: &Picker<Chosen>, list: Rect) -> usize {
    (picker.cursor + 1).saturating_sub(usize::from(list.height).max(1))
}

/// The item under a cell, by its place among those that are found.
pub(super) fn at(
    kind: PickerKind,
    picker: &Picker<Chosen>,
    screen: Rect,
    column: u16,
    row: u16,
) -> Option<usize> {
    let list = list_area(overlay_room(size(kind, picker, screen), screen));
    let index = top(picker, list) + usize::from(row.checked_sub(list.y)?);
    (list.contains((column, row).into()) && index < picker.found().len()).then_some(index)
}

fn line(
    model: &Model,
    item: &Item<Chosen>,
    is_current: bool,
    label_first: bool,
    width: usize,
) -> Line<'static> {
    let theme = model.theme;
    let bar = if is_current { span("▌ ", theme.accent()) } else { space(2) };
    let tick = match item.ticked {
        Some(true) => span("✓ ", theme.accent()),
        Some(false) => space(2),
        None => space(0),
    };
    let label_style = if item.refusal.is_some() { theme.dim() } else { theme.text() };
    let room = width.saturating_sub(3 + tick.width());
    if !label_first {
        let keys = pad_right(&item.detail, 14);
        let label = cut_end(&item.label, room.saturating_sub(14)).into_owned();
        return Line::from(vec![bar, tick, span(keys, theme.accent()), span(label, label_style)]);
    }
    // A long detail leaves half of the line to the label, by which the item is known.
    let least = cells(&item.label).min(room / 2);
    let detail = cut_end(&item.detail, room.saturating_sub(least + 2));
    let label = cut_end(&item.label, room.saturating_sub(cells(&detail) + 1)).into_owned();
    let filling = room.saturating_sub(cells(&label));
    Line::from(vec![bar, tick, span(label, label_style), span(pad_left(&detail, filling), theme.dim())])
}
