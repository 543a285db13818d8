//! Validating a card: what the function does for machines.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use mysql_async::Conn;
use tokio::time::{Instant, timeout_at};
use tracing::warn;

use super::devices::Copy;
use super::expiry::{expire_unused, expiring};
use super::pool::Pool;
use super::routines::Writing;
use super::settle::{Settle, admitted, told};
use super::validation::Judged;
use super::{CardNow, Client, NoCard, Operation, REQUEST_LIMIT, Store, StoreError, Validation};
use kami_core::app::{App, AppName};
use kami_core::card::{Card, CardCode, CardStatus, MachineCode};
use kami_core::device::{Decision, decide};
use kami_core::rules::{self, Refusal, Verdict};
use kami_core::sharing;

/// How long an answer may be held back for writing down what it does not depend on.
const ASIDE_LIMIT: Duration = Duration::from_millis(500);

/// How much longer than its client a write waits, in its own task: a lock is waited for up to a second (the pool's
/// session says so), after which the connection is as good as before.
const WRITE_GRACE: Duration = Duration::from_millis(1500);

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
            let (found, app) = match self.find_with_app(code, machine, client, deadline).await? {
                Ok(found) => found,
                Err(why) => return Ok(Judged { validation: why.into(), card: None }),
            };
            let card = Some((found.card.id, found.card.expire_at));
            if let Some(validation) = self.settle((found, app), code, machine, client, deadline).await? {
                return Ok(Judged { validation, card });
            }
        }
        Err(StoreError::Contended)
    }

    /// What a card that was found like this comes to; nothing where the apps were changed before that could be written.
    async fn settle(
        &self,
        (found, app): (CardNow, Option<Arc<App>>),
        code: &CardCode,
        machine: &MachineCode,
        client: &Client,
        deadline: Instant,
    ) -> Result<Option<Validation>, StoreError> {
        if let (Some(app), Some(version)) = (&app, &client.version)
            && app.refuses(version)
        {
            return Ok(Some(Validation::TooOld(Arc::clone(app))));
        }
        let policy = found.policy(app.as_deref());
        let (card, is_leased) = (found.card.id, policy.lease.is_some() || found.card.lease_until.is_some());
        let copy = Copy::of(&found, policy, machine, client);
        let verdict = rules::evaluate(&found.card, machine, policy, found.now);
        let key = found.key_of(machine);
        let settled = match decide(verdict, key, client.device.as_ref(), policy, found.now) {
            Decision::Final(Verdict::Admit { lease }) => {
                let expire_at = found.card.expire_at;
                Some(admitted(&found, policy, told(app, client), expire_at, lease, key))
            }
            Decision::Final(Verdict::Refuse(refusal)) => Some(Validation::Refused(refusal)),
            Decision::Final(Verdict::Expire) => {
                self.mark_expired(&found.card).await;
                Some(Validation::Refused(Refusal::Expired))
            }
            Decision::Final(
                Verdict::Activate { .. } | Verdict::Bind | Verdict::Renew { .. } | Verdict::TakeSeat { .. },
            )
            | Decision::TakeKey
            | Decision::NoteSequence => {
                let (code, machine, client) = (code.clone(), machine.clone(), client.clone());
                let (lookups, writing) = (self.lookups.clone(), Arc::clone(&self.writing));
                let pool = self.pool.clone();
                let settle = Settle { code, machine, client, found, app, pool, lookups, writing };
                self.in_turn(deadline, settle).await?
            }
        };
        if let Some(copy) = copy {
            self.note_copy(copy).await;
        }
        if let Some(Validation::Refused(refusal)) = settled
            && sharing::is_mismatch(refusal, is_leased)
        {
            // Devices with one machine code are told apart by their keys.
            let key = client.device.as_ref().filter(|_| refusal == Refusal::DeviceMismatch);
            let asker = key.map_or(machine.as_str(), |device| device.thumbprint.as_str());
            self.count_mismatch(card, asker, deadline.min(Instant::now() + ASIDE_LIMIT)).await;
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
