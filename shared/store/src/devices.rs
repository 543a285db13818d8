//! Keys of devices: finding a card with those of its seats, and writing down what a machine shows of its own.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use tokio::time::Instant;
use tracing::warn;

use super::pool::Pool;
use super::routines::said;
use super::{CardNow, Client, NoCard, Operation, Store, StoreError};
use kami_core::app::App;
use kami_core::card::{CardCode, MachineCode};
use kami_core::device::{Decision, Device, Thumbprint, decide};
use kami_core::policy::Policy;
use kami_core::rules::{self, Refusal, Verdict};

/// How long a copied key is not written down again.
const COPY_KEPT: TimeDelta = TimeDelta::minutes(1);

/// How long an answer may be held back for writing a copied key down.
const ASIDE_LIMIT: Duration = Duration::from_millis(500);

impl Store {
    /// The card of that code for a client as [`find`](Self::find) finds it, with its app, and with the keys of its seats where
    /// their policy has machines sign what they ask.
    pub(super) async fn find_with_app(
        &self,
        code: &CardCode,
        machine: &MachineCode,
        client: &Client,
        deadline: Instant,
    ) -> Result<Result<(CardNow, Option<Arc<App>>), NoCard>, StoreError> {
        let mut is_repeated = false;
        loop {
            let found = match self.find(code, Some(machine), client, deadline).await? {
                Ok(found) => found,
                Err(why) => return Ok(Err(why)),
            };
            let app = self.app_of(client, found.revision, deadline).await?;
            // The first card of that kind that this program meets.
            if is_repeated || !found.lacks_keys(app.as_deref()) || !self.lookups.begin_keys() {
                return Ok(Ok((found, app)));
            }
            is_repeated = true;
        }
    }

    /// Why a machine may not act for itself on a card that was found like this: it does not show the key of its seat.
    pub(super) fn refuses_device(
        found: &CardNow,
        app: Option<&App>,
        machine: &MachineCode,
        client: &Client,
    ) -> Option<Refusal> {
        let has_seat = rules::seat_of(&found.card, machine).is_some();
        let allowed =
            if has_seat { Verdict::Admit { lease: None } } else { Verdict::TakeSeat { lease: None } };
        let policy = found.policy(app);
        match decide(allowed, found.key_of(machine), client.device.as_ref(), policy, found.now) {
            Decision::Final(Verdict::Refuse(refusal)) => Some(refusal),
            Decision::Final(_) | Decision::TakeKey | Decision::NoteSequence => None,
        }
    }

    /// Writes down that a key is on two machines. The answer is right without it, so a failure is only logged.
    pub(super) async fn note_copy(&self, copy: Copy) {
        self.pool.counters().copied_key();
        if !copy.is_due {
            return;
        }
        let Copy { card, machine, thumbprint, .. } = copy;
        warn!(card, "a key of a device is on two machines");
        let note = NoteCopy { card, machine, thumbprint, pool: self.pool.clone() };
        if let Err(error) = self.in_turn(Instant::now() + ASIDE_LIMIT, note).await {
            warn!(card, %error, "that a key of a device is on two machines could not be written down");
        }
    }
}

/// A key that a request shows to be on two machines.
pub(super) struct Copy {
    card: u64,
    machine: MachineCode,
    thumbprint: Thumbprint,
    /// Whether that was not written down within the last minute.
    is_due: bool,
}

impl Copy {
    /// What a request shows of the key of its machine's seat, where that is looked at.
    pub(super) fn of(
        found: &CardNow,
        policy: Policy,
        machine: &MachineCode,
        client: &Client,
    ) -> Option<Self> {
        let (device, key) = (client.device.as_ref()?, found.key_of(machine)?);
        let is_looked_at = policy.device != kami_core::policy::DevicePolicy::Off;
        (is_looked_at && key.is_copied(device, found.now)).then(|| Self {
            card: found.card.id,
            machine: machine.clone(),
            thumbprint: key.thumbprint,
            is_due: key.copied_at.is_none_or(|at| found.now - at >= COPY_KEPT),
        })
    }
}

/// What stands for the key of a device in a routine that gives a seat: none where there is none.
pub(super) fn shown(device: Option<&Device>) -> (Option<&str>, u32) {
    (device.map(|device| device.thumbprint.as_str()), device.map_or(0, |device| device.sequence))
}

/// Gives a seat that has no key the device's; returns whether it is that seat's now.
pub(super) async fn take_key(
    connection: &mut Conn,
    pool: &Pool,
    card: u64,
    machine: &MachineCode,
    device: &Device,
) -> Result<bool, StoreError> {
    pool.counters().round_trip();
    let params = (card, machine.as_str(), device.thumbprint.as_str(), device.sequence);
    Ok(said(connection, "CALL take_device_key(?, ?, ?, ?)", params).await? == Some(true))
}

/// Writes down the newer number that a device brought back; returns whether it is the last one now.
pub(super) async fn note_sequence(
    connection: &mut Conn,
    pool: &Pool,
    card: u64,
    machine: &MachineCode,
    device: &Device,
) -> Result<bool, StoreError> {
    pool.counters().round_trip();
    let params = (card, machine.as_str(), device.thumbprint.as_str(), device.sequence);
    Ok(said(connection, "CALL note_sequence(?, ?, ?, ?)", params).await? == Some(true))
}

struct NoteCopy {
    card: u64,
    machine: MachineCode,
    thumbprint: Thumbprint,
    pool: Pool,
}

impl Operation for NoteCopy {
    type Output = ();

    const IS_CANCELLED: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<(), StoreError> {
        self.pool.counters().round_trip();
        let params = (self.card, self.machine.as_str(), self.thumbprint.as_str());
        Ok(connection.exec_drop("CALL note_copy(?, ?, ?)", params).await?)
    }
}
