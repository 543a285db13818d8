//! `kami delete`: removes cards, after a question.

use clap::Args;
use kami_core::acts::Act;

use super::act::act;
use super::choice::Choice;
use super::failure::Failure;
use super::session::Session;

/// Delete cards
///
/// Asks first; without a terminal it needs --yes. `kami undo` brings them back.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  kami delete VIP-7KQ2M9XW\n  kami delete --status expired --expiring ..2025-12-31 --all --yes"
)]
pub(super) struct Delete {
    /// Print what it came to as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    choice: Choice,
}

impl Delete {
    /// Deletes the chosen cards, once that is agreed on.
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        act(session, Act::Delete, &self.choice, self.json).await
    }
}
