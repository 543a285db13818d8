//! Taking points from a card: what the function does for clients that count uses.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use tokio::time::Instant;

use super::pool::Pool;
use super::settle::LOOKS;
use super::validation::Judged;
use super::{Client, Operation, REQUEST_LIMIT, Store, StoreError, Validation};
use kami_core::app::App;
use kami_core::card::{CardCode, MachineCode};
use kami_core::points::{Points, RequestId};
use kami_core::rules::Refusal;

/// What a client wants taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PointUse {
    /// How many points.
    pub amount: Points,
    /// What it calls that: the same again takes nothing more.
    pub request: RequestId,
}

/// What a client's request to take points comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Consumption {
    /// They are taken, now or by this very request before.
    Taken {
        /// How many were left then.
        balance: u32,
        /// The last second in which the card is valid; `None` lasts for ever.
        expire_at: Option<DateTime<Utc>>,
    },
    /// There are too few; none are taken.
    Exhausted {
        /// How many there are.
        balance: u32,
    },
    /// The request of that name took another number before.
    Reused,
    /// The client's version is below the lowest that its app lets in.
    TooOld(Arc<App>),
    /// There is such a card, and this machine may not use it now.
    Refused(Refusal),
    /// There is no such card.
    NotFound,
    /// There is such a card, and the machine, or where it comes from, is kept out.
    Blocked,
}

/// How long one step of clearing away what was taken long ago may take.
const FORGET_LIMIT: Duration = Duration::from_secs(30);

impl Store {
    /// Validates a card for a machine, activating it on first use, and takes points from it, once for each request however
    /// often it comes within two days, whatever became of the card meanwhile: one round trip more than
    /// [`validate`](Self::validate) costs.
    pub async fn consume(
        &self,
        code: &CardCode,
        machine: &MachineCode,
        client: &Client,
        wanted: &PointUse,
    ) -> Result<Consumption, StoreError> {
        let deadline = Instant::now() + REQUEST_LIMIT;
        for _ in 0..LOOKS {
            let Judged { validation, card } = self.judge_until(deadline, code, machine, client).await?;
            let (card, expire_at, refused) = match (validation, card) {
                (Validation::Admitted { card, points, expire_at, .. }, _) => {
                    (card, expire_at, points.is_none().then_some(Consumption::Exhausted { balance: 0 }))
                }
                (Validation::Refused(refusal), _) if refusal.is_of_device() => {
                    return Ok(Consumption::Refused(refusal));
                }
                // The machine may have taken them before the card was refused.
                (Validation::Refused(refusal), Some((card, expire_at))) => {
                    (card, expire_at, Some(Consumption::Refused(refusal)))
                }
                (Validation::Refused(refusal), None) => return Ok(Consumption::Refused(refusal)),
                (Validation::TooOld(app), _) => return Ok(Consumption::TooOld(app)),
                (Validation::Blocked, _) => return Ok(Consumption::Blocked),
                (Validation::NotFound, _) => return Ok(Consumption::NotFound),
            };
            if let Some(refused) = refused {
                let read = ReadPointUse { card, machine, wanted, pool: &self.pool };
                let time = deadline.saturating_duration_since(Instant::now());
                return match self.pool.run(time, read).await {
                    Ok(Some(balance)) => Ok(Consumption::Taken { balance, expire_at }),
                    Ok(None) => Ok(refused),
                    // As an account of the last version made it.
                    Err(error) if error.is_denied() => Ok(refused),
                    Err(error) => Err(error),
                };
            }
            let take = TakePoints {
                card,
                machine: machine.clone(),
                wanted: wanted.clone(),
                pool: self.pool.clone(),
            };
            match self.in_turn(deadline, take).await? {
                Took::Taken { balance } => return Ok(Consumption::Taken { balance, expire_at }),
                Took::Short { balance } => return Ok(Consumption::Exhausted { balance }),
                Took::Other => return Ok(Consumption::Reused),
                // Somebody changed the card since: it is looked at again.
                Took::Lost => {}
            }
        }
        Err(StoreError::Contended)
    }

    /// Clears away up to so many requests that took points more than two days ago; returns how many. What an account may not
    /// do, or a schema does not have, is none.
    pub async fn forget_point_uses(&self, most: u32) -> Result<u64, StoreError> {
        match self.pool.run(FORGET_LIMIT, ForgetPointUses { most }).await {
            Err(error) if error.is_denied() => Ok(0),
            forgotten => forgotten,
        }
    }
}

enum Took {
    Taken { balance: u32 },
    Short { balance: u32 },
    Other,
    Lost,
}

struct TakePoints {
    card: u64,
    machine: MachineCode,
    wanted: PointUse,
    pool: Pool,
}

impl Operation for TakePoints {
    type Output = Took;

    const IS_CANCELLED: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<Took, StoreError> {
        self.pool.counters().round_trip();
        let PointUse { amount, request } = &self.wanted;
        let params = (self.card, self.machine.as_str(), amount.get(), request.as_str());
        let took: Option<(String, u32)> =
            connection.exec_first("CALL take_points(?, ?, ?, ?)", params).await?;
        match took.as_ref().map(|(word, balance)| (word.as_str(), *balance)) {
            Some(("TAKEN", balance)) => Ok(Took::Taken { balance }),
            Some(("SHORT", balance)) => Ok(Took::Short { balance }),
            Some(("OTHER", _)) => Ok(Took::Other),
            Some(("LOST", _)) => Ok(Took::Lost),
            _ => Err(StoreError::Undecodable),
        }
    }
}

/// Reads how many points were left when the machine took them by that very request.
struct ReadPointUse<'a> {
    card: u64,
    machine: &'a MachineCode,
    wanted: &'a PointUse,
    pool: &'a Pool,
}

impl Operation for ReadPointUse<'_> {
    type Output = Option<u32>;

    const ONLY_READS: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<Option<u32>, StoreError> {
        self.pool.counters().round_trip();
        let PointUse { amount, request } = self.wanted;
        let params = (self.card, self.machine.as_str(), amount.get(), request.as_str());
        Ok(connection.exec_first("CALL read_point_use(?, ?, ?, ?)", params).await?)
    }
}

struct ForgetPointUses {
    most: u32,
}

impl Operation for ForgetPointUses {
    type Output = u64;

    async fn run(&self, connection: &mut Conn) -> Result<u64, StoreError> {
        let forgotten: Option<u64> = connection.exec_first("CALL forget_point_uses(?)", (self.most,)).await?;
        forgotten.ok_or(StoreError::Undecodable)
    }
}
