//! Writing cards and the log of what was written, many at a time.

use chrono::NaiveDateTime;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Params, Row, Value};
use serde_json::json;

use super::ActError;
use super::values::{CardValues, difference, values};
use crate::acts::Change;
use crate::operator::Operator;
use crate::record::CardRecord;
use crate::store::StoreError;
use crate::store::record::{marks, word};

/// What stands once in the log for an act on however many cards.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head<'a> {
    pub(super) name: &'a str,
    pub(super) operator: &'a Operator,
    pub(super) batch_id: Option<u64>,
    pub(super) undoes: Option<u64>,
}

/// One row of the log.
#[derive(Debug, Default)]
pub(super) struct Entry {
    card_id: Option<u64>,
    batch_id: Option<u64>,
    full_code: Option<String>,
    before: Option<CardValues>,
    after: Option<CardValues>,
}

impl Entry {
    /// A card that is changed or goes.
    pub(super) fn change(before: &CardRecord, change: &Change) -> Self {
        let (was, is) = match change {
            Change::Delete => (values(before), None),
            Change::Update(after) => {
                let (was, is) = difference(before, after);
                (was, Some(is))
            }
        };
        Self {
            card_id: Some(before.id),
            batch_id: before.batch_id,
            full_code: Some(before.full_code.clone()),
            before: Some(was),
            after: is,
        }
    }

    /// A card that comes back.
    pub(super) fn restoration(card: &CardRecord) -> Self {
        Self {
            card_id: Some(card.id),
            batch_id: card.batch_id,
            full_code: Some(card.full_code.clone()),
            before: None,
            after: Some(values(card)),
        }
    }

    /// A whole batch that was made.
    pub(super) fn batch(batch_id: u64, made: CardValues) -> Self {
        Self { batch_id: Some(batch_id), after: Some(made), ..Self::default() }
    }
}

/// Gives an act its number.
pub(super) async fn begin(connection: &mut Conn, head: Head<'_>) -> Result<u64, ActError> {
    // Which account it is, and when, the server writes down itself.
    let statement = "INSERT INTO acts (act, operator, card_count, batch_id, undoes) VALUES (?, ?, 0, ?, ?)";
    let Head { name, operator, batch_id, undoes } = head;
    connection.exec_drop(statement, (name, operator.as_str(), batch_id, undoes)).await?;
    connection.last_insert_id().ok_or(ActError::Store(StoreError::Undecodable))
}

/// Writes rows of the log, and how many cards the act has changed with them.
pub(super) async fn record(
    connection: &mut Conn,
    act_id: u64,
    head: Head<'_>,
    entries: &[Entry],
    cards: u64,
) -> Result<(), ActError> {
    if entries.is_empty() {
        return Ok(());
    }
    let row = "(?, ?, ?, ?, ?, ?, ?, ?)";
    let statement = format!(
        "INSERT INTO operator_log (act_id, act, operator, card_id, batch_id, full_code, values_before, values_after) \
         VALUES {row}{}",
        format!(", {row}").repeat(entries.len() - 1)
    );
    let json = |values: &Option<CardValues>| values.as_ref().map(|values| json!(values).to_string());
    let params = entries.iter().flat_map(|entry| -> [Value; 8] {
        [
            act_id.into(),
            head.name.into(),
            head.operator.as_str().into(),
            entry.card_id.into(),
            entry.batch_id.into(),
            entry.full_code.as_deref().into(),
            json(&entry.before).into(),
            json(&entry.after).into(),
        ]
    });
    connection.exec_drop(statement, Params::Positional(params.collect())).await?;
    connection.exec_drop("UPDATE acts SET card_count = card_count + ? WHERE id = ?", (cards, act_id)).await?;
    Ok(())
}

/// One statement for any change of any number of cards; the cards are locked already.
const UPDATE: &str = "UPDATE JSON_TABLE(?, '$[*]' COLUMNS (\
        id BIGINT UNSIGNED PATH '$.id' ERROR ON ERROR, \
        prefix VARCHAR(16) PATH '$.prefix' ERROR ON ERROR, \
        full_code VARCHAR(128) PATH '$.full_code' ERROR ON ERROR, \
        status VARCHAR(16) PATH '$.status' ERROR ON ERROR, \
        duration_seconds BIGINT UNSIGNED PATH '$.duration_seconds' NULL ON EMPTY ERROR ON ERROR, \
        machine_code VARCHAR(128) PATH '$.machine_code' NULL ON EMPTY ERROR ON ERROR, \
        note VARCHAR(255) PATH '$.note' NULL ON EMPTY ERROR ON ERROR, \
        used_at DATETIME PATH '$.used_at' NULL ON EMPTY ERROR ON ERROR, \
        expire_at DATETIME PATH '$.expire_at' NULL ON EMPTY ERROR ON ERROR)) AS changed \
    STRAIGHT_JOIN cards ON cards.id = changed.id \
    SET cards.prefix = changed.prefix, cards.full_code = changed.full_code, cards.status = changed.status, \
        cards.duration_seconds = changed.duration_seconds, cards.machine_code = changed.machine_code, \
        cards.note = changed.note, cards.used_at = changed.used_at, cards.expire_at = changed.expire_at, \
        cards.updated_at = UTC_TIMESTAMP()";

/// Carries changes of locked cards out.
pub(super) async fn carry_out(
    connection: &mut Conn,
    changes: &[(CardRecord, Change)],
) -> Result<(), ActError> {
    let mut updates = Vec::new();
    let mut deletions = Vec::new();
    for (before, change) in changes {
        match change {
            Change::Delete => deletions.push(Value::from(before.id)),
            Change::Update(after) => {
                let mut row = values(after);
                row.insert("id".into(), before.id.into());
                // A column that is left out is NULL to both servers; of a JSON null they think differently.
                row.retain(|_, value| !value.is_null());
                updates.push(row);
            }
        }
    }
    if !updates.is_empty() {
        connection.exec_drop(UPDATE, (json!(updates).to_string(),)).await?;
    }
    if !deletions.is_empty() {
        let statement = format!("DELETE FROM cards WHERE id IN ({})", marks(deletions.len()));
        connection.exec_drop(statement, Params::Positional(deletions)).await?;
    }
    Ok(())
}

/// Brings deleted cards back under their old ids.
pub(super) async fn bring_back(connection: &mut Conn, cards: &[CardRecord]) -> Result<(), ActError> {
    if cards.is_empty() {
        return Ok(());
    }
    let row = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, UTC_TIMESTAMP())";
    let statement = format!(
        "INSERT INTO cards (id, prefix, code, full_code, status, duration_seconds, machine_code, batch_id, note, \
         created_at, used_at, expire_at, updated_at) VALUES {row}{}",
        format!(", {row}").repeat(cards.len() - 1)
    );
    let params = cards.iter().flat_map(|card| -> [Value; 12] {
        [
            card.id.into(),
            card.prefix.as_str().into(),
            card.code.as_str().into(),
            card.full_code.as_str().into(),
            word(card.stored_status).into(),
            card.duration.seconds().into(),
            card.machine_code.as_deref().into(),
            card.batch_id.into(),
            card.note.as_deref().into(),
            card.created_at.naive_utc().into(),
            card.used_at.map(|moment| moment.naive_utc()).into(),
            card.expire_at.map(|moment| moment.naive_utc()).into(),
        ]
    });
    connection.exec_drop(statement, Params::Positional(params.collect())).await?;
    Ok(())
}

/// A card that is about to be made.
#[derive(Clone, Copy, Debug)]
pub(super) struct NewCard<'a> {
    pub(super) prefix: &'a str,
    pub(super) code: &'a str,
    pub(super) full_code: &'a str,
    pub(super) duration_seconds: Option<u32>,
    pub(super) note: Option<&'a str>,
}

/// Adds unused cards to a batch; when a code is there already, the server takes the whole statement back.
pub(super) async fn add(
    connection: &mut Conn,
    cards: &[NewCard<'_>],
    batch_id: u64,
    created_at: NaiveDateTime,
) -> Result<(), ActError> {
    let row = "(?, ?, ?, ?, ?, ?, ?, ?)";
    let statement = format!(
        "INSERT INTO cards (prefix, code, full_code, duration_seconds, note, batch_id, created_at, updated_at) \
         VALUES {row}{}",
        format!(", {row}").repeat(cards.len().saturating_sub(1))
    );
    let params = cards.iter().flat_map(|card| -> [Value; 8] {
        [
            card.prefix.into(),
            card.code.into(),
            card.full_code.into(),
            card.duration_seconds.into(),
            card.note.into(),
            batch_id.into(),
            created_at.into(),
            created_at.into(),
        ]
    });
    connection.exec_drop(statement, Params::Positional(params.collect())).await?;
    Ok(())
}

/// Which of these codes some card has, in the state that a write would meet; the database's spelling of them.
pub(super) async fn taken(connection: &mut Conn, codes: &[&str]) -> Result<Vec<(u64, String)>, ActError> {
    let mut found = Vec::new();
    for codes in codes.chunks(super::CHUNK) {
        let statement = format!(
            "SELECT id, full_code FROM cards FORCE INDEX (full_code) WHERE full_code IN ({}) LOCK IN SHARE MODE",
            marks(codes.len())
        );
        let params = codes.iter().map(|code| Value::from(*code)).collect();
        let rows: Vec<Row> = connection.exec(statement, Params::Positional(params)).await?;
        for mut row in rows {
            let id = crate::store::record::take(&mut row, 0)?;
            found.push((id, crate::store::record::take(&mut row, 1)?));
        }
    }
    Ok(found)
}
