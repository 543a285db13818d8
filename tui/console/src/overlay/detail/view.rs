//! Everything of one card: its fields, and what operators did to it.

use kami_common::cells::cells;
use kami_common::words::say;
use kami_core::record::CardRecord;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::layout::{laid_out, lines};
use crate::state::model::Model;
use crate::view::paint::overlay;

/// How many rows a note gets beside the table, so that the history under it does not jump from card to card.
const NOTE_ROWS: usize = 3;

/// The detail at the right of the table, behind a line. It stays with the card on which the cursor rested until that
/// rests again, so that a step over the table sends two rows to the terminal and not every field of a card.
pub(crate) fn render_beside(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    for y in area.y..area.bottom() {
        frame.buffer_mut().set_string(area.x + 1, y, "│", model.theme.faint());
    }
    let inner = Rect { x: area.x + 4, width: area.width.saturating_sub(5), ..area };
    let card = rested_on(model).or_else(|| model.cards.current());
    put(frame, inner, lines(model, card, usize::from(inner.width), NOTE_ROWS), 0);
}

/// The card on which the cursor rested, while the detail has not followed it to the next.
fn rested_on(model: &Model) -> Option<&CardRecord> {
    let history = model.history.as_ref().filter(|_| model.detail_follows())?;
    model.cards.rows.iter().find(|card| card.id == history.card)
}

/// The detail over the table.
pub(crate) fn render_over(model: &Model, scroll: usize, frame: &mut Frame<'_>, screen: Rect) {
    let (lines, size) = laid_out(model, screen);
    let title = say!(model.language, "detail.title");
    let inner = overlay(frame, model.theme, &title, size, screen);
    let most = lines.len().saturating_sub(usize::from(inner.height));
    put(frame, inner, lines, scroll.min(most));
    if scroll < most {
        // On the frame, where it takes no line from the history.
        let more = say!(model.language, "detail.more");
        let width = u16::try_from(cells(&more)).unwrap_or(0);
        let x = inner.right().saturating_sub(width).max(inner.x);
        frame.buffer_mut().set_string(x, inner.bottom(), more, model.theme.accent());
    }
}

fn put(frame: &mut Frame<'_>, area: Rect, lines: Vec<Line<'static>>, scroll: usize) {
    for (y, line) in (area.y..area.bottom()).zip(lines.into_iter().skip(scroll)) {
        frame.buffer_mut().set_line(area.x, y, &line, area.width);
    }
}
