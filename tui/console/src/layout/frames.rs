//! Where the frames of what lies over the screen stand.

use ratatui::layout::Rect;
use ratatui::widgets::{Block, BorderType, Padding};

use crate::state::model::NARROW;

/// The width of a frame of at most so many cells: all of a narrow screen.
pub(crate) fn overlay_width(most: u16, screen: Rect) -> u16 {
    if screen.width < NARROW { screen.width } else { most.min(screen.width.saturating_sub(4)) }
}

/// Where a frame of at most this size stands.
pub(crate) fn overlay_area((width, height): (u16, u16), screen: Rect) -> Rect {
    let width = overlay_width(width, screen);
    let height = height.min(screen.height.saturating_sub(2));
    Rect {
        x: screen.x + (screen.width - width) / 2,
        // A little above the middle, where the eye expects it.
        y: screen.y + (screen.height - height) * 2 / 5,
        width,
        height,
    }
}

/// The thin frame of everything that lies over the screen.
pub(crate) fn edge() -> Block<'static> {
    Block::bordered().border_type(BorderType::Rounded).padding(Padding::horizontal(1))
}

/// The room in a frame of at most this size.
pub(crate) fn overlay_room(size: (u16, u16), screen: Rect) -> Rect {
    edge().inner(overlay_area(size, screen))
}
