//! The list of the apps.

use kami_core::app::{App, AppName};

use crate::input::place::Place;
use crate::state::apps::Apps;
use crate::state::message::Topic;
use crate::state::overlay::Overlay;

/// The list of the apps, which the model has; its first line is all of them together.
#[derive(Clone, Debug, Default)]
pub struct AppList {
    /// The app that the cursor stays on, whichever line it comes to stand in; none for all of them.
    app: Option<AppName>,
    /// The line under the cursor.
    line: usize,
    /// The first line that is shown.
    top: usize,
}

impl AppList {
    /// The list with the cursor on an app, or on all of them.
    pub fn on(app: Option<AppName>) -> Self {
        Self { app, ..Self::default() }
    }

    /// The app in a line; none in the first.
    pub fn app_in(apps: &Apps, line: usize) -> Option<&App> {
        apps.all().get(line.checked_sub(1)?)
    }

    /// How many lines it has.
    pub fn len(apps: &Apps) -> usize {
        apps.all().len() + 1
    }

    /// The line under the cursor.
    pub const fn line(&self) -> usize {
        self.line
    }

    /// The first line that is shown.
    pub const fn top(&self) -> usize {
        self.top
    }

    /// The app under the cursor.
    pub fn current<'a>(&self, apps: &'a Apps) -> Option<&'a App> {
        Self::app_in(apps, self.line)
    }

    /// Puts the cursor on a line.
    pub fn point(&mut self, line: usize, apps: &Apps) {
        self.line = line;
        self.app = self.current(apps).map(|app| app.name.clone());
    }

    /// Brings the cursor to an app once the list has it.
    pub fn follow(&mut self, app: &AppName) {
        self.app = Some(app.clone());
    }

    /// Moves the cursor by lines from where its app stands now, and the window of `height` lines with it. Where the app is
    /// gone, the cursor stays in its line.
    pub fn go(&mut self, lines: isize, apps: &Apps, height: usize) {
        if !apps.are_known() {
            return;
        }
        let place = |app: &AppName| apps.all().iter().position(|other| other.name == *app);
        let line = match &self.app {
            Some(app) => place(app).map_or(self.line, |place| place + 1),
            None => 0,
        };
        self.point(line.saturating_add_signed(lines).min(Self::len(apps) - 1), apps);
        self.top = self.top.min(self.line).max((self.line + 1).saturating_sub(height.max(1)));
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
