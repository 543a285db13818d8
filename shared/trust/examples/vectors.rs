//! Writes `clients/vectors.json`, by which any client can test how it checks proofs: `cargo run -p kami-trust --example vectors`.
//!
//! Each run makes new keys, so that the file changes as a whole.

use std::error::Error;

use kami_trust::base64url::{decode, encode};
use kami_trust::certificate::Certificate;
use kami_trust::key::{PrivateKey, PublicKey};
use kami_trust::nonce::Nonce;
use kami_trust::online::OnlineKey;
use kami_trust::pem_file::StoredKey;
use kami_trust::proof::{Answered, Bounds, Claims, MEMBER, Question};
use serde_json::{Map, Value, json};

#[path = "vectors/licences.rs"]
mod licences;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// A change to the members of a header or a body.
type Change = fn(&mut Map<String, Value>);

/// The moment of the proofs: 2027-01-15 08:00:00 UTC.
const NOW: i64 = 1_800_000_000;
const DAY: i64 = 24 * 3600;

const APP: &str = "demo";
const CODE: &str = "VIP-7KQ2M9XWTR4HP3ND";
const MACHINE: &str = "5f0e3c5a-机器-1";
const NONCE: &str = "Zm9yIGVhY2ggcmVxdWVzdCBhIG5ldyBvbmU";
/// The thumbprints of two keys of devices: those of RFC 9449 and RFC 7638.
const DEVICE: &str = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
const OTHER_DEVICE: &str = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs";
const ROUTE: &str = "POST /api/validate";

/// The order of the group of P-256, big-endian: r and s are below it.
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc,
    0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

fn main() -> Result<()> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../clients/vectors.json");
    let cases = Maker::new()?.cases()?;
    let lines: Vec<_> = cases.iter().map(Value::to_string).collect();
    Ok(std::fs::write(file, format!("[\n{}\n]\n", lines.join(",\n")))?)
}

/// Keys, and the parts that a case differs in.
struct Maker {
    root: PrivateKey,
    next_root: PrivateKey,
    stranger: PrivateKey,
    online: Vec<u8>,
}

/// A case, before it is JSON.
struct Case {
    nonce: &'static str,
    route: &'static str,
    app: &'static str,
    code: &'static str,
    machine: &'static str,
    status: u16,
    clock: i64,
    latest: i64,
    /// The thumbprint of the key that signed the request, or that the device has.
    device: Option<&'static str>,
    answer: Map<String, Value>,
}

impl Default for Case {
    fn default() -> Self {
        Self {
            nonce: NONCE,
            route: ROUTE,
            app: APP,
            code: CODE,
            machine: MACHINE,
            status: 200,
            clock: NOW + 1,
            latest: 0,
            device: None,
            answer: admitted(),
        }
    }
}

impl Case {
    /// The body of the request.
    fn request(&self) -> String {
        json!({"code": self.code, "machine_code": self.machine, "app": self.app, "nonce": self.nonce})
            .to_string()
    }

    fn question(&self) -> Result<Question> {
        let nonce: Nonce = self.nonce.parse()?;
        Ok(Question {
            code: Some(nonce.digest(self.code)),
            machine: Some(nonce.digest(self.machine)),
            request: Some(nonce.digest(self.request())),
            route: self.route.to_owned(),
            app: self.app.to_owned(),
            device: self.device.map(str::to_owned),
            nonce,
        })
    }
}

fn object(value: Value) -> Map<String, Value> {
    if let Value::Object(members) = value { members } else { Map::new() }
}

fn admitted() -> Map<String, Value> {
    object(json!({
        "status": "success", "message": "验证成功", "expire_at": "2027-02-14T16:00:00+08:00", "remaining_hours": 720.0
    }))
}

fn refused(reason: &str) -> Map<String, Value> {
    object(json!({"status": "error", "reason": reason, "message": "卡密已绑定其他设备"}))
}

/// What an app says, some of it too long to be signed itself.
fn told() -> Map<String, Value> {
    let mut answer = admitted();
    let values =
        json!({"server": "sha256:is the beginning of this text", "long": "长".repeat(60), "sha256": "short"});
    answer.insert("app".to_owned(), json!({"latest": "2.1", "notice": "n".repeat(129), "values": values}));
    answer.insert("app_mark".to_owned(), "00112233445566aa".into());
    answer
}

impl Maker {
    fn new() -> Result<Self> {
        let key = || -> Result<PrivateKey> { Ok(PrivateKey::from_pkcs8(&PrivateKey::generate()?)?) };
        Ok(Self { root: key()?, next_root: key()?, stranger: key()?, online: PrivateKey::generate()? })
    }

    fn public(&self) -> Result<PublicKey> {
        Ok(PrivateKey::from_pkcs8(&self.online)?.public())
    }

    /// The online key, certified by a root key from a moment on.
    fn key(&self, root: &PrivateKey, app: Option<&str>, from: i64, days: i64) -> Result<OnlineKey> {
        let app = app.map(str::parse).transpose()?;
        let certificate = Certificate::at(from, self.public()?, app, days * DAY).signed(root)?;
        Ok(OnlineKey::of(StoredKey::new(self.online.clone(), certificate))?)
    }

    fn usual_key(&self) -> Result<OnlineKey> {
        self.key(&self.root, Some(APP), NOW - DAY, 90)
    }

    /// What a key says of a case.
    fn proof(case: &Case, key: &OnlineKey, now: i64, offline: Option<i64>) -> Result<String> {
        let bounds = Bounds { until: Some(NOW + 30 * DAY), offline_until: offline };
        let answered = Answered { status: case.status, members: case.answer.clone() };
        Ok(key.sign(&Claims::new(case.question()?, answered, bounds, now, key.certificate.until))?)
    }

    fn usual_proof(&self, case: &Case) -> Result<String> {
        Self::proof(case, &self.usual_key()?, NOW, None)
    }

    /// A text with a header and a payload of any kind, signed by the online key.
    fn handmade(&self, header: &Value, payload: &[u8]) -> Result<String> {
        let signed = format!("{}.{}", encode(header.to_string()), encode(payload));
        let signature = PrivateKey::from_pkcs8(&self.online)?.sign(signed.as_bytes())?;
        Ok(format!("{signed}.{}", encode(signature)))
    }

    fn pins(&self) -> Value {
        json!([self.root.public().pin(), self.next_root.public().pin()])
    }

    /// A case of an answer, whose proof is put into a body.
    fn answered(&self, name: &str, case: &Case, proof: &Value, is_good: bool) -> Value {
        let mut body = case.answer.clone();
        body.insert(MEMBER.to_owned(), proof.clone());
        self.received(name, case, &Value::Object(body).to_string(), is_good)
    }

    /// A case of any body.
    fn received(&self, name: &str, case: &Case, body: &str, is_good: bool) -> Value {
        let mut described = self.described(name, "answer", case, is_good);
        described.insert("body".to_owned(), body.into());
        if is_good {
            described.insert("answer".to_owned(), case.answer.clone().into());
        }
        described.into()
    }

    fn lease(&self, name: &str, case: &Case, proof: &str, is_good: bool) -> Value {
        let mut described = self.described(name, "lease", case, is_good);
        described.insert("proof".to_owned(), proof.into());
        described.into()
    }

    fn described(&self, name: &str, kind: &str, case: &Case, is_good: bool) -> Map<String, Value> {
        object(json!({
            "name": name, "kind": kind, "good": is_good, "roots": self.pins(), "app": case.app, "route": case.route,
            "nonce": case.nonce, "code": case.code, "machine": case.machine, "request": case.request(),
            "status": case.status, "clock": case.clock, "latest": case.latest, "device": case.device
        }))
    }

    fn cases(&self) -> Result<Vec<Value>> {
        let mut cases = self.good()?;
        cases.extend(self.other_questions()?);
        cases.extend(self.other_keys()?);
        cases.extend(self.other_headers()?);
        cases.extend(self.other_bytes()?);
        cases.extend(self.other_answers()?);
        cases.extend(self.leases()?);
        cases.extend(self.licences()?);
        cases.extend(self.devices()?);
        Ok(cases)
    }

    fn good(&self) -> Result<Vec<Value>> {
        let usual = Case::default();
        let good = |name: &str, case: &Case, key: &OnlineKey| -> Result<Value> {
            Ok(self.answered(name, case, &Self::proof(case, key, NOW, None)?.into(), true))
        };
        let refused = Case { status: 403, answer: refused("machine_mismatch"), ..Case::default() };
        let missing = Case { status: 404, answer: refused_as_missing(), ..Case::default() };
        let spaced = Case { code: " vip-7kq2m9xwtr4hp3nd ", ..Case::default() };
        Ok(vec![
            good("good: admitted", &usual, &self.usual_key()?)?,
            good("good: a key for all apps", &usual, &self.key(&self.root, None, NOW - DAY, 90)?)?,
            good("good: the next root key", &usual, &self.key(&self.next_root, Some(APP), NOW - DAY, 90)?)?,
            good("good: refused", &refused, &self.usual_key()?)?,
            good("good: no such card", &missing, &self.usual_key()?)?,
            good("good: the code as it was typed", &spaced, &self.usual_key()?)?,
            good("good: long texts", &Case { answer: told(), ..Case::default() }, &self.usual_key()?)?,
            good(
                "good: a clock that is years behind",
                &Case { clock: 1_000_000_000, ..Case::default() },
                &self.usual_key()?,
            )?,
        ])
    }

    /// Requests that a device signed, or did not, and leases that its key is wanted for.
    fn devices(&self) -> Result<Vec<Value>> {
        let by = |device| Case { device, ..Case::default() };
        let mut cases = Vec::new();
        for (name, proven, asked, is_good) in [
            ("good: signed by the device", Some(DEVICE), Some(DEVICE), true),
            ("signed by another device", Some(OTHER_DEVICE), Some(DEVICE), false),
            ("signed by no device", None, Some(DEVICE), false),
            ("signed by a device where none did", Some(DEVICE), None, false),
        ] {
            let proof = self.usual_proof(&by(proven))?;
            cases.push(self.answered(name, &by(asked), &proof.into(), is_good));
        }
        for (name, proven, own, is_good) in [
            ("good: a lease of the device's key", Some(DEVICE), Some(DEVICE), true),
            ("good: a lease of before the device had a key", None, Some(DEVICE), true),
            ("a lease of another device's key", Some(OTHER_DEVICE), Some(DEVICE), false),
            ("a lease of a device's key where there is none", Some(DEVICE), None, false),
        ] {
            let proof = Self::proof(&by(proven), &self.usual_key()?, NOW, Some(NOW + 7 * DAY))?;
            cases.push(self.lease(name, &by(own), &proof, is_good));
        }
        Ok(cases)
    }

    fn other_questions(&self) -> Result<Vec<Value>> {
        let asked = |name: &str, case: &Case| -> Result<Value> {
            // What was proven is the usual case; the client asked another.
            let proof = self.usual_proof(&Case {
                status: case.status,
                answer: case.answer.clone(),
                ..Case::default()
            })?;
            Ok(self.answered(name, case, &proof.into(), false))
        };
        let usual = Case::default;
        let mut cases = vec![
            asked(
                "another nonce: a replayed answer",
                &Case { nonce: "YW5vdGhlciBub25jZSwgYSBuZXcgb25l", ..usual() },
            )?,
            asked("another code", &Case { code: "VIP-AAAAAAAAAAAAAAAA", ..usual() })?,
            asked("another machine: relayed for it", &Case { machine: "5f0e3c5a-机器-2", ..usual() })?,
            asked("another app", &Case { app: "other", ..usual() })?,
            asked("another route", &Case { route: "POST /api/status", ..usual() })?,
        ];
        let refusal = Case { status: 403, answer: refused("machine_mismatch"), ..usual() };
        let proof = self.usual_proof(&refusal)?;
        cases.push(self.answered("another status", &Case { status: 200, ..refusal }, &proof.into(), false));
        let asked_more = Case::default();
        let mut question = asked_more.question()?;
        question.request = Some(question.nonce.digest(asked_more.request().replace('{', "{ ")));
        let key = self.usual_key()?;
        let answered = Answered { status: 200, members: admitted() };
        let claims = Claims::new(question, answered, Bounds::default(), NOW, key.certificate.until);
        cases.push(self.answered("another request body", &asked_more, &key.sign(&claims)?.into(), false));
        Ok(cases)
    }

    fn other_keys(&self) -> Result<Vec<Value>> {
        let usual = Case::default();
        let signed = |name: &str, case: &Case, key: &OnlineKey, now: i64| -> Result<Value> {
            Ok(self.answered(name, case, &Self::proof(case, key, now, None)?.into(), false))
        };
        let late = NOW + 90 * DAY;
        let mut cases = vec![
            signed(
                "a root key that is not pinned",
                &usual,
                &self.key(&self.stranger, Some(APP), NOW - DAY, 90)?,
                NOW,
            )?,
            signed(
                "a certificate of itself",
                &usual,
                &self.key(&PrivateKey::from_pkcs8(&self.online)?, None, NOW - DAY, 90)?,
                NOW,
            )?,
            signed(
                "a certificate for another app",
                &usual,
                &self.key(&self.root, Some("other"), NOW - DAY, 90)?,
                NOW,
            )?,
            signed(
                "an expired certificate, by the clock",
                &Case { clock: late, ..Case::default() },
                &self.usual_key()?,
                NOW,
            )?,
            signed(
                "an expired certificate, by the latest moment seen",
                &Case { latest: late, ..Case::default() },
                &self.usual_key()?,
                NOW,
            )?,
            signed("signed after the end of its certificate", &usual, &self.usual_key()?, late)?,
            signed(
                "signed before its certificate",
                &usual,
                &self.key(&self.root, Some(APP), NOW + 2 * DAY, 9)?,
                NOW,
            )?,
        ];
        // The certificate is another key's, which the proof's header names or does not.
        let other = PrivateKey::from_pkcs8(&PrivateKey::generate()?)?.public();
        let certificate = Certificate::at(NOW - DAY, other, None, 90 * DAY).signed(&self.root)?;
        let payload =
            decode(self.usual_proof(&usual)?.split('.').nth(1).unwrap_or_default()).unwrap_or_default();
        for (name, kid) in [
            ("a certificate of another key", other.thumbprint()),
            ("a certificate of another key than the proof names", self.public()?.thumbprint()),
        ] {
            let header = json!({"alg": "ES256", "typ": "kami-proof+jws", "kid": kid, "crt": certificate});
            cases.push(self.answered(name, &usual, &self.handmade(&header, &payload)?.into(), false));
        }
        let header = json!({"alg": "ES256", "typ": "kami-proof+jws", "kid": self.public()?.thumbprint()});
        cases.push(self.answered("no certificate", &usual, &self.handmade(&header, &payload)?.into(), false));
        let named = json!({"alg": "ES256", "typ": "kami-proof+jws", "kid": "another", "crt": self.usual_key()?.certificate_text});
        cases.push(self.answered(
            "another kid than its certificate's",
            &usual,
            &self.handmade(&named, &payload)?.into(),
            false,
        ));
        Ok(cases)
    }

    fn other_headers(&self) -> Result<Vec<Value>> {
        let usual = Case::default();
        let key = self.usual_key()?;
        let payload =
            decode(self.usual_proof(&usual)?.split('.').nth(1).unwrap_or_default()).unwrap_or_default();
        let header = |change: Change| {
            let mut header = object(json!({
                "alg": "ES256", "typ": "kami-proof+jws", "kid": key.kid, "crt": key.certificate_text
            }));
            change(&mut header);
            Value::Object(header)
        };
        let changes: [(&str, Change); 8] = [
            ("alg none", |header| drop(header.insert("alg".to_owned(), "none".into()))),
            ("alg HS256", |header| drop(header.insert("alg".to_owned(), "HS256".into()))),
            ("alg in other letters", |header| drop(header.insert("alg".to_owned(), "es256".into()))),
            ("no alg", |header| drop(header.remove("alg"))),
            ("another purpose's proof", |header| {
                drop(header.insert("typ".to_owned(), "kami-certificate+jws".into()));
            }),
            ("JWT", |header| drop(header.insert("typ".to_owned(), "JWT".into()))),
            ("no typ", |header| drop(header.remove("typ"))),
            ("crit", |header| drop(header.insert("crit".to_owned(), json!(["b64"])))),
        ];
        let mut cases = Vec::new();
        for (name, change) in changes {
            let proof = self.handmade(&header(change), &payload)?;
            cases.push(self.answered(name, &usual, &proof.into(), false));
        }
        let unsigned = format!("{}.{}.", encode(header(changes[0].1).to_string()), encode(&payload));
        cases.push(self.answered("alg none without a signature", &usual, &unsigned.into(), false));
        let certificate = key.certificate_text.replacen(
            key.certificate_text.split('.').next().unwrap_or_default(),
            &encode(json!({"alg": "none", "typ": "kami-certificate+jws", "kid": key.root}).to_string()),
            1,
        );
        let mut altered = header(|_| ());
        altered["crt"] = certificate.into();
        cases.push(self.answered(
            "a certificate with alg none",
            &usual,
            &self.handmade(&altered, &payload)?.into(),
            false,
        ));
        altered["crt"] = self.usual_proof(&usual)?.into();
        cases.push(self.answered(
            "a proof as certificate",
            &usual,
            &self.handmade(&altered, &payload)?.into(),
            false,
        ));
        Ok(cases)
    }

    fn other_bytes(&self) -> Result<Vec<Value>> {
        let usual = Case::default();
        let proof = self.usual_proof(&usual)?;
        let (signed, signature) = proof.rsplit_once('.').ok_or("no signature")?;
        let mut r = decode(signature).ok_or("no signature")?;
        let s = r.split_off(32);
        let with = |signature: Vec<u8>| format!("{signed}.{}", encode(signature));
        // The last character of 64 bytes in base64url has four bits that say nothing, all of them zero.
        let last = proof.chars().last().ok_or("no proof")?;
        let sloppy =
            char::from_u32(u32::from(last) + 1).filter(|_| "AQgw".contains(last)).ok_or("not canonical")?;
        let payload = signed.split_once('.').ok_or("no payload")?.1;
        let altered = decode(payload).ok_or("no payload")?;
        let altered = String::from_utf8(altered)?.replace("720.0", "920.0");
        let texts = [
            ("truncated", proof[..proof.len() - 2].to_owned()),
            ("without its signature", signed.to_owned()),
            ("trailing bytes", format!("{proof}AA")),
            ("a fourth part", format!("{proof}.AA")),
            ("a newline behind it", format!("{proof}\n")),
            ("padding", format!("{proof}==")),
            ("bits that say nothing", format!("{}{sloppy}", &proof[..proof.len() - 1])),
            ("an altered payload", proof.replace(payload, &encode(altered))),
            ("a signature of zeros", with(vec![0; 64])),
            ("r of zero", with([vec![0; 32], s.clone()].concat())),
            ("s of zero", with([r.clone(), vec![0; 32]].concat())),
            ("r of the order", with([ORDER.to_vec(), s.clone()].concat())),
            ("s of the order", with([r.clone(), ORDER.to_vec()].concat())),
            ("s beyond the order", with([r.clone(), vec![0xff; 32]].concat())),
            ("DER instead of raw", with(der(&r, &s))),
            ("r and s the other way round", with([s, r].concat())),
            ("an empty text", String::new()),
        ];
        Ok(texts.into_iter().map(|(name, text)| self.answered(name, &usual, &text.into(), false)).collect())
    }

    fn other_answers(&self) -> Result<Vec<Value>> {
        let refusal = Case { status: 403, answer: refused("machine_mismatch"), ..Case::default() };
        let proof = self.usual_proof(&refusal)?;
        let (signed, signature) = proof.rsplit_once('.').ok_or("no signature")?;
        let (header, payload) = signed.split_once('.').ok_or("no payload")?;
        let payload = String::from_utf8(decode(payload).ok_or("no payload")?)?;
        let altered = encode(payload.replace("machine_mismatch", "card_expired"));
        let long = Case { answer: told(), ..Case::default() };
        let long_proof = self.usual_proof(&long)?;
        let body = |case: &Case, proof: Value, change: Change| {
            let mut body = case.answer.clone();
            body.insert(MEMBER.to_owned(), proof);
            change(&mut body);
            Value::Object(body).to_string()
        };
        let changed =
            body(&long, long_proof.clone().into(), |body| body["app"]["notice"] = "m".repeat(129).into());
        let cut = body(&long, long_proof.into(), |body| drop(body.remove("app")));
        let usual = Case::default();
        Ok(vec![
            self.answered(
                "an altered reason",
                &refusal,
                &format!("{header}.{altered}.{signature}").into(),
                false,
            ),
            self.received("an altered long text", &long, &changed, false),
            self.received("a long text cut out", &long, &cut, false),
            self.received("the proof cut out", &usual, &Value::Object(admitted()).to_string(), false),
            self.answered("no text as proof", &usual, &Value::Null, false),
            self.received("no JSON", &usual, "<html>Welcome to our hotel</html>", false),
            self.received("an empty answer", &usual, "", false),
        ])
    }

    fn leases(&self) -> Result<Vec<Value>> {
        let usual = || Case { clock: NOW + DAY, latest: NOW, ..Case::default() };
        let week = Some(NOW + 7 * DAY);
        let key = self.usual_key()?;
        let proof = Self::proof(&usual(), &key, NOW, week)?;
        let refusal = Case { status: 403, answer: refused("card_expired"), ..usual() };
        let status = Case { route: "POST /api/status", ..usual() };
        let brief = self.key(&self.root, Some(APP), NOW - DAY, 3)?;
        let stranger = self.key(&self.stranger, Some(APP), NOW - DAY, 90)?;
        let (start, signature) = proof.rsplit_once('.').ok_or("no signature")?;
        let payload =
            String::from_utf8(decode(start.split_once('.').ok_or("no payload")?.1).ok_or("no payload")?)?;
        let longer = payload.replace(&(NOW + 7 * DAY).to_string(), &(NOW + 70 * DAY).to_string());
        let header = start.split_once('.').ok_or("no header")?.0;
        Ok(vec![
            self.lease("good: a kept lease", &usual(), &proof, true),
            self.lease(
                "good: a clock that is five minutes slow",
                &Case { clock: NOW - 299, ..usual() },
                &proof,
                true,
            ),
            self.lease("an expired lease", &Case { clock: NOW + 7 * DAY, ..usual() }, &proof, false),
            self.lease(
                "an expired lease, by the latest moment seen",
                &Case { latest: NOW + 8 * DAY, clock: NOW + 8 * DAY - 9, ..usual() },
                &proof,
                false,
            ),
            self.lease(
                "a clock turned back behind the latest moment seen",
                &Case { latest: NOW + 3 * DAY, ..usual() },
                &proof,
                false,
            ),
            self.lease(
                "a clock turned back behind the lease",
                &Case { clock: NOW - 365 * DAY, latest: 0, ..usual() },
                &proof,
                false,
            ),
            self.lease(
                "another machine's lease",
                &Case { machine: "5f0e3c5a-机器-2", ..usual() },
                &proof,
                false,
            ),
            self.lease(
                "another card's lease",
                &Case { code: "VIP-AAAAAAAAAAAAAAAA", ..usual() },
                &proof,
                false,
            ),
            self.lease("another app's lease", &Case { app: "other", ..usual() }, &proof, false),
            self.lease(
                "no lease: an admission that is none for offline",
                &usual(),
                &Self::proof(&usual(), &key, NOW, None)?,
                false,
            ),
            self.lease("a refusal as lease", &refusal, &Self::proof(&refusal, &key, NOW, week)?, false),
            self.lease(
                "another route's answer as lease",
                &usual(),
                &Self::proof(&status, &key, NOW, week)?,
                false,
            ),
            self.lease(
                "a lease whose certificate is over",
                &Case { clock: NOW + 5 * DAY, latest: NOW, ..usual() },
                &Self::proof(&usual(), &brief, NOW, week)?,
                false,
            ),
            self.lease(
                "a lease by a stranger",
                &usual(),
                &Self::proof(&usual(), &stranger, NOW, week)?,
                false,
            ),
            self.lease(
                "a lease made longer",
                &Case { clock: NOW + 8 * DAY, latest: NOW, ..usual() },
                &format!("{header}.{}.{signature}", encode(longer)),
                false,
            ),
            self.lease("a certificate as lease", &usual(), &key.certificate_text, false),
        ])
    }
}

fn refused_as_missing() -> Map<String, Value> {
    object(json!({"status": "error", "reason": "card_not_found", "message": "卡密不存在"}))
}

/// A signature as DER (RFC 3279 §2.2.3), which JWS does not take.
fn der(r: &[u8], s: &[u8]) -> Vec<u8> {
    let integer = |bytes: &[u8]| {
        let bytes = &bytes[bytes.iter().take_while(|byte| **byte == 0).count()..];
        let sign = bytes.first().is_some_and(|byte| byte & 0x80 != 0);
        let mut integer = vec![2, u8::try_from(bytes.len()).unwrap_or(0) + u8::from(sign)];
        integer.extend(sign.then_some(0));
        integer.extend_from_slice(bytes);
        integer
    };
    let both = [integer(r), integer(s)].concat();
    [vec![0x30, u8::try_from(both.len()).unwrap_or(0)], both].concat()
}
