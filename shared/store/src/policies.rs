//! The apps as clients are answered by them: a copy in memory, which the database itself says to be true.
//!
//! Each lookup of a card reads, in the same round trip, how often the apps have been changed. While that is what it was
//! when the copy was made, the copy is what the database holds at that very moment; otherwise it is made anew before the
//! answer, once for all who wait. Who is kept out belongs to it, and is read again only where that was changed, as there may
//! be many.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};
use tracing::{info, warn};

use super::apps::{AppsFound, COLUMNS, found};
use super::blocks::{READ_BY_FUNCTION, read_by_function};
use super::counters::Counters;
use super::pool::Pool;
use super::record::take;
use super::{Operation, REQUEST_LIMIT, StoreError};
use kami_core::app::{App, AppName};
use kami_core::block::MAX_BLOCKS;
use kami_core::blocklist::Blocklist;
use kami_core::card::MachineCode;

/// For how long a copy answers those who ask for an app alone, and read no card that would say whether it still is true.
pub const APPS_KEPT: Duration = Duration::from_secs(10);

/// How long reading all who are kept out may take: many of them from a slow server take longer than one request waits, and
/// are there for the next.
const LIST_LIMIT: Duration = Duration::from_secs(10);

/// How long nobody is kept out where the list cannot be read, until that is tried again: somebody may have granted meanwhile.
const UNREADABLE_KEPT: Duration = Duration::from_secs(10);

/// The apps at one of their revisions, and who is kept out of them since or at it; none at no revision, where the account or
/// the schema has none to read.
#[derive(Clone, Debug, Default)]
pub(super) struct Apps {
    revision: Option<u64>,
    by_name: Arc<HashMap<AppName, Arc<App>>>,
    unreadable: Arc<Vec<String>>,
    blocks: Blocks,
}

/// Who is kept out.
#[derive(Clone, Debug, Default)]
struct Blocks {
    /// How often that had been changed when it was read; 0 never, so that nobody is.
    number: u64,
    list: Arc<Blocklist>,
    /// Since when it is known that it cannot be read.
    unreadable_since: Option<Instant>,
}

impl Blocks {
    /// Whether it has to be read, where it has been changed so often by now.
    fn is_outdated(&self, number: u64) -> bool {
        self.number != number || self.is_to_be_tried()
    }

    /// Whether it could not be read long enough ago.
    fn is_to_be_tried(&self) -> bool {
        self.unreadable_since.is_some_and(|since| since.elapsed() >= UNREADABLE_KEPT)
    }
}

impl Apps {
    /// The app of that name, if there is one.
    pub(super) fn get(&self, name: &AppName) -> Result<Option<Arc<App>>, StoreError> {
        if self.unreadable.iter().any(|unreadable| unreadable == name.as_str()) {
            return Err(StoreError::Undecodable);
        }
        Ok(self.by_name.get(name).cloned())
    }

    /// Whether a machine of that app is kept out, for its code or for the address that it comes from.
    pub(super) fn keeps_out(
        &self,
        app: &AppName,
        machine: Option<&MachineCode>,
        address: Option<IpAddr>,
        now: DateTime<Utc>,
    ) -> bool {
        self.blocks.list.keeps_out(app, machine, address, now)
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
    /// Whether it was told that nobody is kept out since the list cannot be read.
    is_told: Arc<AtomicBool>,
}

impl Policies {
    /// No copy yet: the first who asks makes it.
    pub(super) fn new(pool: Pool) -> Self {
        Self { pool, state: Arc::default(), is_told: Arc::default() }
    }

    /// The apps as they were when `revision` was read, or as they have become since; given up at `deadline`.
    pub(super) async fn at(&self, revision: u64, deadline: Instant) -> Result<Apps, StoreError> {
        if let Some((copied, seen)) = &mut self.state().copy
            && copied.revision == Some(revision)
            && !copied.blocks.is_to_be_tried()
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
            let apps = policies.read().await;
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

    async fn read(&self) -> Result<Apps, StoreError> {
        let counters = self.pool.counters();
        let (mut apps, number) = self.pool.run(REQUEST_LIMIT, ReadApps { counters }).await?;
        let known = self.state().copy.as_ref().map(|(apps, _)| apps.blocks.clone()).unwrap_or_default();
        apps.blocks = match number {
            0 => Blocks::default(),
            number if known.is_outdated(number) => self.read_blocks(number).await?,
            _ => known,
        };
        Ok(apps)
    }

    /// Who is kept out, which had been changed so often: nobody where the account may not read it, or the schema has it not.
    async fn read_blocks(&self, number: u64) -> Result<Blocks, StoreError> {
        let read = ReadBlocks { number, counters: self.pool.counters() };
        match self.pool.run(LIST_LIMIT, read).await {
            Err(error) if error.is_denied() || error.is_of_schema() => {
                if !self.is_told.swap(true, Ordering::Relaxed) {
                    info!("nobody is kept out, since the account may not read whom the blocks name: {error}");
                }
                Ok(Blocks { number, unreadable_since: Some(Instant::now()), ..Blocks::default() })
            }
            blocks => {
                self.is_told.store(false, Ordering::Relaxed);
                blocks
            }
        }
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

/// Reads the apps, and how often it was changed who is kept out.
struct ReadApps<'a> {
    counters: &'a Counters,
}

impl Operation for ReadApps<'_> {
    type Output = (Apps, u64);
    const ONLY_READS: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<(Apps, u64), StoreError> {
        // A schema of the last version has no blocks.
        for blocks in ["(SELECT blocks FROM policy_revision WHERE id = 1)", "0"] {
            // In one statement, so that the revision is the one of these very rows.
            let query = format!(
                "SELECT {COLUMNS}, COALESCE((SELECT revision FROM policy_revision WHERE id = 1), 0), \
                 COALESCE({blocks}, 0) FROM apps"
            );
            self.counters.round_trip();
            match connection.exec(query, ()).await.map_err(StoreError::from) {
                Err(error) if error.is_of_schema() && blocks != "0" => {}
                Err(error) if error.is_denied() || error.is_of_schema() => break,
                rows => return read(rows?),
            }
        }
        Ok((Apps::default(), 0))
    }
}

fn read(mut rows: Vec<Row>) -> Result<(Apps, u64), StoreError> {
    let mut behind = |place| rows.first_mut().map_or(Ok(0), |row| take(row, row.len() - place));
    let (revision, number) = (Some(behind(2)?), behind(1)?);
    let AppsFound { apps, unreadable } = found(rows)?;
    let by_name = apps.into_iter().map(|app| (app.name.clone(), Arc::new(app))).collect();
    let (by_name, unreadable) = (Arc::new(by_name), Arc::new(unreadable));
    Ok((Apps { revision, by_name, unreadable, blocks: Blocks::default() }, number))
}

/// The place of the number behind [`READ_BY_FUNCTION`].
const NUMBER: usize = 4;

/// Reads who is kept out and has not been let in again by the end of it.
struct ReadBlocks<'a> {
    number: u64,
    counters: &'a Counters,
}

impl Operation for ReadBlocks<'_> {
    type Output = Blocks;
    const ONLY_READS: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<Blocks, StoreError> {
        // Rows that are newer than the apps know how often it was changed by then.
        let query = format!(
            "SELECT {READ_BY_FUNCTION}, COALESCE((SELECT blocks FROM policy_revision WHERE id = 1), 0) FROM blocks \
             WHERE `until` IS NULL OR `until` >= UTC_TIMESTAMP() LIMIT {MAX_BLOCKS}"
        );
        self.counters.round_trip();
        let mut rows = connection.exec_iter(query, ()).await?;
        let (mut list, mut number, mut unreadable) = (Blocklist::default(), self.number, 0_u64);
        while let Some(mut row) = rows.next().await? {
            number = take(&mut row, NUMBER)?;
            match read_by_function(&mut row) {
                Ok(block) => list.extend([block]),
                Err(_) => unreadable += 1,
            }
        }
        if unreadable > 0 {
            warn!(rows = unreadable, "rows of blocks cannot be understood and keep nobody out");
        }
        Ok(Blocks { number, list: Arc::new(list), unreadable_since: None })
    }
}
