//! Writing cards through the routines of `sql/routines.sql`, each of which also writes the log of what it does.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDateTime, Utc};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Params, Row, Value};
use serde::{Serialize, Serializer};
use serde_json::json;

use super::ActError;
use super::app_order::AppRefusal;
use super::generate_order::GenerateOrder;
use super::values::values;
use crate::StoreError;
use crate::batches::BatchOrigin;
use crate::record::marks;
use kami_core::acts::Change;
use kami_core::app::AppName;
use kami_core::card::CardStatus;
use kami_core::import::ImportRow;
use kami_core::logged;
use kami_core::operator::{Note, Operator};
use kami_core::points::Points;
use kami_core::record::CardRecord;
use kami_core::value::Value as Logged;

/// What is said once of an act on however many cards.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head<'a> {
    pub(super) name: &'a str,
    pub(super) operator: &'a Operator,
    pub(super) undoes: Option<u64>,
}

/// Gives an act its number. Which account it is, and when, the server writes down.
pub(super) async fn begin(connection: &mut Conn, head: Head<'_>) -> Result<u64, ActError> {
    let statement = "INSERT INTO acts (act, operator, undoes) VALUES (?, ?, ?)";
    let Head { name, operator, undoes } = head;
    connection.exec_drop(statement, (name, operator.as_str(), undoes)).await?;
    connection.last_insert_id().ok_or(ActError::Store(StoreError::Undecodable))
}

/// Which further machines lose their seats of a card with a change, and which get one as far as there is room.
#[derive(Debug, Default)]
pub(super) struct Moves {
    pub(super) freed: Vec<String>,
    pub(super) seated: Vec<String>,
}

/// Carries changes of locked cards out.
pub(super) async fn carry_out(
    connection: &mut Conn,
    act_id: u64,
    changes: &[(CardRecord, Change)],
) -> Result<(), ActError> {
    carry_out_with(connection, act_id, changes, &HashMap::new()).await
}

/// The same with the moves of the cards that have such.
pub(super) async fn carry_out_with(
    connection: &mut Conn,
    act_id: u64,
    changes: &[(CardRecord, Change)],
    moves: &HashMap<u64, Moves>,
) -> Result<(), ActError> {
    let mut updates = Vec::new();
    let mut deletions = Vec::new();
    let mut unseated = Vec::new();
    for (before, change) in changes {
        if may_unseat(before, change, moves) {
            unseated.push(before.id);
        }
        match change {
            Change::Delete => deletions.push(before.id),
            Change::Update(after) => {
                let mut row = values(after);
                row.insert("id".into(), before.id.into());
                // A column that is left out is NULL to both servers; of a JSON null they think differently.
                row.retain(|_, value| !value.is_null());
                if let Some(moves) = moves.get(&before.id) {
                    row.insert("freed".into(), json!(moves.freed));
                    row.insert("seated".into(), json!(moves.seated));
                }
                updates.push(row);
            }
        }
    }
    if !updates.is_empty() {
        connection.exec_drop("CALL change_cards_2(?, ?)", (act_id, json!(updates).to_string())).await?;
    }
    if !deletions.is_empty() {
        delete(connection, act_id, json!(deletions).to_string()).await?;
    }
    if !unseated.is_empty() {
        clear_keys(connection, act_id, json!(unseated).to_string()).await?;
    }
    Ok(())
}

/// Whether a machine may lose its seat of a card with a change.
fn may_unseat(before: &CardRecord, change: &Change, moves: &HashMap<u64, Moves>) -> bool {
    match change {
        Change::Delete => before.stored_status != CardStatus::Unused,
        Change::Update(after) => {
            let is_freed = moves.get(&before.id).is_some_and(|moves| !moves.freed.is_empty());
            let is_another = after.machine_code != before.machine_code || after.seats < before.seats;
            is_freed || is_another && before.machine_code.is_some()
        }
    }
}

/// Clears the keys of the machines that have no seat of these cards any more. Where an account of the last version may not,
/// they stay: whoever gets a seat brings a key of his own.
async fn clear_keys(connection: &mut Conn, act_id: u64, ids: String) -> Result<(), ActError> {
    let cleared = connection.exec_drop("CALL clear_device_keys(?, ?)", (act_id, ids)).await;
    match cleared.map_err(StoreError::from) {
        Err(error) if error.is_denied() || error.is_of_schema() => Ok(()),
        cleared => Ok(cleared?),
    }
}

/// Deletes locked cards. An account of the last version forgets with them what requests took of their points.
async fn delete(connection: &mut Conn, act_id: u64, ids: String) -> Result<(), ActError> {
    let params = (act_id, ids);
    match connection.exec_drop("CALL delete_cards_3(?, ?)", params.clone()).await.map_err(StoreError::from) {
        Err(denied) if denied.is_denied() => {
            Ok(connection.exec_drop("CALL delete_cards_2(?, ?)", params).await?)
        }
        deleted => Ok(deleted?),
    }
}

/// Brings deleted cards back under their old ids, as these rows of the log kept them.
pub(super) async fn bring_back(connection: &mut Conn, act_id: u64, rows: &[u64]) -> Result<(), ActError> {
    if rows.is_empty() {
        return Ok(());
    }
    Ok(connection.exec_drop("CALL restore_cards_2(?, ?)", (act_id, json!(rows).to_string())).await?)
}

/// What the table of batches holds of a batch, under its columns; what is left out is NULL.
#[derive(Serialize)]
pub(super) struct Made<'a> {
    #[serde(serialize_with = "as_word")]
    pub(super) origin: BatchOrigin,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) prefix: Option<&'a str>,
    #[serde(rename = "card_count")]
    pub(super) count: u32,
    #[serde(rename = "code_length", skip_serializing_if = "Option::is_none")]
    pub(super) length: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) duration_seconds: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) note: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) app: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) seats: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) points: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_stored")]
    pub(super) valid_until: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) policy: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) preset: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) price: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) currency: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) recharge: Option<u8>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn as_word<S: Serializer>(origin: &BatchOrigin, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(origin.word())
}

/// A moment in the form of the database.
#[expect(clippy::ref_option, reason = "serde passes a reference")]
fn as_stored<S: Serializer>(moment: &Option<DateTime<Utc>>, serializer: S) -> Result<S::Ok, S::Error> {
    moment.map(|moment| logged::written(&Logged::Moment(moment))).serialize(serializer)
}

/// Opens the batch of an act; returns its number.
pub(super) async fn make(
    connection: &mut Conn,
    act_id: u64,
    made: &Made<'_>,
    created_at: NaiveDateTime,
) -> Result<u64, ActError> {
    // An account of before there were presets makes batches without one.
    let call = match made.preset {
        None => "CALL make_batch_2(?, ?, ?)",
        Some(_) => "CALL make_batch_3(?, ?, ?)",
    };
    let batch_id = connection.exec_first(call, (act_id, json!(made).to_string(), created_at)).await?;
    batch_id.ok_or(ActError::Store(StoreError::Undecodable))
}

/// A card that is about to be made; what is left out is NULL.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct NewCard<'a> {
    pub(super) prefix: &'a str,
    pub(super) code: &'a str,
    pub(super) full_code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) duration_seconds: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) note: Option<&'a str>,
    pub(super) app: &'a str,
    pub(super) seats: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) points: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_stored")]
    pub(super) valid_until: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) policy: Option<&'a str>,
}

impl<'a> NewCard<'a> {
    /// A card of `order` with a code that was drawn, and the order's policy in words.
    pub(super) fn generated(
        order: &'a GenerateOrder,
        policy: &'a str,
        code: &'a str,
        full_code: &'a str,
    ) -> Self {
        Self {
            prefix: order.prefix.as_str(),
            code,
            full_code,
            duration_seconds: order.duration.seconds(),
            note: order.note.as_ref().map(Note::as_str),
            app: order.app.as_str(),
            seats: order.seats.get(),
            points: order.points.map(Points::get),
            valid_until: order.valid_until,
            policy: Some(policy).filter(|policy| !policy.is_empty()),
        }
    }

    /// A card of a file, with the note and the app of all where it says none of its own.
    pub(super) fn imported(card: ImportRow<'a>, note: Option<&'a Note>, app: &'a AppName) -> Self {
        Self {
            prefix: card.prefix,
            code: card.code,
            full_code: card.full_code,
            duration_seconds: card.duration.seconds(),
            note: card.note.or(note.map(Note::as_str)),
            app: card.app.unwrap_or(app.as_str()),
            seats: card.seats,
            points: card.points,
            valid_until: card.valid_until,
            policy: card.policy,
        }
    }
}

/// Adds unused cards to the batch of an act; when a code is there already, or an app is closed, none of these is added.
pub(super) async fn add(connection: &mut Conn, act_id: u64, cards: &[NewCard<'_>]) -> Result<(), ActError> {
    match connection.exec_drop("CALL add_cards_2(?, ?)", (act_id, json!(cards).to_string())).await {
        Err(error) if is_signalled(&error) => Err(AppRefusal::Closed.into()),
        added => Ok(added?),
    }
}

/// Whether a routine refused it by itself.
pub(super) fn is_signalled(error: &mysql_async::Error) -> bool {
    matches!(error, mysql_async::Error::Server(refusal) if refusal.state == "45000")
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
            let id = crate::record::take(&mut row, 0)?;
            found.push((id, crate::record::take(&mut row, 1)?));
        }
    }
    Ok(found)
}
