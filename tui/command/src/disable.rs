//! `kami disable`: withdraws cards, in a way that can be taken back.

use clap::Args;
use kami_core::acts::Act;

use super::act::act;
use super::choice::Choice;
use super::failure::Failure;
use super::session::Session;

/// Disable cards
///
/// A disabled card keeps its machine and times; `kami enable` takes it back.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  kami disable VIP-7KQ2M9XW\n  kami disable --prefix VIP --status active --all"
)]
pub(super) struct Disable {
    /// Print what it came to as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    choice: Choice,
}

impl Disable {
    /// Disables the chosen cards.
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        act(session, Act::Disable, &self.choice, self.json).await
    }
}
