//! How long an answer is good, and asking again while an app runs: goes beside main.rs.
use crate::{Answer, Kami};
use chrono::DateTime;
use serde_json::{Value, json};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// For how many seconds a program that runs may rely on an answer, and after how many it had best ask again.
#[derive(Clone, Copy)]
pub struct Term {
    lasts: f64,
    ask_after: f64,
}

impl Kami {
    /// What was said at a moment, and is good until another.
    pub(crate) fn granted(&self, said: Value, at: i64, until: i64) -> Answer {
        let moment = |name| DateTime::parse_from_rfc3339(said[name].as_str()?).ok().map(|it| it.timestamp());
        let left = |name| {
            let end = moment(name).unwrap_or(until).min(until);
            Duration::from_secs(end.saturating_sub(at).try_into().unwrap_or(0)).as_secs_f64()
        };
        let lasts = left("lease_until").min(3600.0);
        let ask_after = f64::min(lasts / 2.0, left("renew_after").max(self.wait));
        Answer::Granted(said, Term { lasts, ask_after })
    }

    /// Asks again while the app runs, once that answer granted it, best in a thread of its own: returns the answer with
    /// which the app has to end.
    pub fn watch(&self, code: &str, mut answer: Answer) -> Answer {
        let mut end = Instant::now();
        loop {
            let pause = match &answer {
                Answer::Granted(_, term) => {
                    end = Instant::now() + Duration::from_secs_f64(term.lasts);
                    term.ask_after
                }
                Answer::Outage(_) if Instant::now() < end => (end - Instant::now()).as_secs_f64() / 2.0,
                _ => return answer,
            };
            sleep(Duration::from_secs_f64(pause.max(self.wait)));
            answer = self.validate(code);
        }
    }

    /// At the end of an app whose seats are leased.
    pub fn release(&self, code: &str) -> Answer {
        self.ask("release", &[("code", code)], 1).saying(|said| {
            let is_released = said["released"] == true;
            json!(if is_released { "released" } else { "nothing to release" })
        })
    }
}
