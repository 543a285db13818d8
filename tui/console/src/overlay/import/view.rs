//! What importing a file would do, line by line, before it is done.

use kami_common::cells::{cells, cut_end, cut_middle, harmless, pad_left, pad_right};
use kami_common::odds::warning_of_import;
use kami_common::words::{counted, number, say};
use kami_common::{notice, reason, touch};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::state::Preview;
use crate::layout::frames::overlay_width;
use crate::layout::text::{space, span};
use crate::state::import::{Import, ImportLine, LineState};
use crate::state::model::Model;
use crate::view::paint::overlay;

/// The cells of a line's number.
const NUMBER: usize = 9;

/// The cells of the word for what a line does; a narrow screen has its sign alone.
pub(crate) const WORD: usize = 15;

/// The counts, the lines, and what Enter does.
pub(super) fn render(model: &Model, preview: &Preview, frame: &mut Frame<'_>, screen: Rect) {
    let (language, theme, import) = (model.language, model.theme, &preview.import);
    let width = overlay_width(84, screen);
    let room = usize::from(width.saturating_sub(4));
    let shown = preview.height(screen.height);
    let remarks = preview.remarks_shown(screen.height);
    let height = u16::try_from(shown + remarks + 7).unwrap_or(u16::MAX);
    let path = import.file.path.display().to_string();
    let title = say!(language, "form.import");
    let title = format!("{title} · {}", cut_middle(&harmless(&path), room.saturating_sub(16)));
    let inner = overlay(frame, theme, &title, (width, height), screen);
    frame.buffer_mut().set_line(inner.x, inner.y + 1, &Line::from(summary(model, import)), inner.width);
    let of_apps = (!import.apps.is_empty()).then(|| (touch::by_app(language, &import.apps), theme.accent()));
    let notices = import.notices.iter().map(|notice| (notice::words(language, notice), theme.warning()));
    let said = of_apps.into_iter().chain(notices).take(remarks);
    for (y, (words, style)) in (inner.y + 2..inner.bottom()).zip(said) {
        frame.buffer_mut().set_string(inner.x, y, cut_end(&words, room), style);
    }
    let lines = import.lines.iter().skip(preview.scroll).take(shown);
    let first = inner.y + 3 + u16::try_from(remarks).unwrap_or(0);
    for (y, each) in (first..inner.bottom()).zip(lines) {
        frame.buffer_mut().set_line(inner.x, y, &line(model, import, each, room), inner.width);
    }
    let last = inner.bottom().saturating_sub(1);
    let (words, style) = if import.is_possible() {
        (counted(language, "import.all_new", import.cards.len() as u64), theme.text())
    } else if import.lines.is_empty() {
        (say!(language, "import.empty"), theme.warning())
    } else {
        (say!(language, "import.in_the_way"), theme.warning())
    };
    frame.buffer_mut().set_string(inner.x, last, cut_end(&words, room), style);
    let warning = warning_of_import(language, import.odds).filter(|_| import.is_possible());
    if let Some(warning) = warning {
        let row = last.saturating_sub(1);
        frame.buffer_mut().set_string(inner.x, row, cut_end(&warning, room), theme.warning());
    }
}

/// How many lines there are of each kind, and which of them are shown.
fn summary(model: &Model, import: &Import) -> Vec<Span<'static>> {
    let (language, theme) = (model.language, model.theme);
    let [new, exist, malformed] = import.counts();
    let of = |key: &str, count: u64| format!("{} {}", number(count), say!(language, key));
    let style = |count: u64| if count > 0 { theme.warning() } else { theme.dim() };
    let gap = if model.is_narrow() { 1 } else { 3 };
    let mut spans = vec![
        span(of("import.new", new), theme.text()),
        space(gap),
        span(of("import.exists", exist), style(exist)),
        space(gap),
        span(of("import.malformed", malformed), style(malformed)),
    ];
    if model.apps.are_several() {
        let app = say!(language, "import.app", app = import.file.app);
        spans.extend([space(gap), span(app, theme.accent())]);
    }
    spans
}

fn line(model: &Model, import: &Import, line: &ImportLine, room: usize) -> Line<'static> {
    let (language, theme) = (model.language, model.theme);
    let (sign, key, style) = match &line.state {
        LineState::New => ("+", "import.new", theme.dim()),
        LineState::Exists => ("=", "import.exists", theme.warning()),
        LineState::Malformed(_) => ("✗", "import.malformed", theme.danger()),
    };
    let words = match &line.state {
        LineState::Malformed(reason) => reason::malformed(language, *reason),
        LineState::New | LineState::Exists => line
            .card
            .and_then(|card| import.cards.get(card))
            .map_or_else(String::new, |card| harmless(card.full_code).into_owned()),
    };
    // A code is not cut for the word that its sign says as well.
    if model.is_narrow() || cells(&words) > room.saturating_sub(NUMBER + WORD + 5) {
        let (lead, gap) = if model.is_narrow() { (NUMBER - 2, 1) } else { (NUMBER, 2) };
        let words = cut_middle(&words, room.saturating_sub(lead + gap + 2)).into_owned();
        return Line::from(vec![
            span(pad_left(&number(line.number), lead), theme.dim()),
            space(gap),
            span(sign, style),
            space(1),
            span(words, theme.text()),
        ]);
    }
    let words = cut_middle(&words, room.saturating_sub(NUMBER + WORD + 5)).into_owned();
    Line::from(vec![
        span(pad_left(&number(line.number), NUMBER), theme.dim()),
        space(2),
        span(sign, style),
        space(1),
        span(pad_right(&say!(language, key), WORD), style),
        space(1),
        span(words, theme.text()),
    ])
}
