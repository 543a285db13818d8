//! Where the cards are, who works with them, and how the console looks: read once, checked as a whole.

mod environment;
mod operator;
mod password;
mod preferences;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use thiserror::Error;

pub use self::environment::{Connection, EnvironmentEntry};
pub use self::operator::{SshError, operator, operator_of_key};
pub use self::password::PasswordError;
pub use self::preferences::Preferences;
use crate::console::theme::Shade;
use crate::words::Language;

/// What the command line says about the connection.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    /// `-e`: the environment's name in the configuration.
    pub environment: Option<String>,
    /// `--env-file`: a file of `NAME=value` lines that has `DATABASE_URL`.
    pub env_file: Option<PathBuf>,
    /// `--read-only`: nothing may be changed.
    pub read_only: bool,
    /// `--ssh`: whoever comes has this account's files no more than its shell.
    pub confined: bool,
}

/// Everything that was found.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The database and how it is spoken of.
    pub connection: Connection,
    /// Whether settings or arguments forbid every change.
    pub read_only: bool,
    /// Whether the operator reaches no files and no shell, and is who his key says.
    pub confined: bool,
    /// How the console looks and what it remembers.
    pub preferences: Preferences,
    /// Where the files are.
    pub paths: Paths,
}

/// Where the files of the console are.
#[derive(Clone, Debug)]
pub struct Paths {
    /// What the operator wrote: environments and defaults.
    pub config: PathBuf,
    /// What the console remembers: looks and saved views.
    pub preferences: PathBuf,
}

/// What is wrong with the settings, in words for the person who made them.
#[derive(Debug, Error)]
pub enum SettingsError {
    /// There is neither a home nor `XDG_CONFIG_HOME`.
    #[error("neither XDG_CONFIG_HOME nor HOME is set")]
    NoHome,
    /// A file cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("{} cannot be written: {source}", path.display())]
    Unwritable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is not the TOML that it should be.
    #[error("{}: {reason}", path.display())]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// What is wrong in it, with the place.
        reason: String,
    },
    /// The environment that was asked for is not in the configuration.
    #[error("no environment {name:?} in {}; there {}", config.display(), listed(.known))]
    UnknownEnvironment {
        /// The name that was asked for.
        name: String,
        /// Where it was looked for.
        config: PathBuf,
        /// The names that there are.
        known: Vec<String>,
    },
    /// An account of SSH is not served.
    #[error(transparent)]
    Ssh(#[from] SshError),
    /// Nothing says where the database is.
    #[error(
        "nothing says where the cards are: set DATABASE_URL to mysql://user:password@host:3306/kamisystem, or add an environment to {}",
        .0.display()
    )]
    NoDatabase(PathBuf),
    /// An address is wrong; the place says whose.
    #[error("{place}: {source}")]
    Address {
        /// Whose address it is.
        place: String,
        /// What is wrong with it.
        source: kami_shared::database_url::DatabaseUrlError,
    },
    /// The password cannot be had.
    #[error("the password of {environment:?}: {source}")]
    Password {
        /// Whose password it is.
        environment: String,
        /// Why not.
        source: PasswordError,
    },
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "is none at all".to_owned() } else { format!("are {}", names.join(", ")) }
}

/// The file that the operator wrote.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    /// The environment to use when nothing else is said.
    environment: Option<String>,
    #[serde(default)]
    environments: BTreeMap<String, EnvironmentEntry>,
    #[serde(default)]
    read_only: bool,
    language: Option<Language>,
    theme: Option<Shade>,
    columns: Option<Vec<String>>,
    /// Who the operator log says did it.
    operator: Option<String>,
}

impl Settings {
    /// Reads everything; `variable` is the process's environment.
    pub fn read(wishes: &Wishes, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let paths = Paths::find(variable)?;
        let config: Config = read_toml(&paths.config)?.unwrap_or_default();
        let remembered: Preferences = read_toml(&paths.preferences)?.unwrap_or_default();
        let connection = environment::choose(wishes, &config, &paths, variable)?;
        let read_only = wishes.read_only || config.read_only || connection.read_only;
        let Config { language, theme: shade, columns, operator, .. } = config;
        let mut preferences = remembered.or(Preferences { language, shade, columns, operator });
        if wishes.confined {
            preferences.operator = Some(operator_of_key(variable)?);
        }
        Ok(Self { connection, read_only, confined: wishes.confined, preferences, paths })
    }
}

impl Paths {
    fn find(variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let set = |name| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let folder = set("XDG_CONFIG_HOME")
            .or_else(|| set("HOME").map(|home| home.join(".config")))
            .ok_or(SettingsError::NoHome)?
            .join("kami");
        Ok(Self { config: folder.join("config.toml"), preferences: folder.join("preferences.toml") })
    }
}

/// The contents of a TOML file; `None` where there is no file.
fn read_toml<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<Option<T>, SettingsError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(SettingsError::Unreadable { path: path.to_owned(), source }),
    };
    toml::from_str(&text).map(Some).map_err(|error| SettingsError::Malformed {
        path: path.to_owned(),
        // The message alone: the excerpt around it may hold a password.
        reason: error.message().to_owned(),
    })
}
