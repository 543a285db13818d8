//! The two backgrounds that colours can be for.

use serde::{Deserialize, Serialize};

/// Whether the terminal's own background is dark or light.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shade {
    /// Light text on a dark background.
    #[default]
    Dark,
    /// Dark text on a light background.
    Light,
}

impl Shade {
    /// The shade by `COLORFGBG`, which some terminals set to their colours; dark if it says nothing.
    pub fn detect(variable: impl Fn(&str) -> Option<String>) -> Self {
        let background = variable("COLORFGBG").and_then(|value| value.rsplit(';').next()?.parse::<u8>().ok());
        if matches!(background, Some(7 | 15)) { Self::Light } else { Self::Dark }
    }

    /// The other shade.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Dark => Self::Light,
            Self::Light => Self::Dark,
        }
    }
}
