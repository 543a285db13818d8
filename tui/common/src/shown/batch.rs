//! What stands for each thing that was said of a batch when it was made.

use std::collections::BTreeMap;

use kami_core::app::AppName;
use kami_core::property::Property;
use kami_core::value::Value;
use kami_core::zone::Zone;
use kami_store::CardValues;
use serde_json::Value as Json;

use super::app::app_label;
use super::card::{label, value};
use super::kept::as_kept;
use super::preset::{PresetField, preset_values};
use crate::words::{Language, number, say};

/// What the log keeps of a batch before what presets say as well, in the order of reading.
const FIRST: [&str; 3] = ["app", "preset", "card_count"];

/// What it keeps after that.
const LAST: [&str; 2] = ["policy", "note"];

/// The place of the first of those.
const LAST_PLACE: usize = FIRST.len() + PresetField::ALL.len() + 1;

/// What the log kept of a batch that was made, by the places in the order of reading and what stands there is called; nothing
/// that goes without saying, as the app of all cards that name none and how long the codes are. How long each card of a file
/// lasts, its batch does not say.
pub(super) fn batch_values(
    language: Language,
    zone: Zone,
    is_generated: bool,
    values: &CardValues,
) -> BTreeMap<(usize, String), String> {
    let mut kind = values.clone();
    let mut said = BTreeMap::new();
    for (place, key) in FIRST.into_iter().enumerate().chain((LAST_PLACE..).zip(LAST)) {
        let value = kind.remove(key).filter(|value| !value.is_null());
        if let Some(value) = value.filter(|value| key != "app" || value != AppName::DEFAULT) {
            said.insert((place, called(language, key)), shown(language, key, &value));
        }
    }
    for (key, usual) in [("code_length", None), ("seats", Some(1)), ("recharge", Some(0))] {
        if usual.is_none() || kind.get(key).and_then(Json::as_u64) == usual {
            kind.remove(key);
        }
    }
    let kind = preset_values(language, zone, Some(&kind)).into_iter();
    let duration = label(language, Property::Duration);
    let kind = kind.filter(|((_, name), _)| is_generated || *name != duration);
    said.extend(kind.map(|((place, name), text)| ((FIRST.len() + place, name), text)));
    said
}

fn called(language: Language, key: &str) -> String {
    match key {
        "app" => label(language, Property::App),
        "preset" => say!(language, "preset.name"),
        "policy" => label(language, Property::Policy),
        "note" => label(language, Property::Note),
        _ => app_label(language, "cards"),
    }
}

fn shown(language: Language, key: &str, kept: &Json) -> String {
    let policy = kept.as_str().filter(|_| key == "policy").map(|text| Value::Text(text.into()));
    let policy = policy.and_then(|text| value(language, Property::Policy, &text, |_| String::new()));
    let count = kept.as_u64().map(number);
    policy.or(count).unwrap_or_else(|| as_kept(kept))
}
