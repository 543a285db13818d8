//! Keys of the curve P-256, which sign by ES256.

use ring::agreement::{self, ECDH_P256, EphemeralPrivateKey, agree_ephemeral};
use ring::digest::{SHA256, digest};
use ring::error::Unspecified;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, Signature,
    UnparsedPublicKey,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use thiserror::Error;

use crate::base64url::{decode, encode};

/// The bytes of a coordinate.
const COORDINATE: usize = 32;

/// The bytes of a point that is not compressed: a mark and two coordinates (SEC 1 §2.3.3).
const POINT: usize = 1 + 2 * COORDINATE;

/// The mark of such a point.
const UNCOMPRESSED: u8 = 4;

/// Why something is no key; it never holds any part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum KeyError {
    /// It is no private key of P-256 in PKCS #8 that holds its public key as well.
    #[error("it is no private key of P-256 in PKCS #8")]
    Private,
    /// It is no point of P-256.
    #[error("it is no public key of P-256")]
    Public,
    /// It is a private key where a public one belongs.
    #[error("it holds a private key, which nobody but its owner may have")]
    Secret,
    /// The system has no random numbers to give.
    #[error("the system gives no random numbers")]
    Random,
}

/// A private key; it shows nothing of itself.
pub struct PrivateKey {
    pair: EcdsaKeyPair,
    random: SystemRandom,
}

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PrivateKey({})", self.public().thumbprint())
    }
}

impl PrivateKey {
    /// A new key as PKCS #8 (RFC 5958) in DER.
    pub fn generate() -> Result<Vec<u8>, KeyError> {
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
        Ok(made.map_err(|Unspecified| KeyError::Random)?.as_ref().to_vec())
    }

    /// The key of PKCS #8 in DER.
    pub fn from_pkcs8(bytes: &[u8]) -> Result<Self, KeyError> {
        let random = SystemRandom::new();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, bytes, &random);
        Ok(Self { pair: pair.map_err(|_| KeyError::Private)?, random })
    }

    /// The key that verifies what this one signs.
    pub fn public(&self) -> PublicKey {
        let mut point = [0; POINT];
        point.copy_from_slice(self.pair.public_key().as_ref());
        PublicKey(point)
    }

    /// The signature of bytes: r and s of 32 bytes each (RFC 7518 §3.4).
    pub fn sign(&self, bytes: &[u8]) -> Result<Signature, KeyError> {
        self.pair.sign(&self.random, bytes).map_err(|Unspecified| KeyError::Random)
    }
}

/// A public key, as the point that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey([u8; POINT]);

impl PublicKey {
    /// The key of a text that [`PublicKey::pin`] gave.
    pub fn parse(pin: &str) -> Result<Self, KeyError> {
        let point = decode(pin).and_then(|bytes| bytes.try_into().ok()).ok_or(KeyError::Public)?;
        Self::of(point)
    }

    /// The key of a JWK that somebody hands over: a point of the curve, and nothing that is secret.
    pub fn of_jwk(text: &str) -> Result<Self, KeyError> {
        let members: Map<String, Value> = serde_json::from_str(text).map_err(|_| KeyError::Public)?;
        if members.contains_key("d") {
            return Err(KeyError::Secret);
        }
        let jwk: Jwk = serde_json::from_value(members.into()).map_err(|_| KeyError::Public)?;
        let key = Self::try_from(&jwk)?;
        if key.is_on_curve() { Ok(key) } else { Err(KeyError::Public) }
    }

    /// Whether its point is one of the curve: nothing else can be agreed with (SP 800-56A §5.6.2.3.3).
    fn is_on_curve(&self) -> bool {
        let own = EphemeralPrivateKey::generate(&ECDH_P256, &SystemRandom::new());
        let other = agreement::UnparsedPublicKey::new(&ECDH_P256, self.0);
        own.is_ok_and(|own| agree_ephemeral(own, &other, |_| ()).is_ok())
    }

    fn of(point: [u8; POINT]) -> Result<Self, KeyError> {
        // That the point is one of the curve is seen when it verifies something.
        if point[0] == UNCOMPRESSED { Ok(Self(point)) } else { Err(KeyError::Public) }
    }

    /// The key as apps pin it: its point, not compressed, in base64url.
    pub fn pin(&self) -> String {
        encode(self.0)
    }

    /// The key as a JWK (RFC 7517, RFC 7518 §6.2).
    pub fn jwk(&self) -> Jwk {
        let (x, y) = self.0[1..].split_at(COORDINATE);
        Jwk { crv: "P-256".to_owned(), kty: "EC".to_owned(), x: encode(x), y: encode(y) }
    }

    /// The SHA-256 thumbprint of its JWK (RFC 7638), in base64url.
    pub fn thumbprint(&self) -> String {
        let Jwk { crv, kty, x, y } = self.jwk();
        let canonical = format!(r#"{{"crv":"{crv}","kty":"{kty}","x":"{x}","y":"{y}"}}"#);
        encode(digest(&SHA256, canonical.as_bytes()))
    }

    /// Whether the key made this signature of these bytes.
    pub(crate) fn has_signed(&self, bytes: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, self.0).verify(bytes, signature).is_ok()
    }
}

/// A public key of P-256 as JSON, its members in the order of their names (RFC 7638 §3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwk {
    crv: String,
    kty: String,
    x: String,
    y: String,
}

impl TryFrom<&Jwk> for PublicKey {
    type Error = KeyError;

    fn try_from(jwk: &Jwk) -> Result<Self, KeyError> {
        let coordinate = |text: &str| decode(text).filter(|bytes| bytes.len() == COORDINATE);
        let (x, y) = coordinate(&jwk.x).zip(coordinate(&jwk.y)).ok_or(KeyError::Public)?;
        if jwk.crv != "P-256" || jwk.kty != "EC" {
            return Err(KeyError::Public);
        }
        let mut point = [UNCOMPRESSED; POINT];
        point[1..=COORDINATE].copy_from_slice(&x);
        point[1 + COORDINATE..].copy_from_slice(&y);
        Ok(Self(point))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thumbprint_is_that_of_the_standard() {
        // RFC 9449 §6.1 has this key and its thumbprint.
        let jwk: Jwk = serde_json::from_str(
            r#"{"kty":"EC","x":"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
                "y":"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA","crv":"P-256"}"#,
        )
        .unwrap();
        let key = PublicKey::try_from(&jwk).unwrap();
        assert_eq!(key.thumbprint(), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
        assert_eq!((PublicKey::parse(&key.pin()), key.jwk()), (Ok(key), jwk));
    }

    #[test]
    fn a_key_signs_and_shows_nothing_of_itself() {
        let bytes = PrivateKey::generate().unwrap();
        let key = PrivateKey::from_pkcs8(&bytes).unwrap();
        assert!(key.public().has_signed(b"text", key.sign(b"text").unwrap().as_ref()));
        assert!(!key.public().has_signed(b"tent", key.sign(b"text").unwrap().as_ref()));
        assert_eq!(format!("{key:?}"), format!("PrivateKey({})", key.public().thumbprint()));
    }

    #[test]
    fn what_is_handed_over_is_a_public_key() {
        let key = PrivateKey::from_pkcs8(&PrivateKey::generate().unwrap()).unwrap().public();
        let jwk = serde_json::to_value(key.jwk()).unwrap();
        let with = |name: &str, value: &str| {
            let mut jwk = jwk.clone();
            jwk[name] = value.into();
            PublicKey::of_jwk(&jwk.to_string())
        };
        assert_eq!(with("use", "sig"), Ok(key));
        assert_eq!(with("d", ""), Err(KeyError::Secret));
        assert_eq!(with("crv", "P-384"), Err(KeyError::Public));
        assert_eq!(with("kty", "OKP"), Err(KeyError::Public));
        assert_eq!(with("y", &encode([1; 31])), Err(KeyError::Public));
        assert_eq!(with("y", &encode([1; COORDINATE])), Err(KeyError::Public), "it is not on the curve");
        assert_eq!(with("x", &encode([255; COORDINATE])), Err(KeyError::Public), "it is beyond the field");
        for text in ["", "{}", "[]", "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I", &key.pin()] {
            assert_eq!(PublicKey::of_jwk(text), Err(KeyError::Public), "{text}");
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        assert_eq!(PrivateKey::from_pkcs8(b"no key").map(|_| ()), Err(KeyError::Private));
        let compressed = encode([2; POINT]);
        for pin in ["", "B", "!", &compressed] {
            assert_eq!(PublicKey::parse(pin), Err(KeyError::Public), "{pin}");
        }
    }
}
