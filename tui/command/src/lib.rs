//! The subcommands: what the console does, for scripts. Data goes to standard output, messages to standard error.

mod act;
mod app;
mod apps;
mod block;
mod certify;
mod choice;
mod completions;
mod confirm;
mod delete;
mod disable;
mod doctor;
mod edit;
mod enable;
mod environment;
mod export;
mod extend;
mod failure;
mod filter;
mod gate;
mod generate;
mod grants;
mod help;
mod import;
mod info;
mod keys;
mod limits;
mod list;
mod log;
mod migrate;
mod note;
mod output;
mod policy;
mod preset;
mod progress;
mod record;
mod releases;
mod session;
mod show;
mod stats;
mod unbind;
mod undo;
mod unrecharge;

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use kami_common::settings::{AskPassword, Settings, SettingsError, Wishes, language_of_complaints};
use kami_common::words::say;

pub use self::failure::Failure;
use self::session::Session;

/// Everything an admin does with cards
///
/// Without a command it opens the console.
#[derive(Debug, Parser)]
#[command(
    name = "kami",
    version,
    max_term_width = 100,
    after_help = "Environment:\n  \
                  DATABASE_URL       where the cards are: mysql://user:password@host:3306/kamisystem\n  \
                  DATABASE_URL_FILE  instead: a file that holds it\n  \
                  KAMI_TIMEZONE      the zone in which moments are shown (Asia/Shanghai)\n  \
                  NO_COLOR           show no colours\n\n\
                  Exit codes:\n  0 done, 1 failed, 2 wrong arguments, 3 not found, 4 refused"
)]
pub struct Arguments {
    /// The environment to work on, as ~/.config/kami/config.toml names it
    #[arg(short, long, global = true, value_name = "NAME", help_heading = "Connection")]
    environment: Option<String>,
    /// Read `DATABASE_URL` from this file
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        conflicts_with = "environment",
        help_heading = "Connection"
    )]
    env_file: Option<PathBuf>,
    /// Change nothing
    #[arg(long, global = true, help_heading = "Connection")]
    read_only: bool,
    /// Serve an SSH account whose only shell this is: deploy/ssh/kami.conf
    #[arg(long, conflicts_with_all = ["environment", "env_file"], help_heading = "Connection")]
    ssh: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[command(flatten)]
    OnCards(Box<CardCommand>),
    Grants(grants::Grants),
    Keys(keys::Keys),
    Completions(completions::Completions),
}

/// The commands that work with an environment.
#[derive(Debug, Subcommand)]
enum CardCommand {
    List(list::List),
    Show(show::Show),
    Generate(generate::Generate),
    Edit(edit::Edit),
    Disable(disable::Disable),
    Enable(enable::Enable),
    Unbind(unbind::Unbind),
    Certify(certify::Certify),
    Note(note::SetNote),
    Extend(extend::Extend),
    Delete(delete::Delete),
    Undo(undo::Undo),
    Unrecharge(unrecharge::Unrecharge),
    Export(export::Export),
    Import(import::Import),
    App(app::App),
    Preset(preset::Preset),
    Block(block::Block),
    Stats(stats::Stats),
    Log(log::Log),
    Migrate(migrate::Migrate),
    Info(info::Info),
    Doctor(doctor::Doctor),
}

/// What is left to do once the arguments were followed.
#[derive(Debug)]
pub enum Next {
    /// Nothing.
    Done,
    /// To open the console with these settings.
    Console(Box<Settings>),
}

impl Arguments {
    /// The arguments of this process. Where they ask for help, or are wrong, that is said in the user's language, and
    /// the process ends.
    pub fn read() -> Self {
        Self::try_parse().unwrap_or_else(|error| {
            help::exit(&error, language_of_complaints(&|name| std::env::var(name).ok()))
        })
    }

    /// Does what the arguments say; `ask` asks for a password where the settings say that it is typed.
    pub async fn run(self, ask: AskPassword) -> Result<Next, Failure> {
        let Self { environment, env_file, read_only, ssh, command } = self;
        let variable = |name: &str| std::env::var(name).ok();
        if ssh && command.is_some() {
            let words = say!(language_of_complaints(&variable), "command.ssh_alone");
            return Err(Failure::Usage(words));
        }
        let wishes = Wishes { environment, env_file, read_only, confined: ssh, ask: Some(ask) };
        let command = match command {
            None => None,
            Some(Command::OnCards(command)) => Some(*command),
            // A shell that is being set up need not know where the cards are.
            Some(Command::Completions(completions)) => return completions.run().map(|()| Next::Done),
            // Nor whoever makes keys, on a computer that never meets the database.
            Some(Command::Keys(keys)) => {
                let language = language_of_complaints(&variable);
                return keys
                    .run(language, &variable)
                    .map(|()| Next::Done)
                    .map_err(|failure| failure.said_in(language));
            }
            // Nor whoever prints statements for a database that is named.
            Some(Command::Grants(grants)) => {
                let said = |failure: Failure| failure.said_in(language_of_complaints(&variable));
                return grants.run(&wishes, &variable).await.map(|()| Next::Done).map_err(said);
            }
        };
        let settings = environment::settings(wishes, &variable).map_err(|error| said(&error, &variable))?;
        let Some(command) = command else {
            return Ok(Next::Console(Box::new(settings)));
        };
        let session = Session::new(settings);
        let done = match command {
            CardCommand::List(list) => list.run(&session).await,
            CardCommand::Show(show) => show.run(&session).await,
            CardCommand::Generate(generate) => generate.run(&session).await,
            CardCommand::Edit(edit) => edit.run(&session).await,
            CardCommand::Disable(disable) => disable.run(&session).await,
            CardCommand::Enable(enable) => enable.run(&session).await,
            CardCommand::Unbind(unbind) => unbind.run(&session).await,
            CardCommand::Certify(certify) => certify.run(&session).await,
            CardCommand::Note(note) => note.run(&session).await,
            CardCommand::Extend(extend) => extend.run(&session).await,
            CardCommand::Delete(delete) => delete.run(&session).await,
            CardCommand::Undo(undo) => undo.run(&session).await,
            CardCommand::Unrecharge(unrecharge) => unrecharge.run(&session).await,
            CardCommand::Export(export) => export.run(&session).await,
            CardCommand::Import(import) => import.run(&session).await,
            CardCommand::App(app) => app.run(&session).await,
            CardCommand::Preset(preset) => preset.run(&session).await,
            CardCommand::Block(block) => block.run(&session).await,
            CardCommand::Stats(stats) => stats.run(&session).await,
            CardCommand::Log(log) => log.run(&session).await,
            CardCommand::Info(info) => info.run(&session),
            CardCommand::Doctor(doctor) => doctor.run(&session).await,
            CardCommand::Migrate(migrate) => migrate.run(&session).await,
        };
        session.store.close().await;
        done.map(|()| Next::Done).map_err(|failure| failure.said_in(session.language))
    }
}

/// What is wrong with the settings, in the language of whoever made them.
fn said(error: &SettingsError, variable: &dyn Fn(&str) -> Option<String>) -> Failure {
    let words = error.words(language_of_complaints(variable));
    match error {
        SettingsError::UnknownEnvironment { .. }
        | SettingsError::Unchosen { .. }
        | SettingsError::NoDatabase(_) => Failure::Usage(words),
        SettingsError::Ssh(_) => Failure::Refused(words),
        _ => Failure::Failed(anyhow::Error::msg(words)),
    }
}
