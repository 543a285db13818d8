//! `kami show`: everything of some cards.

use chrono::{DateTime, Utc};
use clap::Args;
use kami_common::shown::{self, whole_moment};
use kami_core::card::CardCode;
use kami_core::property::Property;
use kami_core::record::CardRecord;
use kami_store::LogRecord;
use serde_json::{Value, json};

use super::choice::{find, not_found};
use super::failure::Failure;
use super::output::{Output, Table};
use super::record::{card_json, changes, log_json, utc};
use super::session::Session;

/// How many acts of a card's history are shown.
const HISTORY: usize = 50;

/// Show everything of cards, with what operators did to them
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  kami show VIP-7KQ2M9XW\n  kami show VIP-7KQ2M9XW --json | jq .history")]
pub(super) struct Show {
    /// The codes of the cards, in any case
    #[arg(required = true, value_name = "CODE", value_parser = CardCode::parse)]
    codes: Vec<CardCode>,
    /// Print JSON lines
    #[arg(long)]
    json: bool,
}

impl Show {
    /// Shows the cards that there are, and ends with code 3 when one is missing.
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let mut out = Output::open();
        let mut missing = Vec::new();
        let mut is_first = true;
        for code in self.codes {
            let Some((card, now)) = find(session, &code).await? else {
                missing.push(code.as_str().to_owned());
                continue;
            };
            let history = session.store.card_history(card.id, None, HISTORY).await?;
            if self.json {
                out.json(&json_of(&card, &history))?;
            } else {
                if !is_first {
                    out.line("")?;
                }
                print(session, &mut out, &card, &history, now)?;
            }
            is_first = false;
        }
        out.flush()?;
        if missing.is_empty() { Ok(()) } else { Err(not_found(session.language, &missing)) }
    }
}

fn json_of(card: &CardRecord, history: &[LogRecord]) -> Value {
    let mut value = card_json(card);
    value["updated_at"] = json!(card.updated_at.map(utc));
    value["history"] = history.iter().map(log_json).collect();
    value
}

fn print(
    session: &Session,
    out: &mut Output,
    card: &CardRecord,
    history: &[LogRecord],
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let Session { language, zone, .. } = *session;
    let mut fields = Table::default();
    fields.push([shown::label(language, Property::FullCode), card.full_code.clone()]);
    for detail in shown::details(language, zone, card, now) {
        fields.push([detail.label, detail.value]);
    }
    out.table(&fields)?;
    if !history.is_empty() {
        out.line("")?;
        let mut acts = Table::default();
        for record in history {
            acts.push([
                whole_moment(zone, record.done_at),
                format!("#{}", record.act_id),
                shown::act_word(language, &record.act),
                record.operator.clone(),
                shown::text(record.account.as_deref()),
                changes(language, zone, record),
            ]);
        }
        out.table(&acts)?;
    }
    Ok(())
}
