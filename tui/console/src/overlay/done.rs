//! What comes of an order: said, and shown in whatever lies over the screen.

use std::ops::ControlFlow;

use kami_common::cells::harmless;
use kami_common::export::ExportedBlocks;
use kami_common::words::{counted, number, say};
use kami_common::{reason, shown, touch};
use kami_core::acts::ActRefusal;
use kami_core::block::Block;
use kami_core::record::CardRecord;
use kami_store::{
    ActError, ActOutcome, ActRecord, Acted, AppActed, AppOrder, Batch, BatchOrigin, BlockOrder, BlocksActed,
    PresetActed, PresetOrder, Subject,
};

use crate::input::act::Act;
use crate::overlay;
use crate::overlay::block_import::BlockPreview;
use crate::overlay::form::Form;
use crate::overlay::import::Preview;
use crate::overlay::list::{Chosen, Item, List, Picker, PickerKind};
use crate::overlay::work::Progress;
use crate::state::message::{Answer, Done, Effect, Failure};
use crate::state::model::{Model, Tone};
use crate::state::order::Undoing;
use crate::state::overlay::as_kind;
use crate::state::refusal::{MOST_COPIED, refusal};
use crate::state::session::Own;
use crate::update::{apps, counts, presets, table};

/// Takes in what came of an order; gives back any other answer.
pub(super) fn answered(model: &mut Model, answer: Answer) -> ControlFlow<Vec<Effect>, Answer> {
    match answer {
        Answer::Done(what) => ControlFlow::Break(done(model, *what)),
        other => ControlFlow::Continue(other),
    }
}

fn done(model: &mut Model, done: Done) -> Vec<Effect> {
    model.work = None;
    model.overlays.retain(|overlay| as_kind::<Progress>(overlay).is_none());
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
        Done::BlocksExported(exported) => {
            blocks_exported(model, &exported);
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
        Done::One { act, card, acted, machines } => {
            model.session.did(Own::Act(acted.act_id));
            let words = shown::cards_done(model.language, &format!("done.{act}"), 1, machines);
            one(model, &words, card, acted);
        }
        Done::Seat { order, acted } => {
            model.session.did(Own::Act(acted.act_id));
            let words = say!(model.language, "done.seat", machine = harmless(&order.machine));
            one(model, &words, order.seen.id, acted);
        }
        Done::Many { act, outcome, machines } => {
            model.cards.unmark();
            if let Some(act_id) = outcome.act_id {
                model.session.did(Own::Act(act_id));
            }
            let key = format!("done.{act}");
            let is_undoable = outcome.act_id.is_some();
            let hint = is_undoable.then(|| format!("  {}", say!(model.language, "done.undo_hint")));
            say_outcome(model, &key, &outcome, machines, &hint.unwrap_or_default());
        }
        Done::Undone { undoing, outcome } => {
            let named = taken_back(model, &undoing, &outcome);
            let key = if undoing.is_redo { "done.redo" } else { "done.undo" };
            return undone(model, key, &undoing.undoable.act, &outcome, &named);
        }
        Done::Unrecharged { order, act_id } => {
            model.session.did(Own::Act(act_id));
            let [code, other] = [&order.topped, &order.burnt].map(|card| harmless(&card.full_code));
            let words = say!(model.language, "done.unrecharge", code = code, other = other);
            say_undoable(model, &words);
        }
        Done::App { order, acted } => {
            close_form(model);
            return app_saved(model, &order, acted);
        }
        Done::Preset { order, acted } => {
            close_form(model);
            preset_saved(model, &order, acted);
            return Vec::new();
        }
        Done::Blocks { order, acted } => {
            close_form(model);
            return blocks_changed(model, &order, acted);
        }
        Done::BlockedOtherwise(is) => return blocked_otherwise(model, is.map(|is| *is)),
    }
    cards_changed(model)
}

/// Says what became of the taking back of an act, with `more` where it went well, and asks for what may be another now.
fn undone(model: &mut Model, key: &str, act: &ActRecord, outcome: &ActOutcome, more: &str) -> Vec<Effect> {
    let name = act.subject.as_deref().unwrap_or_default();
    match act.subject() {
        None => {
            say_outcome(model, key, outcome, None, more);
            return cards_changed(model);
        }
        Some(Subject::App(app)) => {
            say_of_subject(model, &format!("{key}_app"), name, outcome, more);
            if let Ok(app) = app.parse() {
                overlay::apps::follow(model, &app);
            }
        }
        Some(Subject::Preset { .. }) => {
            say_of_subject(model, &format!("{key}_preset"), name, outcome, more);
            return vec![presets::ask(model)];
        }
        Some(Subject::Blocks(_)) => {
            say_of_blocks(model, key, act, outcome, more);
            return overlay::blocks::reload(model);
        }
    }
    vec![apps::ask(model)]
}

/// What is shown of cards may be another now.
fn cards_changed(model: &mut Model) -> Vec<Effect> {
    close_form(model);
    (model.history, model.seated, model.licensed) = (None, None, None);
    let mut effects = table::refresh(model);
    effects.push(counts::ask(model));
    effects
}

/// Keeps in mind that an act was taken back; returns which it was, in words, and how it is done again.
fn taken_back(model: &mut Model, undoing: &Undoing, outcome: &ActOutcome) -> String {
    let is_whole = !outcome.cancelled && outcome.failed.is_none();
    if is_whole {
        model.session.took_back(&undoing.undoable.act, outcome.act_id);
    }
    let (language, zone, now) = (model.language, model.zone, model.server_now());
    let named = touch::named(language, zone, now, &undoing.undoable.act);
    match (is_whole && outcome.act_id.is_some(), undoing.is_redo) {
        (true, false) => format!(" {named}  {}", say!(language, "done.redo_hint")),
        (true, true) => format!(" {named}  {}", say!(language, "done.undo_hint")),
        (false, _) => format!(" {named}"),
    }
}

/// The form on top that ordered what is being done. Quick work leaves time to open others, which have no part in it.
fn order_form(model: &mut Model) -> Option<&mut Form> {
    model.overlays.top_mut::<Form>().filter(|form| form.kind.is_order())
}

fn close_form(model: &mut Model) {
    model.overlays.retain(|overlay| {
        as_kind::<Form>(overlay).is_none_or(|form| !form.kind.is_order())
            && as_kind::<Preview>(overlay).is_none()
            && as_kind::<BlockPreview>(overlay).is_none()
    });
}

fn one(model: &mut Model, words: &str, id: u64, acted: Acted) {
    let rows = &mut model.cards.rows;
    if let Some(place) = rows.iter().position(|card| card.id == id) {
        match acted.card {
            Some(card) => rows[place] = CardRecord { mismatches: rows[place].mismatches, ..card },
            None => drop(rows.remove(place)),
        }
    }
    let height = model.table_height();
    model.cards.go(0, height);
    say_undoable(model, words);
}

/// An app is another now, or gone.
fn app_saved(model: &mut Model, order: &AppOrder, acted: AppActed) -> Vec<Effect> {
    model.session.did(Own::Act(acted.act_id));
    let Some(name) = order.app() else { return Vec::new() };
    if acted.app.is_some() {
        overlay::apps::follow(model, name);
    }
    model.apps.put(name, acted.app);
    let words = say!(model.language, format!("done.{}", order.name()), app = name);
    say_undoable(model, &words);
    overlay::refresh(model);
    Vec::new()
}

/// A preset is another now, or gone.
fn preset_saved(model: &mut Model, order: &PresetOrder, acted: PresetActed) {
    model.session.did(Own::Act(acted.act_id));
    let Some((app, name)) = order.preset() else { return };
    if let Some(preset) = &acted.preset {
        overlay::presets::follow(model, preset);
    }
    model.presets.put(app, name, acted.preset);
    let preset = format!("{app}/{name}");
    let words = say!(model.language, format!("done.{}", order.name()), preset = preset);
    say_undoable(model, &words);
    overlay::refresh(model);
}

/// Others are kept out now.
fn blocks_changed(model: &mut Model, order: &BlockOrder, acted: BlocksActed) -> Vec<Effect> {
    model.session.did(Own::Act(acted.act_id));
    let language = model.language;
    let targets = || touch::targets_of(language, order);
    let words = match order {
        BlockOrder::Add(blocks) if blocks.len() > 1 => shown::block_changes(language, acted.changes),
        BlockOrder::Add(_) if acted.changes.replaced > 0 => {
            say!(language, "done.block_set", targets = targets())
        }
        BlockOrder::Add(_) => say!(language, "done.block_add", targets = targets()),
        BlockOrder::Remove(_) => say!(language, "done.block_remove", targets = targets()),
    };
    say_undoable(model, &words);
    if let BlockOrder::Add(blocks) = order
        && let [block] = &blocks[..]
    {
        overlay::blocks::follow(model, &block.key);
    }
    overlay::blocks::reload(model)
}

/// All who are kept out are in a file.
fn blocks_exported(model: &mut Model, exported: &ExportedBlocks) {
    let ExportedBlocks { count, unreadable, path } = exported;
    close_form(model);
    let words = counted(model.language, "block.exported", *count);
    let words = format!("{words} {}", path.display());
    if *unreadable == 0 {
        return model.say(Tone::Good, words);
    }
    let left_out = say!(model.language, "block.unreadable", n = number(*unreadable as u64));
    model.say(Tone::Bad, format!("{words}; {left_out}"));
}

/// Somebody is kept out already, or otherwise than was seen, or no more: that is shown, and what was typed stays.
fn blocked_otherwise(model: &mut Model, is: Option<Block>) -> Vec<Effect> {
    let words = say!(model.language, if is.is_some() { "form.block_is" } else { "form.block_gone" });
    match order_form(model) {
        Some(form) => {
            form.rebase_block(is);
            form.failure = Some(Failure { words, passes: false });
        }
        None => model.say(Tone::Bad, words),
    }
    overlay::blocks::reload(model)
}

/// Says what became of the taking back of an act on an app, with `more` where it went well.
fn say_of_subject(model: &mut Model, key: &str, name: &str, outcome: &ActOutcome, more: &str) {
    let (language, name) = (model.language, harmless(name));
    match outcome.refused.keys().next() {
        None => {
            let words = say!(language, key, name = name);
            model.say(Tone::Good, words + more);
        }
        Some(refusal) => {
            let why = reason::refusal(language, *refusal);
            let words = say!(language, format!("{key}_not"), name = name, why = why);
            model.say(Tone::Bad, words + more);
        }
    }
}

/// Says what became of the taking back of an act on those who are kept out, with `more` where it went well: of one, who it is.
fn say_of_blocks(model: &mut Model, key: &str, act: &ActRecord, outcome: &ActOutcome, more: &str) {
    let language = model.language;
    let is_one = act.card_count == 1;
    let whom = shown::touched(language, act);
    let mut said = Vec::new();
    if outcome.cancelled {
        said.push(say!(language, "done.broken_off"));
    }
    if outcome.done > 0 {
        said.push(if is_one {
            say!(language, format!("{key}_block"), whom = whom)
        } else {
            counted(language, &format!("{key}_blocks"), outcome.done)
        });
    }
    for (refusal, count) in &outcome.refused {
        let why = reason::refusal(language, *refusal);
        said.push(if is_one {
            say!(language, format!("{key}_block_not"), whom = whom, why = why)
        } else {
            say!(language, format!("{key}_blocks_not"), n = number(*count), why = why)
        });
    }
    said.extend(outcome.failed.as_ref().map(|error| reason::act_error(language, error)));
    let words = said.join(" ");
    if outcome.failed.is_some() || outcome.done == 0 {
        model.say(Tone::Bad, words);
    } else {
        model.say(Tone::Good, words + more);
    }
}

fn say_undoable(model: &mut Model, words: &str) {
    let hint = say!(model.language, "done.undo_hint");
    model.say(Tone::Good, format!("{words}  {hint}"));
}

/// Says what an act came to, with `more` where it went well.
fn say_outcome(model: &mut Model, key: &str, outcome: &ActOutcome, machines: Option<u64>, more: &str) {
    let language = model.language;
    let mut words = shown::cards_done(language, key, outcome.done, machines);
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
    model.overlays.push(List::new(kind, Picker::new(items)));
    let mut effects = table::reload(model);
    effects.push(counts::ask(model));
    effects
}

fn refused(model: &mut Model, error: ActError) -> Vec<Effect> {
    let language = model.language;
    let words = reason::act_error(language, &error);
    if let ActError::Changed { card, .. } = error {
        return changed_meanwhile(model, &card, words);
    }
    // After these what is shown may not be what is there.
    let is_stale = matches!(
        error,
        ActError::NotFound
            | ActError::MoreThanAgreed { .. }
            | ActError::Uncertain(_)
            | ActError::Refused(ActRefusal::NoSeat)
    );
    let is_of_app = matches!(error, ActError::App(_));
    let is_of_preset = matches!(error, ActError::Preset(_));
    let is_of_blocks = matches!(error, ActError::Block(_));
    let passes = matches!(&error, ActError::Store(error) if error.is_transient());
    match order_form(model) {
        Some(form) => form.failure = Some(Failure { words, passes }),
        None if matches!(error, ActError::Cancelled) => model.say(Tone::Plain, words),
        None => model.say_failed(words, passes),
    }
    // Whether the database is back shows in the table, which is asked for until it comes.
    if is_of_app {
        return vec![apps::ask_quietly(model)];
    }
    if is_of_preset {
        return vec![presets::ask_quietly(model)];
    }
    if is_of_blocks {
        return overlay::blocks::reload(model);
    }
    if !is_stale && !passes {
        return Vec::new();
    }
    let mut effects = table::refresh(model);
    effects.extend([counts::ask(model), apps::ask_quietly(model), presets::ask_quietly(model)]);
    effects.extend(overlay::blocks::reload(model));
    effects
}

/// Someone else was faster: the new state is shown, and what was typed stays.
fn changed_meanwhile(model: &mut Model, card: &CardRecord, words: String) -> Vec<Effect> {
    if let Some(row) = model.cards.rows.iter_mut().find(|row| row.id == card.id) {
        row.clone_from(card);
    }
    (model.history, model.seated, model.licensed) = (None, None, None);
    let mut effects = table::details(model);
    if let Some(form) = order_form(model) {
        form.rebase(card);
        form.failure = Some(Failure { words, passes: false });
        effects.extend(table::seats_at_stake(model, card));
    } else {
        model.say(Tone::Bad, words);
    }
    effects
}
