//! `kami app archive`, `kami app unarchive` and `kami app remove`.

use clap::Args;
use kami_core::app::{App, AppName};
use kami_store::{AppOrder, Permission};

use super::super::apps::find;
use super::super::failure::Failure;
use super::super::session::Session;
use super::act::{Manner, carry_out};

/// Make no more cards for an app
///
/// The cards that it has go on, and it tells its clients what it told. It asks, or needs --yes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  kami app archive demo")]
pub(super) struct Archive {
    #[command(flatten)]
    named: Named,
}

/// Make cards for an archived app again
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  kami app unarchive demo")]
pub(super) struct Unarchive {
    #[command(flatten)]
    named: Named,
}

/// Remove an app that has no cards
///
/// One that has cards stays, and can be archived; the app default always stays. It asks, or needs --yes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  kami app remove demo")]
pub(super) struct Remove {
    #[command(flatten)]
    named: Named,
}

/// Which app, and how the act is agreed to and told.
#[derive(Debug, Args)]
struct Named {
    /// The name of the app
    #[arg(value_name = "NAME")]
    name: AppName,
    #[command(flatten)]
    manner: Manner,
}

impl Archive {
    /// Archives the app.
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let archived = |seen: &App| Some(App { is_archived: true, ..seen.clone() });
        self.named.become_of(session, archived).await
    }
}

impl Unarchive {
    /// Brings the app back into use.
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let opened = |seen: &App| Some(App { is_archived: false, ..seen.clone() });
        self.named.become_of(session, opened).await
    }
}

impl Remove {
    /// Removes the app.
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        self.named.become_of(session, |_| None).await
    }
}

impl Named {
    async fn become_of(
        self,
        session: &Session,
        wanted: impl FnOnce(&App) -> Option<App>,
    ) -> Result<(), Failure> {
        session.must_be_allowed(Permission::Configure).await?;
        let seen = find(session, &self.name).await?;
        let wanted = wanted(&seen);
        carry_out(session, AppOrder { seen: Some(seen), wanted }, &self.manner).await
    }
}
