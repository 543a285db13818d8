//! The cases of licences.

use kami_trust::base64url::{decode, encode};
use kami_trust::jws::MAX_BYTES;
use kami_trust::key::PrivateKey;
use kami_trust::licence::{Claims, Holder, write};
use kami_trust::online::OnlineKey;
use serde_json::{Map, Value, json};

use super::{APP, CODE, Case, Change, DAY, DEVICE, MACHINE, Maker, NONCE, NOW, OTHER_DEVICE, Result, object};

/// Who starts, and when.
#[derive(Clone, Copy)]
struct Start {
    holder: Holder<'static>,
    clock: i64,
    latest: i64,
}

const HOLDER: Holder<'static> = Holder { app: APP, code: CODE, machine: MACHINE, device: None };

const START: Start = Start { holder: HOLDER, clock: NOW + DAY, latest: NOW };

fn admitted() -> Map<String, Value> {
    object(json!({"status": "success", "message": "验证成功", "expire_at": "2027-02-14T16:00:00+08:00"}))
}

/// The licence of somebody for so many days, or for ever.
fn claims(holder: Holder<'_>, days: Option<i64>) -> Result<Claims> {
    let until = days.map(|days| NOW + days * DAY);
    Ok(Claims::new(holder, &NONCE.parse()?, admitted(), NOW, until))
}

/// The payload of a signed text.
fn payload(signed: &str) -> Result<Vec<u8>> {
    Ok(signed.split('.').nth(1).and_then(decode).ok_or("no payload")?)
}

/// The same with the letters of its payload changed.
fn altered(signed: &str, from: &str, to: &str) -> Result<String> {
    let changed = String::from_utf8(payload(signed)?)?.replace(from, to);
    let part = signed.split('.').nth(1).ok_or("no payload")?;
    Ok(signed.replace(part, &encode(changed)))
}

impl Maker {
    fn usual_licence(&self) -> Result<String> {
        Ok(self.usual_key()?.license(&claims(HOLDER, Some(30))?)?)
    }

    fn licence(&self, name: &str, start: Start, file: &str, is_good: bool) -> Value {
        let Start { holder: Holder { app, code, machine, device }, clock, latest } = start;
        let mut case = object(json!({
            "name": name, "kind": "licence", "good": is_good, "roots": self.pins(), "app": app, "code": code,
            "machine": machine, "device": device, "licence": file, "clock": clock, "latest": latest
        }));
        if is_good {
            case.insert("answer".to_owned(), admitted().into());
        }
        case.into()
    }

    pub(super) fn licences(&self) -> Result<Vec<Value>> {
        let mut cases = self.good_licences()?;
        cases.extend(self.licences_of_others()?);
        cases.extend(self.licences_over()?);
        cases.extend(self.licences_of_other_keys()?);
        cases.extend(self.licences_of_other_kinds()?);
        cases.extend(self.files_of_licences()?);
        Ok(cases)
    }

    fn good_licences(&self) -> Result<Vec<Value>> {
        let good = |name: &str, start: Start, licence: &str| self.licence(name, start, &write(licence), true);
        let key = self.usual_key()?;
        let for_device = Holder { device: Some(DEVICE), ..HOLDER };
        let usual = self.usual_licence()?;
        let all = self.key(&self.root, None, NOW - DAY, 90)?.license(&claims(HOLDER, Some(30))?)?;
        let next =
            self.key(&self.next_root, Some(APP), NOW - DAY, 90)?.license(&claims(HOLDER, Some(30))?)?;
        let years = Start { clock: NOW + 3_650 * DAY, ..START };
        Ok(vec![
            good("good: a licence by a key", START, &usual),
            good("good: a licence by a key for all apps", START, &all),
            good("good: a licence by a key of the next root key", START, &next),
            good(
                "good: a licence for ever, while its certificate lasts",
                START,
                &key.license(&claims(HOLDER, None)?)?,
            ),
            good("good: a licence by a root key", START, &claims(HOLDER, Some(30))?.signed(&self.root)?),
            good(
                "good: a licence by the next root key",
                START,
                &claims(HOLDER, None)?.signed(&self.next_root)?,
            ),
            good("good: a licence for ever by a root key", years, &claims(HOLDER, None)?.signed(&self.root)?),
            good(
                "good: a licence for a device",
                Start { holder: for_device, ..START },
                &key.license(&claims(for_device, Some(30))?)?,
            ),
            good(
                "good: a licence for any device, on one with a key",
                Start { holder: for_device, ..START },
                &usual,
            ),
            good("good: a licence's last second", Start { clock: NOW + 30 * DAY - 1, ..START }, &usual),
            good(
                "good: a licence and a clock that is five minutes slow",
                Start { clock: NOW - 299, ..START },
                &usual,
            ),
        ])
    }

    fn licences_of_others(&self) -> Result<Vec<Value>> {
        let for_device =
            self.usual_key()?.license(&claims(Holder { device: Some(DEVICE), ..HOLDER }, Some(30))?)?;
        let of_root = claims(HOLDER, None)?.signed(&self.root)?;
        let usual = self.usual_licence()?;
        let cases = [
            ("another machine's licence", Holder { machine: "5f0e3c5a-机器-2", ..HOLDER }, &usual),
            (
                "another machine's licence by a root key",
                Holder { machine: "5f0e3c5a-机器-2", ..HOLDER },
                &of_root,
            ),
            ("another card's licence", Holder { code: "VIP-AAAAAAAAAAAAAAAA", ..HOLDER }, &usual),
            (
                "another card's licence by a root key",
                Holder { code: "VIP-AAAAAAAAAAAAAAAA", ..HOLDER },
                &of_root,
            ),
            ("another app's licence", Holder { app: "other", ..HOLDER }, &usual),
            ("another app's licence by a root key", Holder { app: "other", ..HOLDER }, &of_root),
            ("another device's licence", Holder { device: Some(OTHER_DEVICE), ..HOLDER }, &for_device),
            ("a device's licence where there is no key", HOLDER, &for_device),
        ];
        let cases = cases.map(|(name, holder, licence)| {
            self.licence(name, Start { holder, ..START }, &write(licence), false)
        });
        Ok(cases.into())
    }

    fn licences_over(&self) -> Result<Vec<Value>> {
        let usual = self.usual_licence()?;
        let of_root = claims(HOLDER, Some(30))?.signed(&self.root)?;
        let brief = self.key(&self.root, Some(APP), NOW - DAY, 3)?.license(&claims(HOLDER, Some(30))?)?;
        let ended = NOW + 30 * DAY;
        let late = NOW + 90 * DAY;
        let for_ever = self.usual_key()?.license(&claims(HOLDER, None)?)?;
        let unborn =
            self.key(&self.root, Some(APP), NOW + 2 * DAY, 9)?.license(&claims(HOLDER, Some(30))?)?;
        let cases = [
            ("a licence that is over", Start { clock: ended, ..START }, &usual),
            ("a licence by a root key that is over", Start { clock: ended, ..START }, &of_root),
            (
                "a licence that is over, by the latest moment seen",
                Start { clock: ended - 9, latest: ended, ..START },
                &usual,
            ),
            ("a licence whose certificate is over", Start { clock: NOW + 3 * DAY, ..START }, &brief),
            ("a licence for ever whose certificate is over", Start { clock: late, ..START }, &for_ever),
            (
                "a licence and a clock turned back behind the latest moment seen",
                Start { latest: NOW + 3 * DAY, ..START },
                &usual,
            ),
            (
                "a licence and a clock turned back behind it",
                Start { clock: NOW - 365 * DAY, latest: 0, ..START },
                &usual,
            ),
            (
                "a licence by a root key and a clock turned back behind it",
                Start { clock: NOW - 301, latest: 0, ..START },
                &of_root,
            ),
            ("a licence signed before its certificate", START, &unborn),
        ];
        Ok(cases.map(|(name, start, licence)| self.licence(name, start, &write(licence), false)).into())
    }

    fn licences_of_other_keys(&self) -> Result<Vec<Value>> {
        let by = |key: &OnlineKey| -> Result<String> { Ok(key.license(&claims(HOLDER, Some(30))?)?) };
        let usual = self.usual_licence()?;
        let body = payload(&usual)?;
        let kid = self.public()?.thumbprint();
        let online = || PrivateKey::from_pkcs8(&self.online);
        let header = |kid: &str| json!({"alg": "ES256", "typ": "kami-licence+jws", "kid": kid});
        let with_certificate = |kid: &str| {
            let mut header = header(kid);
            header["crt"] = self.usual_key()?.certificate_text.into();
            self.handmade(&header, &body)
        };
        // Whoever has the online key names a root key, or himself, as who signed.
        let of_root = self.handmade(&header(&self.root.public().thumbprint()), &body)?;
        let cases = [
            (
                "a licence by a key of a root key that is not pinned",
                by(&self.key(&self.stranger, Some(APP), NOW - DAY, 90)?)?,
            ),
            ("a licence by a root key that is not pinned", claims(HOLDER, Some(30))?.signed(&self.stranger)?),
            ("a licence by a key for another app", by(&self.key(&self.root, Some("other"), NOW - DAY, 90)?)?),
            ("a licence by a key that certifies itself", by(&self.key(&online()?, None, NOW - DAY, 90)?)?),
            ("a licence by a key without its certificate", self.handmade(&header(&kid), &body)?),
            ("a licence by a key that says it is the root key", of_root),
            ("a licence of another kid than its certificate's", with_certificate("another")?),
            (
                "a licence that was made longer",
                altered(&usual, &(NOW + 30 * DAY).to_string(), &(NOW + 70 * DAY).to_string())?,
            ),
            (
                "a licence by a root key that was made longer",
                altered(&claims(HOLDER, Some(30))?.signed(&self.root)?, r#""exp""#, r#""exb""#)?,
            ),
        ];
        Ok(cases.map(|(name, licence)| self.licence(name, START, &write(&licence), false)).into())
    }

    fn licences_of_other_kinds(&self) -> Result<Vec<Value>> {
        let key = self.usual_key()?;
        let usual = self.usual_licence()?;
        let body = payload(&usual)?;
        let header = |change: Change| {
            let mut header = object(json!({
                "alg": "ES256", "typ": "kami-licence+jws", "kid": key.kid, "crt": key.certificate_text
            }));
            change(&mut header);
            Value::Object(header)
        };
        let changes: [(&str, Change); 6] = [
            ("a licence with alg none", |header| drop(header.insert("alg".to_owned(), "none".into()))),
            ("a licence with alg HS256", |header| drop(header.insert("alg".to_owned(), "HS256".into()))),
            ("a licence without alg", |header| drop(header.remove("alg"))),
            ("a licence with the typ of a proof", |header| {
                drop(header.insert("typ".to_owned(), "kami-proof+jws".into()));
            }),
            ("a licence without typ", |header| drop(header.remove("typ"))),
            ("a licence with crit", |header| drop(header.insert("crit".to_owned(), json!(["exp"])))),
        ];
        let mut cases = Vec::new();
        for (name, change) in changes {
            let licence = self.handmade(&header(change), &body)?;
            cases.push(self.licence(name, START, &write(&licence), false));
        }
        let unsigned = format!("{}.{}.", encode(header(changes[0].1).to_string()), encode(&body));
        let week = Some(NOW + 7 * DAY);
        let case = Case { clock: NOW + DAY, latest: NOW, ..Case::default() };
        let proof = Self::proof(&case, &key, NOW, week)?;
        // Signed for the one kind, with what the other says.
        let claimed = payload(&proof)?;
        let as_lease = self.handmade(&header(|_| ()), &claimed)?;
        cases.extend([
            self.licence("a licence with alg none and no signature", START, &write(&unsigned), false),
            self.licence("a proof as licence", START, &write(&proof), false),
            self.licence("a certificate as licence", START, &write(&key.certificate_text), false),
            self.lease("a licence as lease", &case, &usual, false),
            self.lease("a licence that says what a lease does", &case, &as_lease, false),
            self.answered("a licence as proof", &Case::default(), &usual.into(), false),
            self.answered("a licence that says what a proof does", &Case::default(), &as_lease.into(), false),
        ]);
        Ok(cases)
    }

    fn files_of_licences(&self) -> Result<Vec<Value>> {
        let usual = self.usual_licence()?;
        let file = write(&usual);
        let end = file.find("-----END").ok_or("no end")?;
        let behind = |from: usize| file.get(from..).ok_or("no such part");
        let other = write(&claims(Holder { machine: "another", ..HOLDER }, None)?.signed(&self.root)?);
        let mut answer = admitted();
        answer.insert("message".to_owned(), "n".repeat(MAX_BYTES).into());
        let long = Claims::new(HOLDER, &NONCE.parse()?, answer, NOW, None).signed(&self.root)?;
        let (_, signature) = usual.rsplit_once('.').ok_or("no signature")?;
        let good = [
            ("good: a licence with CRLF", file.replace('\n', "\r\n")),
            (
                "good: a licence with text around it",
                format!("Dear Ann, 你好\n\n{file}\nBest wishes\n-- \nthe seller\n"),
            ),
            ("good: a licence behind a byte order mark", format!("\u{feff}{file}")),
            ("good: a licence that is indented", file.replace('\n', "\n\t  ")),
            ("good: a licence with empty lines", file.replace('\n', "\n\n")),
            (
                "good: a licence in one line",
                format!("-----BEGIN KAMI LICENCE-----\n{usual}\n-----END KAMI LICENCE-----"),
            ),
            ("good: a licence before another", format!("{file}{other}")),
        ];
        let bad = [
            ("no licence in the file", "Dear Ann,\n".to_owned()),
            ("an empty file as licence", String::new()),
            ("a licence without lines around it", usual.clone()),
            ("a licence without its begin line", behind("-----BEGIN KAMI LICENCE-----\n".len())?.to_owned()),
            ("a licence without its end line", file[..end].to_owned()),
            ("a licence that is cut off", file[..end / 2].to_owned()),
            ("a licence that is cut off in its end line", file[..end + 12].to_owned()),
            ("a licence of which a line is missing", format!("{}{}", &file[..29], behind(29 + 65)?)),
            ("a licence without its last character", write(&usual[..usual.len() - 1])),
            ("a licence without its signature", write(&usual[..usual.len() - signature.len() - 1])),
            ("a licence with a fourth part", write(&format!("{usual}.AA"))),
            ("a licence with padding", write(&format!("{usual}=="))),
            ("a licence that was quoted", file.replace('\n', "\n> ")),
            ("a licence behind another's", format!("{other}{file}")),
            ("a licence of another name", file.replace("LICENCE", "CERTIFICATE")),
            ("an empty licence", "-----BEGIN KAMI LICENCE-----\n-----END KAMI LICENCE-----\n".to_owned()),
            ("a licence that is too long", write(&long)),
        ];
        let good = good.map(|(name, text)| self.licence(name, START, &text, true));
        let bad = bad.map(|(name, text)| self.licence(name, START, &text, false));
        Ok(good.into_iter().chain(bad).collect())
    }
}
