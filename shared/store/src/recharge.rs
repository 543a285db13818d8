//! Topping a card up with another: what the function does for customers who buy more of what they have.

use chrono::{DateTime, Utc};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row};
use tokio::time::Instant;

use super::pool::Pool;
use super::record::{maybe_moment, take};
use super::settle::LOOKS;
use super::{Client, NoCard, Operation, REQUEST_LIMIT, Store, StoreError};
use kami_core::card::{CardCode, MachineCode};
use kami_core::recharge::{RechargeRefusal, may_be_burnt, top_up};

/// What it comes to that a card is to be topped up with another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recharge {
    /// It is, now or by the same two cards before, and the other is burnt.
    ToppedUp {
        /// The last second in which it is valid; `None` lasts for ever.
        expire_at: Option<DateTime<Utc>>,
        /// How many points are left of it; `None` for one that has none.
        points: Option<u32>,
    },
    /// It is not, and nothing of either is changed.
    Refused(RechargeRefusal),
    /// There is no such card to be topped up.
    NotFound,
    /// There is no such card to top it up with.
    NoOther,
    /// There is such a card, and the machine, or where it comes from, is kept out.
    Blocked,
}

impl Store {
    /// Tops the card of a code up with the one of another, both of the client's app: all or nothing, and once, so that it may be
    /// repeated. Two round trips. Whoever says which machine he is must not be kept out by it; it need not be one of the card's.
    pub async fn recharge(
        &self,
        code: &CardCode,
        with: &CardCode,
        machine: Option<&MachineCode>,
        client: &Client,
    ) -> Result<Recharge, StoreError> {
        let deadline = Instant::now() + REQUEST_LIMIT;
        for _ in 0..LOOKS {
            // Of two codes that are guessed, one answer tells of one.
            let (card, other) = match self.find_both([code, with], machine, client, deadline).await? {
                [Ok(card), Ok(other)] => (card, other),
                [Err(NoCard::NotFound), _] => return Ok(Recharge::NotFound),
                [Err(NoCard::Blocked), _] | [_, Err(NoCard::Blocked)] => return Ok(Recharge::Blocked),
                [_, Err(NoCard::NotFound)] => return Ok(Recharge::NoOther),
            };
            match top_up(&card.card, &other.card, other.now.max(card.now)) {
                // It may be what this very request did before.
                Err(RechargeRefusal::NotUnused) if may_be_burnt(&other.card) => {}
                Err(refusal) => return Ok(Recharge::Refused(refusal)),
                Ok(_) => {}
            }
            let burn = Burn { topped: card.card.id, burnt: other.card.id, pool: self.pool.clone() };
            if let Some(done) = self.in_turn(deadline, burn).await? {
                return Ok(done);
            }
            // Somebody changed one of them since: they are looked at again.
        }
        Err(StoreError::Contended)
    }
}

/// Burns one card to top another up; nothing where one is gone.
struct Burn {
    topped: u64,
    burnt: u64,
    pool: Pool,
}

impl Operation for Burn {
    type Output = Option<Recharge>;

    const IS_CANCELLED: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<Option<Recharge>, StoreError> {
        self.pool.counters().round_trip();
        let done: Option<Row> =
            connection.exec_first("CALL recharge_card(?, ?)", (self.topped, self.burnt)).await?;
        let mut done = done.ok_or(StoreError::Undecodable)?;
        let refusal = match take::<String>(&mut done, 0)?.as_str() {
            "TOPPED" => {
                let (expire_at, points) = (maybe_moment(&mut done, 1)?, take(&mut done, 2)?);
                return Ok(Some(Recharge::ToppedUp { expire_at, points }));
            }
            "LOST" => return Ok(None),
            "ITSELF" => RechargeRefusal::Itself,
            "USED" => RechargeRefusal::NotUnused,
            "DISABLED" => RechargeRefusal::Disabled,
            "UNUSED" => RechargeRefusal::NeverUsed,
            "NOT_ALLOWED" => RechargeRefusal::NotAllowed,
            "POINTLESS" => RechargeRefusal::Pointless,
            "TOO_MANY" => RechargeRefusal::TooManyPoints,
            "TOO_LONG" => RechargeRefusal::TooLong,
            _ => return Err(StoreError::Undecodable),
        };
        Ok(Some(Recharge::Refused(refusal)))
    }
}
