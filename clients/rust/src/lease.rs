//! Who is believed, and the lease kept for a start without network: goes beside main.rs.
use crate::proof::{Asked, Proven, check, check_lease, is_about};
use crate::{APP, Answer, Kami, PRODUCT, ROOT_KEYS, SERVER, TIMEOUT, WAIT, machine};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::time::{Instant, SystemTime};
use std::{env, fs, io, io::Write as _, path::Path, path::PathBuf, process};

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

    /// The admission of the kept lease, where it lets start now.
    pub(crate) fn kept(&self, code: &str) -> Option<Answer> {
        let (mut said, at, until) = self.trust.as_ref()?.start(code, &machine::code(APP).ok()?)?;
        said["renew_after"] = Value::Null; // that is long gone
        Some(self.granted(said, at, until))
    }
}

/// Seconds since 1970 by the machine's clock.
pub fn clock() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// The root keys, and what a file keeps: "proof" is the lease, "latest" the latest moment seen, and "proven" the latest
/// that a proof told; a clock that was wrong once must not make certificates look old.
pub struct Trust {
    roots: Vec<String>,
    file: PathBuf,
    start: Instant,
    started: AtomicI64, // when that was: by the clock, or by the last proof
    proven: AtomicI64,  // by the last proof; 0: there was none
}

impl Trust {
    pub fn new(roots: Vec<String>, folder: &Path) -> Self {
        let (file, started) = (folder.join("licence.json"), clock().into());
        Self { roots, file, start: Instant::now(), started, proven: 0.into() }
    }

    fn running(&self) -> i64 {
        i64::try_from(self.start.elapsed().as_secs()).unwrap_or(i64::MAX)
    }

    /// A clock that is turned back while it runs goes on nevertheless.
    fn now(&self, start: &AtomicI64) -> i64 {
        clock().max(start.load(Relaxed) + self.running())
    }

    /// The lease, the latest moment seen, and the latest that a proof told.
    fn kept(&self) -> (String, i64, i64) {
        let text = fs::read_to_string(&self.file).unwrap_or_default();
        let kept: Value = serde_json::from_str(&text).unwrap_or_default();
        let moment = |name| kept[name].as_i64().unwrap_or(0);
        (kept["proof"].as_str().unwrap_or("").into(), moment("latest"), moment("proven"))
    }

    fn keep(&self, proof: &str, latest: i64, proven: i64) -> io::Result<()> {
        let kept = json!({"proof": proof, "latest": latest, "proven": proven}).to_string();
        let written = self.file.with_extension(process::id().to_string());
        let mut open = fs::OpenOptions::new();
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut open, 0o600);
        fs::create_dir_all(self.file.parent().unwrap_or(&self.file))?;
        open.write(true).create(true).truncate(true).open(&written)?.write_all(kept.as_bytes())?;
        fs::rename(written, &self.file)
    }

    /// The answer to act upon, when it was made, and until when it is good.
    pub fn answer(&self, asked: &Asked, status: u16, body: &str) -> Option<(Value, i64, i64)> {
        let (mut proof, _, proven) = self.kept();
        let Proven { payload, answer } =
            check(&self.roots, asked, status, body, self.now(&self.proven).max(proven))?;
        let (at, until) = (payload["iat"].as_i64()?, payload["exp"].as_i64()?);
        let validates = asked.route == "POST /api/validate";
        let is_final = validates && matches!(status, 200 | 400..=407 | 409..=428 | 430..=499);
        let gives_up = answer["unbound"] == true || answer["released"] == true;
        if is_final && status == 200 && payload["offline_until"].is_i64() {
            let said: Value = serde_json::from_str(body).ok()?;
            proof = said["proof"].as_str()?.into();
        } else if (is_final || gives_up) && is_about(&proof, asked.code) {
            proof.clear();
        }
        self.started.store(at - self.running(), Relaxed);
        self.proven.store(at - self.running(), Relaxed);
        drop(self.keep(&proof, clock().max(at), proven.max(at))); // else it starts with network only
        Some((answer, at, until))
    }

    /// The same of the kept lease, where it lets start.
    pub fn start(&self, code: &str, machine: &str) -> Option<(Value, i64, i64)> {
        let (proof, latest, proven) = self.kept();
        let latest = latest.max(proven).max(self.now(&self.started));
        let lease = (&*proof, PRODUCT, code, machine);
        let Proven { payload, answer } = check_lease(&self.roots, lease, (clock(), latest))?;
        drop(self.keep(&proof, latest, proven));
        Some((answer, clock(), payload["offline_until"].as_i64()?))
    }
}
