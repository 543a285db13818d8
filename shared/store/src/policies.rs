//! The apps as clients are answered by them: a copy in memory, which the database itself says to be true.
//!
//! Each lookup of a card reads, in the same round trip, how often the apps have been changed. While that is what it was
//! when the copy was made, the copy is what the database holds at that very moment; otherwise it is made anew before the
//! answer, once for all who wait.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row};
use tokio::time::{Instant, timeout_at};
use tracing::info;

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

/// The copy, which clones of a store share.
#[derive(Clone, Debug)]
pub(super) struct Policies {
    pool: Pool,
    copy: Arc<Mutex<Option<(Apps, Instant)>>>,
    making: Arc<tokio::sync::Mutex<()>>,
}

impl Policies {
    /// No copy yet: the first who asks makes it.
    pub(super) fn new(pool: Pool) -> Self {
        Self { pool, copy: Arc::default(), making: Arc::default() }
    }

    /// The apps as they were when `revision` was read, or as they have become since; given up at `deadline`.
    pub(super) async fn at(&self, revision: u64, deadline: Instant) -> Result<Apps, StoreError> {
        let apps = self.copy_that(|apps, _| apps.revision == Some(revision), deadline).await?;
        // What was true a moment ago is as good as a copy of that moment.
        if let Some((copied, seen)) = self.copy().as_mut()
            && copied.revision == Some(revision)
        {
            *seen = Instant::now();
        }
        Ok(apps)
    }

    /// The apps as they were at most [`APPS_KEPT`] ago; given up at `deadline`.
    pub(super) async fn recent(&self, deadline: Instant) -> Result<Apps, StoreError> {
        self.copy_that(|_, seen| seen.elapsed() < APPS_KEPT, deadline).await
    }

    /// The copy if it will do, or a new one.
    async fn copy_that(
        &self,
        will_do: impl Fn(&Apps, Instant) -> bool,
        deadline: Instant,
    ) -> Result<Apps, StoreError> {
        if let Some(apps) = self.kept(&will_do) {
            return Ok(apps);
        }
        timeout_at(deadline, async {
            let _making = self.making.lock().await;
            // Whoever was first made it for all who waited.
            if let Some(apps) = self.kept(&will_do) {
                return Ok(apps);
            }
            let apps = self.pool.run(REQUEST_LIMIT, ReadApps { counters: self.pool.counters() }).await?;
            *self.copy() = Some((apps.clone(), Instant::now()));
            Ok(apps)
        })
        .await
        .unwrap_or(Err(StoreError::TimedOut))
    }

    fn kept(&self, will_do: impl Fn(&Apps, Instant) -> bool) -> Option<Apps> {
        let copy = self.copy();
        let (apps, made) = copy.as_ref()?;
        will_do(apps, *made).then(|| apps.clone())
    }

    fn copy(&self) -> std::sync::MutexGuard<'_, Option<(Apps, Instant)>> {
        self.copy.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
            Err(error) if error.is_denied() || error.is_of_schema() => {
                info!("there are no apps, as the account or the schema has none: {error}");
                return Ok(Apps::default());
            }
            rows => rows?,
        };
        let revision = Some(rows.first_mut().map_or(Ok(0), |row| take(row, row.len() - 1))?);
        let found = found(rows)?;
        let by_name = found.apps.into_iter().map(|app| (app.name.clone(), Arc::new(app)));
        Ok(Apps { revision, by_name: Arc::new(by_name.collect()), unreadable: Arc::new(found.unreadable) })
    }
}
