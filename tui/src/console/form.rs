//! A form: its fields, what is wrong with them, and what it orders.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use chrono::{DateTime, Utc};
use kami_shared::acts::Act as CardAct;
use kami_shared::card::{CardStatus, MachineCode};
use kami_shared::code::CodeLength;
use kami_shared::duration::CardDuration;
use kami_shared::edit::{CardEdit, StatusEdit};
use kami_shared::filter::Filter;
use kami_shared::operator::{Note, NoteError, Operator};
use kami_shared::prefix::Prefix;
use kami_shared::record::CardRecord;
use kami_shared::store::{GenerateOrder, MAX_BATCH};
use kami_shared::transfer::Format;
use kami_shared::zone::Zone;
use tui_input::InputRequest;

use super::field::{Field, FieldName};
use super::import::ImportFile;
use super::log_list::{self, LogQuery};
use super::order::{Order, Target};
use super::saved_view;
use crate::export::{self, ExportOrder, Source};
use crate::period::{self, Period, Side};
use crate::words::{Language, number, say};

/// The durations that most cards have.
const DURATIONS: [&str; 6] = ["3h", "1d", "7d", "30d", "365d", "forever"];

/// The word for acts of every kind.
const ANY: &str = "any";

/// A form that is being filled in.
#[derive(Clone, Debug)]
pub struct Form {
    /// What it is for.
    pub kind: FormKind,
    /// Its fields.
    pub fields: Vec<Field>,
    /// The field that keys go to.
    pub focus: usize,
    /// What the database had against it.
    pub failure: Option<String>,
    /// Whether the operator tried to finish it, so that an empty field is a mistake too.
    pub is_tried: bool,
    /// What stood in the fields at first.
    initial: Vec<String>,
}

/// What a form is for.
#[derive(Clone, Debug)]
pub enum FormKind {
    /// To make a batch.
    Generate,
    /// To change a card.
    Edit {
        /// The card as it was last seen.
        seen: Box<CardRecord>,
        /// What others changed about it while the form was open.
        meanwhile: Option<Box<CardRecord>>,
    },
    /// To let cards last longer.
    Extend(Target),
    /// To write the same note on cards.
    Note(Target),
    /// To write cards to a file.
    Export(Box<Sources>),
    /// To make cards with the codes of a file.
    Import,
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
        /// The zone in which times are typed.
        zone: Zone,
        /// The moment at which the form was opened, by the database's clock.
        at: DateTime<Utc>,
    },
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
}

impl FormKind {
    /// The key of its title in the locale files.
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Generate => "form.generate",
            Self::Edit { .. } => "form.edit",
            Self::Extend(_) => "form.extend",
            Self::Note(_) => "form.note",
            Self::Export(_) => "form.export",
            Self::Import => "form.import",
            Self::View { .. } => "form.view",
            Self::Operator { .. } => "form.operator",
            Self::LogFilter { .. } => "form.log_filter",
        }
    }

    /// Whether it orders something to be done to cards, and so waits for what comes of it.
    pub const fn is_order(&self) -> bool {
        match self {
            Self::Generate
            | Self::Edit { .. }
            | Self::Extend(_)
            | Self::Note(_)
            | Self::Export(_)
            | Self::Import => true,
            Self::View { .. } | Self::Operator { .. } | Self::LogFilter { .. } => false,
        }
    }
}

impl Form {
    fn new(kind: FormKind, fields: Vec<Field>) -> Self {
        let initial = fields.iter().map(|field| field.value().to_owned()).collect();
        Self { kind, fields, focus: 0, failure: None, is_tried: false, initial }
    }

    /// The form that makes a batch.
    pub fn generate(prefix: &str) -> Self {
        let fields = vec![
            Field::line(FieldName::Prefix, prefix),
            Field::line(FieldName::Count, "100"),
            Field::line(FieldName::Length, "16"),
            Field::open_choice(FieldName::Duration, &DURATIONS, "3h"),
            Field::line(FieldName::Note, ""),
        ];
        Self::new(FormKind::Generate, fields)
    }

    /// The form that changes a card.
    pub fn edit(card: &CardRecord) -> Self {
        let kind = FormKind::Edit { seen: Box::new(card.clone()), meanwhile: None };
        let mut form = Self::new(kind, edit_fields(card));
        // The status is what is changed most.
        form.focus = 1;
        form
    }

    /// The form that lets cards last longer.
    pub fn extend(target: Target) -> Self {
        let durations = ["1h", "1d", "7d", "30d", "365d"];
        Self::new(FormKind::Extend(target), vec![Field::open_choice(FieldName::Duration, &durations, "1d")])
    }

    /// The form that writes a note on cards.
    pub fn note(target: Target) -> Self {
        let note = match &target {
            Target::One(card) => card.note.clone().unwrap_or_default(),
            Target::Many { .. } => String::new(),
        };
        Self::new(FormKind::Note(target), vec![Field::line(FieldName::Note, note)])
    }

    /// The form that writes cards to a file.
    pub fn export(sources: Sources) -> Self {
        let which: &[&str] = match (&sources.batch, &sources.marked) {
            (Some(_), _) => &["batch", "unused", "found"],
            (None, Some(_)) => &["marked", "unused", "found"],
            (None, None) => &["unused", "found"],
        };
        let formats = Format::ALL.map(Format::extension);
        let prefix = sources.batch.as_ref().unwrap_or(&sources.found).prefix.as_deref();
        let path = export::default_path(Format::Txt, prefix, sources.at, sources.zone);
        let fields = vec![
            Field::choice(FieldName::Which, which, which[0]),
            Field::choice(FieldName::Format, &formats, Format::Txt.extension()),
            Field::line(FieldName::Path, path.display().to_string()),
        ];
        Self::new(FormKind::Export(Box::new(sources)), fields)
    }

    /// The form that imports a file.
    pub fn import() -> Self {
        let fields = vec![
            Field::line(FieldName::Path, ""),
            Field::open_choice(FieldName::Duration, &DURATIONS, "3h"),
            Field::line(FieldName::Note, ""),
        ];
        Self::new(FormKind::Import, fields)
    }

    /// The form that saves what is shown as a view.
    pub fn view(name: &str, names: Vec<String>, keeps: String) -> Self {
        Self::new(FormKind::View { names, keeps }, vec![Field::line(FieldName::Name, name)])
    }

    /// The form that gives the operator another name.
    pub fn operator(name: &str, usual: &str) -> Self {
        let kind = FormKind::Operator { usual: usual.to_owned() };
        Self::new(kind, vec![Field::line(FieldName::Operator, name)])
    }

    /// The form that chooses which acts of the log to see.
    pub fn log_filter(query: &LogQuery, zone: Zone, at: DateTime<Utc>) -> Self {
        let acts: Vec<&str> = [ANY].into_iter().chain(log_list::ACTS).collect();
        let fields = vec![
            Field::line(FieldName::Operator, query.operator.clone().unwrap_or_default()),
            Field::choice(FieldName::Act, &acts, query.act.as_deref().unwrap_or(ANY)),
            Field::line(FieldName::Code, query.code.clone().unwrap_or_default()),
            Field::line(FieldName::Batch, query.batch.map(|batch| batch.to_string()).unwrap_or_default()),
            Field::line(FieldName::Time, query.done.map(|done| done.to_string()).unwrap_or_default()),
        ];
        Self::new(FormKind::LogFilter { zone, at }, fields)
    }

    /// Which acts of the log the form wants to see.
    pub fn log_query(&self) -> LogQuery {
        let text = |name| Some(self.value(name).trim().to_owned()).filter(|text| !text.is_empty());
        LogQuery {
            operator: text(FieldName::Operator),
            act: text(FieldName::Act).filter(|act| act != ANY),
            code: text(FieldName::Code),
            batch: text(FieldName::Batch).and_then(|batch| batch.trim_start_matches('#').parse().ok()),
            done: text(FieldName::Time).and_then(|done| done.parse().ok()),
        }
    }

    /// The value of a field; nothing if the form has no such field.
    pub fn value(&self, name: FieldName) -> &str {
        self.fields.iter().find(|field| field.name == name).map_or("", Field::value)
    }

    /// Whether a field is of no use as the others stand.
    pub fn is_idle(&self, name: FieldName) -> bool {
        name == FieldName::Machine && self.value(FieldName::Status) != CardStatus::Active.as_str()
    }

    /// Whether anything was typed that would be lost.
    pub fn is_changed(&self) -> bool {
        self.fields.iter().zip(&self.initial).any(|(field, initial)| field.value() != initial)
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
        if let Some(field) = self.fields.get_mut(self.focus) {
            field.edit(request);
        }
        self.follow_format();
    }

    /// The name of a file ends as its form does.
    fn follow_format(&mut self) {
        let extension = self.value(FieldName::Format).to_owned();
        let is_elsewhere = self.fields.get(self.focus).is_none_or(|field| field.name != FieldName::Path);
        if !matches!(self.kind, FormKind::Export(_)) || !is_elsewhere {
            return;
        }
        let path = Path::new(self.value(FieldName::Path)).with_extension(extension).display().to_string();
        if let Some(field) = self.fields.iter_mut().find(|field| field.name == FieldName::Path) {
            *field = Field::line(FieldName::Path, path);
        }
    }

    /// The card has become another: fields that were left alone follow it, what was typed stays.
    pub fn rebase(&mut self, card: &CardRecord) {
        if let FormKind::Extend(Target::One(seen)) | FormKind::Note(Target::One(seen)) = &mut self.kind {
            seen.as_mut().clone_from(card);
        }
        if !matches!(self.kind, FormKind::Edit { .. }) {
            return;
        }
        let fresh = edit_fields(card);
        for ((field, initial), fresh) in self.fields.iter_mut().zip(&mut self.initial).zip(fresh) {
            let is_untouched = field.value() == initial.as_str();
            fresh.value().clone_into(initial);
            if is_untouched {
                *field = fresh;
            }
        }
        if let FormKind::Edit { seen, meanwhile } = &mut self.kind {
            let before = std::mem::replace(seen, Box::new(card.clone()));
            meanwhile.get_or_insert(before);
        }
    }

    /// What is wrong with a field, in words; an empty field is wrong only once the form was tried.
    pub fn problem(&self, name: FieldName, language: Language) -> Option<String> {
        let value = self.value(name).trim();
        if self.is_idle(name) || (value.is_empty() && !self.is_tried) {
            return None;
        }
        let may_be_empty = matches!(self.kind, FormKind::LogFilter { .. }) && value.is_empty();
        let is_right = match name {
            _ if may_be_empty => true,
            FieldName::Prefix => Prefix::from_str(value).is_ok(),
            FieldName::Count => self.count().is_some(),
            FieldName::Length => self.length().is_some(),
            FieldName::Duration => self.duration().is_some(),
            FieldName::Note => Note::parse(value).is_ok(),
            FieldName::Machine => MachineCode::parse(value).is_ok(),
            FieldName::Path => !value.is_empty(),
            FieldName::Name => saved_view::is_name(value),
            FieldName::Operator => value.is_empty() || Operator::new(value).is_ok(),
            FieldName::Batch => value.trim_start_matches('#').parse::<u64>().is_ok(),
            FieldName::Time => value.parse().is_ok_and(|done| !self.ends_before_it_begins(done)),
            FieldName::Code | FieldName::Act | FieldName::Status | FieldName::Which | FieldName::Format => {
                true
            }
        };
        if is_right {
            return None;
        }
        Some(match name {
            FieldName::Prefix => say!(language, "problem.prefix"),
            FieldName::Count => say!(language, "problem.count", most = number(u64::from(MAX_BATCH))),
            FieldName::Length => {
                say!(language, "problem.length", least = CodeLength::MIN, most = CodeLength::MAX)
            }
            FieldName::Duration if matches!(self.kind, FormKind::Extend(_)) => say!(language, "problem.span"),
            FieldName::Duration => say!(language, "problem.duration"),
            FieldName::Note => say!(language, "problem.note", most = Note::MAX_CHARS),
            FieldName::Name => say!(language, "problem.name", most = saved_view::MAX_NAME),
            FieldName::Operator => say!(language, "problem.operator"),
            FieldName::Batch => say!(language, "problem.batch"),
            FieldName::Time if value.parse::<Period>().is_ok() => say!(language, "period.is_empty"),
            FieldName::Time => say!(language, "problem.time"),
            FieldName::Path if matches!(self.kind, FormKind::Import) => say!(language, "problem.file"),
            FieldName::Path => say!(language, "problem.path"),
            _ => say!(language, "problem.machine"),
        })
    }

    fn ends_before_it_begins(&self, done: Period) -> bool {
        match self.kind {
            FormKind::LogFilter { zone, at } => period::is_empty(done.range(Side::Past, zone, at)),
            _ => false,
        }
    }

    /// How many cards to make, thousands separated or not.
    pub fn count(&self) -> Option<u32> {
        let digits: String = self
            .value(FieldName::Count)
            .chars()
            .filter(|character| !matches!(character, ',' | ' '))
            .collect();
        digits.parse().ok().filter(|count| (1..=MAX_BATCH).contains(count))
    }

    /// How many characters a code shall have.
    pub fn length(&self) -> Option<CodeLength> {
        CodeLength::new(self.value(FieldName::Length).trim().parse().ok()?).ok()
    }

    fn duration(&self) -> Option<CardDuration> {
        let duration = self.value(FieldName::Duration).trim().parse().ok()?;
        let needs_end = matches!(self.kind, FormKind::Extend(_));
        (!needs_end || duration != CardDuration::Forever).then_some(duration)
    }

    fn note_typed(&self) -> Result<Option<Note>, NoteError> {
        Note::parse(self.value(FieldName::Note))
    }

    /// What the form orders; nothing while a field is wrong or empty.
    pub fn order(&self) -> Option<Order> {
        match &self.kind {
            FormKind::Generate => Some(Order::Generate(GenerateOrder {
                prefix: self.value(FieldName::Prefix).trim().parse().ok()?,
                count: self.count()?,
                length: self.length()?,
                duration: self.duration()?,
                note: self.note_typed().ok()?,
            })),
            FormKind::Edit { seen, .. } => {
                let edit = self.card_edit(seen)?;
                Some(Order::Edit { seen: seen.clone(), edit })
            }
            FormKind::Export(sources) => self.export_order(sources).map(Order::Export),
            // A file is looked at before it is imported, and the others touch no card.
            FormKind::Import
            | FormKind::View { .. }
            | FormKind::Operator { .. }
            | FormKind::LogFilter { .. } => None,
            FormKind::Extend(target) => {
                let seconds = self.duration()?.seconds()?;
                Some(Order::Act { act: CardAct::Extend { seconds }, target: target.clone() })
            }
            FormKind::Note(target) => Some(Order::Act {
                act: CardAct::SetNote { note: self.note_typed().ok()? },
                target: target.clone(),
            }),
        }
    }

    /// The file that the form wants imported; nothing while a field is wrong, and from any other form.
    pub fn import_file(&self) -> Option<ImportFile> {
        let path = self.value(FieldName::Path).trim();
        let is_file = matches!(self.kind, FormKind::Import) && !path.is_empty();
        Some(ImportFile {
            path: is_file.then(|| PathBuf::from(path))?,
            duration: self.duration()?,
            note: self.note_typed().ok()?,
        })
    }

    fn export_order(&self, sources: &Sources) -> Option<ExportOrder> {
        let source = match self.value(FieldName::Which) {
            "batch" => Source::Filter(sources.batch.clone()?),
            "marked" => sources.marked.clone()?,
            "found" => Source::Filter(sources.found.clone()),
            _ => Source::Filter(export::unused(sources.found.prefix.clone())),
        };
        let path = self.value(FieldName::Path).trim();
        Some(ExportOrder {
            source,
            format: self.value(FieldName::Format).parse().ok()?,
            path: (!path.is_empty()).then(|| PathBuf::from(path))?,
            at: sources.at,
            zone: sources.zone,
        })
    }

    /// The difference between the card and the fields.
    fn card_edit(&self, card: &CardRecord) -> Option<CardEdit> {
        let prefix: Prefix = self.value(FieldName::Prefix).trim().parse().ok()?;
        let duration = self.duration()?;
        let note = self.note_typed().ok()?;
        let status: CardStatus = self.value(FieldName::Status).parse().ok()?;
        let machine = self.value(FieldName::Machine).trim();
        let is_other_machine = status == CardStatus::Active && Some(machine) != card.machine_code.as_deref();
        let status = (status != card.status || is_other_machine).then_some(status);
        let status = match status {
            None => None,
            Some(CardStatus::Unused) => Some(StatusEdit::Unused),
            Some(CardStatus::Active) => {
                Some(StatusEdit::Active { machine: MachineCode::parse(machine).ok()? })
            }
            Some(CardStatus::Expired) => Some(StatusEdit::Expired),
            Some(CardStatus::Disabled) => Some(StatusEdit::Disabled),
        };
        let old_note = card.note.as_deref();
        Some(CardEdit {
            prefix: (prefix.as_str() != card.prefix).then_some(prefix),
            status,
            duration: (duration != card.duration).then_some(duration),
            note: (note.as_ref().map(Note::as_str) != old_note).then_some(note),
        })
    }
}

fn edit_fields(card: &CardRecord) -> Vec<Field> {
    let statuses = CardStatus::ALL.map(CardStatus::as_str);
    vec![
        Field::line(FieldName::Prefix, &*card.prefix),
        Field::choice(FieldName::Status, &statuses, card.status.as_str()),
        Field::line(FieldName::Machine, card.machine_code.clone().unwrap_or_default()),
        Field::open_choice(FieldName::Duration, &DURATIONS, &card.duration.to_string()),
        Field::line(FieldName::Note, card.note.clone().unwrap_or_default()),
    ]
}
