//! A form: its fields, and how it is filled in.

mod app;
mod block;
mod limits;
mod opened;
mod outcome;
mod preset;
mod problem;

use std::path::Path;

use chrono::{DateTime, Utc};
use kami_common::export::{self, Source};
use kami_common::words::Language;
use kami_core::app::App;
use kami_core::block::{Block, BlockKey};
use kami_core::card::CardStatus;
use kami_core::filter::Filter;
use kami_core::preset::Preset;
use kami_core::property::Property;
use kami_core::record::CardRecord;
use kami_core::zone::Zone;
use kami_transfer::Format;
use tui_input::InputRequest;

pub(crate) use self::block::ALL_APPS;
pub use self::opened::app_field;
use self::opened::edit_fields;
use crate::input::place::Place;
use crate::overlay::form::field::{Field, FieldName, PresetInput};
use crate::state::log_query::LogQuery;
use crate::state::message::{Effect, Failure, Topic};
use crate::state::model::Model;
use crate::state::order::Target;
use crate::state::overlay::Overlay;

/// The word for acts of every kind.
const ANY: &str = "any";

/// The word for the prefixes that codes of a file begin with; like the next, it can be no prefix.
pub const AS_WRITTEN: &str = "as written";

/// The word for codes without a prefix.
pub const WHOLE: &str = "no prefix";

/// The words for whether something is so.
pub(crate) const NO: &str = "no";
pub(crate) const YES: &str = "yes";

/// The word for no preset: no name of one is empty.
pub(crate) const NO_PRESET: &str = "";

/// A form that is being filled in.
#[derive(Clone, Debug)]
pub struct Form {
    /// What it is for.
    pub kind: FormKind,
    /// What can be typed, in the order of Tab.
    pub fields: Vec<Field>,
    /// The field that keys go to.
    pub focus: usize,
    /// What the database had against it.
    pub failure: Option<Failure>,
    /// Whether the operator tried to finish it, so that an empty field is a mistake too.
    pub is_tried: bool,
    /// What stood in the fields at first.
    initial: Vec<String>,
}

/// What a form does once it is sent.
#[derive(Clone, Debug)]
pub enum FormKind {
    /// To make a batch.
    Generate {
        /// By which its last moment is typed.
        clock: Clock,
        /// The presets that it may be made by, of every app.
        presets: Vec<Preset>,
    },
    /// To change a card.
    Edit {
        /// The card as it was last seen.
        seen: Box<CardRecord>,
        /// What others changed about it while the form was open.
        meanwhile: Option<Box<CardRecord>>,
        /// By which its last moment is typed.
        clock: Clock,
    },
    /// To let cards last longer.
    Extend(Target),
    /// To write the same note on cards.
    Note(Target),
    /// To write cards to a file.
    Export(Box<Sources>),
    /// To make cards with the codes of a file.
    Import(Clock),
    /// To make or change an app.
    App {
        /// The app as it was last seen; none where it is to be made.
        seen: Option<Box<App>>,
        /// The moment at which the form was opened, by the database's clock.
        at: DateTime<Utc>,
    },
    /// To change a value that an app hands to its clients.
    AppValue {
        /// The app as it was last seen.
        seen: Box<App>,
        /// The name of the value; none for one more.
        name: Option<String>,
    },
    /// To make or change a preset.
    Preset {
        /// The preset as it was last seen; none where it is to be made.
        seen: Option<Box<Preset>>,
        /// By which its last moment is typed.
        clock: Clock,
    },
    /// To keep a machine or a network out, or to say something else of one that is.
    Block {
        /// Who that is, of what, where it is no more to be chosen.
        key: Option<Box<BlockKey>>,
        /// The block as it was last seen; none where it is to be made.
        seen: Option<Box<Block>>,
        /// How many machines the card is for of which it is one; 1 where it is of none.
        seats: u16,
        /// By which its end is typed.
        clock: Clock,
    },
    /// To write all who are kept out to a file.
    ExportBlocks,
    /// To keep all out whom a file names.
    ImportBlocks,
    /// To save what is shown as a view.
    View {
        /// The names of the views that there are.
        names: Vec<String>,
        /// What the view asks to see, in few words.
        keeps: String,
    },
    /// To act under another name.
    Operator {
        /// The name that an empty field gives back.
        usual: String,
    },
    /// To choose which acts of the log to see.
    LogFilter {
        /// By which times are typed.
        clock: Clock,
        /// What shows them.
        then: fn(&mut Model, LogQuery) -> Vec<Effect>,
    },
}

/// By which moments are typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// The zone in which they are typed.
    pub zone: Zone,
    /// The moment of the last key, by the database's clock.
    pub at: DateTime<Utc>,
}

/// The cards that may be written to a file.
#[derive(Clone, Debug)]
pub struct Sources {
    /// The marked ones, where there are any.
    pub marked: Option<Source>,
    /// The batch that was just made, where it is the one to be written.
    pub batch: Option<Filter>,
    /// What the table shows.
    pub found: Filter,
    /// The moment at which the form was opened, for the name of the file.
    pub at: DateTime<Utc>,
    /// The zone in which the file shows moments.
    pub zone: Zone,
    /// The language of the file's head.
    pub language: Language,
}

impl FormKind {
    /// The key of its title in the locale files.
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Generate { .. } => "form.generate",
            Self::Edit { .. } => "form.edit",
            Self::Extend(_) => "form.extend",
            Self::Note(_) => "form.note",
            Self::Export(_) => "form.export",
            Self::Import(_) => "form.import",
            Self::App { seen: None, .. } => "form.add_app",
            Self::App { .. } => "form.edit_app",
            Self::AppValue { .. } => "form.app_value",
            Self::Preset { seen: None, .. } => "form.add_preset",
            Self::Preset { .. } => "form.edit_preset",
            Self::Block { seen: None, .. } => "form.block",
            Self::Block { .. } => "form.edit_block",
            Self::ExportBlocks => "form.export_blocks",
            Self::ImportBlocks => "form.import_blocks",
            Self::View { .. } => "form.view",
            Self::Operator { .. } => "form.operator",
            Self::LogFilter { .. } => "form.log_filter",
        }
    }

    /// Whether it orders something to be done to cards or apps, and so waits for what comes of it.
    pub const fn is_order(&self) -> bool {
        match self {
            Self::Generate { .. }
            | Self::Edit { .. }
            | Self::Extend(_)
            | Self::Note(_)
            | Self::Export(_)
            | Self::Import(_)
            | Self::App { .. }
            | Self::AppValue { .. }
            | Self::Preset { .. }
            | Self::Block { .. }
            | Self::ExportBlocks
            | Self::ImportBlocks => true,
            Self::View { .. } | Self::Operator { .. } | Self::LogFilter { .. } => false,
        }
    }

    /// By which moments are typed in it.
    const fn clock(&self) -> Option<Clock> {
        match self {
            Self::Import(clock)
            | Self::Generate { clock, .. }
            | Self::Edit { clock, .. }
            | Self::Preset { clock, .. }
            | Self::Block { clock, .. }
            | Self::LogFilter { clock, .. } => Some(*clock),
            _ => None,
        }
    }

    const fn clock_mut(&mut self) -> Option<&mut Clock> {
        match self {
            Self::Import(clock)
            | Self::Generate { clock, .. }
            | Self::Edit { clock, .. }
            | Self::Preset { clock, .. }
            | Self::Block { clock, .. }
            | Self::LogFilter { clock, .. } => Some(clock),
            _ => None,
        }
    }
}

impl Form {
    fn new(kind: FormKind, fields: Vec<Field>) -> Self {
        let initial = fields.iter().map(|field| field.value().to_owned()).collect();
        Self { kind, fields, focus: 0, failure: None, is_tried: false, initial }
    }

    /// What stands in the fields now is what they begin with, from the first of them that is of use.
    fn begin(&mut self) {
        self.initial = self.fields.iter().map(|field| field.value().to_owned()).collect();
        self.focus = self.fields.iter().position(|field| !self.is_idle(field.name)).unwrap_or(0);
    }

    /// The value of a field; nothing if the form has no such field.
    pub fn value(&self, name: FieldName) -> &str {
        self.fields.iter().find(|field| field.name == name).map_or("", Field::value)
    }

    /// Whether a field is of no use as the others stand.
    pub fn is_idle(&self, name: FieldName) -> bool {
        match name {
            FieldName::Card(Property::Machine) => {
                self.value(FieldName::Card(Property::Status)) != CardStatus::Active.as_str()
            }
            FieldName::Preset(PresetInput::Chosen) => !self.has_presets(),
            _ => false,
        }
    }

    /// Goes to another field, over those that are of no use now.
    pub fn go(&mut self, forward: bool) {
        let count = self.fields.len();
        for _ in 0..count {
            self.focus = (self.focus + if forward { 1 } else { count - 1 }) % count;
            if !self.is_idle(self.fields[self.focus].name) {
                return;
            }
        }
    }

    /// Types into the field in focus.
    pub fn type_in(&mut self, request: InputRequest) {
        self.failure = None;
        let chosen = self.chosen();
        if let Some(field) = self.fields.get_mut(self.focus) {
            field.edit(request);
        }
        self.follow_preset(chosen);
        self.follow_format();
        self.follow_limits();
    }

    /// The name of a file ends as its form does.
    fn follow_format(&mut self) {
        let Ok(format) = self.value(FieldName::Format).parse::<Format>() else { return };
        let is_elsewhere = self.fields.get(self.focus).is_none_or(|field| field.name != FieldName::Path);
        if !matches!(self.kind, FormKind::Export(_)) || !is_elsewhere {
            return;
        }
        let path = export::in_form(Path::new(self.value(FieldName::Path)), format).display().to_string();
        if let Some(field) = self.fields.iter_mut().find(|field| field.name == FieldName::Path) {
            *field = Field::line(FieldName::Path, path);
        }
    }

    /// Fields that were left alone become these, what was typed stays.
    fn follow(&mut self, fresh: Vec<Field>) {
        for ((field, initial), fresh) in self.fields.iter_mut().zip(&mut self.initial).zip(fresh) {
            let is_untouched = field.value() == initial.as_str();
            fresh.value().clone_into(initial);
            if is_untouched {
                *field = fresh;
            }
        }
    }

    /// The card has become another: fields that were left alone follow it, what was typed stays.
    pub fn rebase(&mut self, card: &CardRecord) {
        if let FormKind::Extend(Target::One(seen)) | FormKind::Note(Target::One(seen)) = &mut self.kind {
            seen.as_mut().clone_from(card);
        }
        let FormKind::Edit { clock, .. } = self.kind else { return };
        self.follow(edit_fields(card, clock.zone));
        if let FormKind::Edit { seen, meanwhile, .. } = &mut self.kind {
            let before = std::mem::replace(seen, Box::new(card.clone()));
            meanwhile.get_or_insert(before);
        }
    }
}

impl Overlay for Form {
    fn place(&self) -> Place {
        Place::Form
    }

    fn topics(&self) -> &'static [Topic] {
        &[Topic::Import]
    }

    fn is_changed(&self) -> bool {
        self.fields.iter().zip(&self.initial).any(|(field, initial)| field.value() != initial)
    }

    fn is_answered(&mut self) {
        self.failure.take_if(|failure| failure.passes);
    }
}
