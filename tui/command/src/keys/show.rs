//! `kami keys show`.

use std::path::PathBuf;

use chrono::Utc;
use clap::Args;
use kami_common::key_file::{self, KeyFileProblem};
use kami_common::shown::whole_moment;
use kami_common::words::say;
use kami_core::app::AppName;
use kami_trust::key::PublicKey;
use kami_trust::online::{OnlineKeyError, OnlineKeys};
use kami_trust::pem_file::KeyFileError;
use serde_json::json;

use super::super::failure::Failure;
use super::super::output::{Output, Table};
use super::Surroundings;
use super::list::{as_json, moment, state};

/// Show what is public of the keys in a file
///
/// Of a root key what an app pins; of an online key what its certificate says.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  kami keys show root.pem\n  kami keys show online.pem --json")]
pub(super) struct Show {
    /// The file; by default the one that `KAMI_SIGNING_KEY_FILE` names
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Print JSON lines
    #[arg(long)]
    json: bool,
}

impl Show {
    pub(super) fn run(self, at: &Surroundings<'_>) -> Result<(), Failure> {
        let file = at.file(self.file)?;
        let mut out = Output::open();
        match key_file::online(&file) {
            Ok(keys) => show_online(at, &mut out, &keys, self.json)?,
            Err(KeyFileProblem::Keys(OnlineKeyError::File(KeyFileError::Uncertified(_)))) => {
                let root = key_file::root(&file).map_err(|problem| at.unusable(&file, &problem))?;
                show_root(at, &mut out, &root.public(), self.json)?;
            }
            Err(problem) => return Err(at.unusable(&file, &problem)),
        }
        Ok(out.flush()?)
    }
}

fn show_root(at: &Surroundings<'_>, out: &mut Output, key: &PublicKey, json: bool) -> Result<(), Failure> {
    if json {
        out.json(&json!({ "kid": key.thumbprint(), "pin": key.pin(), "state": "root" }))?;
        return Ok(());
    }
    let mut table = Table::default();
    table.push([say!(at.language, "keys.kid"), key.thumbprint()]);
    table.push([say!(at.language, "keys.state"), say!(at.language, "keys.is.root")]);
    table.push([say!(at.language, "keys.pin"), key.pin()]);
    Ok(out.table(&table)?)
}

fn show_online(
    at: &Surroundings<'_>,
    out: &mut Output,
    keys: &OnlineKeys,
    json: bool,
) -> Result<(), Failure> {
    let now = Utc::now().timestamp();
    for (key, number) in keys.iter().zip(0..) {
        if json {
            let mut shown = as_json(keys, key, now);
            shown["certificate"] = key.certificate_text.as_str().into();
            out.json(&shown)?;
            continue;
        }
        if number > 0 {
            out.line("")?;
        }
        let app = key.certificate.app.as_ref().map(AppName::to_string);
        let mut table = Table::default();
        let state = say!(at.language, format!("keys.is.{}", state(keys, key, now)));
        for (label, value) in [
            ("keys.kid", key.kid.clone()),
            ("keys.state", state),
            ("keys.app", app.unwrap_or_else(|| say!(at.language, "keys.all_apps"))),
            ("keys.from", whole_moment(at.zone, moment(key.certificate.from))),
            ("keys.until", whole_moment(at.zone, moment(key.certificate.until))),
            ("keys.root", key.root.clone()),
        ] {
            table.push([say!(at.language, label), value]);
        }
        out.table(&table)?;
    }
    Ok(())
}
