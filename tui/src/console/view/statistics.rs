//! The statistics: four charts, and the stock of each prefix.
//!
//! ```text
//! 1,204                       9,812
//! activated, last 24 hours    activated, last 30 days
//! ▁▂▃▅█▃▂                     ▁▂▃▅█▃▂
//! 15:00             14:00     02-03           03-04
//! ```

use chrono::{DateTime, Utc};
use kami_shared::store::Step;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;

use super::paint::{space, span, two_sides};
use crate::cells::{cut_middle, harmless, pad_left, pad_right};
use crate::console::model::Model;
use crate::console::statistics::{Chart, STOCK_DAYS, Statistics};
use crate::words::{local, number, say, span as time_span};

/// The statistics in place of the table.
pub(super) fn render(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let (language, theme) = (model.language, model.theme);
    ratatui::widgets::Widget::render(ratatui::widgets::Clear, area, frame.buffer_mut());
    let [head, body] = Layout::vertical([Constraint::Length(2), Constraint::Fill(1)]).areas(area);
    let title = Line::from(vec![space(1), span(say!(language, "statistics.title"), theme.strong())]);
    let Some(statistics) = &model.statistics else {
        let words = span(say!(language, "statistics.counting"), theme.dim());
        two_sides(frame, head, &title, &Line::from(vec![words, space(1)]));
        return;
    };
    let age = (model.server_now() - statistics.stock.taken_at).num_seconds().max(0).unsigned_abs();
    let age = say!(language, "counts.age", age = time_span(language, age));
    two_sides(frame, head, &title, &Line::from(vec![span(age, theme.dim()), space(1)]));

    let height = (body.height.saturating_sub(5) / 2).clamp(5, 12);
    let rows = [Constraint::Length(height), Constraint::Length(height), Constraint::Fill(1)];
    let [upper, lower, stock] = Layout::vertical(rows).areas(body);
    let halves = Layout::horizontal([Constraint::Fill(1), Constraint::Fill(1)]);
    let [first, second] = halves.areas(upper);
    let [third, fourth] = halves.areas(lower);
    for (chart, area) in statistics.charts.iter().zip([first, second, third, fourth]) {
        render_chart(model, chart, frame, area);
    }
    render_stock(model, statistics, frame, stock);
}

/// One chart: its number, its name, its bars on a baseline, and what the two ends of the axis are.
fn render_chart(model: &Model, chart: &Chart, frame: &mut Frame<'_>, area: Rect) {
    let (language, theme) = (model.language, model.theme);
    let total: u64 = chart.counts.iter().sum();
    let most = chart.counts.iter().copied().max().unwrap_or(0);
    let name = say!(language, chart.series.key);
    let left =
        Line::from(vec![space(1), span(number(total), theme.strong()), space(1), span(name, theme.dim())]);
    let peak = say!(language, "statistics.most", n = number(most));
    let head = Rect { height: 1, width: area.width.saturating_sub(3), ..area };
    two_sides(frame, head, &left, &Line::from(span(peak, theme.dim())));
    let rows = usize::from(area.height.saturating_sub(3)).max(1);
    let room = usize::from(area.width).saturating_sub(4);
    let step_width = (room / chart.counts.len().max(1)).max(1);
    let bar_width = if step_width > 2 { step_width - 1 } else { step_width };
    for (index, count) in chart.counts.iter().enumerate() {
        let eighths = eighths(*count, most, rows * 8);
        let x = area.x + 1 + u16::try_from(index * step_width).unwrap_or(u16::MAX);
        for row in 0..rows {
            let filled = eighths.saturating_sub(row * 8).min(8);
            let glyph = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"][filled];
            let y = area.y + 1 + u16::try_from(rows - 1 - row).unwrap_or(0);
            if x < area.right() && filled > 0 {
                frame.buffer_mut().set_string(x, y, glyph.repeat(bar_width), theme.accent());
            } else if row == 0 && x < area.right() {
                // The baseline, where nothing happened.
                frame.buffer_mut().set_string(x, y, "▁".repeat(bar_width), theme.faint());
            }
        }
    }
    let axis_width = step_width * chart.counts.len();
    let last = chart.series.start + chart.series.step.span() * (i32::from(chart.series.count) - 1);
    let end = pad_left(&label(model, chart, last), axis_width.saturating_sub(6));
    let axis = format!("{}{end}", pad_right(&label(model, chart, chart.series.start), 6));
    let y = area.y + 1 + u16::try_from(rows).unwrap_or(0);
    frame.buffer_mut().set_stringn(area.x + 1, y, axis, room, theme.dim());
}

/// The height of a bar in eighths of a cell; what happened at all is seen.
fn eighths(count: u64, most: u64, height: usize) -> usize {
    if count == 0 || most == 0 {
        return 0;
    }
    let height = height as u128;
    usize::try_from(u128::from(count) * height / u128::from(most)).unwrap_or(0).max(1)
}

fn label(model: &Model, chart: &Chart, moment: DateTime<Utc>) -> String {
    let form = if chart.series.step == Step::Hour { "%H:%M" } else { "%m-%d" };
    local(model.zone, moment).format(form).to_string()
}

/// How much is left of each prefix and for how long, the busiest first.
fn render_stock(model: &Model, statistics: &Statistics, frame: &mut Frame<'_>, area: Rect) {
    let (language, theme) = (model.language, model.theme);
    let heads = ["statistics.prefix", "statistics.unused", "statistics.sold", "statistics.lasts"]
        .map(|key| say!(language, key));
    let line = |cells: [String; 4]| {
        let [prefix, unused, sold, lasts] = cells;
        let numbers = [unused, sold, lasts].map(|cell| pad_left(&cell, 16)).concat();
        format!(" {}{numbers}", pad_right(&cut_middle(&prefix, 20), 20))
    };
    frame.buffer_mut().set_stringn(area.x, area.y, line(heads), usize::from(area.width), theme.dim());
    let ys = area.y + 1..area.bottom();
    for (y, prefix) in ys.zip(statistics.busiest()) {
        let lasts = prefix.days_left(STOCK_DAYS).map_or_else(
            || "–".to_owned(),
            |days| {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a number of days"
                )]
                let days = days.min(99_999.0) as u64;
                say!(language, "statistics.days", n = number(days))
            },
        );
        let cells =
            [harmless(&prefix.prefix).into_owned(), number(prefix.unused), number(prefix.activated), lasts];
        frame.buffer_mut().set_stringn(area.x, y, line(cells), usize::from(area.width), theme.text());
    }
}
