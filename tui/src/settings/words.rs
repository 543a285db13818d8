//! What is wrong with the settings, in the reader's language.

use kami_shared::small_file::{MAX_BYTES, SmallFileError};

use super::{Config, PasswordError, Paths, Preferences, SettingsError, locale, read_toml};
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

/// Why a small file has no text to give.
fn small_file(language: Language, error: &SmallFileError) -> String {
    match error {
        SmallFileError::TooLarge => say!(language, "settings.too_large", most = MAX_BYTES / 1024 / 1024),
        SmallFileError::NotText => say!(language, "settings.not_text"),
        SmallFileError::Io(error) => error.to_string(),
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
                    why = small_file(language, source)
                )
            }
            Self::Unwritable { path, source } => {
                say!(language, "settings.unwritable", path = path.display(), why = source)
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
                let (path, known) = (config.display(), known.join(", "));
                say!(language, "settings.unchosen", path = path, known = known)
            }
            Self::TwoAddresses => say!(language, "settings.two_addresses"),
            Self::NoDatabase(path) => say!(language, "settings.no_database", path = path.display()),
            Self::Password { environment, source: PasswordError::File { path, source } } => {
                let why = small_file(language, source);
                let why = say!(language, "settings.unreadable", path = path.display(), why = why);
                say!(language, "settings.password", name = environment, why = why)
            }
            Self::Password { environment, source } => {
                say!(language, "settings.password", name = environment, why = source)
            }
            Self::Operator(source) => say!(language, "settings.operator", why = source),
            // A place and the reason of the parser, which speaks English alone.
            Self::Malformed { .. } | Self::Address { .. } | Self::Zone { .. } | Self::Ssh(_) => {
                self.to_string()
            }
        }
    }
}
