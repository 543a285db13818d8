//! The form that keeps a machine or a network out.

use std::path::PathBuf;

use chrono::{DateTime, TimeDelta, Utc};
use kami_common::moment::TypedMoment;
use kami_common::shown::whole_moment;
use kami_common::words::{Language, say};
use kami_common::{export, reason};
use kami_core::app::AppName;
use kami_core::block::{Block, BlockKey, BlockTarget, NoTarget};
use kami_core::operator::Note;
use kami_core::spoken;
use kami_core::zone::Zone;
use kami_store::OneBlock;

use super::{Clock, Form, FormKind};
use crate::overlay::form::field::{BlockInput, Field, FieldName};

/// The word for a target whose form says what it is.
const BY_FORM: &str = "by_form";

/// The word for all apps: no name of one is empty.
pub(crate) const ALL_APPS: &str = "";

impl Form {
    /// The form that keeps somebody out, of one of these apps where there are several, or of all. Where it is known whom, as of
    /// a card for so many machines, it is the reason that is typed.
    pub fn block(target: Option<&BlockTarget>, seats: u16, apps: &[AppName], clock: Clock) -> Self {
        let [machine, network] = BlockTarget::KINDS;
        let kind = target.map_or(BY_FORM, BlockTarget::kind);
        let names: Vec<&str> = [ALL_APPS].into_iter().chain(apps.iter().map(AppName::as_str)).collect();
        let app =
            (names.len() > 2).then(|| Field::choice(FieldName::Block(BlockInput::App), &names, ALL_APPS));
        let mut fields = vec![
            Field::line(
                FieldName::Block(BlockInput::Target),
                target.map(ToString::to_string).unwrap_or_default(),
            ),
            Field::choice(FieldName::Block(BlockInput::Kind), &[BY_FORM, machine, network], kind),
        ];
        fields.extend(app);
        fields.extend(said(None, clock.zone));
        let focus = if target.is_some() { fields.len() - 1 } else { 0 };
        Self { focus, ..Self::new(FormKind::Block { key: None, seen: None, seats, clock }, fields) }
    }

    /// The form that changes what is said of one who is kept out.
    pub fn edit_block(seen: Block, clock: Clock) -> Self {
        let fields = said(Some(&seen), clock.zone);
        let key = Some(Box::new(seen.key.clone()));
        Self::new(FormKind::Block { key, seen: Some(Box::new(seen)), seats: 1, clock }, fields.into())
    }

    /// The form that writes all who are kept out to a file.
    pub fn export_blocks(clock: Clock) -> Self {
        let path = export::blocks_path(clock.at, clock.zone).display().to_string();
        Self::new(FormKind::ExportBlocks, vec![Field::line(FieldName::Path, path)])
    }

    /// The form that keeps all out whom a file names.
    pub fn import_blocks() -> Self {
        Self::new(FormKind::ImportBlocks, vec![Field::line(FieldName::Path, "")])
    }

    /// The file of those who shall be kept out; nothing before one is named, and from any other form.
    pub fn block_file(&self) -> Option<PathBuf> {
        let path = self.value(FieldName::Path).trim();
        (matches!(self.kind, FormKind::ImportBlocks) && !path.is_empty()).then(|| path.into())
    }

    /// He whom it is about is kept out so, or not at all: what was left alone is what it is, what was typed stays.
    pub(crate) fn rebase_block(&mut self, is: Option<Block>) {
        let FormKind::Block { seen, clock, .. } = &mut self.kind else { return };
        let Some(is) = is else {
            *seen = None;
            return;
        };
        let mut fresh = Self::edit_block(is, *clock);
        let now = self.fields.iter().zip(&self.initial);
        for (typed, _) in now.filter(|(field, initial)| field.value() != initial.as_str()) {
            if let Some(field) = fresh.fields.iter_mut().find(|field| field.name == typed.name) {
                field.clone_from(typed);
            }
        }
        *self = fresh;
    }

    /// Who shall be kept out.
    pub fn block_target(&self) -> Result<BlockTarget, NoTarget> {
        if let FormKind::Block { key: Some(key), .. } = &self.kind {
            return Ok(key.target.clone());
        }
        let text = self.value(FieldName::Block(BlockInput::Target));
        let kind = self.value(FieldName::Block(BlockInput::Kind));
        BlockTarget::of_kind(kind, text).unwrap_or_else(|| text.parse())
    }

    /// Who shall be kept out of what.
    fn block_key(&self) -> Option<BlockKey> {
        if let FormKind::Block { key: Some(key), .. } = &self.kind {
            return Some((**key).clone());
        }
        let app = match self.value(FieldName::Block(BlockInput::App)) {
            ALL_APPS => None,
            name => Some(name.parse().ok()?),
        };
        Some(BlockKey { app, target: self.block_target().ok()? })
    }

    /// The last second, of a moment or after a span; none where nothing was typed, and nothing where it is neither or over. One
    /// that nobody touched is what it was.
    pub fn block_until(&self) -> Option<Option<DateTime<Utc>>> {
        let FormKind::Block { seen, clock: Clock { zone, at }, .. } = &self.kind else { return None };
        let (zone, at) = (*zone, *at);
        let text = self.value(FieldName::Block(BlockInput::Until)).trim();
        if text.is_empty() {
            return Some(None);
        }
        let before = seen.as_ref().and_then(|seen| seen.until);
        if before.is_some_and(|until| whole_moment(zone, until) == text) {
            return Some(before);
        }
        let until = if let Ok(typed) = text.parse::<TypedMoment>() {
            typed.last(zone, at)
        } else {
            let seconds = spoken::parse(text).ok()?.seconds?;
            at + TimeDelta::seconds(seconds.into())
        };
        (until >= at).then_some(Some(until))
    }

    /// What the form orders; nothing while a field is wrong, and from any other form.
    pub fn block_order(&self) -> Option<OneBlock> {
        let FormKind::Block { seen, .. } = &self.kind else { return None };
        let key = self.block_key()?;
        let reason = Note::parse(self.value(FieldName::Block(BlockInput::Reason))).ok()?;
        let wanted = Block { key, reason, until: self.block_until()? };
        Some(OneBlock { seen: seen.as_deref().cloned(), wanted })
    }

    /// What is wrong with a field of the form, in words.
    pub(super) fn block_problem(&self, input: BlockInput, language: Language) -> Option<String> {
        match input {
            BlockInput::Target => self.block_target().err().map(|error| reason::no_target(language, error)),
            BlockInput::Until => self.block_until().is_none().then(|| say!(language, "problem.block_until")),
            BlockInput::Reason => {
                let reason = Note::parse(self.value(FieldName::Block(input)));
                reason.is_err().then(|| reason::problem(language, kami_core::property::Property::Note))
            }
            BlockInput::Kind | BlockInput::App => None,
        }
    }
}

/// The fields of what is said of one who is kept out.
fn said(block: Option<&Block>, zone: Zone) -> [Field; 2] {
    let until = block.and_then(|block| block.until).map(|until| whole_moment(zone, until));
    let reason = block.and_then(|block| block.reason.as_ref()).map(Note::as_str);
    [
        Field::line(FieldName::Block(BlockInput::Until), until.unwrap_or_default()),
        Field::line(FieldName::Block(BlockInput::Reason), reason.unwrap_or_default()),
    ]
}
