//! Acts on one card that an operator has before their eyes.

use chrono::{DateTime, Utc};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row};

use super::write::{Head, begin, carry_out};
use super::{ActError, STEP, Transaction};
use crate::record::{COLUMNS, card};
use crate::{Store, StoreError, clock};
use kami_core::acts::{Act, ActRefusal, Change, allowed};
use kami_core::edit::{CardEdit, edited};
use kami_core::gate::Confirmed;
use kami_core::operator::Operator;
use kami_core::record::CardRecord;

/// What an act on one card came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acted {
    /// The card as it is now; `None` when it was deleted.
    pub card: Option<CardRecord>,
    /// The database's clock when it was read.
    pub now: DateTime<Utc>,
    /// The act's number in the log.
    pub act_id: u64,
}

/// Something to be done with a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneAct {
    /// What.
    pub act: Act,
    /// The card as the operator saw it.
    pub seen: CardRecord,
}

/// A change of a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneEdit {
    /// The change.
    pub edit: CardEdit,
    /// The card as the operator saw it.
    pub seen: CardRecord,
}

impl Store {
    /// Edits a card that still is what the operator saw; [`ActError::Changed`] shows what it has become otherwise.
    pub async fn edit(&self, operator: &Operator, one: &Confirmed<OneEdit>) -> Result<Acted, ActError> {
        let OneEdit { edit, seen } = &**one;
        let decide = |card: &CardRecord, now| edited(edit, card, now);
        self.transact(STEP, OnOne { operator, name: "edit", seen, decide: &decide }).await
    }

    /// Does something with a card that still is what the operator saw; [`ActError::Changed`] shows what it has become
    /// otherwise.
    pub async fn act_on_one(&self, operator: &Operator, one: &Confirmed<OneAct>) -> Result<Acted, ActError> {
        let OneAct { act, seen } = &**one;
        let decide = |card: &CardRecord, now| allowed(act, card, now);
        self.transact(STEP, OnOne { operator, name: act.name(), seen, decide: &decide }).await
    }
}

/// What becomes of a card at a moment.
type Decide<'a> = &'a (dyn Fn(&CardRecord, DateTime<Utc>) -> Result<Change, ActRefusal> + Sync);

struct OnOne<'a> {
    operator: &'a Operator,
    name: &'a str,
    seen: &'a CardRecord,
    decide: Decide<'a>,
}

/// A card, locked, and the database's clock.
pub(super) async fn read(
    connection: &mut Conn,
    id: u64,
) -> Result<Option<(CardRecord, DateTime<Utc>)>, StoreError> {
    let query = format!("SELECT {COLUMNS} FROM cards WHERE id = ? FOR UPDATE");
    let row: Option<Row> = connection.exec_first(query, (id,)).await?;
    row.map(card).transpose()
}

impl Transaction for OnOne<'_> {
    type Output = Acted;

    async fn run(&self, connection: &mut Conn) -> Result<Acted, ActError> {
        let Some((before, now)) = read(connection, self.seen.id).await? else {
            return Err(ActError::NotFound);
        };
        if !before.is_same_state(self.seen) {
            return Err(ActError::Changed { card: Box::new(before), now });
        }
        let change = (self.decide)(&before, now)?;
        let head = Head { name: self.name, operator: self.operator, undoes: None };
        let act_id = begin(connection, head).await?;
        let id = before.id;
        carry_out(connection, act_id, &[(before, change)]).await?;
        acted(connection, id, act_id).await
    }
}

/// What an act on the card of that number came to.
pub(super) async fn acted(connection: &mut Conn, id: u64, act_id: u64) -> Result<Acted, ActError> {
    match read(connection, id).await? {
        Some((card, now)) => Ok(Acted { card: Some(card), now, act_id }),
        None => Ok(Acted { card: None, now: clock(connection).await?, act_id }),
    }
}
