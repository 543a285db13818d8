//! The message line: what just happened, what is wrong, what is being waited for.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::paint::{space, span};
use crate::cells::{cut_end, harmless};
use crate::console::model::{Link, Model, Tone};
use crate::words::say;

/// The line above the hint bar.
pub(super) fn render(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let theme = model.theme;
    let room = usize::from(area.width).saturating_sub(2);
    let (words, style) = match (&model.link, &model.notice) {
        // An empty table says it in the middle of the screen.
        (Link::Away { reason, retry_at, .. }, _) if !model.cards.rows.is_empty() => {
            let seconds = (*retry_at - model.now).num_seconds().max(0);
            (say!(model.language, "away.line", seconds = seconds, reason = harmless(reason)), theme.danger())
        }
        (_, Some(notice)) => {
            let style = match notice.tone {
                Tone::Good => theme.good(),
                Tone::Plain => theme.text(),
                Tone::Bad => theme.danger(),
            };
            (harmless(&notice.words).into_owned(), style)
        }
        (_, None) => return,
    };
    let line = Line::from(vec![space(1), span(cut_end(&words, room), style)]);
    frame.buffer_mut().set_line(area.x, area.y, &line, area.width);
}
