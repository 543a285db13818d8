//! Signed texts: JWS (RFC 7515) in its compact serialization, by ES256 alone.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::base64url::{decode, encode, encode_onto};
use crate::key::{Jwk, KeyError, PrivateKey, PublicKey};

/// The one algorithm.
const ALGORITHM: &str = "ES256";

/// The most bytes of a signed text that are looked at.
pub const MAX_BYTES: usize = 32 * 1024;

/// More than the characters of a signature and of the dots before and behind the payload.
const SIGNATURE: usize = 96;

/// What a signed text is for, so that none passes for another kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// An answer is the server's.
    Proof,
    /// A key may sign answers.
    Certificate,
    /// A machine that is never online may start.
    Licence,
    /// A request comes from a device.
    Device,
}

impl Purpose {
    /// Its `typ`, a media type without its `application/` (RFC 7515 §4.1.9).
    pub const fn typ(self) -> &'static str {
        match self {
            Self::Proof => "kami-proof+jws",
            Self::Certificate => "kami-certificate+jws",
            Self::Licence => "kami-licence+jws",
            Self::Device => "kami-device+jws",
        }
    }
}

/// Why a signed text is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum JwsError {
    /// It is not three parts of canonical base64url, or longer than [`MAX_BYTES`].
    #[error("it is no compact JWS")]
    Form,
    /// The header says something else than it has to, or needs what nobody here understands.
    #[error("its header is not that of its kind")]
    Header,
    /// The signature is none of that key's.
    #[error("its signature is wrong")]
    Signature,
    /// What is signed is not what its kind holds.
    #[error("what it signs is not of its kind")]
    Payload,
    /// Nothing can be signed.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// The protected header.
#[derive(Debug, Serialize, Deserialize)]
struct Header {
    alg: String,
    typ: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    kid: String,
    /// The key itself (RFC 7515 §4.1.3), of a text that shows nothing but that somebody has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    jwk: Option<Jwk>,
    /// The certificate of the key, in a header of our own (RFC 7515 §4.3): `x5c` is for X.509.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    crt: Option<String>,
    /// Whatever has to be understood is not (RFC 7515 §4.1.11).
    #[serde(default, skip_serializing)]
    crit: Option<serde_json::Value>,
}

/// The first part of what a key signs for a purpose: made once a key.
#[derive(Clone, Debug)]
pub struct EncodedHeader(String);

impl EncodedHeader {
    /// The header of a key, with its certificate where it has one.
    pub fn new(purpose: Purpose, kid: &str, certificate: Option<&str>) -> Result<Self, JwsError> {
        let header = Header {
            alg: ALGORITHM.to_owned(),
            typ: purpose.typ().to_owned(),
            kid: kid.to_owned(),
            jwk: None,
            crt: certificate.map(str::to_owned),
            crit: None,
        };
        Self::of(&header)
    }

    fn of(header: &Header) -> Result<Self, JwsError> {
        Ok(Self(encode(serde_json::to_vec(header).map_err(|_| JwsError::Header)?)))
    }

    /// Signs what is put behind the header.
    pub fn sign(&self, key: &PrivateKey, payload: &impl Serialize) -> Result<String, JwsError> {
        let payload = serde_json::to_vec(payload).map_err(|_| JwsError::Payload)?;
        let mut text = String::with_capacity(self.0.len() + payload.len() * 4 / 3 + SIGNATURE);
        text.push_str(&self.0);
        text.push('.');
        encode_onto(&mut text, payload);
        let signature = key.sign(text.as_bytes())?;
        text.push('.');
        encode_onto(&mut text, signature);
        Ok(text)
    }
}

/// Signs what is put behind a header that brings the public key itself.
pub fn sign_with_own_key(
    purpose: Purpose,
    key: &PrivateKey,
    payload: &impl Serialize,
) -> Result<String, JwsError> {
    let header = Header {
        alg: ALGORITHM.to_owned(),
        typ: purpose.typ().to_owned(),
        kid: String::new(),
        jwk: Some(key.public().jwk()),
        crt: None,
        crit: None,
    };
    EncodedHeader::of(&header)?.sign(key, payload)
}

/// A signed text, read but not believed.
#[derive(Debug)]
pub struct Unverified<'a> {
    header: Header,
    /// What the signature is of.
    signed: &'a str,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

impl<'a> Unverified<'a> {
    /// Reads a text of a kind.
    pub fn read(text: &'a str, purpose: Purpose) -> Result<Self, JwsError> {
        if text.len() > MAX_BYTES {
            return Err(JwsError::Form);
        }
        let (signed, signature) = text.rsplit_once('.').ok_or(JwsError::Form)?;
        let (header, payload) = signed.split_once('.').ok_or(JwsError::Form)?;
        let bytes = |part| decode(part).ok_or(JwsError::Form);
        let (header, payload, signature) = (bytes(header)?, bytes(payload)?, bytes(signature)?);
        let header: Header = serde_json::from_slice(&header).map_err(|_| JwsError::Header)?;
        let is_ours = header.alg == ALGORITHM && header.typ == purpose.typ() && header.crit.is_none();
        if is_ours { Ok(Self { header, signed, payload, signature }) } else { Err(JwsError::Header) }
    }

    /// The key that it names.
    pub fn kid(&self) -> &str {
        &self.header.kid
    }

    /// The key that it brings.
    pub fn jwk(&self) -> Option<&Jwk> {
        self.header.jwk.as_ref()
    }

    /// The certificate that it brings.
    pub fn certificate(&self) -> Option<&str> {
        self.header.crt.as_deref()
    }

    /// What is signed, if a key signed it.
    pub fn verified<T: DeserializeOwned>(&self, key: &PublicKey) -> Result<T, JwsError> {
        if !key.has_signed(self.signed.as_bytes(), &self.signature) {
            return Err(JwsError::Signature);
        }
        self.unverified()
    }

    /// What it claims, whoever signed it.
    pub fn unverified<T: DeserializeOwned>(&self) -> Result<T, JwsError> {
        serde_json::from_slice(&self.payload).map_err(|_| JwsError::Payload)
    }
}
