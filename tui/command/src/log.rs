//! `kami log`: who did what when, to which cards.

use clap::Args;
use kami_common::period::{Period, Side};
use kami_common::shown;
use kami_common::words::{number, say};
use kami_store::{ActFilter, ActRecord, LogFilter, LogRecord};

use super::failure::Failure;
use super::filter::read_range;
use super::output::{Output, Table};
use super::record::{act_json, changes, log_json};
use super::session::Session;

/// How many records are read at a time.
const PART: usize = 1_000;

/// Print the operator log, newest first
///
/// Without a number or a code it lists acts; with one, what was done to each card, before and after. The operator is
/// the name that was given; the account is who had logged in to the database, as its server wrote down.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  kami log --operator li --act delete --done 2026-01..\n  kami log 1042           each card of that act\n  \
                        kami log --code VIP-7KQ2M9XW --json"
)]
pub(super) struct Log {
    /// Each card of the act of this number
    #[arg(value_name = "ACT")]
    act_id: Option<u64>,
    /// What was done to the card that had this code then
    #[arg(long, value_name = "CODE")]
    code: Option<String>,
    /// Done by this operator
    #[arg(long, value_name = "NAME")]
    operator: Option<String>,
    #[arg(
        long,
        value_name = "KIND",
        help = "generate, import, edit, disable, enable, unbind, extend, delete, note, undo, app_add, app_set, \
                app_archive, app_unarchive, app_remove, preset_add, preset_set, preset_remove, block_add, \
                block_remove, recharge_undo or certify"
    )]
    act: Option<String>,
    /// The act that made the batch of this number
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["act_id", "code"])]
    batch: Option<u64>,
    /// Done then: 2026-01-01..2026-01-31, 2026-01.., ..2026-02-01, today, or 7d for the last seven days
    #[arg(long, value_name = "RANGE", conflicts_with_all = ["act_id", "code"])]
    done: Option<Period>,
    /// How many at most; 0 for all
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    limit: u64,
    /// Print JSON lines
    #[arg(long)]
    json: bool,
}

impl Log {
    /// Prints the log.
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let mut out = Output::open();
        let printed = if self.act_id.is_some() || self.code.is_some() {
            self.cards(session, &mut out).await?
        } else {
            self.acts(session, &mut out).await?
        };
        out.flush()?;
        if printed == 0 {
            return Err(Failure::NotFound(say!(session.language, "command.no_acts")));
        }
        Ok(())
    }

    fn limit(&self) -> u64 {
        if self.limit == 0 { u64::MAX } else { self.limit }
    }

    async fn acts(&self, session: &Session, out: &mut Output) -> Result<u64, Failure> {
        let done = match self.done {
            None => None,
            Some(typed) => Some(read_range(session, typed, Side::Past).await?),
        };
        let Self { operator, act, batch, .. } = self;
        let (operator, act) = (operator.clone(), act.clone());
        let filter = ActFilter { operator, act, code: None, batch_id: *batch, done };
        let headings = ["id", "time", "act", "operator", "account", "cards", "batch", "undo"];
        let mut table = Table::headed(headings.map(|name| heading(session, name)));
        let (mut before, mut printed) = (None, 0);
        while printed < self.limit() {
            let step = session.store.acts_step(&filter, before, part(self.limit() - printed)).await?;
            let acts = step.acts;
            printed += acts.len() as u64;
            for act in &acts {
                if self.json {
                    out.json(&act_json(act))?;
                } else {
                    table.push(act_cells(session, act));
                }
            }
            if !self.json {
                out.table(&table)?;
                table.clear();
            }
            before = step.next;
            if before.is_none() {
                break;
            }
        }
        Ok(printed)
    }

    async fn cards(&self, session: &Session, out: &mut Output) -> Result<u64, Failure> {
        let filter = LogFilter {
            act_id: self.act_id,
            code: self.code.clone(),
            operator: self.operator.clone(),
            act: self.act.clone(),
            card_id: None,
        };
        let headings = ["id", "time", "act", "operator", "account", "code", "change"];
        let mut table = Table::headed(headings.map(|name| heading(session, name)));
        let (mut before, mut printed) = (None, 0);
        while printed < self.limit() {
            let records = session.store.log(&filter, before, part(self.limit() - printed)).await?;
            let Some(last) = records.last() else { break };
            before = Some(last.id);
            printed += records.len() as u64;
            for record in &records {
                if self.json {
                    out.json(&log_json(record))?;
                } else {
                    table.push(record_cells(session, record));
                }
            }
            if !self.json {
                out.table(&table)?;
                table.clear();
            }
        }
        Ok(printed)
    }
}

fn part(room: u64) -> usize {
    usize::try_from(room).map_or(PART, |room| room.min(PART))
}

fn heading(session: &Session, name: &str) -> String {
    say!(session.language, format!("command.log.{name}"))
}

fn act_cells(session: &Session, act: &ActRecord) -> [String; 8] {
    let undo = match (act.undoes, act.undone_by) {
        (Some(undone), _) => say!(session.language, "command.log.undoes", id = undone),
        (None, Some(by)) => say!(session.language, "command.log.undone_by", id = by),
        (None, None) => String::new(),
    };
    let done_to = match &act.subject {
        Some(_) => shown::touched(session.language, act),
        None => number(act.card_count),
    };
    [
        format!("#{}", act.id),
        shown::whole_moment(session.zone, act.done_at),
        shown::act_word(session.language, &act.act),
        act.operator.clone(),
        shown::text(act.account.as_deref()),
        done_to,
        shown::numbered(act.batch_id),
        undo,
    ]
}

fn record_cells(session: &Session, record: &LogRecord) -> [String; 7] {
    let done_to = match record.subject() {
        Some(subject) => shown::subject(session.language, subject),
        None => shown::text(record.full_code.as_deref()),
    };
    [
        format!("#{}", record.act_id),
        shown::whole_moment(session.zone, record.done_at),
        shown::act_word(session.language, &record.act),
        record.operator.clone(),
        shown::text(record.account.as_deref()),
        done_to,
        changes(session.language, session.zone, record),
    ]
}
