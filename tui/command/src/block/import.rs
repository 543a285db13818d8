//! `kami block import`.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::path::PathBuf;

use clap::Args;
use kami_common::moment::TypedMoment;
use kami_common::words::{number, say};
use kami_common::{notice, reason, shown, upload};
use kami_core::block::{Block, BlockKey, BlockTarget};
use kami_store::{BlockOrder, Permission};
use kami_transfer::blocks::{ParsedBlocks, parse_blocks};
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

/// What a line of the file would do.
struct Line {
    number: u64,
    state: &'static str,
    /// Whom it names; none where something is wrong with it.
    target: Option<BlockTarget>,
    /// Whom it names, or what is wrong with it, in words.
    what: String,
}

impl Line {
    fn wrong(number: u64, what: String) -> Self {
        Self { number, state: "malformed", target: None, what }
    }
}

impl Import {
    /// Imports the file, or says what importing it would do.
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let language = session.language;
        if !self.manner.dry_run {
            session.must_be_allowed(Permission::Block).await?;
        }
        let parsed = self.parse(session).await?;
        if parsed.blocks.is_empty() && parsed.malformed.is_empty() {
            return Err(Failure::NotFound(say!(language, "block.empty_file")));
        }
        for notice in &parsed.notices {
            message(&notice::words(language, notice));
        }
        let wrong = wrong(session, &parsed).await?;
        let is_refused = !wrong.is_empty();
        if is_refused || self.manner.dry_run {
            let lines = if self.manner.dry_run { all(session, &parsed, wrong).await? } else { wrong };
            report(session, &lines, self.manner.json)?;
            let summary = summary(session, &lines);
            return match (is_refused, self.manner.dry_run) {
                (true, true) => Err(Failure::Refused(summary)),
                (true, false) => Err(Failure::Refused(summary + &say!(language, "command.nothing_imported"))),
                (false, _) => Ok(()),
            };
        }
        let blocks: Vec<Block> = parsed.blocks.into_iter().map(|(_, block)| block).collect();
        let kinds = shown::block_kinds(language, blocks.iter().map(|block| &block.key.target));
        carry_out(session, BlockOrder::Add(blocks), self.yes, &self.manner).await?;
        if !self.manner.json {
            message(&say!(language, "block.kinds", kinds = kinds));
        }
        Ok(())
    }

    async fn parse(&self, session: &Session) -> Result<ParsedBlocks, Failure> {
        let now = session.store.now().await?;
        // A spreadsheet may have made a date of its own of one of ours.
        let until = |text: &str| {
            let typed: Result<TypedMoment, _> = text.parse().or_else(|_| text.replace('/', "-").parse());
            typed.ok().map(|typed| typed.last(session.zone, now))
        };
        let read = upload::open(&self.file).map_err(ReadError::from);
        read.and_then(|source| parse_blocks(source, &until)).map_err(|error| {
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

/// The lines that stand in the way, those among them whose app there is not.
async fn wrong(session: &Session, parsed: &ParsedBlocks) -> Result<Vec<Line>, Failure> {
    let language = session.language;
    let apps = session.store.apps().await?.apps;
    let apps: BTreeSet<&str> = apps.iter().map(|app| app.name.as_str()).collect();
    let homeless = parsed.blocks.iter().filter_map(|(line, block)| {
        let app = block.key.app.as_ref().filter(|app| !apps.contains(app.as_str()))?;
        let what = say!(language, "reason.no_such_app", app = app);
        Some(Line::wrong(*line, what))
    });
    let malformed = parsed.malformed.iter();
    let malformed = malformed.map(|(line, fault)| Line::wrong(*line, reason::block_fault(language, *fault)));
    let mut wrong: Vec<Line> = homeless.chain(malformed).collect();
    wrong.sort_by_key(|line| line.number);
    Ok(wrong)
}

/// What every line would do, with those that are wrong.
async fn all(session: &Session, parsed: &ParsedBlocks, wrong: Vec<Line>) -> Result<Vec<Line>, Failure> {
    let keys: Vec<BlockKey> = parsed.blocks.iter().map(|(_, block)| block.key.clone()).collect();
    let found: HashMap<BlockKey, Block> = session.store.blocks_of(&keys).await?;
    let is_wrong = |number: &u64| wrong.binary_search_by_key(number, |line| line.number).is_ok();
    let named = parsed.blocks.iter().filter(|(line, _)| !is_wrong(line)).map(|(line, block)| {
        let state = match found.get(&block.key) {
            None => "new",
            Some(is) if is == block => "same",
            Some(_) => "changed",
        };
        let target = block.key.target.clone();
        let what = format!("{} {target}", shown::block_kind(session.language, &target));
        Line { number: *line, state, target: Some(target), what }
    });
    let mut lines: Vec<Line> = named.collect();
    lines.extend(wrong);
    lines.sort_by_key(|line| line.number);
    Ok(lines)
}

fn word(session: &Session, state: &str) -> String {
    let key = if state == "new" { "added" } else { state };
    say!(session.language, format!("command.line.{key}"))
}

fn summary(session: &Session, lines: &[Line]) -> String {
    let mut states: Vec<&str> = lines.iter().map(|line| line.state).collect();
    states.sort_unstable();
    let counts = states.chunk_by(|one, other| one == other);
    let counts = counts.map(|state| format!("{} {}", number(state.len() as u64), word(session, state[0])));
    counts.collect::<Vec<_>>().join(", ")
}

fn report(session: &Session, lines: &[Line], json: bool) -> io::Result<()> {
    let mut out = Output::open();
    let mut table = Table::default();
    for (index, Line { number, state, target, what }) in lines.iter().enumerate() {
        if json {
            out.json(&json!({
                "line": number,
                "state": state,
                "target": target.as_ref().map(ToString::to_string),
                "kind": target.as_ref().map(BlockTarget::kind),
                "reason": target.is_none().then_some(what),
            }))?;
            continue;
        }
        table.push([number.to_string(), word(session, state), what.clone()]);
        if (index + 1) % STEP == 0 {
            out.table(&table)?;
            table.clear();
        }
    }
    out.table(&table)?;
    out.flush()
}
