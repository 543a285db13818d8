//! kami in Rust: paste it in with Cargo.toml's dependencies and call `validate` off the UI thread.
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{env, error::Error, fs, path::PathBuf, process::exit, thread::sleep, time::Duration};

const APP: &str = "my-app"; // your app's own name: it keeps your machine codes apart from other sellers'

#[must_use]
pub enum Answer {
    Admitted(String, Option<String>), // message and expiry; no expiry: for ever
    Refused(String),                  // final: show the message
    Outage(String),                   // nobody could tell, and why
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
    let mut reply = post.send(json!({"code": code, "machine_code": machine_code()?}).to_string())?;
    let status = reply.status().as_u16();
    let wish = reply.headers().get("Retry-After").and_then(|seconds| seconds.to_str().ok()?.parse().ok());
    let body: Value = serde_json::from_reader(reply.body_mut().as_reader()).unwrap_or_default();
    let text = |name: &str| body[name].as_str().map(String::from); // none in a captive portal's page
    let answer = match (status, body["status"].as_str(), text("message")) {
        (200, Some("success"), Some(message)) => Answer::Admitted(message, text("expire_at")),
        (400..500, Some("error"), Some(message)) if ![408, 429].contains(&status) => Answer::Refused(message),
        (429, Some("error"), Some(message)) => Answer::Outage(message), // too many wrong codes: the user has to wait
        _ => Answer::Outage(format!("no usable answer from the licence server: HTTP {status}")),
    };
    Ok((answer, wish.unwrap_or(0.0)))
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
    let (line, status) = match validate(&code, &server, secs("KAMI_WAIT", 1.0), secs("KAMI_TIMEOUT", 10.0)) {
        Answer::Admitted(text, until) => (until.map_or(text.clone(), |time| format!("{text} ({time})")), 0),
        Answer::Refused(message) => (message, 1),
        Answer::Outage(message) => (message, 2),
    };
    println!("{line}");
    exit(status);
}
