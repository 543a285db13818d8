//! `kami import`: cards with codes from elsewhere.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::{io, iter};

use clap::Args;
use kami_common::moment::TypedMoment;
use kami_common::odds::warning_of_import;
use kami_common::words::{Language, counted, number, say};
use kami_common::{notice, reason, touch, upload};
use kami_core::app::AppName;
use kami_core::code::easiest_odds;
use kami_core::duration::CardDuration;
use kami_core::import::ImportCards;
use kami_core::operator::Note;
use kami_core::points::Points;
use kami_core::prefix::Prefix;
use kami_core::seats::Seats;
use kami_store::{Batch, Permission, Standing};
use kami_transfer::import::{Malformed, MalformedReason, Parsed, ReadError, parse_csv, parse_txt};
use kami_transfer::{Defaults, Filing, Format};
use serde_json::json;

use super::apps;
use super::export::format_of;
use super::failure::Failure;
use super::limits;
use super::output::{Output, Table, message};
use super::progress::Work;
use super::session::Session;

/// Add cards with codes from a file, all of them or none
///
/// A text has one code a line, as `kami export` writes them; a CSV table names its columns: code, and if they are there
/// duration, points, seats, note and prefix, in Chinese or English; one that kami wrote says app, policy and last moment as well. A code of any groups is
/// taken whole, also under the prefix that --prefix names: customers type it as it stands in the file. What Excel, WPS
/// and shops write is read: UTF-8, UTF-16 and GBK, with commas, semicolons or tabs; what was guessed is said. A line
/// that is no card, or whose code is there already, is reported, and nothing is imported.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  kami import codes.txt --duration 30d --dry-run   say what each line would do\n  \
                  kami import codes.txt --duration 30d\n  kami import keys.txt --prefix VIP --duration 30d\n  \
                  kami import cards.csv --note 'from the old shop'"
)]
pub(super) struct Import {
    /// The file; - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Say what each line would do, and change nothing; ends with code 4 if the import would be refused
    #[arg(long)]
    dry_run: bool,
    /// The app that they are for, default without it; rows of a table of kami's keep the one that they name, and are
    /// refused where it is another
    #[arg(long, value_name = "APP")]
    app: Option<AppName>,
    /// How long cards last that say nothing themselves, such as 30d or forever
    #[arg(long, value_name = "DURATION")]
    duration: Option<CardDuration>,
    /// The last moment that no card outlasts that says none itself, such as 2026-12-31 or 2026-12-31T18:00
    #[arg(long, value_name = "MOMENT")]
    until: Option<TypedMoment>,
    /// How many points cards have that say nothing themselves, 1 to 1,000,000,000
    #[arg(long, value_name = "NUMBER")]
    points: Option<Points>,
    /// How many machines may use cards that say nothing themselves, 1 to 1,000
    #[arg(long, value_name = "NUMBER", default_value = "1")]
    seats: Seats,
    /// File the cards under this prefix, whatever their codes begin with; the codes stay as they are
    #[arg(long, value_name = "PREFIX")]
    prefix: Option<Prefix>,
    /// Take every line whole, as a code without a prefix
    #[arg(long, conflicts_with = "prefix")]
    no_prefix: bool,
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

/// The most rows of a report that are kept at once.
const STEP: usize = 1000;

/// What a line of the file would do.
struct Line<'a> {
    number: u64,
    code: Option<&'a str>,
    /// The prefix that its card would be filed under, empty for none.
    prefix: Option<&'a str>,
    /// The app that its card would be of.
    app: Option<&'a str>,
    state: &'static str,
    /// What is wrong with a malformed one.
    reason: Option<String>,
}

/// What the lines of the file would do, put in words one after another.
struct Lines<'a> {
    session: &'a Session,
    parsed: &'a Parsed,
    /// What would become of each card.
    standings: &'a [Standing],
    /// The app of cards that name none.
    app: &'a AppName,
}

impl Lines<'_> {
    /// Those that are wanted, by their numbers.
    fn iter(&self, only_wrong: bool) -> impl Iterator<Item = Line<'_>> {
        let cards = self.parsed.cards.iter().zip(self.standings);
        let mut cards =
            cards.filter(move |(_, standing)| **standing != Standing::New || !only_wrong).peekable();
        let mut malformed = self.parsed.malformed.iter().peekable();
        iter::from_fn(move || {
            let next = malformed.peek().map_or(u64::MAX, |line| line.line);
            if let Some((row, standing)) = cards.next_if(|(row, _)| row.line < next) {
                let state = match *standing {
                    Standing::New => "new",
                    Standing::There => "exists",
                    Standing::Alike(like) => {
                        let reason = MalformedReason::Alike(like);
                        return Some(self.malformed(&Malformed { line: row.line, reason }));
                    }
                };
                let (code, prefix) = (Some(row.full_code), Some(row.prefix));
                let app = row.app.or(Some(self.app.as_str()));
                return Some(Line { number: row.line, code, prefix, app, state, reason: None });
            }
            malformed.next().map(|line| self.malformed(line))
        })
    }

    fn malformed(&self, line: &Malformed) -> Line<'_> {
        let reason = Some(reason::malformed(self.session.language, line.reason));
        Line { number: line.line, code: None, prefix: None, app: None, state: "malformed", reason }
    }

    /// Whether some line stands in the way of the import.
    fn are_refused(&self) -> bool {
        !self.parsed.malformed.is_empty() || self.standings.iter().any(|standing| *standing != Standing::New)
    }

    fn word(&self, state: &str) -> String {
        say!(self.session.language, format!("command.line.{state}"))
    }

    /// How many lines there are of each kind.
    fn counts(&self, only_wrong: bool) -> BTreeMap<&'static str, u64> {
        let mut counts = BTreeMap::new();
        for line in self.iter(only_wrong) {
            *counts.entry(line.state).or_insert(0) += 1;
        }
        counts
    }

    fn summary(&self, only_wrong: bool) -> String {
        let counts = self.counts(only_wrong).into_iter();
        let counts = counts.map(|(state, count)| format!("{} {}", number(count), self.word(state)));
        counts.collect::<Vec<_>>().join(", ")
    }

    fn report(&self, only_wrong: bool, json: bool) -> io::Result<()> {
        let mut out = Output::open();
        if json {
            for Line { number, code, prefix, app, state, reason } in self.iter(only_wrong) {
                let line = json!({
                    "line": number, "code": code, "prefix": prefix, "app": app, "state": state, "reason": reason,
                });
                out.json(&line)?;
            }
            return out.flush();
        }
        let mut table = self.columns(only_wrong);
        let mut rows = 0;
        for line in self.iter(only_wrong) {
            let what = line.code.map(str::to_owned).or(line.reason).unwrap_or_default();
            table.push([line.number.to_string(), self.word(line.state), what]);
            rows += 1;
            if rows % STEP == 0 {
                out.table(&table)?;
                table.clear();
            }
        }
        out.table(&table)?;
        out.flush()
    }

    /// A table without rows, its columns as wide as those of all rows.
    fn columns(&self, only_wrong: bool) -> Table {
        let mut table = Table::default();
        let widest = self.iter(only_wrong).map(|line| line.number).max().unwrap_or_default();
        for state in self.counts(only_wrong).into_keys() {
            table.push([widest.to_string(), self.word(state)]);
        }
        table.clear();
        table
    }
}

impl Import {
    /// Imports the file, or says what importing it would do.
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let language = session.language;
        let note = self.note.as_deref().map(Note::parse).transpose();
        let note = note.map_err(|error| Failure::Usage(error.to_string()))?.flatten();
        if !self.dry_run {
            session.must_be_allowed(Permission::Make).await?;
        }
        if let Some(app) = &self.app {
            apps::find_open(session, app).await?;
        }
        let parsed = self.parse(session, &self.defaults(session).await?)?;
        if parsed.cards.is_empty() && parsed.malformed.is_empty() {
            return Err(Failure::NotFound(say!(language, "command.empty_file")));
        }
        for notice in &parsed.notices {
            message(&notice::words(language, notice));
        }
        let standings = session.store.import_preview(&parsed.cards).await?;
        let app = self.app.clone().unwrap_or_default();
        let apps = parsed.cards.by_app(&app);
        let is_told = must_be_open(session, &parsed.cards, &app).await? && !self.json && !apps.is_empty();
        let lines = Lines { session, parsed: &parsed, standings: &standings, app: &app };
        if self.dry_run {
            lines.report(false, self.json)?;
            if is_told {
                message(&touch::by_app(language, &apps));
            }
            if lines.are_refused() {
                return Err(Failure::Refused(lines.summary(false)));
            }
            warn_of_easy(language, &parsed.cards);
            return Ok(());
        }
        if lines.are_refused() {
            lines.report(true, self.json)?;
            let why = lines.summary(true) + &say!(language, "command.nothing_imported");
            return Err(Failure::Refused(why));
        }
        warn_of_easy(language, &parsed.cards);
        let batch = self.import(session, &parsed.cards, note.as_ref(), &app).await?;
        if self.json {
            let mut out = Output::open();
            out.json(&json!({ "act": "import", "batch": batch.id, "done": batch.card_count, "apps": apps }))?;
            return Ok(out.flush()?);
        }
        let done = counted(language, "command.imported", u64::from(batch.card_count));
        message(&(done + &say!(language, "command.batch", id = batch.id)));
        if is_told {
            message(&touch::by_app(language, &apps));
        }
        Ok(())
    }

    async fn import(
        &self,
        session: &Session,
        cards: &ImportCards,
        note: Option<&Note>,
        app: &AppName,
    ) -> Result<Batch, Failure> {
        let language = session.language;
        let work = Work::begin(language, "import")?;
        let on_made = |made| work.batch_step(made, cards.len() as u64);
        let batch = session.store.import(&session.operator, cards, note, app, &on_made).await;
        drop(work);
        batch.map_err(|error| Failure::of_act(language, &error))
    }

    fn parse(&self, session: &Session, defaults: &Defaults) -> Result<Parsed, Failure> {
        let unreadable = |error: &ReadError| self.unreadable(session, error);
        let source = upload::open(&self.file).map_err(|error| unreadable(&error.into()))?;
        let read = match self.format.unwrap_or_else(|| format_of(&self.file)) {
            Format::Txt | Format::Shop => parse_txt(source, defaults),
            Format::Csv => parse_csv(source, defaults),
            Format::JsonLines => {
                return Err(Failure::Usage(say!(session.language, "command.no_json_import")));
            }
        };
        read.map_err(|error| unreadable(&error))
    }

    /// What the cards get whose file says nothing of it.
    async fn defaults(&self, session: &Session) -> Result<Defaults, Failure> {
        let valid_until = match self.until {
            Some(until) => Some(limits::last_moment(session, until).await?),
            None => None,
        };
        let filing = match &self.prefix {
            Some(prefix) => Filing::Under(prefix.clone()),
            None if self.no_prefix => Filing::Whole,
            None => Filing::AsWritten,
        };
        let (duration, seats, points) = (self.duration, self.seats, self.points);
        Ok(Defaults { duration, fallback: None, filing, app: self.app.clone(), seats, points, valid_until })
    }

    /// Why the file was not read to its end.
    fn unreadable(&self, session: &Session, error: &ReadError) -> Failure {
        let (language, path) = (session.language, self.file.display());
        let why = reason::read_error(language, error);
        match error {
            ReadError::NoDuration => Failure::Usage(why),
            ReadError::TooManyCards | ReadError::TooManyMalformed => Failure::Refused(why),
            _ => Failure::Failed(anyhow::Error::msg(say!(
                language,
                "reason.unreadable",
                path = path,
                why = why
            ))),
        }
    }
}

/// Says that some codes are easy to guess, if they are. They are imported all the same: customers have them already.
fn warn_of_easy(language: Language, cards: &ImportCards) {
    let odds = easiest_odds(cards.iter().map(|card| card.code));
    if let Some(warning) = warning_of_import(language, odds) {
        message(&warning);
    }
}

/// Refuses apps that there are not, or for which no cards are made, with the first line that names one; whether there
/// are several that cards are made for.
async fn must_be_open(session: &Session, cards: &ImportCards, app: &AppName) -> Result<bool, Failure> {
    let open = apps::open(session).await?;
    let is_open = |name: &str| open.iter().any(|app| app.name.as_str() == name);
    let closed = cards.iter().find(|row| !is_open(row.app.unwrap_or(app.as_str())));
    if let Some(row) = closed {
        let named = row.app.and_then(|name| name.parse().ok());
        let found = apps::find_open(session, named.as_ref().unwrap_or(app)).await;
        found.map_err(|failure| match named {
            Some(_) => failure.in_line(session.language, row.line),
            None => failure,
        })?;
    }
    Ok(open.len() > 1)
}
