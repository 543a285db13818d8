//! The statistics: charts of what happens over time, the busiest prefixes, and the cards that expire next.
//!
//! ```text
//! Statistics                                                    <1m ago
//! activated, by the hour          activated, by the day
//! generated, by the hour          generated, by the day
//! expiring, by the hour           expiring, by the day
//! PREFIX   UNUSED   USED ↓ …      EXPIRING NEXT                   LEFT
//! ```

use kami_common::cells::{cells, cut_end, cut_middle, harmless, pad_left, pad_right};
use kami_common::shown::{self, moment, span as time_span};
use kami_common::words::{counted, number, say};
use kami_core::card::CardStatus;
use kami_core::record::CardRecord;
use kami_store::{PrefixStock, Sharing};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::{Clear, Widget as _};

use super::chart;
use crate::layout::areas::areas;
use crate::layout::text::{space, span};
use crate::state::message::Topic;
use crate::state::model::{Link, Model};
use crate::state::statistics::{STOCK_DAYS, Statistics};
use crate::view::bar;
use crate::view::paint::{app_name, two_sides};

/// From how many columns on the three events stand side by side, each with its days under its hours.
const BESIDE_EACH_OTHER: u16 = 160;

/// From how many columns on the lists say more.
const WIDE: u16 = 110;

/// The fewest rows of a chart; those that find no room below each other are left out.
const LEAST_CHART: u16 = 3;

/// Below how many columns a prefix needs the room of how many of its cards were activated.
const NARROW: u16 = 76;

/// The cells of the columns of stocks, on a screen of such a width: unused, activated, and for how many days.
pub(crate) const NARROW_HEADS: [usize; 3] = [8, 11, 7];

/// A stock that lasts for fewer days than this is shown as a warning.
const SHORT_STOCK: f64 = 7.0;

/// The statistics in place of the table.
pub(super) fn render(model: &Model, frame: &mut Frame<'_>, screen: Rect) {
    let [.., filter, _, body, _, _] = areas(screen);
    let area = Rect { y: filter.y, height: body.bottom() - filter.y, ..body };
    let (language, theme) = (model.language, model.theme);
    Clear.render(area, frame.buffer_mut());
    let is_high = area.height >= 30;
    let head_height = if is_high { 2 } else { 1 };
    let [head, body] = Layout::vertical([Constraint::Length(head_height), Constraint::Fill(1)]).areas(area);
    let mut title = Line::from(vec![space(1), span(say!(language, "statistics.title"), theme.strong())]);
    if let Some(app) = model.cards.query.app() {
        title.extend([span(" · ", theme.faint()), app_name(model, &app)]);
    }
    let nothing = Statistics::default();
    let statistics = model.statistics.as_ref().unwrap_or(&nothing);
    if let Some(Sharing { shared: shared @ 1.., .. }) = statistics.sharing {
        let shared = counted(language, "statistics.shared", shared);
        title.extend([span(" · ", theme.faint()), span(shared, theme.warning())]);
    }
    if let Some(copied @ 1..) = statistics.copied {
        let copied = counted(language, "statistics.copied", copied);
        title.extend([span(" · ", theme.faint()), span(copied, theme.warning())]);
    }
    let state = match &statistics.stock {
        Some(stock) if !model.awaits(Topic::Statistics) => {
            let age = (model.server_now() - stock.taken_at).num_seconds().max(0).unsigned_abs();
            say!(language, "counts.age", age = time_span(language, age))
        }
        _ if model.awaits(Topic::Statistics) || model.link != Link::Up => {
            say!(language, "statistics.counting")
        }
        _ => say!(language, "statistics.uncounted"),
    };
    two_sides(frame, head, &title, &Line::from(vec![span(state, theme.dim()), space(1)]));
    let (columns, rows) = if area.width >= BESIDE_EACH_OTHER { (3, 2) } else { (2, 3) };
    let is_phone = model.is_narrow();
    let lists = if is_high { 9 } else { 6 };
    let height = (body.height.saturating_sub(lists) / rows).clamp(LEAST_CHART, 14);
    let [charts, lists] =
        Layout::vertical([Constraint::Length(height * rows), Constraint::Fill(1)]).areas(body);
    // A column for each event, or one of hours and one of days, in which every bar has the same room.
    let edges = match (columns, area.width >= WIDE) {
        // A narrow screen has the hours alone.
        _ if is_phone => [0, area.width, area.width, area.width],
        (3, _) => [0, area.width / 3, area.width * 2 / 3, area.width],
        (_, true) => [0, area.width * 9 / 20, area.width, area.width],
        (_, false) => [0, area.width / 2, area.width, area.width],
    };
    for (index, each) in statistics.charts.iter().enumerate() {
        let (column, row) = if columns == 3 { (index / 2, index % 2) } else { (index % 2, index / 2) };
        let (left, right) = (edges[column], edges[column + 1]);
        let y = charts.y + u16::try_from(row).unwrap_or(0) * height;
        let area = Rect { x: charts.x + left, y, width: right - left, height };
        let has_room = area.bottom() <= charts.bottom() && (column == 0 || !is_phone);
        if has_room {
            chart::render(model, each, frame, area);
        }
    }
    let lists = if is_high {
        lists
    } else {
        Rect { y: lists.y + 1, height: lists.height.saturating_sub(1), ..lists }
    };
    let middle = if columns == 3 { area.width / 2 } else { edges[1] };
    let [stock, next] = if is_phone {
        Layout::vertical([Constraint::Fill(1), Constraint::Fill(1)]).areas(lists)
    } else {
        Layout::horizontal([Constraint::Length(middle), Constraint::Fill(1)]).areas(lists)
    };
    if statistics.stock.is_some() {
        prefixes(model, statistics, frame, stock);
    }
    if !statistics.charts.is_empty() {
        expiring_next(model, &statistics.expiring_next, frame, next);
    }
}

/// What stands under the heads of a list that has no rows.
fn instead_of_rows(model: &Model, words: &str, frame: &mut Frame<'_>, area: Rect) {
    if area.height > 1 {
        let room = usize::from(area.width.saturating_sub(2));
        frame.buffer_mut().set_stringn(area.x + 1, area.y + 1, cut_end(words, room), room, model.theme.dim());
    }
}

/// How much is left of each prefix and for how long, the busiest first.
fn prefixes(model: &Model, statistics: &Statistics, frame: &mut Frame<'_>, area: Rect) {
    if area.is_empty() {
        return;
    }
    let (language, theme) = (model.language, model.theme);
    let is_wide = model.size.0 >= WIDE;
    let widths = match model.size.0 {
        WIDE.. => [10, 13, 9],
        NARROW.. => NARROW_HEADS,
        _ => [8, 0, 7],
    };
    let room = usize::from(area.width).saturating_sub(4 + widths.iter().sum::<usize>());
    let name = room.min(24);
    let [unused, sold, lasting] = widths;
    let heads = ["statistics.unused", "statistics.sold", "statistics.lasts"].map(|key| say!(language, key));
    let heads = heads.iter().zip(widths).filter(|(_, width)| *width > 0);
    let heads: String = heads.map(|(head, width)| pad_left(head, width)).collect();
    let head = format!(" {}{heads}", pad_right(&say!(language, "statistics.prefix"), name));
    frame.buffer_mut().set_stringn(area.x, area.y, head, usize::from(area.width), theme.dim());
    let busiest = statistics.busiest();
    if busiest.is_empty() {
        instead_of_rows(model, &say!(language, "statistics.no_stock"), frame, area);
    }
    let most = busiest.first().map_or(0, |prefix| prefix.activated);
    let ys = area.y + 1..area.bottom();
    for (y, prefix) in ys.zip(busiest) {
        let (lasts, style) = lasts(model, prefix);
        let mut line = vec![
            space(1),
            span(
                pad_right(
                    &cut_middle(&shown::prefix(language, &prefix.prefix), name.saturating_sub(1)),
                    name,
                ),
                theme.text(),
            ),
            span(pad_left(&number(prefix.unused), unused), theme.text()),
        ];
        if sold > 0 {
            line.push(span(pad_left(&number(prefix.activated), sold), theme.text()));
        }
        line.push(span(pad_left(&lasts, lasting), style));
        if is_wide && most > 0 {
            let active = theme.status(CardStatus::Active);
            line.extend([space(3), span(bar::thin(prefix.activated, most, room - name), active)]);
        }
        frame.buffer_mut().set_line(area.x, y, &Line::from(line), area.width);
    }
}

/// For how long a stock lasts; a short one is a warning.
fn lasts(model: &Model, prefix: &PrefixStock) -> (String, Style) {
    let Some(days) = prefix.days_left(STOCK_DAYS) else { return (shown::NONE.to_owned(), model.theme.dim()) };
    let style = if days < SHORT_STOCK { model.theme.warning() } else { model.theme.text() };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of days")]
    let days = days.min(9_999.0) as u64;
    (say!(model.language, "statistics.days", n = number(days)), style)
}

/// The cards that expire next, the soonest first.
fn expiring_next(model: &Model, cards: &[CardRecord], frame: &mut Frame<'_>, area: Rect) {
    if area.is_empty() {
        return;
    }
    let (language, theme) = (model.language, model.theme);
    let longest = cards.iter().map(|card| cells(&harmless(&card.full_code)) + 1).max().unwrap_or(0).max(40);
    let room = usize::from(area.width).saturating_sub(3);
    // A code is not cut for the moment that says what stands beside it already.
    let is_wide = model.size.0 >= WIDE && (longest <= 40 || longest + 28 <= room);
    let (lasts, at) = if is_wide { (10, 18) } else { (9, 0) };
    let name = room.saturating_sub(lasts + at).min(longest);
    let row = |code: &str, left: &str, expires: &str| {
        let expires = if is_wide { pad_right(&format!("   {expires}"), at) } else { String::new() };
        (pad_right(code, name), format!("{}{expires}", pad_left(left, lasts)))
    };
    let heads = ["statistics.next", "statistics.left", "statistics.at"].map(|key| say!(language, key));
    let (code, rest) = row(&heads[0], &heads[1], &heads[2]);
    let head = Line::from(vec![space(1), span(code + &rest, theme.dim())]);
    frame.buffer_mut().set_line(area.x, area.y, &head, area.width);
    if cards.is_empty() {
        instead_of_rows(model, &say!(language, "statistics.none_next"), frame, area);
    }
    let still_active =
        cards.iter().filter_map(|card| Some((card, shown::left(model.language, card, model.server_now())?)));
    for (y, (card, left)) in (area.y + 1..area.bottom()).zip(still_active) {
        let expires =
            card.expire_at.map(|at| moment(language, model.zone, model.server_now(), at)).unwrap_or_default();
        let code = cut_middle(&harmless(&card.full_code), name.saturating_sub(1)).into_owned();
        let (code, rest) = row(&code, &left, &expires);
        let line = Line::from(vec![space(1), span(code, theme.text()), span(rest, theme.dim())]);
        frame.buffer_mut().set_line(area.x, y, &line, area.width);
    }
}
