//! Who signs answers: a seller, or somebody who would be taken for one.

use kami_trust::certificate::Certificate;
use kami_trust::jws::{EncodedHeader, Purpose};
use kami_trust::key::PrivateKey;
use kami_trust::nonce::Nonce;
use serde_json::{Value, json};

use crate::device::Signed;

/// An online key, certified.
pub(crate) struct Signer {
    key: PrivateKey,
    header: EncodedHeader,
}

impl Signer {
    /// A new key that a root key certifies for an app, or for all, for some seconds from an hour ago on.
    pub(crate) fn new(root: &PrivateKey, app: Option<&str>, seconds: i64) -> Self {
        let key = new_key();
        let (app, from) = (app.map(|app| app.parse().unwrap()), now() - 3600);
        let certificate = Certificate { key: key.public(), app, from, until: from + seconds };
        let certificate = certificate.signed(root).unwrap();
        let header =
            EncodedHeader::new(Purpose::Proof, &key.public().thumbprint(), Some(&certificate)).unwrap();
        Self { key, header }
    }

    /// An answer with the proof of these claims, whatever it says itself.
    pub(crate) fn proven(&self, mut answer: Value, claims: &Value) -> Value {
        answer["proof"] = self.header.sign(&self.key, claims).unwrap().into();
        answer
    }
}

pub(crate) fn new_key() -> PrivateKey {
    PrivateKey::from_pkcs8(&PrivateKey::generate().unwrap()).unwrap()
}

/// Seconds since 1970.
pub(crate) fn now() -> i64 {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    since.as_secs().try_into().unwrap()
}

/// A request as it came.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) path: &'a str,
    pub(crate) body: &'a str,
    /// What it was signed with, where it was.
    pub(crate) signed: Option<&'a Signed>,
}

impl Asked<'_> {
    /// What an honest proof of an answer to it says.
    pub(crate) fn claims(self, status: u16, answer: &Value) -> Value {
        let said: Value = serde_json::from_str(self.body).unwrap();
        let nonce: Nonce = said["nonce"].as_str().unwrap_or_default().parse().expect("it has a nonce");
        let digest = |name: &str| said[name].as_str().map(|text| nonce.digest(text));
        let mut claims = json!({
            "iat": now(), "exp": now() + 3600, "route": format!("POST {}", self.path), "app": said["app"],
            "nonce": said["nonce"], "machine": digest("machine_code"), "request": nonce.digest(self.body),
            "status": status, "answer": answer,
        });
        if let Some(code) = digest("code") {
            claims["code"] = code.into();
        }
        if let Some(signed) = self.signed {
            claims["device"] = signed.device.clone().into();
        }
        claims
    }
}
