//! Proofs: what was answered to whom on what, so that a client can tell a server's answer from a stranger's, from an old one
//! and from another's.

use kami_core::app::AppName;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use thiserror::Error;

use crate::certificate::{Certificate, CertificateError};
use crate::jws::{JwsError, Purpose, Unverified};
use crate::key::PublicKey;
use crate::nonce::Nonce;

/// How long a program that runs may rely on an answer, in seconds, where nothing ends sooner.
pub const RELIED_ON: i64 = 3600;

/// The member of an answer that holds its proof.
pub const MEMBER: &str = "proof";

/// What stands before the digest of a text that is not signed itself.
const DIGEST: &str = "sha256:";

/// The most bytes of a text that is signed itself.
const LONGEST_TEXT: usize = 128;

/// The members whose texts are never signed themselves, so that a proof that is shown around tells none of them.
const SECRETS: [&str; 3] = ["full_code", "machine_code", "code"];

/// What a client asked, to the letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// What it says only once.
    pub nonce: Nonce,
    /// The method and the address, with its varying parts in braces: `POST /api/validate`.
    pub route: String,
    /// The app that it is of.
    pub app: String,
    /// The digest of the card's code.
    pub code: Option<String>,
    /// The digest of the machine's code.
    pub machine: Option<String>,
    /// The digest of the body; of a request without one, of the query as it was sent.
    pub request: Option<String>,
    /// The thumbprint of the key that signed it (RFC 7638), where one did.
    pub device: Option<String>,
}

/// What was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The HTTP status.
    pub status: u16,
    /// The members of the answer, without a proof.
    pub members: Map<String, Value>,
}

/// How long an answer is good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// When what was admitted ends: the card or its lease.
    pub until: Option<i64>,
    /// Until when the app may start without a network, where it may.
    pub offline_until: Option<i64>,
}

/// What a proof says.
#[derive(Debug, Serialize, Deserialize)]
pub struct Claims {
    iat: i64,
    exp: i64,
    route: String,
    app: String,
    nonce: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    machine: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    request: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    device: Option<String>,
    status: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    offline_until: Option<i64>,
    answer: Map<String, Value>,
}

impl Claims {
    /// What is said with an answer at a moment, by a key that signs until another.
    pub fn new(question: Question, answered: Answered, bounds: Bounds, now: i64, key_until: i64) -> Self {
        let Question { nonce, route, app, code, machine, request, device } = question;
        let until = bounds.until.unwrap_or(i64::MAX).min(key_until);
        Self {
            iat: now,
            exp: until.min(now + RELIED_ON),
            route,
            app,
            code,
            machine,
            request,
            device,
            status: answered.status,
            offline_until: bounds.offline_until.map(|moment| moment.min(until)),
            answer: all_signed(&nonce, answered.members),
            nonce: nonce.as_str().to_owned(),
        }
    }
}

/// Members as they are signed.
fn all_signed(nonce: &Nonce, members: Map<String, Value>) -> Map<String, Value> {
    let signed = members.into_iter().map(|(name, value)| {
        let value = signed(nonce, &name, value);
        (name, value)
    });
    signed.collect()
}

/// A member's value as it is signed.
fn signed(nonce: &Nonce, name: &str, value: Value) -> Value {
    match value {
        Value::String(text) => {
            let is_long = text.len() > LONGEST_TEXT || text.starts_with(DIGEST);
            let is_digested = is_long || SECRETS.contains(&name);
            Value::String(if is_digested { format!("{DIGEST}{}", nonce.digest(&text)) } else { text })
        }
        Value::Object(members) => all_signed(nonce, members).into(),
        other => other,
    }
}

/// Why a client does not believe an answer: to it, there was none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Disbelief {
    /// The answer is no JSON object with a proof, or a file has no licence.
    #[error("there is nothing that proves it")]
    Missing,
    /// What should prove it is none.
    #[error("what should prove it does not: {0}")]
    Proof(JwsError),
    /// Its key is not certified.
    #[error("its certificate is not one: {0}")]
    Certificate(#[from] CertificateError),
    /// Its key is certified for another app, its time is over, or it is another one.
    #[error("its key may not sign this")]
    Uncovered,
    /// It proves another answer, or one to another question.
    #[error("it proves something else")]
    Other,
}

impl From<JwsError> for Disbelief {
    fn from(error: JwsError) -> Self {
        Self::Proof(error)
    }
}

/// How far a client's clock may stand before a moment that it has seen, in seconds, without having been turned back.
pub const CLOCK_SLACK: i64 = 300;

/// An admission that a client keeps to start without a network.
#[derive(Clone, Copy, Debug)]
pub struct Lease<'a> {
    /// Its proof.
    pub proof: &'a str,
    /// The app that starts.
    pub app: &'a str,
    /// The code of its card.
    pub code: &'a str,
    /// What tells the machine that it starts on.
    pub machine: &'a str,
    /// The thumbprint of the key that the device has, if it has one.
    pub device: Option<&'a str>,
}

/// Who a client trusts, and what it knows of time.
#[derive(Clone, Copy, Debug)]
pub struct Trust<'a> {
    /// The root keys that it has pinned.
    pub roots: &'a [PublicKey],
    /// What its clock says.
    pub clock: i64,
    /// The latest moment that it has seen: in proofs; for a lease by its clock as well. A clock that was wrong once must not
    /// make certificates look old for ever.
    pub latest: i64,
}

impl Trust<'_> {
    /// What an answer says that was sent with this status and body to a question.
    pub fn believed(
        &self,
        question: &Question,
        status: u16,
        body: &str,
    ) -> Result<Map<String, Value>, Disbelief> {
        let mut sent: Map<String, Value> = serde_json::from_str(body).map_err(|_| Disbelief::Missing)?;
        let Some(Value::String(proof)) = sent.remove(MEMBER) else { return Err(Disbelief::Missing) };
        let claims = self.claims(&proof, &question.app)?;
        let asked = Question {
            nonce: claims.nonce.parse().map_err(|_| Disbelief::Other)?,
            route: claims.route,
            app: claims.app,
            code: claims.code,
            machine: claims.machine,
            request: claims.request,
            device: claims.device,
        };
        if asked != *question || claims.status != status {
            return Err(Disbelief::Other);
        }
        restored(&question.nonce, claims.answer, &sent).ok_or(Disbelief::Other)
    }

    /// Whether the app of a kept lease may start now.
    pub fn lets_start(&self, lease: Lease<'_>) -> Result<(), Disbelief> {
        let Claims { iat, route, app, nonce, code, machine, device, status, offline_until, answer, .. } =
            self.claims(lease.proof, lease.app)?;
        let nonce: Nonce = nonce.parse().map_err(|_| Disbelief::Other)?;
        let is_admission = route == "POST /api/validate"
            && status == 200
            && answer.get("status").is_some_and(|status| status == "success");
        let is_its = app == lease.app
            && code == Some(nonce.digest(lease.code))
            && machine == Some(nonce.digest(lease.machine))
            && device.is_none_or(|device| lease.device == Some(device.as_str()));
        let lasts = offline_until.is_some_and(|until| self.now() < until) && !self.was_turned_back(iat);
        if is_admission && is_its && lasts { Ok(()) } else { Err(Disbelief::Other) }
    }

    /// The latest moment that it knows of.
    pub(crate) fn now(&self) -> i64 {
        self.clock.max(self.latest)
    }

    /// Whether its clock was turned back behind what it has seen, something signed at this moment among it.
    pub(crate) fn was_turned_back(&self, signed_at: i64) -> bool {
        self.clock < signed_at.max(self.latest) - CLOCK_SLACK
    }

    /// What a proof says that a certified key made for an app.
    fn claims(&self, proof: &str, app: &str) -> Result<Claims, Disbelief> {
        let unverified = Unverified::read(proof, Purpose::Proof)?;
        let certificate = unverified.certificate().ok_or(Disbelief::Uncovered)?;
        self.certified(&unverified, certificate, app, |claims: &Claims| claims.iat)
    }

    /// What a text says that the key of its certificate signed for an app, at the moment that it tells.
    pub(crate) fn certified<T: DeserializeOwned>(
        &self,
        unverified: &Unverified<'_>,
        certificate: &str,
        app: &str,
        signed_at: impl FnOnce(&T) -> i64,
    ) -> Result<T, Disbelief> {
        let certificate = Certificate::verified(certificate, self.roots)?;
        let app: Option<AppName> = app.parse().ok();
        let is_named = unverified.kid() == certificate.key.thumbprint();
        if !is_named || certificate.until <= self.now() {
            return Err(Disbelief::Uncovered);
        }
        let claims: T = unverified.verified(&certificate.key)?;
        let is_covered = certificate.covers(app.as_ref(), signed_at(&claims));
        if is_covered { Ok(claims) } else { Err(Disbelief::Uncovered) }
    }
}

/// What was signed, with the texts that stand for digests; `None` where one is not the one that was signed.
fn restored(
    nonce: &Nonce,
    signed: Map<String, Value>,
    sent: &Map<String, Value>,
) -> Option<Map<String, Value>> {
    let members = signed.into_iter().map(|(name, value)| {
        let value = match (value, sent.get(&name)) {
            (Value::String(text), sent) if text.starts_with(DIGEST) => {
                let sent = sent?.as_str()?;
                (text[DIGEST.len()..] == nonce.digest(sent)).then(|| sent.into())?
            }
            (Value::Object(signed), Some(Value::Object(sent))) => restored(nonce, signed, sent)?.into(),
            (Value::Object(_), _) => return None,
            (value, _) => value,
        };
        Some((name, value))
    });
    members.collect()
}
