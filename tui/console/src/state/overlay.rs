//! What can lie over a screen.

use kami_common::column::Column;
use kami_common::period::Period;
use kami_core::card::CardStatus;
use kami_core::filter::Sort;
use kami_core::zone::Zone;
use tui_input::Input;

use crate::input::act::Act;
use crate::state::form::Form;
use crate::state::import::Import;
use crate::state::log_list::LogList;
use crate::state::order::Order;
use crate::state::picker::Picker;
use crate::state::settings::Setting;

/// Something that lies over the screen and takes the keys.
#[derive(Clone, Debug)]
pub enum Overlay {
    /// The detail of the card under the cursor.
    Detail {
        /// How many lines of it are scrolled away.
        scroll: usize,
    },
    /// A form to fill in.
    Form(Form),
    /// A question before something that is hard to take back.
    Confirm(Confirm),
    /// The progress of what is being done.
    Work,
    /// What operators did.
    Log(LogList),
    /// Lines to read.
    Report(Report),
    /// What a file would bring, line by line.
    Import(Import),
    /// Counts over time, in place of the table.
    Statistics,
    /// A list to choose from.
    Picker {
        /// What it is a list of.
        kind: PickerKind,
        /// The list.
        picker: Picker<Chosen>,
    },
}

/// A question before something is done that is hard to take back.
#[derive(Clone, Debug)]
pub struct Confirm {
    /// The question.
    pub question: String,
    /// Which cards it will touch.
    pub touched: Touched,
    /// What follows from a yes.
    pub consequence: String,
    /// What is done then.
    pub then: Consequence,
    /// Whether it is dangerous rather than only large.
    pub is_danger: bool,
    /// What was typed where a number has to be; a plain yes will do where there is nothing.
    pub typed: Option<Input>,
}

impl Confirm {
    /// A question that is answered by a plain yes.
    pub const fn new(question: String, consequence: String, then: Consequence) -> Self {
        let touched = Touched::Known(Vec::new());
        Self { question, touched, consequence, then, is_danger: false, typed: None }
    }

    /// Whether the cards that it will touch are being counted.
    pub const fn is_counting(&self) -> bool {
        matches!(self.touched, Touched::Counting { .. })
    }
}

/// Which cards something will touch.
#[derive(Clone, Debug)]
pub enum Touched {
    /// They are being counted.
    Counting {
        /// The part that is done, from 0 to 1.
        share: f64,
    },
    /// These, in lines to read.
    Known(Vec<String>),
}

/// What a yes does.
#[derive(Clone, Debug)]
pub enum Consequence {
    /// Something to cards.
    Order(Order),
    /// Deletes the saved view of this name.
    DropView(String),
    /// Brings the database to this version's schema.
    Migrate,
}

/// Lines to read.
#[derive(Clone, Debug)]
pub struct Report {
    /// What they are about.
    pub title: String,
    /// The lines; those that begin with a space belong to the one before.
    pub lines: Vec<String>,
    /// How many are scrolled away.
    pub scroll: usize,
    /// The act that they are about and the row of its log before which there are more, where there are.
    pub more: Option<(u64, u64)>,
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
    /// The spans of generation.
    Created,
    /// The spans of activation.
    Used,
    /// The spans of expiry.
    Expiring,
    /// The orders.
    Sort,
    /// The columns.
    Columns,
    /// What can be done with a batch that was just made.
    Made,
    /// What can be done with a batch that was just imported.
    Imported,
    /// The saved views.
    Views,
    /// The settings.
    Settings,
    /// The time zones.
    Zone,
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
}
