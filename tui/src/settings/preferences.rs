//! How the console looks and what it remembers, kept from one run to the next.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::SettingsError;
use crate::console::theme::Shade;
use crate::words::Language;

/// What the operator chose; everything may be left to the console.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    /// The language; by default that of the locale.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// The background of the terminal that the colours are for; by default what the terminal says.
    #[serde(rename = "theme", skip_serializing_if = "Option::is_none")]
    pub shade: Option<Shade>,
    /// The columns of the table; by default all that find room.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<String>>,
    /// Who the operator log says did it; by default the system's user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
}

impl Preferences {
    /// These, and from `other` what they leave open.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            language: self.language.or(other.language),
            shade: self.shade.or(other.shade),
            columns: self.columns.or(other.columns),
            operator: self.operator.or(other.operator),
        }
    }

    /// Writes them to their file, whole or not at all.
    pub fn save(&self, path: &Path) -> Result<(), SettingsError> {
        let failed = |source| SettingsError::Unwritable { path: path.to_owned(), source };
        let text = toml::to_string(self).map_err(|error| failed(io::Error::other(error)))?;
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let new = path.with_extension("toml.new");
        std::fs::write(&new, text).map_err(failed)?;
        std::fs::rename(&new, path).map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_saved_is_read_again() {
        let preferences = Preferences {
            language: Some(Language::Chinese),
            shade: Some(Shade::Light),
            columns: Some(vec!["code".to_owned(), "note".to_owned()]),
            operator: Some("shop A".to_owned()),
        };
        let text = toml::to_string(&preferences).unwrap();
        assert_eq!(
            text,
            "language = \"zh\"\ntheme = \"light\"\ncolumns = [\"code\", \"note\"]\noperator = \"shop A\"\n"
        );
        assert_eq!(toml::from_str::<Preferences>(&text).unwrap(), preferences);
        let defaults = Preferences { language: Some(Language::English), ..Preferences::default() };
        assert_eq!(defaults.clone().or(preferences.clone()).language, Some(Language::English));
        assert_eq!(defaults.or(preferences).shade, Some(Shade::Light));
    }
}
