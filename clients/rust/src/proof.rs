//! Proofs of what kami answers: goes beside main.rs. Whatever is `None` is not proven.
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL};
use ring::digest::{SHA256, digest};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::{Map, Value};

/// What was asked, to the letter.
pub struct Asked<'a> {
    pub app: &'a str,
    pub route: &'a str,
    pub nonce: &'a str,
    pub code: Option<&'a str>,
    pub machine: &'a str,
    pub request: &'a str,        // the body
    pub device: Option<&'a str>, // the thumbprint of the key that signed it
}

/// What a proof says, and the answer to act upon.
pub struct Proven {
    pub payload: Value,
    pub answer: Value,
}

/// Bytes in the one way to write them.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    BASE64URL.decode(text).ok()
}

pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    BASE64URL.encode(bytes)
}

/// Whether the key, 04 and x and y, has signed this: r and s.
pub fn is_signed(signed: &[u8], signature: &[u8], key: &[u8]) -> bool {
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key).verify(signed, signature).is_ok()
}

fn members(found: &Value) -> usize {
    match found {
        Value::Object(own) => own.len() + own.values().map(members).sum::<usize>(),
        Value::Array(values) => values.iter().map(members).sum(),
        _ => 0,
    }
}

/// Each member has a colon outside of texts; one that stands there twice is found once.
pub fn parse(json: &[u8]) -> Option<Value> {
    let text = str::from_utf8(json).ok()?;
    let found: Value = serde_json::from_str(text).ok()?;
    let outside = text.replace(r"\\", "").replace(r#"\""#, "");
    let colons = outside.split('"').step_by(2).map(|part| part.matches(':').count()).sum::<usize>();
    (found.is_object() && colons == members(&found)).then_some(found)
}

pub fn digested(nonce: &str, text: &str) -> String {
    encode(digest(&SHA256, format!("{nonce}:{text}").as_bytes()))
}

pub struct Jws<'a> {
    pub header: Value,
    pub payload: Value,
    signed: &'a [u8],
    signature: Vec<u8>,
}

pub fn jws<'a>(text: &'a str, kind: &str) -> Option<Jws<'a>> {
    let (signed, signature) = text.rsplit_once('.').filter(|_| text.len() <= 32768)?;
    let (header, payload) = signed.split_once('.')?;
    let (header, payload) = (parse(&decode(header)?)?, parse(&decode(payload)?)?);
    let is_its = header["alg"] == "ES256" && header["typ"] == kind && header.get("crit").is_none();
    is_its.then_some(Jws { header, payload, signed: signed.as_bytes(), signature: decode(signature)? })
}

/// The root key that has signed it.
pub fn signer(by: &Jws, roots: &[String]) -> Option<Vec<u8>> {
    roots.iter().filter_map(|root| decode(root)).find(|root| is_signed(by.signed, &by.signature, root))
}

/// What it says, once it is known to come from the holder of a root key.
pub fn opened(proof: &Jws, roots: &[String], app: &str, moment: i64) -> Option<Value> {
    let by = jws(proof.header["crt"].as_str()?, "kami-certificate+jws")?;
    let (certificate, jwk, payload) = (&by.payload, &by.payload["jwk"], &proof.payload);
    let key = [vec![4], decode(jwk["x"].as_str()?)?, decode(jwk["y"].as_str()?)?].concat();
    let (from, until) = (certificate["iat"].as_i64()?, certificate["exp"].as_i64()?);
    let is_proven = signer(&by, roots).is_some()
        && certificate.get("app").is_none_or(|its| its == app)
        && certificate["kid"].is_string()
        && certificate["kid"] == proof.header["kid"]
        && until > moment
        && jwk["kty"] == "EC"
        && jwk["crv"] == "P-256"
        && is_signed(proof.signed, &proof.signature, &key)
        && payload["app"] == app
        && (from..until).contains(&payload["iat"].as_i64()?);
    is_proven.then(|| payload.clone())
}

/// With the texts that it has only digests of; without, where there is no nonce.
pub fn restored(answer: &Value, said: Option<&Value>, nonce: Option<&str>) -> Option<Value> {
    let digest = answer.as_str().filter(|text| text.starts_with("sha256:"));
    match (answer, digest, nonce) {
        (Value::Object(own), ..) => {
            let with = |(name, value): (&String, _)| {
                let other = said.and_then(|said| said.get(name));
                Some((name.clone(), restored(value, other, nonce)?))
            };
            own.iter().map(with).collect::<Option<Map<_, _>>>().map(Value::Object)
        }
        (_, Some(digest), Some(nonce)) => {
            let text = said?.as_str()?;
            (digest == format!("sha256:{}", digested(nonce, text))).then(|| text.into())
        }
        (_, Some(_), None) => Some(Value::Null),
        _ => Some(answer.clone()),
    }
}

/// Checks an answer.
pub fn check(roots: &[String], asked: &Asked, status: u16, body: &str, moment: i64) -> Option<Proven> {
    let said = parse(body.as_bytes())?;
    let payload = opened(&jws(said["proof"].as_str()?, "kami-proof+jws")?, roots, asked.app, moment)?;
    let is = |name, text: Option<&str>| {
        payload.get(name).cloned() == text.map(|text| digested(asked.nonce, text).into())
    };
    let is_its = payload["nonce"] == asked.nonce
        && payload["route"] == asked.route
        && is("code", asked.code)
        && is("machine", Some(asked.machine))
        && is("request", Some(asked.request))
        && payload.get("device").map(Value::as_str) == asked.device.map(Some)
        && payload["status"] == status;
    let answer = restored(&payload["answer"], Some(&said), Some(asked.nonce)).filter(|_| is_its)?;
    Some(Proven { payload, answer })
}

/// Whether a kept lease is of that card.
pub fn is_about(lease: &str, code: Option<&str>) -> bool {
    let Some(Jws { payload, .. }) = jws(lease, "kami-proof+jws") else { return false };
    payload["nonce"].as_str().zip(code).is_some_and(|(nonce, code)| payload["code"] == digested(nonce, code))
}
