//! The presets, and under them everything of the one under the cursor.

use kami_common::cells::{cells, cut_end, cut_middle, harmless, pad_left, pad_right, wrap};
use kami_common::shown::{self, PresetField};
use kami_common::words::{number, say};
use kami_core::preset::Preset;
use kami_core::property::Property;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::layout;
use super::state::PresetList;
use crate::layout::text::{space, span};
use crate::state::message::Topic;
use crate::state::model::{Link, Model};
use crate::view::paint::overlay;

/// The most cells of a name, and of an app.
const NAME: usize = 20;
const APP: usize = 14;

/// The cells of how many cards there are, with the gap before.
const COUNT: usize = 12;

/// From how many cells on a line has how many cards there are.
const ROOM_OF_COUNTS: usize = 84;

/// The list in its frame, and what is said of one preset.
pub(super) fn render(model: &Model, list: &PresetList, frame: &mut Frame<'_>, screen: Rect) {
    let (language, theme) = (model.language, model.theme);
    let title = match &list.app {
        Some(app) => say!(language, "picker.presets_of", app = app),
        None => say!(language, "picker.presets"),
    };
    overlay(frame, theme, &title, layout::size(screen), screen);
    let [lines, detail] = layout::areas(model, list, screen);
    let room = usize::from(lines.width);
    let presets = list.presets(&model.presets);
    if !model.presets.are_known() {
        let is_away = model.link != Link::Up || model.notice.as_ref().is_some_and(|said| said.is_of_outage);
        let key = match (model.awaits(Topic::Presets), is_away) {
            (true, _) => "picker.waiting",
            (false, true) => "refusal.away",
            (false, false) => "log.unread",
        };
        frame.buffer_mut().set_string(lines.x + 2, lines.y, say!(language, key), theme.dim());
        return;
    }
    let is_counted =
        room >= ROOM_OF_COUNTS && presets.iter().any(|preset| model.presets.counts_of(preset).is_some());
    let tells_apps = list.app.is_none() && model.apps.are_several();
    if !presets.is_empty() {
        let heads = [
            shown::label(language, Property::App),
            say!(language, "preset.name"),
            say!(language, "preset.cards"),
        ];
        let counted = ["unused", "sold"].map(|key| say!(language, format!("command.stats.{key}")));
        let counted = is_counted.then_some(counted);
        let head = row(space(2), heads, counted, tells_apps, room, model.theme.dim());
        frame.buffer_mut().set_line(lines.x, lines.y - 1, &head, lines.width);
    }
    for (y, (index, preset)) in (lines.y..lines.bottom()).zip(presets.iter().enumerate().skip(list.top())) {
        let is_current = index == list.line();
        let bar = if is_current { span("▌ ", theme.accent()) } else { space(2) };
        let cells = [preset.app.to_string(), preset.name.to_string(), summary(model, preset)];
        let counts = model.presets.counts_of(preset);
        let counted =
            is_counted.then(|| counts.map(|of| [of.counts.unused, of.sold].map(number)).unwrap_or_default());
        let line = row(bar, cells, counted, tells_apps, room, theme.text());
        frame.buffer_mut().set_line(lines.x, y, &line, lines.width);
        if is_current {
            frame.buffer_mut().set_style(Rect { y, height: 1, ..lines }, theme.cursor_row());
        }
    }
    let mut said = list.current(&model.presets).map_or_else(Vec::new, |preset| facts(model, preset, room));
    said.extend(about(model, presets.is_empty(), room));
    let from = if presets.is_empty() { lines.y } else { detail.y };
    for (y, line) in (from..detail.bottom()).zip(said) {
        frame.buffer_mut().set_line(detail.x, y, &line, detail.width);
    }
}

/// A line of the list: the app where that is told, the name, what its cards are, and how many are unused and sold where that is
/// told.
fn row(
    lead: Span<'static>,
    [app, name, what]: [String; 3],
    counted: Option<[String; 2]>,
    tells_apps: bool,
    room: usize,
    style: ratatui::style::Style,
) -> Line<'static> {
    let narrow = room < 2 * (NAME + APP);
    let (name_room, app_room) = if narrow { (NAME / 2, APP / 2) } else { (NAME, APP) };
    let mut spans = vec![lead];
    if tells_apps {
        spans.extend([span(pad_right(&cut_middle(&app, app_room), app_room), style), space(2)]);
    }
    spans.extend([span(pad_right(&cut_middle(&name, name_room), name_room), style), space(2)]);
    let of_counts = if counted.is_some() { 2 * COUNT } else { 0 };
    let left = room.saturating_sub(spans.iter().map(Span::width).sum::<usize>() + of_counts);
    spans.push(span(pad_right(&cut_end(&what, left), left), style));
    spans.extend(counted.into_iter().flatten().map(|count| span(pad_left(&count, COUNT), style)));
    Line::from(spans)
}

/// What the cards of a preset are and cost, in few words.
fn summary(model: &Model, preset: &Preset) -> String {
    let short = [PresetField::Price, PresetField::Prefix, PresetField::Duration];
    let said = short.into_iter().filter_map(|field| field.of(model.language, model.zone, preset));
    let points = preset.points.map(|points| shown::points(model.language, points.get()));
    said.chain(points).collect::<Vec<_>>().join(" · ")
}

/// How many cards a preset has, and what those that were sold are worth, each with its label; nothing before they are counted.
fn counts(model: &Model, preset: &Preset) -> Vec<(String, String)> {
    let language = model.language;
    let label = |name: &str| say!(language, format!("command.stats.{name}"));
    let Some(of) = model.presets.counts_of(preset) else { return Vec::new() };
    let burnt = (of.burnt > 0).then_some(("burnt", of.burnt));
    let parts = [("unused", of.counts.unused), ("in_use", of.counts.active), ("over", of.counts.expired)];
    let parts =
        parts.into_iter().chain(burnt).map(|(name, count)| format!("{} {}", label(name), number(count)));
    let cards: Vec<String> = std::iter::once(number(of.counts.total())).chain(parts).collect();
    let sold = [number(of.sold)].into_iter().chain(shown::worth(language, &of)).collect::<Vec<_>>();
    vec![(label("cards"), cards.join(" · ")), (label("sold"), sold.join(" · "))]
}

/// Everything of a preset.
fn facts(model: &Model, preset: &Preset, room: usize) -> Vec<Line<'static>> {
    let (language, theme) = (model.language, model.theme);
    let fields = PresetField::ALL
        .into_iter()
        .filter_map(|field| Some((field.label(language), field.of(language, model.zone, preset)?)));
    let facts: Vec<(String, String)> = counts(model, preset).into_iter().chain(fields).collect();
    let label_width = facts.iter().map(|(label, _)| cells(label)).max().unwrap_or(0).min(room / 2) + 2;
    let name = Line::from(span(format!("{}/{}", preset.app, preset.name), theme.strong()));
    let facts = facts.into_iter().flat_map(|(label, value)| {
        let label = cut_end(&label, label_width - 2).into_owned();
        let values = wrap(&value, room.saturating_sub(label_width)).into_iter().enumerate();
        values.map(move |(index, value)| {
            let label = pad_right(if index == 0 { &label } else { "" }, label_width);
            Line::from(vec![span(label, theme.dim()), span(value, theme.text())])
        })
    });
    std::iter::once(name).chain(facts).collect()
}

/// What presets are for where there is none, and which could not be understood.
fn about(model: &Model, are_none: bool, room: usize) -> Vec<Line<'static>> {
    let (language, theme) = (model.language, model.theme);
    let about = are_none.then(|| (say!(language, "preset.about"), theme.dim()));
    let unreadable = model.presets.unreadable();
    let names = unreadable.join(&say!(language, "language.comma"));
    let unreadable = (!unreadable.is_empty())
        .then(|| (say!(language, "app.unreadable", names = harmless(&names)), theme.warning()));
    let texts = about.into_iter().chain(unreadable);
    texts
        .flat_map(|(text, style)| {
            wrap(&text, room).into_iter().map(move |line| Line::from(span(line, style)))
        })
        .collect()
}
