//! `kami app add` and `kami app set`.

use chrono::DateTime;
use clap::{ArgGroup, Args};
use kami_common::reason;
use kami_core::app::{App, AppEdit, AppName};
use kami_store::{AppOrder, Permission};

use super::super::apps::find;
use super::super::failure::Failure;
use super::super::session::Session;
use super::act::{Manner, carry_out};
use super::sayings::Sayings;

/// Make an app
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  kami app add demo\n  \
                        kami app add demo --latest 1.2 --public-value forum=https://forum.example.com")]
pub(super) struct Add {
    /// Its name, by which clients and commands call it: 1 to 32 of a-z, 0-9 and -
    #[arg(value_name = "NAME")]
    name: AppName,
    #[command(flatten)]
    sayings: Sayings,
    #[command(flatten)]
    manner: Manner,
}

impl Add {
    /// Makes the app, unless there is one of its name.
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let edit = self.sayings.edit(session)?;
        session.must_be_allowed(Permission::Configure).await?;
        let wanted = applied(session, &edit, &App::blank(self.name, DateTime::UNIX_EPOCH))?;
        let order = AppOrder { seen: None, wanted: Some(wanted) };
        carry_out(session, order, &self.manner).await
    }
}

/// Change what an app tells its clients
///
/// What is not named stays; an empty text takes away what it told. A higher --minimum turns older clients away, and is
/// asked about.
#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("change").required(true).multiple(true)
        .args(["title", "lease", "when_full", "trial", "unbind", "unbind_cooldown", "unbind_limit", "unbind_cost"])
        .args(["offline", "device", "when_copied"])
        .args(["latest", "minimum", "url", "notice", "values", "public_values"]),
    after_help = "Examples:\n  kami app set demo --latest 1.3 --url https://example.com/demo-1.3.zip\n  \
                  kami app set demo --minimum 1.1\n  kami app set demo --value server=   take the value away"
)]
pub(super) struct Set {
    /// The name of the app
    #[arg(value_name = "NAME")]
    name: AppName,
    #[command(flatten)]
    sayings: Sayings,
    #[command(flatten)]
    manner: Manner,
}

impl Set {
    /// Changes the app, unless someone else does so meanwhile.
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let edit = self.sayings.edit(session)?;
        session.must_be_allowed(Permission::Configure).await?;
        let seen = find(session, &self.name).await?;
        let wanted = applied(session, &edit, &seen)?;
        let order = AppOrder { seen: Some(seen), wanted: Some(wanted) };
        carry_out(session, order, &self.manner).await
    }
}

/// What becomes of an app; what does not go with what it has is refused.
fn applied(session: &Session, edit: &AppEdit, app: &App) -> Result<App, Failure> {
    edit.applied(app).map_err(|error| Failure::Refused(reason::app_error(session.language, &error)))
}
