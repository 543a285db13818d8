//! Moving over the table, and fetching what the movement comes near to.

use std::time::Duration;

use kami_core::certify::may_have_licences;
use kami_core::filter::{Anchor, Position, Sort};
use kami_core::plan::{self, Plan};
use kami_core::record::CardRecord;

use super::counts;
use crate::state::cards::Landing;
use crate::state::message::{Effect, Question, Topic};
use crate::state::model::Model;

/// How many rows a question for a part of the table asks for.
const PART: usize = 120;

/// After how many more hits a search of all cards stops, until the cursor comes near to its end.
const ENOUGH_HITS: usize = 200;

/// How long the cursor rests on a card before its history is asked for.
const REST: Duration = Duration::from_millis(120);

/// Asks for the table from its beginning.
pub(crate) fn reload(model: &mut Model) -> Vec<Effect> {
    reload_after(model, Duration::ZERO)
}

/// Asks for the table from its beginning, after a pause in which the query may change again.
pub(crate) fn reload_after(model: &mut Model, pause: Duration) -> Vec<Effect> {
    let now = model.server_now();
    model.cards.query.settle(model.zone, now);
    let filter = model.cards.query.whole_filter();
    model.cards.is_fresh = false;
    model.cards.progress = None;
    model.cards.total = None;
    model.cards.newest = None;
    let mut effects = Vec::new();
    match (plan::plan(&filter, model.cards.query.sort), model.cards.query.sort) {
        // What is searched for comes newest first anyhow.
        (Plan::Windowed(_), Sort::NEWEST) => {
            effects.extend(model.forget(Topic::Total));
            let question = Question::Search { filter, from: None, enough: ENOUGH_HITS };
            effects.push(model.ask_after(pause, Topic::Rows, question));
        }
        (_, wanted) => {
            effects.push(part(model, pause, wanted, Anchor::First, Landing::Top));
            effects.push(model.ask_after(pause, Topic::Total, Question::Total(filter)));
        }
    }
    effects.extend(model.forget(Topic::Offset));
    effects.extend(model.forget(Topic::Marking));
    effects.extend(counts::follow(model));
    effects
}

/// Asks for what is shown again, from the first row shown.
pub(crate) fn refresh(model: &mut Model) -> Vec<Effect> {
    let sort = model.cards.sort;
    let is_search = model.cards.progress.is_some();
    let now = model.server_now();
    model.cards.query.settle(model.zone, now);
    match model.cards.rows.get(model.cards.top) {
        // Rows that the query no longer means tell nothing of what it finds, nor whether an index serves it.
        Some(first) if !is_search && model.cards.is_fresh => {
            let is_at_top = model.cards.top == 0 && !model.cards.has_before;
            let anchor = if is_at_top { Anchor::First } else { Anchor::From(Position::of(first, sort.by)) };
            let filter = model.cards.query.whole_filter();
            let total = model.ask(Topic::Total, Question::Total(filter));
            vec![part(model, Duration::ZERO, sort, anchor, Landing::Stay), total]
        }
        _ => reload(model),
    }
}

/// Asks for what is shown again without a word about it, as others may have changed it.
pub(crate) fn look_again(model: &mut Model) -> Vec<Effect> {
    let effects = refresh(model);
    for topic in [Topic::Rows, Topic::Total] {
        model.silence(topic);
    }
    effects
}

/// To the first row of all.
pub(crate) fn first(model: &mut Model) -> Vec<Effect> {
    if model.cards.has_before {
        let sort = model.cards.sort;
        return vec![part(model, Duration::ZERO, sort, Anchor::First, Landing::Top)];
    }
    go(model, isize::MIN)
}

/// To the last row of all.
pub(crate) fn last(model: &mut Model) -> Vec<Effect> {
    if model.cards.has_after && model.cards.progress.is_none() {
        let sort = model.cards.sort;
        return vec![part(model, Duration::ZERO, sort, Anchor::Last, Landing::Bottom)];
    }
    go(model, isize::MAX)
}

/// Moves the cursor by rows.
pub(crate) fn go(model: &mut Model, rows: isize) -> Vec<Effect> {
    let height = model.table_height();
    model.cards.go(rows, height);
    reach(model)
}

/// Turns a page.
pub(crate) fn turn(model: &mut Model, forward: bool) -> Vec<Effect> {
    let height = model.table_height();
    model.cards.turn(forward, height);
    reach(model)
}

/// Fetches what the window has come near to, and what is told of the card under the cursor where it is shown.
pub(crate) fn reach(model: &mut Model) -> Vec<Effect> {
    let mut effects = Vec::new();
    if !model.awaits(Topic::Rows) {
        effects.extend(extend(model));
    }
    effects.extend(details(model));
    effects
}

fn extend(model: &mut Model) -> Option<Effect> {
    let height = model.table_height();
    let cards = &model.cards;
    let near_end = cards.top + 3 * height > cards.rows.len();
    if near_end && let Some(progress) = &cards.progress {
        let from = Some(progress.next?);
        let filter = cards.query.whole_filter();
        return Some(model.ask(Topic::Rows, Question::Search { filter, from, enough: ENOUGH_HITS }));
    }
    let sort = cards.sort;
    if near_end && cards.has_after {
        let anchor = Anchor::After(Position::of(cards.rows.last()?, sort.by));
        return Some(part(model, Duration::ZERO, sort, anchor, Landing::Behind));
    }
    if cards.top < 2 * height && cards.has_before {
        let anchor = Anchor::Before(Position::of(cards.rows.first()?, sort.by));
        return Some(part(model, Duration::ZERO, sort, anchor, Landing::Before));
    }
    None
}

/// Asks for what is told of the card under the cursor beside its row, if it is shown and not known, and for no other
/// card's.
pub(crate) fn details(model: &mut Model) -> Vec<Effect> {
    history(model).into_iter().chain(seats(model)).chain(licences(model)).collect()
}

/// Asks anew for what is told of the card under the cursor, where it is shown: `is_changed` says whether its row is
/// another now.
pub(crate) fn details_again(model: &mut Model, is_changed: bool) -> Vec<Effect> {
    if !model.shows_detail() {
        return Vec::new();
    }
    let Some(card) = model.cards.current() else { return Vec::new() };
    let (id, has_machines) = (card.id, model.tells_seats(card) && card.machine_code.is_some());
    let has_licences = is_changed && may_have_licences(card);
    // Whoever changed the card stands in its history; its row does not tell of further machines.
    let history = is_changed.then(|| model.ask(Topic::History, Question::History(id)));
    let seats = has_machines.then(|| model.ask(Topic::Seats, Question::Seats(id)));
    let licences = has_licences.then(|| model.ask(Topic::Licences, Question::Licences(id)));
    history.into_iter().chain(seats).chain(licences).collect()
}

/// Asks who has licence files of the card under the cursor, where there may be such.
fn licences(model: &mut Model) -> Option<Effect> {
    let shown = model.shows_detail();
    match model.cards.current().filter(|_| shown) {
        Some(card) if model.licences_of(card).is_none() => {
            let question = Question::Licences(card.id);
            Some(model.ask_after(REST, Topic::Licences, question))
        }
        _ => model.forget(Topic::Licences),
    }
}

/// Asks who has seats of the card under the cursor, where that is told of it.
fn seats(model: &mut Model) -> Option<Effect> {
    let shown = model.shows_detail();
    let told = model.cards.current().filter(|card| shown && model.tells_seats(card));
    match told {
        Some(card) if model.seats_of(card).is_none() => {
            let question = Question::Seats(card.id);
            Some(model.ask_after(REST, Topic::Seats, question))
        }
        _ => model.forget(Topic::Seats),
    }
}

/// Asks who has seats of a card that is edited: of fewer seats some would lose theirs.
pub(crate) fn seats_at_stake(model: &mut Model, card: &CardRecord) -> Option<Effect> {
    let is_at_stake = card.seats > 1 && card.machine_code.is_some();
    is_at_stake.then(|| model.ask(Topic::Seats, Question::Seats(card.id)))
}

/// Asks for the history of the card under the cursor, if it is shown and not known, and for no other card's.
fn history(model: &mut Model) -> Option<Effect> {
    let shown = model.shows_detail();
    let card = model.cards.current().filter(|_| shown)?.id;
    if model.history.as_ref().is_some_and(|history| history.card == card) {
        return model.forget(Topic::History);
    }
    Some(model.ask_after(REST, Topic::History, Question::History(card)))
}

fn part(model: &mut Model, pause: Duration, sort: Sort, anchor: Anchor, landing: Landing) -> Effect {
    model.cards.asked_at = Some(model.now);
    let filter = model.cards.query.whole_filter();
    let size = PART.max(model.table_height() * 2);
    model.ask_after(pause, Topic::Rows, Question::Rows { filter, sort, anchor, size, landing })
}
