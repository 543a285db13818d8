//! The apps as clients are answered by them: a copy in memory, which the database itself says to be true.
//!
//! Each lookup of a card reads, in the same round trip, how often the apps have been changed. While that is what it was
//! when the copy was made, the copy is what the database holds at that very moment; otherwise it is made anew before the
//! answer, once for all who wait.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::apps::{COLUMNS, found};
use super::counters::Counters;
use super::pool::Pool;
use super::record::take;
use super::{Operation, REQUEST_LIMIT, StoreError};
use kami_core::app::{App, AppName};

/// For how long a copy answers those who ask for an app alone, and read no card that would say whether it still is true.
pub const APPS_KEPT: Duration = Duration::from_secs(10);

/// The apps at one of their revisions; none at no revision, where the account or the schema has none to read.
#[derive(Clone, Debug, Default)]
pub(super) struct Apps {
    revision: Option<u64>,
    by_name: Arc<HashMap<AppName, Arc<App>>>,
    unreadable: Arc<Vec<String>>,
}

impl Apps {
    /// The app of that name, if there is one.
    pub(super) fn get(&self, name: &AppName) -> Result<Option<Arc<App>>, StoreError> {
        if self.unreadable.iter().any(|unreadable| unreadable == name.as_str()) {
            return Err(StoreError::Undecodable);
        }
        Ok(self.by_name.get(name).cloned())
    }
}

/// One reading of the apps: nothing while it is under way, afterwards what it came to.
type ReadingAnew = watch::Receiver<Option<Result<Apps, StoreError>>>;

#[derive(Debug, Default)]
struct State {
    /// The copy, and when it was true last.
    copy: Option<(Apps, Instant)>,
    under_way: Option<ReadingAnew>,
}

/// The copy, which clones of a store share.
#[derive(Clone, Debug)]
pub(super) struct Policies {
    pool: Pool,
    state: Arc<Mutex<State>>,
}

impl Policies {
    /// No copy yet: the first who asks makes it.
    pub(super) fn new(pool: Pool) -> Self {
        Self { pool, state: Arc::default() }
    }

    /// The apps as they were when `revision` was read, or as they have become since; given up at `deadline`.
    pub(super) async fn at(&self, revision: u64, deadline: Instant) -> Result<Apps, StoreError> {
        if let Some((copied, seen)) = &mut self.state().copy
            && copied.revision == Some(revision)
        {
            *seen = Instant::now();
            return Ok(copied.clone());
        }
        let (reading, is_own) = self.read_anew();
        let apps = end_of(reading, deadline).await?;
        if is_own || apps.revision == Some(revision) {
            return Ok(apps);
        }
        // It had begun before that revision was read; the next has not.
        let (reading, _) = self.read_anew();
        end_of(reading, deadline).await
    }

    /// The apps as they were at most [`APPS_KEPT`] ago; given up at `deadline`.
    pub(super) async fn recent(&self, deadline: Instant) -> Result<Apps, StoreError> {
        if let Some((copied, seen)) = &self.state().copy
            && seen.elapsed() < APPS_KEPT
        {
            return Ok(copied.clone());
        }
        end_of(self.read_anew().0, deadline).await
    }

    /// The reading that is under way, or else a new one, and whether it is: a task of its own, which no client's hanging up
    /// ends.
    fn read_anew(&self) -> (ReadingAnew, bool) {
        let mut state = self.state();
        // Closed without an answer, it never gets one.
        if let Some(reading) = state.under_way.as_ref().filter(|reading| reading.has_changed().is_ok()) {
            return (reading.clone(), false);
        }
        let (answer, reading) = watch::channel(None);
        let policies = self.clone();
        tokio::spawn(async move {
            let read = ReadApps { counters: policies.pool.counters() };
            let apps = policies.pool.run(REQUEST_LIMIT, read).await;
            let mut state = policies.state();
            if let Ok(apps) = &apps {
                state.copy = Some((apps.clone(), Instant::now()));
            }
            state.under_way = None;
            drop(state);
            answer.send_replace(Some(apps));
        });
        state.under_way = Some(reading.clone());
        (reading, true)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a reading comes to; given up at `deadline`.
async fn end_of(mut reading: ReadingAnew, deadline: Instant) -> Result<Apps, StoreError> {
    let ended = timeout_at(deadline, reading.wait_for(Option::is_some)).await;
    let ended = ended.map_err(|_| StoreError::TimedOut)?;
    // Only one that panicked comes to nothing at all.
    ended.map_or(None, |apps| apps.clone()).unwrap_or(Err(StoreError::Abandoned))
}

struct ReadApps<'a> {
    counters: &'a Counters,
}

impl Operation for ReadApps<'_> {
    type Output = Apps;
    const ONLY_READS: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<Apps, StoreError> {
        // In one statement, so that the revision is the one of these very rows.
        let query = format!(
            "SELECT {COLUMNS}, COALESCE((SELECT revision FROM policy_revision WHERE id = 1), 0) FROM apps"
        );
        self.counters.round_trip();
        let mut rows: Vec<Row> = match connection.exec(query, ()).await.map_err(StoreError::from) {
            Err(error) if error.is_denied() || error.is_of_schema() => return Ok(Apps::default()),
            rows => rows?,
        };
        let revision = Some(rows.first_mut().map_or(Ok(0), |row| take(row, row.len() - 1))?);
        let found = found(rows)?;
        let by_name = found.apps.into_iter().map(|app| (app.name.clone(), Arc::new(app)));
        Ok(Apps { revision, by_name: Arc::new(by_name.collect()), unreadable: Arc::new(found.unreadable) })
    }
}
