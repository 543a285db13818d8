//! The key of this device, which signs requests, and what lets it start without network: goes beside main.rs. Hardware
//! keeps a key better: on Windows one of `NCryptCreatePersistedKey` with `MS_PLATFORM_CRYPTO_PROVIDER`, on a Mac or
//! iPhone of `SecKeyCreateRandomKey` with `kSecAttrTokenIDSecureEnclave`.
use super::proof::{Proven, decode, digested, encode, jws, opened, parse, restored, signer};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING as ES256, EcdsaKeyPair};
use serde_json::{Value, json};
use std::{fs, io, io::Write as _, path::Path};

/// Writes a file, which then takes its place: nobody sees half of it, and nobody else any.
pub fn write(file: &Path, text: &str, put: impl Fn(&Path, &Path) -> io::Result<()>) -> io::Result<()> {
    let written = file.with_extension(format!("{:016x}", rand::random::<u64>()));
    let mut open = fs::OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut open, 0o600);
    fs::create_dir_all(file.parent().unwrap_or(file))?;
    let mut new = open.write(true).create_new(true).open(&written)?;
    let put = new.write_all(text.as_bytes()).and_then(|()| new.sync_all()).and_then(|()| put(&written, file));
    drop(fs::remove_file(written)); // where it was not renamed
    put
}

/// Of 04, x, y, as RFC 7638 has it.
fn jwk(point: &[u8]) -> Option<Value> {
    let (x, y) = (point.get(1..33)?, point.get(33..65)?);
    Some(json!({"crv": "P-256", "kty": "EC", "x": encode(x), "y": encode(y)}))
}

pub struct Device {
    key: EcdsaKeyPair,
    jwk: Value,
}

impl Device {
    /// The key of a file, a JWK (RFC 7517), which is made once and never replaced; none where there is no place for it.
    pub fn of(file: &Path) -> Option<Self> {
        if fs::symlink_metadata(file).is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
            let made = EcdsaKeyPair::generate_pkcs8(&ES256, &SystemRandom::new()).ok()?;
            let made = made.as_ref(); // 36 bytes, d, some more, and the point
            let mut own = jwk(made.last_chunk::<65>()?)?;
            own["d"] = encode(made.get(36..68)?).into();
            drop(write(file, &own.to_string(), |from, to| fs::hard_link(from, to))); // who was first wins
        }
        let own = parse(&fs::read(file).ok()?)?;
        let part = |name| own[name].as_str().and_then(decode).filter(|bytes| bytes.len() == 32);
        let point = [vec![4], part("x")?, part("y")?].concat();
        let (d, random) = (part("d")?, SystemRandom::new());
        let key = EcdsaKeyPair::from_private_key_and_public_key(&ES256, &d, &point, &random).ok()?;
        (own["kty"] == "EC" && own["crv"] == "P-256").then_some(Self { key, jwk: jwk(&point)? })
    }

    pub fn thumbprint(&self) -> String {
        thumbprint(&self.jwk)
    }

    /// What the header `Kami-Device` says of a request.
    pub fn sign(&self, (route, nonce, body): (&str, &str, &str), at: i64, sequence: i64) -> Option<String> {
        let header = json!({"alg": "ES256", "typ": "kami-device+jws", "jwk": self.jwk});
        let request = digested(nonce, body);
        let says =
            json!({"iat": at, "nonce": nonce, "route": route, "request": request, "sequence": sequence});
        let signed = format!("{}.{}", encode(header.to_string()), encode(says.to_string()));
        let signature = self.key.sign(&SystemRandom::new(), signed.as_bytes()).ok()?;
        Some(format!("{signed}.{}", encode(signature)))
    }
}

fn thumbprint(jwk: &Value) -> String {
    encode(ring::digest::digest(&ring::digest::SHA256, jwk.to_string().as_bytes()))
}

/// Who would start.
pub struct Own<'a> {
    pub app: &'a str,
    pub code: &'a str,
    pub machine: &'a str,
    pub device: Option<&'a str>, // the thumbprint of its key
}

/// Of the root keys, a text, who starts, the clock and the latest moment known: what the text says, if it lets him now.
pub type Check = fn(&[String], &str, &Own, (i64, i64)) -> Option<Proven>;

/// Whether it may now, by what comes from the holder of a root key; latest is the latest moment known.
fn starts(payload: Value, own: &Own, until: Option<i64>, (clock, latest): (i64, i64)) -> Option<Proven> {
    let nonce = payload["nonce"].as_str()?;
    let lets_start = payload["answer"]["status"] == "success"
        && payload["app"] == own.app
        && payload["code"] == digested(nonce, own.code)
        && payload["machine"] == digested(nonce, own.machine)
        && payload.get("device").is_none_or(|device| device.as_str() == own.device && own.device.is_some())
        && until.is_none_or(|until| until > clock.max(latest))
        && clock >= latest.max(payload["iat"].as_i64()?) - 300;
    let answer = restored(&payload["answer"], None, None).filter(|_| lets_start)?;
    Some(Proven { payload, answer })
}

/// Checks a kept lease, and whether it lets start now.
pub fn check_lease(roots: &[String], proof: &str, own: &Own, (clock, latest): (i64, i64)) -> Option<Proven> {
    let payload = opened(&jws(proof, "kami-proof+jws")?, roots, own.app, clock.max(latest))?;
    let is_admission = payload["route"] == "POST /api/validate" && payload["status"] == 200;
    let until = payload["offline_until"].as_i64().filter(|_| is_admission)?;
    starts(payload, own, Some(until), (clock, latest))
}

/// The same of a licence file: by a certified key, or by a root key itself.
pub fn check_licence(roots: &[String], file: &str, own: &Own, (clock, latest): (i64, i64)) -> Option<Proven> {
    let (_, text) = file.split_once("-----BEGIN KAMI LICENCE-----")?;
    let (text, _) = text.split_once("-----END KAMI LICENCE-----")?;
    let text: String = text.split_whitespace().collect();
    let licence = jws(&text, "kami-licence+jws")?;
    let payload = if licence.header.get("crt").is_some() {
        opened(&licence, roots, own.app, clock.max(latest))?
    } else {
        let kid = thumbprint(&jwk(&signer(&licence, roots)?)?);
        (licence.header["kid"] == kid).then_some(licence.payload)?
    };
    let until = match payload.get("exp") {
        Some(exp) => Some(exp.as_i64()?),
        None => None,
    };
    starts(payload, own, until, (clock, latest))
}
