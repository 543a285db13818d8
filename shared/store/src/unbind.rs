//! Giving up a seat of a card: what customers do who move to another machine.

use chrono::{DateTime, Utc};
use mysql_async::{Conn, Row};
use tokio::time::Instant;

use super::pool::Pool;
use super::record::{maybe_moment, take};
use super::routines::first_of;
use super::{Client, NoCard, Operation, REQUEST_LIMIT, Store, StoreError};
use kami_core::card::{CardCode, CardStatus, MachineCode};
use kami_core::rules::{self, Refusal};
use kami_core::unbind::Paid;

/// What a client's request to unbind a card comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unbinding {
    /// How the card stands then, or why nothing was changed.
    pub result: Result<Unbound, Refusal>,
    /// Whether the machine that asks has a seat of the card, or gave one up; `None` where that is not told by the answer, or
    /// it freed one that is lost.
    pub is_known: Option<bool>,
}

/// How a card stands after a request to unbind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unbound {
    /// Whether the request gave a seat up; otherwise there was none to give up.
    pub was_bound: bool,
    /// How many more there are within 30 days; `None` without limit.
    pub remaining: Option<u16>,
    /// What was taken off the card.
    pub paid: Option<Paid>,
    /// The last second in which the card is valid, before activation its last moment; `None` for one that has none.
    pub expire_at: Option<DateTime<Utc>>,
    /// How many points are left of it; `None` for a card that has none.
    pub points: Option<u32>,
}

impl Store {
    /// Gives up the seat of a machine, or where the policy allows that the seat of one that is lost. May be repeated.
    pub async fn unbind(
        &self,
        code: &CardCode,
        machine: &MachineCode,
        client: &Client,
    ) -> Result<Result<Unbinding, NoCard>, StoreError> {
        let deadline = Instant::now() + REQUEST_LIMIT;
        let (found, app) = match self.find_with_app(code, machine, client, deadline).await? {
            Ok(found) => found,
            Err(why) => return Ok(Err(why)),
        };
        let refused = |refusal| Ok(Ok(Unbinding { result: Err(refusal), is_known: None }));
        match rules::status_of(&found.card, found.now) {
            CardStatus::Disabled => return refused(Refusal::Disabled),
            CardStatus::Expired => {
                if found.card.status != CardStatus::Expired {
                    self.mark_expired(&found.card).await;
                }
                return refused(Refusal::Expired);
            }
            CardStatus::Unused | CardStatus::Active => {}
        }
        // Of a lost machine's seat it could make nothing.
        if !machine.is_bindable() && rules::seat_of(&found.card, machine).is_none() {
            return refused(Refusal::Unbindable);
        }
        if let Some(refusal) = Self::refuses_device(&found, app.as_deref(), machine, client) {
            return refused(refusal);
        }
        let unbind = UnbindSeat { card: found.card.id, machine: machine.clone(), pool: self.pool.clone() };
        self.in_turn(deadline, unbind).await
    }
}

struct UnbindSeat {
    card: u64,
    machine: MachineCode,
    pool: Pool,
}

impl Operation for UnbindSeat {
    type Output = Result<Unbinding, NoCard>;

    const IS_CANCELLED: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<Result<Unbinding, NoCard>, StoreError> {
        let params = (self.card, self.machine.as_str());
        let calls = ["CALL unbind_seat_2(?, ?)", "CALL unbind_seat(?, ?)"];
        read(&mut first_of(connection, self.pool.counters(), calls, params).await?)
    }
}

/// What the routine says.
fn read(row: &mut Row) -> Result<Result<Unbinding, NoCard>, StoreError> {
    let (outcome, is_known, wait): (String, Option<bool>, Option<u32>) =
        (take(row, 0)?, take(row, 1)?, take(row, 2)?);
    let [seconds, points]: [Option<u32>; 2] = [take(row, 4)?, take(row, 5)?];
    let mut unbound = |was_bound| -> Result<Unbound, StoreError> {
        Ok(Unbound {
            was_bound,
            remaining: take(row, 3)?,
            paid: seconds.map(Paid::Seconds).or(points.map(Paid::Points)),
            expire_at: maybe_moment(row, 6)?,
            points: take(row, 7)?,
        })
    };
    let result = match outcome.as_str() {
        "UNBOUND" => Ok(unbound(true)?),
        "NOTHING" => Ok(unbound(false)?),
        "NOT_ALLOWED" => Err(Refusal::UnbindNotAllowed),
        "OTHERS" => Err(Refusal::MachineMismatch),
        "COOLING_DOWN" => Err(Refusal::CoolingDown { seconds: wait.ok_or(StoreError::Undecodable)? }),
        "TOO_EXPENSIVE" => Err(Refusal::UnbindTooExpensive),
        "DISABLED" => Err(Refusal::Disabled),
        "EXPIRED" => Err(Refusal::Expired),
        "GONE" => return Ok(Err(NoCard::NotFound)),
        _ => return Err(StoreError::Undecodable),
    };
    Ok(Ok(Unbinding { result, is_known }))
}
