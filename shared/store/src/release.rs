//! Giving a seat back before its lease is over.

use mysql_async::Conn;
use tokio::time::Instant;

use super::pool::Pool;
use super::routines::said;
use super::{Client, NoCard, Operation, REQUEST_LIMIT, Store, StoreError};
use kami_core::card::{CardCode, CardStatus, MachineCode};
use kami_core::rules::{self, Refusal};

/// What it comes to that a machine gives its seat back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeatReturn {
    /// Its lease has ended, and the seat is free.
    Freed,
    /// It is the machine's as long as the card, or the card is not in use.
    Kept,
    /// The machine has none.
    NoSeat,
    /// The machine does not show the key of its seat.
    Refused(Refusal),
}

impl Store {
    /// Gives the leased seat of a machine back. May be repeated.
    pub async fn release(
        &self,
        code: &CardCode,
        machine: &MachineCode,
        client: &Client,
    ) -> Result<Result<SeatReturn, NoCard>, StoreError> {
        let deadline = Instant::now() + REQUEST_LIMIT;
        let (found, app) = match self.find_with_app(code, machine, client, deadline).await? {
            Ok(found) => found,
            Err(why) => return Ok(Err(why)),
        };
        let Some(seat) = rules::seat_of(&found.card, machine) else { return Ok(Ok(SeatReturn::NoSeat)) };
        if let Some(refusal) = Self::refuses_device(&found, app.as_deref(), machine, client) {
            return Ok(Ok(SeatReturn::Refused(refusal)));
        }
        if seat.lease_until.is_none() || found.card.status != CardStatus::Active {
            return Ok(Ok(SeatReturn::Kept));
        }
        let release = Release { card: found.card.id, machine: machine.clone(), pool: self.pool.clone() };
        let was_freed = self.in_turn(deadline, release).await?;
        Ok(Ok(if was_freed { SeatReturn::Freed } else { SeatReturn::NoSeat }))
    }
}

/// Gives a leased seat back.
struct Release {
    card: u64,
    machine: MachineCode,
    pool: Pool,
}

impl Operation for Release {
    type Output = bool;

    const IS_CANCELLED: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<bool, StoreError> {
        self.pool.counters().round_trip();
        let freed = said(connection, "CALL release_seat(?, ?)", (self.card, self.machine.as_str())).await?;
        Ok(freed == Some(true))
    }
}
