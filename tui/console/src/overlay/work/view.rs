//! The progress of what is being done: a bar with done, total, rate and time left, and a way out.

use kami_common::shown::span as time_span;
use kami_common::words::{number, say};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::state::model::{Model, Work};
use crate::view::bar;
use crate::view::paint::overlay;

/// The bar in its frame; short work ends before it is seen.
pub(super) fn render(model: &Model, frame: &mut Frame<'_>, screen: Rect) {
    let (language, theme) = (model.language, model.theme);
    let Some(work) = model.work.as_ref().filter(|_| model.is_waiting_long()) else { return };
    let title = say!(language, work.key);
    let inner = overlay(frame, theme, &title, (60, 7), screen);
    let width = usize::from(inner.width);
    frame.buffer_mut().set_line(
        inner.x,
        inner.y + 1,
        &Line::from(bar::on_its_way(work.share, width, theme).to_vec()),
        inner.width,
    );
    let done = number(work.done);
    let done = match work.total {
        Some(total) => say!(language, "work.of", done = done, total = number(total)),
        None => done,
    };
    frame.buffer_mut().set_string(inner.x, inner.y + 2, done, theme.text());
    let pace = if work.is_breaking_off { say!(language, "work.breaking_off") } else { pace(model, work) };
    frame.buffer_mut().set_string(inner.x, inner.y + 3, pace, theme.dim());
}

/// How fast it goes and how long it still takes.
fn pace(model: &Model, work: &Work) -> String {
    let millis = (model.now - work.since).num_milliseconds().max(1).unsigned_abs();
    let rate = work.done * 1_000 / millis;
    if rate == 0 || work.share <= 0.0 {
        return String::new();
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an estimate in seconds"
    )]
    let left = (millis as f64 / 1_000.0 * (1.0 - work.share) / work.share) as u64;
    let left = if left < 60 {
        say!(model.language, "duration.seconds", n = left)
    } else {
        time_span(model.language, left)
    };
    say!(model.language, "work.pace", rate = number(rate), left = left)
}
