//! Lines to read, over the screen.

use kami_common::cells::cut_end;
use ratatui::Frame;
use ratatui::layout::Rect;

use super::layout::laid_out;
use super::state::Report;
use crate::state::model::Model;
use crate::view::paint::overlay;

/// The lines in their frame.
pub(super) fn render(model: &Model, report: &Report, frame: &mut Frame<'_>, screen: Rect) {
    let theme = model.theme;
    let (lines, size) = laid_out(report, screen);
    let title = cut_end(&report.title, usize::from(size.0.saturating_sub(4)));
    let inner = overlay(frame, theme, &title, size, screen);
    let scroll = report.scroll.min(lines.len().saturating_sub(usize::from(inner.height)));
    for (y, (line, is_inner)) in (inner.y..inner.bottom()).zip(lines.into_iter().skip(scroll)) {
        frame.buffer_mut().set_string(inner.x, y, line, if is_inner { theme.dim() } else { theme.text() });
    }
}
