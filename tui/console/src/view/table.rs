//! The table of cards.

use kami_common::cells::{cells, cut_end, cut_middle, harmless, pad_left, pad_right};
use kami_common::column::{self, Column, Placed};
use kami_common::shown::{self, moment};
use kami_core::card::CardStatus;
use kami_core::filter::{Direction, SortBy};
use kami_core::record::CardRecord;
use kami_core::value::{Kind, Value};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::layout::text::{space, span};
use crate::state::model::Model;
use crate::state::theme::Theme;

/// The cells before the first column: the cursor's bar, the mark, a space.
const LEAD: usize = 3;

/// The heads and the rows.
pub(crate) fn render(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let width = usize::from(area.width).saturating_sub(LEAD);
    let cards = &model.cards;
    let height = usize::from(area.height.saturating_sub(1));
    let shown = || cards.rows.iter().enumerate().skip(cards.top).take(height);
    let longest = |column| shown().map(|(_, card)| value_cells(model, card, column)).max().unwrap_or(0);
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

/// How many cells the whole value of a column takes whose values are as long as they like, or that not all cards have; none
/// where it tells nothing, as that there is but one app, or that all are of the one that is looked at.
fn value_cells(model: &Model, card: &CardRecord, column: Column) -> usize {
    let tells = match column {
        Column::App => model.cards.query.filter.app.is_none() && model.apps.matter_to(card),
        Column::Left => card.points.is_some() && card.expire_at.is_none(),
        _ => column.tells_of(card),
    };
    if !tells {
        return 0;
    }
    match (column, column.property().map(|property| property.value(card))) {
        (Column::Left | Column::Shared | Column::Points | Column::ValidUntil, _) => {
            value(model, card, column).map_or(0, |value| cells(&value))
        }
        (_, Some(Value::Text(text))) => cells(&harmless(&text)),
        _ => 0,
    }
}

fn value(model: &Model, card: &CardRecord, column: Column) -> Option<String> {
    let (language, now) = (model.language, model.server_now());
    shown::in_column(language, card, now, column, |at| moment(language, model.zone, now, at))
}

fn heads(model: &Model, placed: &[Placed], gap: usize) -> Line<'static> {
    let theme = model.theme;
    let mut spans = vec![space(LEAD)];
    for (index, &Placed { column, width }) in placed.iter().enumerate() {
        if index > 0 {
            spans.push(space(gap));
        }
        let mut head = shown::heading(model.language, column).to_uppercase();
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

/// The order that the values of a column are in; the head of none tells the order of generation.
fn order_of(column: Column) -> Option<SortBy> {
    let property = column.property()?;
    SortBy::ALL.into_iter().find(|by| by.property() == property)
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
    let theme = model.theme;
    let status = card.status_at(model.server_now());
    let text = value(model, card, column).map(|value| match column {
        Column::Status if width == column::SIGN => Theme::sign(status).to_owned(),
        Column::Status => format!("{} {value}", Theme::sign(status)),
        // The end of a code tells more than its middle; a note is read from its beginning.
        _ if is_text(column) && column != Column::Note => cut_middle(&value, width).into_owned(),
        _ => value,
    });
    // What is over steps back.
    let unless = |is_over: bool| if is_over { theme.dim() } else { theme.text() };
    let style: Style = match column {
        Column::Code | Column::Left => theme.text(),
        Column::Status => theme.status(status),
        Column::Shared => theme.warning(),
        Column::Machine => unless(status == CardStatus::Expired),
        Column::Points => unless(card.points.is_none_or(|left| left == 0)),
        Column::Expires => unless(card.expire_at.is_none() || status != CardStatus::Active),
        _ => theme.dim(),
    };
    let (text, style) = text.map_or_else(|| (missing(column), theme.dim()), |text| (text, style));
    let text = cut_end(&text, width);
    span(if column.is_numeric() { pad_left(&text, width) } else { pad_right(&text, width) }, style)
}

fn is_text(column: Column) -> bool {
    column.property().is_some_and(|property| property.traits().kind == Kind::Text)
}

/// What stands for a value that a card does not have; an empty note is no want, and that nobody shares a card.
fn missing(column: Column) -> String {
    if matches!(column, Column::Note | Column::Shared) { String::new() } else { shown::NONE.to_owned() }
}
