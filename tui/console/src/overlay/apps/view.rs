//! The apps, and under them everything of the one under the cursor.

use kami_common::cells::{cells, cut_end, cut_middle, harmless, pad_left, pad_right, wrap};
use kami_common::shown::{self, app_label, named_value, whole_moment};
use kami_common::words::{number, say};
use kami_core::app::App;
use kami_core::card::CardStatus;
use kami_core::policy::{Policy, PolicyPart, UnbindBy, WhenFull};
use kami_core::version::Version;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::layout;
use super::state::AppList;
use crate::layout::text::{space, span};
use crate::state::message::Topic;
use crate::state::model::{Link, Model};
use crate::state::theme::Theme;
use crate::view::paint::overlay;

/// The most cells of a name.
const NAME: usize = 20;

/// The cells of how many cards there are, and of a version, with the gap before each.
const CARDS: usize = 14;
const VERSION: usize = 16;

/// From how many cells on a line has the versions.
const ROOM_OF_VERSIONS: usize = 84;

/// The most lines of a notice.
const NOTICE: usize = 3;

/// The list in its frame, and what is said of one app.
pub(super) fn render(model: &Model, list: &AppList, frame: &mut Frame<'_>, screen: Rect) {
    let (language, theme) = (model.language, model.theme);
    overlay(frame, theme, &say!(language, "picker.apps"), layout::size(screen), screen);
    let [lines, detail] = layout::areas(model, screen);
    let room = usize::from(lines.width);
    if !model.apps.are_known() {
        let is_away = model.link != Link::Up || model.notice.as_ref().is_some_and(|said| said.is_of_outage);
        let key = match (model.awaits(Topic::Apps), is_away) {
            (true, _) => "picker.waiting",
            (false, true) => "refusal.away",
            (false, false) => "log.unread",
        };
        frame.buffer_mut().set_string(lines.x + 2, lines.y, say!(language, key), theme.dim());
        return;
    }
    let heads = ["latest", "minimum"].map(|field| app_label(language, field));
    let row = Row {
        lead: [space(2), space(2)],
        name: (app_label(language, "name"), theme.dim()),
        title: (app_label(language, "title"), theme.dim()),
        cards: app_label(language, "cards"),
        versions: heads,
        style: theme.dim(),
    };
    frame.buffer_mut().set_line(lines.x, lines.y - 1, &row.line(model, room), lines.width);
    for (y, index) in (lines.y..lines.bottom()).zip(list.top()..AppList::len(&model.apps)) {
        let is_current = index == list.line();
        let row = row_of(model, AppList::app_in(&model.apps, index), is_current);
        frame.buffer_mut().set_line(lines.x, y, &row.line(model, room), lines.width);
        if is_current {
            frame.buffer_mut().set_style(Rect { y, height: 1, ..lines }, theme.cursor_row());
        }
    }
    let mut said = match list.current(&model.apps) {
        Some(app) => of_app(model, app, room),
        None => of_all(model, room),
    };
    let height = usize::from(detail.height);
    if said.len() > height {
        said.truncate(height.saturating_sub(1));
        said.push(Line::from(span("…", theme.dim())));
    }
    for (y, line) in (detail.y..detail.bottom()).zip(said) {
        frame.buffer_mut().set_line(detail.x, y, &line, detail.width);
    }
}

/// A line of the list.
struct Row {
    lead: [Span<'static>; 2],
    name: (String, Style),
    title: (String, Style),
    cards: String,
    versions: [String; 2],
    style: Style,
}

impl Row {
    /// The line in `room` cells: the versions need the room of a wide screen, the title that of one which is not narrow.
    fn line(self, model: &Model, room: usize) -> Line<'static> {
        let versions: &[String] = if room >= ROOM_OF_VERSIONS { &self.versions } else { &[] };
        let left = room.saturating_sub(4 + CARDS + VERSION * versions.len());
        let name = if model.is_narrow() { left } else { NAME.min(left) };
        let title = (left - name).saturating_sub(2);
        let [bar, tick] = self.lead;
        let mut spans = vec![bar, tick, span(pad_right(&cut_middle(&self.name.0, name), name), self.name.1)];
        if title > 0 {
            spans.extend([space(2), span(pad_right(&cut_end(&self.title.0, title), title), self.title.1)]);
        }
        spans.push(span(pad_left(&self.cards, CARDS), self.style));
        spans.extend(versions.iter().map(|version| {
            let version = cut_end(version, VERSION - 2);
            span(pad_left(&version, VERSION), self.style)
        }));
        Line::from(spans)
    }
}

fn row_of(model: &Model, app: Option<&App>, is_current: bool) -> Row {
    let (language, theme) = (model.language, model.theme);
    let is_looked_at = model.cards.query.app() == app.map(|app| app.name.clone());
    let lead = [
        if is_current { span("▌ ", theme.accent()) } else { space(2) },
        if is_looked_at { span("✓ ", theme.accent()) } else { space(2) },
    ];
    let cards = match app {
        Some(app) => model.apps.total_of(&app.name),
        None => model.apps.total(),
    };
    let cards = cards.map_or_else(|| "…".to_owned(), number);
    let Some(app) = app else {
        let name = (say!(language, "picker.all_apps"), theme.text());
        let title = (String::new(), theme.dim());
        return Row { lead, name, title, cards, versions: Default::default(), style: theme.text() };
    };
    let is_archived = app.is_archived;
    let style = if is_archived { theme.dim() } else { theme.text() };
    let title = if is_archived { app_label(language, "archived") } else { harmless(&app.title).into_owned() };
    let version = |version: &Option<Version>| version.as_ref().map_or(String::new(), ToString::to_string);
    Row {
        lead,
        name: (app.name.to_string(), style),
        title: (title, theme.dim()),
        cards,
        versions: [version(&app.latest), version(&app.minimum)],
        style,
    }
}

/// What is said of all apps together.
fn of_all(model: &Model, room: usize) -> Vec<Line<'static>> {
    let (language, theme) = (model.language, model.theme);
    let about = say!(language, "app.about");
    let mut lines: Vec<_> =
        wrap(&about, room).into_iter().map(|it| Line::from(span(it, theme.dim()))).collect();
    if !model.apps.unreadable().is_empty() {
        let names = model.apps.unreadable().join(&say!(language, "language.comma"));
        let words = say!(language, "app.unreadable", names = harmless(&names));
        lines.extend(wrap(&words, room).into_iter().map(|it| Line::from(span(it, theme.warning()))));
    }
    lines
}

/// Everything of an app.
fn of_app(model: &Model, app: &App, room: usize) -> Vec<Line<'static>> {
    let (language, theme) = (model.language, model.theme);
    let or_none = |text: Option<&str>| shown::text(text.filter(|text| !text.is_empty()));
    let mut facts = vec![
        (app_label(language, "title"), or_none(Some(&app.title)), 1),
        (app_label(language, "latest"), or_none(app.latest.as_ref().map(Version::as_str)), 1),
        (app_label(language, "minimum"), minimum(model, app), 2),
        (app_label(language, "url"), or_none(app.url.as_deref()), 2),
        (app_label(language, "notice"), or_none(app.notice.as_deref()), NOTICE),
    ];
    facts.extend(policy(model, app).map(|(label, value)| (label, value, 1)));
    facts.push((app_label(language, "created"), whole_moment(model.zone, app.created_at), 1));
    facts.extend(app.values.iter().map(|each| {
        let (name, value) = named_value(language, &each.name, &each.value, each.is_public);
        (name, value, 1)
    }));
    let label_width = facts.iter().map(|(label, ..)| cells(label)).max().unwrap_or(0).min(room / 2) + 2;
    let mut lines = vec![counts(model, app)];
    for (label, value, most) in facts {
        let mut label = pad_right(&cut_end(&label, label_width - 2), label_width);
        let width = room.saturating_sub(label_width);
        let mut parts = wrap(&value, width);
        if parts.len() > most {
            parts.truncate(most);
            if let Some(last) = parts.last_mut() {
                *last = cut_end(&format!("{last} …"), width).into_owned();
            }
        }
        for part in parts {
            let style = if part == shown::NONE { theme.dim() } else { theme.text() };
            lines.push(Line::from(vec![span(label, theme.dim()), span(part, style)]));
            label = " ".repeat(label_width);
        }
    }
    lines
}

/// Where the app gives seats, or lets customers try and unbind, otherwise than as usual.
fn policy(model: &Model, app: &App) -> impl Iterator<Item = (String, String)> {
    let language = model.language;
    let Policy { lease, when_full, unbind, offline, .. } = Policy::of(&app.policy, &PolicyPart::default());
    let when_full = Some(when_full).filter(|rule| *rule != WhenFull::default());
    let by = Some(unbind.by).filter(|by| *by != UnbindBy::default());
    let said = [
        ("lease", lease.map(|lease| shown::lease(language, Some(lease)))),
        ("when_full", when_full.map(|rule| shown::when_full(language, rule))),
        ("trial", app.policy.trial.map(|trial| shown::trial(language, Some(trial)))),
        ("unbind", by.map(|by| shown::unbind_by(language, by))),
        ("unbind_cooldown", unbind.told_wait().map(|_| shown::unbind_cooldown(language, unbind))),
        ("unbind_limit", unbind.limit.map(|limit| shown::unbind_limit(language, Some(limit)))),
        ("unbind_cost", unbind.cost.map(|cost| shown::unbind_cost(language, Some(cost)))),
        ("offline", offline.map(|length| shown::offline(language, Some(length)))),
    ];
    said.into_iter().filter_map(move |(field, value)| Some((app_label(language, field), value?)))
}

/// The lowest version that is let in, and what that means.
fn minimum(model: &Model, app: &App) -> String {
    app.minimum.as_ref().map_or_else(
        || shown::NONE.to_owned(),
        |minimum| say!(model.language, "app.refuses", version = minimum),
    )
}

/// The name of an app and how many cards it has of each status.
fn counts(model: &Model, app: &App) -> Line<'static> {
    let (language, theme) = (model.language, model.theme);
    let mut spans = vec![span(app.name.to_string(), theme.strong())];
    if app.is_archived {
        spans.extend([space(2), span(app_label(language, "archived"), theme.warning())]);
    }
    if let Some(counts) = model.apps.counts_of(&app.name) {
        for status in CardStatus::ALL {
            spans.extend([
                space(3),
                span(Theme::sign(status), theme.status(status)),
                span(format!(" {}", number(counts.of(status))), theme.text()),
            ]);
            if !model.is_narrow() {
                let word = shown::status(language, status);
                spans.push(span(format!(" {word}"), theme.status(status)));
            }
        }
    }
    Line::from(spans)
}
