//! What an app shall be, what that costs, and why it is refused.

use kami_core::app::{App, AppName};
use kami_core::gate::{Kind, Weight};
use kami_core::version::Version;
use thiserror::Error;

use crate::log::{CardValues, LogRecord};

/// What an app shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppOrder {
    /// The app as the operator saw it; `None` where it is to be made.
    pub seen: Option<App>,
    /// What it is to be; `None` where it is to go.
    pub wanted: Option<App>,
}

/// What becoming something else of an app costs its customers, or whoever makes cards for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AppCost {
    /// It goes, with all that it says.
    Removed,
    /// No cards are made for it any more.
    Archived,
    /// Clients below this version are refused.
    Refuses {
        /// The lowest that is let in.
        minimum: Version,
        /// Whether they are told where to get a newer one.
        has_url: bool,
    },
}

/// What of an app decides about [`AppCost`].
struct Standing {
    is_archived: bool,
    minimum: Option<Version>,
    has_url: bool,
}

impl From<&App> for Standing {
    fn from(app: &App) -> Self {
        Self { is_archived: app.is_archived, minimum: app.minimum.clone(), has_url: app.url.is_some() }
    }
}

impl From<&CardValues> for Standing {
    fn from(values: &CardValues) -> Self {
        let minimum = values.get("minimum").and_then(|minimum| minimum.as_str()?.parse().ok());
        Self { is_archived: values.contains_key("archived"), minimum, has_url: values.contains_key("url") }
    }
}

impl AppCost {
    /// What it costs that an app which stood as `was` stands as `is`; of one that there was not, nothing.
    fn of(was: Option<Standing>, is: Option<Standing>) -> Option<Self> {
        let was = was?;
        let Some(Standing { is_archived, minimum, has_url }) = is else { return Some(Self::Removed) };
        if is_archived && !was.is_archived {
            return Some(Self::Archived);
        }
        let is_raised = minimum > was.minimum;
        minimum.filter(|_| is_raised).map(|minimum| Self::Refuses { minimum, has_url })
    }

    /// What taking an act on an app back costs, by the row that the log has of it.
    pub(super) fn of_undoing(row: &LogRecord) -> Option<Self> {
        Self::of(row.after.as_ref().map(Standing::from), row.before.as_ref().map(Standing::from))
    }
}

impl AppOrder {
    /// What it costs, which somebody has to agree to.
    pub fn cost(&self) -> Option<AppCost> {
        AppCost::of(self.seen.as_ref().map(Standing::from), self.wanted.as_ref().map(Standing::from))
    }

    /// How much it does.
    pub fn weight(&self) -> Weight {
        Weight { cards: 1, kind: if self.cost().is_some() { Kind::Delete } else { Kind::Change } }
    }

    /// The word for it in the log.
    pub fn name(&self) -> &'static str {
        match (&self.seen, &self.wanted) {
            (None, _) => "app_add",
            (_, None) => "app_remove",
            (Some(seen), Some(wanted)) => match (seen.is_archived, wanted.is_archived) {
                (false, true) => "app_archive",
                (true, false) => "app_unarchive",
                _ => "app_set",
            },
        }
    }

    /// Which app it is about; one that neither was nor is to be is none.
    pub fn app(&self) -> Option<&AppName> {
        self.wanted.as_ref().or(self.seen.as_ref()).map(|app| &app.name)
    }
}

/// Why an app, or cards of one, cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AppRefusal {
    /// There is none of that name.
    #[error("there is no app {0}")]
    NoSuchApp(AppName),
    /// There is one of that name already.
    #[error("there is an app {0} already")]
    Exists(AppName),
    /// No cards are made for it any more.
    #[error("the app {0} is archived")]
    Archived(AppName),
    /// One of those of the cards was archived or removed while they were made.
    #[error("an app of the cards was archived or removed meanwhile")]
    Closed,
    /// It has cards, or is the one that there always is.
    #[error("the app {0} has cards, or is the one that there always is")]
    Needed(AppName),
    /// It has presets, which would be those of the next app of its name.
    #[error("the app {0} has presets")]
    HasPresets(AppName),
    /// Somebody is kept out of it, who would be out of the next app of its name.
    #[error("somebody is kept out of the app {0}")]
    HasBlocks(AppName),
    /// Somebody else changed it meanwhile.
    #[error("the app {0} was changed meanwhile")]
    Changed(AppName),
    /// There is nothing to be changed.
    #[error("the app {0} is so already")]
    Unchanged(AppName),
}
