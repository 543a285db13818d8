//! What a form orders once it is filled in.

use std::path::PathBuf;

use kami_common::export::{self, ExportOrder, Source};
use kami_core::acts::Act as CardAct;
use kami_core::card::{CardStatus, MachineCode};
use kami_core::edit::{CardEdit, StatusEdit};
use kami_core::operator::Note;
use kami_core::record::CardRecord;
use kami_store::GenerateOrder;
use kami_transfer::Defaults;

use super::{ANY, Form, FormKind, Sources};
use crate::state::field::FieldName;
use crate::state::import::ImportFile;
use crate::state::log_list::LogQuery;
use crate::state::order::Order;

impl Form {
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
            defaults: Defaults { duration: Some(self.duration()?), filing: self.filing().ok()? },
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
            language: sources.language,
        })
    }

    /// The difference between the card and the fields.
    fn card_edit(&self, card: &CardRecord) -> Option<CardEdit> {
        let prefix = self.other_prefix(card).ok()?;
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
            prefix,
            status,
            duration: (duration != card.duration).then_some(duration),
            note: (note.as_ref().map(Note::as_str) != old_note).then_some(note),
        })
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
}
