//! `kami block list`.

use chrono::{DateTime, Utc};
use clap::Args;
use kami_common::shown;
use kami_common::words::{number, say};
use kami_core::app::AppName;
use kami_core::block::{Block, BlockKey};
use kami_core::operator::Note;
use kami_store::BlockRecord;

use super::super::apps::find;
use super::super::failure::Failure;
use super::super::output::{Output, Table, message};
use super::super::record::block_json;
use super::super::session::Session;
use super::act::target;
use super::listing::each;

/// How many rows of the table are kept at once.
const STEP: u64 = 1_000;

/// List who is kept out, newest first
///
/// Ends with code 3 when nobody is.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  kami block list\n  kami block list 203.0.113.7\n  \
                  kami block list --app demo --limit 0 --json | jq -r .target")]
pub(super) struct List {
    /// What keeps this machine, address or network out now: itself, and each network that it lies in
    #[arg(value_name = "TARGET")]
    target: Option<String>,
    /// Those who are kept out of this app, or of all
    #[arg(long, value_name = "APP")]
    app: Option<AppName>,
    /// Take every target for the code of a machine, also what looks like an address
    #[arg(long, requires = "target")]
    machine: bool,
    /// How many at most; 0 for all
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    limit: u64,
    /// Print JSON lines
    #[arg(long)]
    json: bool,
}

impl List {
    /// Lists them.
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let language = session.language;
        let sought = self.target.as_deref().map(|text| target(session, text, self.machine)).transpose()?;
        if let Some(app) = &self.app {
            find(session, app).await?;
        }
        let limit = if self.limit == 0 { u64::MAX } else { self.limit };
        let headings = ["target", "kind", "app", "until", "reason", "since"];
        let mut table = Table::headed(headings.map(|field| shown::block_label(language, field)));
        let (mut out, mut printed) = (Output::open(), 0);
        let is_wanted = |block: &Block, now| {
            sought.as_ref().is_none_or(|sought| block.is_in_force(now) && block.key.target.covers(sought))
        };
        let more = each(session, self.app.as_ref(), limit, is_wanted, |record, now| {
            printed += 1;
            if self.json {
                return Ok(out.json(&block_json(&record, now))?);
            }
            table.push(cells(session, record, now));
            if printed % STEP == 0 {
                out.table(&table)?;
                table.clear();
            }
            Ok(())
        })
        .await?;
        if printed == 0 {
            let nobody = match sought {
                None => say!(language, "block.nobody"),
                Some(sought) => {
                    say!(language, "block.not_out", target = shown::text(Some(&sought.to_string())))
                }
            };
            return Err(Failure::NotFound(nobody));
        }
        if !self.json {
            out.table(&table)?;
        }
        out.flush()?;
        if more {
            message(&say!(language, "block.more", n = number(printed)));
        }
        Ok(())
    }
}

fn cells(session: &Session, record: BlockRecord, now: DateTime<Utc>) -> [String; 6] {
    let Session { language, zone, .. } = *session;
    let is_over = !record.block.is_in_force(now);
    let Block { key: BlockKey { app, target }, reason, until } = record.block;
    let until = until.map(|until| match shown::whole_moment(zone, until) {
        until if is_over => say!(language, "seat.over", until = until),
        until => until,
    });
    [
        target.to_string(),
        shown::block_kind(language, &target),
        shown::block_app(language, app.as_ref()),
        shown::text(until.as_deref()),
        shown::text(reason.as_ref().map(Note::as_str)),
        shown::whole_moment(zone, record.created_at),
    ]
}
