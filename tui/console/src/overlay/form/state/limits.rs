//! What cards end with besides their duration: a last moment, and their points.

use chrono::{DateTime, SecondsFormat, Utc};
use kami_common::moment::{MomentError, TypedMoment};
use kami_common::shown::whole_moment;
use kami_common::words::{Language, say};
use kami_core::duration::CardDuration;
use kami_core::edit::points_left;
use kami_core::points::{NoPoints, Points};
use kami_core::property::Property;

use super::opened::duration_field;
use super::{Clock, Form, FormKind};
use crate::overlay::form::field::FieldName;

impl Form {
    /// Tells the form what time it is, so that `today` is today.
    pub fn tell_time(&mut self, now: DateTime<Utc>) {
        if let Some(clock) = self.kind.clock_mut() {
            clock.at = now;
        }
    }

    /// The last moment that no activation shall outlast, the last second of what was typed. One that nobody touched is what it
    /// was, whatever its text means.
    pub fn until(&self) -> Result<Option<DateTime<Utc>>, MomentError> {
        let text = self.value(FieldName::Card(Property::ValidUntil)).trim();
        let Some(Clock { zone, at }) = self.kind.clock().filter(|_| !text.is_empty()) else {
            return Ok(None);
        };
        match self.until_before() {
            Some(until) if whole_moment(zone, until) == text => Ok(Some(until)),
            _ => text.parse().map(|typed: TypedMoment| Some(typed.last(zone, at))),
        }
    }

    /// As core reads it; empty for none.
    pub(super) fn until_for_core(&self) -> Result<String, MomentError> {
        let text = |until: DateTime<Utc>| until.to_rfc3339_opts(SecondsFormat::Secs, true);
        Ok(self.until()?.map(text).unwrap_or_default())
    }

    /// How many points new cards shall have.
    pub fn points(&self) -> Result<Option<Points>, NoPoints> {
        points_left(self.value(FieldName::Card(Property::Points)))?.map(Points::new).transpose()
    }

    /// Whether the form makes cards, or says what cards are made.
    pub(super) const fn makes_cards(&self) -> bool {
        matches!(self.kind, FormKind::Generate { .. } | FormKind::Import(_) | FormKind::Preset { .. })
    }

    /// The last moment that the card or the preset had which is edited, or that the preset says by which cards are made.
    fn until_before(&self) -> Option<DateTime<Utc>> {
        match &self.kind {
            FormKind::Edit { seen, .. } => seen.valid_until,
            FormKind::Preset { seen, .. } => seen.as_ref()?.valid_until,
            _ => self.preset_chosen()?.valid_until,
        }
    }

    /// Whether the last moment that was typed is none any more.
    fn is_until_over(&self) -> bool {
        let may_stay = !matches!(self.kind, FormKind::Generate { .. });
        let stays = |until: &DateTime<Utc>| may_stay && self.until_before() == Some(*until);
        let until = self.until().ok().flatten().filter(|until| !stays(until));
        until.zip(self.kind.clock()).is_some_and(|(until, clock)| until < clock.at)
    }

    /// Whether the last moment that was typed can be one.
    pub(super) fn is_until_right(&self) -> bool {
        self.until().is_ok() && !self.is_until_over()
    }

    /// Why the last moment that was typed can be none.
    pub(super) fn until_problem(&self, language: Language) -> String {
        match self.kind {
            _ if self.until() == Err(MomentError::Year) => say!(language, "problem.until"),
            _ if !self.is_until_over() => say!(language, "problem.valid_until"),
            FormKind::Edit { .. } => say!(language, "problem.until_over_edit"),
            _ => say!(language, "problem.until_over"),
        }
    }

    /// Whether somebody chose how long cards last.
    pub(super) fn is_duration_chosen(&self) -> bool {
        let name = FieldName::Card(Property::Duration);
        self.fields.iter().any(|field| field.name == name && field.is_touched)
    }

    /// New cards that end otherwise last for ever besides, unless somebody chose a duration.
    pub(super) fn follow_limits(&mut self) {
        if !self.makes_cards() || matches!(self.kind, FormKind::Preset { seen: Some(_), .. }) {
            return;
        }
        let limits = [Property::ValidUntil, Property::Points].map(FieldName::Card);
        let ends_otherwise = limits.into_iter().any(|name| !self.value(name).trim().is_empty());
        let usual = if ends_otherwise { CardDuration::Forever } else { CardDuration::default() };
        let name = FieldName::Card(Property::Duration);
        if let Some(field) = self.fields.iter_mut().find(|field| field.name == name && !field.is_touched) {
            *field = duration_field(usual);
        }
    }
}
