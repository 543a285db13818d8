//! Going through acts newest first, step by step, so that no filter reads the whole log behind one question.

use std::fmt;

use chrono::TimeDelta;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row, Value};

use super::limit::{GRACE, SCREEN, limited};
use super::listing::statement::{Statement, value};
use super::log::{ACT_COLUMNS, ActRecord, read_act};
use super::record::moment;
use super::{Operation, Store, StoreError};
use kami_core::card::mask;
use kami_core::filter::Range;

/// How many numbers of acts one step goes through: some milliseconds of the server's time.
pub const ACT_WINDOW: u64 = 20_000;

/// By how much an act may be older than one with a smaller number: two may begin at once.
const DISORDER: TimeDelta = TimeDelta::hours(1);

/// Which acts: those that meet every condition given.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ActFilter {
    /// Those of this operator.
    pub operator: Option<String>,
    /// Those of this kind, by its word.
    pub act: Option<String>,
    /// Those that changed the card that had this code then, whatever its case.
    pub code: Option<String>,
    /// Those that made this batch.
    pub batch_id: Option<u64>,
    /// Those done then.
    pub done: Option<Range>,
}

/// Shows no more of the code than a log line may hold.
impl fmt::Debug for ActFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActFilter")
            .field("operator", &self.operator)
            .field("act", &self.act)
            .field("code", &self.code.as_deref().map(mask))
            .field("batch_id", &self.batch_id)
            .field("done", &self.done)
            .finish()
    }
}

/// What one step found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActStep {
    /// The acts, newest first.
    pub acts: Vec<ActRecord>,
    /// The number before which to go on; `None` at the end.
    pub next: Option<u64>,
}

impl Store {
    /// Goes one step on from before the act numbered `before`, or from the newest: up to `size` acts out of at most
    /// [`ACT_WINDOW`] numbers.
    pub async fn acts_step(
        &self,
        filter: &ActFilter,
        before: Option<u64>,
        size: usize,
    ) -> Result<ActStep, StoreError> {
        self.run(SCREEN + GRACE, LoggedActs { filter, before, size: size.max(1) }).await
    }
}

fn conditions(filter: &ActFilter, statement: &mut Statement) {
    let ActFilter { operator, act, code: _, batch_id, done } = filter;
    if let Some(operator) = operator {
        statement.and("operator = ?", [operator.into()]);
    }
    if let Some(act) = act {
        statement.and("act = ?", [act.into()]);
    }
    if let Some(batch_id) = batch_id {
        statement.and("batch_id = ?", [batch_id.into()]);
    }
    if let Some(from) = done.and_then(|done| done.from) {
        statement.and("done_at >= ?", [value(from)]);
    }
    if let Some(until) = done.and_then(|done| done.until) {
        statement.and("done_at < ?", [value(until)]);
    }
}

struct LoggedActs<'a> {
    filter: &'a ActFilter,
    before: Option<u64>,
    size: usize,
}

impl LoggedActs<'_> {
    /// The acts of a statement that is complete but for the filter and the order.
    async fn read(
        &self,
        connection: &mut Conn,
        mut statement: Statement,
    ) -> Result<Vec<ActRecord>, StoreError> {
        conditions(self.filter, &mut statement);
        statement.text.push_str(" ORDER BY id DESC LIMIT ?");
        statement.values.push(self.size.into());
        let rows: Vec<Row> = connection.exec(limited(SCREEN, &statement.text), statement.params()).await?;
        rows.into_iter().map(read_act).collect()
    }

    /// The acts that changed the card of a code: few, and known by the log's index of codes.
    async fn of_code(&self, connection: &mut Conn, code: &str, before: u64) -> Result<ActStep, StoreError> {
        let query = "SELECT DISTINCT act_id FROM operator_log FORCE INDEX (idx_full_code) \
                     WHERE full_code = ? AND act_id < ? ORDER BY act_id DESC LIMIT ?";
        let ids: Vec<u64> = connection.exec(limited(SCREEN, query), (code, before, self.size)).await?;
        let next = ids.last().copied().filter(|_| ids.len() == self.size);
        if ids.is_empty() {
            return Ok(ActStep { acts: Vec::new(), next });
        }
        let text = format!(
            "SELECT {ACT_COLUMNS} FROM acts FORCE INDEX (PRIMARY) WHERE id IN ({})",
            vec!["?"; ids.len()].join(", ")
        );
        let values = ids.into_iter().map(Value::from).collect();
        let acts = self.read(connection, Statement { text, values }).await?;
        Ok(ActStep { acts, next })
    }

    /// Whether no act before this number can lie in the filter's time.
    async fn is_past(&self, connection: &mut Conn, before: u64) -> Result<bool, StoreError> {
        let Some(from) = self.filter.done.and_then(|done| done.from) else { return Ok(false) };
        let query = "SELECT done_at FROM acts WHERE id < ? ORDER BY id DESC LIMIT 1";
        let row: Option<Row> = connection.exec_first(limited(SCREEN, query), (before,)).await?;
        let Some(mut row) = row else { return Ok(true) };
        let done_at = moment(&mut row, 0)?;
        Ok(from.checked_sub_signed(DISORDER).is_some_and(|from| done_at < from))
    }
}

impl Operation for LoggedActs<'_> {
    type Output = ActStep;
    const IS_CANCELLED: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<ActStep, StoreError> {
        let before = if let Some(before) = self.before {
            before
        } else {
            let last: Option<Option<u64>> = connection.query_first("SELECT MAX(id) FROM acts").await?;
            last.flatten().map_or(0, |last| last + 1)
        };
        if let Some(code) = &self.filter.code {
            return self.of_code(connection, code, before).await;
        }
        let floor = before.saturating_sub(ACT_WINDOW);
        let index = if self.filter.operator.is_some() { "idx_operator" } else { "PRIMARY" };
        let text = format!("SELECT {ACT_COLUMNS} FROM acts FORCE INDEX ({index}) WHERE id < ? AND id >= ?");
        let statement = Statement { text, values: vec![before.into(), floor.into()] };
        let acts = self.read(connection, statement).await?;
        let next = match acts.last() {
            Some(last) if acts.len() == self.size => last.id,
            _ => floor,
        };
        let is_end = next <= 1 || self.is_past(connection, next).await?;
        Ok(ActStep { acts, next: (!is_end).then_some(next) })
    }
}
