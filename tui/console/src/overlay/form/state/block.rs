//! The form that keeps a machine or a network out.

use chrono::{DateTime, TimeDelta, Utc};
use kami_common::moment::TypedMoment;
use kami_common::reason;
use kami_common::shown::whole_moment;
use kami_common::words::{Language, say};
use kami_core::app::AppName;
use kami_core::block::{Block, BlockKey, BlockTarget, NoTarget};
use kami_core::operator::Note;
use kami_core::spoken;
use kami_store::BlockOrder;

use super::{Clock, Form, FormKind};
use crate::overlay::form::field::{BlockInput, Field, FieldName};

/// The word for a target whose form says what it is.
const BY_FORM: &str = "by_form";

/// The word for all apps: no name of one is empty.
pub(crate) const ALL_APPS: &str = "";

impl Form {
    /// The form that keeps somebody out, of one of these apps where there are several, or of all; filled with whom it is
    /// about, where that is known.
    pub fn block(block: Option<&Block>, apps: &[AppName], clock: Clock) -> Self {
        let key = block.map(|block| &block.key);
        let [machine, network] = BlockTarget::KINDS;
        let kind = key.map_or(BY_FORM, |key| key.target.kind());
        let target = key.map(|key| key.target.to_string()).unwrap_or_default();
        let app = key.and_then(|key| key.app.as_ref()).map_or(ALL_APPS, AppName::as_str);
        let reason = block.and_then(|block| block.reason.as_ref()).map(Note::as_str).unwrap_or_default();
        let until = block.and_then(|block| block.until);
        let names: Vec<&str> = [ALL_APPS].into_iter().chain(apps.iter().map(AppName::as_str)).collect();
        let is_told = names.len() > 2 || !app.is_empty();
        let app = is_told.then(|| Field::choice(FieldName::Block(BlockInput::App), &names, app));
        let until = until.map(|until| whole_moment(clock.zone, until)).unwrap_or_default();
        let mut fields = vec![
            Field::line(FieldName::Block(BlockInput::Target), target),
            Field::choice(FieldName::Block(BlockInput::Kind), &[BY_FORM, machine, network], kind),
        ];
        fields.extend(app);
        fields.extend([
            Field::line(FieldName::Block(BlockInput::Until), until),
            Field::line(FieldName::Block(BlockInput::Reason), reason),
        ]);
        Self::new(FormKind::Block { clock }, fields)
    }

    /// Who shall be kept out.
    pub fn block_target(&self) -> Result<BlockTarget, NoTarget> {
        let text = self.value(FieldName::Block(BlockInput::Target));
        let kind = self.value(FieldName::Block(BlockInput::Kind));
        BlockTarget::of_kind(kind, text).unwrap_or_else(|| text.parse())
    }

    /// The last second, of a moment or after a span; none where nothing was typed, and nothing where it is neither or over.
    pub fn block_until(&self) -> Option<Option<DateTime<Utc>>> {
        let FormKind::Block { clock: Clock { zone, at } } = self.kind else { return None };
        let text = self.value(FieldName::Block(BlockInput::Until)).trim();
        if text.is_empty() {
            return Some(None);
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
    pub fn block_order(&self) -> Option<BlockOrder> {
        let app = match self.value(FieldName::Block(BlockInput::App)) {
            ALL_APPS => None,
            name => Some(name.parse().ok()?),
        };
        let key = BlockKey { app, target: self.block_target().ok()? };
        let reason = Note::parse(self.value(FieldName::Block(BlockInput::Reason))).ok()?;
        Some(BlockOrder::Add(vec![Block { key, reason, until: self.block_until()? }]))
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
