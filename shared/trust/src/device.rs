//! Signed requests: by what a client shows that it runs on the device that holds a key.
//!
//! Their shape is that of RFC 9449 (`DPoP`), whose proofs bring their public key in the header as well; what they are of is the
//! request as it was sent, by its digest, as the answer's proof has it.

use kami_core::device::{Device, Thumbprint};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::jws::{JwsError, Purpose, Unverified, sign_with_own_key};
use crate::key::{PrivateKey, PublicKey};
use crate::proof::Question;

/// The header of a request that holds the signature.
pub const HEADER: &str = "kami-device";

/// Why a request is not taken for signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DeviceError {
    /// It is no signature by the key that it brings.
    #[error(transparent)]
    Jws(#[from] JwsError),
    /// It is of another request.
    #[error("it signs another request")]
    Other,
}

/// The payload.
#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iat: i64,
    nonce: String,
    route: String,
    request: String,
    #[serde(default)]
    sequence: u32,
}

/// Signs a request at a moment, with the number that it brings back.
pub fn sign(question: &Question, now: i64, sequence: u32, key: &PrivateKey) -> Result<String, JwsError> {
    let claims = Claims {
        iat: now,
        nonce: question.nonce.as_str().to_owned(),
        route: question.route.clone(),
        request: question.request.clone().unwrap_or_default(),
        sequence,
    };
    sign_with_own_key(Purpose::Device, key, &claims)
}

/// The device that signed this request, whenever it did.
pub fn verified(text: &str, question: &Question) -> Result<Device, DeviceError> {
    let unverified = Unverified::read(text, Purpose::Device)?;
    let key = unverified.jwk().map(PublicKey::try_from).and_then(Result::ok).ok_or(JwsError::Header)?;
    let claims: Claims = unverified.verified(&key)?;
    let is_this = claims.nonce == question.nonce.as_str()
        && claims.route == question.route
        && Some(&claims.request) == question.request.as_ref();
    let thumbprint = thumbprint(&key)?;
    if is_this {
        Ok(Device { thumbprint, sequence: claims.sequence, signed_at: claims.iat })
    } else {
        Err(DeviceError::Other)
    }
}

/// The thumbprint of a key as the core knows it.
pub fn thumbprint(key: &PublicKey) -> Result<Thumbprint, JwsError> {
    key.thumbprint().parse().map_err(|_| JwsError::Header)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> PrivateKey {
        PrivateKey::from_pkcs8(&PrivateKey::generate().unwrap()).unwrap()
    }

    fn question(nonce: &str, route: &str, body: &str) -> Question {
        let nonce: crate::nonce::Nonce = nonce.parse().unwrap();
        let request = Some(nonce.digest(body));
        let (app, route) = ("default".to_owned(), route.to_owned());
        Question { nonce, route, app, code: None, machine: None, request, device: None }
    }

    #[test]
    fn a_request_is_signed_by_the_key_that_it_brings() {
        let key = key();
        let asked = question("0123456789abcdef", "POST /api/validate", "{}");
        let signed = sign(&asked, 1_767_225_600, 7, &key).unwrap();
        let device = verified(&signed, &asked).unwrap();
        assert_eq!(device.thumbprint.as_str(), key.public().thumbprint());
        assert_eq!((device.sequence, device.signed_at), (7, 1_767_225_600));
        for other in [
            question("0123456789abcdeF", "POST /api/validate", "{}"),
            question("0123456789abcdef", "POST /api/release", "{}"),
            question("0123456789abcdef", "POST /api/validate", "{} "),
        ] {
            assert_eq!(verified(&signed, &other), Err(DeviceError::Other));
        }
    }

    #[test]
    fn no_bit_of_it_can_be_changed() {
        let asked = question("0123456789abcdef", "POST /api/validate", "{}");
        let signed = sign(&asked, 1_767_225_600, 7, &key()).unwrap();
        for place in 0..signed.len() {
            for bit in 0..7 {
                let mut bytes = signed.clone().into_bytes();
                bytes[place] ^= 1 << bit;
                let changed = String::from_utf8(bytes).unwrap();
                assert!(verified(&changed, &asked).is_err(), "bit {bit} of {place}");
            }
        }
        assert_eq!(verified("", &asked), Err(JwsError::Form.into()));
    }

    #[test]
    fn another_purpose_is_none() {
        let asked = question("0123456789abcdef", "POST /api/validate", "{}");
        let other = sign_with_own_key(Purpose::Proof, &key(), &serde_json::json!({})).unwrap();
        assert_eq!(verified(&other, &asked), Err(JwsError::Header.into()));
    }
}
