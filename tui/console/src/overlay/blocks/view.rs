//! Who is kept out, over the screen.

use chrono::{DateTime, Utc};
use kami_common::cells::{cells, cut_end, cut_middle, harmless, pad_left, pad_right, wrap};
use kami_common::shown;
use kami_common::words::{number, say};
use kami_core::operator::Note;
use kami_store::BlockRecord;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::layout::{list_area, size};
use super::state::BlockTable;
use crate::layout::text::{space, span};
use crate::state::message::Topic;
use crate::state::model::{Link, Model};
use crate::view::paint::{input, overlay};

/// The cells of a kind, an app and an end.
const KIND: usize = 8;
const APP: usize = 12;
const UNTIL: usize = 16;

/// The cells of an end where there is little room: its day.
const UNTIL_NARROW: usize = 11;

/// From how many cells on a line has the kind, and from how many the app and the reason as well.
const ROOM_OF_KIND: usize = 50;
const ROOM_OF_ALL: usize = 66;

/// What is looked for, those that are found, and everything of the one under the cursor.
pub(super) fn render(model: &Model, list: &BlockTable, is_top: bool, frame: &mut Frame<'_>, screen: Rect) {
    let (language, theme) = (model.language, model.theme);
    let inner = overlay(frame, theme, &say!(language, "picker.blocks"), size(screen), screen);
    let room = usize::from(inner.width);
    render_search(model, list, is_top, frame, inner);
    let area = list_area(inner);
    if list.records.is_empty() {
        let is_away = model.link != Link::Up || model.notice.as_ref().is_some_and(|said| said.is_of_outage);
        let key = match (list.is_fresh, list.text.value().trim().is_empty()) {
            _ if model.awaits(Topic::Blocks) => "picker.waiting",
            _ if is_away => "refusal.away",
            (false, _) => "log.unread",
            (true, true) => "block.about",
            (true, false) => "picker.nothing",
        };
        let words = say!(language, key);
        for (y, line) in (area.y..inner.bottom()).zip(wrap(&words, room.saturating_sub(2))) {
            frame.buffer_mut().set_string(area.x + 2, y, line, theme.dim());
        }
        return;
    }
    let heads = ["target", "kind", "app", "until", "reason"].map(|field| shown::block_label(language, field));
    let head = row(space(2), heads, room, [theme.dim(); 2]);
    frame.buffer_mut().set_line(inner.x, inner.y + 1, &head, inner.width);
    let now = model.server_now();
    let shown = list.records.iter().enumerate().skip(list.top());
    for (y, (index, record)) in (area.y..area.bottom()).zip(shown) {
        let is_current = index == list.cursor();
        let line = Rect { y, height: 1, ..area };
        let bar = if is_current { span("▌ ", theme.accent()) } else { space(2) };
        let is_over = !record.block.is_in_force(now);
        let style = if is_over { theme.dim() } else { theme.text() };
        let cells = columns(model, record, now);
        frame.buffer_mut().set_line(line.x, y, &row(bar, cells, room, [style, theme.dim()]), line.width);
        if !list.is_fresh {
            frame.buffer_mut().set_style(line, theme.behind());
        }
        if is_current {
            frame.buffer_mut().set_style(line, theme.cursor_row());
        }
    }
    let said = list.current().map_or_else(Vec::new, |record| facts(model, record, room));
    for (y, line) in (area.bottom() + 1..inner.bottom()).zip(said) {
        frame.buffer_mut().set_line(inner.x, y, &line, inner.width);
    }
}

/// What is looked for, and how many are here.
fn render_search(model: &Model, list: &BlockTable, is_top: bool, frame: &mut Frame<'_>, inner: Rect) {
    let (language, theme) = (model.language, model.theme);
    let more = if list.next.is_some() { "+" } else { "" };
    let mut count = format!("{}{more}", number(list.records.len() as u64));
    if list.unreadable > 0 {
        count = format!(
            "{} · {count}",
            say!(language, "block.unreadable_few", n = number(list.unreadable as u64))
        );
    }
    let room = usize::from(inner.width);
    let text = Rect { x: inner.x + 2, height: 1, width: inner.width.saturating_sub(4), ..inner };
    let width = u16::try_from(room.saturating_sub(cells(&count) + 4)).unwrap_or(0);
    if list.is_typing || !list.text.value().is_empty() {
        frame.buffer_mut().set_string(inner.x, inner.y, "/", theme.accent());
        input(frame, Rect { width, ..text }, &list.text, theme.text(), list.is_typing && is_top);
    } else {
        let hint = say!(language, "block.search");
        let hint = cut_end(&hint, width.into()).into_owned();
        frame.buffer_mut().set_string(inner.x, inner.y, hint, theme.dim());
    }
    let at = inner.right().saturating_sub(u16::try_from(cells(&count)).unwrap_or(0));
    frame.buffer_mut().set_string(at, inner.y, count, theme.dim());
}

/// A line of the list: the target first, the reason as far as there is room.
fn row(lead: Span<'static>, cells: [String; 5], room: usize, [style, quiet]: [Style; 2]) -> Line<'static> {
    let [target, kind, app, until, reason] = cells;
    let (is_whole, has_kind) = (room >= ROOM_OF_ALL, room >= ROOM_OF_KIND);
    let (kind_room, until_room) = if has_kind { (KIND + 1, UNTIL) } else { (0, UNTIL_NARROW) };
    let around = 2 + kind_room + until_room + 1 + if is_whole { APP + 2 } else { 0 };
    let left = room.saturating_sub(around);
    let target_room = if is_whole { left / 2 } else { left };
    let mut spans =
        vec![lead, span(pad_right(&cut_middle(&target, target_room.saturating_sub(1)), target_room), style)];
    if has_kind {
        spans.push(span(pad_right(&cut_end(&kind, KIND), kind_room), quiet));
    }
    if is_whole {
        spans.push(span(pad_right(&cut_middle(&app, APP), APP + 2), quiet));
    }
    spans.push(span(pad_left(&cut_end(&until, until_room), until_room), style));
    if is_whole {
        let reason_room = left.saturating_sub(target_room + 1);
        spans.extend([space(2), span(cut_end(&reason, reason_room).into_owned(), quiet)]);
    }
    Line::from(spans)
}

fn columns(model: &Model, record: &BlockRecord, now: DateTime<Utc>) -> [String; 5] {
    let (language, zone) = (model.language, model.zone);
    let block = &record.block;
    let is_over = !block.is_in_force(now);
    let until = block.until.map(|until| match shown::moment(language, zone, now, until) {
        _ if is_over => say!(language, "block.is_over"),
        until => until,
    });
    [
        harmless(&block.key.target.to_string()).into_owned(),
        shown::block_kind(language, &block.key.target),
        shown::block_app(language, block.key.app.as_ref()),
        until.unwrap_or_else(|| shown::NONE.to_owned()),
        harmless(block.reason.as_ref().map_or("", Note::as_str)).into_owned(),
    ]
}

/// Everything of one who is kept out, in two lines.
fn facts(model: &Model, record: &BlockRecord, room: usize) -> Vec<Line<'static>> {
    let (language, theme, zone) = (model.language, model.theme, model.zone);
    let block = &record.block;
    let until = block.until.map(|until| shown::whole_moment(zone, until));
    let until = until.map(|until| format!("{} {until}", shown::block_label(language, "until")));
    let since = shown::whole_moment(zone, record.created_at);
    let since = format!("{} {since}", shown::block_label(language, "since"));
    let app = shown::block_app(language, block.key.app.as_ref());
    let reason = block.reason.as_ref().map(|reason| harmless(reason.as_str()).into_owned());
    let target = harmless(&block.key.target.to_string()).into_owned();
    let said: Vec<String> = [app, since].into_iter().chain(until).chain(reason).collect();
    let target = Line::from(span(cut_middle(&target, room).into_owned(), theme.strong()));
    let said = Line::from(span(cut_end(&said.join(" · "), room).into_owned(), theme.dim()));
    vec![target, said]
}
