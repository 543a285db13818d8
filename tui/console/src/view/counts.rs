//! How many cards there are of each status, in figures and as one stacked bar.

use kami_common::shown::{self, span as time_span};
use kami_common::words::{counted, number, say, share};
use kami_core::card::CardStatus;
use kami_store::StatusCounts;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::layout::text::{space, span};
use crate::state::message::Topic;
use crate::state::model::Model;
use crate::state::theme::{Depth, Theme};
use crate::view::paint::{app_name, two_sides};

/// The figures.
pub(crate) fn render(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let (language, theme) = (model.language, model.theme);
    let Some(counts) = &model.counts else {
        if model.awaits(Topic::Counts) {
            let counting = span(say!(language, "counts.counting"), theme.dim());
            two_sides(frame, area, &Line::from(vec![space(1), counting]), &Line::default());
        }
        return;
    };
    let age = (model.server_now() - counts.taken_at).num_seconds().max(0).unsigned_abs();
    let age = (age >= 60).then(|| say!(language, "counts.age", age = time_span(language, age)));
    let age = age.map_or_else(Line::default, |age| Line::from(vec![span(age, theme.dim()), space(1)]));
    // From the fullest wording down to the first that fits.
    let wordings = [(3, true, true), (2, true, true), (3, false, true), (2, false, true), (2, false, false)];
    let width = usize::from(area.width);
    let mut lines: Vec<_> =
        wordings.map(|(gap, shares, words)| figures(model, counts, gap, shares, words)).into();
    lines.push(bare_figures(model, counts));
    let line = lines.iter().find(|line| line.width() + age.width() < width);
    let line = line.or_else(|| lines.iter().find(|line| line.width() <= width)).unwrap_or(&lines[5]);
    two_sides(frame, area, line, &age);
}

fn figures(model: &Model, counts: &StatusCounts, gap: usize, shares: bool, words: bool) -> Line<'static> {
    let (language, theme) = (model.language, model.theme);
    let total = counts.total();
    let mut spans = vec![space(1)];
    if let Some(app) = &model.counted_app {
        spans.extend([app_name(model, app), space(2)]);
    }
    spans.push(span(counted(language, "counts.cards", total), theme.strong()));
    for status in CardStatus::ALL {
        let count = counts.of(status);
        spans.push(space(gap));
        spans.push(span(Theme::sign(status), theme.status(status)));
        spans.push(span(format!(" {}", number(count)), theme.text()));
        if words {
            let word = shown::status(language, status);
            spans.push(span(format!(" {word}"), theme.status(status)));
        }
        if shares && total > 0 {
            spans.push(span(format!(" {}", share(count, total)), theme.dim()));
        }
    }
    Line::from(spans)
}

/// The counts of the statuses alone, for a screen that has no room for their sum.
fn bare_figures(model: &Model, counts: &StatusCounts) -> Line<'static> {
    let each = CardStatus::ALL.into_iter().flat_map(|status| {
        let count = span(number(counts.of(status)), model.theme.text());
        [space(1), span(Theme::sign(status), model.theme.status(status)), count]
    });
    each.collect()
}

/// The bar, or a line where there is nothing to show.
pub(crate) fn render_bar(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let theme = model.theme;
    let width = usize::from(area.width.saturating_sub(2));
    let counts = model.counts.as_ref().filter(|counts| counts.total() > 0);
    let spans = match counts {
        None => vec![span("─".repeat(width), theme.faint())],
        Some(counts) => stacked(counts, width, theme),
    };
    frame.buffer_mut().set_line(area.x + 1, area.y, &Line::from(spans), area.width.saturating_sub(1));
}

/// How many of `units` belong to each status: rounded, with one at least for every status that has a card.
fn parts(counts: &StatusCounts, units: usize) -> [usize; 4] {
    let total = u128::from(counts.total().max(1));
    let units_wide = units as u128;
    let mut parts = CardStatus::ALL.map(|status| {
        let count = u128::from(counts.of(status));
        let part = usize::try_from((count * units_wide + total / 2) / total).unwrap_or(units);
        if count > 0 { part.max(1) } else { 0 }
    });
    let sum: usize = parts.iter().sum();
    // Rounding is made good where it is seen least.
    if let Some(largest) = parts.iter_mut().max() {
        *largest = (*largest + units).saturating_sub(sum);
    }
    parts
}

/// The parts one after the other, half a row high, so that the bar is lighter than the cards under it; without
/// colours in four shadings.
fn stacked(counts: &StatusCounts, width: usize, theme: Theme) -> Vec<Span<'static>> {
    let (glyphs, is_colored) = match theme.depth {
        Depth::None => (["█", "▓", "▒", "░"], false),
        _ => (["▀"; 4], true),
    };
    let parts = CardStatus::ALL.into_iter().zip(parts(counts, width));
    glyphs
        .into_iter()
        .zip(parts)
        .map(|(glyph, (status, part))| {
            let style = if is_colored { theme.status(status) } else { theme.text() };
            span(glyph.repeat(part), style)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    #[test]
    fn every_status_that_has_a_card_is_seen_and_the_bar_is_full() {
        for (figures, shown) in [
            ([9_812, 1_204, 1_411, 53], [630, 77, 90, 3]),
            ([10_000_000, 1, 0, 0], [799, 1, 0, 0]),
            ([0, 0, 0, 5], [0, 0, 0, 800]),
        ] {
            let [unused, active, expired, disabled] = figures;
            let counts = StatusCounts { unused, active, expired, disabled, taken_at: DateTime::UNIX_EPOCH };
            assert_eq!(parts(&counts, 800), shown);
        }
    }
}
