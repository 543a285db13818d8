//! How long an answer is good, starting without one, and asking again while an app runs: goes beside main.rs.
use crate::device::{Check, check_lease, check_licence, write};
use crate::{APP, Answer, Kami, machine};
use chrono::DateTime;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use std::{fs, path::Path, thread::sleep};

const LICENCE: &str = "licence.txt";

fn licence(file: &Path) -> Option<String> {
    Some(String::from_utf8_lossy(&fs::read(file).ok()?).into_owned())
}

/// For how many seconds a program that runs may rely on an answer, and after how many it had best ask again.
#[derive(Clone, Copy)]
pub struct Term {
    lasts: f64,
    ask_after: f64,
}

/// For people, rounded up: `90 min`.
pub fn span(seconds: u64) -> String {
    let sizes = [(86400, "d"), (3600, "h"), (60, "min")];
    let (size, unit) = sizes.into_iter().find(|(size, _)| seconds >= 2 * size).unwrap_or((1, "s"));
    format!("{} {unit}", seconds.div_ceil(size))
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

    /// The admission of the kept lease, or else of a licence file, where one lets start now.
    pub(crate) fn kept(&self, code: &str) -> Option<Answer> {
        let trust = self.trust.as_ref()?;
        let by_licence = || self.start(check_licence, &licence(&trust.folder.join(LICENCE))?, code);
        self.start(check_lease, &trust.kept().proof, code).or_else(by_licence)
    }

    fn start(&self, check: Check, text: &str, code: &str) -> Option<Answer> {
        let trust = self.trust.as_ref()?;
        let (mut said, at, until) = trust.start(check, text, code, &machine::code(APP).ok()?)?;
        said["renew_after"] = Value::Null; // that is long gone
        Some(self.granted(said, at, until))
    }

    /// Puts a licence file where `validate` finds it without a network, if it is one of this card for this machine.
    pub fn keep_licence(&self, file: &str, code: &str) -> Answer {
        let kept = || {
            let (trust, text) = (self.trust.as_ref()?, licence(Path::new(file))?);
            let answer = self.start(check_licence, &text, code)?;
            write(&trust.folder.join(LICENCE), &text, |from, to| fs::rename(from, to)).ok()?;
            Some(answer)
        };
        let none = json!({"message": "no licence of this card for this machine"});
        kept().unwrap_or(Answer::Refused(none))
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

impl Answer {
    /// Where it is granted, with this message.
    pub(crate) fn saying(mut self, message: impl Fn(&Value) -> Value) -> Self {
        if let Self::Granted(said, _) = &mut self {
            said["message"] = message(said);
        }
        self
    }
}
