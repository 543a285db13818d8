//! The brushes that every panel uses.

use kami_common::cells::cells;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Clear, Padding, Widget as _};

use crate::state::model::NARROW;
use crate::state::theme::Theme;

/// Puts a line at the left of an area and another at its right, which gives way where both do not fit.
pub(super) fn two_sides(frame: &mut Frame<'_>, area: Rect, left: &Line<'_>, right: &Line<'_>) {
    let width = usize::from(area.width);
    frame.buffer_mut().set_line(area.x, area.y, left, area.width);
    if left.width() + right.width() + 1 < width {
        let right_width = u16::try_from(right.width()).unwrap_or(area.width);
        frame.buffer_mut().set_line(area.right() - right_width, area.y, right, right_width);
    }
}

/// A piece of text in a style.
pub(super) fn span(text: impl Into<String>, style: Style) -> Span<'static> {
    Span::styled(text.into(), style)
}

/// So many spaces.
pub(super) fn space(width: usize) -> Span<'static> {
    Span::raw(" ".repeat(width))
}

/// The width of a frame of at most so many cells: all of a narrow screen.
pub(super) fn overlay_width(most: u16, screen: Rect) -> u16 {
    if screen.width < NARROW { screen.width } else { most.min(screen.width.saturating_sub(4)) }
}

/// Where a frame of at most this size stands.
fn overlay_area((width, height): (u16, u16), screen: Rect) -> Rect {
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
fn edge() -> Block<'static> {
    Block::bordered().border_type(BorderType::Rounded).padding(Padding::horizontal(1))
}

/// The room in a frame of at most this size.
pub(super) fn overlay_room(size: (u16, u16), screen: Rect) -> Rect {
    edge().inner(overlay_area(size, screen))
}

/// A frame over the middle of the screen, with a title, before a dimmed background; returns the room in it.
pub(super) fn overlay(
    frame: &mut Frame<'_>,
    theme: Theme,
    title: &str,
    (width, height): (u16, u16),
    screen: Rect,
) -> Rect {
    let behind = theme.behind().remove_modifier(Modifier::BOLD | Modifier::REVERSED);
    // The message line and the hint bar belong to what lies above all, so they stay as they are.
    let dimmed = Rect { height: screen.height.saturating_sub(2), ..screen };
    frame.buffer_mut().set_style(dimmed, behind);
    let area = overlay_area((width, height), screen);
    Clear.render(area, frame.buffer_mut());
    // A wide character that the frame cuts in two would swallow the frame's own edge.
    for y in area.y..area.bottom() {
        if let Some(cell) = frame.buffer_mut().cell_mut((area.x.wrapping_sub(1), y))
            && cells(cell.symbol()) > 1
        {
            cell.set_symbol(" ");
        }
    }
    let title =
        Line::from(vec![Span::raw(" "), span(title, theme.strong().fg(Color::Reset)), Span::raw(" ")]);
    let block = edge().border_style(theme.dim()).title(title);
    let inner = block.inner(area);
    block.render(area, frame.buffer_mut());
    inner
}

/// Gives every cell that has none the colours of the theme's ground.
pub(super) fn ground(frame: &mut Frame<'_>, theme: Theme) {
    let (Some(text), Some(ground)) = (theme.ground().fg, theme.ground().bg) else { return };
    for cell in &mut frame.buffer_mut().content {
        if cell.fg == Color::Reset {
            cell.fg = text;
        }
        if cell.bg == Color::Reset {
            cell.bg = ground;
        }
    }
}

/// A line of text that is typed, with the terminal's cursor in it; the part around the cursor where it is too long.
pub(super) fn input(
    frame: &mut Frame<'_>,
    area: Rect,
    input: &tui_input::Input,
    style: Style,
    has_cursor: bool,
) {
    let width = usize::from(area.width).max(1);
    let text = kami_common::cells::harmless(input.value());
    let before: String = input.value().chars().take(input.cursor()).collect();
    let cursor = cells(&kami_common::cells::harmless(&before));
    let scroll = (cursor + 1).saturating_sub(width);
    let mut shown = String::new();
    let mut at = 0;
    for character in text.chars() {
        let cell = cells(character.encode_utf8(&mut [0; 4]));
        if at >= scroll && at + cell <= scroll + width {
            shown.push(character);
        }
        at += cell;
    }
    frame.buffer_mut().set_stringn(area.x, area.y, shown, width, style);
    if has_cursor {
        let x = area.x + u16::try_from(cursor - scroll).unwrap_or(0);
        frame.set_cursor_position((x.min(area.right().saturating_sub(1)), area.y));
    }
}
