//! The header by which a device signs its requests, as a server reads it.

use std::path::Path;

use kami_trust::base64url::decode;
use kami_trust::key::{Jwk, PublicKey};
use kami_trust::nonce::Nonce;
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde::Deserialize;
use serde_json::Value;

/// Its name.
pub(crate) const HEADER: &str = "kami-device";

/// What a request was signed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signed {
    /// The thumbprint of the key.
    pub(crate) device: String,
    /// When it was signed, in seconds since 1970.
    pub(crate) at: i64,
    /// The number that the last admission told; 0: none did.
    pub(crate) sequence: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    typ: String,
    jwk: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    iat: i64,
    nonce: String,
    route: String,
    request: String,
    #[serde(default)]
    sequence: i64,
}

impl Signed {
    /// What the header of a request says, or what is wrong with it.
    pub(crate) fn read(header: &str, path: &str, body: &str) -> Result<Self, &'static str> {
        let (signed, signature) = header.rsplit_once('.').ok_or("it is no JWS")?;
        let (header, payload) = signed.split_once('.').ok_or("it is no JWS")?;
        let bytes = |part| decode(part).ok_or("it is not base64url");
        let (header, payload, signature) = (bytes(header)?, bytes(payload)?, bytes(signature)?);
        let Header { alg, typ, jwk } = serde_json::from_slice(&header).map_err(|_| "its header")?;
        if alg != "ES256" || typ != "kami-device+jws" {
            return Err("it is of another kind");
        }
        let device = verified(&jwk, signed, &signature)?;
        let said: Payload = serde_json::from_slice(&payload).map_err(|_| "its payload")?;
        let asked: Value = serde_json::from_str(body).map_err(|_| "no JSON was asked")?;
        let nonce: Nonce = said.nonce.parse().map_err(|_| "its nonce is none")?;
        let is_its = asked["nonce"] == nonce.as_str()
            && said.route == format!("POST {path}")
            && said.request == nonce.digest(body);
        if is_its {
            Ok(Self { device, at: said.iat, sequence: said.sequence })
        } else {
            Err("of another request")
        }
    }
}

/// The thumbprint of the key that made a signature.
fn verified(jwk: &Value, signed: &str, signature: &[u8]) -> Result<String, &'static str> {
    let key: Jwk = serde_json::from_value(jwk.clone()).map_err(|_| "its key is no JWK")?;
    let key = PublicKey::try_from(&key).map_err(|_| "its key is none of P-256")?;
    // a private one must not be sent
    if serde_json::to_value(key.jwk()).unwrap() != *jwk {
        return Err("its key says more than a public one");
    }
    let point = decode(&key.pin()).unwrap();
    let verified =
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(signed.as_bytes(), signature);
    verified.map(|()| key.thumbprint()).map_err(|_| "its signature is wrong")
}

/// The thumbprint of the key in a file, which has to be a private JWK of just the members that it needs.
pub(crate) fn kept(file: &Path) -> String {
    let key: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let mut public = key.as_object().unwrap().clone();
    let secret = public.remove("d").and_then(|secret| decode(secret.as_str()?));
    assert_eq!(secret.map(|secret| secret.len()), Some(32), "the number of a private key");
    let jwk: Jwk = serde_json::from_value(Value::Object(public.clone())).unwrap();
    let public_key = PublicKey::try_from(&jwk).unwrap();
    assert_eq!(serde_json::to_value(public_key.jwk()).unwrap(), Value::Object(public));
    public_key.thumbprint()
}

/// A key of whose numbers each begins with a zero: they are written in as many bytes as any.
pub(crate) const SHORT: &str = r#"{"crv":"P-256","d":"ACqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqsQPg","kty":"EC",
    "x":"AGqOqNOlDOIQwrt2WFIcp3C5IFb8aaNWh87BCjtlWoU","y":"AIXOZd7s4BlimgUGyFaeYP8r21hTUijCYHNPeV5VQRY"}"#;
