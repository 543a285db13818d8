//! The lines of the detail of a card: its fields, and what operators and customers did to it.

use kami_common::cells::{cells, harmless, pad_right, wrap};
use kami_common::shown::{self, act_word, changes_of, doer, moment};
use kami_common::words::{number, say};
use kami_core::property::Property;
use kami_core::record::CardRecord;
use kami_store::HistoryEntry;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::layout::frames::{overlay_room, overlay_width};
use crate::layout::text::{space, span};
use crate::state::model::{History, Model, NARROW};
use crate::state::theme::Theme;

/// How many machines of a card are named: above the history, which stays in reach.
const MACHINES: usize = 10;

/// The lines of the detail over the table, and the cells of their frame.
pub(crate) fn laid_out(model: &Model, screen: Rect) -> (Vec<Line<'static>>, (u16, u16)) {
    let is_narrow = screen.width < NARROW;
    let width = overlay_width(64.min(screen.width.saturating_sub(8)), screen);
    let lines = lines(model, model.cards.current(), usize::from(width.saturating_sub(4)), 1);
    // On a narrow screen it has all of it, like a screen of its own.
    let height = if is_narrow { usize::MAX } else { lines.len() + 2 };
    let most = screen.height.saturating_sub(if is_narrow { 2 } else { 4 });
    let height = u16::try_from(height).unwrap_or(u16::MAX).min(most);
    (lines, (width, height))
}

/// How many lines of the detail over the table do not fit into its frame.
pub(crate) fn overhang(model: &Model) -> usize {
    let screen = Rect::new(0, 0, model.size.0, model.size.1);
    let (lines, size) = laid_out(model, screen);
    lines.len().saturating_sub(usize::from(overlay_room(size, screen).height))
}

/// The fields and the history under them, with room for a note of so many rows between the two.
pub(crate) fn lines(
    model: &Model,
    card: Option<&CardRecord>,
    width: usize,
    note_rows: usize,
) -> Vec<Line<'static>> {
    let Some(card) = card else { return Vec::new() };
    let theme = model.theme;
    let code = wrap(&harmless(&card.full_code), width);
    let mut lines: Vec<Line<'static>> =
        code.into_iter().map(|line| Line::from(span(line, theme.strong()))).collect();
    lines.push(Line::default());
    let details = details(model, card);
    let label_width = details.iter().map(|detail| cells(&detail.label)).max().unwrap_or(0) + 2;
    let machines = machines(model, card, width);
    // The note is the last.
    let history_at = lines.len() + details.len() + machines.len() - 1 + note_rows;
    for detail in details {
        let is_seats = detail.property == Some(Property::Seats);
        lines.extend(field(model, card, detail, label_width, width));
        if is_seats {
            lines.extend(machines.iter().cloned());
        }
    }
    lines.resize(lines.len().max(history_at) + 1, Line::default());
    lines.push(Line::from(span(say!(model.language, "detail.history"), theme.dim())));
    lines.extend(history(model, card, width));
    lines
}

/// What is told of a card: of its app, its seats and its policy only where they are not as usual.
fn details(model: &Model, card: &CardRecord) -> Vec<shown::Detail> {
    let now = model.server_now();
    let mut details = shown::details(model.language, model.zone, card, now);
    details.retain(|detail| match detail.property {
        Some(Property::App) => model.apps.matter_to(card),
        Some(Property::Seats) => model.tells_seats(card),
        Some(Property::Policy) => card.policy.is_some(),
        _ => true,
    });
    if let Some(taken) = model.seats_of(card)
        && let Some(seats) = details.iter_mut().find(|detail| detail.property == Some(Property::Seats))
    {
        seats.value = shown::seats_taken(model.language, taken, card.seats, now);
    }
    // The note is the last.
    let note = details.len().saturating_sub(1);
    let licences = model.licences_of(card).unwrap_or_default().iter().take(MACHINES);
    let licences = licences.map(|given| shown::licence(model.language, model.zone, given, now));
    details.splice(
        note..note,
        licences.map(|value| shown::Detail {
            property: None,
            label: say!(model.language, "licence.file"),
            value,
        }),
    );
    details
}

fn field(
    model: &Model,
    card: &CardRecord,
    detail: shown::Detail,
    label_width: usize,
    width: usize,
) -> Vec<Line<'static>> {
    let theme = model.theme;
    let shown::Detail { property, label, value } = detail;
    let (value, style) = match property {
        Some(Property::Status) => {
            let status = card.status_at(model.server_now());
            (format!("{} {value}", Theme::sign(status)), theme.status(status))
        }
        _ if value == shown::NONE => (value, theme.dim()),
        _ => (value, theme.text()),
    };
    let mut label = pad_right(&label, label_width);
    let mut lines = Vec::new();
    for part in wrap(&value, width.saturating_sub(label_width)) {
        lines.push(Line::from(vec![span(label, theme.dim()), span(part, style)]));
        label = " ".repeat(label_width);
    }
    lines
}

/// The machines that have seats of a card, those that were heard of last, as far as that is known and told.
fn machines(model: &Model, card: &CardRecord, width: usize) -> Vec<Line<'static>> {
    let (language, theme) = (model.language, model.theme);
    let Some(taken) = model.seats_of(card).filter(|_| model.tells_seats(card)) else { return Vec::new() };
    let room = width.saturating_sub(2);
    let line = |part: Vec<Span<'static>>| Line::from([vec![space(2)], part].concat());
    let mut lines = Vec::new();
    for seat in taken.iter().take(MACHINES) {
        let machine = harmless(&seat.machine).into_owned();
        let since = shown::seat(language, model.zone, model.server_now(), seat);
        if cells(&machine) + 2 + cells(&since) <= room {
            lines.push(line(vec![span(machine, theme.text()), space(2), span(since, theme.dim())]));
            continue;
        }
        lines.extend(wrap(&machine, room).into_iter().map(|part| line(vec![span(part, theme.text())])));
        let below = wrap(&since, room.saturating_sub(2)).into_iter();
        lines.extend(below.map(|part| line(vec![space(2), span(part, theme.dim())])));
    }
    let others = taken.len().saturating_sub(MACHINES);
    if others > 0 {
        let words = say!(language, "detail.more_machines", n = number(others as u64));
        lines.push(line(vec![span(words, theme.dim())]));
    }
    lines
}

fn history(model: &Model, card: &CardRecord, width: usize) -> Vec<Line<'static>> {
    let (language, theme) = (model.language, model.theme);
    // While one's history is being read, none stays none, so that the words do not come and go with every step.
    let is_known = |history: &&History| {
        history.card == card.id || history.records.is_empty() && !model.is_waiting_long()
    };
    let Some(history) = model.history.as_ref().filter(is_known) else {
        return vec![Line::from(span("…", theme.dim()))];
    };
    if history.records.is_empty() {
        return vec![Line::from(span(say!(language, "detail.no_history"), theme.dim()))];
    }
    history.records.iter().flat_map(|one| entry(model, one, width)).collect()
}

/// One act: when, what, who, and what it changed. Of a customer's the word says whose it is.
fn entry(model: &Model, entry: &HistoryEntry, width: usize) -> Vec<Line<'static>> {
    let (language, theme) = (model.language, model.theme);
    let when = moment(language, model.zone, model.server_now(), entry.done_at());
    let mut act: Vec<Span<'static>> =
        vec![span(pad_right(&when, 17), theme.dim()), span(act_word(language, entry.act()), theme.text())];
    let used: usize = act.iter().map(|part| cells(&part.content)).sum();
    let mut below = Vec::new();
    if let HistoryEntry::Operator(record) = entry {
        let doer = doer(&record.operator, record.account.as_deref());
        if used + 2 + cells(&doer) <= width {
            act.extend([space(2), span(doer, theme.dim())]);
        } else {
            below = wrap(&doer, width.saturating_sub(2));
        }
    }
    let mut lines = vec![Line::from(act)];
    lines.extend(below.into_iter().map(|part| Line::from(vec![space(2), span(part, theme.dim())])));
    for change in changes_of(language, model.zone, entry) {
        lines.extend(
            wrap(&change.to_string(), width.saturating_sub(2))
                .into_iter()
                .map(|part| Line::from(vec![space(2), span(part, theme.dim())])),
        );
    }
    lines
}
