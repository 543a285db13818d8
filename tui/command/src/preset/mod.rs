//! `kami preset`: the kinds of card that are sold of an app.

mod act;
mod find;
mod list;
mod remove;
mod save;
mod values;

use clap::{Args, Subcommand};

pub(super) use self::find::{find, meant};
use super::failure::Failure;
use super::session::Session;

/// Make and change presets: the kinds of card that you sell, each with what its cards are and cost
///
/// `kami generate --preset` makes cards by one. A batch keeps what its preset cost when it was made, so that another price
/// changes nothing about the cards that there are.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  kami preset add month --prefix VIP --duration 30d --price 9.90 --currency CNY\n  \
                        kami preset add calls --app demo --prefix API --points 1000 --price 5 --currency USD\n  \
                        kami preset set month --price 12.90\n  kami preset list\n  kami generate --preset month --count 500"
)]
pub(super) struct Preset {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Add(save::Add),
    Set(save::Set),
    List(list::List),
    Remove(remove::Remove),
}

impl Preset {
    /// Does what the command below it says.
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        match self.command {
            Command::Add(add) => add.run(session).await,
            Command::Set(set) => set.run(session).await,
            Command::List(list) => list.run(session).await,
            Command::Remove(remove) => remove.run(session).await,
        }
    }
}
