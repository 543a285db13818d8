//! How a card stands, to whoever holds its code.

use chrono::{DateTime, Utc};
use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use tokio::time::Instant;

use super::card_now::policy;
use super::pool::Pool;
use super::{CardNow, Client, NoCard, Operation, REQUEST_LIMIT, Store, StoreError};
use kami_core::card::{Card, CardCode, MachineCode};
use kami_core::rules;

/// How a card stands at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardState {
    /// The card, with the status that it has then, and the seat of the machine that asks.
    pub card: Card,
    /// The database's clock.
    pub now: DateTime<Utc>,
    /// How many of its seats are taken, where it has several or leases them: one whose lease is over is not.
    pub seats_taken: Option<u32>,
    /// Whether the machine that asks shows the key of its seat, where that has one.
    pub is_proven: bool,
}

impl Store {
    /// How the card of that code stands, to a client and to a machine if one says which it is. One round trip, two for a card
    /// of several seats.
    pub async fn status(
        &self,
        code: &CardCode,
        machine: Option<&MachineCode>,
        client: &Client,
    ) -> Result<Result<CardState, NoCard>, StoreError> {
        let deadline = Instant::now() + REQUEST_LIMIT;
        let found = match machine {
            Some(machine) => self.find_for(code, machine, client, deadline).await?,
            None => self.find(code, None, client, deadline).await?.map(|found| (found, true)),
        };
        let (found, is_proven) = match found {
            Ok(found) => found,
            Err(why) => return Ok(Err(why)),
        };
        let seats_taken = self.seats_taken(&found, client, deadline).await?;
        let CardNow { mut card, now, .. } = found;
        let status = rules::status_of(&card, now);
        if status != card.status {
            self.mark_expired(&card).await;
        }
        card.status = status;
        Ok(Ok(CardState { card, now, seats_taken, is_proven }))
    }

    /// The card for a machine, and whether that shows the key of its seat.
    async fn find_for(
        &self,
        code: &CardCode,
        machine: &MachineCode,
        client: &Client,
        deadline: Instant,
    ) -> Result<Result<(CardNow, bool), NoCard>, StoreError> {
        let found = match self.find_with_app(code, machine, client, deadline).await {
            // Its app says nothing until somebody mends it; meanwhile a card can be looked at.
            Err(StoreError::Undecodable) => {
                self.find(code, Some(machine), client, deadline).await?.map(|found| (found, None))
            }
            found => found?,
        };
        Ok(found.map(|(found, app)| {
            let is_proven = Self::refuses_device(&found, app.as_deref(), machine, client).is_none();
            (found, is_proven)
        }))
    }

    /// How many seats of a card are taken, where that is to be told. An account of the last version, which may read neither
    /// apps nor seats, has nothing to tell.
    async fn seats_taken(
        &self,
        CardNow { card, now, revision, .. }: &CardNow,
        client: &Client,
        deadline: Instant,
    ) -> Result<Option<u32>, StoreError> {
        let Some(revision) = *revision else { return Ok(None) };
        if card.seats > 1 {
            return self.in_turn(deadline, CountSeats { card: card.id, pool: self.pool.clone() }).await;
        }
        let app = match self.app_of(client, Some(revision), deadline).await {
            // It leases nothing until somebody mends it; meanwhile a card can be looked at.
            Err(StoreError::Undecodable) => None,
            app => app?,
        };
        let is_leased = card.lease_until.is_some() || policy(app.as_deref(), card).lease.is_some();
        let is_taken = card.machine_code.is_some() && card.lease_until.is_none_or(|until| *now <= until);
        Ok(is_leased.then_some(is_taken.into()))
    }
}

/// Counts the seats of a card that are taken.
struct CountSeats {
    card: u64,
    pool: Pool,
}

impl Operation for CountSeats {
    /// Nothing of a card that is gone by then.
    type Output = Option<u32>;

    const ONLY_READS: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<Option<u32>, StoreError> {
        self.pool.counters().round_trip();
        let query = "SELECT (machine_code IS NOT NULL AND COALESCE(lease_until >= UTC_TIMESTAMP(), TRUE)) + (\
                     SELECT COUNT(*) FROM card_seats WHERE card_seats.card_id = cards.id \
                     AND COALESCE(card_seats.lease_until >= UTC_TIMESTAMP(), TRUE)) \
                     FROM cards WHERE id = ?";
        Ok(connection.exec_first(query, (self.card,)).await?)
    }
}
