//! `kami block import`.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;

use clap::Args;
use kami_common::block_import::{BlockImport, BlockLine, BlockState, read_blocks};
use kami_common::words::{number, say};
use kami_common::{notice, reason, shown, upload};
use kami_core::block::{Block, BlockKey, BlockTarget};
use kami_store::{BlockOrder, Permission, StoreError};
use kami_transfer::blocks::ParsedBlocks;
use kami_transfer::import::ReadError;
use serde_json::json;

use super::super::failure::Failure;
use super::super::output::{Output, Table, message};
use super::super::session::Session;
use super::act::{Manner, carry_out};

/// Keep out all whom a table names, or none of them
///
/// A CSV table names its columns: target, and if they are there kind (machine or network), app, reason and until, in Chinese or
/// English. Who names no app is kept out of all. Who is kept out already gets the reason and the end of the table. What
/// Excel and WPS write is read: UTF-8, UTF-16 and GBK, with commas, semicolons or tabs. A line that cannot be is
/// reported, and nothing is changed.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  kami block import blocks.csv --dry-run   say what each line would do\n  \
                        kami block import blocks.csv"
)]
pub(super) struct Import {
    /// The file; - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Do not ask, as is done where a network would shut nearly everybody out
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    manner: Manner,
}

/// The most rows of a report that are kept at once.
const STEP: usize = 1000;

impl Import {
    /// Imports the file, or says what importing it would do.
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let language = session.language;
        if !self.manner.dry_run {
            session.must_be_allowed(Permission::Block).await?;
        }
        let parsed = self.parse(session).await?;
        let found = self.found(session, &parsed).await?;
        let import = BlockImport::new(parsed, &session.store.apps().await?.apps, &found);
        if import.lines.is_empty() {
            return Err(Failure::NotFound(say!(language, "block.empty_file")));
        }
        for notice in &import.notices {
            message(&notice::words(language, notice));
        }
        let is_refused = !import.is_possible();
        if is_refused || self.manner.dry_run {
            let is_told = |line: &&BlockLine| self.manner.dry_run || line.state.is_wrong();
            let lines: Vec<&BlockLine> = import.lines.iter().filter(is_told).collect();
            report(session, &lines, self.manner.json)?;
            let summary = summary(session, &lines);
            return match (is_refused, self.manner.dry_run) {
                (true, true) => Err(Failure::Refused(summary)),
                (true, false) => Err(Failure::Refused(summary + &say!(language, "command.nothing_imported"))),
                (false, _) => Ok(()),
            };
        }
        let blocks = import.blocks;
        let kinds = shown::block_kinds(language, blocks.iter().map(|block| &block.key.target));
        carry_out(session, BlockOrder::Add(blocks), self.yes, &self.manner).await?;
        if !self.manner.json {
            message(&say!(language, "block.kinds", kinds = kinds));
        }
        Ok(())
    }

    /// Those of its blocks that there are already, where somebody is to be told.
    async fn found(
        &self,
        session: &Session,
        parsed: &ParsedBlocks,
    ) -> Result<HashMap<BlockKey, Block>, StoreError> {
        if !self.manner.dry_run {
            return Ok(HashMap::new());
        }
        let keys: Vec<BlockKey> = parsed.blocks.iter().map(|(_, block)| block.key.clone()).collect();
        session.store.blocks_of(&keys).await
    }

    async fn parse(&self, session: &Session) -> Result<ParsedBlocks, Failure> {
        let now = session.store.now().await?;
        let read = upload::open(&self.file).map_err(ReadError::from);
        read.and_then(|source| read_blocks(source, session.zone, now)).map_err(|error| {
            let (language, path) = (session.language, self.file.display());
            let why = reason::read_error(language, &error);
            match error {
                ReadError::TooManyBlocks => Failure::Refused(why),
                _ => Failure::Failed(anyhow::Error::msg(say!(
                    language,
                    "reason.unreadable",
                    path = path,
                    why = why
                ))),
            }
        })
    }
}

fn summary(session: &Session, lines: &[&BlockLine]) -> String {
    let mut states: Vec<&BlockState> = lines.iter().map(|line| &line.state).collect();
    states.sort_unstable_by_key(|state| state.word());
    let counts = states.chunk_by(|one, other| one.word() == other.word());
    let counts =
        counts.map(|states| format!("{} {}", number(states.len() as u64), states[0].label(session.language)));
    counts.collect::<Vec<_>>().join(", ")
}

fn report(session: &Session, lines: &[&BlockLine], json: bool) -> io::Result<()> {
    let language = session.language;
    let mut out = Output::open();
    let mut table = Table::default();
    for (index, BlockLine { number, block, was, state }) in lines.iter().enumerate() {
        let why = state.why(language);
        let target = block.as_ref().map(|block| &block.key.target);
        if json {
            out.json(&json!({
                "line": number,
                "state": state.word(),
                "target": target.map(ToString::to_string),
                "kind": target.map(BlockTarget::kind),
                "reason": why,
            }))?;
            continue;
        }
        let told = block
            .as_ref()
            .map(|block| shown::block_told(language, session.zone, block, was.as_ref(), usize::MAX));
        table.push([number.to_string(), state.label(language), why.or(told).unwrap_or_default()]);
        if (index + 1) % STEP == 0 {
            out.table(&table)?;
            table.clear();
        }
    }
    out.table(&table)?;
    out.flush()
}
