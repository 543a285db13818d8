//! The way of every order through the gate: done at once, or after a question that shows what it will touch.

use kami_common::cells::harmless;
use kami_common::odds::Odds;
use kami_common::words::{Language, counted, number, say};
use kami_common::{shown, touch};
use kami_core::acts::Act as CardAct;
use kami_core::filter::Filter;
use kami_core::gate::{Answer, Asks, Gate, Weight};
use kami_store::{GenerateOrder, Selection, Survey};
use tui_input::{Input, InputRequest};

use super::state::{Confirm, Consequence, Touched};
use crate::input::act::Act;
use crate::overlay::work;
use crate::state::message::{Effect, Question, Topic};
use crate::state::model::{Model, Tone};
use crate::state::order::{Order, Target};
use crate::update::{quit, schema, views};

/// How many machines that lose their seats are named.
const NAMED: usize = 5;

const fn gate(model: &Model) -> Gate {
    Gate::new(model.location.production)
}

/// Does what was ordered, or asks first where the gate wants somebody's word.
pub(crate) fn submit(model: &mut Model, order: Order) -> Vec<Effect> {
    if let Order::Generate(wanted) = &order
        && let Some(odds) = easy(model, wanted)
    {
        let question = counted(model.language, "confirm.generate_weak", u64::from(wanted.count));
        let is_large = gate(model).asks(order.weight()) != Asks::Nothing;
        let words = is_large.then(|| touch::batch(model.language, model.zone, wanted));
        let touched = Touched::Known(words.into_iter().collect());
        let then = Consequence::Order(Box::new(order.clone()));
        let confirm = Confirm { is_danger: true, touched, ..Confirm::new(question, odds, then) };
        model.overlays.push(confirm);
        return Vec::new();
    }
    if let Some(touched) = seats_lost(model, &order) {
        ask_of_seats(model, order, touched);
        return Vec::new();
    }
    let weight = order.weight();
    match gate(model).pass(order, weight, Answer::Silence) {
        Ok(order) => work::run(model, order),
        Err(order) => ask(model, order, weight),
    }
}

/// How easy the codes of a batch are to guess among all cards that let a machine in, as far as they are counted; nothing
/// where it is hard.
fn easy(model: &Model, wanted: &GenerateOrder) -> Option<String> {
    let odds = Odds::of(model.language, wanted.length, model.circulating + u64::from(wanted.count));
    odds.is_easy.then_some(odds.words)
}

/// The machines that lose their seats by an order which does not name them, as far as they are known, in lines to
/// read; nothing where there are none.
fn seats_lost(model: &Model, order: &Order) -> Option<Vec<String>> {
    let language = model.language;
    let (seen, left, least) = match order {
        Order::Edit { seen, edit } => (seen, edit.seats?.get(), 1),
        Order::Act { act: CardAct::Unbind, target: Target::One(seen) } => (seen, 0, 2),
        _ => return None,
    };
    let Some(taken) = model.seats_of(seen) else {
        let is_at_stake = seen.seats > 1 && left < seen.seats;
        let kept = (left > 0).then(|| say!(language, "form.fewer_seats"));
        let unknown = say!(language, "confirm.seats_unknown");
        return is_at_stake.then(|| [unknown].into_iter().chain(kept).collect());
    };
    let lost = shown::seats_lost(taken, left, model.server_now());
    if lost.len() < least {
        return None;
    }
    let named = lost.iter().take(NAMED).map(|seat| format!("  {}", harmless(&seat.machine)));
    let more = lost.len().saturating_sub(NAMED);
    let more =
        (more > 0).then(|| format!("  {}", say!(language, "detail.more_machines", n = number(more as u64))));
    let head = counted(language, "form.seats_lost", lost.len() as u64);
    Some([head].into_iter().chain(named).chain(more).collect())
}

/// Asks whether an order shall take their seats from these machines.
fn ask_of_seats(model: &mut Model, order: Order, touched: Vec<String>) {
    let language = model.language;
    let question = match &order {
        Order::Edit { edit, .. } => {
            let seats = edit.seats.unwrap_or_default();
            say!(language, "confirm.fewer_seats", seats = number(seats.get().into()))
        }
        Order::Act { target: Target::One(card), .. } => {
            say!(language, "confirm.all_seats", code = harmless(&card.full_code))
        }
        _ => return,
    };
    let consequence = say!(language, "confirm.consequence");
    let then = Consequence::Order(Box::new(order));
    let touched = Touched::Known(touched);
    let confirm = Confirm { is_danger: true, touched, ..Confirm::new(question, consequence, then) };
    model.overlays.push(confirm);
}

/// Asks whether an order shall be done, also one that the gate lets pass: a key alone shall not do it.
pub(crate) fn ask_first(model: &mut Model, order: Order) {
    let weight = order.weight();
    let (question, consequence) = (question(model, &order, weight), consequence(model, &order, weight));
    let touched = Touched::Known(warnings(model.language, &order));
    let then = Consequence::Order(Box::new(order));
    let confirm = Confirm { touched, ..Confirm::new(question, consequence, then) };
    model.overlays.push(confirm);
}

/// Asks whether an order shall be done, and finds out which cards it will touch.
fn ask(model: &mut Model, order: Order, weight: Weight) -> Vec<Effect> {
    let language = model.language;
    let question = question(model, &order, weight);
    let asks = gate(model).asks(weight);
    let is_danger = matches!(
        order,
        Order::Act { .. }
            | Order::Undo(_)
            | Order::Unrecharge(_)
            | Order::App(_)
            | Order::Block(_)
            | Order::Blocks(_)
    );
    let survey = touches(&order).map(Question::Survey);
    let touched = match &survey {
        Some(_) => Touched::Counting { share: 0.0 },
        None => Touched::Known(warnings(language, &order)),
    };
    let consequence = consequence(model, &order, weight);
    let typed = (asks == Asks::Number).then(Input::default);
    let then = Consequence::Order(Box::new(order));
    let confirm = Confirm { touched, is_danger, typed, ..Confirm::new(question, consequence, then) };
    model.overlays.push(confirm);
    survey.map(|survey| model.ask(Topic::Survey, survey)).into_iter().collect()
}

/// The cards that have to be counted before an order is agreed to; nothing where it names them itself.
fn touches(order: &Order) -> Option<Selection> {
    match order {
        Order::Act { target: Target::Many { selection, .. }, .. } => Some(selection.clone()),
        Order::Undo(undoing) => {
            let batch = undoing.undoable.act.batch_id?;
            Some(Selection::Filter(Filter { batch_id: Some(batch), ..Filter::default() }))
        }
        _ => None,
    }
}

/// What has to be known of an order beside the cards that it touches.
fn warnings(language: Language, order: &Order) -> Vec<String> {
    match order {
        Order::Undo(undoing) => {
            let foreign = (!undoing.is_own).then(|| say!(language, "confirm.undo_foreign"));
            touch::lost(language, &undoing.undoable).into_iter().chain(foreign).collect()
        }
        Order::App(order) => order.cost().map_or(Vec::new(), |cost| touch::app_lost(language, &cost)),
        Order::Block(one) => touch::shut_out(language, &one.order().broad()),
        Order::Blocks(order) => touch::shut_out(language, &order.broad()),
        Order::Preset(_) => vec![say!(language, "confirm.preset_consequence")],
        _ => Vec::new(),
    }
}

/// What follows from a yes, and what has to be typed for it where a yes is not enough.
fn consequence(model: &Model, order: &Order, weight: Weight) -> String {
    let language = model.language;
    let words = match order {
        Order::Generate(_) => say!(language, "confirm.generate_consequence"),
        Order::Act { act: CardAct::Delete, target: Target::One(_) } => {
            say!(language, "confirm.delete_consequence")
        }
        Order::Act { act: CardAct::Delete, .. } => say!(language, "confirm.delete_many_consequence"),
        Order::Undo(_) => say!(language, "confirm.redo_consequence"),
        _ => say!(language, "confirm.consequence"),
    };
    match gate(model).asks(weight) {
        Asks::Number => format!("{words} {}", say!(language, "confirm.type_number", n = weight.cards)),
        Asks::Nothing | Asks::Yes => words,
    }
}

fn question(model: &Model, order: &Order, weight: Weight) -> String {
    let language = model.language;
    match order {
        Order::Act { act: CardAct::Delete, target: Target::One(card) } => {
            say!(language, "confirm.delete_one", code = harmless(&card.full_code))
        }
        Order::Act { act, .. } => touch::act(language, act, weight.cards),
        Order::Generate(wanted) => touch::batch(language, model.zone, wanted),
        Order::Undo(undoing) => {
            let act = touch::logged(language, model.zone, &undoing.undoable.act);
            say!(language, if undoing.is_redo { "confirm.redo" } else { "confirm.undo" }, act = act)
        }
        Order::Unrecharge(wanted) => say!(
            language,
            "confirm.unrecharge",
            code = harmless(&wanted.topped.full_code),
            other = harmless(&wanted.burnt.full_code),
            moment = shown::whole_moment(model.zone, wanted.top_up.done_at)
        ),
        Order::App(order) => touch::app(language, order),
        Order::Preset(order) => touch::preset(language, order),
        Order::Block(one) => touch::blocks(language, &one.order()),
        Order::Blocks(order) => touch::blocks(language, order),
        Order::Import { .. }
        | Order::Edit { .. }
        | Order::FreeSeat(_)
        | Order::Export(_)
        | Order::ExportBlocks(_) => {
            say!(language, order.key())
        }
    }
}

/// The question on top, while it is one whose cards are being counted.
fn counting(model: &mut Model) -> Option<&mut Confirm> {
    model.overlays.top_mut::<Confirm>().filter(|confirm| confirm.is_counting())
}

/// The counting of what an order will touch has come so far.
pub(super) fn counted_so_far(model: &mut Model, share: f64) {
    if let Some(confirm) = counting(model) {
        confirm.touched = Touched::Counting { share: share.clamp(0.0, 1.0) };
    }
}

/// What an order will touch has been counted: it is about these cards, however many they were when they were marked.
pub(super) fn surveyed(model: &mut Model, survey: &Survey) {
    let language = model.language;
    let Some(confirm) = counting(model) else { return };
    let Consequence::Order(order) = &mut confirm.then else { return };
    if let Order::Act { target: Target::Many { count, .. }, .. } = &mut **order {
        *count = survey.cards;
    }
    let order = (**order).clone();
    let mut lines = touch::cards(language, survey);
    lines.extend(warnings(language, &order));
    confirm.touched = Touched::Known(lines);
    let weight = order.weight();
    let (question, consequence) = (question(model, &order, weight), consequence(model, &order, weight));
    let asks_for_number = gate(model).asks(weight) == Asks::Number;
    if let Some(confirm) = model.overlays.top_mut::<Confirm>() {
        (confirm.question, confirm.consequence) = (question, consequence);
        confirm.typed = confirm.typed.take().or_else(|| Some(Input::default())).filter(|_| asks_for_number);
    }
    if survey.cards == 0 {
        model.overlays.pop();
        model.say(Tone::Plain, say!(language, "refusal.no_card"));
    }
}

/// What an order will touch could not be counted: it is not done.
pub(super) fn not_surveyed(model: &mut Model, why: String) {
    if counting(model).is_some() {
        model.overlays.pop();
    }
    model.say(Tone::Bad, why);
}

/// A no to the question on top.
fn declined(model: &mut Model) -> Vec<Effect> {
    model.notice = None;
    model.close()
}

/// A yes to the question on top.
fn confirmed(model: &mut Model) -> Vec<Effect> {
    let language = model.language;
    let Some(confirm) = model.overlays.top::<Confirm>() else { return Vec::new() };
    if confirm.is_counting() {
        model.say(Tone::Plain, say!(language, "confirm.still_counting"));
        return Vec::new();
    }
    let order = match confirm.then.clone() {
        Consequence::Order(order) => *order,
        Consequence::DropView(name) => {
            model.overlays.pop();
            return views::drop(model, name);
        }
        Consequence::Migrate => {
            model.overlays.pop();
            return schema::migrate(model);
        }
    };
    let weight = order.weight();
    let answer = match &confirm.typed {
        Some(typed) => Answer::Typed(typed.value()),
        None => Answer::Yes,
    };
    let Ok(order) = gate(model).pass(order, weight, answer) else {
        let words = say!(language, "confirm.wrong_number", n = weight.cards);
        model.say(Tone::Bad, words);
        return Vec::new();
    };
    model.overlays.pop();
    work::run(model, order)
}

/// Answers the question.
pub(super) fn act(model: &mut Model, act: Act) -> Vec<Effect> {
    match act {
        Act::Yes => confirmed(model),
        Act::No => declined(model),
        Act::Quit => quit::quit(model),
        Act::Suspend => vec![Effect::Suspend],
        _ => Vec::new(),
    }
}

/// Types the number that the question on top asks for.
pub(super) fn edit(model: &mut Model, requests: &[InputRequest]) {
    model.was_told_of_loss = false;
    if let Some(Confirm { typed: Some(typed), .. }) = model.overlays.top_mut::<Confirm>() {
        for request in requests {
            typed.handle(*request);
        }
    }
}
