//! Whom a file would keep out, line by line, before it is done.

use kami_common::block_import::{BlockLine, BlockState};
use kami_common::cells::{cut_end, cut_middle, harmless, pad_left, pad_right};
use kami_common::words::{counted, number, say};
use kami_common::{notice, shown};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::state::BlockPreview;
use crate::layout::frames::overlay_width;
use crate::layout::text::{space, span};
use crate::state::model::Model;
use crate::view::paint::overlay;

/// The cells of a line's number, and of the word for what it does, which a narrow screen has no room for.
const NUMBER: usize = 9;
const WORD: usize = 12;

/// The cells of whom a line is about, so that there is room for the rest of it.
const TARGET: usize = 22;

/// The counts, the lines, and what Enter does.
pub(super) fn render(model: &Model, preview: &BlockPreview, frame: &mut Frame<'_>, screen: Rect) {
    let (language, theme, import) = (model.language, model.theme, &preview.import);
    let width = overlay_width(84, screen);
    let room = usize::from(width.saturating_sub(4));
    let shown = preview.height(screen.height);
    let notices = preview.notices_shown(screen.height);
    let height = u16::try_from(shown + notices + 7).unwrap_or(u16::MAX);
    let title = say!(language, "form.import_blocks");
    let path = harmless(&preview.path.display().to_string()).into_owned();
    let title = format!("{title} · {}", cut_middle(&path, room.saturating_sub(30)));
    let inner = overlay(frame, theme, &title, (width, height), screen);
    frame.buffer_mut().set_line(inner.x, inner.y + 1, &Line::from(summary(model, preview)), inner.width);
    for (y, told) in (inner.y + 2..inner.bottom()).zip(import.notices.iter().take(notices)) {
        let words = notice::words(language, told);
        frame.buffer_mut().set_string(inner.x, y, cut_end(&words, room), theme.warning());
    }
    let lines = import.lines.iter().skip(preview.scroll).take(shown);
    let first = inner.y + 3 + u16::try_from(notices).unwrap_or(0);
    for (y, each) in (first..inner.bottom()).zip(lines) {
        frame.buffer_mut().set_line(inner.x, y, &line(model, each, room), inner.width);
    }
    let (words, style) = if import.is_possible() {
        (counted(language, "block.import_all", import.lines.len() as u64), theme.text())
    } else if import.lines.is_empty() {
        (say!(language, "block.empty_file"), theme.warning())
    } else {
        (say!(language, "block.in_the_way"), theme.warning())
    };
    let last = inner.bottom().saturating_sub(1);
    frame.buffer_mut().set_string(inner.x, last, cut_end(&words, room), style);
}

/// How many lines there are of each kind.
fn summary(model: &Model, preview: &BlockPreview) -> Vec<Span<'static>> {
    let (language, theme) = (model.language, model.theme);
    let gap = if model.is_narrow() { 1 } else { 3 };
    let keys = ["added", "changed", "same", "malformed"];
    let mut spans = Vec::new();
    for (key, count) in keys.into_iter().zip(preview.import.counts()) {
        let style = match key {
            "malformed" if count > 0 => theme.warning(),
            _ if count > 0 => theme.text(),
            _ => theme.dim(),
        };
        let words = format!("{} {}", number(count), say!(language, format!("command.line.{key}")));
        spans.extend([span(words, style), space(gap)]);
    }
    spans
}

fn line(model: &Model, line: &BlockLine, room: usize) -> Line<'static> {
    let (language, theme) = (model.language, model.theme);
    let (sign, style) = match line.state {
        BlockState::New => ("+", theme.dim()),
        BlockState::Changed => ("~", theme.accent()),
        BlockState::Same => ("=", theme.dim()),
        BlockState::NoApp(_) | BlockState::Malformed(_) => ("✗", theme.danger()),
    };
    let told = |block| shown::block_told(language, model.zone, block, line.was.as_ref(), TARGET);
    let words = line.state.why(language).or_else(|| line.block.as_ref().map(told)).unwrap_or_default();
    let mut spans =
        vec![span(pad_left(&number(line.number), NUMBER), theme.dim()), space(2), span(sign, style)];
    spans.push(space(1));
    if !model.is_narrow() {
        let word = line.state.label(language);
        spans.extend([span(pad_right(&cut_end(&word, WORD), WORD), style), space(1)]);
    }
    let left = room.saturating_sub(spans.iter().map(Span::width).sum());
    spans.push(span(cut_end(&words, left).into_owned(), theme.text()));
    Line::from(spans)
}
