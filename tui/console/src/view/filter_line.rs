//! What is looked for, which filters hold, and where in how many cards we are.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::layout::filter_line::{Layout, layout, right, right_width};
use crate::state::model::Model;
use crate::view::paint::input;

/// The line above the table.
pub(crate) fn render(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let right = right(model, area);
    let right_width = right_width(&right);
    let Layout { pieces, typed } = layout(model, area, right_width);
    if let Some(typed) = typed {
        input(frame, typed, &model.cards.query.text, model.theme.strong(), true);
    }
    for (x, _, line) in pieces {
        frame.buffer_mut().set_line(x, area.y, &line, area.right().saturating_sub(x));
    }
    if right_width + 1 < area.width {
        frame.buffer_mut().set_line(area.right() - right_width - 1, area.y, &right, right_width);
    }
}
