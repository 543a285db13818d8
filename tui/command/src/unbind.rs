//! `kami unbind`: unbinds cards from their machines.

use clap::Args;
use kami_core::acts::Act;

use super::act::act;
use super::choice::Choice;
use super::failure::Failure;
use super::session::Session;

/// Unbind cards from their machines
///
/// The next machine that uses a card gets it; its time runs on.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  kami unbind VIP-7KQ2M9XW\n  kami unbind --machine PC-3F2A --all")]
pub(super) struct Unbind {
    /// Print what it came to as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    choice: Choice,
}

impl Unbind {
    /// Unbinds the chosen cards.
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        act(session, Act::Unbind, &self.choice, self.json).await
    }
}
