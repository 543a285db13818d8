//! A list to choose from, over the screen.

use kami_common::cells::{cells, cut_end, cut_middle, pad_left, pad_right};
use kami_common::words::{number, say};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::layout::{list_area, size, top};
use super::picker::Item;
use super::state::{Chosen, List, PickerKind};
use crate::layout::text::{space, span};
use crate::state::message::Topic;
use crate::state::model::{Link, Model};
use crate::view::paint::{input, overlay};

/// The list in its frame: what was typed, what that finds, and why the item under the cursor cannot be chosen.
pub(super) fn render(model: &Model, list: &List, is_top: bool, frame: &mut Frame<'_>, screen: Rect) {
    let (language, theme) = (model.language, model.theme);
    let List { kind, picker, .. } = list;
    let found = picker.found();
    let inner = overlay(frame, theme, &say!(language, kind.key()), size(*kind, picker, screen), screen);
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
        let is_coming = model.awaits(Topic::Choices) || model.link != Link::Up;
        let key = match picker.waiting {
            true if is_coming => "picker.waiting",
            true => "picker.unread",
            false => "picker.nothing",
        };
        let words = say!(language, key);
        frame.buffer_mut().set_string(list.x + 2, list.y, words, theme.dim());
        return;
    }
    let top = top(picker, list);
    let label_first = *kind != PickerKind::Help;
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
    // Machines differ at their ends.
    let cut = if matches!(item.value, Chosen::Seat(Some(_))) { cut_middle } else { cut_end };
    let label = cut(&item.label, room.saturating_sub(cells(&detail) + 1)).into_owned();
    let filling = room.saturating_sub(cells(&label));
    Line::from(vec![bar, tick, span(label, label_style), span(pad_left(&detail, filling), theme.dim())])
}
