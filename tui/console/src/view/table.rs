//! The table of cards.

use chrono::{DateTime, Utc};
use kami_common::cells::{cells, cut_end, cut_middle, harmless, pad_left, pad_right};
use kami_common::column::{self, Column, Placed};
use kami_common::shown::{self, duration, moment};
use kami_common::words::say;
use kami_core::card::CardStatus;
use kami_core::filter::{Direction, SortBy};
use kami_core::record::CardRecord;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::paint::{space, span};
use crate::state::model::Model;
use crate::state::theme::Theme;

/// The cells before the first column: the cursor's bar, the mark, a space.
const LEAD: usize = 3;

/// The heads and the rows.
pub(super) fn render(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let width = usize::from(area.width).saturating_sub(LEAD);
    let cards = &model.cards;
    let height = usize::from(area.height.saturating_sub(1));
    let shown = || cards.rows.iter().enumerate().skip(cards.top).take(height);
    let longest = |column| shown().map(|(_, card)| value_cells(card, column)).max().unwrap_or(0);
    let placed = column::place(&cards.columns, width, longest);
    let gap = column::gap(&placed, width);
    let heads = heads(model, &placed, gap);
    frame.buffer_mut().set_line(area.x, area.y, &heads, area.width);
    let area = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    for (y, (index, card)) in (area.y..).zip(shown()) {
        let is_current = index == cards.cursor;
        let row = Rect { x: area.x, y, width: area.width, height: 1 };
        let line = line(model, card, is_current, &placed, gap);
        frame.buffer_mut().set_line(row.x, row.y, &line, row.width);
        if !cards.is_fresh {
            frame.buffer_mut().set_style(row, model.theme.behind());
        }
        if is_current {
            frame.buffer_mut().set_style(row, model.theme.cursor_row());
        }
    }
}

/// How many cells the whole value of a column takes whose values are as long as they like.
fn value_cells(card: &CardRecord, column: Column) -> usize {
    let value = match column {
        Column::Code => Some(card.full_code.as_str()),
        Column::Machine => card.machine_code.as_deref(),
        Column::Note => card.note.as_deref(),
        _ => None,
    };
    value.map_or(0, |value| cells(&harmless(value)))
}

fn heads(model: &Model, placed: &[Placed], gap: usize) -> Line<'static> {
    let theme = model.theme;
    let mut spans = vec![space(LEAD)];
    for (index, &Placed { column, width }) in placed.iter().enumerate() {
        if index > 0 {
            spans.push(space(gap));
        }
        let mut head = say!(model.language, column.key()).to_uppercase();
        let is_order = order_of(column) == Some(model.cards.sort.by);
        if is_order {
            head.push_str(if model.cards.sort.direction == Direction::Ascending { " ↑" } else { " ↓" });
        }
        let head =
            if column == Column::Status && width == column::SIGN { "".into() } else { cut_end(&head, width) };
        let head = if column.is_numeric() { pad_left(&head, width) } else { pad_right(&head, width) };
        spans.push(span(head, if is_order { theme.accent() } else { theme.dim() }));
    }
    Line::from(spans)
}

const fn order_of(column: Column) -> Option<SortBy> {
    match column {
        Column::Code => Some(SortBy::Code),
        Column::Machine => Some(SortBy::Machine),
        Column::Used => Some(SortBy::Used),
        Column::Expires => Some(SortBy::Expires),
        Column::Created => Some(SortBy::Created),
        Column::Status | Column::Duration | Column::Left | Column::Note => None,
    }
}

fn line(model: &Model, card: &CardRecord, is_current: bool, placed: &[Placed], gap: usize) -> Line<'static> {
    let theme = model.theme;
    let mut spans = vec![
        if is_current { span("▌", theme.accent()) } else { space(1) },
        if model.cards.marks.holds(card) { span("✓", theme.accent()) } else { space(1) },
        space(1),
    ];
    for (index, &Placed { column, width }) in placed.iter().enumerate() {
        if index > 0 {
            spans.push(space(gap));
        }
        spans.push(cell(model, card, column, width));
    }
    Line::from(spans)
}

fn cell(model: &Model, card: &CardRecord, column: Column, width: usize) -> Span<'static> {
    let (language, theme, now) = (model.language, model.theme, model.server_now());
    let near = |at: Option<DateTime<Utc>>| at.map(|at| moment(language, model.zone, now, at));
    let status = card.status_at(now);
    // What is over steps back.
    let unless = |is_over: bool| if is_over { theme.dim() } else { theme.text() };
    let (text, style): (Option<String>, Style) = match column {
        Column::Code => {
            let code = cut_middle(&harmless(&card.full_code), width).into_owned();
            (Some(code), theme.text())
        }
        Column::Status => {
            let word = shown::status(language, status);
            let sign = Theme::sign(status);
            let text = if width == column::SIGN { sign.to_owned() } else { format!("{sign} {word}") };
            (Some(text), theme.status(status))
        }
        Column::Machine => {
            let machine = card.machine_code.as_deref();
            let machine = machine.map(|machine| cut_middle(&harmless(machine), width).into_owned());
            (machine, unless(status == CardStatus::Expired))
        }
        Column::Duration => (Some(duration(language, card.duration.seconds())), theme.dim()),
        Column::Left => (shown::left(language, card, now), theme.text()),
        Column::Used => (near(card.used_at), theme.dim()),
        Column::Expires => {
            let expires = shown::expires(language, card, |at| moment(language, model.zone, now, at));
            (expires, unless(card.expire_at.is_none() || status != CardStatus::Active))
        }
        Column::Created => (near(Some(card.created_at)), theme.dim()),
        Column::Note => {
            (card.note.as_deref().map(|note| cut_end(&harmless(note), width).into_owned()), theme.dim())
        }
    };
    let (text, style) = text.map_or_else(|| (missing(column), theme.dim()), |text| (text, style));
    let text = cut_end(&text, width);
    span(if column.is_numeric() { pad_left(&text, width) } else { pad_right(&text, width) }, style)
}

/// What stands for a value that a card does not have; an empty note is no want.
fn missing(column: Column) -> String {
    if column == Column::Note { String::new() } else { shown::NONE.to_owned() }
}
