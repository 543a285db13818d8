//! The values of a card as the operator log keeps them: JSON objects of the table's columns.

use chrono::{DateTime, NaiveDateTime, Utc};
use serde_json::{Value, json};

use crate::StoreError;
use crate::log::CardValues;
use kami_core::card::CardStatus;
use kami_core::duration::CardDuration;
use kami_core::record::CardRecord;

/// How moments are written: as the database reads them, in UTC.
const MOMENT: &str = "%Y-%m-%d %H:%M:%S";

fn moment(moment: DateTime<Utc>) -> String {
    moment.format(MOMENT).to_string()
}

/// Every value of a card that an operator can change or that is needed to bring it back, the status as stored.
pub(super) fn values(card: &CardRecord) -> CardValues {
    let object = json!({
        "prefix": card.prefix,
        "code": card.code,
        "full_code": card.full_code,
        "status": card.stored_status.as_str(),
        "duration_seconds": card.duration.seconds(),
        "machine_code": card.machine_code,
        "batch_id": card.batch_id,
        "note": card.note,
        "created_at": moment(card.created_at),
        "used_at": card.used_at.map(moment),
        "expire_at": card.expire_at.map(moment),
    });
    match object {
        Value::Object(values) => values,
        _ => unreachable!("the macro was given an object"),
    }
}

/// Whether a card has all of these values.
pub(super) fn has(card: &CardRecord, expected: &CardValues) -> bool {
    let values = values(card);
    expected.iter().all(|(column, value)| values.get(column) == Some(value))
}

/// Gives a card the values that the log kept; what it did not keep stays.
pub(super) fn set(card: &mut CardRecord, kept: &CardValues) -> Result<(), StoreError> {
    for (column, value) in kept {
        match column.as_str() {
            "prefix" => card.prefix = text(value)?,
            "code" => card.code = text(value)?,
            "full_code" => card.full_code = text(value)?,
            "status" => card.stored_status = status(value)?,
            "duration_seconds" => card.duration = CardDuration::from_seconds(maybe(value, seconds)?),
            "machine_code" => card.machine_code = maybe(value, text)?,
            "batch_id" => card.batch_id = maybe(value, number)?,
            "note" => card.note = maybe(value, text)?,
            "created_at" => card.created_at = read_moment(value)?,
            "used_at" => card.used_at = maybe(value, read_moment)?,
            "expire_at" => card.expire_at = maybe(value, read_moment)?,
            _ => return Err(StoreError::Undecodable),
        }
    }
    card.status = card.stored_status;
    Ok(())
}

/// A card made of nothing but what the log kept of it.
pub(super) fn restored(id: u64, kept: &CardValues) -> Result<CardRecord, StoreError> {
    let mut card = CardRecord {
        id,
        prefix: String::new(),
        code: String::new(),
        full_code: String::new(),
        status: CardStatus::Unused,
        stored_status: CardStatus::Unused,
        duration: CardDuration::Forever,
        machine_code: None,
        batch_id: None,
        note: None,
        created_at: DateTime::UNIX_EPOCH,
        used_at: None,
        expire_at: None,
        updated_at: None,
    };
    set(&mut card, kept)?;
    Ok(card)
}

fn maybe<T>(value: &Value, read: impl Fn(&Value) -> Result<T, StoreError>) -> Result<Option<T>, StoreError> {
    if value.is_null() { Ok(None) } else { read(value).map(Some) }
}

fn text(value: &Value) -> Result<String, StoreError> {
    value.as_str().map(str::to_owned).ok_or(StoreError::Undecodable)
}

fn status(value: &Value) -> Result<CardStatus, StoreError> {
    text(value)?.parse().map_err(|_| StoreError::Undecodable)
}

fn seconds(value: &Value) -> Result<u32, StoreError> {
    value.as_u64().and_then(|seconds| seconds.try_into().ok()).ok_or(StoreError::Undecodable)
}

fn number(value: &Value) -> Result<u64, StoreError> {
    value.as_u64().ok_or(StoreError::Undecodable)
}

fn read_moment(value: &Value) -> Result<DateTime<Utc>, StoreError> {
    let moment = NaiveDateTime::parse_from_str(&text(value)?, MOMENT);
    moment.map(|moment| moment.and_utc()).map_err(|_| StoreError::Undecodable)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use kami_core::testing::any_card;

    /// What `change_cards` logs of a change: the values that differ, as they were and as they are.
    fn difference(before: &CardRecord, after: &CardRecord) -> (CardValues, CardValues) {
        let (mut before, mut after) = (values(before), values(after));
        before.retain(|column, value| after.get(column) != Some(value));
        after.retain(|column, _| before.contains_key(column));
        (before, after)
    }

    proptest! {
        #[test]
        fn what_the_log_keeps_brings_a_card_back(before in any_card(), after in any_card()) {
            let stored = |card: CardRecord| CardRecord { status: card.stored_status, ..card };
            let (before, after) = (stored(before), stored(after));
            prop_assert_eq!(restored(before.id, &values(&before)).unwrap(), before.clone());
            let (was, is) = difference(&before, &after);
            prop_assert!(has(&after, &is) && has(&before, &was));
            let mut back = after.clone();
            set(&mut back, &was).unwrap();
            prop_assert_eq!(back, before);
        }
    }
}
