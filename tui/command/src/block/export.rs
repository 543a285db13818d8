//! `kami block export`.

use std::path::{Path, PathBuf};

use clap::Args;
use kami_common::export::write_blocks;
use kami_common::words::{counted, say};
use kami_transfer::blocks::{blocks_header, blocks_line};
use serde_json::json;

use super::super::failure::Failure;
use super::super::output::{Output, message};
use super::super::session::Session;
use super::listing::each;

/// Write all who are kept out into a table
///
/// A CSV file with the columns target, kind, app, reason and until, as kami block import reads it. No file that is there is
/// overwritten.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  kami block export blocks.csv")]
pub(super) struct Export {
    /// The file; - for standard output
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Print what was written as JSON
    #[arg(long)]
    json: bool,
}

impl Export {
    /// Writes the file, whole or not at all.
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let language = session.language;
        let mut blocks = Vec::new();
        each(
            session,
            None,
            u64::MAX,
            |_, _| true,
            |record, _| {
                blocks.push(record.block);
                Ok(())
            },
        )
        .await?;
        if blocks.is_empty() {
            return Err(Failure::NotFound(say!(language, "block.nobody")));
        }
        // An import keeps the order of the file.
        let blocks = blocks.iter().rev();
        if self.file == Path::new("-") {
            let mut out = Output::open();
            out.file(&blocks_header())?;
            for block in blocks {
                out.file(&blocks_line(block))?;
            }
            return Ok(out.flush()?);
        }
        let count = blocks.len() as u64;
        let written = write_blocks(&self.file, blocks);
        let path = written.map_err(|error| Failure::of_export(language, &error))?;
        let path = path.display().to_string();
        if self.json {
            let mut out = Output::open();
            out.json(&json!({ "path": path, "blocks": count }))?;
            return Ok(out.flush()?);
        }
        message(&(counted(language, "block.exported", count) + &format!(" {path}")));
        Ok(())
    }
}
