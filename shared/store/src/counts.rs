//! Counts over the whole table: taken in the background, as they cost seconds on ten million cards.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row};

use super::limit::{BACKGROUND, GRACE, SCREEN, limited};
use super::listing::sought::{Further, Sought};
use super::listing::statement::{Course, Statement, conditions, counting};
use super::record::{moment, take};
use super::{Operation, Store, StoreError, clock};
use kami_core::app::AppName;
use kami_core::card::CardStatus;
use kami_core::filter::{Filter, Sort};
use kami_core::plan::Plan;

/// How many cards have each status, as the rows say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusCounts {
    /// Never used.
    pub unused: u64,
    /// In use.
    pub active: u64,
    /// Past their time.
    pub expired: u64,
    /// Withdrawn.
    pub disabled: u64,
    /// The database's clock when they were counted.
    pub taken_at: DateTime<Utc>,
}

impl StatusCounts {
    pub(super) const fn none(taken_at: DateTime<Utc>) -> Self {
        Self { unused: 0, active: 0, expired: 0, disabled: 0, taken_at }
    }

    /// How many there are altogether.
    pub fn total(&self) -> u64 {
        self.unused + self.active + self.expired + self.disabled
    }

    /// How many have this status.
    pub fn of(&self, status: CardStatus) -> u64 {
        match status {
            CardStatus::Unused => self.unused,
            CardStatus::Active => self.active,
            CardStatus::Expired => self.expired,
            CardStatus::Disabled => self.disabled,
        }
    }

    /// Those of both together, as of when the second were counted.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            unused: self.unused + other.unused,
            active: self.active + other.active,
            expired: self.expired + other.expired,
            disabled: self.disabled + other.disabled,
            taken_at: other.taken_at,
        }
    }

    pub(super) fn add(&mut self, status: CardStatus, count: u64) {
        let place = match status {
            CardStatus::Unused => &mut self.unused,
            CardStatus::Active => &mut self.active,
            CardStatus::Expired => &mut self.expired,
            CardStatus::Disabled => &mut self.disabled,
        };
        *place += count;
    }
}

/// How many cards of one prefix have each status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrefixCounts {
    /// Empty for the cards that have none.
    pub prefix: String,
    /// Its cards.
    pub counts: StatusCounts,
}

/// How many cards of one app have each status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppCounts {
    /// By its name.
    pub app: String,
    /// Its cards.
    pub counts: StatusCounts,
}

impl Store {
    /// How many cards of an app, or of all, have each status: seconds on ten million cards.
    pub async fn counts_by_status(&self, app: Option<&AppName>) -> Result<StatusCounts, StoreError> {
        self.run(BACKGROUND + GRACE, ByStatus { app }).await
    }

    /// How many cards of an app, or of all, each prefix has, by status, in the order of prefixes: seconds on ten million
    /// cards.
    pub async fn prefix_counts(&self, app: Option<&AppName>) -> Result<Vec<PrefixCounts>, StoreError> {
        self.run(BACKGROUND + GRACE, ByPrefix { app }).await
    }

    /// How many cards each app that has any has, by status, in the order of names: seconds on ten million cards.
    pub async fn app_counts(&self) -> Result<Vec<AppCounts>, StoreError> {
        self.run(BACKGROUND + GRACE, ByApp).await
    }

    /// Every prefix that a card has, in order: read from jumps through an index, at once.
    pub async fn prefixes(&self) -> Result<Vec<String>, StoreError> {
        self.run(SCREEN + GRACE, Prefixes).await
    }

    /// The number of the card that was made last; 0 where there is none.
    pub async fn newest_card(&self) -> Result<u64, StoreError> {
        self.run(SCREEN + GRACE, Newest).await
    }

    /// How many cards `filter` lets through, to the last one: up to seconds on ten million cards.
    pub async fn count_exact(&self, filter: &Filter) -> Result<u64, StoreError> {
        self.run(BACKGROUND + GRACE, Exactly { filter }).await
    }
}

fn status(row: &mut Row, column: usize) -> Result<CardStatus, StoreError> {
    take::<String>(row, column)?.parse().map_err(|_| StoreError::Undecodable)
}

struct Newest;

impl Operation for Newest {
    type Output = u64;
    const ONLY_READS: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<u64, StoreError> {
        let newest: Option<Option<u64>> =
            connection.exec_first(limited(SCREEN, "SELECT MAX(id) FROM cards"), ()).await?;
        Ok(newest.flatten().unwrap_or(0))
    }
}

struct ByStatus<'a> {
    app: Option<&'a AppName>,
}

impl Operation for ByStatus<'_> {
    type Output = StatusCounts;
    const IS_CANCELLED: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<StatusCounts, StoreError> {
        let (index, only) = of_app(self.app, "idx_status");
        let columns = if self.app.is_some() { &["app", "status"][..] } else { &["status"] };
        let query = counting_each(columns, index, &only.text);
        let rows: Vec<Row> = connection.exec(limited(BACKGROUND, &query), only.params()).await?;
        let mut counts = StatusCounts::none(clock(connection).await?);
        for mut row in rows {
            counts.taken_at = moment(&mut row, columns.len() + 1)?;
            counts.add(status(&mut row, columns.len() - 1)?, take(&mut row, columns.len())?);
        }
        Ok(counts)
    }
}

/// The index for the cards of an app, or that one for all, and the condition.
fn of_app<'a>(app: Option<&AppName>, index: &'a str) -> (&'a str, Statement) {
    match app {
        None => (index, Statement::default()),
        Some(app) => (
            "idx_app_status",
            Statement { text: " WHERE app = ?".to_owned(), values: vec![app.as_str().into()] },
        ),
    }
}

/// The statement that counts the cards of each value of the columns that an index begins with, and tells the clock: value by
/// value, which takes the server half the time of a GROUP BY.
fn counting_each(columns: &[&str], index: &str, only: &str) -> String {
    let same: Vec<_> = columns.iter().map(|column| format!("cards.{column} = kinds.{column}")).collect();
    let (columns, same) = (columns.join(", "), same.join(" AND "));
    format!(
        "SELECT {columns}, (SELECT COUNT(*) FROM cards FORCE INDEX ({index}) WHERE {same}), UTC_TIMESTAMP() \
         FROM (SELECT DISTINCT {columns} FROM cards FORCE INDEX ({index}){only}) AS kinds"
    )
}

struct ByPrefix<'a> {
    app: Option<&'a AppName>,
}

impl Operation for ByPrefix<'_> {
    type Output = Vec<PrefixCounts>;
    const IS_CANCELLED: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<Vec<PrefixCounts>, StoreError> {
        let (index, only) = of_app(self.app, "idx_prefix_status");
        let query = match self.app {
            None => counting_each(&["prefix", "status"], index, &only.text),
            Some(_) => format!(
                "SELECT prefix, status, COUNT(*), UTC_TIMESTAMP() FROM cards FORCE INDEX ({index}){} \
                 GROUP BY prefix, status",
                only.text
            ),
        };
        let rows: Vec<Row> = connection.exec(limited(BACKGROUND, &query), only.params()).await?;
        let prefixes = by_name(rows)?.into_iter();
        Ok(prefixes.map(|(prefix, counts)| PrefixCounts { prefix, counts }).collect())
    }
}

struct ByApp;

impl Operation for ByApp {
    type Output = Vec<AppCounts>;
    const IS_CANCELLED: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<Vec<AppCounts>, StoreError> {
        // Both are at the ends of an index.
        let ends = "SELECT MIN(app), MAX(app) FROM cards";
        let ends: Option<(Option<String>, Option<String>)> =
            connection.exec_first(limited(BACKGROUND, ends), ()).await?;
        let (first, last) = ends.ok_or(StoreError::Undecodable)?;
        let Some(app) = first else { return Ok(Vec::new()) };
        if last.as_deref() == Some(&app) {
            // All cards are counted faster by the index that has their status alone.
            let counts = ByStatus { app: None }.run(connection).await?;
            return Ok(vec![AppCounts { app, counts }]);
        }
        let query = counting_each(&["app", "status"], "idx_app_status", "");
        let rows: Vec<Row> = connection.exec(limited(BACKGROUND, &query), ()).await?;
        Ok(by_name(rows)?.into_iter().map(|(app, counts)| AppCounts { app, counts }).collect())
    }
}

/// The counts of rows of a name, a status, a count and the clock, by name.
fn by_name(rows: Vec<Row>) -> Result<BTreeMap<String, StatusCounts>, StoreError> {
    let mut names: BTreeMap<String, StatusCounts> = BTreeMap::new();
    for mut row in rows {
        let taken_at = moment(&mut row, 3)?;
        let counts = names.entry(take(&mut row, 0)?).or_insert(StatusCounts::none(taken_at));
        counts.add(status(&mut row, 1)?, take(&mut row, 2)?);
    }
    Ok(names)
}

struct Prefixes;

impl Operation for Prefixes {
    type Output = Vec<String>;
    const IS_CANCELLED: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<Vec<String>, StoreError> {
        let query = "SELECT DISTINCT prefix FROM cards FORCE INDEX (idx_prefix_status) ORDER BY prefix";
        Ok(connection.exec(limited(SCREEN, query), ()).await?)
    }
}

struct Exactly<'a> {
    filter: &'a Filter,
}

impl Operation for Exactly<'_> {
    type Output = u64;
    const IS_CANCELLED: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<u64, StoreError> {
        let sought = Sought::of(connection, self.filter).await?;
        let is_elsewhere = self.filter.is_shared || self.filter.is_copied;
        let few = match sought.plan(Sort::NEWEST) {
            Plan::Indexed(indexed) if sought.further == Further::Few || is_elsewhere => Some(indexed),
            Plan::Indexed(_) | Plan::Windowed(_) => None,
        };
        let statement = if let Some(indexed) = few {
            // No index of cards by itself finds them by the machine in their rows and by others, or by who asked for them, or by
            // their keys.
            let course = Course { backwards: false, from: None, inclusive: false };
            counting(sought, indexed, course, usize::MAX)
        } else {
            let Statement { text, values } = conditions(sought);
            Statement { text: format!("SELECT COUNT(*) FROM cards WHERE TRUE{text}"), values }
        };
        let query = limited(BACKGROUND, &statement.text);
        let count: Option<u64> = connection.exec_first(query, statement.params()).await?;
        count.ok_or(StoreError::Undecodable)
    }
}
