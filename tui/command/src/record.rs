//! Records as the commands print them: as JSON with stable names, and as cells of a table.

use chrono::{DateTime, Utc};
use kami_common::words::{Language, duration, say, span, status_key, whole_moment};
use kami_core::record::CardRecord;
use kami_core::zone::Zone;
use kami_store::{ActRecord, LogRecord};
use kami_transfer::table::json_object;
use serde_json::{Value, json};

/// What stands in a cell without a value.
pub(super) const NONE: &str = "–";

/// A card, under the names that exported files have too.
pub(super) fn card_json(zone: Zone, card: &CardRecord) -> Value {
    json_object(card, |moment| zone.iso8601(moment))
}

/// An act of the operator log.
pub(super) fn act_json(zone: Zone, act: &ActRecord) -> Value {
    json!({
        "act_id": act.id,
        "act": act.act,
        "operator": act.operator,
        "account": act.account,
        "done_at": zone.iso8601(act.done_at),
        "cards": act.card_count,
        "batch": act.batch_id,
        "undoes": act.undoes,
        "undone_by": act.undone_by,
    })
}

/// What an act did to one card.
pub(super) fn log_json(zone: Zone, record: &LogRecord) -> Value {
    json!({
        "act_id": record.act_id,
        "act": record.act,
        "operator": record.operator,
        "account": record.account,
        "done_at": zone.iso8601(record.done_at),
        "code": record.full_code,
        "card": record.card_id,
        "batch": record.batch_id,
        "before": record.before,
        "after": record.after,
    })
}

/// The headings above [`card_cells`].
pub(super) fn card_headings(language: Language) -> impl Iterator<Item = String> {
    ["code", "status", "machine", "duration", "left", "expires", "created", "note"]
        .into_iter()
        .map(move |column| say!(language, format!("column.{column}")))
}

/// A card as a row of a table.
pub(super) fn card_cells(
    language: Language,
    zone: Zone,
    card: &CardRecord,
    now: DateTime<Utc>,
) -> [String; 8] {
    [
        card.full_code.clone(),
        say!(language, status_key(card.status)),
        text(card.machine_code.as_deref()),
        duration(language, card.duration.seconds()),
        left(language, card, now),
        moment(zone, card.expire_at),
        moment(zone, Some(card.created_at)),
        text(card.note.as_deref()),
    ]
}

/// How long an active card lasts from now on.
pub(super) fn left(language: Language, card: &CardRecord, now: DateTime<Utc>) -> String {
    let end = card.expire_at.filter(|_| card.status == kami_core::card::CardStatus::Active);
    end.and_then(|end| u64::try_from((end - now).num_seconds()).ok())
        .map_or_else(|| NONE.to_owned(), |seconds| span(language, seconds))
}

/// A text that may be missing.
pub(super) fn text(text: Option<&str>) -> String {
    text.unwrap_or(NONE).to_owned()
}

/// A moment that may be missing.
pub(super) fn moment(zone: Zone, at: Option<DateTime<Utc>>) -> String {
    at.map_or_else(|| NONE.to_owned(), |at| whole_moment(zone, at))
}

/// The word for an act of the log; an act of a later version keeps its own name.
pub(super) fn act_word(language: Language, act: &str) -> String {
    let key = format!("log.act.{act}");
    let word = say!(language, key.clone());
    if word.ends_with(&key) { act.to_owned() } else { word }
}

/// What an act changed: `status active → disabled, …`.
pub(super) fn changes(language: Language, record: &LogRecord) -> String {
    let (Some(before), Some(after)) = (&record.before, &record.after) else { return String::new() };
    let value = |value: Option<&Value>| match value {
        None | Some(Value::Null) => NONE.to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let changes: Vec<String> = names
        .into_iter()
        .filter(|name| before.get(*name) != after.get(*name))
        .map(|name| {
            let key = format!("log.column.{name}");
            let word = say!(language, key.clone());
            let word = if word.ends_with(&key) { name.clone() } else { word };
            format!("{word} {} → {}", value(before.get(name)), value(after.get(name)))
        })
        .collect();
    changes.join(", ")
}
