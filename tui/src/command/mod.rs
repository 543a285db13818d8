//! The subcommands: what the console does, for scripts. Data goes to standard output, messages to standard error.

mod migrate;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use kami_shared::database_url::DatabaseUrl;
use kami_shared::store::Store;

/// Everything an admin does with cards.
#[derive(Debug, Parser)]
#[command(
    name = "kami",
    version,
    after_help = "Environment:\n  DATABASE_URL   where the cards are: mysql://user:password@host:3306/kamisystem"
)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Migrate(migrate::Migrate),
}

impl Arguments {
    /// Does what the arguments say.
    pub async fn run(self) -> anyhow::Result<()> {
        let store = Store::new(&database_url()?);
        let done = match self.command {
            Command::Migrate(migrate) => migrate.run(&store).await,
        };
        store.close().await;
        done
    }
}

fn database_url() -> anyhow::Result<DatabaseUrl> {
    let text = std::env::var("DATABASE_URL")
        .context("DATABASE_URL is not set: set it to mysql://user:password@host:3306/kamisystem")?;
    text.parse().context("DATABASE_URL")
}
