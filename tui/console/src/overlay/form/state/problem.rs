//! What is wrong with the fields of a form, and what they mean where nothing is.

use kami_common::period::{self, Period, Side};
use kami_common::reason;
use kami_common::saved_view;
use kami_common::words::{Language, number, say};
use kami_core::batch::MAX_BATCH;
use kami_core::code::CodeLength;
use kami_core::duration::CardDuration;
use kami_core::edit;
use kami_core::operator::{Note, NoteError, Operator};
use kami_core::prefix::{Prefix, PrefixError};
use kami_core::property::Property;
use kami_core::record::CardRecord;
use kami_core::seats::Seats;
use kami_core::spoken;
use kami_core::value::Value;
use kami_transfer::Filing;

use super::{AS_WRITTEN, Form, FormKind, WHOLE};
use crate::overlay::form::field::FieldName;

impl Form {
    /// What is wrong with a field, in words; an empty field is wrong only once the form was tried.
    pub fn problem(&self, name: FieldName, language: Language) -> Option<String> {
        let value = self.value(name).trim();
        if self.is_idle(name) || (value.is_empty() && !self.is_tried) {
            return None;
        }
        if let FieldName::App(field) = name {
            return self.app_problem(field, language);
        }
        if let FieldName::Preset(input) = name {
            return self.preset_problem(input, language);
        }
        if let FieldName::Block(input) = name {
            return self.block_problem(input, language);
        }
        let may_be_empty = matches!(self.kind, FormKind::LogFilter { .. }) && value.is_empty();
        let is_right = match name {
            _ if may_be_empty => true,
            FieldName::Card(property) => self.is_right(property, value),
            FieldName::Count => self.count().is_some(),
            FieldName::Length => self.length().is_some(),
            FieldName::Path => !value.is_empty(),
            FieldName::Name => saved_view::is_name(value),
            FieldName::Operator => value.is_empty() || Operator::new(value).is_ok(),
            FieldName::Batch => value.trim_start_matches('#').parse::<u64>().is_ok(),
            FieldName::Time => value.parse().is_ok_and(|done| !self.ends_before_it_begins(done)),
            FieldName::Code
            | FieldName::Act
            | FieldName::Which
            | FieldName::Format
            | FieldName::App(_)
            | FieldName::Preset(_)
            | FieldName::Block(_) => true,
        };
        if is_right {
            return None;
        }
        Some(match name {
            FieldName::Card(Property::Duration) if matches!(self.kind, FormKind::Extend(_)) => {
                say!(language, "problem.span")
            }
            FieldName::Card(Property::ValidUntil) => self.until_problem(language),
            FieldName::Card(Property::Points) if self.makes_cards() => say!(language, "problem.new_points"),
            FieldName::Card(property) => reason::problem(language, property),
            FieldName::Count => say!(language, "problem.count", most = number(u64::from(MAX_BATCH))),
            FieldName::Length => {
                say!(language, "problem.length", least = CodeLength::MIN, most = CodeLength::MAX)
            }
            FieldName::Name => say!(language, "problem.name", most = saved_view::MAX_NAME),
            FieldName::Operator => say!(language, "problem.operator"),
            FieldName::Batch => say!(language, "problem.batch"),
            FieldName::Time if value.parse::<Period>().is_ok() => say!(language, "period.is_empty"),
            FieldName::Time => say!(language, "problem.time"),
            FieldName::Path if matches!(self.kind, FormKind::Import(_) | FormKind::ImportBlocks) => {
                say!(language, "problem.file")
            }
            FieldName::Path => say!(language, "problem.path"),
            FieldName::Code
            | FieldName::Act
            | FieldName::Which
            | FieldName::Format
            | FieldName::App(_)
            | FieldName::Preset(_)
            | FieldName::Block(_) => return None,
        })
    }

    /// Whether a property can have what stands in its field.
    fn is_right(&self, property: Property, value: &str) -> bool {
        match (property, &self.kind) {
            // It is chosen among those that there are.
            (Property::App, _) => true,
            (Property::Prefix, FormKind::Import(_)) => self.filing().is_ok(),
            (Property::Prefix, FormKind::Edit { seen, .. }) => self.other_prefix(seen).is_ok(),
            (Property::Duration, _) => self.duration().is_some(),
            (Property::ValidUntil, _) => self.is_until_right(),
            (Property::Points, _) if self.makes_cards() => self.points().is_ok(),
            // A machine code of old may hold what none can hold today.
            (Property::Machine, FormKind::Edit { seen, .. })
                if seen.machine_code.as_deref() == Some(value) =>
            {
                true
            }
            // A policy of a later version stays as long as nobody touches it.
            (Property::Policy, FormKind::Edit { seen, .. })
                if Property::Policy.value(seen) == Value::Text(value.into()) =>
            {
                true
            }
            _ => edit::check(property, value).is_ok(),
        }
    }

    /// The other prefix that a card shall have, or that it shall have none.
    pub fn other_prefix(&self, card: &CardRecord) -> Result<Option<Option<Prefix>>, PrefixError> {
        edit::other_prefix(card, self.value(FieldName::Card(Property::Prefix)))
    }

    /// Which prefix the cards of a file shall have that names none.
    pub(crate) fn filing(&self) -> Result<Filing, PrefixError> {
        match self.value(FieldName::Card(Property::Prefix)).trim() {
            AS_WRITTEN => Ok(Filing::AsWritten),
            WHOLE => Ok(Filing::Whole),
            prefix => prefix.parse().map(Filing::Under),
        }
    }

    fn ends_before_it_begins(&self, done: Period) -> bool {
        match self.kind {
            FormKind::LogFilter { clock, .. } => {
                period::is_empty(done.range(Side::Past, clock.zone, clock.at))
            }
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

    /// For how many machines cards shall be.
    pub fn seats(&self) -> Option<Seats> {
        self.value(FieldName::Card(Property::Seats)).trim().parse().ok()
    }

    pub(crate) fn duration(&self) -> Option<CardDuration> {
        let duration = self.value(FieldName::Card(Property::Duration)).trim().parse().ok()?;
        let needs_end = matches!(self.kind, FormKind::Extend(_));
        (!needs_end || duration != CardDuration::Forever).then_some(duration)
    }

    pub(crate) fn note_typed(&self) -> Result<Option<Note>, NoteError> {
        Note::parse(self.value(FieldName::Card(Property::Note)))
    }
}
