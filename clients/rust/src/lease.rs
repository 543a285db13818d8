//! Who is believed, and what is kept for a start without network: goes beside main.rs.
use crate::device::{Check, Device, Own, write};
use crate::proof::{Asked, Proven, check, is_about};
use crate::{APP, Kami, PRODUCT, ROOT_KEYS, SERVER, TIMEOUT, WAIT, machine};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::time::{Instant, SystemTime};
use std::{env, fs, io, path::Path, path::PathBuf};

impl Kami {
    pub fn of_constants() -> Self {
        // its tests say other ones, as nobody can to a release build
        let set = |name| env::var(format!("KAMI_{name}")).ok().filter(|_| cfg!(debug_assertions));
        let seconds = |name, own| set(name).and_then(|text| text.parse().ok()).unwrap_or(own);
        let (wait, timeout) = (seconds("WAIT", WAIT), seconds("TIMEOUT", TIMEOUT));
        let roots = set("ROOT_KEYS").unwrap_or(ROOT_KEYS.join(" "));
        let roots: Vec<String> = roots.split_whitespace().map(String::from).collect();
        let trust = (!roots.is_empty()).then(|| Trust::new(roots, &machine::folder(APP).unwrap_or_default()));
        Self { server: set("URL").unwrap_or(SERVER.into()), wait, timeout, trust }
    }

    /// The answer to act upon, when it was made, and until when it is good.
    pub(crate) fn believed(&self, asked: &Asked, status: u16, body: &str) -> Option<(Value, i64, i64)> {
        let Some(trust) = &self.trust else {
            return Some((serde_json::from_str(body).ok()?, clock(), clock() + 3600));
        };
        trust.answer(asked, status, body)
    }

    /// The header `Kami-Device` of a request, and the thumbprint of the key that signed it; none without one.
    pub(crate) fn signed(&self, request: (&str, &str, &str)) -> Option<(String, String)> {
        let trust = self.trust.as_ref()?;
        let (device, since) = (trust.device()?, trust.proven.load(Relaxed));
        let moment = if since > 0 { since + trust.running() } else { clock() };
        Some((device.sign(request, moment, trust.kept().sequence)?, device.thumbprint()))
    }
}

/// Seconds since 1970 by the machine's clock.
pub fn clock() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// What a file keeps: the lease, the latest moment seen, and the latest that a proof told, since a clock that was wrong
/// once must not make certificates look old; and the last number that the server told this device.
#[derive(Default)]
pub struct Kept {
    pub proof: String,
    latest: i64,
    proven: i64,
    sequence: i64,
}

/// The root keys, and the folder of what is kept.
pub struct Trust {
    roots: Vec<String>,
    pub folder: PathBuf,
    start: Instant,
    started: AtomicI64, // when that was: by the clock, or by the last proof
    proven: AtomicI64,  // by the last proof; 0: there was none
}

impl Trust {
    pub fn new(roots: Vec<String>, folder: &Path) -> Self {
        let (folder, started) = (folder.into(), clock().into());
        Self { roots, folder, start: Instant::now(), started, proven: 0.into() }
    }

    fn running(&self) -> i64 {
        i64::try_from(self.start.elapsed().as_secs()).unwrap_or(i64::MAX)
    }

    /// A clock that is turned back while it runs goes on nevertheless.
    fn now(&self, start: &AtomicI64) -> i64 {
        clock().max(start.load(Relaxed) + self.running())
    }

    fn device(&self) -> Option<Device> {
        Device::of(&self.folder.join("device.json"))
    }

    pub fn kept(&self) -> Kept {
        let text = fs::read_to_string(self.folder.join("licence.json")).unwrap_or_default();
        let kept: Value = serde_json::from_str(&text).unwrap_or_default();
        let number = |name| kept[name].as_i64().unwrap_or(0);
        let (latest, proven, sequence) = (number("latest"), number("proven"), number("sequence"));
        Kept { proof: kept["proof"].as_str().unwrap_or("").into(), latest, proven, sequence }
    }

    fn keep(&self, Kept { proof, latest, proven, sequence }: &Kept) -> io::Result<()> {
        let kept = json!({"proof": proof, "latest": latest, "proven": proven, "sequence": sequence});
        write(&self.folder.join("licence.json"), &kept.to_string(), |from, to| fs::rename(from, to))
    }

    /// The answer to act upon, when it was made, and until when it is good.
    pub fn answer(&self, asked: &Asked, status: u16, body: &str) -> Option<(Value, i64, i64)> {
        let moment = self.now(&self.proven).max(self.kept().proven);
        let Proven { payload, answer } = check(&self.roots, asked, status, body, moment)?;
        let mut kept = self.kept(); // another process may have kept something meanwhile
        let (at, until) = (payload["iat"].as_i64()?, payload["exp"].as_i64()?);
        let validates = asked.route == "POST /api/validate" && answer["reason"] != "signature_expired";
        let is_final = validates && matches!(status, 200 | 400..=407 | 409..=428 | 430..=499);
        let gives_up = answer["unbound"] == true || answer["released"] == true;
        if is_final && status == 200 && payload["offline_until"].is_i64() {
            let said: Value = serde_json::from_str(body).ok()?;
            kept.proof = said["proof"].as_str()?.into();
        } else if (is_final || gives_up) && is_about(&kept.proof, asked.code) {
            kept.proof.clear();
        }
        self.started.store(at - self.running(), Relaxed);
        self.proven.store(at - self.running(), Relaxed);
        kept.sequence = answer["device_sequence"].as_i64().unwrap_or(kept.sequence);
        (kept.latest, kept.proven) = (clock().max(at), kept.proven.max(at));
        drop(self.keep(&kept)); // else it starts with network only
        Some((answer, at, until))
    }

    /// The same of a kept lease or a licence file, where it lets start.
    pub fn start(&self, check: Check, text: &str, code: &str, machine: &str) -> Option<(Value, i64, i64)> {
        let Kept { latest, proven, .. } = self.kept();
        let latest = latest.max(proven).max(self.now(&self.started));
        let device = self.device().map(|device| device.thumbprint());
        let own = Own { app: PRODUCT, code, machine, device: device.as_deref() };
        let Proven { payload, answer } = check(&self.roots, text, &own, (clock(), latest))?;
        drop(self.keep(&Kept { latest, ..self.kept() }));
        let until = payload["offline_until"].as_i64().or(payload["exp"].as_i64());
        Some((answer, clock(), until.unwrap_or(i64::MAX)))
    }
}
