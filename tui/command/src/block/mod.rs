//! `kami block`: machines and networks that are kept out.

mod act;
mod add;
mod export;
mod import;
mod list;
mod listing;
mod remove;

use clap::{Args, Subcommand};

use super::failure::Failure;
use super::session::Session;

/// Keep machines and networks out, of one app or of all
///
/// Whoever is kept out is refused with the reason blocked, whatever his card, from his next request on. A machine is known by
/// its code, to the letter; a network, of IPv4 or IPv6, by where its requests come from.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  kami block add PC-3F2A-99-77E4 --for 30d --reason 退款\n  \
                        kami block add 203.0.113.0/24 2001:db8::/32 --app demo\n  kami block list --app demo\n  \
                        kami block remove PC-3F2A-99-77E4")]
pub(super) struct Block {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Add(add::Add),
    Remove(remove::Remove),
    List(list::List),
    Export(export::Export),
    Import(import::Import),
}

impl Block {
    /// Does what the command below it says.
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        match self.command {
            Command::Add(add) => add.run(session).await,
            Command::Remove(remove) => remove.run(session).await,
            Command::List(list) => list.run(session).await,
            Command::Export(export) => export.run(session).await,
            Command::Import(import) => import.run(session).await,
        }
    }
}
