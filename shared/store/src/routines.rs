//! The routines of `sql/routines.sql`: making them, and writing through them or, where that is not allowed yet, straight
//! into the table.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Params, Row};
use tokio::time::Instant;
use tracing::info;

use super::StoreError;
use super::counters::Counters;
use super::session::MODE;

const TEMPLATE: &str = include_str!("../../../sql/routines.sql");

/// What stands before the name of a routine in the template.
const HEADING: &str = "-- routine: ";

/// The server's number for a routine that is there already.
const EXISTS: u16 = 1304;

/// A routine of `sql/routines.sql`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Routine {
    /// Its name in the database.
    pub name: &'static str,
    /// The statement that makes it.
    pub sql: &'static str,
}

/// All of them, in the order in which they are made.
pub(super) fn definitions() -> impl Iterator<Item = Routine> {
    let parts = TEMPLATE.split(HEADING).skip(1).filter_map(|part| part.split_once('\n'));
    parts.map(|(name, sql)| Routine { name, sql: sql.trim_end() })
}

/// The names of those in the database that the account may see: the ones that it made or may execute.
pub(super) async fn names(connection: &mut Conn) -> Result<Vec<String>, StoreError> {
    let query = "SELECT routine_name FROM information_schema.routines WHERE routine_schema = DATABASE()";
    Ok(connection.query(query).await?)
}

/// Those that MariaDB made while the database was of another character set, in which they go on reading the text that
/// they are given; MySQL reads it in utf8mb4 in any case.
pub(super) async fn outdated(connection: &mut Conn) -> Result<Vec<Routine>, StoreError> {
    let query = "SELECT routine_name FROM information_schema.routines WHERE routine_schema = DATABASE() \
                 AND database_collation NOT LIKE 'utf8mb4%' AND VERSION() LIKE '%MariaDB%'";
    let names: Vec<String> = connection.query(query).await?;
    Ok(definitions().filter(|routine| names.iter().any(|name| name == routine.name)).collect())
}

/// Makes these anew in their places, where who may execute them stays (which only MariaDB does).
pub(super) async fn make_anew(connection: &mut Conn, routines: &[Routine]) -> Result<(), StoreError> {
    set_mode(connection).await?;
    for routine in routines {
        let statement = routine.sql.replacen("CREATE PROCEDURE", "CREATE OR REPLACE PROCEDURE", 1);
        connection.query_drop(statement).await?;
    }
    Ok(())
}

/// A routine keeps the mode that it was made in.
async fn set_mode(connection: &mut Conn) -> Result<(), StoreError> {
    Ok(connection.query_drop(format!("SET {MODE}")).await?)
}

/// Makes those that are missing, and returns them. What is there is left alone: it may be in use.
pub(super) async fn make_missing(connection: &mut Conn) -> Result<Vec<Routine>, StoreError> {
    set_mode(connection).await?;
    let mut made = Vec::new();
    for routine in definitions() {
        match connection.query_drop(routine.sql).await {
            Ok(()) => made.push(routine),
            Err(mysql_async::Error::Server(refusal)) if refusal.code == EXISTS => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(made)
}

/// Whether it was told that the account may not call a successor.
static IS_TOLD: AtomicBool = AtomicBool::new(false);

/// What a routine says, in the one value of its one row.
pub(super) async fn said(
    connection: &mut Conn,
    call: &str,
    params: impl Into<Params> + Send,
) -> Result<Option<bool>, StoreError> {
    let said: Option<Option<bool>> = connection.exec_first(call, params).await?;
    said.ok_or(StoreError::Undecodable)
}

/// The row that a routine returns, or that of the routine before it where the account may not call it, or the schema has none.
pub(super) async fn first_of(
    connection: &mut Conn,
    counters: &Counters,
    calls: [&'static str; 2],
    params: impl Into<Params>,
) -> Result<Row, StoreError> {
    let params = params.into();
    let [successor, predecessor] = calls;
    counters.round_trip();
    let row = match connection.exec_first(successor, params.clone()).await.map_err(StoreError::from) {
        Err(denied) if denied.is_denied() => {
            if !IS_TOLD.swap(true, Ordering::Relaxed) {
                info!("some of what customers do is done as the version before did it: {denied}");
            }
            counters.round_trip();
            connection.exec_first(predecessor, params).await?
        }
        row => row?,
    };
    row.ok_or(StoreError::Undecodable)
}

/// How long an account that was not let call the successor of a routine calls the routine itself: somebody may have migrated
/// or granted meanwhile.
const KEPT: Duration = Duration::from_secs(10);

/// How an account may write cards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Through the routines, as its role is granted.
    Routine,
    /// Straight into the table, as accounts of older versions were granted, and before there are routines.
    Table,
}

/// The successor of a routine, or of several that are granted together: whether the account was last let call it.
#[derive(Debug)]
pub(super) struct Successor {
    /// What is done otherwise while it is not called.
    fallback: &'static str,
    /// Since when it is left alone, and whether that was told.
    denied: Mutex<Option<Instant>>,
    is_told: AtomicBool,
}

impl Successor {
    pub(super) fn new(fallback: &'static str) -> Self {
        Self { fallback, denied: Mutex::default(), is_told: AtomicBool::default() }
    }

    /// Whether it is to be called.
    pub(super) fn is_called(&self) -> bool {
        let denied = self.denied.lock().unwrap_or_else(PoisonError::into_inner);
        denied.is_none_or(|since| since.elapsed() >= KEPT)
    }

    /// What it did; nothing where the account may not call it, as older versions made accounts, so that the routine is called in
    /// its place.
    pub(super) fn answered<T>(&self, done: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
        match done {
            Err(denied) if denied.is_denied() => {
                self.deny(&denied);
                Ok(None)
            }
            done => done.map(Some),
        }
    }

    /// Leaves it alone for a while.
    pub(super) fn deny(&self, denied: &StoreError) {
        *self.denied.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        if !self.is_told.swap(true, Ordering::Relaxed) {
            info!("{}: {denied}", self.fallback);
        }
    }
}

/// The way that an account was last let write by, so that only the first write of all may have to try both.
#[derive(Debug)]
pub(super) struct Writing {
    is_direct: AtomicBool,
    /// Of the routines that give seats.
    pub(super) seats: Successor,
}

impl Default for Writing {
    fn default() -> Self {
        Self {
            is_direct: AtomicBool::default(),
            seats: Successor::new("seats are given as the version before gave them"),
        }
    }
}

impl Writing {
    /// Does a write that `statement` has for either way; returns how many rows it changed.
    pub(super) async fn write(
        &self,
        connection: &mut Conn,
        counters: &Counters,
        statement: impl Fn(Way) -> (Cow<'static, str>, Params) + Sync,
    ) -> Result<u64, StoreError> {
        let is_direct = self.is_direct.load(Ordering::Relaxed);
        let (usual, other) = if is_direct { (Way::Table, Way::Routine) } else { (Way::Routine, Way::Table) };
        match write_once(connection, counters, statement(usual)).await {
            Err(denied) if denied.is_denied() => {
                match write_once(connection, counters, statement(other)).await {
                    Ok(changed) => {
                        info!(way = ?other, "cards are written in another way than before: {denied}");
                        self.is_direct.store(other == Way::Table, Ordering::Relaxed);
                        Ok(changed)
                    }
                    Err(error) if error.is_denied() => Err(denied),
                    Err(error) => Err(error),
                }
            }
            done => done,
        }
    }
}

async fn write_once(
    connection: &mut Conn,
    counters: &Counters,
    (statement, params): (Cow<'static, str>, Params),
) -> Result<u64, StoreError> {
    counters.round_trip();
    connection.exec_drop(statement, params).await?;
    Ok(connection.affected_rows())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_successor_that_may_not_be_called_is_left_alone_for_a_while() {
        let refusal = |code| mysql_async::ServerError { code, message: String::new(), state: String::new() };
        let error = |code| StoreError::from(mysql_async::Error::Server(refusal(code)));
        let Writing { seats, .. } = Writing::default();
        assert!(seats.is_called());
        assert!(matches!(seats.answered(Ok(7)), Ok(Some(7))));
        assert!(seats.answered::<()>(Err(error(1213))).is_err() && seats.is_called());
        assert!(matches!(seats.answered::<()>(Err(error(1370))), Ok(None)));
        assert!(!seats.is_called());
        tokio::time::advance(KEPT).await;
        assert!(seats.is_called());
    }

    #[test]
    fn each_routine_is_one_statement_that_bears_its_name() {
        let mut names = Vec::new();
        for Routine { name, sql: statement } in definitions() {
            let definition = statement.lines().find(|line| !line.starts_with("--")).unwrap();
            assert!(definition.starts_with(&format!("CREATE PROCEDURE {name}(")), "{definition}");
            assert!(statement.contains("SQL SECURITY DEFINER"), "{name}");
            assert_eq!(statement.matches("CREATE").count(), 1, "{name}");
            names.push(name);
        }
        assert_eq!(names.len(), TEMPLATE.matches("CREATE PROCEDURE").count());
    }
}
