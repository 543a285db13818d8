//! The operator log in words.

use chrono::NaiveDateTime;
use kami_core::card::CardStatus;
use kami_core::zone::Zone;
use kami_store::{CardValues, LogRecord};
use serde_json::Value;

use crate::cells::harmless;
use crate::words::{self, Language, duration, say, status_key, whole_moment};

/// The word for an act of the log; an act of a later version keeps its own name.
pub fn act_word(language: Language, act: &str) -> String {
    let key = format!("log.act.{act}");
    let word = say!(language, key.clone());
    if word.ends_with(&key) { harmless(act).into_owned() } else { word }
}

/// Who did something: the name that the operator gave, and the account that the server knows them by.
pub fn doer(operator: &str, account: Option<&str>) -> String {
    let operator = harmless(operator);
    account.map_or_else(|| operator.to_string(), |account| format!("{operator} ({})", harmless(account)))
}

/// What an act changed about a card, a value each: `status  active → disabled`.
pub fn changes(language: Language, zone: Zone, record: &LogRecord) -> Vec<String> {
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
            let word = if word.ends_with(&key) { harmless(name).into_owned() } else { word };
            let shown = |values: &CardValues| value(language, zone, name, values.get(name));
            format!("{word}  {} → {}", shown(before), shown(after))
        })
        .collect()
}

/// A value of a card as an operator reads it: its status in words, its moments by his own clock.
fn value(language: Language, zone: Zone, column: &str, value: Option<&Value>) -> String {
    match (column, value) {
        ("duration_seconds", Some(Value::Null)) => duration(language, None),
        (_, None | Some(Value::Null)) => "-".to_owned(),
        ("duration_seconds", Some(Value::Number(seconds))) => {
            let seconds = seconds.as_u64().and_then(|seconds| u32::try_from(seconds).ok());
            seconds.map_or_else(|| "?".to_owned(), |seconds| duration(language, Some(seconds)))
        }
        ("status", Some(Value::String(status))) => status
            .parse::<CardStatus>()
            .map_or_else(|_| harmless(status).into_owned(), |status| say!(language, status_key(status))),
        ("used_at" | "expire_at", Some(Value::String(text))) => {
            NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S")
                .map_or_else(|_| harmless(text).into_owned(), |at| whole_moment(zone, at.and_utc()))
        }
        ("prefix", Some(Value::String(prefix))) => words::prefix(language, prefix),
        (_, Some(Value::String(text))) => harmless(text).into_owned(),
        (_, Some(other)) => other.to_string(),
    }
}
