//! `kami delete`: removes cards, after a question.

use clap::Args;
use kami_shared::acts::Act;
use kami_shared::store::{Deed, Selection};

use super::act::carry_out;
use super::choice::Choice;
use super::confirm;
use super::failure::Failure;
use super::session::Session;
use crate::words::{counted, say};

/// Delete cards
///
/// Asks first; without a terminal it needs --yes. `kami undo` brings them back.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  kami delete VIP-7KQ2M9XW\n  kami delete --status expired --expiring ..2025-12-31 --all --yes"
)]
pub(super) struct Delete {
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// Print what it came to as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    choice: Choice,
}

impl Delete {
    /// Deletes the chosen cards, once that is agreed on.
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let language = session.language;
        session.must_be_allowed(Deed::Delete).await?;
        let chosen = self.choice.find(session).await?;
        let count = match &chosen.selection {
            Selection::Ids(ids) => ids.len() as u64,
            // Counting may take seconds, and nobody is asked.
            Selection::Filter(_) | Selection::UpTo { .. } if self.yes => 0,
            Selection::Filter(filter) | Selection::UpTo { filter, .. } => {
                match session.store.count_exact(filter).await? {
                    0 => return Err(Failure::NotFound(say!(language, "command.no_cards"))),
                    count => count,
                }
            }
        };
        let question = counted(language, "confirm.delete_many", count);
        if self.choice.names_cards() && count == 1 {
            confirm::yes(language, self.yes, &question)?;
        } else {
            confirm::count(language, self.yes, &question, count)?;
        }
        carry_out(session, Act::Delete, &chosen, self.choice.names_cards(), self.json).await
    }
}
