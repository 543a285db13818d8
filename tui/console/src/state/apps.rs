//! The apps, as far as the console knows them.

use std::collections::HashMap;

use kami_core::app::{App, AppName};
use kami_core::policy::Policy;
use kami_core::record::CardRecord;
use kami_store::{AppCounts, AppRefusal, AppsFound, StatusCounts};

/// The apps, as far as they were read and their cards counted.
#[derive(Clone, Debug, Default)]
pub struct Apps {
    found: Option<AppsFound>,
    counts: Option<HashMap<String, StatusCounts>>,
}

impl Apps {
    /// Takes the apps in that were read: those in use first, each in the order of their names.
    pub fn take(&mut self, mut found: AppsFound) {
        found.apps.sort_by(|one, other| (one.is_archived, &one.name).cmp(&(other.is_archived, &other.name)));
        self.found = Some(found);
    }

    /// Takes in what an act made of the app of that name.
    pub fn put(&mut self, name: &AppName, app: Option<App>) {
        if let Some(mut found) = self.found.take() {
            found.apps.retain(|other| other.name != *name);
            found.apps.extend(app);
            self.take(found);
        }
    }

    /// Takes in how many cards each has that has any.
    pub fn count(&mut self, counts: Vec<AppCounts>) {
        self.counts = Some(counts.into_iter().map(|each| (each.app, each.counts)).collect());
    }

    /// Whether they were read.
    pub const fn are_known(&self) -> bool {
        self.found.is_some()
    }

    /// All that could be understood, those in use first.
    pub fn all(&self) -> &[App] {
        self.found.as_ref().map_or(&[], |found| &found.apps)
    }

    /// The names of those that could not.
    pub fn unreadable(&self) -> &[String] {
        self.found.as_ref().map_or(&[], |found| &found.unreadable)
    }

    /// The app of that name.
    pub fn get(&self, name: &AppName) -> Option<&App> {
        self.all().iter().find(|app| app.name == *name)
    }

    /// The names of those that cards may be made for.
    pub fn open(&self) -> Vec<AppName> {
        self.all().iter().filter(|app| !app.is_archived).map(|app| app.name.clone()).collect()
    }

    /// Why no cards can be made for one; none where they can be, or where only the database knows.
    pub fn refusal_of(&self, name: &AppName) -> Option<AppRefusal> {
        let is_unreadable = || self.unreadable().iter().any(|other| other == name.as_str());
        match self.get(name) {
            Some(app) => app.is_archived.then(|| AppRefusal::Archived(name.clone())),
            None if !self.are_known() || is_unreadable() => None,
            None => Some(AppRefusal::NoSuchApp(name.clone())),
        }
    }

    /// Whether there is more than one, so that it matters which one a card belongs to.
    pub fn are_several(&self) -> bool {
        self.all().len() + self.unreadable().len() > 1
    }

    /// Whether anybody has to be told which app a card belongs to.
    pub fn matter_to(&self, card: &CardRecord) -> bool {
        self.are_several() || card.app != AppName::DEFAULT
    }

    /// The policy that a card is judged by, as far as its app is known.
    pub fn policy_of(&self, card: &CardRecord) -> Policy {
        let app = self.all().iter().find(|app| app.name.as_str() == card.app);
        let app = app.map(|app| app.policy.clone()).unwrap_or_default();
        Policy::of(&app, &card.policy_part().unwrap_or_default())
    }

    /// Whether the cards of each were counted.
    pub const fn are_counted(&self) -> bool {
        self.counts.is_some()
    }

    /// How many cards one has of each status; none where it has no card, or they were not counted.
    pub fn counts_of(&self, name: &AppName) -> Option<&StatusCounts> {
        self.counts.as_ref()?.get(name.as_str())
    }

    /// How many cards all have together; none where they were not counted.
    pub fn total(&self) -> Option<u64> {
        Some(self.counts.as_ref()?.values().map(StatusCounts::total).sum())
    }

    /// How many cards one has; none where they were not counted.
    pub fn total_of(&self, name: &AppName) -> Option<u64> {
        self.counts.as_ref()?;
        Some(self.counts_of(name).map_or(0, StatusCounts::total))
    }
}
