//! A form: its fields with what is wrong beside each, and what it will do before it is done.

use kami_common::cells::{cells, cut_end, cut_middle, harmless, pad_right, wrap};
use kami_common::odds::Odds;
use kami_common::period::{self, Period, Side};
use kami_common::shown::{self, duration};
use kami_common::words::{counted, number, say};
use kami_core::block::BlockKey;
use kami_core::card::CardStatus;
use kami_core::edit::renamed;
use kami_core::property::Property;
use kami_core::record::CardRecord;
use kami_transfer::Format;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use super::state::{ALL_APPS, AS_WRITTEN, Form, FormKind, NO_PRESET, WHOLE};
use crate::layout::frames::overlay_width;
use crate::layout::text::{space, span};
use crate::overlay::form::field::{AppField, BlockInput, Choice, Editor, Field, FieldName, PresetInput};
use crate::state::message::Topic;
use crate::state::model::Model;
use crate::state::order::Target;
use crate::state::theme::Theme;
use crate::view::paint::{input, overlay};

/// The cells of a form with its frame, where the screen has them.
pub(crate) const WIDTH: u16 = 72;

/// A code as it might be drawn: always the same, so that only what is typed makes it change.
const SAMPLE: &str = "7KQ2M9XWTR4HP3NDZC5FAV8EBJ6GSYU2";

/// The form in its frame.
pub(super) fn render(model: &Model, form: &Form, is_top: bool, frame: &mut Frame<'_>, screen: Rect) {
    let theme = model.theme;
    let width = overlay_width(WIDTH, screen);
    let inner_width = usize::from(width.saturating_sub(4));
    let below = below(model, form, inner_width);
    let label_width = form.fields.iter().map(|field| cells(&label(model, field))).max().unwrap_or(0) + 2;
    let problem_room = inner_width.saturating_sub(label_width + 2);
    let problem = |field: &Field| form.problem(field.name, model.language);
    let problems: Vec<Vec<String>> = form
        .fields
        .iter()
        .map(|field| problem(field).map_or_else(Vec::new, |words| wrap(&words, problem_room)))
        .collect();
    let height_with = |rows_below: usize| {
        let rows: usize = problems.iter().map(|lines| 1 + lines.len().max(rows_below)).sum();
        u16::try_from(rows + 3 + below.len()).unwrap_or(u16::MAX)
    };
    // On a low screen the fields stand close to each other.
    let is_close = height_with(1).saturating_add(2) > screen.height;
    let rows_below = usize::from(!is_close);
    let title = say!(model.language, form.kind.key());
    let inner = overlay(frame, theme, &title, (width, height_with(rows_below)), screen);
    let mut y = inner.y + u16::from(!is_close);
    // On a screen that is too low for all fields, those above the one in focus make room for it.
    let rows = |fields: usize| problems.iter().take(fields).map(|problem| 1 + problem.len()).sum::<usize>();
    let all = rows(problems.len()) + 1 + below.len();
    // So they do for what the database had against it.
    let wanted = if form.failure.is_some() { all } else { rows(form.focus + 1) };
    let mut rows_above = if is_close { wanted.saturating_sub(inner.height.into()) } else { 0 };
    for (index, (field, problem)) in form.fields.iter().zip(&problems).enumerate() {
        if index < form.focus && rows_above > 0 {
            rows_above = rows_above.saturating_sub(1 + problem.len());
            continue;
        }
        let is_focused = index == form.focus && is_top;
        let row = Rect { y, height: 1, ..inner };
        if y < inner.bottom() {
            render_field(model, form, field, is_focused, label_width, frame, row);
            // What is wrong says more than a hint.
            if is_focused && problem.is_empty() {
                render_hint(model, form, field, label_width, frame, row);
            }
        }
        y += 1;
        let x = inner.x + u16::try_from(label_width).unwrap_or(0) + 2;
        for (y, line) in (y..inner.bottom()).zip(problem) {
            frame.buffer_mut().set_string(x, y, line, theme.warning());
        }
        y += u16::try_from(problem.len().max(rows_below)).unwrap_or(0);
    }
    y += u16::from(is_close);
    for (y, line) in (y..inner.bottom()).zip(below) {
        frame.buffer_mut().set_line(inner.x, y, &line, inner.width);
    }
}

fn label(model: &Model, field: &Field) -> String {
    field.name.label(model.language)
}

fn render_field(
    model: &Model,
    form: &Form,
    field: &Field,
    is_focused: bool,
    label_width: usize,
    frame: &mut Frame<'_>,
    row: Rect,
) {
    let theme = model.theme;
    let is_idle = form.is_idle(field.name);
    let style = if is_focused { theme.accent().add_modifier(Modifier::BOLD) } else { theme.dim() };
    let bar = if is_focused { "▌ " } else { "  " };
    let text = pad_right(&label(model, field), label_width);
    let head = Line::from(vec![span(bar, theme.accent()), span(text, style)]);
    frame.buffer_mut().set_line(row.x, row.y, &head, row.width);
    let x = row.x + u16::try_from(label_width + 2).unwrap_or(0);
    let value = Rect { x, width: row.right().saturating_sub(x), ..row };
    if is_idle {
        frame.buffer_mut().set_string(value.x, value.y, shown::NONE, theme.dim());
        return;
    }
    match &field.editor {
        Editor::Line(line) => {
            underline(frame, value, is_focused, theme);
            input(frame, value, line, selected(theme.text(), field.is_selected && is_focused), is_focused);
        }
        Editor::Choice(choice) => render_choice(model, field, choice, is_focused, frame, value),
    }
}

/// What may be typed, behind what is, where there is room for all of it.
fn render_hint(
    model: &Model,
    form: &Form,
    field: &Field,
    label_width: usize,
    frame: &mut Frame<'_>,
    row: Rect,
) {
    let meant = (field.name == FieldName::Card(Property::ValidUntil)).then(|| until(model, form)).flatten();
    let Some(hint) = meant.or_else(|| field.name.hint(model.language)) else { return };
    let at = label_width + 2 + cells(&harmless(field.value())) + 2;
    if at + cells(&hint) <= usize::from(row.width) {
        let x = row.x + u16::try_from(at).unwrap_or(0);
        frame.buffer_mut().set_string(x, row.y, hint, model.theme.dim());
    }
}

/// Which moment was typed as the last; nothing where none was.
fn until(model: &Model, form: &Form) -> Option<String> {
    let until = form.until().ok().flatten()?;
    let moment = shown::whole_moment(model.zone, until);
    Some(say!(model.language, "field.until", moment = moment, zone = model.zone.name()))
}

/// A quiet line under a field of text, so that it is seen where one may type.
fn underline(frame: &mut Frame<'_>, area: Rect, is_focused: bool, theme: Theme) {
    let ground = if is_focused { theme.cursor_row() } else { Style::new() };
    frame.buffer_mut().set_style(area, ground.remove_modifier(Modifier::BOLD));
}

/// A text that the first character typed replaces is shown as every program shows a selected one.
fn selected(style: Style, is_selected: bool) -> Style {
    if is_selected { style.add_modifier(Modifier::REVERSED) } else { style }
}

fn render_choice(
    model: &Model,
    field: &Field,
    choice: &Choice,
    is_focused: bool,
    frame: &mut Frame<'_>,
    area: Rect,
) {
    let (language, theme, name) = (model.language, model.theme, field.name);
    let mut spans: Vec<Span<'static>> = Vec::new();
    for (index, option) in choice.options.iter().enumerate() {
        let word = option_word(model, name, option);
        let is_chosen = index == choice.chosen && !choice.is_typed();
        if is_chosen {
            let style = if is_focused { theme.accent() } else { theme.text() };
            let style = style.add_modifier(Modifier::BOLD | Modifier::UNDERLINED);
            // The sign is for those who see no colours.
            spans.extend([
                span("▸", style.remove_modifier(Modifier::UNDERLINED)),
                span(word, style),
                space(1),
            ]);
        } else {
            spans.extend([space(1), span(word, theme.dim()), space(1)]);
        }
    }
    if spans.iter().map(Span::width).sum::<usize>() > usize::from(area.width) {
        // Too many to stand side by side: the chosen one, and that there are others.
        let chosen = option_word(model, name, choice.value());
        let style = if is_focused { theme.accent().add_modifier(Modifier::BOLD) } else { theme.text() };
        spans = vec![span("‹ ", theme.dim()), span(chosen, style), span(" ›", theme.dim())];
    }
    if let Some(typed) = &choice.typed {
        if choice.is_typed() {
            let width: usize = spans.iter().map(Span::width).sum();
            frame.buffer_mut().set_line(area.x, area.y, &Line::from(spans), area.width);
            let x = area.x + u16::try_from(width).unwrap_or(0);
            let rest = Rect { x, width: area.right().saturating_sub(x).max(1), ..area };
            let style = theme.accent().add_modifier(Modifier::UNDERLINED);
            input(frame, rest, typed, selected(style, field.is_selected && is_focused), is_focused);
            return;
        }
        if is_focused {
            let key = if name == FieldName::Card(Property::Prefix) {
                "field.or_prefix"
            } else {
                "field.or_duration"
            };
            let words = say!(language, key);
            let room = usize::from(area.width).saturating_sub(spans.iter().map(Span::width).sum());
            if cells(&words) < room {
                spans.extend([space(1), span(words, theme.dim())]);
            }
        }
    }
    frame.buffer_mut().set_line(area.x, area.y, &Line::from(spans), area.width);
}

/// The word for an option in the operator's language.
fn option_word(model: &Model, name: FieldName, option: &str) -> String {
    let language = model.language;
    match name {
        FieldName::Card(Property::Duration) => option
            .parse::<kami_core::duration::CardDuration>()
            .map_or_else(|_| option.to_owned(), |parsed| duration(language, parsed.seconds())),
        FieldName::Card(Property::Status) => option.parse::<CardStatus>().map_or_else(
            |_| option.to_owned(),
            |status| format!("{} {}", Theme::sign(status), shown::status(language, status)),
        ),
        FieldName::Act if option == "any" => say!(language, "log.any"),
        FieldName::Act => shown::act_kind(language, option),
        FieldName::Format if option == Format::Shop.word() => say!(language, "format.shop"),
        FieldName::Card(Property::Prefix) if option == WHOLE => say!(language, "prefix.none"),
        FieldName::Card(Property::Prefix) if option == AS_WRITTEN => say!(language, "filing.as_written"),
        FieldName::Which => say!(language, format!("which.{option}")),
        FieldName::App(AppField::WhenFull) => say!(language, format!("when_full.{option}")),
        FieldName::App(AppField::Device) => say!(language, format!("device.{option}")),
        FieldName::App(AppField::WhenCopied) => say!(language, format!("when_copied.{option}")),
        FieldName::App(AppField::Unbind) => say!(language, format!("unbind.{option}")),
        FieldName::Preset(PresetInput::Chosen) if option == NO_PRESET => say!(language, "preset.none"),
        FieldName::Preset(PresetInput::Chosen) => option.to_owned(),
        FieldName::App(_) | FieldName::Preset(_) => say!(language, format!("act.{option}")),
        FieldName::Block(BlockInput::Kind) => say!(language, format!("block.is.{option}")),
        FieldName::Block(BlockInput::App) if option == ALL_APPS => say!(language, "block.all_apps"),
        _ => option.to_owned(),
    }
}

/// What stands under the fields: what will happen, what others changed, what the database had against it.
fn below(model: &Model, form: &Form, width: usize) -> Vec<Line<'static>> {
    let theme = model.theme;
    let mut lines: Vec<Line<'static>> = match &form.kind {
        FormKind::Generate { .. } => preview(model, form, width),
        FormKind::Edit { seen, meanwhile, .. } => {
            edit_preview(model, form, seen, meanwhile.as_deref(), width)
        }
        FormKind::Export(sources) => {
            let prefix = sources.found.prefix.as_deref().filter(|_| form.value(FieldName::Which) == "unused");
            let words = prefix.map(|prefix| match prefix {
                "" => say!(model.language, "form.of_no_prefix"),
                prefix => say!(model.language, "form.of_prefix", prefix = harmless(prefix)),
            });
            let app = sources.found.app.as_deref().filter(|_| form.value(FieldName::Which) == "unused");
            let app = app.map(|app| say!(model.language, "form.of_app", app = harmless(app)));
            let format = say!(model.language, format!("format.about.{}", form.value(FieldName::Format)));
            let lines = words.into_iter().chain(app).chain(wrap(&format, width));
            lines.map(|line| Line::from(span(line, theme.dim()))).collect()
        }
        FormKind::Import(_) | FormKind::ImportBlocks => {
            let is_reading = model.awaits(Topic::Import) && model.is_waiting_long();
            let key = match form.kind {
                _ if is_reading => "form.import_reading",
                FormKind::ImportBlocks => "form.import_blocks_about",
                _ => "form.import_about",
            };
            quiet(&say!(model.language, key), width, theme)
        }
        FormKind::Extend(target) | FormKind::Note(target) => about(model, target, width),
        FormKind::View { names, keeps } => {
            let is_there = names.iter().any(|name| name == form.value(FieldName::Name).trim());
            let replaces = is_there.then(|| span(say!(model.language, "view.replaces"), theme.warning()));
            let keeps = span(cut_end(keeps, width).into_owned(), theme.dim());
            [Some(keeps), replaces].into_iter().flatten().map(Line::from).collect()
        }
        FormKind::LogFilter { .. } => {
            let time = form.value(FieldName::Time).trim().parse::<Period>();
            let meaning = time.map(|time| {
                let range = time.range(Side::Past, model.zone, model.server_now());
                let meaning = period::meaning(model.language, model.zone, range);
                format!("{meaning} ({})", model.zone.name())
            });
            let words = meaning.unwrap_or_else(|_| say!(model.language, "form.log_about"));
            quiet(&words, width, theme)
        }
        FormKind::App { .. } => quiet(&say!(model.language, "form.app_about"), width, theme),
        FormKind::Preset { seen, .. } => {
            let of = seen.as_ref().map(|seen| format!("{}/{}", seen.app, seen.name));
            let of = of.map(|of| Line::from(span(cut_middle(&of, width).into_owned(), theme.strong())));
            let about = quiet(&say!(model.language, "form.preset_about"), width, theme);
            of.into_iter().chain(ends_in_lines(model, form, width)).chain(about).collect()
        }
        FormKind::Block { key, seats, .. } => meant(model, form, key.as_deref(), *seats, width),
        FormKind::ExportBlocks => quiet(&say!(model.language, "form.export_blocks_about"), width, theme),
        FormKind::AppValue { seen, name } => {
            let of = name
                .as_ref()
                .map_or_else(|| seen.name.to_string(), |name| format!("{} · {}", seen.name, harmless(name)));
            let of = Line::from(span(cut_middle(&of, width).into_owned(), theme.strong()));
            [of].into_iter().chain(quiet(&say!(model.language, "form.value_about"), width, theme)).collect()
        }
        FormKind::Operator { usual } => {
            quiet(&say!(model.language, "form.operator_about", name = harmless(usual)), width, theme)
        }
    };
    if let Some(failure) = &form.failure {
        lines.push(Line::default());
        lines.extend(
            wrap(&harmless(&failure.words), width)
                .into_iter()
                .map(|line| Line::from(span(line, theme.danger()))),
        );
    }
    lines
}

/// Words that are only of use to know.
fn quiet(words: &str, width: usize, theme: Theme) -> Vec<Line<'static>> {
    wrap(words, width).into_iter().map(|line| Line::from(span(line, theme.dim()))).collect()
}

/// A code as it will look, and how hard codes of this length are to guess.
fn preview(model: &Model, form: &Form, width: usize) -> Vec<Line<'static>> {
    let (language, theme) = (model.language, model.theme);
    let mut lines = Vec::new();
    let prefix = form.value(FieldName::Card(Property::Prefix)).trim().to_owned();
    let length = form.length();
    if let Some(length) = length.filter(|_| !prefix.is_empty()) {
        let code = format!("{prefix}-{}", &SAMPLE[..usize::from(length.get())]);
        let code = cut_middle(&harmless(&code), width.saturating_sub(10)).into_owned();
        let head = say!(language, "form.looks_like");
        lines.push(Line::from(vec![span(head, theme.dim()), space(2), span(code, theme.strong())]));
    } else {
        lines.push(Line::default());
    }
    if let (Some(length), Some(count)) = (length, form.count()) {
        let odds = Odds::of(language, length, model.circulating + u64::from(count));
        let style = if odds.is_easy { theme.warning() } else { theme.dim() };
        lines.extend(wrap(&odds.words, width).into_iter().map(|line| Line::from(span(line, style))));
    }
    lines.extend(ends_in_lines(model, form, width));
    if let Some(price) = form.preset_chosen().and_then(|preset| preset.price) {
        let words = say!(language, "form.price_each", price = price);
        lines.push(Line::from(span(cut_end(&words, width).into_owned(), theme.text())));
    }
    lines
}

/// Whom the form keeps out, as it is understood, of what where that is no field, until when, and what that costs.
fn meant(model: &Model, form: &Form, key: Option<&BlockKey>, seats: u16, width: usize) -> Vec<Line<'static>> {
    let (language, theme) = (model.language, model.theme);
    let about = say!(language, "form.block_about");
    let Ok(target) = form.block_target() else { return quiet(&about, width, theme) };
    let kind = shown::block_kind(language, &target);
    let app = key.map(|key| shown::block_app(language, key.app.as_ref()));
    let until = form.block_until().flatten().map(|until| {
        let moment = shown::whole_moment(model.zone, until);
        say!(language, "field.until", moment = moment, zone = model.zone.name())
    });
    let whom: Vec<String> =
        [format!("{kind} {}", harmless(&target.to_string()))].into_iter().chain(app).chain(until).collect();
    let near = target
        .is_near()
        .then(|| say!(language, "block.near", targets = shown::targets(language, std::iter::once(&target))));
    let others = (seats > 1).then(|| say!(language, "form.block_others", n = number(seats.into())));
    let whom = whom.join(&say!(language, "touch.comma"));
    let warned =
        |words: String| wrap(&words, width).into_iter().map(|line| Line::from(span(line, theme.warning())));
    let whom = wrap(&whom, width).into_iter().map(|line| Line::from(span(line, theme.text())));
    whom.chain(near.into_iter().chain(others).flat_map(warned)).chain(quiet(&about, width, theme)).collect()
}

fn ends_in_lines(model: &Model, form: &Form, width: usize) -> Vec<Line<'static>> {
    let words = ends(model, form).map_or_else(Vec::new, |words| wrap(&words, width));
    words.into_iter().map(|line| Line::from(span(line, model.theme.text()))).collect()
}

/// What each card ends with, where that is not its duration alone.
fn ends(model: &Model, form: &Form) -> Option<String> {
    let language = model.language;
    let (until, points) = (form.until().ok()?, form.points().ok()?);
    let is_wrong = form.problem(FieldName::Card(Property::ValidUntil), language).is_some();
    if is_wrong || until.is_none() && points.is_none() {
        return None;
    }
    let seconds = form.duration()?.seconds();
    let ends = [
        seconds.map(|seconds| say!(language, "form.end.use", span = duration(language, Some(seconds)))),
        until.map(|until| say!(language, "form.end.until", moment = shown::whole_moment(model.zone, until))),
        points.map(|points| counted(language, "form.end.points", points.get().into())),
    ];
    let ends: Vec<String> = ends.into_iter().flatten().collect();
    let key = if ends.len() == 1 { "form.ends" } else { "form.ends_first" };
    Some(say!(language, key, ends = ends.join(&say!(language, "touch.comma"))))
}

/// What others changed meanwhile, or which card it is.
fn edit_preview(
    model: &Model,
    form: &Form,
    seen: &CardRecord,
    meanwhile: Option<&CardRecord>,
    width: usize,
) -> Vec<Line<'static>> {
    let (language, theme) = (model.language, model.theme);
    let prefix = form.other_prefix(seen).ok().flatten();
    let code = prefix.as_ref().map_or(seen.full_code.clone(), |prefix| renamed(seen, prefix.as_ref()));
    let is_same = code == seen.full_code;
    let style = if is_same { theme.dim() } else { theme.strong() };
    let mut lines = vec![Line::from(span(cut_middle(&harmless(&code), width).into_owned(), style))];
    if prefix.is_some() && is_same {
        lines.push(Line::from(span(say!(language, "form.code_stays"), theme.dim())));
    }
    if let Some(words) = fewer_seats(model, form, seen) {
        lines.extend(wrap(&words, width).into_iter().map(|line| Line::from(span(line, theme.warning()))));
    }
    let Some(before) = meanwhile else { return lines };
    lines.push(Line::default());
    lines.push(Line::from(span(say!(language, "form.meanwhile"), theme.warning())));
    // A code says its prefix.
    let told = Property::FORM.into_iter().filter(|property| *property != Property::Prefix);
    for property in told.chain([Property::FullCode]) {
        let of = |card: &CardRecord| {
            let shown = shown::value(language, property, &property.value(card), |at| {
                shown::whole_moment(model.zone, at)
            });
            shown.unwrap_or_else(|| shown::NONE.to_owned())
        };
        let (old, new) = (of(before), of(seen));
        if old != new {
            let words = format!("  {}  {old} → {new}", shown::label(language, property));
            lines.push(Line::from(span(cut_end(&words, width).into_owned(), theme.text())));
        }
    }
    lines
}

/// What becomes of machines where the card shall have fewer seats.
fn fewer_seats(model: &Model, form: &Form, seen: &CardRecord) -> Option<String> {
    let seats = form.seats()?.get();
    if seats >= seen.seats {
        return None;
    }
    let Some(taken) = model.seats_of(seen) else { return Some(say!(model.language, "form.fewer_seats")) };
    let lost = shown::seats_lost(taken, seats, model.server_now()).len();
    (lost > 0).then(|| counted(model.language, "form.seats_lost", lost as u64))
}

/// Which cards it is about.
fn about(model: &Model, target: &Target, width: usize) -> Vec<Line<'static>> {
    let words = match target {
        Target::One(card) => cut_middle(&harmless(&card.full_code), width).into_owned(),
        Target::Many { count, .. } => counted(model.language, "form.about", *count),
    };
    vec![Line::from(span(words, model.theme.dim()))]
}
