//! What the database's answers change.

use chrono::TimeDelta;
use kami_common::reason;
use kami_common::words::{number, say};
use kami_core::filter::{Capped, Position, Sort};
use kami_store::{COUNT_CAP, Grants, Page, SearchStep};

use super::{acts, gate, import, lists, log, paste, schema, table, undo, work};
use crate::input::act::Act;
use crate::state::cards::Landing;
use crate::state::message::{Answer, Effect, Failure, Question, Topic};
use crate::state::model::{History, Link, Model, ReadOnly, Tone};
use crate::state::overlay::Overlay;
use crate::state::search::Progress;
use crate::state::statistics::Statistics;

/// The longest time between two tries to reach a database that is away.
const LONGEST_PAUSE: u32 = 15;

/// Takes the answer to the newest question about `topic`.
pub(super) fn take(model: &mut Model, topic: Topic, answer: Answer) -> Vec<Effect> {
    if answer.is_last() {
        model.settle(topic);
    }
    if answer.proves_link() {
        model.notice.take_if(|notice| notice.is_of_outage);
        for overlay in &mut model.overlays {
            if let Overlay::Form(form) = overlay {
                form.failure.take_if(|failure| failure.passes);
            }
        }
    }
    match answer {
        Answer::Server(grants) => server(model, grants),
        Answer::Rows(page, landing) => rows(model, page, landing),
        Answer::Hits { step, is_first, .. } => hits(model, step, is_first),
        Answer::Total { total, newest } => {
            // Where only a search could tell, it may have told.
            model.cards.total = total.or(model.cards.total);
            model.cards.newest = Some(newest);
            count_by_counts(model);
            Vec::new()
        }
        Answer::Marking { filter, count, newest } => acts::mark_found(model, filter, count, newest),
        Answer::Offset(before) => {
            model.cards.offset = before.exactly().or(model.cards.offset);
            Vec::new()
        }
        Answer::Counts(counts) => {
            model.counts = Some(counts);
            count_by_counts(model);
            Vec::new()
        }
        Answer::History(card, records) => {
            model.history = Some(History { card, records });
            Vec::new()
        }
        Answer::PrefixNames(names) => {
            lists::offer_prefixes(model, names.into_iter().map(|name| (name, None)).collect());
            Vec::new()
        }
        Answer::Prefixes(counts) => {
            let prefixes = counts.into_iter().map(|each| (each.prefix.clone(), Some(each.counts.total())));
            lists::offer_prefixes(model, prefixes.collect());
            Vec::new()
        }
        Answer::Batches(batches) => {
            lists::offer_batches(model, &batches);
            Vec::new()
        }
        Answer::SortsAnyWay(any_way) => {
            lists::offer_orders(model, any_way);
            Vec::new()
        }
        Answer::Statistics(statistics) => {
            take_statistics(model, statistics);
            Vec::new()
        }
        Answer::Acts { step, is_first, .. } => log::take(model, step, is_first),
        Answer::LogOfAct { records, is_first, next } => {
            log::show(model, &records, is_first, next);
            Vec::new()
        }
        Answer::Codes(codes) => acts::copy_codes(model, &codes),
        Answer::Tmux(took) => {
            acts::say_of_tmux(model, took);
            Vec::new()
        }
        Answer::Import(looked_at) => import::show(model, *looked_at),
        Answer::Unreadable { file, error } => import::unreadable(model, &file, &error),
        Answer::Surveying(share) => {
            gate::counted_so_far(model, share);
            Vec::new()
        }
        Answer::Survey(survey) => {
            gate::surveyed(model, &survey);
            Vec::new()
        }
        Answer::Undoable { undoable, is_redo } => undo::offer(model, undoable, is_redo),
        Answer::Progress { done, share } => {
            work::progress(model, done, share);
            Vec::new()
        }
        Answer::Done(done) => work::done(model, *done),
        Answer::Unready(what) => {
            schema::unready(model, what);
            Vec::new()
        }
        Answer::Migrated(done) => schema::migrated(model, done),
        Answer::Failed(failure) => failed(model, topic, failure),
    }
}

/// What was counted before stays until all of it is counted anew.
fn take_statistics(model: &mut Model, statistics: Statistics) {
    let was_whole = model.statistics.as_ref().is_some_and(|before| before.stock.is_some());
    if statistics.stock.is_some() || !was_whole {
        model.statistics = Some(statistics);
    }
}

/// Without a filter the strip of counts knows the total that counting quickly gave up on, unless the strip is itself
/// being counted anew: what it says is from before the act then.
fn count_by_counts(model: &mut Model) {
    if model.awaits(Topic::Counts) {
        return;
    }
    let cards = &mut model.cards;
    if let (Some(Capped::MoreThan(_)), Some(counts)) = (cards.total, &model.counts)
        && !cards.query.is_filtered()
    {
        cards.total = Some(Capped::Exactly(counts.total()));
    }
}

fn rows(model: &mut Model, page: Page, landing: Landing) -> Vec<Effect> {
    let anew = came_back(model);
    tell_unreadable(model, &page.unreadable);
    model.skew = page.now - model.now;
    let height = model.table_height();
    let cards = &mut model.cards;
    cards.is_fresh = true;
    cards.progress = None;
    // Cards that became too many to be sorted come in another order, from its beginning.
    let landing = if cards.sort == page.sort { landing } else { Landing::Top };
    cards.sort = page.sort;
    match landing {
        Landing::Top | Landing::Bottom | Landing::Stay => {
            (cards.has_before, cards.has_after) = (page.has_before, page.has_after);
        }
        Landing::Behind => cards.has_after = page.has_after,
        Landing::Before => cards.has_before = page.has_before,
    }
    let is_other_order = landing == Landing::Top && page.sort != cards.query.sort;
    let before = cards.current().cloned();
    let carried = page.rows.first().and_then(|first| cards.offset_of(first.id));
    cards.land(page.rows, landing, height);
    let is_changed = before
        .is_some_and(|before| cards.current().is_some_and(|card| card.id == before.id && *card != before));
    if is_other_order {
        tell_other_order(model);
    }
    if landing == Landing::Top {
        paste::tell_missing(model);
    }
    let mut effects = offset(model, landing, carried);
    if is_changed && let Some(card) = model.cards.current().filter(|_| model.shows_detail()) {
        // Whoever changed the card stands in its history.
        let id = card.id;
        effects.push(model.ask(Topic::History, Question::History(id)));
    }
    effects.extend(table::reach(model));
    effects.extend(anew);
    effects
}

/// Finds out how many rows stand before the table's, where that is not known yet; until then, or where they are too
/// many to be counted, it is as many as stood `carried` before its first.
fn offset(model: &mut Model, landing: Landing, carried: Option<u64>) -> Vec<Effect> {
    let cards = &mut model.cards;
    if !cards.has_before {
        cards.offset = Some(0);
        return model.forget(Topic::Offset).into_iter().collect();
    }
    if matches!(landing, Landing::Behind | Landing::Before) {
        return Vec::new();
    }
    if !cards.has_after
        && let Some(total) = cards.exact_total()
    {
        cards.offset = Some(total.saturating_sub(cards.rows.len() as u64));
        return model.forget(Topic::Offset).into_iter().collect();
    }
    cards.offset = carried.filter(|_| landing == Landing::Stay);
    let Some(first) = cards.rows.first() else { return Vec::new() };
    let position = Position::of(first, cards.sort.by);
    let question = Question::Offset(cards.query.whole_filter(), cards.sort, position);
    vec![model.ask(Topic::Offset, question)]
}

fn hits(model: &mut Model, step: SearchStep, is_first: bool) -> Vec<Effect> {
    let anew = came_back(model);
    tell_unreadable(model, &step.unreadable);
    model.skew = step.now - model.now;
    let height = model.table_height();
    let cards = &mut model.cards;
    if is_first {
        (cards.has_before, cards.has_after) = (false, false);
        cards.offset = Some(0);
        cards.newest = None;
        cards.sort = Sort::NEWEST;
    }
    // Hits come newest first.
    cards.newest = cards.newest.or(step.rows.first().map(|card| card.id));
    let landing = if is_first || !cards.is_fresh { Landing::Top } else { Landing::Behind };
    // The old rows stay, dimmed, until there is something to put in their place or nothing is left to look through.
    if !step.rows.is_empty() || step.next.is_none() || landing == Landing::Behind {
        cards.is_fresh = true;
        cards.land(step.rows, landing, height);
    }
    let is_done = step.next.is_none();
    cards.progress = Some(Progress { done: step.progress.done, total: step.progress.total, next: step.next });
    if is_done {
        cards.total = cards.offset.map(|offset| Capped::Exactly(offset + cards.rows.len() as u64));
    }
    if is_first && model.cards.query.sort != model.cards.sort {
        tell_other_order(model);
    }
    table::history(model).into_iter().chain(anew).collect()
}

/// Says that the cards do not come in the order that was chosen; nobody has to choose the usual one.
fn tell_other_order(model: &mut Model) {
    if model.cards.query.sort == Sort::NEWEST {
        return;
    }
    let words = say!(model.language, "order.another", most = number(COUNT_CAP));
    model.say(Tone::Plain, words);
}

/// Names the cards that are missing from the table because their rows cannot be understood.
fn tell_unreadable(model: &mut Model, ids: &[u64]) {
    if !ids.is_empty() {
        let words = reason::unreadable(model.language, ids);
        model.say(Tone::Bad, words);
    }
}

/// What the account may do: where that is to read, the console does no more.
fn server(model: &mut Model, grants: Grants) -> Vec<Effect> {
    let only_reads = grants.only_reads();
    model.grants = Some(grants);
    if !only_reads || model.read_only.is_some() {
        return Vec::new();
    }
    model.read_only = Some(ReadOnly::NoGrant);
    vec![Effect::ForbidChanges]
}

/// The database answers (again).
fn came_back(model: &mut Model) -> Vec<Effect> {
    let was_away = matches!(model.link, Link::Away { .. });
    model.link = Link::Up;
    if was_away { ask_anew(model) } else { Vec::new() }
}

/// Asks anew what the screen on top was asked for in vain.
fn ask_anew(model: &mut Model) -> Vec<Effect> {
    match model.overlays.last() {
        Some(Overlay::Log(_) | Overlay::Statistics) => acts::act(model, Act::Refresh),
        Some(Overlay::Picker { kind, picker }) if picker.waiting => {
            let question = lists::question(*kind);
            question.map(|question| model.ask(Topic::Choices, question)).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

fn failed(model: &mut Model, topic: Topic, failure: Failure) -> Vec<Effect> {
    match topic {
        // Whatever keeps it from answering, a database that is away is asked again only after a pause.
        Topic::Rows if failure.passes || matches!(model.link, Link::Away { .. }) => {
            let tries = match model.link {
                Link::Away { tries, .. } => tries + 1,
                _ => 1,
            };
            let pause = 2_u32.saturating_pow(tries).min(LONGEST_PAUSE);
            let retry_at = model.now + TimeDelta::seconds(i64::from(pause));
            model.link = Link::Away { reason: failure.words, retry_at, tries };
        }
        // What the table is asked for says it once; these would only say it again.
        Topic::Total | Topic::Offset | Topic::History | Topic::Server => {}
        Topic::Counts
            if failure.passes || matches!(model.link, Link::Unready { .. } | Link::Migrating { .. }) => {}
        Topic::Import => {
            let passes = failure.passes;
            import::fail(model, failure);
            return if passes { table::look_again(model) } else { Vec::new() };
        }
        Topic::Survey => gate::not_surveyed(model, failure.words),
        Topic::Rows
        | Topic::Marking
        | Topic::Counts
        | Topic::Choices
        | Topic::Acts
        | Topic::LogOfAct
        | Topic::Codes
        | Topic::Statistics
        | Topic::Undo
        | Topic::Schema
        | Topic::Clipboard
        | Topic::Work => {
            model.say_failed(failure.words, failure.passes);
            // The table finds out when the database is back, and what else is shown is asked for anew then.
            if failure.passes && model.link == Link::Up && topic != Topic::Rows {
                return table::look_again(model);
            }
        }
    }
    Vec::new()
}
