//! What a preset shall be, and why it is refused.

use kami_core::app::AppName;
use kami_core::gate::{Kind, Weight};
use kami_core::preset::{Preset, PresetName};
use thiserror::Error;

/// What a preset shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresetOrder {
    /// The preset as the operator saw it; `None` where it is to be made.
    pub seen: Option<Preset>,
    /// What it is to be; `None` where it is to go.
    pub wanted: Option<Preset>,
}

impl PresetOrder {
    /// How much it does: the cards that there are stay what they are, and it can be taken back.
    pub const fn weight(&self) -> Weight {
        Weight { cards: 1, kind: Kind::Change }
    }

    /// The word for it in the log.
    pub const fn name(&self) -> &'static str {
        match (&self.seen, &self.wanted) {
            (None, _) => "preset_add",
            (_, None) => "preset_remove",
            (Some(_), Some(_)) => "preset_set",
        }
    }

    /// Which preset of which app it is about; one that neither was nor is to be is none.
    pub fn preset(&self) -> Option<(&AppName, &PresetName)> {
        self.wanted.as_ref().or(self.seen.as_ref()).map(|preset| (&preset.app, &preset.name))
    }
}

/// Why a preset cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PresetRefusal {
    /// The app has none of that name.
    #[error("there is no preset {0}")]
    NoSuchPreset(PresetName),
    /// The app has one of that name already.
    #[error("there is a preset {0} already")]
    Exists(PresetName),
    /// The app has as many as an app may have.
    #[error("an app has at most {max} presets", max = Preset::MAX)]
    TooMany,
    /// Somebody else changed it meanwhile.
    #[error("the preset {0} was changed meanwhile")]
    Changed(PresetName),
    /// There is nothing to be changed.
    #[error("the preset {0} is so already")]
    Unchanged(PresetName),
}
