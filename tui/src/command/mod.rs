//! The subcommands: what the console does, for scripts. Data goes to standard output, messages to standard error.

mod migrate;

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use kami_shared::store::Store;

use crate::console;
use crate::settings::{Settings, Wishes};

/// Everything an admin does with cards
///
/// Without a command it opens the console.
#[derive(Debug, Parser)]
#[command(
    name = "kami",
    version,
    after_help = "Environment:\n  DATABASE_URL   where the cards are: mysql://user:password@host:3306/kamisystem\n  \
                  KAMI_TIMEZONE  the zone in which moments are shown (Asia/Shanghai)\n  \
                  NO_COLOR       show no colours"
)]
pub struct Arguments {
    /// The environment to work on, as ~/.config/kami/config.toml names it
    #[arg(short, long, global = true, value_name = "NAME")]
    environment: Option<String>,
    /// Read `DATABASE_URL` from this file
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "environment")]
    env_file: Option<PathBuf>,
    /// Change nothing
    #[arg(long, global = true)]
    read_only: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Migrate(migrate::Migrate),
}

impl Arguments {
    /// Does what the arguments say.
    pub async fn run(self) -> anyhow::Result<()> {
        let Self { environment, env_file, read_only, command } = self;
        let wishes = Wishes { environment, env_file, read_only };
        let settings = Settings::read(&wishes, &|name| std::env::var(name).ok())?;
        let Some(command) = command else { return console::run(settings).await };
        let store = Store::new(&settings.connection.url);
        let done = match command {
            Command::Migrate(migrate) => migrate.run(&store).await,
        };
        store.close().await;
        done
    }
}
