//! The history of a card: what operators did to it, and what customers did by themselves.

use std::fmt;

use chrono::{DateTime, Utc};
use mysql_async::{Conn, Row};

use super::limit::{GRACE, SCREEN};
use super::listing::statement::Statement;
use super::log::{CardValues, LogFilter, LogRecord, read_values, rows};
use super::record::{moment, take};
use super::{Operation, Store, StoreError};

/// Something that was done to a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HistoryEntry {
    /// By an operator.
    Operator(LogRecord),
    /// By a customer.
    Customer(CustomerRecord),
}

/// What a customer did to a card by himself.
#[derive(Clone, PartialEq, Eq)]
pub struct CustomerRecord {
    /// Its number.
    pub id: u64,
    /// The word for what was done: `customer_unbind`, `customer_unbind_lost`, `customer_recharge`, `customer_burn`,
    /// `customer_trial` or `customer_copy`.
    pub act: String,
    /// When.
    pub done_at: DateTime<Utc>,
    /// The machine that it was about: that lost its seat, or began a trial.
    pub machine: Option<String>,
    /// The number of the other card, of two that it was about.
    pub other_card: Option<u64>,
    /// The code of that card, while it is there.
    pub other_code: Option<String>,
    /// The values of the card that it changed, as they were.
    pub before: Option<CardValues>,
    /// The same as they became.
    pub after: Option<CardValues>,
}

/// Shows no machine, no code and no values.
impl fmt::Debug for CustomerRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CustomerRecord")
            .field("id", &self.id)
            .field("act", &self.act)
            .field("done_at", &self.done_at)
            .field("other_card", &self.other_card)
            .finish_non_exhaustive()
    }
}

impl From<LogRecord> for HistoryEntry {
    fn from(record: LogRecord) -> Self {
        Self::Operator(record)
    }
}

impl HistoryEntry {
    /// When it was done.
    pub const fn done_at(&self) -> DateTime<Utc> {
        match self {
            Self::Operator(record) => record.done_at,
            Self::Customer(record) => record.done_at,
        }
    }

    /// The word for what was done.
    pub fn act(&self) -> &str {
        match self {
            Self::Operator(record) => &record.act,
            Self::Customer(record) => &record.act,
        }
    }
}

/// How far a history was read: up to a row of each of the two logs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HistoryPlace {
    operators: Option<u64>,
    customers: Option<u64>,
}

impl HistoryPlace {
    /// The place behind a page that begins here.
    #[must_use]
    pub fn behind(self, page: &[HistoryEntry]) -> Self {
        page.iter().fold(self, |place, entry| match entry {
            HistoryEntry::Operator(record) => Self { operators: Some(record.id), ..place },
            HistoryEntry::Customer(record) => Self { customers: Some(record.id), ..place },
        })
    }
}

impl Store {
    /// What was done to a card, up to `size` entries from a place on, newest first. An account that may not read what
    /// customers did, as older versions made it, is told what operators did.
    pub async fn card_history(
        &self,
        id: u64,
        from: HistoryPlace,
        size: usize,
    ) -> Result<Vec<HistoryEntry>, StoreError> {
        let filter = LogFilter { card_id: Some(id), ..LogFilter::default() };
        let operators = self.log(&filter, from.operators, size).await?;
        let customers = ReadCustomers { card: id, before: from.customers.unwrap_or(u64::MAX), size };
        let customers = match self.run(SCREEN + GRACE, customers).await {
            Err(error) if error.is_denied() || error.is_of_schema() => Vec::new(),
            customers => customers?,
        };
        let mut history = merged(operators, customers);
        history.truncate(size);
        Ok(history)
    }
}

/// Two logs that each begin with the newest as one.
fn merged(operators: Vec<LogRecord>, customers: Vec<CustomerRecord>) -> Vec<HistoryEntry> {
    let mut operators = operators.into_iter().peekable();
    let mut customers = customers.into_iter().peekable();
    let next = || match (operators.peek(), customers.peek()) {
        (Some(operator), Some(customer)) if operator.done_at < customer.done_at => {
            customers.next().map(HistoryEntry::Customer)
        }
        (Some(_), _) => operators.next().map(HistoryEntry::Operator),
        (None, _) => customers.next().map(HistoryEntry::Customer),
    };
    std::iter::from_fn(next).collect()
}

struct ReadCustomers {
    card: u64,
    before: u64,
    size: usize,
}

impl Operation for ReadCustomers {
    type Output = Vec<CustomerRecord>;

    const ONLY_READS: bool = true;
    const IS_CANCELLED: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<Vec<CustomerRecord>, StoreError> {
        let text = "SELECT done.id, LOWER(done.act), done.done_at, done.machine_code, done.other_card_id, \
                    other.full_code, CAST(done.values_before AS CHAR), CAST(done.values_after AS CHAR) \
                    FROM customer_log AS done FORCE INDEX (idx_card_id) \
                    LEFT JOIN cards AS other ON other.id = done.other_card_id \
                    WHERE done.card_id = ? AND done.id < ? ORDER BY done.id DESC LIMIT ?";
        let values = vec![self.card.into(), self.before.into(), self.size.into()];
        let statement = Statement { text: text.to_owned(), values };
        rows(connection, &statement).await?.into_iter().map(read).collect()
    }
}

fn read(mut row: Row) -> Result<CustomerRecord, StoreError> {
    let row = &mut row;
    let act: String = take(row, 1)?;
    Ok(CustomerRecord {
        id: take(row, 0)?,
        act: format!("customer_{act}"),
        done_at: moment(row, 2)?,
        machine: take(row, 3)?,
        other_card: take(row, 4)?,
        other_code: take(row, 5)?,
        before: read_values(row, 6)?,
        after: read_values(row, 7)?,
    })
}
