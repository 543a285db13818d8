//! How the lines of a report are wrapped, and their frame.

use kami_common::cells::wrap;
use ratatui::layout::Rect;

use super::state::Report;
use crate::layout::frames::{overlay_room, overlay_width};

/// The lines as they are wrapped, whether each belongs to the one before, and the cells of their frame.
pub(super) fn laid_out(report: &Report, screen: Rect) -> (Vec<(String, bool)>, (u16, u16)) {
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
pub(super) fn lines(report: &Report, (columns, rows): (u16, u16)) -> (usize, usize) {
    let screen = Rect::new(0, 0, columns, rows);
    let (lines, size) = laid_out(report, screen);
    (lines.len(), usize::from(overlay_room(size, screen).height))
}
