//! The settings as the console shows them: what each is, and what said so.

use std::path::PathBuf;

use kami_common::settings::Source;

/// A line of the settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// In which everything is said.
    Language,
    /// The background of the terminal that the colours are for.
    Theme,
    /// The zone in which moments are shown.
    Zone,
    /// The columns of the table.
    Columns,
    /// Whether the console takes the mouse.
    Mouse,
    /// Who the operator log says does it.
    Operator,
    /// Which database.
    Environment,
    /// Whether nothing may be changed there.
    ReadOnly,
    /// The file that the operator writes.
    Config,
    /// The file that the console writes.
    Preferences,
}

impl Setting {
    /// Every line, in order.
    pub const ALL: [Self; 10] = [
        Self::Language,
        Self::Theme,
        Self::Zone,
        Self::Columns,
        Self::Mouse,
        Self::Operator,
        Self::Environment,
        Self::ReadOnly,
        Self::Config,
        Self::Preferences,
    ];

    /// The line's key in the locale files.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Language => "setting.language",
            Self::Theme => "setting.theme",
            Self::Zone => "setting.zone",
            Self::Columns => "setting.columns",
            Self::Mouse => "setting.mouse",
            Self::Operator => "setting.operator",
            Self::Environment => "setting.environment",
            Self::ReadOnly => "setting.read_only",
            Self::Config => "setting.config",
            Self::Preferences => "setting.preferences",
        }
    }
}

/// What said each of the settings.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sources {
    /// Where [`Language`](kami_common::words::Language) was chosen.
    pub language: Source,
    /// The colours.
    pub theme: Source,
    /// The time zone.
    pub zone: Source,
    /// Where they were chosen.
    pub columns: Source,
    /// Where it was turned on or off.
    pub mouse: Source,
    /// Where the name was given.
    pub operator: Source,
    /// Whether nothing may be changed.
    pub read_only: Source,
}

/// Where the settings are kept.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// The file that the operator writes.
    pub config: PathBuf,
    /// The file that the console writes.
    pub preferences: PathBuf,
}
