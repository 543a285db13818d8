//! Lines to read, over the screen.

use kami_common::cells::{cut_end, wrap};
use ratatui::Frame;
use ratatui::layout::Rect;

use super::paint::{overlay, overlay_room, overlay_width};
use crate::state::model::Model;
use crate::state::overlay::Report;

/// The lines as they are wrapped, whether each belongs to the one before, and the cells of their frame.
fn laid_out(report: &Report, screen: Rect) -> (Vec<(String, bool)>, (u16, u16)) {
    let width = overlay_width(76, screen);
    let room = usize::from(width.saturating_sub(4));
    let lines: Vec<(String, bool)> = report
        .lines
        .iter()
        .flat_map(|line| {
            let is_inner = line.starts_with(' ');
            wrap(line, room).into_iter().map(move |part| (part, is_inner))
        })
        .collect();
    let most = screen.height.saturating_sub(4).max(5);
    let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX).clamp(5, most);
    (lines, (width, height))
}

/// How many lines a report takes on a screen of this size, and how many of them are shown at once.
pub fn report_lines(report: &Report, (columns, rows): (u16, u16)) -> (usize, usize) {
    let screen = Rect::new(0, 0, columns, rows);
    let (lines, size) = laid_out(report, screen);
    (lines.len(), usize::from(overlay_room(size, screen).height))
}

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
