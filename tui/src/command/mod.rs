//! The subcommands: what the console does, for scripts. Data goes to standard output, messages to standard error.

mod act;
mod choice;
mod confirm;
mod delete;
mod disable;
mod edit;
mod enable;
mod export;
mod extend;
mod failure;
mod filter;
mod generate;
mod list;
mod migrate;
mod moment;
mod output;
mod progress;
mod record;
mod session;
mod show;
mod unbind;
mod undo;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

pub use self::failure::Failure;
use self::session::Session;
use crate::console;
use crate::settings::{Settings, SettingsError, Wishes};

/// Everything an admin does with cards
///
/// Without a command it opens the console.
#[derive(Debug, Parser)]
#[command(
    name = "kami",
    version,
    after_help = "Environment:\n  DATABASE_URL   where the cards are: mysql://user:password@host:3306/kamisystem\n  \
                  KAMI_TIMEZONE  the zone in which moments are shown (Asia/Shanghai)\n  \
                  NO_COLOR       show no colours\n\n\
                  Exit codes:\n  0 done, 1 failed, 2 wrong arguments, 3 not found, 4 refused"
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
    List(list::List),
    Show(show::Show),
    Generate(generate::Generate),
    Edit(edit::Edit),
    Disable(disable::Disable),
    Enable(enable::Enable),
    Unbind(unbind::Unbind),
    Extend(extend::Extend),
    Delete(delete::Delete),
    Undo(undo::Undo),
    Export(export::Export),
    Migrate(migrate::Migrate),
}

impl Arguments {
    /// Does what the arguments say.
    pub async fn run(self) -> Result<(), Failure> {
        let Self { environment, env_file, read_only, command } = self;
        let wishes = Wishes { environment, env_file, read_only };
        let variable = |name: &str| std::env::var(name).ok();
        let settings = Settings::read(&wishes, &variable).map_err(said)?;
        let Some(command) = command else { return Ok(console::run(settings).await?) };
        let session = Session::new(settings, &variable)?;
        let done = match command {
            Command::List(list) => list.run(&session).await,
            Command::Show(show) => show.run(&session).await,
            Command::Generate(generate) => generate.run(&session).await,
            Command::Edit(edit) => edit.run(&session).await,
            Command::Disable(disable) => disable.run(&session).await,
            Command::Enable(enable) => enable.run(&session).await,
            Command::Unbind(unbind) => unbind.run(&session).await,
            Command::Extend(extend) => extend.run(&session).await,
            Command::Delete(delete) => delete.run(&session).await,
            Command::Undo(undo) => undo.run(&session).await,
            Command::Export(export) => export.run(&session).await,
            Command::Migrate(migrate) => migrate.run(&session).await,
        };
        session.store.close().await;
        done
    }
}

/// The error in its own words, which name its causes already.
fn said(error: SettingsError) -> Failure {
    match error {
        SettingsError::UnknownEnvironment { .. } | SettingsError::NoDatabase(_) => {
            Failure::Usage(error.to_string())
        }
        error => Failure::Failed(anyhow::Error::msg(error.to_string())),
    }
}
