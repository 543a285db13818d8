//! The operator log, over the screen.

use kami_common::cells::{cells, cut_end, cut_middle, harmless, pad_left, pad_right};
use kami_common::period::Side;
use kami_common::shown::{act_kind, act_word, doer, moment, touched};
use kami_common::words::{number, say};
use kami_store::ActRecord;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::layout::{list_area, size};
use super::state::LogList;
use crate::layout::text::{space, span};
use crate::state::log_query::LogQuery;
use crate::state::message::Topic;
use crate::state::model::{Link, Model};
use crate::view::paint::overlay;

/// The cells of what an act was.
pub(crate) const ACT: usize = 9;

/// The cells of what it was done to.
const TOUCHED: usize = 15;

/// The filters, the acts, and what is wrong with there being none.
pub(super) fn render(model: &Model, list: &LogList, frame: &mut Frame<'_>, screen: Rect) {
    let (language, theme) = (model.language, model.theme);
    let inner = overlay(frame, theme, &say!(language, "picker.log"), size(screen), screen);
    let room = usize::from(inner.width);
    let more = if list.next.is_some() { "+" } else { "" };
    let count = format!("{}{more}", number(list.acts.len() as u64));
    let filters = if list.query.is_empty() {
        span(say!(language, "log.all"), theme.dim())
    } else {
        let words = words(model, &list.query);
        span(cut_end(&words, room.saturating_sub(cells(&count) + 2)).into_owned(), theme.accent())
    };
    let filling = room.saturating_sub(filters.width());
    let head = Line::from(vec![filters, span(pad_left(&count, filling), theme.dim())]);
    frame.buffer_mut().set_line(inner.x, inner.y, &head, inner.width);
    let area = list_area(inner);
    if list.acts.is_empty() {
        let is_away = model.link != Link::Up || model.notice.as_ref().is_some_and(|said| said.is_of_outage);
        let key = match (list.is_fresh, list.query.is_empty()) {
            _ if model.awaits(Topic::Acts) => "picker.waiting",
            _ if is_away => "refusal.away",
            (false, _) => "log.unread",
            (true, true) => "picker.nothing_done",
            (true, false) => "log.nothing_found",
        };
        frame.buffer_mut().set_string(area.x + 2, area.y, say!(language, key), theme.dim());
        return;
    }
    let shown = list.acts.iter().enumerate().skip(list.top);
    for (y, (index, act)) in (area.y..area.bottom()).zip(shown) {
        let is_current = index == list.cursor;
        let row = Rect { y, height: 1, ..area };
        frame.buffer_mut().set_line(row.x, y, &line(model, act, is_current, room), row.width);
        if !list.is_fresh {
            frame.buffer_mut().set_style(row, theme.behind());
        }
        if is_current {
            frame.buffer_mut().set_style(row, theme.cursor_row());
        }
    }
}

/// Which acts are wanted, in few words.
fn words(model: &Model, query: &LogQuery) -> String {
    let language = model.language;
    let texts = [
        query.operator.as_deref().map(|operator| harmless(operator).into_owned()),
        query.act.as_deref().map(|act| act_kind(language, act)),
        query.code.as_deref().map(|code| cut_middle(&harmless(code), 24).into_owned()),
        query.batch.map(|batch| say!(language, "chip.batch", id = batch)),
        query.done.map(|done| done.words(language, Side::Past)),
    ];
    texts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// An act on a narrow screen: what, when, on how many cards or which app. The rest stands in the act itself.
fn narrow_line(model: &Model, act: &ActRecord, is_current: bool, room: usize) -> Line<'static> {
    let (language, theme) = (model.language, model.theme);
    let when = moment(language, model.zone, model.server_now(), act.done_at);
    let style = if act.undone_by.is_some() { theme.dim() } else { theme.text() };
    let mut spans: Vec<Span<'static>> = vec![
        if is_current { span("▌ ", theme.accent()) } else { space(2) },
        span(pad_right(&act_word(language, &act.act), ACT), style),
        space(2),
        span(when, theme.dim()),
    ];
    let used: usize = spans.iter().map(Span::width).sum();
    let left = room.saturating_sub(used + 1);
    let touched = act.subject.as_deref().map_or_else(
        || number(act.card_count),
        |app| cut_middle(&harmless(app), left.saturating_sub(1)).into_owned(),
    );
    spans.push(span(pad_left(&touched, left), style));
    Line::from(spans)
}

fn line(model: &Model, act: &ActRecord, is_current: bool, room: usize) -> Line<'static> {
    if model.is_narrow() {
        return narrow_line(model, act, is_current, room);
    }
    let (language, theme) = (model.language, model.theme);
    let when = moment(language, model.zone, model.server_now(), act.done_at);
    let touched = cut_middle(&touched(language, act), TOUCHED).into_owned();
    let undone = if act.undone_by.is_some() { say!(language, "log.undone") } else { String::new() };
    let mut spans: Vec<Span<'static>> = vec![
        if is_current { span("▌ ", theme.accent()) } else { space(2) },
        span(pad_right(&when, 16), theme.dim()),
        space(2),
        span(pad_right(&act_word(language, &act.act), ACT), theme.text()),
        space(2),
        span(pad_left(&touched, TOUCHED), theme.text()),
        space(2),
        span(undone, theme.dim()),
    ];
    let used: usize = spans.iter().map(Span::width).sum();
    let left = room.saturating_sub(used + 1);
    let doer = cut_middle(&doer(&act.operator, act.account.as_deref()), left.saturating_sub(1)).into_owned();
    spans.push(span(pad_left(&doer, left), theme.dim()));
    Line::from(spans)
}
