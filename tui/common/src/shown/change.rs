//! What an act changed about a card.

use std::fmt;

use chrono::NaiveDateTime;
use kami_core::card::CardStatus;
use kami_core::zone::Zone;
use kami_store::{CardValues, LogRecord};
use serde_json::Value;

use super::card::{NONE, prefix};
use super::moment::whole_moment;
use super::span::duration;
use super::status::status;
use crate::cells::harmless;
use crate::words::{Language, say};

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
            let key = format!("log.column.{name}");
            let word = say!(language, key.clone());
            let name_shown = if word.ends_with(&key) { harmless(name).into_owned() } else { word };
            let shown = |values: &CardValues| value(language, zone, name, values.get(name));
            Change { name: name_shown, values: format!("{} → {}", shown(before), shown(after)) }
        })
        .collect()
}

/// A value of a card as an operator reads it: its status in words, its moments by his own clock.
fn value(language: Language, zone: Zone, column: &str, value: Option<&Value>) -> String {
    match (column, value) {
        ("duration_seconds", Some(Value::Null)) => duration(language, None),
        (_, None | Some(Value::Null)) => NONE.to_owned(),
        ("duration_seconds", Some(Value::Number(seconds))) => {
            let seconds = seconds.as_u64().and_then(|seconds| u32::try_from(seconds).ok());
            seconds.map_or_else(|| "?".to_owned(), |seconds| duration(language, Some(seconds)))
        }
        ("status", Some(Value::String(text))) => text
            .parse::<CardStatus>()
            .map_or_else(|_| harmless(text).into_owned(), |known| status(language, known)),
        ("used_at" | "expire_at", Some(Value::String(text))) => {
            NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S")
                .map_or_else(|_| harmless(text).into_owned(), |at| whole_moment(zone, at.and_utc()))
        }
        ("prefix", Some(Value::String(text))) => prefix(language, text),
        (_, Some(Value::String(text))) => harmless(text).into_owned(),
        (_, Some(other)) => other.to_string(),
    }
}
