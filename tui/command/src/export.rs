//! `kami export`: cards into a file.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use chrono::Utc;
use clap::{Args, ValueEnum};
use kami_common::export::{ExportOrder, Source, default_path, export};
use kami_common::reason::unreadable;
use kami_common::words::{counted, say};
use kami_core::card::{CardCode, CardStatus};
use kami_transfer::Format;
use serde_json::json;

use super::choice::{find, not_found};
use super::failure::Failure;
use super::filter::FilterOptions;
use super::output::{Output, message};
use super::progress::Work;
use super::session::Session;

/// Write cards to a file that only you may read
///
/// Unused cards go to `exports/unused_cards_….txt`, in the form that sellers' tools read, or with --for shop to
/// `exports/shop_unused_cards_….txt`, codes alone. Prints the path of the file, which is never one that was there before.
/// Without a card there is no file, and it ends with code 3.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  kami export\n  kami export --prefix VIP --for shop\n  kami export --prefix VIP --format csv\n  \
                        kami export --batch 7 --any-status --output batch7.jsonl\n  kami export --prefix VIP --output - | wc -l"
)]
pub(super) struct Export {
    /// The codes of the cards, in any case; without them, all that meet the conditions below
    #[arg(value_name = "CODE", value_parser = CardCode::parse)]
    codes: Vec<CardCode>,
    /// Cards of every status, not only unused ones
    #[arg(long, conflicts_with = "status")]
    any_status: bool,
    /// Whom the file is for: seller, or shop, which sells each line: codes alone, without a head
    #[arg(long = "for", value_name = "WHOM", conflicts_with = "format")]
    audience: Option<Audience>,
    /// The form: txt, shop, csv or jsonl; by default what the file's name ends in, else txt
    #[arg(long, value_name = "FORM")]
    format: Option<Format>,
    /// Where to; - for standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Print what was written as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    filter: FilterOptions,
}

/// Who reads a file of codes.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Audience {
    /// A seller, who wants to know what is in it.
    Seller,
    /// A shop, which sells each line.
    Shop,
}

impl Audience {
    /// The form that it reads.
    pub(super) const fn format(self) -> Format {
        match self {
            Self::Seller => Format::Txt,
            Self::Shop => Format::Shop,
        }
    }
}

impl Export {
    /// Writes the cards out.
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let source = self.source(session).await?;
        let format = self.format.or_else(|| self.audience.map(Audience::format));
        let format = format.or_else(|| self.output.as_deref().map(format_of)).unwrap_or(Format::Txt);
        let (at, zone) = (Utc::now(), session.zone);
        let to_stdout = self.output.as_deref() == Some(Path::new("-"));
        let path = match self.output {
            // Written whole first: the head says how many there are.
            Some(_) if to_stdout => {
                let name = format!("kami-export-{}-{}", std::process::id(), at.timestamp_micros());
                std::env::temp_dir().join(name)
            }
            Some(path) => path,
            None => own_path(&source, default_path(format, prefix_of(&source), at, zone)),
        };
        let order = ExportOrder { source, format, path, at, zone, language: session.language };
        if to_stdout { pass_on(session, &order).await } else { write_file(session, &order, self.json).await }
    }

    async fn source(&self, session: &Session) -> Result<Source, Failure> {
        let mut filter = self.filter.filter(session).await?;
        if self.codes.is_empty() {
            if !self.any_status {
                filter.status = filter.status.or(Some(CardStatus::Unused));
            }
            return Ok(Source::Filter(filter));
        }
        if !filter.is_empty() || self.any_status {
            return Err(Failure::Usage(say!(session.language, "command.codes_or_filter")));
        }
        let (mut ids, mut missing) = (Vec::new(), Vec::new());
        for code in &self.codes {
            match find(session, code).await? {
                Some((card, _)) => ids.push(card.id),
                None => missing.push(code.as_str().to_owned()),
            }
        }
        if missing.is_empty() { Ok(Source::Ids(ids)) } else { Err(not_found(session.language, &missing)) }
    }
}

fn prefix_of(source: &Source) -> Option<&str> {
    match source {
        Source::Filter(filter) => filter.prefix.as_deref(),
        Source::Ids(_) => None,
    }
}

/// A file that may hold other cards than unused ones does not call them so.
fn own_path(source: &Source, path: PathBuf) -> PathBuf {
    let unused = matches!(source, Source::Filter(filter) if filter.status == Some(CardStatus::Unused));
    match path.file_name().and_then(|name| name.to_str()) {
        Some(name) if !unused => path.with_file_name(name.replacen("unused_", "", 1)),
        Some(_) | None => path,
    }
}

/// The form that the end of a file's name says.
pub(super) fn format_of(path: &Path) -> Format {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.and_then(|extension| extension.parse().ok()).unwrap_or(Format::Txt)
}

/// Writes a file and says where it is.
pub(super) async fn write_file(session: &Session, order: &ExportOrder, json: bool) -> Result<(), Failure> {
    let count = write(session, order).await?;
    let mut out = Output::open();
    let path = order.path.to_string_lossy();
    if json {
        out.json(&json!({ "path": path, "count": count, "format": order.format.to_string() }))?;
    } else {
        message(&format!("{} {path}", counted(session.language, "done.export", count)));
        out.line(&path)?;
    }
    Ok(out.flush()?)
}

/// Writes a file that nobody keeps, and what is in it to standard output.
async fn pass_on(session: &Session, order: &ExportOrder) -> Result<(), Failure> {
    let passed = match write(session, order).await {
        Ok(_) => File::open(&order.path).and_then(|mut file| {
            // Open is enough: it goes when it is read.
            fs::remove_file(&order.path)?;
            io::copy(&mut file, &mut io::stdout().lock())
        }),
        Err(failure) => return Err(failure),
    };
    passed?;
    Ok(())
}

async fn write(session: &Session, order: &ExportOrder) -> Result<u64, Failure> {
    let work = Work::begin(session.language, "export")?;
    let on_written = |written, share| work.step(written, share);
    let exported = export(&session.store, order, &on_written).await;
    drop(work);
    let exported = exported.map_err(|error| Failure::of_export(session.language, &error))?;
    if !exported.unreadable.is_empty() {
        message(&unreadable(session.language, &exported.unreadable));
    }
    Ok(exported.count)
}
