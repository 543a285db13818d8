//! Where the cards are, who works with them, and how the console looks: read once, checked as a whole.

mod environment;
mod operator;
mod password;
mod preferences;
mod source;
mod trust;
mod words;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use kami_core::operator::Operator;
use kami_core::zone::{UnknownZone, Zone};
use kami_store::small_file::{self, SmallFileError};
use serde::Deserialize;
use thiserror::Error;

pub use self::environment::{Connection, EnvironmentBrief, EnvironmentEntry};
pub use self::operator::SshError;
pub use self::password::{AskPassword, PasswordError};
pub use self::preferences::{Choice, Preferences};
pub use self::source::{Source, Sourced};
pub use self::trust::everybody_reads;
pub(crate) use self::words::small_file_words;
pub use self::words::{language_of_complaints, zone_of_complaints};
use crate::shade::Shade;
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
    /// How a password is asked for; nobody can be asked where nothing says it.
    pub ask: Option<AskPassword>,
}

/// Everything that was found.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The database and how it is spoken of.
    pub connection: Connection,
    /// Whether settings or arguments forbid every change.
    pub read_only: bool,
    /// What said whether they do.
    pub read_only_source: Source,
    /// The language of everything that is said.
    pub language: Sourced<Language>,
    /// The zone in which moments are shown and typed.
    pub zone: Sourced<Zone>,
    /// Who the operator log says does it.
    pub operator: Sourced<Operator>,
    /// Who it is where `preferences.toml` does not say so.
    pub usual_operator: Sourced<Operator>,
    /// The background of the terminal that the colours are for.
    pub shade: Sourced<Shade>,
    /// The columns of the table, by their names; all where nothing is said.
    pub columns: Sourced<Option<Vec<String>>>,
    /// Whether the console takes the mouse from the terminal.
    pub mouse: Sourced<bool>,
    /// Whether the operator reaches no files and no shell, and is who his key says.
    pub confined: bool,
    /// What the console remembers.
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
        source: SmallFileError,
    },
    /// A file cannot be written.
    #[error("{} cannot be written: {source}", path.display())]
    Unwritable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Others than its owner or root may write the configuration, or put another in its place.
    #[error(
        "others may write {path}, which leads to kami's passwords and commands: run chmod go-w {path}, and see that you or root own it",
        path = .0.display()
    )]
    Writable(PathBuf),
    /// A file is not the TOML that it should be.
    #[error("{}, line {line}, column {column}: {reason}", path.display())]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// The place in the line in characters, from 1 on.
        column: usize,
        /// What is wrong there, in the words of the library.
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
    /// The configuration has several environments, and nothing says which.
    #[error("{} has several environments; choose one with -e NAME: {}", config.display(), names(.known).join(", "))]
    Unchosen {
        /// The configuration.
        config: PathBuf,
        /// Those that there are, of which one has to be chosen.
        known: Vec<EnvironmentBrief>,
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
    /// Two variables say where the database is.
    #[error("DATABASE_URL and DATABASE_URL_FILE are set, but only one of them can count: unset the other")]
    TwoAddresses,
    /// An address is wrong; the place says whose.
    #[error("{place}: {source}")]
    Address {
        /// Whose address it is.
        place: String,
        /// What is wrong with it.
        source: kami_store::database_url::DatabaseUrlError,
    },
    /// A time zone that there is none of; the place says where it is set.
    #[error("{place}: {source}")]
    Zone {
        /// Where it is set.
        place: String,
        /// What is wrong with it.
        source: UnknownZone,
    },
    /// The operator's name cannot stand in the log.
    #[error("the operator's name is {0}")]
    Operator(#[source] kami_core::card::TextError),
    /// The password cannot be had.
    #[error("the password of {environment:?}: {source}")]
    Password {
        /// Whose password it is.
        environment: String,
        /// Why not.
        source: PasswordError,
    },
}

/// The variables that say which database and which files. Over SSH a careless `AcceptEnv` lets clients set them, so that
/// the account's own configuration alone counts there.
const LEADING_ELSEWHERE: [&str; 3] = ["DATABASE_URL", "DATABASE_URL_FILE", "XDG_CONFIG_HOME"];

/// The names of environments.
fn names(known: &[EnvironmentBrief]) -> Vec<&str> {
    known.iter().map(|environment| environment.name.as_str()).collect()
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
    /// The zone in which moments are shown and typed.
    time_zone: Option<String>,
    /// Whether the console takes the mouse from the terminal.
    mouse: Option<bool>,
    /// Who the operator log says did it.
    operator: Option<String>,
}

impl Settings {
    /// Reads everything; `variable` is the process's environment.
    pub fn read(wishes: &Wishes, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let of_the_account = |name: &str| variable(name).filter(|_| !LEADING_ELSEWHERE.contains(&name));
        let variable: &dyn Fn(&str) -> Option<String> =
            if wishes.confined { &of_the_account } else { variable };
        // Before the configuration is read: whoever is refused has run nothing that it names.
        let key = wishes.confined.then(|| operator::of_key(variable)).transpose()?;
        let paths = Paths::find(variable)?;
        trust::nobody_else_writes(&paths.config)?;
        let config: Config = read_toml(&paths.config)?.unwrap_or_default();
        let preferences = Preferences::read(&paths.preferences);
        let connection = environment::choose(wishes, &config, &paths, variable)?;
        let read_only_source = match (wishes.read_only, config.read_only || connection.read_only) {
            (true, _) => Source::Argument("--read-only"),
            (false, true) => Source::Config,
            (false, false) => Source::Default,
        };
        let system_operator =
            Operator::new(&operator::of_system(variable)).map_err(SettingsError::Operator)?;
        let config_operator = config.operator.as_deref().filter(|name| !name.trim().is_empty());
        let config_operator =
            config_operator.map(Operator::new).transpose().map_err(SettingsError::Operator)?;
        let usual_operator = Sourced::first(
            [(config_operator, Source::Config)],
            Sourced::new(system_operator, Source::System),
        );
        let operator = if let Some(name) = key {
            let operator = Operator::new(&name).map_err(SettingsError::Operator)?;
            Sourced::new(operator, Source::Variable(operator::VARIABLE))
        } else {
            Sourced::first([(preferences.operator.clone(), Source::Preferences)], usual_operator.clone())
        };
        Ok(Self {
            read_only: read_only_source != Source::Default,
            read_only_source,
            confined: wishes.confined,
            language: Sourced::first(
                [(preferences.language, Source::Preferences), (config.language, Source::Config)],
                Sourced::new(locale(variable), Source::System),
            ),
            zone: zone(&preferences, &config, &paths, variable)?,
            operator,
            usual_operator,
            shade: Sourced::first(
                [(preferences.shade, Source::Preferences), (config.theme, Source::Config)],
                Sourced::new(Shade::detect(variable), Source::System),
            ),
            columns: Sourced::first(
                [
                    (preferences.columns.clone().map(Some), Source::Preferences),
                    (config.columns.map(Some), Source::Config),
                ],
                Sourced::new(None, Source::Default),
            ),
            mouse: Sourced::first(
                [(preferences.mouse, Source::Preferences), (config.mouse, Source::Config)],
                Sourced::new(false, Source::Default),
            ),
            connection,
            preferences,
            paths,
        })
    }
}

/// The language of the locale that the process's environment names.
pub fn locale(variable: &dyn Fn(&str) -> Option<String>) -> Language {
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .find_map(|name| variable(name).filter(|value| !value.is_empty()));
    locale.as_deref().map_or(Language::default(), Language::of_locale)
}

/// The zone that the environment, the preferences or the configuration name.
fn zone(
    preferences: &Preferences,
    config: &Config,
    paths: &Paths,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Sourced<Zone>, SettingsError> {
    let parse = |name: &str, place: &dyn Fn() -> String| {
        name.trim().parse().map_err(|source| SettingsError::Zone { place: place(), source })
    };
    let of_variable = variable("KAMI_TIMEZONE").filter(|name| !name.trim().is_empty());
    let of_variable = of_variable.map(|name| parse(&name, &|| "KAMI_TIMEZONE".to_owned())).transpose()?;
    let in_config = || format!("{}, time_zone", paths.config.display());
    let of_config = config.time_zone.as_deref().map(|name| parse(name, &in_config)).transpose()?;
    Ok(Sourced::first(
        [
            (of_variable, Source::Variable("KAMI_TIMEZONE")),
            (preferences.zone, Source::Preferences),
            (of_config, Source::Config),
        ],
        Sourced::new(Zone::default(), Source::Default),
    ))
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
    let text = match small_file::read(path) {
        Ok(text) => text,
        Err(error) if error.is_missing() => return Ok(None),
        Err(source) => return Err(SettingsError::Unreadable { path: path.to_owned(), source }),
    };
    toml::from_str(&text).map(Some).map_err(|error| {
        let (line, column) = place_in(&text, error.span().map_or(0, |span| span.start));
        // The message alone: the excerpt around it may hold a password.
        SettingsError::Malformed { path: path.to_owned(), line, column, reason: error.message().to_owned() }
    })
}

/// The line and the place in it, both from 1 on, where so many bytes stand before.
fn place_in(text: &str, before: usize) -> (usize, usize) {
    let before = text.get(..before).unwrap_or_default();
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    (before.matches('\n').count() + 1, before[start..].chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_place_in_a_file_is_told_by_line_and_character() {
        for (text, before, place) in
            [("", 0, (1, 1)), ("a\nb", 2, (2, 1)), ("时区 = 1\n区 x", 15, (2, 3)), ("a", 9, (1, 1))]
        {
            assert_eq!(place_in(text, before), place, "{text:?} {before}");
        }
    }

    #[test]
    fn each_setting_says_where_it_comes_from() {
        let home = std::env::temp_dir().join(format!("kami-settings-{}", std::process::id()));
        let folder = home.join("kami");
        fs::create_dir_all(&folder).unwrap();
        let config =
            "theme = \"light\"\ntime_zone = \"Europe/Berlin\"\noperator = \"shop\"\nread_only = true\n";
        fs::write(folder.join("config.toml"), config).unwrap();
        fs::write(folder.join("preferences.toml"), "operator = \"shop A\"\nlanguage = \"zh\"\n").unwrap();
        let read = |zone: Option<&str>| {
            Settings::read(&Wishes::default(), &|name| match name {
                "XDG_CONFIG_HOME" => Some(home.display().to_string()),
                "DATABASE_URL" => Some("mysql://kami@localhost/kamisystem".to_owned()),
                "KAMI_TIMEZONE" => zone.map(str::to_owned),
                "USER" => Some("li".to_owned()),
                _ => None,
            })
        };
        let (by_files, by_variable, wrong) = (read(None), read(Some("UTC")), read(Some("Mars/Olympus")));
        fs::remove_dir_all(&home).unwrap();
        let settings = by_files.unwrap();
        assert_eq!(
            (settings.language.value, settings.language.source),
            (Language::of_locale("zh"), Source::Preferences)
        );
        assert_eq!((settings.shade.value, settings.shade.source), (Shade::Light, Source::Config));
        assert_eq!((settings.zone.value.name(), settings.zone.source), ("Europe/Berlin", Source::Config));
        assert_eq!(settings.operator.value.as_str(), "shop A");
        assert_eq!(settings.operator.source, Source::Preferences);
        assert_eq!(settings.usual_operator, Sourced::new(Operator::new("shop").unwrap(), Source::Config));
        assert_eq!((settings.mouse.value, settings.mouse.source), (false, Source::Default));
        assert_eq!((settings.read_only, settings.read_only_source), (true, Source::Config));
        let zone = by_variable.unwrap().zone;
        assert_eq!((zone.value.name(), zone.source), ("UTC", Source::Variable("KAMI_TIMEZONE")));
        assert!(wrong.unwrap_err().to_string().starts_with("KAMI_TIMEZONE: not a time zone"));
    }

    #[test]
    fn whoever_comes_over_ssh_gets_the_database_of_the_account() {
        let home = std::env::temp_dir().join(format!("kami-settings-ssh-{}", std::process::id()));
        let folder = home.join(".config/kami");
        fs::create_dir_all(&folder).unwrap();
        let config = "[environments.shop]\nurl = \"mysql://shop@db-1/kamisystem\"\n";
        fs::write(folder.join("config.toml"), config).unwrap();
        let read = |confined: bool, sent: &str| {
            let wishes = Wishes { confined, ..Wishes::default() };
            let settings = Settings::read(&wishes, &|name| match name {
                "HOME" => Some(home.display().to_string()),
                "KAMI_OPERATOR" => Some("alice".to_owned()),
                "DATABASE_URL" if name == sent => Some("mysql://eve@db-9/kamisystem".to_owned()),
                _ if name == sent => Some("/nowhere".to_owned()),
                _ => None,
            });
            settings.map(|settings| settings.connection.server)
        };
        let found = LEADING_ELSEWHERE.map(|sent| (sent, read(false, sent), read(true, sent)));
        fs::remove_dir_all(&home).unwrap();
        for (sent, open, confined) in found {
            assert_ne!(open.ok().as_deref(), Some("db-1"), "{sent} leads elsewhere");
            assert_eq!(confined.unwrap(), "db-1", "{sent}");
        }
    }
}
