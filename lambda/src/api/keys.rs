//! `GET /api/keys`: the keys that answers are signed with, and what certifies them.

use axum::Json;
use axum::extract::State;
use kami_trust::key::Jwk;
use serde::Serialize;

use super::Api;

/// A JWK set (RFC 7517 §5).
#[derive(Debug, Serialize)]
pub(super) struct KeySet {
    status: &'static str,
    keys: Vec<Key>,
}

#[derive(Debug, Serialize)]
struct Key {
    #[serde(flatten)]
    jwk: Jwk,
    kid: String,
    #[serde(rename = "use")]
    purpose: &'static str,
    alg: &'static str,
    /// The certificate.
    crt: String,
}

/// Handles the request, from memory: strangers cost nothing by it.
pub(super) async fn keys(State(api): State<Api>) -> Json<KeySet> {
    let now = api.store.known_time().timestamp();
    let keys = api.signer.keys();
    let lasting = keys.iter().filter(|key| key.certificate.until > now);
    let keys = lasting.map(|key| Key {
        jwk: key.certificate.key.jwk(),
        kid: key.kid.clone(),
        purpose: "sig",
        alg: "ES256",
        crt: key.certificate_text.clone(),
    });
    Json(KeySet { status: "success", keys: keys.collect() })
}
