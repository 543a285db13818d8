//! What a form orders once it is filled in.

use std::path::PathBuf;

use kami_common::export::{self, ExportOrder, Source};
use kami_core::acts::Act as CardAct;
use kami_core::app::AppName;
use kami_core::edit::CardEdit;
use kami_core::filter::Filter;
use kami_core::preset::Preset;
use kami_core::property::Property;
use kami_store::GenerateOrder;
use kami_transfer::Defaults;

use super::{ANY, Form, FormKind, Sources};
use crate::overlay::form::field::FieldName;
use crate::state::import::ImportFile;
use crate::state::log_query::LogQuery;
use crate::state::order::Order;

impl Form {
    /// What the form orders; nothing while a field is wrong or empty.
    pub fn order(&self) -> Option<Order> {
        match &self.kind {
            FormKind::Generate { .. } => Some(Order::Generate(GenerateOrder {
                app: self.app_chosen()?,
                prefix: self.value(FieldName::Card(Property::Prefix)).trim().parse().ok()?,
                count: self.count()?,
                length: self.length()?,
                duration: self.duration()?,
                valid_until: self.until().ok()?,
                points: self.points().ok()?,
                seats: self.seats()?,
                policy: self.value(FieldName::Card(Property::Policy)).parse().ok()?,
                preset: self.preset_chosen().map(Preset::for_batch),
                note: self.note_typed().ok()?,
            })),
            FormKind::Edit { seen, .. } => {
                let until = self.until_for_core().ok()?;
                let typed = |property| match property {
                    Property::ValidUntil => until.as_str(),
                    _ => self.value(FieldName::Card(property)),
                };
                let edit = CardEdit::typed(seen, typed).ok()?;
                Some(Order::Edit { seen: seen.clone(), edit })
            }
            FormKind::Export(sources) => self.export_order(sources).map(Order::Export),
            FormKind::App { .. } | FormKind::AppValue { .. } => {
                self.app_order().map(|order| Order::App(Box::new(order)))
            }
            FormKind::Preset { .. } => self.preset_order().map(|order| Order::Preset(Box::new(order))),
            FormKind::Block { .. } => self.block_order().map(|order| Order::Block(Box::new(order))),
            FormKind::ExportBlocks => {
                let path = self.value(FieldName::Path).trim();
                (!path.is_empty()).then(|| Order::ExportBlocks(path.into()))
            }
            // A file is looked at before it is imported, and the others touch no card.
            FormKind::Import(_)
            | FormKind::ImportBlocks
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
        let duration = self.duration()?;
        let is_chosen = self.is_duration_chosen();
        let is_file = matches!(self.kind, FormKind::Import(_)) && !path.is_empty();
        Some(ImportFile {
            path: is_file.then(|| PathBuf::from(path))?,
            defaults: Defaults {
                duration: is_chosen.then_some(duration),
                // A card that the file lets end otherwise needs none.
                fallback: (!is_chosen).then_some(duration),
                filing: self.filing().ok()?,
                app: None,
                seats: self.seats()?,
                points: self.points().ok()?,
                valid_until: self.until().ok()?,
            },
            note: self.note_typed().ok()?,
            app: self.app_chosen()?,
        })
    }

    /// The app that cards are made for; the usual one where there is nothing to choose.
    pub(super) fn app_chosen(&self) -> Option<AppName> {
        match self.value(FieldName::Card(Property::App)) {
            "" => Some(AppName::default()),
            name => name.parse().ok(),
        }
    }

    fn export_order(&self, sources: &Sources) -> Option<ExportOrder> {
        let source = match self.value(FieldName::Which) {
            "batch" => Source::Filter(sources.batch.clone()?),
            "marked" => sources.marked.clone()?,
            "found" => Source::Filter(sources.found.clone()),
            _ => {
                let app = sources.found.app.clone();
                Source::Filter(Filter { app, ..export::unused(sources.found.prefix.clone()) })
            }
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
