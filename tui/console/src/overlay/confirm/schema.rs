//! A database that has to be migrated: offered, and gone on from by itself.

use kami_common::cells::harmless;
use kami_common::schema::not_migrated;
use kami_common::words::say;
use kami_store::{MigrateError, MigrationPlan};

use super::state::{Confirm, Consequence, Touched};
use crate::overlay::report::Report;
use crate::state::message::Effect;
use crate::state::model::{Link, Model, Tone};
use crate::update::start;

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
    model.overlays.push(confirm);
    Vec::new()
}

/// What came of migrating: the console begins anew, or says why it cannot.
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
            model.overlays.push(Report { title, lines, scroll: 0, more: None });
        }
    }
    start::start(model)
}
