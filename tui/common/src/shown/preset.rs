//! What stands for each thing that a preset says.

use std::collections::BTreeMap;

use kami_core::logged;
use kami_core::preset::Preset;
use kami_core::price::{Currency, Price};
use kami_core::property::Property;
use kami_core::value::{Kind, Value};
use kami_core::zone::Zone;
use kami_store::{CardValues, PresetCounts};
use serde_json::Value as Json;

use super::card::label;
use super::kept::as_kept;
use super::moment::whole_moment;
use super::span::duration;
use crate::cells::harmless;
use crate::words::{Language, number, say};

/// A thing that a preset says, in the order of reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PresetField {
    /// The prefix of its cards.
    Prefix,
    /// How long they last.
    Duration,
    /// Their last moment.
    Until,
    /// Their points.
    Points,
    /// Their seats.
    Seats,
    /// What one costs.
    Price,
    /// Whether they top others up.
    Recharge,
}

impl PresetField {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Prefix, Self::Duration, Self::Until, Self::Points, Self::Seats, Self::Price, Self::Recharge];

    /// Under which the log keeps it.
    const fn key(self) -> &'static str {
        match self {
            Self::Prefix => "prefix",
            Self::Duration => "duration_seconds",
            Self::Until => "valid_until",
            Self::Points => "points",
            Self::Seats => "seats",
            Self::Price => "price",
            Self::Recharge => "recharge",
        }
    }

    /// What it is called.
    pub fn label(self, language: Language) -> String {
        let property = match self {
            Self::Prefix => Property::Prefix,
            Self::Duration => Property::Duration,
            Self::Until => Property::ValidUntil,
            Self::Points => Property::Points,
            Self::Seats => Property::Seats,
            Self::Price => return say!(language, "preset.price"),
            Self::Recharge => return say!(language, "preset.recharge"),
        };
        label(language, property)
    }

    /// What a preset says of it; nothing where that goes without saying, as one seat does.
    pub fn of(self, language: Language, zone: Zone, preset: &Preset) -> Option<String> {
        match self {
            Self::Prefix => Some(harmless(preset.prefix.as_str()).into_owned()),
            Self::Duration => Some(duration(language, preset.duration.seconds())),
            Self::Until => preset.valid_until.map(|moment| whole_moment(zone, moment)),
            Self::Points => preset.points.map(|points| number(u64::from(points.get()))),
            Self::Seats => (preset.seats.get() > 1).then(|| number(u64::from(preset.seats.get()))),
            Self::Price => preset.price.as_ref().map(Price::to_string),
            Self::Recharge => preset.recharges.then(|| say!(language, "act.yes")),
        }
    }
}

/// What the cards of a preset that were sold are worth, in each currency; nothing where none of them cost anything.
pub fn worth(language: Language, of: &PresetCounts) -> Option<String> {
    let worth = of.worth.iter().map(|(currency, amount)| format!("{} {currency}", currency.written(*amount)));
    let worth: Vec<String> = worth.collect();
    (!worth.is_empty()).then(|| worth.join(&say!(language, "touch.comma")))
}

/// What the log kept of a preset, by the places in the order of reading and what stands there is called; what a later version
/// may have kept is shown as it is.
pub(super) fn preset_values(
    language: Language,
    zone: Zone,
    values: Option<&CardValues>,
) -> BTreeMap<(usize, String), String> {
    let Some(values) = values else { return BTreeMap::new() };
    let known = PresetField::ALL.into_iter().enumerate();
    let mut said: BTreeMap<_, _> = known
        .filter_map(|(place, field)| {
            Some(((place, field.label(language)), kept(language, zone, field, values)?))
        })
        .collect();
    let is_known =
        |key: &str| key == "currency" || PresetField::ALL.into_iter().any(|field| field.key() == key);
    let unknown = values.iter().filter(|(key, value)| !is_known(key) && !value.is_null());
    said.extend(unknown.map(|(key, value)| {
        let place = (PresetField::ALL.len(), harmless(key).into_owned());
        (place, as_kept(value))
    }));
    said
}

/// One value as an operator reads it; one that this version cannot read as it is.
fn kept(language: Language, zone: Zone, field: PresetField, values: &CardValues) -> Option<String> {
    let value = values.get(field.key()).filter(|value| !value.is_null());
    let count = |value: &Json| value.as_u64().map(number);
    let read = match (field, value) {
        (PresetField::Duration, None) => Some(duration(language, None)),
        (_, None) => return None,
        (PresetField::Duration, Some(value)) => {
            value.as_u64().and_then(|it| it.try_into().ok()).map(|it| duration(language, Some(it)))
        }
        (PresetField::Until, Some(value)) => match logged::read(Kind::Moment, value) {
            Some(Value::Moment(moment)) => Some(whole_moment(zone, moment)),
            _ => None,
        },
        (PresetField::Points | PresetField::Seats, Some(value)) => count(value),
        (PresetField::Price, Some(value)) => {
            let currency = values.get("currency").and_then(Json::as_str);
            let currency: Option<Currency> = currency.and_then(|currency| currency.parse().ok());
            let price = currency.zip(value.as_u64());
            price.map(|(currency, amount)| format!("{} {currency}", currency.written(amount)))
        }
        (PresetField::Recharge, Some(_)) => Some(say!(language, "act.yes")),
        (PresetField::Prefix, Some(_)) => None,
    };
    read.or_else(|| value.map(as_kept))
}
