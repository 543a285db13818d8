//! `kami block export`.

use std::path::{Path, PathBuf};

use clap::Args;
use kami_common::export::{AllBlocks, ExportError, ExportedBlocks, all_blocks, export_blocks};
use kami_common::words::{Language, counted, number, say};
use kami_transfer::blocks::{blocks_header, blocks_line};
use serde_json::json;

use super::super::failure::Failure;
use super::super::output::{Output, message};
use super::super::session::Session;

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
        if self.file == Path::new("-") {
            let AllBlocks { blocks, unreadable } = all_blocks(&session.store).await?;
            warn(language, unreadable);
            if blocks.is_empty() {
                return Err(Failure::of_export(language, &ExportError::NoBlocks));
            }
            let mut out = Output::open();
            out.file(&blocks_header())?;
            for block in &blocks {
                out.file(&blocks_line(block))?;
            }
            return Ok(out.flush()?);
        }
        let exported = export_blocks(&session.store, &self.file).await;
        let exported = exported.map_err(|error| Failure::of_export(language, &error))?;
        let ExportedBlocks { count, unreadable, path } = exported;
        warn(language, unreadable);
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

/// Tells that rows cannot be understood, where some cannot.
fn warn(language: Language, unreadable: usize) {
    if unreadable > 0 {
        message(&say!(language, "block.unreadable", n = number(unreadable as u64)));
    }
}
