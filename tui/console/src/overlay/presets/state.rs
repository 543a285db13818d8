//! The list of presets.

use kami_core::app::AppName;
use kami_core::preset::{Preset, PresetName};

use crate::input::place::Place;
use crate::state::message::Topic;
use crate::state::overlay::Overlay;
use crate::state::presets::Presets;

/// The list of the presets of an app, or of all, which the model has.
#[derive(Clone, Debug, Default)]
pub struct PresetList {
    /// The app whose presets it lists; none for all.
    pub app: Option<AppName>,
    /// The preset that the cursor stays on, whichever line it comes to stand in.
    followed: Option<(AppName, PresetName)>,
    /// The line under the cursor.
    line: usize,
    /// The first line that is shown.
    top: usize,
}

impl PresetList {
    /// The list of an app's presets, or of all.
    pub fn of(app: Option<AppName>) -> Self {
        Self { app, ..Self::default() }
    }

    /// Its presets.
    pub fn presets<'a>(&self, presets: &'a Presets) -> Vec<&'a Preset> {
        presets.of(self.app.as_ref())
    }

    /// The line under the cursor.
    pub const fn line(&self) -> usize {
        self.line
    }

    /// The first line that is shown.
    pub const fn top(&self) -> usize {
        self.top
    }

    /// The preset under the cursor.
    pub fn current<'a>(&self, presets: &'a Presets) -> Option<&'a Preset> {
        self.presets(presets).get(self.line).copied()
    }

    /// Puts the cursor on a line.
    pub fn point(&mut self, line: usize, presets: &Presets) {
        self.line = line;
        self.followed = self.current(presets).map(|preset| (preset.app.clone(), preset.name.clone()));
    }

    /// Brings the cursor to a preset once the list has it.
    pub fn follow(&mut self, preset: &Preset) {
        self.followed = Some((preset.app.clone(), preset.name.clone()));
    }

    /// Moves the cursor by lines from where its preset stands now, and the window of `height` lines with it. Where the preset
    /// is gone, the cursor stays in its line.
    pub fn go(&mut self, lines: isize, presets: &Presets, height: usize) {
        let all = self.presets(presets);
        let is_followed = |preset: &&Preset| {
            self.followed.as_ref().is_some_and(|(app, name)| preset.app == *app && preset.name == *name)
        };
        let line = all.iter().position(is_followed).unwrap_or(self.line);
        let line = line.saturating_add_signed(lines).min(all.len().saturating_sub(1));
        self.point(line, presets);
        self.top = self.top.min(self.line).max((self.line + 1).saturating_sub(height.max(1)));
    }
}

impl Overlay for PresetList {
    fn place(&self) -> Place {
        Place::Presets
    }

    fn topics(&self) -> &'static [Topic] {
        &[Topic::Presets, Topic::PresetCounts]
    }
}
