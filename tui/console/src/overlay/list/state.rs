//! A list to choose from: what it is of, and what can be chosen.

use kami_common::column::Column;
use kami_common::period::Period;
use kami_core::app::AppName;
use kami_core::card::CardStatus;
use kami_core::filter::Sort;
use kami_core::record::CardRecord;
use kami_core::zone::Zone;

use super::picker::Picker;
use crate::input::act::Act;
use crate::input::place::Place;
use crate::state::message::Topic;
use crate::state::overlay::Overlay;
use crate::state::settings::Setting;

/// A list to choose from.
#[derive(Clone, Debug)]
pub struct List {
    /// What it is a list of.
    pub kind: PickerKind,
    /// Its items, and what was typed to find one.
    pub picker: Picker<Chosen>,
    /// The card whose machines it offers, as it was seen.
    pub card: Option<Box<CardRecord>>,
}

impl List {
    /// A list of these.
    pub const fn new(kind: PickerKind, picker: Picker<Chosen>) -> Self {
        Self { kind, picker, card: None }
    }
}

impl Overlay for List {
    fn place(&self) -> Place {
        if self.kind == PickerKind::Views { Place::Views } else { Place::Picker }
    }

    fn topics(&self) -> &'static [Topic] {
        &[Topic::Choices]
    }

    fn is_asking(&self) -> bool {
        self.kind == PickerKind::Seats && !self.picker.waiting
    }
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
    /// Cards of an app can be chosen from it.
    App,
    /// Cards of a prefix can be chosen from it.
    Prefix,
    /// Cards of a batch can be chosen from it.
    Batch,
    /// The spans of generation.
    Created,
    /// The spans of activation.
    Used,
    /// The spans of expiry.
    Expiring,
    /// The orders.
    Sort,
    /// What the table shows can be chosen from it.
    Columns,
    /// What can be done with a batch that was just made.
    Made,
    /// What can be done with a batch that was just imported.
    Imported,
    /// The saved views.
    Views,
    /// What an operator can choose about the console.
    Settings,
    /// The time zones.
    Zone,
    /// The values that an app hands to its clients.
    AppValues,
    /// The machines that have seats of a card.
    Seats,
}

impl PickerKind {
    /// The key of its title in the locale files.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Help => "picker.help",
            Self::Palette => "picker.palette",
            Self::Filter => "picker.filter",
            Self::Status => "picker.status",
            Self::App => "picker.app",
            Self::Prefix => "picker.prefix",
            Self::Batch => "picker.batch",
            Self::Created => "picker.created",
            Self::Used => "picker.used",
            Self::Expiring => "picker.expiring",
            Self::Sort => "picker.sort",
            Self::Columns => "picker.columns",
            Self::Made => "picker.made",
            Self::Imported => "picker.imported",
            Self::Views => "picker.views",
            Self::Settings => "picker.settings",
            Self::Zone => "picker.zone",
            Self::AppValues => "picker.app_values",
            Self::Seats => "picker.seats",
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
    /// To see one app, or all.
    App(Option<AppName>),
    /// To see one prefix, or all.
    Prefix(Option<String>),
    /// To see one batch, or all.
    Batch(Option<u64>),
    /// To see the batch that was just made.
    SeeBatch(u64),
    /// To copy the codes of the batch that was just made.
    CopyBatch(u64),
    /// To write the batch that was just made to a file: its number and its prefix, where all have one.
    ExportBatch(u64, Option<String>),
    /// To see what was generated then, or at any time.
    Created(Option<Period>),
    /// To see what was activated then, or at any time.
    Used(Option<Period>),
    /// To see what expires then, or at any time.
    Expiring(Option<Period>),
    /// To order by this.
    Sort(Sort),
    /// To show or hide a column.
    Column(Column),
    /// To see the saved view of this name.
    View(String),
    /// To save what is shown as a view.
    KeepView,
    /// To change a setting.
    Setting(Setting),
    /// To show moments in this zone.
    Zone(Zone),
    /// To change the value of this name of an app, or to give it one more.
    AppValue(AppName, Option<String>),
    /// To take the seat from a machine, or from all.
    Seat(Option<String>),
}
