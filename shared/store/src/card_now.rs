//! A card as a request is answered by it.

use chrono::{DateTime, Utc};
use mysql_async::Row;

use super::StoreError;
use super::record::{maybe_moment, moment, take};
use kami_core::app::AppName;
use kami_core::card::{Card, MachineCode, Seat};
use kami_core::policy::PolicyPart;

/// A card together with the database's clock at the moment it was read.
#[derive(Clone, Debug)]
pub(crate) struct CardNow {
    pub(crate) card: Card,
    pub(crate) now: DateTime<Utc>,
    /// How often the apps have been changed; `None` where the account or the schema does not say.
    pub(crate) revision: Option<u64>,
    /// The machine that has the further seat that was read with it.
    seat_of: Option<String>,
}

impl CardNow {
    /// A row of the columns of [`Reading`](super::reading::Reading).
    pub(crate) fn read(mut row: Row) -> Result<Self, StoreError> {
        let id = row.get_opt(0).and_then(Result::ok).ok_or(StoreError::Undecodable)?;
        read(id, &mut row).map_err(|_| StoreError::UndecodableCard(id))
    }

    /// Whether it is a card of that app: for clients of others there is no such card.
    pub(crate) fn is_of(&self, app: &AppName) -> bool {
        self.card.app == app.as_str()
    }

    /// Whether it says that this machine has a further seat.
    pub(crate) fn seats(&self, machine: &MachineCode) -> bool {
        self.seat_of.as_deref() == Some(machine.as_str())
    }

    /// The same card for who asks without having that seat.
    pub(crate) fn without_seat(mut self) -> Self {
        self.card.further_seat = None;
        self
    }
}

fn read(id: u64, row: &mut Row) -> Result<CardNow, StoreError> {
    let mut places = 1..;
    let mut place = || places.next().unwrap_or_default();
    let full_code = take(row, place())?;
    let status: String = take(row, place())?;
    let status = status.parse().map_err(|_| StoreError::Undecodable)?;
    let duration_seconds = take(row, place())?;
    let machine_code = take(row, place())?;
    let created_at = moment(row, place())?;
    let used_at = maybe_moment(row, place())?;
    let expire_at = maybe_moment(row, place())?;
    let now = moment(row, place())?;
    let app = take(row, place())?;
    let revision = take(row, place())?;
    let seats = take(row, place())?;
    let lease_until = maybe_moment(row, place())?;
    let policy: Option<String> = take(row, place())?;
    let policy = policy.map_or(Ok(PolicyPart::default()), |policy| policy.parse());
    let valid_until = maybe_moment(row, place())?;
    let points = take(row, place())?;
    let seat_of: Option<String> = take(row, place())?;
    let further_seat = Seat { lease_until: maybe_moment(row, place())? };
    let card = Card {
        id,
        full_code,
        app,
        status,
        duration_seconds,
        seats,
        machine_code,
        lease_until,
        further_seat: seat_of.is_some().then_some(further_seat),
        policy: policy.map_err(|_| StoreError::Undecodable)?,
        created_at,
        used_at,
        expire_at,
        valid_until,
        points,
    };
    Ok(CardNow { card, now, revision, seat_of })
}
