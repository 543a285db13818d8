//! The operator log: who did what, when, to which cards.

use std::fmt;

use chrono::{DateTime, Utc};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Params, Row};
use serde_json::{Map, Value};

use super::limit::{GRACE, SCREEN, limited};
use super::listing::statement::Statement;
use super::record::{moment, take};
use super::{Operation, Store, StoreError};
use kami_core::block::is_subject;
use kami_core::card::mask;
use kami_core::operator::Operator;

/// An act of an operator, on however many cards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActRecord {
    /// Its number.
    pub id: u64,
    /// The word for what was done: `generate`, `import`, `edit`, `undo`, `app_set` and its like, or one of [`kami_core::acts::Act::name`].
    pub act: String,
    /// Who did it, by the name that they gave.
    pub operator: String,
    /// The database account that did it, as the server itself wrote down; `None` before it did.
    pub account: Option<String>,
    /// When.
    pub done_at: DateTime<Utc>,
    /// How many cards it changed or made, or how many blocks.
    pub card_count: u64,
    /// The batch that it made.
    pub batch_id: Option<u64>,
    /// What it changed that is no card, as [`Subject`] reads it.
    pub subject: Option<String>,
    /// The act that it takes back.
    pub undoes: Option<u64>,
    /// The act that took it back.
    pub undone_by: Option<u64>,
}

/// What an act changed that is no card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject<'a> {
    /// The app of that name.
    App(&'a str),
    /// A preset of an app.
    Preset {
        /// The app's name.
        app: &'a str,
        /// Its own.
        name: &'a str,
    },
    /// Whom it kept out or let in again, in words: one, or how many.
    Blocks(&'a str),
}

impl<'a> Subject<'a> {
    /// What the log calls so: an app by its name, a preset by its app's, a slash and its own, and blocks in words.
    pub fn of(text: &'a str) -> Self {
        match text.split_once('/') {
            _ if is_subject(text) => Self::Blocks(text),
            Some((app, name)) => Self::Preset { app, name },
            None => Self::App(text),
        }
    }

    /// The app that it is, or belongs to.
    pub const fn app(self) -> Option<&'a str> {
        match self {
            Self::App(app) | Self::Preset { app, .. } => Some(app),
            Self::Blocks(_) => None,
        }
    }

    /// The name of the preset that it is.
    pub const fn preset(self) -> Option<&'a str> {
        match self {
            Self::App(_) | Self::Blocks(_) => None,
            Self::Preset { name, .. } => Some(name),
        }
    }
}

impl ActRecord {
    /// What it changed that is no card.
    pub fn subject(&self) -> Option<Subject<'_>> {
        self.subject.as_deref().map(Subject::of)
    }

    /// Whether it kept machines or networks out, or let them in again.
    pub fn is_of_blocks(&self) -> bool {
        matches!(self.subject(), Some(Subject::Blocks(_)))
    }
}

impl LogRecord {
    /// What was changed that is no card.
    pub fn subject(&self) -> Option<Subject<'_>> {
        self.subject.as_deref().map(Subject::of)
    }
}

/// Values of a card by column.
pub type CardValues = Map<String, Value>;

/// What an act did to one card, or that it made a batch.
#[derive(Clone, PartialEq, Eq)]
pub struct LogRecord {
    /// Its number.
    pub id: u64,
    /// The act's number.
    pub act_id: u64,
    /// The word for what was done.
    pub act: String,
    /// Who did it, by the name that they gave.
    pub operator: String,
    /// The database account that did it, as the server itself wrote down; `None` before it did.
    pub account: Option<String>,
    /// When.
    pub done_at: DateTime<Utc>,
    /// The number of the card it was done to; `None` where it made a batch or changed no card.
    pub card_id: Option<u64>,
    /// The batch that was made, or that the card belongs to.
    pub batch_id: Option<u64>,
    /// What was changed that is no card, as [`Subject`] reads it.
    pub subject: Option<String>,
    /// The card's code before the act.
    pub full_code: Option<String>,
    /// The values that the act changed, as they were; `None` where there was no card.
    pub before: Option<CardValues>,
    /// The same as they became; `None` where no card is left.
    pub after: Option<CardValues>,
}

/// Shows no more of the code than a log line may hold, and no values.
impl fmt::Debug for LogRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogRecord")
            .field("id", &self.id)
            .field("act_id", &self.act_id)
            .field("act", &self.act)
            .field("operator", &self.operator)
            .field("account", &self.account)
            .field("done_at", &self.done_at)
            .field("card_id", &self.card_id)
            .field("batch_id", &self.batch_id)
            .field("full_code", &self.full_code.as_deref().map(mask))
            .finish_non_exhaustive()
    }
}

/// Which rows of the log: those that meet every condition given.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct LogFilter {
    /// Those of this act.
    pub act_id: Option<u64>,
    /// Those about this card.
    pub card_id: Option<u64>,
    /// Those about the card that had this code then.
    pub code: Option<String>,
    /// Those of this operator.
    pub operator: Option<String>,
    /// Those of this kind of act, by its word.
    pub act: Option<String>,
}

/// Shows no more of the code than a log line may hold.
impl fmt::Debug for LogFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogFilter")
            .field("act_id", &self.act_id)
            .field("card_id", &self.card_id)
            .field("code", &self.code.as_deref().map(mask))
            .field("operator", &self.operator)
            .field("act", &self.act)
            .finish()
    }
}

pub(super) const ACT_COLUMNS: &str =
    "id, act, operator, done_at, card_count, batch_id, undoes, undone_by, account, subject";

pub(super) fn read_act(mut row: Row) -> Result<ActRecord, StoreError> {
    let row = &mut row;
    Ok(ActRecord {
        id: take(row, 0)?,
        act: take(row, 1)?,
        operator: take(row, 2)?,
        done_at: moment(row, 3)?,
        card_count: take(row, 4)?,
        batch_id: take(row, 5)?,
        undoes: take(row, 6)?,
        undone_by: take(row, 7)?,
        account: take(row, 8)?,
        subject: take(row, 9)?,
    })
}

pub(super) fn read_values(row: &mut Row, column: usize) -> Result<Option<CardValues>, StoreError> {
    let text: Option<String> = take(row, column)?;
    text.map(|text| serde_json::from_str(&text)).transpose().map_err(|_| StoreError::Undecodable)
}

fn read_log(mut row: Row) -> Result<LogRecord, StoreError> {
    let row = &mut row;
    Ok(LogRecord {
        id: take(row, 0)?,
        act_id: take(row, 1)?,
        act: take(row, 2)?,
        operator: take(row, 3)?,
        done_at: moment(row, 4)?,
        card_id: take(row, 5)?,
        batch_id: take(row, 6)?,
        full_code: take(row, 7)?,
        before: read_values(row, 8)?,
        after: read_values(row, 9)?,
        account: take(row, 10)?,
        subject: take(row, 11)?,
    })
}

impl Store {
    /// The act of that number, if there is one.
    pub async fn act(&self, id: u64) -> Result<Option<ActRecord>, StoreError> {
        let text = format!("SELECT {ACT_COLUMNS} FROM acts WHERE id = ?");
        let statement = Statement { text, values: vec![id.into()] };
        Ok(self.run(SCREEN + GRACE, ReadActs { statement }).await?.pop())
    }

    /// The last act of this operator that stands: one that was taken back, and the taking back, are passed over, so
    /// that undoing again goes one act further back.
    pub async fn last_undoable(&self, operator: &Operator) -> Result<Option<ActRecord>, StoreError> {
        let text = format!(
            "SELECT {ACT_COLUMNS} FROM acts FORCE INDEX (idx_operator) WHERE operator = ? ORDER BY id DESC LIMIT 100"
        );
        let statement = Statement { text, values: vec![operator.as_str().into()] };
        let acts = self.run(SCREEN + GRACE, ReadActs { statement }).await?;
        Ok(acts.into_iter().find(|act| act.undone_by.is_none() && act.undoes.is_none()))
    }

    /// Up to `size` rows of the log before the one numbered `before`, newest first.
    pub async fn log(
        &self,
        filter: &LogFilter,
        before: Option<u64>,
        size: usize,
    ) -> Result<Vec<LogRecord>, StoreError> {
        self.run(SCREEN + GRACE, ReadLog { statement: log(filter, before, size) }).await
    }
}

fn log(filter: &LogFilter, before: Option<u64>, size: usize) -> Statement {
    let LogFilter { act_id, card_id, code, operator, act } = filter;
    let index = match filter {
        LogFilter { card_id: Some(_), .. } => "idx_card_id",
        LogFilter { code: Some(_), .. } => "idx_full_code",
        LogFilter { act_id: Some(_), .. } => "idx_act_id",
        LogFilter { operator: Some(_), .. } => "idx_operator",
        LogFilter { act: Some(_), .. } => "idx_act",
        LogFilter { .. } => "PRIMARY",
    };
    let mut statement = Statement {
        text: format!(
            "SELECT id, act_id, act, operator, done_at, card_id, batch_id, full_code, CAST(values_before AS CHAR), \
             CAST(values_after AS CHAR), account, subject FROM operator_log FORCE INDEX ({index}) WHERE id < ?"
        ),
        values: vec![before.unwrap_or(u64::MAX).into()],
    };
    if let Some(act_id) = act_id {
        statement.and("act_id = ?", [act_id.into()]);
    }
    if let Some(card_id) = card_id {
        statement.and("card_id = ?", [card_id.into()]);
    }
    if let Some(code) = code {
        statement.and("full_code = ?", [code.into()]);
    }
    if let Some(operator) = operator {
        statement.and("operator = ?", [operator.into()]);
    }
    if let Some(act) = act {
        statement.and("act = ?", [act.into()]);
    }
    statement.text.push_str(" ORDER BY id DESC LIMIT ?");
    statement.values.push(size.into());
    statement
}

struct ReadActs {
    statement: Statement,
}

impl Operation for ReadActs {
    type Output = Vec<ActRecord>;
    const IS_CANCELLED: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<Vec<ActRecord>, StoreError> {
        rows(connection, &self.statement).await?.into_iter().map(read_act).collect()
    }
}

struct ReadLog {
    statement: Statement,
}

impl Operation for ReadLog {
    type Output = Vec<LogRecord>;
    const IS_CANCELLED: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<Vec<LogRecord>, StoreError> {
        rows(connection, &self.statement).await?.into_iter().map(read_log).collect()
    }
}

pub(super) async fn rows(connection: &mut Conn, statement: &Statement) -> Result<Vec<Row>, StoreError> {
    let params: Params = statement.params();
    Ok(connection.exec(limited(SCREEN, &statement.text), params).await?)
}
