//! `kami app`: the apps that cards are sold for, and what their clients are told.

mod act;
mod list;
mod save;
mod sayings;
mod show;
mod standing;

use clap::{Args, Subcommand};

use super::failure::Failure;
use super::session::Session;

/// Make and change apps, and say what their clients are told
///
/// Each card belongs to one app; there is always the app default. What an app says of its versions, its notice and its
/// values reaches its clients with their next request.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  kami app add demo --title 演示 --latest 1.2 --url https://example.com/demo\n  \
                        kami app set demo --minimum 1.1 --value server=api.example.com\n  \
                        kami app set demo --notice ''   take the notice away\n  kami app list"
)]
pub(super) struct App {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Add(save::Add),
    Set(save::Set),
    List(list::List),
    Show(show::Show),
    Archive(standing::Archive),
    Unarchive(standing::Unarchive),
    Remove(standing::Remove),
}

impl App {
    /// Does what the command below it says.
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        match self.command {
            Command::Add(add) => add.run(session).await,
            Command::Set(set) => set.run(session).await,
            Command::List(list) => list.run(session).await,
            Command::Show(show) => show.run(session).await,
            Command::Archive(archive) => archive.run(session).await,
            Command::Unarchive(unarchive) => unarchive.run(session).await,
            Command::Remove(remove) => remove.run(session).await,
        }
    }
}
