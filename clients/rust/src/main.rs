//! kami in Rust: paste it in with Cargo.toml's dependencies and call `validate` off the UI thread.
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{env, error::Error, fs, path::PathBuf, process::exit, thread::sleep, time::Duration};

const APP: &str = "my-app"; // your app's own name: it keeps your machine codes apart from other sellers'
const PRODUCT: &str = "default"; // the app in kami that your cards are of
const VERSION: &str = "1.0.0"; // of your app: kami may tell of a newer one, or want one

#[must_use]
pub enum Answer {
    Admitted(Value), // until its "expire_at" or for ever; its "app" is what your app in kami says
    Refused(Value),  // final: show its "message", and the "url" that a version too old is sent to
    Outage(String),  // nobody could tell, and why
}

/// The same at every start, another on every machine, and hashed: it tells no more.
pub fn machine_code() -> Result<String, Box<dyn Error>> {
    let set = |name| env::var_os(name).filter(|path| !path.is_empty()).map(PathBuf::from);
    let home = set("APPDATA").or(set("XDG_CONFIG_HOME")).or(env::home_dir().map(|home| home.join(".config")));
    let config = home.ok_or("no home folder")?.join(APP);
    let (system, own) = (fs::read_to_string("/etc/machine-id").ok(), config.join("machine-id"));
    let found = [system, machine_uid::get().ok(), fs::read_to_string(&own).ok()];
    let mut id = found.iter().flatten().map(|id| id.trim()).find(|id| id.len() >= 32).map(String::from);
    if id.is_none() {
        fs::create_dir_all(config)?; // a container, perhaps: make an id once and keep it
        fs::write(&own, id.insert(format!("{:032x}", rand::random::<u128>())))?;
    }
    Ok(format!("{:x}", Sha256::digest(format!("{APP}:{}", id.unwrap_or_default()))))
}

fn ask(url: &str, code: &str, timeout: f64) -> Result<(Answer, f64), Box<dyn Error>> {
    let post = ureq::post(url).config().timeout_global(Some(Duration::from_secs_f64(timeout)));
    let post = post.http_status_as_error(false).build().header("Content-Type", "application/json");
    let own = json!({"code": code, "machine_code": machine_code()?, "app": PRODUCT, "version": VERSION});
    let mut reply = post.send(own.to_string())?;
    let (status, wish) = (reply.status().as_u16(), reply.headers().get("Retry-After"));
    let wish = wish.and_then(|seconds| seconds.to_str().ok()?.parse().ok()).unwrap_or(0.0);
    let said: Value = serde_json::from_reader(reply.body_mut().as_reader()).unwrap_or_default();
    let answer = match (status, said["status"].as_str(), said["message"].as_str()) {
        (200, Some("success"), Some(_)) => Answer::Admitted(said),
        (429, Some("error"), Some(message)) => Answer::Outage(message.into()), // the user has to wait
        (400..=499, Some("error"), Some(_)) if status != 408 => Answer::Refused(said),
        _ => Answer::Outage(format!("no usable answer from the licence server: HTTP {status}")),
    };
    Ok((answer, wish))
}

pub fn validate(code: &str, server: &str, wait: f64, timeout: f64) -> Answer {
    let url = format!("{}/api/validate", server.trim_end_matches('/'));
    let failed = |error| (Answer::Outage(format!("no answer from the licence server: {error}")), 0.0);
    for attempt in 0..3 {
        let (answer, wish) = ask(&url, code, timeout).unwrap_or_else(failed);
        if !matches!(answer, Answer::Outage(_)) {
            return answer;
        }
        let pause = f64::max(wait * 2f64.powi(attempt), f64::min(wish, wait * 10.0)); // its wish, capped
        sleep(Duration::from_secs_f64(pause * (1.0 + rand::random::<f64>() / 2.0))); // jitter spreads a crowd out
    }
    ask(&url, code, timeout).unwrap_or_else(failed).0 // the fourth and last
}

fn main() {
    let secs = |name, usual| env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual);
    let server = env::var("KAMI_URL").unwrap_or("http://127.0.0.1:5000".into()); // in an app: fixed, https
    let code = env::args().skip(1).collect::<Vec<_>>().join(" ");
    let (said, status) = match validate(&code, &server, secs("KAMI_WAIT", 1.0), secs("KAMI_TIMEOUT", 10.0)) {
        Answer::Admitted(said) => (said, 0),
        Answer::Refused(said) => (said, 1),
        Answer::Outage(why) => (json!({"message": why}), 2),
    };
    let until = said["expire_at"].as_str().map(|time| format!("({time})"));
    let (message, url, notice) = (&said["message"], &said["url"], &said["app"]["notice"]);
    let parts = [message.as_str(), until.as_deref(), url.as_str(), notice.as_str()].into_iter().flatten();
    let shown = |part: &str| part.replace(char::is_control, " "); // a terminal obeys those
    let line = parts.map(shown).collect::<Vec<_>>().join(" ");
    println!("{}", line.split_whitespace().collect::<Vec<_>>().join(" "));
    exit(status);
}
