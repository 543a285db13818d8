//! A database that has to be migrated: said, offered, done, and gone on from by itself.

use chrono::TimeDelta;
use kami_common::cells::harmless;
use kami_common::schema::not_migrated;
use kami_common::words::say;
use kami_store::{MigrateError, MigrationPlan};

use super::start;
use crate::state::message::{Effect, Question, Topic};
use crate::state::model::{Link, Model, Tone};
use crate::state::overlay::{Confirm, Consequence, Overlay, Report, Touched};
use crate::state::unready::Unready;

/// How long after it was found to lack something the database is looked at again: others may have migrated it.
const LOOK_AGAIN: TimeDelta = TimeDelta::seconds(15);

/// The database lacks what only a migration brings.
pub(super) fn unready(model: &mut Model, what: Unready) {
    if matches!(model.link, Link::Migrating { .. }) {
        return;
    }
    // What else was asked for missed the same tables, which the screen says now.
    model.notice.take_if(|notice| notice.tone == Tone::Bad);
    model.cards.rows.clear();
    model.link = Link::Unready { what, look_at: model.now + LOOK_AGAIN };
}

/// Asks whether the database shall be migrated, where it can be.
pub(super) fn offer(model: &mut Model) -> Vec<Effect> {
    let Link::Unready { what, .. } = &model.link else { return Vec::new() };
    let language = model.language;
    let (question, consequence) = if what.is_new() {
        ("confirm.migrate_new", "confirm.migrate_new_consequence")
    } else {
        ("confirm.migrate", "confirm.migrate_consequence")
    };
    let question = say!(language, question, name = harmless(&model.location.database));
    let touched = Touched::Known(what.details(language));
    let confirm = Confirm {
        is_danger: !what.is_new(),
        touched,
        ..Confirm::new(question, say!(language, consequence), Consequence::Migrate)
    };
    model.overlays.push(Overlay::Confirm(confirm));
    Vec::new()
}

/// Migrates the database.
pub(super) fn migrate(model: &mut Model) -> Vec<Effect> {
    model.link = Link::Migrating { since: model.now };
    let forgotten = model.forget(Topic::Rows);
    let asked = model.ask(Topic::Schema, Question::Migrate);
    forgotten.into_iter().chain([asked]).collect()
}

/// What came of it: the console begins anew, or says why it cannot.
pub(super) fn migrated(
    model: &mut Model,
    done: Result<Box<MigrationPlan>, Box<MigrateError>>,
) -> Vec<Effect> {
    let language = model.language;
    model.link = Link::Connecting;
    match done {
        Ok(plan) if plan.routines_denied => model.say(Tone::Bad, say!(language, "migrate.routines_denied")),
        Ok(_) => model.say(Tone::Good, say!(language, "done.migrate")),
        Err(error) => {
            let lines = not_migrated(language, &error).lines().map(str::to_owned).collect();
            let title = say!(language, "unready.failed");
            model.overlays.push(Overlay::Report(Report { title, lines, scroll: 0, more: None }));
        }
    }
    start(model)
}
