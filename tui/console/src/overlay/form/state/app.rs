//! The forms of apps: what stands in them, what is wrong with it, and what it orders.

use chrono::{DateTime, Utc};
use kami_common::reason;
use kami_common::words::{Language, say};
use kami_core::app::{App, AppEdit, AppError, AppName, NamedValue};
use kami_core::policy::{
    Cooldown, DevicePolicy, LeaseLength, OfflineLength, UnbindBy, UnbindCost, UnbindLimit, WhenCopied,
    WhenFull,
};
use kami_core::property::Property;
use kami_core::span::exact;
use kami_core::trial::Trial;
use kami_core::version::Version;
use kami_store::AppOrder;

use super::{Form, FormKind, NO, YES};
use crate::overlay::form::field::{AppField, Field, FieldName};

/// The word for no lease, no trial, and no limit of unbinding.
const OFF: &str = "off";

impl Form {
    /// The form that makes an app, or changes one.
    pub fn app(seen: Option<App>, at: DateTime<Utc>) -> Self {
        let mut fields = Vec::new();
        if seen.is_none() {
            fields.push(Field::line(FieldName::App(AppField::Name), ""));
        }
        fields.extend(app_fields(seen.as_ref()));
        Self::new(FormKind::App { seen: seen.map(Box::new), at }, fields)
    }

    /// The form that changes a value of an app, or gives it one more.
    pub fn app_value(seen: App, name: Option<String>) -> Self {
        let fields = value_fields(&seen, name.as_deref());
        Self::new(FormKind::AppValue { seen: Box::new(seen), name }, fields)
    }

    /// The app has become another: fields that were left alone follow it, what was typed stays.
    pub fn rebase_app(&mut self, app: &App) {
        let fresh = match &mut self.kind {
            FormKind::App { seen: Some(seen), .. } if seen.name == app.name => {
                seen.as_mut().clone_from(app);
                app_fields(Some(app))
            }
            FormKind::AppValue { seen, name } if seen.name == app.name => {
                seen.as_mut().clone_from(app);
                value_fields(app, name.as_deref())
            }
            _ => return,
        };
        self.follow(fresh);
    }

    /// What the form makes of the app; nothing while a field is wrong, and from any other form.
    pub fn app_order(&self) -> Option<AppOrder> {
        let (seen, edit) = match &self.kind {
            FormKind::App { seen, .. } => (seen.as_deref(), self.app_edit(seen.as_deref())),
            FormKind::AppValue { seen, name } if !self.is_there_already() => {
                let edit = AppEdit { values: vec![self.named_value(name.as_deref())], ..AppEdit::default() };
                (Some(&**seen), edit)
            }
            _ => return None,
        };
        let wanted = edit.applied(&self.app_before()?).ok()?;
        Some(AppOrder { seen: seen.cloned(), wanted: Some(wanted) })
    }

    /// The app as it is before what the form orders: a new one is blank.
    fn app_before(&self) -> Option<App> {
        match &self.kind {
            FormKind::App { seen: None, at } => {
                let name: AppName = self.value(FieldName::App(AppField::Name)).trim().parse().ok()?;
                Some(App::blank(name, *at))
            }
            FormKind::App { seen: Some(seen), .. } | FormKind::AppValue { seen, .. } => {
                Some((**seen).clone())
            }
            _ => None,
        }
    }

    /// The changes that were typed: what stands there as it was seen is none, whatever could be typed today.
    fn app_edit(&self, seen: Option<&App>) -> AppEdit {
        let typed = |field: AppField| {
            let text = self.value(FieldName::App(field)).to_owned();
            Some(text).filter(|text| *text != seen.map_or_else(String::new, |seen| said(seen, field)))
        };
        AppEdit {
            title: typed(AppField::Title),
            lease: typed(AppField::Lease),
            when_full: typed(AppField::WhenFull).and_then(|rule| rule.parse().ok()),
            trial: typed(AppField::Trial),
            unbind: typed(AppField::Unbind).and_then(|by| by.parse().ok()),
            unbind_cooldown: typed(AppField::UnbindCooldown),
            unbind_limit: typed(AppField::UnbindLimit),
            unbind_cost: typed(AppField::UnbindCost),
            offline: typed(AppField::Offline),
            device: typed(AppField::Device).and_then(|policy| policy.parse().ok()),
            when_copied: typed(AppField::WhenCopied).and_then(|rule| rule.parse().ok()),
            latest: typed(AppField::Latest),
            minimum: typed(AppField::Minimum),
            url: typed(AppField::Url),
            notice: typed(AppField::Notice),
            ..AppEdit::default()
        }
    }

    /// The value that was typed, under its name or that one.
    fn named_value(&self, name: Option<&str>) -> NamedValue {
        let typed = self.value(FieldName::App(AppField::ValueName)).trim();
        NamedValue {
            name: name.unwrap_or(typed).to_owned(),
            value: self.value(FieldName::App(AppField::Value)).to_owned(),
            is_public: self.value(FieldName::App(AppField::IsPublic)) == YES,
        }
    }

    /// What is wrong with a field of an app, in words.
    pub(super) fn app_problem(&self, field: AppField, language: Language) -> Option<String> {
        if field == AppField::Name {
            let name = self.value(FieldName::App(field)).trim().parse::<AppName>();
            return name.is_err().then(|| reason::problem(language, Property::App));
        }
        let seen = match &self.kind {
            FormKind::App { seen, .. } => seen.as_deref(),
            FormKind::AppValue { seen, .. } => Some(&**seen),
            _ => None,
        };
        if field == AppField::ValueName && self.is_there_already() {
            return Some(say!(language, "problem.value_there"));
        }
        let blank = App::blank(AppName::default(), DateTime::UNIX_EPOCH);
        let before = seen.unwrap_or(&blank);
        let edit = self.app_edit(seen);
        // With what later versions said, the policy may have too many words, whichever of these is one too many.
        let is_too_long = field == AppField::UnbindCost && edit.applied(before) == Err(AppError::Policy);
        let none = AppEdit::default;
        let alone = match field {
            AppField::Title => AppEdit { title: edit.title, ..none() },
            AppField::Lease => AppEdit { lease: edit.lease, ..none() },
            AppField::Trial => AppEdit { trial: edit.trial, ..none() },
            AppField::UnbindCooldown => AppEdit { unbind_cooldown: edit.unbind_cooldown, ..none() },
            AppField::UnbindLimit => AppEdit { unbind_limit: edit.unbind_limit, ..none() },
            AppField::UnbindCost => AppEdit { unbind_cost: edit.unbind_cost, ..none() },
            AppField::Offline => AppEdit { offline: edit.offline, ..none() },
            AppField::Latest => AppEdit { latest: edit.latest, minimum: Some(String::new()), ..none() },
            AppField::Minimum => AppEdit { minimum: edit.minimum, latest: edit.latest, ..none() },
            AppField::Url => AppEdit { url: edit.url, ..none() },
            AppField::Notice => AppEdit { notice: edit.notice, ..none() },
            AppField::ValueName | AppField::Value => AppEdit { values: vec![self.value_typed()?], ..none() },
            AppField::Device
            | AppField::WhenCopied
            | AppField::Name
            | AppField::WhenFull
            | AppField::Unbind
            | AppField::IsPublic => return None,
        };
        let error = alone.applied(before).err().or(is_too_long.then_some(AppError::Policy))?;
        let is_of_name = matches!(error, AppError::ValueName | AppError::TooManyValues);
        let is_elsewhere = match field {
            AppField::ValueName => !is_of_name,
            AppField::Value => is_of_name,
            // A newest version that is none is said beside that.
            AppField::Minimum => error != AppError::MinimumAboveLatest && self.is_version(AppField::Minimum),
            _ => false,
        };
        (!is_elsewhere).then(|| reason::app_error(language, &error))
    }

    /// Whether one more value was given the name of one that the app has.
    fn is_there_already(&self) -> bool {
        let FormKind::AppValue { seen, name: None } = &self.kind else { return false };
        let typed = self.value(FieldName::App(AppField::ValueName)).trim();
        seen.values.iter().any(|value| value.name == typed)
    }

    fn value_typed(&self) -> Option<NamedValue> {
        match &self.kind {
            FormKind::AppValue { name, .. } => Some(self.named_value(name.as_deref())),
            _ => None,
        }
    }

    /// Whether what stands in a field is a version or nothing.
    fn is_version(&self, field: AppField) -> bool {
        let text = self.value(FieldName::App(field)).trim();
        text.is_empty() || text.parse::<Version>().is_ok()
    }
}

/// What an app says, as it is typed.
fn said(app: &App, field: AppField) -> String {
    let version = |version: &Option<Version>| version.as_ref().map_or_else(String::new, ToString::to_string);
    let or_off = |text: Option<String>| text.unwrap_or_else(|| OFF.to_owned());
    let (policy, unbind) = (&app.policy, &app.policy.unbind);
    match field {
        AppField::Title => app.title.clone(),
        AppField::Lease => or_off(policy.lease.flatten().map(LeaseLength::seconds).map(exact)),
        AppField::WhenFull => policy.when_full.unwrap_or_default().word().to_owned(),
        AppField::Trial => or_off(policy.trial.map(Trial::spoken)),
        AppField::Unbind => unbind.by.unwrap_or_default().word().to_owned(),
        AppField::UnbindCooldown => or_off(unbind.cooldown.flatten().map(Cooldown::seconds).map(exact)),
        AppField::UnbindLimit => {
            or_off(unbind.limit.flatten().map(UnbindLimit::get).map(|limit| limit.to_string()))
        }
        AppField::UnbindCost => or_off(unbind.cost.flatten().map(UnbindCost::spoken)),
        AppField::Offline => or_off(policy.offline.flatten().map(OfflineLength::seconds).map(exact)),
        AppField::Device => policy.device.unwrap_or_default().word().to_owned(),
        AppField::WhenCopied => policy.when_copied.unwrap_or_default().word().to_owned(),
        AppField::Latest => version(&app.latest),
        AppField::Minimum => version(&app.minimum),
        AppField::Url => app.url.clone().unwrap_or_default(),
        AppField::Notice => app.notice.clone().unwrap_or_default(),
        AppField::Name | AppField::ValueName | AppField::Value | AppField::IsPublic => String::new(),
    }
}

/// The fields of what an app says, as usual for one that is to be made.
fn app_fields(seen: Option<&App>) -> Vec<Field> {
    let blank = App::blank(AppName::default(), DateTime::UNIX_EPOCH);
    let app = seen.unwrap_or(&blank);
    let line = |field| Field::line(FieldName::App(field), said(app, field));
    let choice = |field, words: &[&str]| Field::choice(FieldName::App(field), words, &said(app, field));
    vec![
        line(AppField::Title),
        line(AppField::Latest),
        line(AppField::Minimum),
        line(AppField::Url),
        line(AppField::Notice),
        line(AppField::Lease),
        choice(AppField::WhenFull, &WhenFull::ALL.map(WhenFull::word)),
        line(AppField::Trial),
        choice(AppField::Unbind, &UnbindBy::ALL.map(UnbindBy::word)),
        line(AppField::UnbindCooldown),
        line(AppField::UnbindLimit),
        line(AppField::UnbindCost),
        line(AppField::Offline),
        choice(AppField::Device, &DevicePolicy::ALL.map(DevicePolicy::word)),
        choice(AppField::WhenCopied, &WhenCopied::ALL.map(WhenCopied::word)),
    ]
}

/// The fields of a value of an app; its name can be typed where it has none yet.
fn value_fields(app: &App, name: Option<&str>) -> Vec<Field> {
    let known = app.values.iter().find(|value| Some(value.name.as_str()) == name);
    let is_public = known.is_some_and(|value| value.is_public);
    let value = known.map(|value| value.value.clone()).unwrap_or_default();
    let mut fields = Vec::new();
    if name.is_none() {
        fields.push(Field::line(FieldName::App(AppField::ValueName), ""));
    }
    fields.push(Field::line(FieldName::App(AppField::Value), value));
    let chosen = if is_public { YES } else { NO };
    fields.push(Field::choice(FieldName::App(AppField::IsPublic), &[NO, YES], chosen));
    fields
}
