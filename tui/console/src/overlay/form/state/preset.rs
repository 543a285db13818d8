//! The form of a preset, and the choice of one where cards are made.

use kami_common::reason;
use kami_common::shown::whole_moment;
use kami_common::words::{Language, say};
use kami_core::app::AppName;
use kami_core::duration::CardDuration;
use kami_core::points::Points;
use kami_core::preset::{Preset, PresetEdit, PresetError, PresetName};
use kami_core::property::Property;
use kami_core::seats::Seats;
use kami_core::zone::Zone;
use kami_store::PresetOrder;

use super::opened::{app_field, duration_field, preset_field};
use super::{Clock, Form, FormKind, NO, NO_PRESET, YES};
use crate::overlay::form::field::{Field, FieldName, PresetInput};
use crate::state::overlay::Overlay;

/// What a preset says of cards, in the order of the form.
const OF_CARDS: [Property; 5] =
    [Property::Prefix, Property::Duration, Property::ValidUntil, Property::Points, Property::Seats];

impl Form {
    /// The form that makes a preset, of an app that may be chosen where several are open.
    pub fn add_preset(open: &[AppName], app: Option<&AppName>, clock: Clock) -> Self {
        let name = Field::line(FieldName::Preset(PresetInput::Name), "");
        let fields = app_field(open, app).into_iter().chain([name]).chain(fields(None, clock.zone)).collect();
        Self::new(FormKind::Preset { seen: None, clock }, fields)
    }

    /// The form that changes a preset.
    pub fn edit_preset(seen: Preset, clock: Clock) -> Self {
        let fields = fields(Some(&seen), clock.zone);
        Self::new(FormKind::Preset { seen: Some(Box::new(seen)), clock }, fields)
    }

    /// The preset has become another: fields that were left alone follow it, what was typed stays.
    pub(crate) fn rebase_preset(&mut self, presets: &[Preset]) {
        let FormKind::Preset { seen: Some(seen), clock } = &mut self.kind else { return };
        let now = presets.iter().find(|preset| (&preset.app, &preset.name) == (&seen.app, &seen.name));
        let Some(now) = now.filter(|now| *now != &**seen) else { return };
        seen.as_mut().clone_from(now);
        let fresh = fields(Some(now), clock.zone);
        self.follow(fresh);
    }

    /// What the form makes of the preset; nothing while a field is wrong, and from any other form.
    pub fn preset_order(&self) -> Option<PresetOrder> {
        let FormKind::Preset { seen, .. } = &self.kind else { return None };
        let wanted = self.preset_edit()?.applied(&self.preset_before()?).ok()?;
        Some(PresetOrder { seen: seen.as_deref().cloned(), wanted: Some(wanted) })
    }

    /// The preset as it is before what the form orders: a new one is blank.
    fn preset_before(&self) -> Option<Preset> {
        let FormKind::Preset { seen, .. } = &self.kind else { return None };
        if let Some(seen) = seen {
            return Some((**seen).clone());
        }
        let name = self.value(FieldName::Preset(PresetInput::Name)).trim().parse().ok()?;
        let prefix = self.value(FieldName::Card(Property::Prefix)).trim().parse().ok()?;
        Some(Preset::blank(self.app_chosen()?, name, prefix))
    }

    fn preset_edit(&self) -> Option<PresetEdit> {
        Some(PresetEdit {
            prefix: Some(self.value(FieldName::Card(Property::Prefix)).trim().parse().ok()?),
            duration: Some(self.duration()?),
            valid_until: Some(self.until().ok()?),
            points: Some(self.points().ok()?),
            seats: Some(self.seats()?),
            ..self.priced()
        })
    }

    /// The price that was typed, with its currency, and whether the cards top others up.
    fn priced(&self) -> PresetEdit {
        let text = |input| self.value(FieldName::Preset(input)).trim().to_owned();
        let (price, currency) = (text(PresetInput::Price), text(PresetInput::Currency));
        let had_price =
            matches!(&self.kind, FormKind::Preset { seen: Some(seen), .. } if seen.price.is_some());
        // A currency alone is a price that was forgotten, but for one that was taken away.
        let is_forgotten = price.is_empty() && !currency.is_empty() && !had_price;
        PresetEdit {
            price: (!is_forgotten).then_some(price),
            currency: Some(currency),
            recharges: Some(text(PresetInput::Recharges) == YES),
            ..PresetEdit::default()
        }
    }

    /// What is wrong with a field of a preset, in words.
    pub(super) fn preset_problem(&self, input: PresetInput, language: Language) -> Option<String> {
        if input == PresetInput::Chosen {
            return None;
        }
        if input == PresetInput::Name {
            let name = self.value(FieldName::Preset(input)).trim().parse::<PresetName>();
            return name.is_err().then(|| say!(language, "problem.preset_name"));
        }
        let seen = if let FormKind::Preset { seen, .. } = &self.kind { seen.as_deref() } else { None };
        let blank = || {
            let (name, prefix) = ("x".parse().ok()?, "X".parse().ok()?);
            Some(Preset::blank(AppName::default(), name, prefix))
        };
        let before = Preset {
            duration: self.duration().unwrap_or_default(),
            points: self.points().ok().flatten(),
            ..seen.cloned().or_else(blank)?
        };
        let error = self.priced().applied(&before).err()?;
        let place = match error {
            PresetError::Price(_) => PresetInput::Price,
            PresetError::Currency(_) | PresetError::Unpriced | PresetError::Amountless => {
                PresetInput::Currency
            }
            PresetError::Pointless | PresetError::Moment => PresetInput::Recharges,
        };
        (place == input).then(|| reason::preset_error(language, error))
    }

    /// The preset that cards are made by.
    pub fn preset_chosen(&self) -> Option<&Preset> {
        let FormKind::Generate { presets, .. } = &self.kind else { return None };
        let (app, name) = (self.app_chosen()?, self.value(FieldName::Preset(PresetInput::Chosen)));
        presets.iter().find(|preset| preset.app == app && preset.name.as_str() == name)
    }

    /// Whether the app that cards are made for has presets.
    pub(super) fn has_presets(&self) -> bool {
        let FormKind::Generate { presets, .. } = &self.kind else { return false };
        self.app_chosen().is_some_and(|app| presets.iter().any(|preset| preset.app == app))
    }

    /// The app that is chosen, and the preset where one is, to see whether they become others.
    pub(super) fn chosen(&self) -> (String, Option<Preset>) {
        (self.value(FieldName::Card(Property::App)).to_owned(), self.preset_chosen().cloned())
    }

    /// Another app has other presets, and another preset says other things of the cards.
    pub(super) fn follow_preset(&mut self, (app, before): (String, Option<Preset>)) {
        if self.value(FieldName::Card(Property::App)) != app {
            self.offer_presets(None);
        }
        self.fill_by_preset(before.as_ref());
    }

    /// The presets may have become others: what the chosen one said follows as far as nobody changed it. Whoever had none to choose
    /// from and filled nothing in yet is offered the one that is meant.
    pub(crate) fn rebase_presets(&mut self, found: &[Preset]) {
        let (before, is_changed) = (self.preset_chosen().cloned(), self.is_changed());
        let had_none = !self.has_presets();
        let FormKind::Generate { presets, .. } = &mut self.kind else { return };
        if presets.as_slice() == found {
            return;
        }
        found.clone_into(presets);
        let chosen = self.value(FieldName::Preset(PresetInput::Chosen)).to_owned();
        let absent =
            preset_field(found).filter(|field| self.fields.iter().all(|other| other.name != field.name));
        if let Some(field) = absent {
            self.initial.insert(0, field.value().to_owned());
            self.fields.insert(0, field);
            self.focus += 1;
        }
        self.offer_presets(Some(&chosen).filter(|_| is_changed || !had_none));
        self.fill_by_preset(before.as_ref());
        self.follow_limits();
        if !is_changed {
            self.initial = self.fields.iter().map(|field| field.value().to_owned()).collect();
        }
        if self.is_idle(self.fields[self.focus].name) {
            self.go(true);
        }
    }

    /// Offers the presets of the app that is chosen, and takes this one of them, or else the one that is meant.
    pub(super) fn offer_presets(&mut self, wanted: Option<&String>) {
        let (Some(app), FormKind::Generate { presets, .. }) = (self.app_chosen(), &self.kind) else { return };
        let presets: Vec<Preset> = presets.iter().filter(|preset| preset.app == app).cloned().collect();
        let names: Vec<&str> = presets.iter().map(|preset| preset.name.as_str()).chain([NO_PRESET]).collect();
        let meant = Preset::meant(&presets).map_or(NO_PRESET, |preset| preset.name.as_str());
        let wanted = wanted.map(String::as_str).filter(|wanted| names.contains(wanted));
        self.put(Field::choice(FieldName::Preset(PresetInput::Chosen), &names, wanted.unwrap_or(meant)));
    }

    /// Fills in what the chosen preset says of cards, where there stands nothing, what the one before said, or what nobody typed; without one they
    /// are as usual, under the prefix that stands there.
    pub(super) fn fill_by_preset(&mut self, before: Option<&Preset>) {
        let (now, FormKind::Generate { clock, .. }) = (self.preset_chosen().cloned(), &self.kind) else {
            return;
        };
        let zone = clock.zone;
        if now.as_ref() == before {
            return;
        }
        for property in OF_CARDS {
            let Some(field) = self.fields.iter_mut().find(|field| field.name == FieldName::Card(property))
            else {
                continue;
            };
            let is_said = before.is_some_and(|before| field.value() == said(before, property, zone));
            if field.is_touched && !is_said && !field.value().is_empty() {
                continue;
            }
            *field = match (&now, property) {
                (None, Property::Prefix) => Field { is_touched: false, ..field.clone() },
                (None, _) => field_of(property, None, zone),
                // What a preset says lasts, whatever else is typed.
                (preset, _) => Field { is_touched: true, ..field_of(property, preset.as_ref(), zone) },
            };
        }
    }

    fn put(&mut self, field: Field) {
        if let Some(place) = self.fields.iter_mut().find(|other| other.name == field.name) {
            *place = field;
        }
    }
}

/// The fields of what a preset says, as usual for one that is to be made.
fn fields(preset: Option<&Preset>, zone: Zone) -> Vec<Field> {
    let price = preset.and_then(|preset| preset.price);
    let amount = price.map(|price| price.currency().written(price.amount())).unwrap_or_default();
    let currency = price.map(|price| price.currency().to_string()).unwrap_or_default();
    let recharges = if preset.is_some_and(|preset| preset.recharges) { YES } else { NO };
    let of_cards = OF_CARDS.into_iter().map(|property| field_of(property, preset, zone));
    let rest = [
        Field::line(FieldName::Preset(PresetInput::Price), amount),
        Field::line(FieldName::Preset(PresetInput::Currency), currency),
        Field::choice(FieldName::Preset(PresetInput::Recharges), &[NO, YES], recharges),
    ];
    of_cards.chain(rest).collect()
}

/// The field of what a preset says of its cards, or of what is usual.
fn field_of(property: Property, preset: Option<&Preset>, zone: Zone) -> Field {
    let name = FieldName::Card(property);
    match (property, preset) {
        (Property::Duration, preset) => {
            duration_field(preset.map_or_else(CardDuration::default, |preset| preset.duration))
        }
        (_, Some(preset)) => Field::line(name, said(preset, property, zone)),
        (Property::Seats, None) => Field::line(name, Seats::default().to_string()),
        (_, None) => Field::line(name, ""),
    }
}

/// What a preset says of its cards, as it is typed.
fn said(preset: &Preset, property: Property, zone: Zone) -> String {
    match property {
        Property::Prefix => preset.prefix.as_str().to_owned(),
        Property::Duration => preset.duration.to_string(),
        Property::ValidUntil => preset.valid_until.map(|until| whole_moment(zone, until)).unwrap_or_default(),
        Property::Points => {
            preset.points.map(Points::get).map(|points| points.to_string()).unwrap_or_default()
        }
        Property::Seats => preset.seats.to_string(),
        _ => String::new(),
    }
}
