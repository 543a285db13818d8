//! `kami undo`: takes an act back.

use std::ops::ControlFlow;

use clap::Args;
use kami_shared::store::{ActProgress, Deed};

use super::act::report;
use super::failure::Failure;
use super::progress::Work;
use super::session::Session;
use crate::words::say;

/// Take an act back, deletions included
///
/// Cards that were changed since are refused and stay as they are. A generated or imported batch is deleted, unless one
/// of its cards was used or changed; its undo can be undone by its number, as every other.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  kami undo        your last act\n  kami undo 1042   the act of this number, as kami log shows it"
)]
pub(super) struct Undo {
    /// The number of the act; without it, your last one
    #[arg(value_name = "ACT")]
    act: Option<u64>,
    /// Print what it came to as JSON
    #[arg(long)]
    json: bool,
}

impl Undo {
    /// Takes the act back.
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let language = session.language;
        session.must_be_allowed(Deed::Undo).await?;
        let act = match self.act {
            Some(act) => act,
            None => match session.store.last_undoable(&session.operator).await? {
                Some(act) => act.id,
                None => return Err(Failure::NotFound(say!(language, "undo.nothing"))),
            },
        };
        let work = Work::begin(language, "undo")?;
        let on_progress = |progress: ActProgress| -> ControlFlow<()> { work.act_step(progress) };
        let outcome = session.store.undo(&session.operator, act, &on_progress).await;
        drop(work);
        let outcome = outcome.map_err(|error| Failure::of_act(language, &error))?;
        report(session, "undo", outcome, &[], true, self.json)
    }
}
