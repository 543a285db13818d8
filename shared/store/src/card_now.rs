//! A card as a request is answered by it.

use chrono::{DateTime, Utc};
use mysql_async::Row;

use super::StoreError;
use super::record::{maybe_moment, moment, take};
use kami_core::app::App;
use kami_core::app::AppName;
use kami_core::card::{Card, MachineCode, Seat};
use kami_core::device::SeatKey;
use kami_core::policy::{DevicePolicy, Policy, PolicyPart};

/// A card together with the database's clock at the moment it was read.
#[derive(Clone, Debug)]
pub(crate) struct CardNow {
    pub(crate) card: Card,
    pub(crate) now: DateTime<Utc>,
    /// How often the apps have been changed; `None` where the account or the schema does not say.
    pub(crate) revision: Option<u64>,
    /// The machine that has the further seat that was read with it.
    seat_of: Option<String>,
    /// The keys of its seats; `None` where nobody asked for them, or they are not for the account to read.
    keys: Option<SeatKeys>,
}

/// The columns of the key of a seat.
pub(crate) const KEY_COLUMNS: [&str; 4] = ["thumbprint", "sequence", "sequence_at", "copied_at"];

/// The keys of the seats that were read with a card.
#[derive(Clone, Copy, Debug)]
struct SeatKeys {
    first: Option<SeatKey>,
    further: Option<SeatKey>,
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
        self.seat_of = None;
        self
    }

    /// The policy that it is judged by, of an app. Where the keys of its seats are not known, nobody looks at them.
    pub(crate) fn policy(&self, app: Option<&App>) -> Policy {
        let policy = policy(app, &self.card);
        if self.keys.is_some() { policy } else { Policy { device: DevicePolicy::Off, ..policy } }
    }

    /// Whether its app, or it, has machines sign what they ask, and the keys of its seats have to be read for that.
    pub(crate) fn lacks_keys(&self, app: Option<&App>) -> bool {
        self.keys.is_none() && policy(app, &self.card).device != DevicePolicy::Off
    }

    /// The key of the seat that a machine has.
    pub(crate) fn key_of(&self, machine: &MachineCode) -> Option<&SeatKey> {
        let keys = self.keys.as_ref()?;
        let is_first = self.card.machine_code.as_deref() == Some(machine.as_str());
        match (is_first, self.seats(machine)) {
            (true, _) => keys.first.as_ref(),
            (false, true) => keys.further.as_ref(),
            (false, false) => None,
        }
    }

    /// The same card once the seat that a machine has is that of a key.
    pub(crate) fn keep_key(&mut self, machine: &MachineCode, key: SeatKey) {
        let is_first = self.card.machine_code.as_deref() == Some(machine.as_str());
        if let Some(keys) = &mut self.keys {
            *(if is_first { &mut keys.first } else { &mut keys.further }) = Some(key);
        }
    }
}

/// The policy of a card of this app.
pub(crate) fn policy(app: Option<&App>, card: &Card) -> Policy {
    app.map_or_else(
        || Policy::of(&PolicyPart::default(), &card.policy),
        |app| Policy::of(&app.policy, &card.policy),
    )
}

/// A key of a seat, where it has one, of the columns from a place on.
fn key(row: &mut Row, place: usize) -> Result<Option<SeatKey>, StoreError> {
    let (thumbprint, sequence): (Option<String>, Option<u32>) = (take(row, place)?, take(row, place + 1)?);
    let (sequence_at, copied_at) = (maybe_moment(row, place + 2)?, maybe_moment(row, place + 3)?);
    let Some((thumbprint, sequence)) = thumbprint.zip(sequence) else { return Ok(None) };
    let thumbprint = thumbprint.parse().map_err(|_| StoreError::Undecodable)?;
    Ok(Some(SeatKey { thumbprint, sequence, sequence_at, copied_at }))
}

/// The keys of seats, where their columns were asked for: behind all others.
fn keys(row: &mut Row, place: usize) -> Result<Option<SeatKeys>, StoreError> {
    if row.len() <= place {
        return Ok(None);
    }
    Ok(Some(SeatKeys { first: key(row, place)?, further: key(row, place + KEY_COLUMNS.len())? }))
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
    let keys = keys(row, place())?;
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
    Ok(CardNow { card, now, revision, seat_of, keys })
}
