//! What is wrong with the settings, in the reader's language.

use kami_core::card::{MAX_TEXT_CHARS, TextError};
use kami_core::zone::{UnknownZone, Zone};
use kami_store::database_url::DatabaseUrlError;
use kami_store::small_file::{MAX_BYTES, SmallFileError};

use super::{
    Config, PasswordError, Paths, Preferences, SettingsError, SshError, locale, names, read_toml, zone,
};
use crate::causes;
use crate::words::{Language, say};

/// The language to complain in while the settings cannot be read: that of the preferences, else of the configuration as
/// far as it can be read, else of the locale.
pub fn language_of_complaints(variable: &dyn Fn(&str) -> Option<String>) -> Language {
    let chosen = Paths::find(variable).ok().and_then(|paths| {
        let config = || read_toml::<Config>(&paths.config).ok().flatten();
        Preferences::read(&paths.preferences).language.or_else(|| config()?.language)
    });
    chosen.unwrap_or_else(|| locale(variable))
}

/// The zone in which to show moments while the settings are not read, or cannot be: the usual one then.
pub fn zone_of_complaints(variable: &dyn Fn(&str) -> Option<String>) -> Zone {
    let said = || {
        let paths = Paths::find(variable).ok()?;
        let config = read_toml::<Config>(&paths.config).ok()?.unwrap_or_default();
        zone(&Preferences::read(&paths.preferences), &config, &paths, variable).ok()
    };
    said().map_or_else(Zone::default, |zone| zone.value)
}

/// Why a small file has no text to give.
pub(crate) fn small_file_words(language: Language, error: &SmallFileError) -> String {
    match error {
        SmallFileError::TooLarge => say!(language, "settings.too_large", most = MAX_BYTES / 1024 / 1024),
        SmallFileError::NotText => say!(language, "settings.not_text"),
        SmallFileError::NotPrivate => say!(language, "settings.not_private"),
        SmallFileError::Io(error) => causes::system(language, error),
    }
}

impl SettingsError {
    /// What is wrong, in a language.
    pub fn words(&self, language: Language) -> String {
        match self {
            Self::NoHome => say!(language, "settings.no_home"),
            Self::Unreadable { path, source } => {
                say!(
                    language,
                    "settings.unreadable",
                    path = path.display(),
                    why = small_file_words(language, source)
                )
            }
            Self::Unwritable { path, source } => {
                say!(
                    language,
                    "settings.unwritable",
                    path = path.display(),
                    why = causes::system(language, source)
                )
            }
            Self::Writable(path) => say!(language, "settings.writable", path = path.display()),
            Self::UnknownEnvironment { name, config, known } if known.is_empty() => {
                say!(language, "settings.no_environment", name = name, path = config.display())
            }
            Self::UnknownEnvironment { name, config, known } => {
                let (path, known) = (config.display(), known.join(", "));
                say!(language, "settings.unknown_environment", name = name, path = path, known = known)
            }
            Self::Unchosen { config, known } => {
                let (path, known) = (config.display(), names(known).join(", "));
                say!(language, "settings.unchosen", path = path, known = known)
            }
            Self::TwoAddresses => say!(language, "settings.two_addresses"),
            Self::NoDatabase(path) => say!(language, "settings.no_database", path = path.display()),
            Self::Password { environment, source } => {
                say!(language, "settings.password", name = environment, why = password(language, source))
            }
            Self::Operator(source) => say!(language, "settings.operator", why = text(language, *source)),
            Self::Malformed { path, line, column, reason } => {
                let why = toml(language, reason);
                say!(
                    language,
                    "settings.malformed",
                    path = path.display(),
                    line = line,
                    column = column,
                    why = why
                )
            }
            Self::Address { place, source } => {
                say!(language, "settings.of", place = place, why = address(language, *source))
            }
            Self::Zone { place, source: UnknownZone } => {
                say!(language, "settings.of", place = place, why = say!(language, "settings.zone"))
            }
            Self::Ssh(SshError::Command) => say!(language, "settings.ssh_command"),
            Self::Ssh(SshError::Nobody) => say!(language, "settings.ssh_nobody"),
        }
    }
}

/// Why there is no password.
fn password(language: Language, error: &PasswordError) -> String {
    match error {
        PasswordError::Unset(name) => say!(language, "password.unset", name = name),
        PasswordError::File { path, source } => {
            let why = small_file_words(language, source);
            say!(language, "settings.unreadable", path = path.display(), why = why)
        }
        PasswordError::Command(source) => {
            say!(language, "password.command", why = causes::system(language, source))
        }
        PasswordError::Failed(status) => match status.code() {
            Some(code) => say!(language, "password.failed", code = code),
            None => say!(language, "password.killed"),
        },
        PasswordError::NotTyped => say!(language, "password.not_typed"),
    }
}

/// What is wrong with a database's address.
fn address(language: Language, error: DatabaseUrlError) -> String {
    let key = match error {
        DatabaseUrlError::Form => "address.form",
        DatabaseUrlError::NoDatabase => "address.no_database",
        DatabaseUrlError::SslMode => "address.ssl_mode",
        DatabaseUrlError::Pool => "address.pool",
        DatabaseUrlError::ServerKey => "address.server_key",
        DatabaseUrlError::Parameter => "address.parameter",
    };
    say!(language, key)
}

/// What is wrong with a name.
fn text(language: Language, error: TextError) -> String {
    match error {
        TextError::Empty => say!(language, "text.empty"),
        TextError::TooLong => say!(language, "text.too_long", most = MAX_TEXT_CHARS),
        TextError::Hidden => say!(language, "text.hidden"),
    }
}

/// What is wrong at a place of a file of TOML: the library's own words in English, and in another language what they
/// mean, with the names that they quote.
fn toml(language: Language, reason: &str) -> String {
    if language.is_source() {
        return reason.lines().collect::<Vec<_>>().join(", ");
    }
    let mut names = reason.split('`').skip(1).step_by(2);
    let first = names.next().unwrap_or_default();
    let known = names.collect::<Vec<_>>().join(&say!(language, "language.comma"));
    let begins = |beginning: &str| reason.starts_with(beginning);
    if begins("unknown field") || begins("unknown variant") {
        say!(language, "toml.unknown", name = first, known = known)
    } else if begins("missing field") {
        say!(language, "toml.missing", name = first)
    } else if begins("duplicate") {
        say!(language, "toml.twice")
    } else if begins("invalid type") || begins("invalid value") {
        say!(language, "toml.kind")
    } else {
        say!(language, "toml.form")
    }
}
