//! Ordering that something is done to cards, and what comes of it.

use kami_common::export::Source;
use kami_common::reason;
use kami_common::words::{counted, number, say};
use kami_core::filter::Filter;
use kami_core::gate::Confirmed;
use kami_core::record::CardRecord;
use kami_store::{ActError, ActOutcome, Acted, Batch, BatchOrigin, Selection};

use super::{gate, table, undo};
use crate::act::Act;
use crate::cards::Marks;
use crate::form::{Form, Sources};
use crate::message::{Done, Effect, Failure, Question, Topic};
use crate::model::{Model, Tone, Work};
use crate::order::{Order, Target};
use crate::overlay::{Chosen, Overlay, PickerKind};
use crate::picker::{Item, Picker};
use crate::refusal::{MOST_COPIED, refusal};
use crate::session::Own;

/// Begins an act on cards, with its form or its question first where it has one.
pub(super) fn begin(model: &mut Model, act: Act) -> Vec<Effect> {
    model.notice = None;
    let form = match act {
        Act::Generate => {
            let prefix = model.cards.query.filter.prefix.clone();
            Some(Form::generate(&prefix.unwrap_or_default()))
        }
        Act::Edit => model.cards.current().map(Form::edit),
        Act::Extend => target(model).map(Form::extend),
        Act::SetNote => target(model).map(Form::note),
        Act::Export => Some(Form::export(sources(model))),
        Act::Import => Some(Form::import()),
        Act::Undo => return undo::ask(model),
        Act::Redo => return undo::ask_again(model),
        _ => None,
    };
    if let Some(form) = form {
        model.overlays.push(Overlay::Form(form));
        return Vec::new();
    }
    match (act.on_card(), target(model)) {
        (Some(act), Some(target)) => gate::submit(model, Order::Act { act, target }),
        _ => Vec::new(),
    }
}

/// The cards that may be written to a file.
fn sources(model: &Model) -> Sources {
    let marked = match &model.cards.marks {
        Marks::None => None,
        Marks::Some(marked) => Some(Source::Ids(marked.keys().copied().collect())),
        Marks::All { filter, .. } => Some(Source::Filter(filter.clone())),
    };
    let found = model.cards.query.whole_filter();
    Sources { marked, batch: None, found, at: model.server_now(), zone: model.zone, language: model.language }
}

/// The cards that the next act is about.
fn target(model: &Model) -> Option<Target> {
    match &model.cards.marks {
        Marks::None => model.cards.current().map(|card| Target::One(Box::new(card.clone()))),
        Marks::Some(marked) => {
            let selection = Selection::Ids(marked.keys().copied().collect());
            Some(Target::Many { selection, count: marked.len() as u64 })
        }
        Marks::All { filter, count, newest } => {
            let selection = Selection::UpTo { filter: filter.clone(), newest: *newest };
            Some(Target::Many { selection, count: *count })
        }
    }
}

/// Does what was ordered; an operator who is kept from files gets no order through that reaches one, whichever way it
/// came here.
pub(super) fn run(model: &mut Model, order: Confirmed<Order>) -> Vec<Effect> {
    if model.confined && order.reaches_files() {
        let words = say!(model.language, "refusal.confined");
        model.say(Tone::Bad, words);
        return Vec::new();
    }
    model.notice = None;
    let total = order.count();
    let work =
        Work { key: order.key(), since: model.now, done: 0, total, share: 0.0, is_breaking_off: false };
    model.work = Some(work);
    if order.is_long() {
        model.overlays.push(Overlay::Work);
    }
    vec![model.ask(Topic::Work, Question::Do(Box::new(order)))]
}

/// Breaks off what is being done.
pub(super) fn break_off(model: &mut Model) -> Vec<Effect> {
    let Some(work) = &mut model.work else { return Vec::new() };
    work.is_breaking_off = true;
    vec![Effect::BreakOff]
}

/// How far the work is.
#[expect(clippy::cast_precision_loss, reason = "a bar has no use for the last of 53 bits")]
pub(super) fn progress(model: &mut Model, done: u64, share: Option<f64>) {
    if let Some(work) = &mut model.work {
        work.done = done;
        let by_count = work.total.filter(|total| *total > 0).map(|total| done as f64 / total as f64);
        work.share = share.or(by_count).unwrap_or(0.0).clamp(0.0, 1.0);
    }
}

/// What came of the work.
pub(super) fn done(model: &mut Model, done: Done) -> Vec<Effect> {
    model.work = None;
    model.overlays.retain(|overlay| !matches!(overlay, Overlay::Work));
    match done {
        Done::Refused(error) => return refused(model, error),
        Done::Exported(exported) => {
            close_form(model);
            let words = counted(model.language, "done.export", exported.count);
            let words = format!("{words} {}", exported.path.display());
            match &exported.unreadable[..] {
                [] => model.say(Tone::Good, words),
                ids => {
                    let left_out = reason::unreadable(model.language, ids);
                    model.say(Tone::Bad, format!("{words}; {left_out}"));
                }
            }
            return Vec::new();
        }
        Done::NotExported(error) => {
            let words = reason::export_error(model.language, &error);
            match order_form(model) {
                Some(form) => form.failure = Some(Failure { words, passes: false }),
                None => model.say(Tone::Bad, words),
            }
            return Vec::new();
        }
        Done::Made(batch) => return made(model, &batch),
        Done::One { act, card, acted } => {
            model.session.did(Own::Act(acted.act_id));
            one(model, act, card, acted);
        }
        Done::Many { act, outcome } => {
            model.cards.unmark();
            if let Some(act_id) = outcome.act_id {
                model.session.did(Own::Act(act_id));
            }
            let key = format!("done.{act}");
            let is_undoable = outcome.act_id.is_some();
            let hint = is_undoable.then(|| format!("  {}", say!(model.language, "done.undo_hint")));
            say_outcome(model, &key, &outcome, &hint.unwrap_or_default());
        }
        Done::Undone { undoing, outcome } => {
            let named = undo::done(model, &undoing, &outcome);
            say_outcome(model, if undoing.is_redo { "done.redo" } else { "done.undo" }, &outcome, &named);
        }
    }
    close_form(model);
    model.history = None;
    let mut effects = table::refresh(model);
    effects.push(model.ask(Topic::Counts, Question::Counts));
    effects
}

/// The form on top that ordered what is being done. Quick work leaves time to open others, which have no part in it.
fn order_form(model: &mut Model) -> Option<&mut Form> {
    match model.overlays.last_mut() {
        Some(Overlay::Form(form)) if form.kind.is_order() => Some(form),
        _ => None,
    }
}

fn close_form(model: &mut Model) {
    model.overlays.retain(|overlay| match overlay {
        Overlay::Form(form) => !form.kind.is_order(),
        Overlay::Import(_) => false,
        _ => true,
    });
}

fn one(model: &mut Model, act: &'static str, id: u64, acted: Acted) {
    let rows = &mut model.cards.rows;
    if let Some(place) = rows.iter().position(|card| card.id == id) {
        match acted.card {
            Some(card) => rows[place] = card,
            None => drop(rows.remove(place)),
        }
    }
    let height = model.table_height();
    model.cards.go(0, height);
    let words = counted(model.language, &format!("done.{act}"), 1);
    say_undoable(model, &words);
}

fn say_undoable(model: &mut Model, words: &str) {
    let hint = say!(model.language, "done.undo_hint");
    model.say(Tone::Good, format!("{words}  {hint}"));
}

/// Says what an act came to, with `more` where it went well.
fn say_outcome(model: &mut Model, key: &str, outcome: &ActOutcome, more: &str) {
    let language = model.language;
    let mut words = counted(language, key, outcome.done);
    if outcome.cancelled {
        words = format!("{} {words}", say!(language, "done.broken_off"));
    }
    for (refusal, count) in &outcome.refused {
        let why = reason::refusal(language, *refusal);
        words.push_str(&say!(language, "done.refused", n = number(*count), why = why));
    }
    if outcome.missing > 0 {
        words.push_str(&say!(language, "done.missing", n = number(outcome.missing)));
    }
    if !outcome.unreadable.is_empty() {
        words.push_str("; ");
        words.push_str(&reason::unreadable(language, &outcome.unreadable));
    }
    if let Some(error) = &outcome.failed {
        words.push(' ');
        words.push_str(&reason::act_error(language, error));
    }
    let is_left = !outcome.refused.is_empty() || !outcome.unreadable.is_empty();
    let went_wrong = outcome.failed.is_some() || (outcome.done == 0 && is_left);
    if went_wrong {
        model.say(Tone::Bad, words);
    } else {
        model.say(Tone::Good, words + more);
    }
}

fn made(model: &mut Model, batch: &Batch) -> Vec<Effect> {
    let language = model.language;
    close_form(model);
    model.session.did(Own::Batch(batch.id));
    let (key, kind) = match batch.origin {
        BatchOrigin::Generated => ("done.generate", PickerKind::Made),
        BatchOrigin::Imported => ("done.import", PickerKind::Imported),
    };
    let words = counted(language, key, u64::from(batch.card_count));
    model.say(Tone::Good, words);
    let see = Item::new(Chosen::SeeBatch(batch.id), say!(language, "made.see"), format!("#{}", batch.id));
    let mut items = vec![see];
    let mut copy = Item::new(Chosen::CopyBatch(batch.id), say!(language, "made.copy"), "");
    if u64::from(batch.card_count) > MOST_COPIED {
        copy.refusal = Some(say!(language, "refusal.copy_all", most = number(MOST_COPIED)));
    }
    items.push(copy);
    let export = Chosen::ExportBatch(batch.id, batch.prefix.clone());
    let export = Item::new(export, say!(language, "made.export"), "");
    items.push(Item { refusal: refusal(model, Act::Export), ..export });
    model.overlays.push(Overlay::Picker { kind, picker: Picker::new(items) });
    let mut effects = table::reload(model);
    effects.push(model.ask(Topic::Counts, Question::Counts));
    effects
}

/// Shows the batch that was just made, and nothing else.
pub(super) fn see_batch(model: &mut Model, id: u64) -> Vec<Effect> {
    model.cards.query.clear();
    model.cards.query.filter.batch_id = Some(id);
    table::reload(model)
}

/// Copies the codes of the batch that was just made.
pub(super) fn copy_batch(model: &mut Model, id: u64) -> Vec<Effect> {
    let filter = Filter { batch_id: Some(id), ..Filter::default() };
    let most = usize::try_from(MOST_COPIED).unwrap_or(usize::MAX);
    vec![model.ask(Topic::Codes, Question::Codes(filter, most))]
}

/// Opens the form that writes the batch that was just made to a file.
pub(super) fn export_batch(model: &mut Model, id: u64, prefix: Option<String>) -> Vec<Effect> {
    let batch = Some(Filter { batch_id: Some(id), prefix, ..Filter::default() });
    let form = Form::export(Sources { batch, ..sources(model) });
    model.overlays.push(Overlay::Form(form));
    Vec::new()
}

fn refused(model: &mut Model, error: ActError) -> Vec<Effect> {
    let language = model.language;
    let words = reason::act_error(language, &error);
    if let ActError::Changed { card, .. } = error {
        return changed_meanwhile(model, &card, words);
    }
    // After these what is shown may not be what is there.
    let is_stale =
        matches!(error, ActError::NotFound | ActError::MoreThanAgreed { .. } | ActError::Uncertain(_));
    let passes = matches!(&error, ActError::Store(error) if error.is_transient());
    match order_form(model) {
        Some(form) => form.failure = Some(Failure { words, passes }),
        None if matches!(error, ActError::Cancelled) => model.say(Tone::Plain, words),
        None => model.say_failed(words, passes),
    }
    // Whether the database is back shows in the table, which is asked for until it comes.
    if !is_stale && !passes {
        return Vec::new();
    }
    let mut effects = table::refresh(model);
    effects.push(model.ask(Topic::Counts, Question::Counts));
    effects
}

/// Someone else was faster: the new state is shown, and what was typed stays.
fn changed_meanwhile(model: &mut Model, card: &CardRecord, words: String) -> Vec<Effect> {
    if let Some(row) = model.cards.rows.iter_mut().find(|row| row.id == card.id) {
        row.clone_from(card);
    }
    model.history = None;
    if let Some(form) = order_form(model) {
        form.rebase(card);
        form.failure = Some(Failure { words, passes: false });
    } else {
        model.say(Tone::Bad, words);
    }
    table::history(model).into_iter().collect()
}
