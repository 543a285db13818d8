//! `kami keys issue`.

use std::path::PathBuf;
use std::time::Duration;

use chrono::Utc;
use clap::Args;
use kami_common::key_file;
use kami_common::shown::whole_moment;
use kami_common::words::{number, say};
use kami_core::app::AppName;
use kami_core::span;
use kami_trust::certificate::{Certificate, LONGEST};
use kami_trust::pem_file::{self, StoredKey};
use serde_json::json;

use super::super::failure::Failure;
use super::super::output::{Output, message};
use super::super::record::utc;
use super::Surroundings;
use super::list::moment;

/// Make an online key, certified by the root key
///
/// Its file goes onto the server, as `KAMI_SIGNING_KEY_FILE`, which is read again without a restart. The certificate travels
/// with each answer, so that no app needs an update.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  kami keys issue --root root.pem --output online.pem\n  \
                  kami keys issue --root root.pem --output demo.pem --app demo --for 30d")]
pub(super) struct Issue {
    /// The file of the root key
    #[arg(long, value_name = "ROOT")]
    root: PathBuf,
    /// Write it into this file, which may not be there yet
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// For answers of this app alone; by default of all
    #[arg(long, value_name = "APP")]
    app: Option<AppName>,
    /// How long it may sign, 90 days at most
    #[arg(long = "for", value_name = "SPAN", default_value = "90d", value_parser = span::parse)]
    span: Duration,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Issue {
    pub(super) fn run(self, at: &Surroundings<'_>) -> Result<(), Failure> {
        let seconds = i64::try_from(self.span.as_secs()).unwrap_or(i64::MAX);
        if seconds > LONGEST {
            let days = number(LONGEST.unsigned_abs() / 86_400);
            return Err(Failure::Usage(say!(at.language, "keys.too_long", days = days)));
        }
        let root = key_file::root(&self.root).map_err(|problem| at.unusable(&self.root, &problem))?;
        let (private, public) = at.new_key()?;
        let certificate = Certificate::at(Utc::now().timestamp(), public, self.app, seconds);
        let signed = certificate.signed(&root).map_err(anyhow::Error::from).map_err(Failure::Failed)?;
        key_file::create(&self.output, &pem_file::write(&[StoredKey::new(private, signed)]))
            .map_err(|error| at.unwritten(&self.output, &error))?;
        let (kid, file) = (public.thumbprint(), self.output.display().to_string());
        let until = moment(certificate.until);
        let mut out = Output::open();
        if self.json {
            let app = certificate.app.as_ref().map(AppName::as_str);
            let root = root.public().thumbprint();
            out.json(&json!({ "kid": kid, "root": root, "app": app, "until": utc(until), "file": file }))?;
        } else {
            let until = whole_moment(at.zone, until);
            out.line(&say!(at.language, "keys.issued", file = file, kid = kid, until = until))?;
        }
        out.flush()?;
        message(&say!(at.language, "keys.install", variable = key_file::VARIABLE));
        Ok(())
    }
}
