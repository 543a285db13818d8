//! Taking the seat of a card from one of its machines.

use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use std::collections::HashMap;

use super::one::{Acted, acted, read};
use super::write::{Head, Moves, begin, carry_out_with};
use super::{ActError, STEP, Transaction};
use crate::Store;
use kami_core::acts::{Act, ActRefusal, Change, allowed};
use kami_core::gate::Confirmed;
use kami_core::operator::Operator;
use kami_core::record::CardRecord;

/// A machine that is to lose its seat of a card.
#[derive(Clone, PartialEq, Eq)]
pub struct OneSeat {
    /// The card as the operator saw it.
    pub seen: CardRecord,
    /// The machine.
    pub machine: String,
}

/// Shows no machine.
impl std::fmt::Debug for OneSeat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OneSeat").field("seen", &self.seen).finish_non_exhaustive()
    }
}

impl Store {
    /// Frees the seat of one machine; the others keep theirs. A machine that has none is
    /// [`ActRefusal::NoSeat`].
    pub async fn free_seat(&self, operator: &Operator, one: &Confirmed<OneSeat>) -> Result<Acted, ActError> {
        self.transact(STEP, FreeSeat { operator, one }).await
    }
}

struct FreeSeat<'a> {
    operator: &'a Operator,
    one: &'a OneSeat,
}

impl Transaction for FreeSeat<'_> {
    type Output = Acted;

    async fn run(&self, connection: &mut Conn) -> Result<Acted, ActError> {
        let OneSeat { seen, machine } = self.one;
        let (before, now) = read(connection, seen.id).await?.ok_or(ActError::NotFound)?;
        if !before.is_same_state(seen) {
            return Err(ActError::Changed { card: Box::new(before), now });
        }
        let id = before.id;
        let query = "SELECT machine_code FROM card_seats WHERE card_id = ? \
                     ORDER BY seen_at DESC, bound_at DESC, machine_code";
        let others: Vec<String> = connection.exec(query, (id,)).await?;
        let mut change = allowed(&Act::Unbind, &before, now)?;
        let mut moves = HashMap::new();
        if let Change::Update(after) = &mut change {
            if before.machine_code.as_ref() == Some(machine) {
                after.machine_code = others.into_iter().next();
            } else if others.contains(machine) {
                after.machine_code.clone_from(&before.machine_code);
                moves.insert(id, Moves { freed: vec![machine.clone()], ..Moves::default() });
            } else {
                return Err(ActRefusal::NoSeat.into());
            }
        }
        let head = Head { name: Act::Unbind.name(), operator: self.operator, undoes: None };
        let act_id = begin(connection, head).await?;
        carry_out_with(connection, act_id, &[(before, change)], &moves).await?;
        acted(connection, id, act_id).await
    }
}
