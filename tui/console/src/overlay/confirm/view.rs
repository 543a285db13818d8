//! A question before something that is hard to take back.

use kami_common::cells::{cells, wrap};
use kami_common::words::say;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::state::{Confirm, Touched};
use crate::input::act::Act;
use crate::layout::frames::overlay_width;
use crate::layout::text::span;
use crate::state::model::Model;
use crate::view::paint::{input, overlay};

/// The cells between the two answers.
pub(crate) const GAP: u16 = 4;

/// The question in its frame; its yes once that would be taken.
pub(super) fn render(model: &Model, confirm: &Confirm, frame: &mut Frame<'_>, screen: Rect) {
    let (language, theme) = (model.language, model.theme);
    let width = overlay_width(60, screen);
    let room = usize::from(width.saturating_sub(4));
    let style = if confirm.is_danger { theme.danger() } else { theme.strong() };
    let lines_of = |text: &str, style| {
        let words = text.trim_start_matches(' ');
        let indent = text.len() - words.len();
        let lines = wrap(words, room.saturating_sub(indent)).into_iter();
        lines.map(move |line| Line::from(span(format!("{:indent$}{line}", ""), style))).collect::<Vec<_>>()
    };
    let question = lines_of(&confirm.question, style);
    let touched = match &confirm.touched {
        Touched::Counting { share } => vec![say!(language, "confirm.counting", percent = percent(*share))],
        Touched::Known(lines) => lines.clone(),
    };
    let mut touched: Vec<_> = touched.iter().flat_map(|line| lines_of(line, theme.text())).collect();
    let consequence = lines_of(&confirm.consequence, theme.dim());
    // On a low screen the empty lines give way, and then what is only of use to know.
    let height = question.len() + touched.len() + consequence.len() + 6;
    let most = usize::from(screen.height.saturating_sub(2));
    let gap = u16::from(height <= most);
    if gap == 0 {
        touched.truncate(most.saturating_sub(question.len() + consequence.len() + 3));
    }
    let height = u16::try_from(height).unwrap_or(u16::MAX);
    let inner = overlay(frame, theme, &say!(language, "confirm.title"), (width, height), screen);
    let last = inner.bottom().saturating_sub(1 + gap);
    for (y, line) in (inner.y + gap..last).zip(question.into_iter().chain(touched).chain(consequence)) {
        frame.buffer_mut().set_line(inner.x, y, &line, inner.width);
    }
    if let Some(typed) = &confirm.typed {
        frame.buffer_mut().set_string(inner.x, last, "›", theme.accent());
        let line = Rect { x: inner.x + 2, y: last, width: inner.width.saturating_sub(2), height: 1 };
        input(frame, line, typed, theme.strong(), true);
    } else {
        let (yes, no) = (say!(language, "confirm.yes"), say!(language, "confirm.no"));
        let behind = u16::try_from(cells(&yes)).unwrap_or(0) + GAP;
        if model.takes(Act::Yes) {
            frame.buffer_mut().set_string(inner.x, last, yes, theme.text());
        }
        frame.buffer_mut().set_string(inner.x + behind, last, no, theme.text());
    }
}

/// A share in whole per cent.
fn percent(share: f64) -> String {
    format!("{:.0}", (share * 100.0).floor())
}
