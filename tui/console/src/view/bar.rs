//! Bars that are filled from their left.

use ratatui::text::Span;

use crate::layout::text::span;
use crate::state::theme::Theme;

/// A part of `whole` as a line of at most `width` cells less a gap of five, in halves of a cell.
pub(crate) fn thin(part: u64, whole: u64, width: usize) -> String {
    let halves = 2 * width.saturating_sub(5).min(24) as u64;
    let halves = usize::try_from(part * halves / whole.max(1)).unwrap_or(0).max(usize::from(part > 0));
    format!("{}{}", "━".repeat(halves / 2), if halves % 2 == 1 { "╸" } else { "" })
}

/// A share of `width` cells, before a line that shows how far it still is.
pub(crate) fn on_its_way(share: f64, width: usize, theme: Theme) -> [Span<'static>; 2] {
    let (filled, empty) = parts(share, width);
    [span(filled, theme.accent()), span("─".repeat(empty), theme.faint())]
}

/// The filled cells, and how many stay empty.
fn parts(share: f64, width: usize) -> (String, usize) {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a share of a few hundred eighths"
    )]
    let eighths = (share.clamp(0.0, 1.0) * (width * 8) as f64).round() as usize;
    let (whole, rest) = (eighths / 8, eighths % 8);
    let mut filled = "█".repeat(whole);
    if rest > 0 {
        filled.push_str(["▏", "▎", "▍", "▌", "▋", "▊", "▉"][rest - 1]);
    }
    (filled, width.saturating_sub(whole + usize::from(rest > 0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_its_share() {
        for (share, cells, empty) in
            [(0.0, "", 4), (0.5, "██", 2), (0.53125, "██▏", 1), (1.0, "████", 0), (7.0, "████", 0)]
        {
            assert_eq!(parts(share, 4), (cells.to_owned(), empty), "{share}");
        }
    }

    #[test]
    fn a_thin_bar_is_seen_for_the_smallest_part() {
        for (part, whole, bar) in
            [(0, 10, ""), (1, 1_000, "╸"), (5, 10, "━━"), (3, 8, "━╸"), (10, 10, "━━━━")]
        {
            assert_eq!(thin(part, whole, 9), bar, "{part} of {whole}");
        }
    }
}
