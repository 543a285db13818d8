//! Writing what validating a card comes to: who is given a seat, for how long, and whose key it has.

use std::sync::Arc;

use chrono::{DateTime, NaiveDateTime, Utc};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Params};

use super::counters::Counters;
use super::devices::{note_sequence, shown, take_key};
use super::lookup::Lookups;
use super::pool::Pool;
use super::routines::{Way, Writing, said};
use super::{CardNow, Client, Operation, StoreError, Validation};
use kami_core::app::App;
use kami_core::card::{Card, CardCode, MachineCode};
use kami_core::device::{Decision, SeatKey, decide};
use kami_core::policy::{DevicePolicy, Lease, Policy};
use kami_core::rules::{self, Refusal, Verdict};

/// How often a card that others keep changing under our hands is looked at again.
pub(super) const LOOKS: usize = 8;

/// What a client is told of its app: nothing if it says no version.
pub(super) fn told(app: Option<Arc<App>>, client: &Client) -> Option<Arc<App>> {
    app.filter(|_| client.version.is_some())
}

/// The admission of a machine to a card that was found like this, and whose seat has this key.
pub(super) fn admitted(
    found: &CardNow,
    policy: Policy,
    app: Option<Arc<App>>,
    expire_at: Option<DateTime<Utc>>,
    lease: Option<Lease>,
    key: Option<&SeatKey>,
) -> Validation {
    let (now, offline) = (found.now, policy.offline);
    let Card { id: card, points, .. } = found.card;
    let key = key.filter(|_| policy.device != DevicePolicy::Off);
    let device_sequence = key.map(|key| key.told(offline, now));
    Validation::Admitted { card, expire_at, now, lease, offline, points, device_sequence, app }
}

/// Writes what validating a card that was found like this comes to, or what it comes to by then; nothing where by then the
/// apps, by whose policy it was judged, are others.
pub(super) struct Settle {
    pub(super) code: CardCode,
    pub(super) machine: MachineCode,
    pub(super) client: Client,
    pub(super) found: CardNow,
    pub(super) app: Option<Arc<App>>,
    pub(super) pool: Pool,
    pub(super) lookups: Lookups,
    pub(super) writing: Arc<Writing>,
}

impl Operation for Settle {
    type Output = Option<Validation>;

    const IS_CANCELLED: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<Option<Validation>, StoreError> {
        let mut found = self.found.clone();
        for _ in 0..LOOKS {
            let policy = found.policy(self.app.as_deref());
            let verdict = rules::evaluate(&found.card, &self.machine, policy, found.now);
            let device = self.client.device.as_ref();
            let key = found.key_of(&self.machine);
            match (decide(verdict, key, device, policy, found.now), device) {
                (Decision::Final(verdict), _) => {
                    if let Some(validation) = self.write(connection, &found, policy, verdict).await? {
                        return Ok(Some(validation));
                    }
                }
                (Decision::TakeKey, Some(device)) => {
                    if take_key(connection, &self.pool, found.card.id, &self.machine, device).await? {
                        found.keep_key(&self.machine, SeatKey::of(device));
                        continue;
                    }
                }
                (Decision::NoteSequence, Some(device)) => {
                    if note_sequence(connection, &self.pool, found.card.id, &self.machine, device).await? {
                        found.keep_key(&self.machine, SeatKey::returning(device, found.now));
                        continue;
                    }
                }
                (Decision::TakeKey | Decision::NoteSequence, None) => return Err(StoreError::Abandoned),
            }
            match self.lookups.find_on(connection, &self.code, &self.machine).await? {
                Some(card_now) if !card_now.is_of(&self.client.app) => return Ok(Some(Validation::NotFound)),
                Some(card_now) if card_now.revision != self.found.revision => return Ok(None),
                Some(card_now) => found = card_now,
                None => return Ok(Some(Validation::NotFound)),
            }
        }
        Err(StoreError::Contended)
    }
}

impl Settle {
    /// Writes what a verdict needs; nothing where the card is not what it was judged by any more.
    async fn write(
        &self,
        connection: &mut Conn,
        found: &CardNow,
        policy: Policy,
        verdict: Verdict,
    ) -> Result<Option<Validation>, StoreError> {
        let (card, device) = (&found.card, self.client.device.as_ref());
        // Who is given a seat now has it with the key that he shows.
        let given = device.filter(|_| policy.device != DevicePolicy::Off).map(SeatKey::of);
        let admitted = |expire_at, lease, key: Option<&SeatKey>| {
            let app = told(self.app.clone(), &self.client);
            Ok(Some(admitted(found, policy, app, expire_at, lease, key)))
        };
        let refused = |refusal| Ok(Some(Validation::Refused(refusal)));
        match verdict {
            Verdict::Admit { lease } => admitted(card.expire_at, lease, found.key_of(&self.machine)),
            Verdict::Refuse(refusal) => refused(refusal),
            // It ran out in this very moment: the next request writes that down.
            Verdict::Expire => refused(Refusal::Expired),
            Verdict::Activate { used_at, expire_at, lease } => {
                if self.activate(connection, card, policy, used_at, expire_at, lease).await? {
                    return admitted(expire_at, lease, given.as_ref());
                }
                Ok(None)
            }
            Verdict::Bind => match self.bind(connection, card, policy).await? {
                Given::Seat => admitted(card.expire_at, None, given.as_ref()),
                Given::Wait(seconds) => refused(Refusal::CoolingDown { seconds }),
                Given::Nothing | Given::Lost => Ok(None),
            },
            Verdict::Renew { lease } => {
                if self.renew(connection, card).await? {
                    return admitted(card.expire_at, lease, found.key_of(&self.machine));
                }
                Ok(None)
            }
            Verdict::TakeSeat { lease } => match self.take_seat(connection, card, policy).await? {
                Given::Seat => admitted(card.expire_at, lease, given.as_ref()),
                Given::Wait(seconds) => refused(Refusal::CoolingDown { seconds }),
                Given::Nothing => refused(Refusal::SeatsFull),
                Given::Lost => Ok(None),
            },
        }
    }

    /// Writes an activation if the card still is what it was evaluated by; `false` if somebody else was faster.
    async fn activate(
        &self,
        connection: &mut Conn,
        card: &Card,
        policy: Policy,
        used_at: DateTime<Utc>,
        expire_at: Option<DateTime<Utc>>,
        lease: Option<Lease>,
    ) -> Result<bool, StoreError> {
        let (machine, used_at) = (self.machine.as_str(), used_at.naive_utc());
        if policy.device != DevicePolicy::Off {
            let (shown, number) = shown(self.client.device.as_ref());
            let params = (card.id, machine, used_at, card.duration_seconds, shown, number);
            self.pool.counters().round_trip();
            return Ok(
                said(connection, "CALL activate_card_3(?, ?, ?, ?, ?, ?)", params).await? == Some(true)
            );
        }
        if lease.is_some() || card.valid_until.is_some() {
            let params = (card.id, machine, used_at, card.duration_seconds);
            self.pool.counters().round_trip();
            return Ok(said(connection, "CALL activate_card_2(?, ?, ?, ?)", params).await? == Some(true));
        }
        let expire_at: Option<NaiveDateTime> = expire_at.map(|moment| moment.naive_utc());
        let statement = |way| match way {
            Way::Routine => (
                "CALL activate_card(?, ?, ?, ?)".into(),
                (card.id, machine, used_at, card.duration_seconds).into(),
            ),
            Way::Table => (
                "UPDATE cards SET status = 'ACTIVE', machine_code = ?, used_at = ?, expire_at = ?, \
                 updated_at = UTC_TIMESTAMP() WHERE id = ? AND status = 'UNUSED' AND duration_seconds <=> ?"
                    .into(),
                (machine, used_at, expire_at, card.id, card.duration_seconds).into(),
            ),
        };
        Ok(self.writing.write(connection, self.pool.counters(), statement).await? == 1)
    }

    /// Makes the lease of the machine's seat what the policy says from now on; `false` if it has lost it.
    async fn renew(&self, connection: &mut Conn, card: &Card) -> Result<bool, StoreError> {
        self.pool.counters().round_trip();
        let params = (card.id, self.machine.as_str());
        Ok(said(connection, "CALL renew_seat(?, ?)", params).await? == Some(true))
    }

    /// Gives the machine a seat if it can have one.
    async fn take_seat(
        &self,
        connection: &mut Conn,
        card: &Card,
        policy: Policy,
    ) -> Result<Given, StoreError> {
        if policy.device != DevicePolicy::Off {
            let (shown, number) = shown(self.client.device.as_ref());
            let params = (card.id, self.machine.as_str(), shown, number);
            return given(connection, self.pool.counters(), "CALL take_seat_3(?, ?, ?, ?)", params).await;
        }
        let params = (card.id, self.machine.as_str());
        if self.writing.seats.is_called() {
            let given = given(connection, self.pool.counters(), "CALL take_seat_2(?, ?)", params).await;
            if let Some(given) = self.writing.seats.answered(given)? {
                return Ok(given);
            }
        }
        self.pool.counters().round_trip();
        Ok(Given::from((said(connection, "CALL take_seat(?, ?)", params).await?, None)))
    }

    /// Binds an active card that was freed of its one machine.
    async fn bind(&self, connection: &mut Conn, card: &Card, policy: Policy) -> Result<Given, StoreError> {
        let (machine, expire_at) = (self.machine.as_str(), card.expire_at.map(|moment| moment.naive_utc()));
        if policy.device != DevicePolicy::Off {
            let (shown, number) = shown(self.client.device.as_ref());
            let params = (card.id, machine, expire_at, shown, number);
            return given(connection, self.pool.counters(), "CALL bind_card_3(?, ?, ?, ?, ?)", params).await;
        }
        if self.writing.seats.is_called() {
            let params = (card.id, machine, expire_at);
            let given = given(connection, self.pool.counters(), "CALL bind_card_2(?, ?, ?)", params).await;
            if let Some(given) = self.writing.seats.answered(given)? {
                return Ok(given);
            }
        }
        let statement = |way| match way {
            Way::Routine => ("CALL bind_card(?, ?, ?)".into(), (card.id, machine, expire_at).into()),
            Way::Table => (
                "UPDATE cards SET machine_code = ?, updated_at = UTC_TIMESTAMP() \
                 WHERE id = ? AND status = 'ACTIVE' AND machine_code IS NULL AND expire_at <=> ?"
                    .into(),
                (machine, card.id, expire_at).into(),
            ),
        };
        let bound = self.writing.write(connection, self.pool.counters(), statement).await? == 1;
        Ok(if bound { Given::Seat } else { Given::Nothing })
    }
}

/// What a machine is given that has no seat of a card.
enum Given {
    /// One.
    Seat,
    /// None for so many seconds, since it gave one up.
    Wait(u32),
    /// None.
    Nothing,
    /// None, since the card is not what it was.
    Lost,
}

/// Whether the machine has a seat now, nothing where the card is not to be used, and for how long it gets none.
impl From<(Option<bool>, Option<u32>)> for Given {
    fn from((has_seat, wait): (Option<bool>, Option<u32>)) -> Self {
        match (has_seat, wait) {
            (_, Some(seconds)) => Self::Wait(seconds),
            (Some(true), None) => Self::Seat,
            (Some(false), None) => Self::Nothing,
            (None, None) => Self::Lost,
        }
    }
}

/// What a routine gives a machine, in the one row that it returns.
async fn given(
    connection: &mut Conn,
    counters: &Counters,
    call: &str,
    params: impl Into<Params> + Send,
) -> Result<Given, StoreError> {
    counters.round_trip();
    let given: Option<(Option<bool>, Option<u32>)> = connection.exec_first(call, params).await?;
    given.map(Given::from).ok_or(StoreError::Undecodable)
}
