//! Validating a card: what the function does for machines.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, Utc};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Params};
use tokio::time::{Instant, timeout_at};
use tracing::warn;

use super::counters::Counters;
use super::expiry::{expire_unused, expiring};
use super::lookup::Lookups;
use super::pool::Pool;
use super::routines::{Way, Writing};
use super::{CardNow, Operation, REQUEST_LIMIT, Store, StoreError};
use kami_core::app::{App, AppName};
use kami_core::card::{Card, CardCode, CardStatus, MachineCode};
use kami_core::policy::{Lease, OfflineLength, Policy, PolicyPart};
use kami_core::rules::{self, Refusal, Verdict};
use kami_core::sharing;
use kami_core::version::Version;

/// What a client's request to validate a card comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Validation {
    /// The machine is let in.
    Admitted {
        /// The card's number.
        card: u64,
        /// The last second in which the card is valid; `None` lasts for ever.
        expire_at: Option<DateTime<Utc>>,
        /// The database's clock at the decision.
        now: DateTime<Utc>,
        /// The lease of the machine's seat; `None` has it as long as the card.
        lease: Option<Lease>,
        /// For how long its app may start without a network, as far as card, lease and key last.
        offline: Option<OfflineLength>,
        /// How many points are left of it; `None` for a card that has none.
        points: Option<u32>,
        /// What its app tells a client that says its version.
        app: Option<Arc<App>>,
    },
    /// The client's version is below the lowest that its app lets in.
    TooOld(Arc<App>),
    /// There is such a card, and this machine may not use it now.
    Refused(Refusal),
    /// There is such a card, and the machine, or where it comes from, is kept out.
    Blocked,
    /// There is no such card.
    NotFound,
}

/// What validating a card came to, and which it is.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) validation: Validation,
    /// Its number, and its last second as it was found; `None` where there is none for the client.
    pub(super) card: Option<(u64, Option<DateTime<Utc>>)>,
}

/// Why a client is answered nothing of a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoCard {
    /// There is no such card.
    NotFound,
    /// There is one, and its machine, or where it comes from, is kept out.
    Blocked,
}

impl From<NoCard> for Validation {
    fn from(why: NoCard) -> Self {
        match why {
            NoCard::NotFound => Self::NotFound,
            NoCard::Blocked => Self::Blocked,
        }
    }
}

/// What a client says of itself besides card and machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Client {
    /// The app that it is of: no card of another exists for it.
    pub app: AppName,
    /// Its version; who says one is told what there is to know of the app.
    pub version: Option<Version>,
    /// Where it comes from; whoever comes from nowhere that is known is in no network that is kept out.
    pub address: Option<IpAddr>,
}

/// How long an answer may be held back for writing down what it does not depend on.
const ASIDE_LIMIT: Duration = Duration::from_millis(500);

/// How much longer than its client a write waits, in its own task: a lock is waited for up to a second (the pool's
/// session says so), after which the connection is as good as before.
const WRITE_GRACE: Duration = Duration::from_millis(1500);

/// How often a card that others keep changing under our hands is looked at again.
pub(super) const LOOKS: usize = 8;

impl Store {
    /// Validates a card for a machine, activating it on first use: one round trip for a card in use, two for an
    /// activation. Of machines that race for one card exactly one is admitted. May be repeated by the same machine.
    pub async fn validate(
        &self,
        code: &CardCode,
        machine: &MachineCode,
        client: &Client,
    ) -> Result<Validation, StoreError> {
        let judged = self.judge_until(Instant::now() + REQUEST_LIMIT, code, machine, client).await?;
        Ok(judged.validation)
    }

    /// The same with the card, given up at `deadline`.
    pub(super) async fn judge_until(
        &self,
        deadline: Instant,
        code: &CardCode,
        machine: &MachineCode,
        client: &Client,
    ) -> Result<Judged, StoreError> {
        while Instant::now() < deadline {
            let found = match self.find(code, Some(machine), client, deadline).await? {
                Ok(found) => found,
                Err(why) => return Ok(Judged { validation: why.into(), card: None }),
            };
            let card = Some((found.card.id, found.card.expire_at));
            if let Some(validation) = self.settle(found, code, machine, client, deadline).await? {
                return Ok(Judged { validation, card });
            }
        }
        Err(StoreError::Contended)
    }

    /// What a card that was found like this comes to; nothing where the apps were changed before that could be written.
    async fn settle(
        &self,
        found: CardNow,
        code: &CardCode,
        machine: &MachineCode,
        client: &Client,
        deadline: Instant,
    ) -> Result<Option<Validation>, StoreError> {
        let app = self.app_of(client, found.revision, deadline).await?;
        if let (Some(app), Some(version)) = (&app, &client.version)
            && app.refuses(version)
        {
            return Ok(Some(Validation::TooOld(Arc::clone(app))));
        }
        let policy = policy(app.as_deref(), &found.card);
        let (card, is_leased) = (found.card.id, policy.lease.is_some() || found.card.lease_until.is_some());
        let settled = match rules::evaluate(&found.card, machine, policy, found.now) {
            Verdict::Admit { lease } => {
                let (CardNow { card, now, .. }, app) = (found, told(app, client));
                let Card { id, expire_at, points, .. } = card;
                let offline = policy.offline;
                Some(Validation::Admitted { card: id, expire_at, now, lease, offline, points, app })
            }
            Verdict::Refuse(refusal) => Some(Validation::Refused(refusal)),
            Verdict::Expire => {
                self.mark_expired(&found.card).await;
                Some(Validation::Refused(Refusal::Expired))
            }
            Verdict::Activate { .. } | Verdict::Bind | Verdict::Renew { .. } | Verdict::TakeSeat { .. } => {
                let (code, machine, client) = (code.clone(), machine.clone(), client.clone());
                let (lookups, writing) = (self.lookups.clone(), Arc::clone(&self.writing));
                let pool = self.pool.clone();
                let settle = Settle { code, machine, client, found, app, pool, lookups, writing };
                self.in_turn(deadline, settle).await?
            }
        };
        if let Some(Validation::Refused(refusal)) = settled
            && sharing::is_mismatch(refusal, is_leased)
        {
            self.count_mismatch(card, machine, deadline.min(Instant::now() + ASIDE_LIMIT)).await;
        }
        Ok(settled)
    }

    /// The card of that code for a client, with the seat of that machine: whoever answers a client of a card asks here, so that
    /// none is answered who is kept out.
    pub(super) async fn find(
        &self,
        code: &CardCode,
        machine: Option<&MachineCode>,
        client: &Client,
        deadline: Instant,
    ) -> Result<Result<CardNow, NoCard>, StoreError> {
        let found = self.lookups.find(code, machine, deadline).await?;
        self.let_in(found, machine, client, deadline).await
    }

    /// The cards of two codes for a client as [`find`](Self::find) finds each, without seats.
    pub(super) async fn find_both(
        &self,
        codes: [&CardCode; 2],
        machine: Option<&MachineCode>,
        client: &Client,
        deadline: Instant,
    ) -> Result<[Result<CardNow, NoCard>; 2], StoreError> {
        let [one, other] = self.lookups.find_both(codes, deadline).await?;
        let one = self.let_in(one, machine, client, deadline).await?;
        Ok([one, self.let_in(other, machine, client, deadline).await?])
    }

    /// What was found of a card for a client, unless he is kept out.
    async fn let_in(
        &self,
        found: Option<CardNow>,
        machine: Option<&MachineCode>,
        client: &Client,
        deadline: Instant,
    ) -> Result<Result<CardNow, NoCard>, StoreError> {
        let Some(found) = found.filter(|found| found.is_of(&client.app)) else {
            return Ok(Err(NoCard::NotFound));
        };
        let is_out = self.keeps_out(client, machine, found.revision, found.now, deadline).await?;
        Ok(if is_out { Err(NoCard::Blocked) } else { Ok(found) })
    }

    /// Whether a client is kept out at that moment, when the apps had been changed so often.
    pub(super) async fn keeps_out(
        &self,
        client: &Client,
        machine: Option<&MachineCode>,
        revision: Option<u64>,
        now: DateTime<Utc>,
        deadline: Instant,
    ) -> Result<bool, StoreError> {
        match revision {
            // Nobody has ever been kept out, or it is not for this account to see who is.
            Some(0) | None => Ok(false),
            Some(revision) => {
                let apps = self.policies.at(revision, deadline).await?;
                Ok(apps.keeps_out(&client.app, machine, client.address, now))
            }
        }
    }

    /// The app of that name as it was at most [`APPS_KEPT`](crate::APPS_KEPT) ago, if there is one.
    pub async fn known_app(&self, name: &AppName) -> Result<Option<Arc<App>>, StoreError> {
        self.policies.recent(Instant::now() + REQUEST_LIMIT).await?.get(name)
    }

    /// The app of a client, where anything was ever said of one. An account that may not read apps has nothing to say.
    pub(super) async fn app_of(
        &self,
        client: &Client,
        revision: Option<u64>,
        deadline: Instant,
    ) -> Result<Option<Arc<App>>, StoreError> {
        match revision {
            // Nobody has ever said anything of any app.
            Some(0) if client.version.is_none() => Ok(None),
            Some(revision) => self.policies.at(revision, deadline).await?.get(&client.app),
            None => Ok(None),
        }
    }

    /// Writes down that a card is over. The answer is right without it, so a failure is only logged.
    pub(super) async fn mark_expired(&self, card: &Card) {
        let (id, is_unused) = (card.id, card.status == CardStatus::Unused);
        let mark = MarkExpired { id, is_unused, pool: self.pool.clone(), writing: Arc::clone(&self.writing) };
        if let Err(error) = self.in_turn(Instant::now() + ASIDE_LIMIT, mark).await {
            warn!(card = card.id, %error, "an expired card could not be marked as such");
        }
    }

    /// Does more for a client than its usual request needs, in its turn: once begun, in a task of its own, which goes on if
    /// the client does not wait for its end.
    pub(super) async fn in_turn<O: Operation<Output: 'static> + Send + 'static>(
        &self,
        deadline: Instant,
        operation: O,
    ) -> Result<O::Output, StoreError> {
        let turn = self.pool.counters().acquire(&self.writes);
        let turn = timeout_at(deadline, turn).await.map_err(|_| StoreError::TimedOut)?;
        let turn = turn.map_err(|_| StoreError::Abandoned)?;
        let pool = self.pool.clone();
        let doing = tokio::spawn(async move {
            let done = pool.run_until(deadline + WRITE_GRACE, operation).await;
            drop(turn);
            done
        });
        timeout_at(deadline, doing)
            .await
            .map_or(Err(StoreError::TimedOut), |done| done.unwrap_or(Err(StoreError::Abandoned)))
    }
}

/// The policy that a card of this app is judged by.
pub(super) fn policy(app: Option<&App>, card: &Card) -> Policy {
    app.map_or_else(
        || Policy::of(&PolicyPart::default(), &card.policy),
        |app| Policy::of(&app.policy, &card.policy),
    )
}

/// What a client is told of its app: nothing if it says no version.
fn told(app: Option<Arc<App>>, client: &Client) -> Option<Arc<App>> {
    app.filter(|_| client.version.is_some())
}

/// Writes what validating a card that was found like this comes to, or what it comes to by then; nothing where by then the
/// apps, by whose policy it was judged, are others.
struct Settle {
    code: CardCode,
    machine: MachineCode,
    client: Client,
    found: CardNow,
    app: Option<Arc<App>>,
    pool: Pool,
    lookups: Lookups,
    writing: Arc<Writing>,
}

impl Operation for Settle {
    type Output = Option<Validation>;

    const IS_CANCELLED: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<Option<Validation>, StoreError> {
        let mut found = self.found.clone();
        for _ in 0..LOOKS {
            let CardNow { card, now, .. } = found;
            let policy = policy(self.app.as_deref(), &card);
            let admitted = |expire_at, lease| {
                let app = told(self.app.clone(), &self.client);
                let (card, points, offline) = (card.id, card.points, policy.offline);
                Ok(Some(Validation::Admitted { card, expire_at, now, lease, offline, points, app }))
            };
            let refused = |refusal| Ok(Some(Validation::Refused(refusal)));
            match rules::evaluate(&card, &self.machine, policy, now) {
                Verdict::Admit { lease } => return admitted(card.expire_at, lease),
                Verdict::Refuse(refusal) => return refused(refusal),
                // It ran out in this very moment: the next request writes that down.
                Verdict::Expire => return refused(Refusal::Expired),
                Verdict::Activate { used_at, expire_at, lease } => {
                    if self.activate(connection, &card, used_at, expire_at, lease).await? {
                        return admitted(expire_at, lease);
                    }
                }
                Verdict::Bind => match self.bind(connection, &card).await? {
                    Given::Seat => return admitted(card.expire_at, None),
                    Given::Wait(seconds) => return refused(Refusal::CoolingDown { seconds }),
                    Given::Nothing | Given::Lost => {}
                },
                Verdict::Renew { lease } => {
                    if self.renew(connection, &card).await? {
                        return admitted(card.expire_at, lease);
                    }
                }
                Verdict::TakeSeat { lease } => match self.take_seat(connection, &card).await? {
                    Given::Seat => return admitted(card.expire_at, lease),
                    Given::Wait(seconds) => return refused(Refusal::CoolingDown { seconds }),
                    Given::Nothing => return refused(Refusal::SeatsFull),
                    Given::Lost => {}
                },
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
    /// Writes an activation if the card still is what it was evaluated by; `false` if somebody else was faster.
    async fn activate(
        &self,
        connection: &mut Conn,
        card: &Card,
        used_at: DateTime<Utc>,
        expire_at: Option<DateTime<Utc>>,
        lease: Option<Lease>,
    ) -> Result<bool, StoreError> {
        let (machine, used_at) = (self.machine.as_str(), used_at.naive_utc());
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
    async fn take_seat(&self, connection: &mut Conn, card: &Card) -> Result<Given, StoreError> {
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
    async fn bind(&self, connection: &mut Conn, card: &Card) -> Result<Given, StoreError> {
        let (machine, expire_at) = (self.machine.as_str(), card.expire_at.map(|moment| moment.naive_utc()));
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

/// What a routine says of a seat, in the one value of its one row.
pub(super) async fn said(
    connection: &mut Conn,
    call: &str,
    params: impl Into<Params> + Send,
) -> Result<Option<bool>, StoreError> {
    let said: Option<Option<bool>> = connection.exec_first(call, params).await?;
    said.ok_or(StoreError::Undecodable)
}

/// Writes down that an active card is over, or one that nobody used up to its last moment.
struct MarkExpired {
    id: u64,
    is_unused: bool,
    pool: Pool,
    writing: Arc<Writing>,
}

impl Operation for MarkExpired {
    type Output = ();

    const IS_CANCELLED: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<(), StoreError> {
        if self.is_unused {
            self.pool.counters().round_trip();
            return expire_unused(connection, &[self.id]).await.map(drop);
        }
        let mark = |way| expiring(way, &[self.id]);
        self.writing.write(connection, self.pool.counters(), mark).await?;
        Ok(())
    }
}
