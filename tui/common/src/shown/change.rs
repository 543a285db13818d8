//! What an act changed about a card.

use std::fmt;

use kami_core::logged;
use kami_core::property::Property;
use kami_core::zone::Zone;
use kami_store::{CardValues, LogRecord};
use serde_json::Value as Json;

use super::card::{NONE, label, value};
use super::moment::whole_moment;
use crate::cells::harmless;
use crate::words::Language;

/// A value of a card that an act changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What the value is called: `status`.
    pub name: String,
    /// What it was and what it became: `active → disabled`.
    pub values: String,
}

/// As a line of its own.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}  {}", self.name, self.values)
    }
}

/// What an act changed about a card, by the names of the values.
pub fn changes(language: Language, zone: Zone, record: &LogRecord) -> Vec<Change> {
    let (Some(before), Some(after)) = (&record.before, &record.after) else { return Vec::new() };
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort_unstable();
    names.dedup();
    names
        .into_iter()
        .filter(|name| name.as_str() != "updated_at" && before.get(*name) != after.get(*name))
        .map(|name| {
            let property = Property::of_column(name);
            let word = property.map(|property| label(language, property)).filter(|word| !word.is_empty());
            let name_shown = word.unwrap_or_else(|| harmless(name).into_owned());
            let shown = |values: &CardValues| kept(language, zone, property, values.get(name));
            Change { name: name_shown, values: format!("{} → {}", shown(before), shown(after)) }
        })
        .collect()
}

/// A value that the log kept, as an operator reads it: a status in words, moments by his own clock. What a later version
/// may have kept is shown as it is.
fn kept(language: Language, zone: Zone, property: Option<Property>, kept: Option<&Json>) -> String {
    let Some(kept) = kept else { return NONE.to_owned() };
    let known = property.and_then(|property| Some((property, logged::read(property.traits().kind, kept)?)));
    match (known, kept) {
        (Some((property, known)), _) => {
            value(language, property, &known, |at| whole_moment(zone, at)).unwrap_or_else(|| NONE.to_owned())
        }
        (None, Json::Null) => NONE.to_owned(),
        (None, Json::String(text)) => harmless(text).into_owned(),
        (None, other) => other.to_string(),
    }
}
