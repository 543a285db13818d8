//! `kami extend`: gives cards more time.

use clap::Args;
use kami_core::acts::Act;

use super::act::act;
use super::choice::Choice;
use super::failure::Failure;
use super::limits;
use super::session::Session;

/// Give cards more time
///
/// An unused card will last so much longer; an expired one starts again from now. A last moment that would end a card
/// before moves with it. Points stay as they are: `kami edit` gives others.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  kami extend VIP-7KQ2M9XW --by 7d\n  kami extend --status active --prefix VIP --all --by 12h"
)]
pub(super) struct Extend {
    /// By how much, such as 12h or 7d
    #[arg(long, value_name = "SPAN", value_parser = limits::seconds)]
    by: u32,
    /// Print what it came to as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    choice: Choice,
}

impl Extend {
    /// Extends the chosen cards.
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        act(session, Act::Extend { seconds: self.by }, &self.choice, self.json).await
    }
}
