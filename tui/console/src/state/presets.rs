//! The presets, as far as the console knows them.

use chrono::{DateTime, Utc};
use kami_core::app::AppName;
use kami_core::preset::{Preset, PresetName};
use kami_store::{PresetCounts, PresetsFound};

/// The presets of all apps, as far as they were read and their cards counted.
#[derive(Clone, Debug, Default)]
pub struct Presets {
    found: Option<PresetsFound>,
    counted: Option<Counted>,
}

/// The cards of the presets of an app, or of all, as they were counted.
#[derive(Clone, Debug)]
struct Counted {
    app: Option<AppName>,
    /// Those that have any.
    counts: Vec<PresetCounts>,
    at: DateTime<Utc>,
}

impl Presets {
    /// Takes the presets in that were read.
    pub fn take(&mut self, found: PresetsFound) {
        self.found = Some(found);
    }

    /// Takes in what an act made of the preset of that name of an app.
    pub fn put(&mut self, app: &AppName, name: &PresetName, preset: Option<Preset>) {
        if let Some(found) = &mut self.found {
            found.presets.retain(|other| (&other.app, &other.name) != (app, name));
            found.presets.extend(preset);
            found.presets.sort_by(|one, other| (&one.app, &one.name).cmp(&(&other.app, &other.name)));
        }
    }

    /// Takes in how many cards each of an app, or of all, has that has any.
    pub fn count(&mut self, app: Option<AppName>, counts: Vec<PresetCounts>, at: DateTime<Utc>) {
        self.counted = Some(Counted { app, counts, at });
    }

    /// How many cards one has; none where they were not counted.
    pub fn counts_of(&self, preset: &Preset) -> Option<PresetCounts> {
        let (app, name) = (preset.app.as_str(), preset.name.as_str());
        let counted = self.counted.as_ref()?;
        let is_counted = counted.app.as_ref().is_none_or(|of| *of == preset.app);
        let counts = counted.counts.iter().find(|counts| counts.app == app && counts.preset == name);
        let none = || PresetCounts::none(app.to_owned(), name.to_owned(), counted.at);
        is_counted.then(|| counts.cloned().unwrap_or_else(none))
    }

    /// Whether they were read.
    pub const fn are_known(&self) -> bool {
        self.found.is_some()
    }

    /// Those of an app, or of all, in the order of their apps and names.
    pub fn of(&self, app: Option<&AppName>) -> Vec<&Preset> {
        let all = self.found.iter().flat_map(|found| &found.presets);
        all.filter(|preset| app.is_none_or(|app| preset.app == *app)).collect()
    }

    /// Every one of them.
    pub fn all(&self) -> &[Preset] {
        self.found.as_ref().map_or(&[], |found| &found.presets)
    }

    /// The names of those that could not be understood, behind their apps'.
    pub fn unreadable(&self) -> &[String] {
        self.found.as_ref().map_or(&[], |found| &found.unreadable)
    }
}
