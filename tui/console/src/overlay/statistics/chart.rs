//! A chart: its sum in large type, its bars on a baseline, and both axes with labels.
//!
//! ```text
//! █▀█ █▀█ ▀▀█
//! █▀█ █▀█ ▄▄█   activated
//! ▀▀▀ ▀▀▀ ▀▀▀   last 24 hours · cards an hour
//!   55  ▂▅  █
//!    0 ▁██▃▃█
//!      15:00      03:00
//! ```

use chrono::{DateTime, Utc};
use kami_common::cells::{cells, cut_end, pad_left};
use kami_common::shown::local;
use kami_common::words::{number, say};
use kami_core::card::CardStatus;
use kami_store::{BucketWidth, Event};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use super::large;
use crate::layout::text::{space, span};
use crate::state::model::Model;
use crate::state::statistics::{Chart, Series};
use crate::state::theme::Theme;

/// The cells left of the bars, for the labels of the upright axis.
const GUTTER: u16 = 5;

/// From how many rows on the sum is in large type.
const ROOMY: u16 = 8;

/// From how many rows on a row stays empty between the sum and the bars.
const AIRY: u16 = 11;

/// The fewest cells between the beginnings of two labels of the level axis.
const LABEL_PITCH: usize = 9;

/// The chart, in as much room as there is; the last row stays empty where there are enough.
pub(super) fn render(model: &Model, chart: &Chart, frame: &mut Frame<'_>, area: Rect) {
    let inner = Rect { width: area.width.saturating_sub(1), ..area };
    let is_roomy = area.height >= ROOMY;
    let head = if is_roomy { large::ROWS + u16::from(area.height >= AIRY) } else { 1 };
    if is_roomy {
        large_head(model, chart, frame, inner);
    } else {
        small_head(model, chart, frame, inner);
    }
    let foot = if is_roomy { 2 } else { 1 };
    let plot = Rect {
        x: inner.x + GUTTER,
        y: inner.y + head,
        width: inner.width.saturating_sub(GUTTER),
        height: inner.height.saturating_sub(head + foot),
    };
    if plot.is_empty() {
        return;
    }
    bars(model.theme, chart, frame, plot);
    let most = chart.counts.iter().copied().max().unwrap_or(0);
    let mut marks = vec![(plot.bottom() - 1, "0".to_owned())];
    if most > 0 && plot.height > 1 {
        marks.push((plot.y, short(most)));
    }
    for (y, mark) in marks {
        let mark = pad_left(&mark, usize::from(GUTTER) - 1);
        frame.buffer_mut().set_string(inner.x, y, mark, model.theme.dim());
    }
    level_axis(model, chart, frame, Rect { y: plot.bottom(), height: 1, ..plot });
}

fn sum(chart: &Chart) -> String {
    number(chart.counts.iter().sum())
}

/// The sum in large type, and beside it what it counts, when and in which unit.
fn large_head(model: &Model, chart: &Chart, frame: &mut Frame<'_>, area: Rect) {
    let (language, theme, series) = (model.language, model.theme, &chart.series);
    let rows = large::rows(&sum(chart));
    let x = area.x + 1;
    let width = u16::try_from(cells(&rows[0])).unwrap_or(area.width);
    for (y, row) in (area.y..).zip(&rows) {
        frame.buffer_mut().set_stringn(x, y, row, usize::from(area.width), theme.strong());
    }
    let beside = x + width + 3;
    let room = usize::from(area.right().saturating_sub(beside));
    let span_of_time = say!(language, series.span_key());
    let about = format!("{span_of_time} · {}", say!(language, series.unit_key()));
    for (y, words, style) in [
        (area.y + 1, say!(language, series.event_key()), ink(theme, series)),
        (area.y + 2, about, theme.dim()),
    ] {
        frame.buffer_mut().set_stringn(beside, y, cut_end(&words, room), room, style);
    }
}

/// The same in one row.
fn small_head(model: &Model, chart: &Chart, frame: &mut Frame<'_>, area: Rect) {
    let (language, theme, series) = (model.language, model.theme, &chart.series);
    let line = Line::from(vec![
        space(1),
        span(sum(chart), theme.strong()),
        space(1),
        span(say!(language, series.event_key()), ink(theme, series)),
        space(2),
        span(say!(language, series.span_key()), theme.dim()),
    ]);
    frame.buffer_mut().set_line(area.x, area.y, &line, area.width);
}

/// The colour of the status that an event leads to.
fn ink(theme: Theme, series: &Series) -> Style {
    theme.status(match series.event {
        Event::Generated => CardStatus::Unused,
        Event::Activated => CardStatus::Active,
        Event::Expiring => CardStatus::Expired,
    })
}

/// The bars, over the whole width: where a step is no whole number of cells, its beginning is rounded. Bars that have
/// room for a gap are all of one width; others touch.
fn bars(theme: Theme, chart: &Chart, frame: &mut Frame<'_>, area: Rect) {
    let most = chart.counts.iter().copied().max().unwrap_or(0);
    let width = usize::from(area.width);
    let height = usize::from(area.height) * 8;
    let count = chart.counts.len().max(1);
    let alike = (width / count).checked_sub(1).filter(|cells| *cells > 0);
    for (index, value) in chart.counts.iter().enumerate() {
        let (from, until) = (index * width / count, (index + 1) * width / count);
        let cells = alike.unwrap_or(until - from);
        let filled = eighths(*value, most, height);
        let x = area.x + u16::try_from(from).unwrap_or(u16::MAX);
        for (row, y) in (area.y..area.bottom()).rev().enumerate() {
            let Some(last) = filled.saturating_sub(row * 8).min(8).checked_sub(1) else { break };
            let glyph = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"][last];
            frame.buffer_mut().set_string(x, y, glyph.repeat(cells), ink(theme, &chart.series));
        }
    }
    // The baseline is seen where nothing happened, and between the bars.
    for x in area.left()..area.right() {
        let cell = &mut frame.buffer_mut()[(x, area.bottom() - 1)];
        if cell.symbol() == " " {
            cell.set_symbol("▁").set_style(theme.faint());
        }
    }
}

/// The height of a bar in eighths of a cell; what happened at all is seen above the baseline.
fn eighths(count: u64, most: u64, height: usize) -> usize {
    if count == 0 || most == 0 {
        return 0;
    }
    let height = height as u128;
    usize::try_from(u128::from(count) * height / u128::from(most)).unwrap_or(0).max(2)
}

/// When the bars are, each label under the beginning of its own.
fn level_axis(model: &Model, chart: &Chart, frame: &mut Frame<'_>, area: Rect) {
    let (width, count) = (usize::from(area.width), chart.counts.len().max(1));
    let strides: &[usize] = if chart.series.step == BucketWidth::Hour { &[3, 6, 12] } else { &[5, 10, 15] };
    let stride = strides.iter().find(|stride| *stride * width / count >= LABEL_PITCH);
    for index in (0..count).step_by(*stride.unwrap_or(&count)) {
        let moment = chart.series.start + chart.series.step.span() * i32::try_from(index).unwrap_or(0);
        let label = label(model, chart, moment);
        let from = index * width / count;
        if from + cells(&label) <= width {
            let x = area.x + u16::try_from(from).unwrap_or(0);
            frame.buffer_mut().set_string(x, area.y, label, model.theme.dim());
        }
    }
}

fn label(model: &Model, chart: &Chart, moment: DateTime<Utc>) -> String {
    let form = if chart.series.step == BucketWidth::Hour { "%H:%M" } else { "%m-%d" };
    local(model.zone, moment).format(form).to_string()
}

/// A number in at most four cells.
fn short(value: u64) -> String {
    match value {
        0..1_000 => value.to_string(),
        1_000..10_000 => format!("{}.{}k", value / 1_000, value / 100 % 10),
        10_000..1_000_000 => format!("{}k", value / 1_000),
        1_000_000..10_000_000 => format!("{}.{}M", value / 1_000_000, value / 100_000 % 10),
        _ => format!("{}M", value / 1_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_high_as_its_number() {
        for (count, most, height, filled) in
            [(0, 10, 32, 0), (10, 10, 32, 32), (5, 10, 32, 16), (1, 1_000_000, 32, 2), (0, 0, 32, 0)]
        {
            assert_eq!(eighths(count, most, height), filled, "{count} of {most}");
        }
    }

    #[test]
    fn a_mark_of_the_axis_is_short() {
        for (value, mark) in [
            (0, "0"),
            (999, "999"),
            (1_204, "1.2k"),
            (10_000, "10k"),
            (999_999, "999k"),
            (2_500_000, "2.5M"),
            (10_000_000, "10M"),
        ] {
            assert_eq!(short(value), mark);
        }
    }
}
