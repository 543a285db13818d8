//! The operator log in words.

use kami_shared::store::LogRecord;

use crate::cells::harmless;
use crate::words::{Language, say};

/// The word for an act of the log; an act of a later version keeps its own name.
pub fn act_word(language: Language, act: &str) -> String {
    let key = format!("log.act.{act}");
    let word = say!(language, key.clone());
    if word.ends_with(&key) { harmless(act).into_owned() } else { word }
}

/// What an act changed about a card, a value each: `status  active → disabled`.
pub fn changes(language: Language, record: &LogRecord) -> Vec<String> {
    let (Some(before), Some(after)) = (&record.before, &record.after) else { return Vec::new() };
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort_unstable();
    names.dedup();
    names
        .into_iter()
        .filter(|name| name.as_str() != "updated_at" && before.get(*name) != after.get(*name))
        .map(|name| {
            let value = |value: Option<&serde_json::Value>| match value {
                None | Some(serde_json::Value::Null) => "–".to_owned(),
                Some(serde_json::Value::String(text)) => harmless(text).into_owned(),
                Some(other) => other.to_string(),
            };
            let key = format!("log.column.{name}");
            let word = say!(language, key.clone());
            let word = if word.ends_with(&key) { harmless(name).into_owned() } else { word };
            format!("{word}  {} → {}", value(before.get(name)), value(after.get(name)))
        })
        .collect()
}
