//! The message line: what just happened, what is wrong, what is being waited for.

use kami_common::cells::{cut_end, harmless, wrap};
use kami_common::words::say;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Clear, Widget as _};

use crate::layout::text::{space, span};
use crate::state::model::{Link, Model, Tone};

/// The most lines that it takes.
const MOST_LINES: usize = 4;

/// The line above the hint bar.
pub(crate) fn render(model: &Model, frame: &mut Frame<'_>, area: Rect) {
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
    // On a narrow screen it takes lines from the table, until it goes.
    let is_alone = model.overlays.is_empty() && !model.cards.rows.is_empty();
    let mut lines = if model.is_narrow() && is_alone { wrap(&words, room) } else { vec![words] };
    if lines.len() > MOST_LINES {
        lines.truncate(MOST_LINES);
        lines[MOST_LINES - 1].push_str(" …");
    }
    let above = u16::try_from(lines.len()).unwrap_or(1) - 1;
    let free = Rect { y: area.y - above, height: above, ..area };
    Clear.render(free, frame.buffer_mut());
    for (y, line) in (free.y..).zip(lines) {
        let line = Line::from(vec![space(1), span(cut_end(&line, room), style)]);
        frame.buffer_mut().set_line(area.x, y, &line, area.width);
    }
}
