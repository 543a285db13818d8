//! What the database's answers change.

use chrono::TimeDelta;
use kami_common::reason;
use kami_common::words::{number, say};
use kami_core::filter::{Capped, Position, Sort};
use kami_store::{COUNT_CAP, Grants, Page, SearchStep};

use std::ops::ControlFlow;

use crate::overlay;
use crate::state::cards::Landing;
use crate::state::message::{Answer, Effect, Failure, Question, Topic};
use crate::state::model::{History, Licensed, Link, Model, ReadOnly, Seated, Tone};
use crate::state::search::Progress;
use crate::update::{codes, copy, counts, marks, schema, table};

/// The longest time between two tries to reach a database that is away.
const LONGEST_PAUSE: u32 = 15;

/// Takes the answer to the newest question about `topic`.
pub(crate) fn take(model: &mut Model, topic: Topic, answer: Answer) -> Vec<Effect> {
    if answer.is_last() {
        model.settle(topic);
    }
    if answer.proves_link() {
        model.notice.take_if(|notice| notice.is_of_outage);
        for overlay in model.overlays.iter_mut() {
            overlay.is_answered();
        }
    }
    let answer = match overlay::answered(model, answer) {
        ControlFlow::Break(effects) => return effects,
        ControlFlow::Continue(answer) => answer,
    };
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
        Answer::Marking { filter, count, newest } => marks::mark_found(model, filter, count, newest),
        Answer::Offset(before) => {
            model.cards.offset = before.exactly().or(model.cards.offset);
            Vec::new()
        }
        Answer::Counts(counts) => {
            counts::take(model, counts);
            count_by_counts(model);
            Vec::new()
        }
        Answer::Apps(found) => {
            model.apps.take(found);
            overlay::refresh(model);
            Vec::new()
        }
        Answer::AppCounts(counts) => {
            model.apps.count(counts);
            overlay::refresh(model);
            Vec::new()
        }
        Answer::Presets(found) => {
            model.presets.take(found);
            overlay::refresh(model);
            Vec::new()
        }
        Answer::PresetCounts(app, counts) => {
            let at = model.server_now();
            model.presets.count(app, counts, at);
            Vec::new()
        }
        Answer::History(card, records) => {
            model.history = Some(History { card, records });
            Vec::new()
        }
        Answer::Seats(card, seats) => {
            model.seated = Some(Seated { card, seats });
            Vec::new()
        }
        Answer::Licences(card, licences) => {
            model.licensed = Some(Licensed { card, licences });
            Vec::new()
        }
        Answer::Codes(codes) => copy::copy_codes(model, &codes),
        Answer::Tmux(took) => {
            copy::say_of_tmux(model, took);
            Vec::new()
        }
        Answer::Unready(what) => {
            schema::unready(model, what);
            Vec::new()
        }
        Answer::Failed(failure) => failed(model, topic, failure),
        // These belong to what lies over the screen.
        Answer::PrefixNames(_)
        | Answer::Prefixes(_)
        | Answer::Batches(_)
        | Answer::SortsAnyWay(_)
        | Answer::Statistics(_)
        | Answer::Acts { .. }
        | Answer::Blocks { .. }
        | Answer::LogOfAct { .. }
        | Answer::Import(_)
        | Answer::BlockImport { .. }
        | Answer::Unreadable { .. }
        | Answer::Surveying(_)
        | Answer::Survey(_)
        | Answer::Undoable { .. }
        | Answer::TopUp { .. }
        | Answer::Progress { .. }
        | Answer::Done(_)
        | Answer::Migrated(_) => Vec::new(),
    }
}

/// Without a filter but that by app the strip of counts knows the total that counting quickly gave up on, unless the strip
/// is itself being counted anew: what it says is from before the act then.
fn count_by_counts(model: &mut Model) {
    if model.awaits(Topic::Counts) {
        return;
    }
    let cards = &mut model.cards;
    if let (Some(Capped::MoreThan(_)), Some(counts)) = (cards.total, &model.counts)
        && cards.query.is_whole_app()
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
    let now_on = cards.current();
    let stays = now_on.zip(before.as_ref()).is_some_and(|(card, before)| card.id == before.id);
    let is_changed = stays && now_on != before.as_ref();
    if is_other_order {
        tell_other_order(model);
    }
    if landing == Landing::Top {
        codes::tell_missing(model);
    }
    let mut effects = offset(model, landing, carried);
    effects.extend(table::reach(model));
    if stays {
        effects.extend(table::details_again(model, is_changed));
    }
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
    table::details(model).into_iter().chain(anew).collect()
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
    if was_away { overlay::ask_anew(model) } else { Vec::new() }
}

fn failed(model: &mut Model, topic: Topic, failure: Failure) -> Vec<Effect> {
    let failure = match overlay::failed(model, topic, failure) {
        ControlFlow::Break(effects) => return effects,
        ControlFlow::Continue(failure) => failure,
    };
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
        Topic::Total | Topic::Offset | Topic::History | Topic::Seats | Topic::Licences | Topic::Server => {}
        Topic::Counts
            if failure.passes || matches!(model.link, Link::Unready { .. } | Link::Migrating { .. }) => {}
        Topic::Rows
        | Topic::Marking
        | Topic::Counts
        | Topic::Apps
        | Topic::AppCounts
        | Topic::Choices
        | Topic::Acts
        | Topic::Presets
        | Topic::PresetCounts
        | Topic::Blocks
        | Topic::LogOfAct
        | Topic::Codes
        | Topic::Statistics
        | Topic::Import
        | Topic::Survey
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
