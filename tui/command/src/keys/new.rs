//! `kami keys new`.

use std::path::PathBuf;

use clap::Args;
use kami_common::key_file;
use kami_common::words::say;
use kami_trust::pem_file;
use serde_json::json;

use super::super::failure::Failure;
use super::super::output::{Output, message};
use super::Surroundings;

/// Make a root key, which certifies the others
///
/// Keep its file off every server, and a copy of it where no fire reaches both: whoever has it can answer for the server, and
/// an app that has pinned a lost one needs a new release.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  kami keys new --output root.pem\n  kami keys new --output next-root.pem"
)]
pub(super) struct New {
    /// Write it into this file, which may not be there yet
    #[arg(short, long, value_name = "ROOT")]
    output: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl New {
    pub(super) fn run(self, at: &Surroundings<'_>) -> Result<(), Failure> {
        let (private, public) = at.new_key()?;
        key_file::create(&self.output, &pem_file::write_root(&private))
            .map_err(|error| at.unwritten(&self.output, &error))?;
        let mut out = Output::open();
        if self.json {
            let file = self.output.display().to_string();
            out.json(&json!({ "kid": public.thumbprint(), "pin": public.pin(), "file": file }))?;
        } else {
            out.line(&say!(
                at.language,
                "keys.made_root",
                file = self.output.display(),
                kid = public.thumbprint()
            ))?;
        }
        out.flush()?;
        message(&say!(at.language, "keys.keep_root"));
        Ok(())
    }
}
