//! Giving a machine that is never online its seat of a card, and keeping that a licence file was made for it.

use chrono::{DateTime, Utc};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row};

use super::one::{Acted, acted, read};
use super::write::{Head, begin};
use super::{ActError, STEP, Transaction};
use crate::record::take;
use crate::{Store, StoreError};
use kami_core::card::MachineCode;
use kami_core::certify::{CertifyRefusal, end_of, kept_policy, until};
use kami_core::gate::{Confirmed, Kind, Weight};
use kami_core::operator::Operator;
use kami_core::record::CardRecord;

/// The word for it in the operator log.
pub(super) const CERTIFY: &str = "certify";

/// A licence file that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneLicence {
    /// The card as the operator saw it.
    pub seen: CardRecord,
    /// The machine that it is for.
    pub machine: MachineCode,
    /// The thumbprint of the key of the device that it is for; `None` for any.
    pub device: Option<String>,
    /// The thumbprint of the key that signs it.
    pub kid: String,
    /// Until when that key may sign; `None` for ever.
    pub key_until: Option<DateTime<Utc>>,
    /// Until when it is wanted; `None` as long as card and key last.
    pub wanted: Option<DateTime<Utc>>,
}

impl OneLicence {
    /// How much making it does: to one card, and nobody can take it back.
    pub const WEIGHT: Weight = Weight { cards: 1, kind: Kind::Certify };
}

/// A card that a machine may use by a licence file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certified {
    /// The card as it is now.
    pub card: CardRecord,
    /// When that was.
    pub now: DateTime<Utc>,
    /// Until when the licence lasts; `None` for ever.
    pub until: Option<DateTime<Utc>>,
    /// The act's number in the log.
    pub act_id: u64,
}

impl Store {
    /// Gives a machine a seat of a card that still is what the operator saw, as if it had used it now, and keeps that it has a
    /// licence file; the seat stays its own from then on. May be repeated for the same machine.
    pub async fn certify(
        &self,
        operator: &Operator,
        one: &Confirmed<OneLicence>,
    ) -> Result<Certified, ActError> {
        self.transact(STEP, Certify { operator, one }).await
    }
}

struct Certify<'a> {
    operator: &'a Operator,
    one: &'a OneLicence,
}

impl Transaction for Certify<'_> {
    type Output = Certified;

    async fn run(&self, connection: &mut Conn) -> Result<Certified, ActError> {
        let OneLicence { seen, machine, device, kid, key_until, wanted } = self.one;
        let (before, now) = read(connection, seen.id).await?.ok_or(ActError::NotFound)?;
        if !before.is_same_state(seen) {
            return Err(ActError::Changed { card: Box::new(before), now });
        }
        let until = until(*wanted, end_of(&before, now)?, *key_until, now)?;
        let policy = kept_policy(&before)?.to_string();
        let head = Head { name: CERTIFY, operator: self.operator, undoes: None };
        let act_id = begin(connection, head).await?;
        let call = "CALL certify_card(?, ?, ?, ?, ?, ?, ?)";
        let ends = until.map(|moment| moment.naive_utc());
        let params = (act_id, before.id, machine.as_str(), device, kid, policy, ends);
        let row: Option<Row> = connection.exec_first(call, params).await?;
        let outcome: String = take(&mut row.ok_or(StoreError::Undecodable)?, 0)?;
        if let Some(refusal) = refusal(&outcome)? {
            return Err(refusal.into());
        }
        match acted(connection, before.id, act_id).await? {
            Acted { card: Some(card), now, act_id } => Ok(Certified { card, now, until, act_id }),
            Acted { card: None, .. } => Err(ActError::NotFound),
        }
    }
}

/// What the routine refused, if it did.
fn refusal(outcome: &str) -> Result<Option<CertifyRefusal>, StoreError> {
    Ok(Some(match outcome {
        "CERTIFIED" => return Ok(None),
        "DISABLED" => CertifyRefusal::Disabled,
        "EXPIRED" => CertifyRefusal::Expired,
        "BLOCKED" => CertifyRefusal::Blocked,
        "SEATS_FULL" => CertifyRefusal::SeatsFull,
        "OVER" => CertifyRefusal::Over,
        "TOO_LONG" => CertifyRefusal::OutlastsCard,
        _ => return Err(StoreError::Undecodable),
    }))
}
