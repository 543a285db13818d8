//! `kami enable`: takes back that cards were withdrawn.

use clap::Args;
use kami_core::acts::Act;

use super::act::act;
use super::choice::Choice;
use super::failure::Failure;
use super::session::Session;

/// Enable cards that were disabled
///
/// A card becomes what it was before: unused, active or expired.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  kami enable VIP-7KQ2M9XW\n  kami enable --status disabled --batch 7 --all"
)]
pub(super) struct Enable {
    /// Print what it came to as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    choice: Choice,
}

impl Enable {
    /// Enables the chosen cards.
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        act(session, Act::Enable, &self.choice, self.json).await
    }
}
