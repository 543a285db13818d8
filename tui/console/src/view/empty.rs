//! A table without rows: it says why, and what to do.

use kami_common::cells::{cells, harmless, wrap};
use kami_common::words::say;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use crate::input::act::Act;
use crate::layout::text::span;
use crate::state::model::{Link, Model};
use crate::state::refusal::refusal;
use crate::state::unready::Unready;

/// The words in the middle of an empty table.
pub(crate) fn render(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let (language, theme, cards) = (model.language, model.theme, &model.cards);
    let lines: Vec<(String, Style)> = match &model.link {
        Link::Away { reason, retry_at, tries } => {
            let seconds = (*retry_at - model.now).num_seconds().max(0);
            let again = if *tries > 1 {
                say!(language, "away.retry_again", seconds = seconds, tries = tries)
            } else {
                say!(language, "away.retry", seconds = seconds)
            };
            vec![
                (say!(language, "away.title"), theme.danger()),
                (harmless(reason).into_owned(), theme.dim()),
                (String::new(), theme.text()),
                (again, theme.text()),
            ]
        }
        Link::Unready { what, .. } => unready(model, what),
        Link::Migrating { since } => {
            let seconds = (model.now - *since).num_seconds().max(0);
            vec![
                (say!(language, "unready.migrating", seconds = seconds), theme.text()),
                (say!(language, "unready.leaving"), theme.dim()),
            ]
        }
        Link::Connecting => vec![(say!(language, "empty.connecting"), theme.dim())],
        Link::Up if !cards.is_fresh && cards.progress.is_none() => Vec::new(),
        Link::Up if !cards.is_fresh => vec![(say!(language, "empty.searching"), theme.dim())],
        Link::Up if cards.query.is_filtered() => vec![
            (say!(language, "empty.no_match"), theme.text()),
            (say!(language, "empty.no_match_help"), theme.dim()),
        ],
        Link::Up => vec![
            (say!(language, "empty.no_cards"), theme.text()),
            (say!(language, "empty.no_cards_help"), theme.dim()),
        ],
    };
    let room = usize::from(area.width).saturating_sub(8);
    let lines: Vec<(String, Style)> = lines
        .into_iter()
        .flat_map(|(words, style)| wrap(&words, room).into_iter().map(move |line| (line, style)))
        .collect();
    let height = u16::try_from(lines.len()).unwrap_or(0).min(area.height);
    let top = area.y + (area.height - height) * 2 / 5;
    for (y, (words, style)) in (top..area.bottom()).zip(lines) {
        let width = u16::try_from(cells(&words)).unwrap_or(area.width).min(area.width);
        let x = area.x + (area.width - width) / 2;
        frame.buffer_mut().set_line(x, y, &Line::from(span(words, style)), width);
    }
}

/// What the database lacks, and how it gets it.
fn unready(model: &Model, what: &Unready) -> Vec<(String, Style)> {
    let (language, theme) = (model.language, model.theme);
    let title = (what.title(language, &model.location.database), theme.warning());
    let details = what.details(language).into_iter().map(|line| (line, theme.dim()));
    let next = match refusal(model, Act::Migrate) {
        None if what.is_new() => say!(language, "unready.offer_new"),
        None => say!(language, "unready.offer"),
        Some(reason) => reason,
    };
    let gap = (String::new(), theme.text());
    [title].into_iter().chain(details).chain([gap, (next, theme.text())]).collect()
}
