//! A database that has to be migrated: found, and begun on.

use chrono::TimeDelta;

use crate::state::message::{Effect, Question, Topic};
use crate::state::model::{Link, Model, Tone};
use crate::state::unready::Unready;

/// How long after it was found to lack something the database is looked at again: others may have migrated it.
const LOOK_AGAIN: TimeDelta = TimeDelta::seconds(15);

/// The database lacks what only a migration brings.
pub(crate) fn unready(model: &mut Model, what: Unready) {
    if matches!(model.link, Link::Migrating { .. }) {
        return;
    }
    // What else was asked for missed the same tables, which the screen says now.
    model.notice.take_if(|notice| notice.tone == Tone::Bad);
    model.cards.rows.clear();
    model.link = Link::Unready { what, look_at: model.now + LOOK_AGAIN };
}

/// Migrates the database.
pub(crate) fn migrate(model: &mut Model) -> Vec<Effect> {
    model.link = Link::Migrating { since: model.now };
    let forgotten = model.forget(Topic::Rows);
    let asked = model.ask(Topic::Schema, Question::Migrate);
    forgotten.into_iter().chain([asked]).collect()
}
