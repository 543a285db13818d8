//! The brushes that every panel uses.

use kami_common::cells::{cells, cut_middle};
use kami_core::app::AppName;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Widget as _};

use crate::layout::frames::{edge, overlay_area};
use crate::layout::text::span;
use crate::state::model::Model;
use crate::state::theme::Theme;

/// The most cells of an app's name beside figures.
const APP: usize = 16;

/// Puts a line at the left of an area and another at its right, which gives way where both do not fit.
pub(crate) fn two_sides(frame: &mut Frame<'_>, area: Rect, left: &Line<'_>, right: &Line<'_>) {
    let width = usize::from(area.width);
    frame.buffer_mut().set_line(area.x, area.y, left, area.width);
    if left.width() + right.width() + 1 < width {
        let right_width = u16::try_from(right.width()).unwrap_or(area.width);
        frame.buffer_mut().set_line(area.right() - right_width, area.y, right, right_width);
    }
}

/// The name of the app that figures are about, as far as there is room beside them.
pub(crate) fn app_name(model: &Model, app: &AppName) -> Span<'static> {
    span(cut_middle(app.as_str(), APP).into_owned(), model.theme.accent())
}

/// A frame over the middle of the screen, with a title, before a dimmed background; returns the room in it.
pub(crate) fn overlay(
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
pub(crate) fn ground(frame: &mut Frame<'_>, theme: Theme) {
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
pub(crate) fn input(
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
