//! The lists to choose from: opened, filled, chosen from.

use kami_common::cells::harmless;
use kami_common::period::{self, Period, Side};
use kami_common::shown::{self, moment};
use kami_common::words::{number, say, sort_key};
use kami_core::card::CardStatus;
use kami_core::filter::{Sort, SortBy};
use kami_core::plan::plan;
use kami_store::{Batch, COUNT_CAP};
use tui_input::InputRequest;

use super::fill::fill;
use super::picker::{Item, Picker};
use super::state::{Chosen, List, PickerKind};
use super::{apps, columns, seats, settings, views};
use crate::input::act::Act;
use crate::input::keymap::{BINDINGS, Binding};
use crate::input::place::Place;
use crate::overlay::{behaviour, form};
use crate::state::message::{Effect, Question, Topic};
use crate::state::model::{Model, Tone};
use crate::state::refusal::refusal;
use crate::state::theme::Theme;
use crate::update::{batch, filters, settings as changes, table, views as saved};

/// Opens the list that an act is about.
pub(super) fn open(model: &mut Model, act: Act) -> Option<Vec<Effect>> {
    let (kind, picker, question) = match act {
        Act::Unbind => return seats::open(model),
        Act::Help => (PickerKind::Help, Picker::new(help(model)), None),
        Act::Palette => (PickerKind::Palette, Picker::new(palette(model)), None),
        Act::Filter => (PickerKind::Filter, Picker::new(filter_kinds(model)), None),
        Act::FilterStatus => (PickerKind::Status, Picker::new(statuses(model)), None),
        Act::FilterApp => {
            (PickerKind::App, Picker::new(apps::items(model)), question(model, PickerKind::App))
        }
        Act::FilterPrefix => (PickerKind::Prefix, Picker::waiting(), question(model, PickerKind::Prefix)),
        Act::FilterBatch => (PickerKind::Batch, Picker::waiting(), question(model, PickerKind::Batch)),
        Act::FilterCreated => (PickerKind::Created, spans(model, PickerKind::Created, ""), None),
        Act::FilterUsed => (PickerKind::Used, spans(model, PickerKind::Used, ""), None),
        Act::FilterExpiring => (PickerKind::Expiring, spans(model, PickerKind::Expiring, ""), None),
        Act::Sort => {
            let question = Question::SortsAnyWay(model.cards.query.whole_filter());
            (PickerKind::Sort, Picker::new(orders(model, None)), Some(question))
        }
        Act::Views => (PickerKind::Views, views::all(model), None),
        Act::Settings => (PickerKind::Settings, settings::all(model), None),
        Act::Columns => return Some(columns::open(model)),
        _ => return None,
    };
    model.notice = None;
    model.overlays.push(List::new(kind, picker));
    Some(question.map(|question| model.ask(Topic::Choices, question)).into_iter().collect())
}

/// What is asked for the items of a list.
fn question(model: &Model, kind: PickerKind) -> Option<Question> {
    match kind {
        PickerKind::App => Some(Question::AppCounts),
        PickerKind::Prefix => Some(Question::Prefixes(model.cards.query.app())),
        PickerKind::Batch => Some(Question::Batches),
        _ => None,
    }
}

/// Whether a key switches the item under the cursor of the list on top, where it would type elsewhere.
pub(super) fn is_switched_by(model: &Model, request: InputRequest) -> bool {
    let is_columns = model.overlays.top::<List>().is_some_and(|list| list.kind == PickerKind::Columns);
    is_columns && request == InputRequest::InsertChar(' ')
}

/// Types into the list on top.
pub(super) fn edit(model: &mut Model, requests: &[InputRequest]) -> Vec<Effect> {
    if let Some(List { kind, picker, .. }) = model.overlays.top_mut::<List>() {
        for request in requests {
            picker.edit(*request);
        }
        if !matches!(kind, PickerKind::Created | PickerKind::Used | PickerKind::Expiring) {
            return Vec::new();
        }
        let typed = picker.query.value().to_owned();
        let kind = *kind;
        let items = spans(model, kind, &typed).into_items();
        fill(model, kind, items);
    }
    Vec::new()
}

/// Does an act in the list on top.
pub(super) fn act(model: &mut Model, act: Act) -> Vec<Effect> {
    if let Some(lines) = behaviour::lines(act, model.table_height() / 2) {
        if let Some(list) = model.overlays.top_mut::<List>() {
            list.picker.go(lines);
        }
        return Vec::new();
    }
    match act {
        Act::Open => choose(model),
        Act::Back => model.close(),
        Act::DropView => views::ask_to_drop(model),
        Act::Quit => vec![Effect::Quit],
        Act::Suspend => vec![Effect::Suspend],
        _ => Vec::new(),
    }
}

/// Takes what is under the cursor of the list on top.
fn choose(model: &mut Model) -> Vec<Effect> {
    let Some(list) = model.overlays.top::<List>() else { return Vec::new() };
    let Some(item) = list.picker.chosen() else { return Vec::new() };
    if let (Some(reason), false) = (&item.refusal, matches!(item.value, Chosen::Act(_))) {
        let reason = reason.clone();
        model.say(Tone::Bad, reason);
        return Vec::new();
    }
    let (chosen, card) = (item.value.clone(), list.card.clone());
    if let Chosen::Column(column) = chosen {
        return columns::turn(model, column);
    }
    if let Chosen::Setting(setting) = chosen {
        return settings::choose(model, setting);
    }
    let mut effects = model.close();
    let query = &mut model.cards.query;
    let filter = &mut query.filter;
    match chosen {
        Chosen::Act(act) => {
            model.next = Some(act);
            return effects;
        }
        Chosen::Status(status) => filter.status = status,
        Chosen::App(app) => filter.app = app.map(|app| app.to_string()),
        Chosen::Prefix(prefix) => filter.prefix = prefix,
        Chosen::Batch(batch) => filter.batch_id = batch,
        Chosen::Created(period) => query.created = period,
        Chosen::Used(period) => query.used = period,
        Chosen::Expiring(period) => query.expiring = period,
        Chosen::Sort(sort) => {
            model.cards.query.sort = sort;
            effects.extend(table::reload(model));
            return effects;
        }
        Chosen::SeeBatch(id) => {
            effects.extend(batch::see_batch(model, id));
            return effects;
        }
        Chosen::CopyBatch(id) => {
            effects.extend(batch::copy_batch(model, id));
            return effects;
        }
        Chosen::ExportBatch(id, prefix) => {
            form::export_batch(model, id, prefix);
            return effects;
        }
        Chosen::View(name) => {
            effects.extend(saved::open(model, &name));
            return effects;
        }
        Chosen::KeepView => {
            views::ask_name(model);
            return effects;
        }
        Chosen::Zone(zone) => {
            effects.extend(changes::take_zone(model, zone));
            return effects;
        }
        Chosen::AppValue(app, name) => {
            apps::change_value(model, &app, name);
            return effects;
        }
        Chosen::Seat(machine) => {
            effects.extend(card.map(|card| seats::free(model, card, machine)).unwrap_or_default());
            return effects;
        }
        Chosen::Column(_) | Chosen::Setting(_) => {}
    }
    effects.extend(filters::changed(model));
    effects
}

/// The prefixes have come, with or without their counts.
pub(super) fn offer_prefixes(model: &mut Model, prefixes: Vec<(String, Option<u64>)>) {
    let language = model.language;
    let all = Item::new(Chosen::Prefix(None), say!(language, "picker.all_prefixes"), "");
    let items = prefixes.into_iter().map(|(prefix, count)| {
        let count = count.map_or_else(|| "…".to_owned(), number);
        let label = shown::prefix(language, &prefix);
        Item::new(Chosen::Prefix(Some(prefix)), label, count)
    });
    fill(model, PickerKind::Prefix, std::iter::once(all).chain(items).collect());
}

/// The batches have come.
pub(super) fn offer_batches(model: &mut Model, batches: &[Batch]) {
    let (language, zone, now) = (model.language, model.zone, model.server_now());
    let all = Item::new(Chosen::Batch(None), say!(language, "picker.all_batches"), "");
    let items = batches.iter().map(|batch| {
        let prefix = batch.prefix.as_deref().map_or("-".to_owned(), |prefix| shown::prefix(language, prefix));
        let note = batch.note.as_deref().unwrap_or_default();
        let label = format!("#{}  {}  {}", batch.id, prefix, harmless(note));
        let made = moment(language, zone, now, batch.created_at);
        let detail = format!("{}  {made}", number(u64::from(batch.card_count)));
        Item::new(Chosen::Batch(Some(batch.id)), label.trim_end(), detail)
    });
    fill(model, PickerKind::Batch, std::iter::once(all).chain(items).collect());
}

fn key_names(binding: &Binding) -> String {
    binding.keys.iter().map(|key| key.name()).collect::<Vec<_>>().join(" ")
}

/// Every binding that has a key, by the parts of the help.
fn help(model: &Model) -> Vec<Item<Chosen>> {
    let mut items = Vec::new();
    for group in crate::input::keymap::Group::ALL {
        let bindings = BINDINGS
            .iter()
            .filter(|binding| binding.group == group && !binding.keys.is_empty() && !is_double(binding));
        items.extend(bindings.map(|binding| item(model, binding)));
    }
    items
}

/// Whether an earlier binding has the same act, so that one line tells both.
fn is_double(binding: &Binding) -> bool {
    let first = BINDINGS.iter().find(|other| other.act == binding.act);
    first.is_some_and(|first| !std::ptr::eq(first, binding))
}

/// Every act that makes sense to be called by its name.
fn palette(model: &Model) -> Vec<Item<Chosen>> {
    use crate::input::keymap::Group;
    let at_table = || {
        BINDINGS
            .iter()
            .filter(|binding| binding.group != Group::Move && binding.places.contains(&Place::Cards))
    };
    at_table()
        .filter(|binding| binding.act != Act::Palette && is_offered(model, binding.act))
        .filter(|binding| {
            // Two bindings of one act make one line.
            at_table()
                .find(|other| other.act == binding.act)
                .is_some_and(|first| std::ptr::eq(first, *binding))
        })
        .map(|binding| item(model, binding))
        .collect()
}

/// Whether an act may ever do something here: where there is one app alone, nobody has to choose one.
fn is_offered(model: &Model, act: Act) -> bool {
    act != Act::FilterApp || model.apps.are_several()
}

fn item(model: &Model, binding: &Binding) -> Item<Chosen> {
    // Whoever looks for another language reads that one.
    let language = if binding.act == Act::Language { model.language.next() } else { model.language };
    let label = say!(language, binding.act.key());
    let refusal = refusal(model, binding.act);
    Item { refusal, ..Item::new(Chosen::Act(binding.act), label, key_names(binding)) }
}

fn filter_kinds(model: &Model) -> Vec<Item<Chosen>> {
    let acts = [
        Act::FilterApp,
        Act::FilterStatus,
        Act::FilterPrefix,
        Act::FilterBatch,
        Act::FilterCreated,
        Act::FilterUsed,
        Act::FilterExpiring,
        Act::FilterShared,
        Act::FilterCopied,
    ];
    acts.into_iter()
        .filter(|act| is_offered(model, *act))
        .filter_map(|act| BINDINGS.iter().find(|binding| binding.act == act))
        .map(|binding| item(model, binding))
        .collect()
}

fn statuses(model: &Model) -> Vec<Item<Chosen>> {
    let language = model.language;
    let count = |status: Option<CardStatus>| {
        let counts = model.counts.as_ref();
        counts.map_or_else(String::new, |counts| {
            number(status.map_or_else(|| counts.total(), |status| counts.of(status)))
        })
    };
    let all = Item::new(Chosen::Status(None), say!(language, "picker.all_statuses"), count(None));
    let each = CardStatus::ALL.into_iter().map(|status| {
        let word = shown::status(language, status);
        let label = format!("{} {word}", Theme::sign(status));
        Item::new(Chosen::Status(Some(status)), label, count(Some(status)))
    });
    std::iter::once(all).chain(each).collect()
}

/// The spans of time that are asked for most, and before them the range that is typed.
fn spans(model: &Model, kind: PickerKind, typed: &str) -> Picker<Chosen> {
    let side = if kind == PickerKind::Expiring { Side::Future } else { Side::Past };
    let (language, zone, now) = (model.language, model.zone, model.server_now());
    let choose = |period| match kind {
        PickerKind::Used => Chosen::Used(period),
        PickerKind::Expiring => Chosen::Expiring(period),
        _ => Chosen::Created(period),
    };
    let meaning = |period: Period| period::meaning(language, zone, period.range(side, zone, now));
    let typed = typed.parse::<Period>().ok();
    let mut items = Vec::new();
    if let Some(period) = typed {
        let refusal =
            period::is_empty(period.range(side, zone, now)).then(|| say!(language, "period.is_empty"));
        let item = Item::new(choose(Some(period)), period.words(language, side), meaning(period));
        items.push(Item { refusal, is_typed: true, ..item });
    }
    items.push(Item::new(choose(None), say!(language, "span.any"), ""));
    let days = if side == Side::Past { [0, -1] } else { [0, 1] }.map(Period::day_away);
    let spans = [3_600, 86_400, 7 * 86_400, 30 * 86_400, 365 * 86_400].map(Period::Span);
    let others = days.into_iter().chain(spans).filter(|period| Some(*period) != typed);
    items.extend(
        others.map(|period| Item::new(choose(Some(period)), period.words(language, side), meaning(period))),
    );
    Picker::new(items).with_hint(say!(language, "period.forms", zone = zone.name()))
}

/// It is known whether the cards are few enough to come in any order.
pub(super) fn offer_orders(model: &mut Model, any_way: bool) {
    let items = orders(model, Some(any_way));
    fill(model, PickerKind::Sort, items);
}

/// The orders, the one that the cards stand in ticked: choosing that turns it round. One that no index has for the filter
/// can be chosen once it is known that the cards come in any way.
fn orders(model: &Model, any_way: Option<bool>) -> Vec<Item<Chosen>> {
    let filter = model.cards.query.whole_filter();
    let present = model.cards.sort;
    let is_had = |sort: &Sort| any_way == Some(true) || plan(&filter, *sort).sort() == *sort;
    let refusal = match any_way {
        None => say!(model.language, "order.asking"),
        Some(_) => say!(model.language, "order.too_many", most = number(COUNT_CAP)),
    };
    SortBy::ALL
        .into_iter()
        .map(|by| {
            let label = say!(model.language, sort_key(by));
            let (kept, turned) = (present.direction, present.direction.reversed());
            let directions = if by == present.by { vec![turned] } else { vec![kept, turned] };
            let sorts: Vec<_> = directions.into_iter().map(|direction| Sort { by, direction }).collect();
            let had = sorts.iter().copied().find(is_had);
            let sort = had.unwrap_or(sorts[0]);
            let refusal = had.is_none().then(|| refusal.clone());
            let ticked = Some(by == present.by);
            Item { refusal, ticked, ..Item::new(Chosen::Sort(sort), label, "") }
        })
        .collect()
}

/// Brings the list on top up to date where what it shows can be changed over it.
pub(super) fn refresh(model: &mut Model) {
    match model.overlays.top::<List>().map(|list| list.kind) {
        Some(PickerKind::Settings) => settings::refresh(model),
        Some(PickerKind::Views) => views::refresh(model),
        Some(PickerKind::App) => apps::refresh(model),
        _ => {}
    }
}

/// Asks anew for what the list on top waits for.
pub(super) fn ask_anew(model: &mut Model) -> Vec<Effect> {
    let waits = |list: &&List| list.picker.waiting || list.kind == PickerKind::App;
    let waiting = model.overlays.top::<List>().filter(waits);
    let question = waiting.and_then(|list| match &list.card {
        Some(card) => Some(Question::Seats(card.id)),
        None => question(model, list.kind),
    });
    question.map(|question| model.ask(Topic::Choices, question)).into_iter().collect()
}
