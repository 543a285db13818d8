//! Acts on one card that an operator has before their eyes.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row};

use super::write::{Head, Moves, begin, carry_out_with};
use super::{ActError, STEP, Transaction};
use crate::record::{COLUMNS, card};
use crate::seats::SeatsOfCard;
use crate::{Operation, SeatTaken, Store, StoreError, clock, seats_lost};
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
        let takes_seats = edit.seats.is_some_and(|seats| seats.get() < seen.seats);
        self.transact(STEP, OnOne { operator, name: "edit", seen, decide: &decide, takes_seats }).await
    }

    /// Does something with a card that still is what the operator saw; [`ActError::Changed`] shows what it has become
    /// otherwise.
    pub async fn act_on_one(&self, operator: &Operator, one: &Confirmed<OneAct>) -> Result<Acted, ActError> {
        let OneAct { act, seen } = &**one;
        let decide = |card: &CardRecord, now| allowed(act, card, now);
        let name = act.name();
        self.transact(STEP, OnOne { operator, name, seen, decide: &decide, takes_seats: false }).await
    }
}

/// What becomes of a card at a moment.
type Decide<'a> = &'a (dyn Fn(&CardRecord, DateTime<Utc>) -> Result<Change, ActRefusal> + Sync);

struct OnOne<'a> {
    operator: &'a Operator,
    name: &'a str,
    seen: &'a CardRecord,
    decide: Decide<'a>,
    /// Whether there may be more machines than seats behind it.
    takes_seats: bool,
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
        let mut change = (self.decide)(&before, now)?;
        let id = before.id;
        let mut moves = HashMap::new();
        if let (true, Change::Update(after)) = (self.takes_seats, &mut change) {
            let taken = SeatsOfCard { card_id: id }.run(connection).await?;
            moves.insert(id, take_seats(after, &taken));
        }
        let head = Head { name: self.name, operator: self.operator, undoes: None };
        let act_id = begin(connection, head).await?;
        carry_out_with(connection, act_id, &[(before, change)], &moves).await?;
        acted(connection, id, act_id).await
    }
}

/// Takes the seats that a card has no more from those of its machines who have the least to lose by it; of the others, one
/// stands in its row.
fn take_seats(after: &mut CardRecord, taken: &[SeatTaken]) -> Moves {
    let lost = seats_lost(taken, after.seats);
    let loses = |machine: &String| lost.iter().any(|seat| seat.machine == *machine);
    if after.machine_code.as_ref().is_some_and(loses) {
        let kept = taken.iter().map(|seat| &seat.machine).find(|machine| !loses(machine));
        after.machine_code = kept.cloned();
    }
    Moves { freed: lost.iter().map(|seat| seat.machine.clone()).collect(), ..Moves::default() }
}

/// What an act on the card of that number came to.
pub(super) async fn acted(connection: &mut Conn, id: u64, act_id: u64) -> Result<Acted, ActError> {
    match read(connection, id).await? {
        Some((card, now)) => Ok(Acted { card: Some(card), now, act_id }),
        None => Ok(Acted { card: None, now: clock(connection).await?, act_id }),
    }
}
