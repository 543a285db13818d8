//! What is looked for, which filters hold, and where in how many cards we are.

use kami_common::cells::{cells, cut_middle, harmless};
use kami_common::period::Side;
use kami_common::shown;
use kami_common::words::{number, say, sort_key};
use kami_core::filter::{Capped, Direction, Sort};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::layout::text::{space, span};
use crate::state::message::Topic;
use crate::state::model::Model;
use crate::state::query::Chip;
use crate::state::theme::Theme;

/// The most cells of a search that is not being typed.
const SEARCH_WIDTH: usize = 24;

/// The fewest cells of a search that is being typed.
const LEAST_TYPED: u16 = 16;

/// The cells behind a chip.
const GAP: u16 = 3;

/// The chip in a column.
pub(crate) fn at(model: &Model, area: Rect, column: u16) -> Option<Chip> {
    let pieces = layout(model, area, right_width(&right(model, area))).pieces;
    let mut chips = pieces.into_iter().filter_map(|(x, chip, line)| Some((x, chip?, line)));
    chips
        .find(|(x, _, line)| (*x..*x + width(line).saturating_sub(GAP)).contains(&column))
        .map(|(_, chip, _)| chip)
}

fn width(line: &Line<'_>) -> u16 {
    u16::try_from(line.width()).unwrap_or(u16::MAX)
}

/// As much of the place at the right, from its end, as leaves room to type.
pub(crate) fn right(model: &Model, area: Rect) -> Line<'static> {
    let mut spans = place(model);
    let room = usize::from(area.width.saturating_sub(LEAST_TYPED + 4));
    while model.cards.searching && spans.iter().map(Span::width).sum::<usize>() > room {
        spans.remove(0);
    }
    Line::from(spans)
}

pub(crate) fn right_width(right: &Line<'_>) -> u16 {
    u16::try_from(right.width()).unwrap_or(0)
}

/// The left part of the line: its pieces, each with its column and the chip that it is, and the field while one types.
pub(crate) struct Layout {
    pub(crate) pieces: Vec<(u16, Option<Chip>, Line<'static>)>,
    pub(crate) typed: Option<Rect>,
}

pub(crate) fn layout(model: &Model, area: Rect, right_width: u16) -> Layout {
    let (language, theme, query) = (model.language, model.theme, &model.cards.query);
    let mut x = area.x + 1;
    let end = area.right().saturating_sub(right_width + 2);
    let mut pieces = Vec::new();
    let mut typed = None;
    let mut put = |x: &mut u16, chip: Option<Chip>, spans: Vec<Span<'static>>| {
        let line = Line::from(spans);
        let width = width(&line);
        let fits = x.saturating_add(width) <= end;
        if fits {
            pieces.push((*x, chip, line));
            *x += width;
        }
        fits
    };
    let gap = || space(usize::from(GAP));
    let is_idle = !model.cards.searching && query.text.value().is_empty();
    let slash = if is_idle { theme.dim() } else { theme.accent() };
    put(&mut x, None, vec![span("/", slash), space(1)]);
    let kind = span(say!(language, query.search_in.key()), theme.dim());
    if model.cards.searching {
        let room = usize::from(end.saturating_sub(x)).saturating_sub(kind.width() + 3);
        let width = u16::try_from(room.clamp(8, 40)).unwrap_or(8);
        typed = Some(Rect { x, y: area.y, width, height: 1 });
        let text = u16::try_from(cells(&harmless(query.text.value())) + 1).unwrap_or(width);
        x += text.max(8).min(width) + 2;
        put(&mut x, None, vec![kind, gap()]);
    } else if is_idle {
        put(&mut x, None, vec![span(say!(language, "filter.hint"), theme.dim()), gap()]);
    } else {
        let text = cut_middle(&harmless(query.text.value()), SEARCH_WIDTH).into_owned();
        put(&mut x, None, vec![span(text, theme.strong()), space(2), kind, gap()]);
    }
    for chip in query.chips() {
        let spans = vec![chip_words(model, chip), span(" ✕", theme.dim()), gap()];
        if !put(&mut x, Some(chip), spans) {
            put(&mut x, None, vec![span("…", theme.dim())]);
            break;
        }
    }
    Layout { pieces, typed }
}

fn chip_words(model: &Model, chip: Chip) -> Span<'static> {
    let (language, theme) = (model.language, model.theme);
    match chip {
        Chip::App => {
            let app = model.cards.query.filter.app.as_deref().unwrap_or_default();
            span(say!(language, "chip.app", app = cut_middle(&harmless(app), 16)), theme.text())
        }
        Chip::Status(status) => {
            let words = format!("{} {}", Theme::sign(status), shown::status(language, status));
            span(words, theme.status(status))
        }
        Chip::Prefix => {
            let prefix = model.cards.query.filter.prefix.as_deref().unwrap_or_default();
            let words = match prefix {
                "" => shown::prefix(language, prefix),
                prefix => say!(language, "chip.prefix", prefix = cut_middle(&harmless(prefix), 16)),
            };
            span(words, theme.text())
        }
        Chip::Batch(id) => span(say!(language, "chip.batch", id = id), theme.text()),
        Chip::Created(period) => {
            span(say!(language, "chip.created", range = period.words(language, Side::Past)), theme.text())
        }
        Chip::Used(period) => {
            span(say!(language, "chip.used", range = period.words(language, Side::Past)), theme.text())
        }
        Chip::Expiring(period) => {
            span(say!(language, "chip.expiring", range = period.words(language, Side::Future)), theme.text())
        }
        Chip::Shared => span(say!(language, "chip.shared"), theme.warning()),
        Chip::Copied => span(say!(language, "chip.copied"), theme.warning()),
    }
}

/// The place of the cursor, the number of cards, the order, and how far a search has come.
fn place(model: &Model) -> Vec<Span<'static>> {
    let (language, theme, cards) = (model.language, model.theme, &model.cards);
    let mut spans = Vec::new();
    if model.is_waiting_long() && cards.progress.is_none() {
        spans.extend([span(spinner(model), theme.accent()), space(1)]);
    }
    let marked = cards.marks.count();
    if marked > 0 {
        spans.push(span(say!(language, "filter.marked", n = number(marked)), theme.accent()));
        spans.push(span(" · ", theme.faint()));
    }
    if let Some(progress) = cards.progress.as_ref().filter(|progress| progress.next.is_some()) {
        let key = if model.awaits(Topic::Rows) { "filter.searching" } else { "filter.paused" };
        let searching = say!(language, key, percent = progress.percent());
        spans.extend([span(searching, theme.accent()), span(" · ", theme.faint())]);
    }
    let total = match cards.total {
        Some(Capped::Exactly(total)) => Some(number(total)),
        Some(Capped::MoreThan(total)) => Some(format!("{}+", number(total))),
        None => cards.progress.as_ref().map(|_| format!("{}+", number(cards.rows.len() as u64))),
    };
    if cards.is_fresh
        && let Some(total) = total
    {
        let words = match cards.place() {
            Some(place) => say!(language, "filter.place", place = number(place), total = total),
            None => say!(language, "filter.total", total = total),
        };
        spans.extend([span(words, theme.text()), span(" · ", theme.faint())]);
    }
    let arrow = if cards.sort.direction == Direction::Ascending { "↑" } else { "↓" };
    let order = say!(language, sort_key(cards.sort.by));
    spans.push(span(format!("{arrow} {order}"), theme.dim()));
    let wanted = cards.query.sort;
    if cards.is_fresh && wanted.by != cards.sort.by && wanted != Sort::NEWEST {
        let instead = say!(language, "order.instead", wanted = say!(language, sort_key(wanted.by)));
        spans.push(span(instead, theme.accent()));
    }
    spans
}

/// A small wheel that turns with the clock.
fn spinner(model: &Model) -> &'static str {
    let step = model.now.timestamp_subsec_millis() / 125;
    ["⠋", "⠙", "⠸", "⠴", "⠦", "⠇", "⠋", "⠙"][usize::try_from(step).unwrap_or(0) % 8]
}
