//! What can lie over a screen.

use kami_shared::card::CardStatus;
use kami_shared::filter::SortBy;

use super::act::Act;
use super::column::Column;
use super::picker::Picker;

/// Something that lies over the screen and takes the keys.
#[derive(Clone, Debug)]
pub enum Overlay {
    /// The detail of the card under the cursor.
    Detail {
        /// How many lines of it are scrolled away.
        scroll: usize,
    },
    /// A list to choose from.
    Picker {
        /// What it is a list of.
        kind: PickerKind,
        /// The list.
        picker: Picker<Chosen>,
    },
}

/// What a list is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PickerKind {
    /// What each key does.
    Help,
    /// Every act.
    Palette,
    /// The kinds of filters.
    Filter,
    /// The statuses.
    Status,
    /// The prefixes.
    Prefix,
    /// The batches.
    Batch,
    /// The orders.
    Sort,
    /// The columns.
    Columns,
}

impl PickerKind {
    /// The key of its title in the locale files.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Help => "picker.help",
            Self::Palette => "picker.palette",
            Self::Filter => "picker.filter",
            Self::Status => "picker.status",
            Self::Prefix => "picker.prefix",
            Self::Batch => "picker.batch",
            Self::Sort => "picker.sort",
            Self::Columns => "picker.columns",
        }
    }
}

/// What can be chosen from a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// To do something.
    Act(Act),
    /// To see one status, or all.
    Status(Option<CardStatus>),
    /// To see one prefix, or all.
    Prefix(Option<String>),
    /// To see one batch, or all.
    Batch(Option<u64>),
    /// To order by this.
    Sort(SortBy),
    /// To show or hide a column.
    Column(Column),
}
