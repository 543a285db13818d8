//! `kami keys list`, and what it says of a key.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::Args;
use kami_common::key_file;
use kami_common::shown::whole_moment;
use kami_common::words::say;
use kami_core::app::AppName;
use kami_trust::online::{OnlineKey, OnlineKeys};
use serde_json::{Value, json};

use super::super::failure::Failure;
use super::super::output::{Output, Table};
use super::super::record::utc;
use super::Surroundings;

/// List the online keys in a file
///
/// Several sign at once, each answers of its app; of two for the same app the one that was issued last does.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  kami keys list online.pem\n  kami keys list --json | jq -r '\"\\(.kid) \\(.until)\"'"
)]
pub(super) struct List {
    /// The file; by default the one that `KAMI_SIGNING_KEY_FILE` names
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Print JSON lines
    #[arg(long)]
    json: bool,
}

impl List {
    pub(super) fn run(self, at: &Surroundings<'_>) -> Result<(), Failure> {
        let file = at.file(self.file)?;
        let keys = key_file::online(&file).map_err(|problem| at.unusable(&file, &problem))?;
        let now = Utc::now().timestamp();
        let mut out = Output::open();
        if self.json {
            for key in &keys {
                out.json(&as_json(&keys, key, now))?;
            }
        } else {
            let heads = ["keys.kid", "keys.app", "keys.until", "keys.state"];
            let mut table = Table::headed(heads.into_iter().map(|head| say!(at.language, head)));
            for key in &keys {
                let app = key.certificate.app.as_ref().map(AppName::to_string);
                let state = say!(at.language, format!("keys.is.{}", state(&keys, key, now)));
                let until = whole_moment(at.zone, moment(key.certificate.until));
                let app = app.unwrap_or_else(|| say!(at.language, "keys.all_apps"));
                table.push([key.kid.clone(), app, until, state]);
            }
            out.table(&table)?;
        }
        Ok(out.flush()?)
    }
}

/// How a key stands among those of its file: a word that scripts may rely on.
pub(super) fn state(keys: &OnlineKeys, key: &OnlineKey, now: i64) -> &'static str {
    let signing = keys.signing(key.certificate.app.as_ref(), now);
    if signing.is_some_and(|signing| std::ptr::eq(signing, key)) {
        "signing"
    } else if key.certificate.until <= now {
        "over"
    } else if key.certificate.from > now {
        "early"
    } else {
        "ready"
    }
}

/// What a script is told of a key.
pub(super) fn as_json(keys: &OnlineKeys, key: &OnlineKey, now: i64) -> Value {
    json!({
        "kid": key.kid,
        "root": key.root,
        "app": key.certificate.app.as_ref().map(AppName::as_str),
        "from": utc(moment(key.certificate.from)),
        "until": utc(moment(key.certificate.until)),
        "state": state(keys, key, now),
    })
}

/// A moment of a certificate.
pub(in super::super) fn moment(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap_or_default()
}
