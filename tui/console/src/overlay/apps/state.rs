//! The list of the apps.

use kami_core::app::App;

use crate::input::place::Place;
use crate::state::apps::Apps;
use crate::state::message::Topic;
use crate::state::overlay::Overlay;

/// The list of the apps, which the model has; its first line is all of them together.
#[derive(Clone, Copy, Debug, Default)]
pub struct AppList {
    /// The line under the cursor.
    pub cursor: usize,
    /// The first line that is shown.
    pub top: usize,
}

impl AppList {
    /// The app in a line; none in the first.
    pub fn app_in(apps: &Apps, line: usize) -> Option<&App> {
        apps.all().get(line.checked_sub(1)?)
    }

    /// How many lines it has.
    pub fn len(apps: &Apps) -> usize {
        apps.all().len() + 1
    }

    /// The app under the cursor.
    pub fn current<'a>(&self, apps: &'a Apps) -> Option<&'a App> {
        Self::app_in(apps, self.cursor)
    }

    /// Moves the cursor by lines, and the window of `height` of the `count` lines with it.
    pub fn go(&mut self, lines: isize, count: usize, height: usize) {
        self.cursor = self.cursor.saturating_add_signed(lines).min(count.saturating_sub(1));
        self.top = self.top.min(self.cursor).max((self.cursor + 1).saturating_sub(height.max(1)));
    }
}

impl Overlay for AppList {
    fn place(&self) -> Place {
        Place::Apps
    }

    fn topics(&self) -> &'static [Topic] {
        &[Topic::Apps, Topic::AppCounts]
    }
}
