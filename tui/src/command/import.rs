//! `kami import`: cards with codes from elsewhere.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use kami_shared::code::easiest_odds;
use kami_shared::duration::CardDuration;
use kami_shared::operator::Note;
use kami_shared::store::Deed;
use kami_shared::transfer::bounds::{MAX_MALFORMED, check_csv, check_txt};
use kami_shared::transfer::import::{Parsed, parse_csv, parse_txt};
use kami_shared::transfer::{Format, ImportCard};
use serde_json::json;

use super::export::format_of;
use super::failure::Failure;
use super::output::{Output, Table, message};
use super::progress::Work;
use super::session::Session;
use crate::console::reason;
use crate::odds::warning_of_import;
use crate::upload::{self, UploadError};
use crate::words::{Language, counted, number, say};

/// Add cards with codes from a file, all of them or none
///
/// A text has one code a line, as `kami export` writes them; a CSV table names its columns: code, and if they are there
/// duration and note. A line that is no card, or whose code is there already, is reported, and nothing is imported.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  kami import codes.txt --duration 30d --dry-run   say what each line would do\n  \
                  kami import codes.txt --duration 30d\n  kami import cards.csv --note 'from the old shop'"
)]
pub(super) struct Import {
    /// The file; - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Say what each line would do, and change nothing; ends with code 4 if the import would be refused
    #[arg(long)]
    dry_run: bool,
    /// How long cards last that say nothing themselves, such as 30d or forever
    #[arg(long, value_name = "DURATION")]
    duration: Option<CardDuration>,
    /// txt or csv; by default what the file's name ends in, else txt
    #[arg(long, value_name = "FORM")]
    format: Option<Format>,
    /// What to write down about the batch
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Print JSON: a line for each line of a dry run or of a refusal, else one object
    #[arg(long)]
    json: bool,
}

/// What a line of the file would do.
struct Line {
    number: u64,
    code: Option<String>,
    state: &'static str,
    /// What is wrong with a malformed one.
    reason: Option<String>,
}

impl Import {
    /// Imports the file, or says what importing it would do.
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let language = session.language;
        let note = self.note.as_deref().map(Note::parse).transpose();
        let note = note.map_err(|error| Failure::Usage(error.to_string()))?.flatten();
        if !self.dry_run {
            session.must_be_allowed(Deed::Make).await?;
        }
        let parsed = self.parse(session)?;
        let malformed = parsed.malformed;
        let is_cut_short = malformed.len() >= MAX_MALFORMED;
        let (numbers, cards): (Vec<u64>, Vec<ImportCard>) = parsed.cards.into_iter().unzip();
        if cards.is_empty() && malformed.is_empty() {
            return Err(Failure::NotFound(say!(language, "command.empty_file")));
        }
        let there = session.store.import_preview(&cards).await?;
        let mut lines: Vec<Line> = (numbers.into_iter().zip(&cards).zip(there))
            .map(|((number, card), there)| Line {
                number,
                code: Some(card.full_code()),
                state: if there { "exists" } else { "new" },
                reason: None,
            })
            .collect();
        lines.extend(malformed.into_iter().map(|line| Line {
            number: line.line,
            code: None,
            state: "malformed",
            reason: Some(reason::malformed(language, line.reason)),
        }));
        lines.sort_by_key(|line| line.number);
        let summary = |lines: &[Line]| {
            let rest = if is_cut_short { say!(language, "upload.stopped") } else { String::new() };
            summary(session, lines) + &rest
        };
        let is_refused = lines.iter().any(|line| line.state != "new");
        if self.dry_run {
            self.report(session, &lines)?;
            if is_refused {
                return Err(Failure::Refused(summary(&lines)));
            }
            warn_of_easy(language, &cards);
            return Ok(());
        }
        if is_refused {
            lines.retain(|line| line.state != "new");
            self.report(session, &lines)?;
            let why = summary(&lines) + &say!(language, "command.nothing_imported");
            return Err(Failure::Refused(why));
        }
        warn_of_easy(language, &cards);
        self.import(session, &cards, note.as_ref()).await
    }

    async fn import(
        &self,
        session: &Session,
        cards: &[ImportCard],
        note: Option<&Note>,
    ) -> Result<(), Failure> {
        let language = session.language;
        let work = Work::begin(language, "import")?;
        let on_made = |made| work.batch_step(made, cards.len() as u64);
        let batch = session.store.import(&session.operator, cards, note, &on_made).await;
        drop(work);
        let batch = batch.map_err(|error| Failure::of_act(language, &error))?;
        if self.json {
            let mut out = Output::open();
            out.json(&json!({ "act": "import", "batch": batch.id, "done": batch.card_count }))?;
            out.flush()?;
        } else {
            let done = counted(language, "command.imported", u64::from(batch.card_count));
            message(&(done + &say!(language, "command.batch", id = batch.id)));
        }
        Ok(())
    }

    fn parse(&self, session: &Session) -> Result<Parsed, Failure> {
        let text = read(session.language, &self.file)?;
        let duration = self.duration.unwrap_or(CardDuration::Forever);
        let refused =
            |error| Failure::Refused(reason::upload_error(session.language, &UploadError::from(error)));
        let parsed = match self.format.unwrap_or_else(|| format_of(&self.file)) {
            Format::Txt => check_txt(&text).map(|()| parse_txt(&text, duration)).map_err(refused)?,
            Format::Csv => check_csv(&text).map(|()| parse_csv(&text, duration)).map_err(refused)?,
            Format::JsonLines => {
                return Err(Failure::Usage(say!(session.language, "command.no_json_import")));
            }
        };
        // None is guessed for a card that has no duration of its own.
        if self.duration.is_none() && parsed.needs_duration {
            return Err(Failure::Usage(say!(session.language, "command.needs_duration")));
        }
        Ok(parsed)
    }

    fn report(&self, session: &Session, lines: &[Line]) -> Result<(), Failure> {
        let mut out = Output::open();
        let mut table = Table::default();
        for Line { number, code, state, reason } in lines {
            if self.json {
                out.json(&json!({ "line": number, "code": code, "state": state, "reason": reason }))?;
            } else {
                let what = code.as_ref().or(reason.as_ref()).cloned().unwrap_or_default();
                table.push([
                    number.to_string(),
                    say!(session.language, format!("command.line.{state}")),
                    what,
                ]);
            }
        }
        out.table(&table)?;
        Ok(out.flush()?)
    }
}

/// The text of the file, or why there is none.
fn read(language: Language, file: &Path) -> Result<String, Failure> {
    let text =
        if file == Path::new("-") { upload::read(io::stdin().lock()) } else { upload::read_file(file) };
    text.map_err(|error| {
        let (path, why) = (file.display(), reason::upload_error(language, &error));
        Failure::Failed(anyhow::Error::msg(say!(language, "reason.unreadable", path = path, why = why)))
    })
}

/// Says that some codes are easy to guess, if they are. They are imported all the same: customers have them already.
fn warn_of_easy(language: Language, cards: &[ImportCard]) {
    let odds = easiest_odds(cards.iter().map(|card| card.code.as_str()));
    if let Some(warning) = warning_of_import(language, odds) {
        message(&warning);
    }
}

/// How many lines there are of each kind.
fn summary(session: &Session, lines: &[Line]) -> String {
    let mut counts = BTreeMap::new();
    for line in lines {
        *counts.entry(line.state).or_insert(0_u64) += 1;
    }
    let counts = counts.into_iter().map(|(state, count)| {
        format!("{} {}", number(count), say!(session.language, format!("command.line.{state}")))
    });
    counts.collect::<Vec<_>>().join(", ")
}
