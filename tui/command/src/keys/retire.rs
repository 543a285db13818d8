//! `kami keys retire`.

use std::path::PathBuf;

use chrono::Utc;
use clap::Args;
use kami_common::key_file;
use kami_common::words::say;
use kami_core::app::AppName;
use kami_trust::online::OnlineKeys;
use kami_trust::pem_file;
use serde_json::json;

use super::super::confirm::{self, Question};
use super::super::failure::Failure;
use super::super::output::Output;
use super::Surroundings;
use super::list::state;

/// The fewest characters by which a key may be named.
const SHORTEST_NAME: usize = 6;

/// Take an online key out of its file, so that it signs no more
///
/// The server sees that within seconds, where it has a file. A key that was stolen signs on in the thief's hands until its end: only apps that have
/// seen a later moment refuse it then.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  kami keys retire 0ZcOCORZ --file online.pem")]
pub(super) struct Retire {
    /// The key, by the beginning of its name
    #[arg(value_name = "KID", allow_hyphen_values = true)]
    kid: String,
    /// The file; by default the one that `KAMI_SIGNING_KEY_FILE` names
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Retire {
    pub(super) fn run(self, at: &Surroundings<'_>) -> Result<(), Failure> {
        let file = at.file(self.file)?;
        let unusable = |problem| at.unusable(&file, &problem);
        let mut stored = key_file::stored(&file).map_err(unusable)?;
        let keys = OnlineKeys::of(stored.clone()).map_err(|problem| unusable(problem.into()))?;
        let found: Vec<_> = keys.iter().zip(0..).filter(|(key, _)| key.kid.starts_with(&self.kid)).collect();
        let words = |key| say!(at.language, key, kid = self.kid, file = file.display(), n = SHORTEST_NAME);
        let (key, place): (_, usize) = match found[..] {
            _ if self.kid.chars().count() < SHORTEST_NAME => {
                return Err(Failure::Usage(words("keys.short_name")));
            }
            [] => return Err(Failure::NotFound(words("keys.no_such_key"))),
            [found] => found,
            _ => return Err(Failure::Usage(words("keys.several"))),
        };
        stored.remove(place);
        if stored.is_empty() {
            return Err(Failure::Refused(say!(at.language, "keys.last", variable = key_file::VARIABLE)));
        }
        let text = pem_file::write(&stored);
        let left = OnlineKeys::of(stored.clone()).map_err(|problem| unusable(problem.into()))?;
        let (now, app) = (Utc::now().timestamp(), key.certificate.app.as_ref());
        let is_missed = state(&keys, key, now) == "signing" && left.signing(app, now).is_none();
        if !self.yes {
            let lost = match app {
                Some(app) => say!(at.language, "keys.unsigned_app", app = app),
                None => say!(at.language, "keys.unsigned_all"),
            };
            let question = Question {
                words: say!(at.language, "keys.retire", kid = key.kid),
                touched: if is_missed { vec![lost] } else { Vec::new() },
                agree: say!(at.language, "keys.agree"),
            };
            confirm::yes(at.language, &question)?;
        }
        key_file::replace(&file, &text).map_err(|error| at.unwritten(&file, &error))?;
        let mut out = Output::open();
        if self.json {
            let app = app.map(AppName::as_str);
            out.json(&json!({ "kid": key.kid, "app": app, "left": stored.len(), "is_missed": is_missed }))?;
        } else {
            out.line(&say!(at.language, "keys.retired", kid = key.kid, file = file.display()))?;
        }
        Ok(out.flush()?)
    }
}
