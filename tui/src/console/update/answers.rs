//! What the database's answers change.

use chrono::TimeDelta;
use kami_shared::filter::{Capped, Position};
use kami_shared::store::{Grants, Page, SearchStep};

use super::{acts, import, lists, log, table, work};
use crate::console::cards::Landing;
use crate::console::message::{Answer, Effect, Failure, Question, Topic};
use crate::console::model::{History, Link, Model, ReadOnly, Tone};
use crate::console::overlay::PickerKind;
use crate::console::search::Progress;

/// The longest time between two tries to reach a database that is away.
const LONGEST_PAUSE: u32 = 15;

/// Takes the answer to the newest question about `topic`.
pub(super) fn take(model: &mut Model, topic: Topic, answer: Answer) -> Vec<Effect> {
    match answer {
        Answer::Server(grants) => {
            model.settle(topic);
            server(model, grants)
        }
        Answer::Rows(page, landing) => {
            model.settle(topic);
            rows(model, page, landing)
        }
        Answer::Hits { step, is_first, goes_on } => {
            if !goes_on {
                model.settle(topic);
            }
            hits(model, step, is_first)
        }
        Answer::Total(total) => {
            model.settle(topic);
            model.cards.total = total;
            count_by_counts(model);
            Vec::new()
        }
        Answer::Offset(before) => {
            model.settle(topic);
            model.cards.offset = match before {
                Capped::Exactly(before) => Some(before),
                Capped::MoreThan(_) => None,
            };
            Vec::new()
        }
        Answer::Counts(counts) => {
            model.settle(topic);
            model.counts = Some(counts);
            count_by_counts(model);
            Vec::new()
        }
        Answer::History(card, records) => {
            model.settle(topic);
            model.history = Some(History { card, records });
            Vec::new()
        }
        Answer::PrefixNames(names) => {
            lists::offer_prefixes(model, names.into_iter().map(|name| (name, None)).collect());
            Vec::new()
        }
        Answer::Prefixes(counts) => {
            model.settle(topic);
            let prefixes = counts.into_iter().map(|each| (each.prefix.clone(), Some(each.counts.total())));
            lists::offer_prefixes(model, prefixes.collect());
            Vec::new()
        }
        Answer::Batches(batches) => {
            model.settle(topic);
            lists::offer_batches(model, &batches);
            Vec::new()
        }
        Answer::Statistics(statistics) => {
            model.settle(topic);
            model.statistics = Some(statistics);
            Vec::new()
        }
        Answer::Acts(acts) => {
            model.settle(topic);
            let items = log::items(model, &acts);
            lists::fill(model, PickerKind::Log, items);
            Vec::new()
        }
        Answer::LogOfAct(records) => {
            model.settle(topic);
            log::show(model, &records);
            Vec::new()
        }
        Answer::Codes(codes) => {
            model.settle(topic);
            acts::copy_codes(model, &codes)
        }
        Answer::Import(looked_at) => {
            model.settle(topic);
            import::show(model, *looked_at)
        }
        Answer::Unreadable { file, error } => {
            model.settle(topic);
            import::unreadable(model, &file, &error)
        }
        Answer::Progress { done, share } => {
            work::progress(model, done, share);
            Vec::new()
        }
        Answer::Done(done) => {
            model.settle(topic);
            work::done(model, *done)
        }
        Answer::Failed(failure) => {
            model.settle(topic);
            failed(model, topic, failure)
        }
    }
}

/// Without a filter the strip of counts knows the total that counting quickly gave up on.
fn count_by_counts(model: &mut Model) {
    let cards = &mut model.cards;
    if let (Some(Capped::MoreThan(_)), Some(counts)) = (cards.total, &model.counts)
        && !cards.query.is_filtered()
    {
        cards.total = Some(Capped::Exactly(counts.total()));
    }
}

fn rows(model: &mut Model, page: Page, landing: Landing) -> Vec<Effect> {
    came_back(model);
    model.skew = page.now - model.now;
    let height = model.table_height();
    let cards = &mut model.cards;
    cards.is_fresh = true;
    cards.progress = None;
    cards.sort = page.sort;
    match landing {
        Landing::Top | Landing::Bottom | Landing::Stay => {
            (cards.has_before, cards.has_after) = (page.has_before, page.has_after);
        }
        Landing::Behind => cards.has_after = page.has_after,
        Landing::Before => cards.has_before = page.has_before,
    }
    cards.land(page.rows, landing, height);
    let mut effects = offset(model, landing);
    effects.extend(table::reach(model));
    effects
}

/// Finds out how many rows stand before the table's, where that is not known yet.
fn offset(model: &mut Model, landing: Landing) -> Vec<Effect> {
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
    cards.offset = None;
    let Some(first) = cards.rows.first() else { return Vec::new() };
    let position = Position::of(first, cards.sort.by);
    let question = Question::Offset(cards.query.whole_filter(), cards.sort, position);
    vec![model.ask(Topic::Offset, question)]
}

fn hits(model: &mut Model, step: SearchStep, is_first: bool) -> Vec<Effect> {
    came_back(model);
    model.skew = step.now - model.now;
    let height = model.table_height();
    let cards = &mut model.cards;
    if is_first {
        (cards.has_before, cards.has_after) = (false, false);
        cards.offset = Some(0);
        cards.sort = kami_shared::filter::Sort::NEWEST;
    }
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
    table::history(model).into_iter().collect()
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
fn came_back(model: &mut Model) {
    model.link = Link::Up;
}

fn failed(model: &mut Model, topic: Topic, failure: Failure) -> Vec<Effect> {
    match topic {
        Topic::Rows if failure.passes => {
            let tries = match model.link {
                Link::Away { tries, .. } => tries + 1,
                Link::Connecting | Link::Up => 1,
            };
            let pause = 2_u32.saturating_pow(tries).min(LONGEST_PAUSE);
            let retry_at = model.now + TimeDelta::seconds(i64::from(pause));
            model.link = Link::Away { reason: failure.words, retry_at, tries };
        }
        // What the table is asked for says it once; these would only say it again.
        Topic::Total | Topic::Offset | Topic::History | Topic::Server => {}
        Topic::Counts if failure.passes => {}
        Topic::Import => import::fail(model, failure.words),
        Topic::Rows | Topic::Counts | Topic::Choices | Topic::Codes | Topic::Statistics | Topic::Work => {
            model.say(Tone::Bad, failure.words);
        }
    }
    Vec::new()
}
