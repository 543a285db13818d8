//! The machines that have a seat of a card.

use std::cmp::Reverse;

use chrono::{DateTime, Utc};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row};

use super::limit::{BACKGROUND, GRACE, SCREEN, limited};
use super::record::{maybe_moment, take};
use super::{Operation, Store, StoreError};

/// A machine that has a seat of a card.
#[derive(Clone, PartialEq, Eq)]
pub struct SeatTaken {
    /// Its code.
    pub machine: String,
    /// When it was last heard of, as far as that was written down; a seat without a lease is written down once.
    pub seen_at: Option<DateTime<Utc>>,
    /// The last second in which the seat is the machine's; `None` as long as the card.
    pub lease_until: Option<DateTime<Utc>>,
    /// Whether that is over, so that whoever asks gets the seat.
    pub is_over: bool,
    /// The key that it signs with, where it has one and that may be read.
    pub key: Option<DeviceKey>,
}

/// The key of a device that has a seat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceKey {
    /// The thumbprint of its public key.
    pub thumbprint: String,
    /// In how many minutes another device was found to use it too.
    pub copies: u32,
    /// When that was last.
    pub copied_at: Option<DateTime<Utc>>,
}

/// Shows no machine.
impl std::fmt::Debug for SeatTaken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SeatTaken").field("lease_until", &self.lease_until).finish_non_exhaustive()
    }
}

/// Who loses a seat where a card keeps only so many: first those whose lease is over, then those heard of the longest ago.
pub fn seats_lost(taken: &[SeatTaken], seats: u16) -> Vec<&SeatTaken> {
    let mut by_worth: Vec<&SeatTaken> = taken.iter().collect();
    by_worth.sort_by_key(|seat| (seat.is_over, Reverse(seat.seen_at)));
    by_worth.split_off(by_worth.len().min(seats.into()))
}

impl Store {
    /// The machines that have a seat of the card of that number, the one that stands in its row first; without their keys
    /// where those are not for the account to read, or the schema does not have them yet.
    pub async fn seats(&self, card_id: u64) -> Result<Vec<SeatTaken>, StoreError> {
        self.run(SCREEN + GRACE, SeatsOfCard { card_id }).await
    }
}

impl Store {
    /// How many machines lost their seats by an act that unbound cards.
    pub async fn machines_unbound(&self, act_id: u64) -> Result<u64, StoreError> {
        self.run(BACKGROUND + GRACE, MachinesUnbound { act_id }).await
    }
}

struct MachinesUnbound {
    act_id: u64,
}

impl Operation for MachinesUnbound {
    type Output = u64;

    const ONLY_READS: bool = true;
    const IS_CANCELLED: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<u64, StoreError> {
        let query = limited(
            BACKGROUND,
            "SELECT CAST(COUNT(*) + COALESCE(SUM(JSON_LENGTH(values_before, '$.machines')), 0) AS UNSIGNED) \
             FROM operator_log FORCE INDEX (idx_act_id) WHERE act_id = ?",
        );
        connection.exec_first(query, (self.act_id,)).await?.ok_or(StoreError::Undecodable)
    }
}

pub(super) struct SeatsOfCard {
    pub(super) card_id: u64,
}

impl Operation for SeatsOfCard {
    type Output = Vec<SeatTaken>;

    const ONLY_READS: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<Self::Output, StoreError> {
        match self.read(connection, true).await {
            Err(error) if error.is_denied() || error.is_of_schema() => self.read(connection, false).await,
            read => read,
        }
    }
}

impl SeatsOfCard {
    async fn read(&self, connection: &mut Conn, with_keys: bool) -> Result<Vec<SeatTaken>, StoreError> {
        let keys = |table: &str, card: &str| {
            if with_keys {
                format!(
                    "LEFT JOIN device_keys ON device_keys.card_id = {table}.{card} \
                     AND device_keys.machine_code = {table}.machine_code"
                )
            } else {
                "LEFT JOIN (SELECT NULL AS thumbprint, NULL AS copies, NULL AS copied_at) AS device_keys ON FALSE"
                    .to_owned()
            }
        };
        let columns =
            "lease_until, COALESCE(lease_until < UTC_TIMESTAMP(), FALSE), thumbprint, copies, copied_at";
        let query = format!(
            "SELECT cards.machine_code, COALESCE(seen_at, used_at) AS seen_at, {columns}, 0 AS place \
             FROM cards {} WHERE cards.id = ? AND cards.machine_code IS NOT NULL \
             UNION ALL SELECT card_seats.machine_code, seen_at, {columns}, 1 \
             FROM card_seats {} WHERE card_seats.card_id = ? ORDER BY place, seen_at DESC, machine_code",
            keys("cards", "id"),
            keys("card_seats", "card_id")
        );
        let rows: Vec<Row> = connection.exec(limited(SCREEN, &query), (self.card_id, self.card_id)).await?;
        rows.into_iter().map(|mut row| read(&mut row)).collect()
    }
}

fn read(row: &mut Row) -> Result<SeatTaken, StoreError> {
    Ok(SeatTaken {
        machine: take(row, 0)?,
        seen_at: maybe_moment(row, 1)?,
        lease_until: maybe_moment(row, 2)?,
        is_over: take(row, 3)?,
        key: match take(row, 4)? {
            None => None,
            Some(thumbprint) => {
                Some(DeviceKey { thumbprint, copies: take(row, 5)?, copied_at: maybe_moment(row, 6)? })
            }
        },
    })
}
