//! Pieces of text in a style.

use ratatui::style::Style;
use ratatui::text::Span;

/// A piece of text in a style.
pub(crate) fn span(text: impl Into<String>, style: Style) -> Span<'static> {
    Span::styled(text.into(), style)
}

/// So many spaces.
pub(crate) fn space(width: usize) -> Span<'static> {
    Span::raw(" ".repeat(width))
}
