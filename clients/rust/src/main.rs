//! kami in Rust: paste it in with Cargo.toml's dependencies and call `validate` and the like off the UI thread.
use self::{lease::Trust, proof::Asked, watch::Term, watch::span};
use serde_json::{Value, json};
use std::{env, error::Error, process::exit, thread::sleep, time::Duration};

mod device;
mod lease;
mod machine;
mod proof;
mod watch;

const APP: &str = "my-app"; // your app's own name: it keeps your machine codes apart from other sellers'
const PRODUCT: &str = "default"; // the app in kami that your cards are of
const VERSION: &str = "1.0.0"; // of your app: kami may tell of a newer one, or want one
const SERVER: &str = "http://127.0.0.1:5000"; // yours, with https
const WAIT: f64 = 1.0; // the unit of its waits, in seconds
const TIMEOUT: f64 = 10.0;
const ROOT_KEYS: &[&str] = &[]; // what `kami keys pin` prints; with none, whoever the address leads to is believed

#[must_use]
pub enum Answer {
    Granted(Value, Term), // done, as its "message" says; "app" is what your app in kami says; see openapi.yaml
    Refused(Value),       // final: show its "message", and the "url" that a version too old is sent to
    Outage(String),       // nobody could tell, and why
}

pub struct Kami {
    server: String,
    wait: f64,
    timeout: f64,
    trust: Option<Trust>,
}

impl Kami {
    fn ask_once(&self, what: &str, fields: &[(&str, &str)]) -> Result<(Answer, u32), Box<dyn Error>> {
        let post = ureq::post(format!("{}/api/{what}", self.server.trim_end_matches('/'))).config();
        let patience = Duration::from_secs_f64(if what == "release" { 2.0 } else { self.timeout });
        let post = post.timeout_global(Some(patience)).http_status_as_error(false).build();
        let (machine, nonce) = (machine::code(APP)?, format!("{:032x}", rand::random::<u128>()));
        let own = [("machine_code", &*machine), ("app", PRODUCT)];
        let once = self.trust.as_ref().map(|_| ("nonce", &*nonce));
        let request = own.iter().chain(fields).copied().chain(once).collect::<Value>().to_string();
        let route = &*format!("POST /api/{what}");
        let (signature, device) = self.signed((route, &nonce, &request)).unzip();
        let headers = [("Content-Type", "application/json")].into_iter();
        let headers = headers.chain(signature.as_deref().map(|signature| ("Kami-Device", signature)));
        let mut reply = headers.fold(post, |post, (name, value)| post.header(name, value)).send(&request)?;
        let (status, wish) = (reply.status().as_u16(), reply.headers().get("Retry-After"));
        let wish = wish.and_then(|seconds| seconds.to_str().ok()?.parse().ok()).unwrap_or(0);
        let body = reply.body_mut().read_to_string().unwrap_or_default();
        let code = fields.iter().find_map(|&(name, code)| (name == "code").then_some(code));
        let (machine, request, device) = (&*machine, &*request, device.as_deref());
        let asked = Asked { app: PRODUCT, route, nonce: &nonce, code, machine, request, device };
        let found = self.believed(&asked, status, &body);
        let proof = if found.is_none() && self.trust.is_some() { ", no proof" } else { "" };
        let (mut said, at, until) = found.unwrap_or_default();
        let when = if wish > 0 { format!(" ({})", span(wish.into())) } else { String::new() };
        let why = said["message"].as_str().map(|message| format!("{message}{when}"));
        let answer = match (status, said["status"].as_str(), why) {
            (200, Some("success"), _) => self.granted(said, at, until),
            (408 | 429, Some("error"), Some(why)) => Answer::Outage(why), // the user has to wait
            (400..=499, Some("error"), Some(why)) => {
                said["message"] = why.into();
                Answer::Refused(said)
            }
            _ => Answer::Outage(format!("no usable answer from the licence server: HTTP {status}{proof}")),
        };
        Ok((answer, wish))
    }

    /// Once, and once more at once where the proof told the moment to sign at.
    fn ask_now(&self, what: &str, fields: &[(&str, &str)]) -> (Answer, u32) {
        let failed = |error| (Answer::Outage(format!("no answer from the licence server: {error}")), 0);
        match self.ask_once(what, fields).unwrap_or_else(failed) {
            (Answer::Refused(said), _) if said["reason"] == "signature_expired" => {
                self.ask_once(what, fields).unwrap_or_else(failed)
            }
            told => told,
        }
    }

    fn ask(&self, what: &str, fields: &[(&str, &str)], tries: i32) -> Answer {
        for attempt in 1..tries {
            let (answer, wish) = self.ask_now(what, fields);
            if !matches!(answer, Answer::Outage(_)) {
                return answer;
            }
            let wish = f64::min(wish.into(), self.wait * 10.0); // the server's own counts, capped
            let pause = f64::max(self.wait * 2f64.powi(attempt - 1), wish);
            sleep(Duration::from_secs_f64(pause * (1.0 + rand::random::<f64>() / 2.0))); // jitter spreads a crowd out
        }
        self.ask_now(what, fields).0
    }

    pub fn validate(&self, code: &str) -> Answer {
        let answer = self.ask("validate", &[("code", code), ("version", VERSION)], 4);
        if matches!(answer, Answer::Outage(_)) { self.kept(code).unwrap_or(answer) } else { answer }
    }

    /// For another machine. Three tries are within the minute in which none pays twice.
    pub fn unbind(&self, code: &str) -> Answer {
        self.ask("unbind", &[("code", code)], 3).saying(|said| {
            let unbound = if said["unbound"] == true { "unbound" } else { "nothing left to unbind" };
            let (left, cost) = (said["remaining_unbinds"].as_u64(), &said["cost"]);
            let left = left.map(|left| format!(", {left} more within 30 days")).unwrap_or_default();
            let paid = cost["seconds"].as_u64().map(span);
            let paid = paid.or(cost["points"].as_u64().map(|points| format!("{points} points")));
            let paid = paid.map(|paid| format!(", paid {paid}")).unwrap_or_default();
            format!("{unbound}{left}{paid}").into()
        })
    }

    /// One for each machine: keep its "code", and validate that from then on.
    pub fn trial(&self) -> Answer {
        self.ask("trial", &[("version", VERSION)], 4).saying(|said| said["code"].clone())
    }

    /// Adds to the card what another one has, which is gone then.
    pub fn recharge(&self, code: &str, burnt: &str) -> Answer {
        self.ask("recharge", &[("code", code), ("with", burnt)], 4).saying(|_| json!("topped up"))
    }
}

fn main() {
    let (kami, words) = (Kami::of_constants(), env::args().skip(1).collect::<Vec<_>>());
    let answer = match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--unbind", ref code @ ..] => kami.unbind(&code.join(" ")),
        ["--trial"] => kami.trial(),
        ["--release", ref code @ ..] => kami.release(&code.join(" ")),
        ["--licence", file, ref code @ ..] => kami.keep_licence(file, &code.join(" ")),
        ["--watch", ref code @ ..] => kami.watch(&code.join(" "), kami.validate(&code.join(" "))),
        ["--recharge", code, ref burnt @ ..] => kami.recharge(code, &burnt.join(" ")),
        ref code => kami.validate(&code.join(" ")),
    };
    let (said, status) = match answer {
        Answer::Granted(said, _) => (said, 0),
        Answer::Refused(said) => (said, 1),
        Answer::Outage(why) => (json!({"message": why}), 2),
    };
    let (until, points) = (said["expire_at"].as_str().map(String::from), said["points"].as_u64());
    let has: Vec<_> = until.into_iter().chain(points.map(|points| format!("{points} points"))).collect();
    let has = (!has.is_empty()).then(|| format!("({})", has.join(", ")));
    let (message, url, notice) = (&said["message"], &said["url"], &said["app"]["notice"]);
    let parts = [message.as_str(), has.as_deref(), url.as_str(), notice.as_str()].into_iter().flatten();
    let shown = |part: &str| part.replace(char::is_control, " "); // a terminal obeys those
    let line = parts.map(shown).collect::<Vec<_>>().join(" ");
    println!("{}", line.split_whitespace().collect::<Vec<_>>().join(" "));
    exit(status);
}
