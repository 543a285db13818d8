//! Certificates: a root key says of an online key that it may sign answers, of which app, and until when.

use kami_core::app::AppName;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::jws::{EncodedHeader, JwsError, Purpose, Unverified};
use crate::key::{Jwk, PrivateKey, PublicKey};

/// The longest that a key may be certified for, in seconds: 90 days.
pub const LONGEST: i64 = 90 * 24 * 3600;

/// How far a certificate begins before it is made, in seconds: the clock of whoever makes it may be ahead.
pub const HEAD_START: i64 = 3600;

/// Why a certificate is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CertificateError {
    /// It is none, or nobody who may signed it.
    #[error(transparent)]
    Jws(#[from] JwsError),
    /// The key that it holds is none, or not the one that it names.
    #[error("its key is not the one that it names")]
    Key,
}

/// What a certificate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The key that may sign.
    pub key: PublicKey,
    /// The one app whose answers it may sign; `None` for every app.
    pub app: Option<AppName>,
    /// From when on.
    pub from: i64,
    /// Until before when.
    pub until: i64,
}

/// The payload.
#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    kid: String,
    jwk: Jwk,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    app: Option<String>,
    iat: i64,
    exp: i64,
}

impl Certificate {
    /// What is certified at a moment for a span of seconds.
    pub fn at(now: i64, key: PublicKey, app: Option<AppName>, seconds: i64) -> Self {
        Self { key, app, from: now - HEAD_START, until: now + seconds }
    }

    /// The certificate, signed by a root key.
    pub fn signed(&self, root: &PrivateKey) -> Result<String, JwsError> {
        let claims = Claims {
            kid: self.key.thumbprint(),
            jwk: self.key.jwk(),
            app: self.app.as_ref().map(|app| app.as_str().to_owned()),
            iat: self.from,
            exp: self.until,
        };
        EncodedHeader::new(Purpose::Certificate, &root.public().thumbprint(), None)?.sign(root, &claims)
    }

    /// What a certificate says that one of these root keys signed.
    pub fn verified(text: &str, roots: &[PublicKey]) -> Result<Self, CertificateError> {
        let unverified = Unverified::read(text, Purpose::Certificate)?;
        let signed = roots.iter().map(|root| unverified.verified(root));
        let claims = signed.reduce(Result::or).unwrap_or(Err(JwsError::Signature))?;
        Self::of(claims)
    }

    /// What a certificate says, and the thumbprint of the root key that it names, whoever signed it.
    pub fn unverified(text: &str) -> Result<(Self, String), CertificateError> {
        let unverified = Unverified::read(text, Purpose::Certificate)?;
        Ok((Self::of(unverified.unverified()?)?, unverified.kid().to_owned()))
    }

    fn of(claims: Claims) -> Result<Self, CertificateError> {
        let key = PublicKey::try_from(&claims.jwk).map_err(|_| CertificateError::Key)?;
        if key.thumbprint() != claims.kid {
            return Err(CertificateError::Key);
        }
        let app = claims.app.map(|app| app.parse()).transpose().map_err(|_| JwsError::Payload)?;
        Ok(Self { key, app, from: claims.iat, until: claims.exp })
    }

    /// Whether the key may sign answers of an app at a moment; of `None`, a name that no app can have, only one for all.
    pub fn covers(&self, app: Option<&AppName>, now: i64) -> bool {
        (self.from..self.until).contains(&now) && self.app.as_ref().is_none_or(|own| Some(own) == app)
    }
}
