//! What is wrong with the fields of a form, and what they mean where nothing is.

use std::str::FromStr as _;

use kami_common::period::{self, Period, Side};
use kami_common::saved_view;
use kami_common::words::{Language, number, say};
use kami_core::batch::MAX_BATCH;
use kami_core::card::MachineCode;
use kami_core::code::CodeLength;
use kami_core::duration::CardDuration;
use kami_core::operator::{Note, NoteError, Operator};
use kami_core::prefix::{Prefix, PrefixError};
use kami_core::record::CardRecord;
use kami_core::spoken;
use kami_transfer::Filing;

use super::{AS_WRITTEN, Form, FormKind, WHOLE};
use crate::state::field::FieldName;

impl Form {
    /// What is wrong with a field, in words; an empty field is wrong only once the form was tried.
    pub fn problem(&self, name: FieldName, language: Language) -> Option<String> {
        let value = self.value(name).trim();
        if self.is_idle(name) || (value.is_empty() && !self.is_tried) {
            return None;
        }
        let may_be_empty = matches!(self.kind, FormKind::LogFilter { .. }) && value.is_empty();
        let is_right = match name {
            _ if may_be_empty => true,
            FieldName::Prefix => match &self.kind {
                FormKind::Import => self.filing().is_ok(),
                FormKind::Edit { seen, .. } => self.other_prefix(seen).is_ok(),
                _ => Prefix::from_str(value).is_ok(),
            },
            FieldName::Count => self.count().is_some(),
            FieldName::Length => self.length().is_some(),
            FieldName::Duration => self.duration().is_some(),
            FieldName::Note => Note::parse(value).is_ok(),
            FieldName::Machine => MachineCode::parse_new(value).is_ok() || self.is_machine_of_the_card(value),
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

    /// The other prefix that a card shall have, or that it shall have none; one of old may be what none can be today, and
    /// stays.
    pub fn other_prefix(&self, card: &CardRecord) -> Result<Option<Option<Prefix>>, PrefixError> {
        match self.value(FieldName::Prefix) {
            same if same == card.prefix => Ok(None),
            other if other.trim().is_empty() => Ok(Some(None)),
            other => other.trim().parse().map(|prefix| Some(Some(prefix))),
        }
    }

    /// Which prefix the cards of a file shall have that names none.
    pub(super) fn filing(&self) -> Result<Filing, PrefixError> {
        match self.value(FieldName::Prefix).trim() {
            AS_WRITTEN => Ok(Filing::AsWritten),
            WHOLE => Ok(Filing::Whole),
            prefix => prefix.parse().map(Filing::Under),
        }
    }

    /// A machine code of old may hold what none can hold today.
    fn is_machine_of_the_card(&self, value: &str) -> bool {
        matches!(&self.kind, FormKind::Edit { seen, .. } if seen.machine_code.as_deref() == Some(value))
    }

    fn ends_before_it_begins(&self, done: Period) -> bool {
        match self.kind {
            FormKind::LogFilter { zone, at } => period::is_empty(done.range(Side::Past, zone, at)),
            _ => false,
        }
    }

    /// How many cards to make.
    pub fn count(&self) -> Option<u32> {
        let count = spoken::count(self.value(FieldName::Count))?;
        u32::try_from(count).ok().filter(|count| (1..=MAX_BATCH).contains(count))
    }

    /// How many characters a code shall have.
    pub fn length(&self) -> Option<CodeLength> {
        let length = spoken::count(self.value(FieldName::Length))?;
        CodeLength::new(length.try_into().ok()?).ok()
    }

    pub(super) fn duration(&self) -> Option<CardDuration> {
        let duration = self.value(FieldName::Duration).trim().parse().ok()?;
        let needs_end = matches!(self.kind, FormKind::Extend(_));
        (!needs_end || duration != CardDuration::Forever).then_some(duration)
    }

    pub(super) fn note_typed(&self) -> Result<Option<Note>, NoteError> {
        Note::parse(self.value(FieldName::Note))
    }
}
