//! Making the connections of a pool, each to its end and never more than there are places.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mysql_async::{Conn, DriverError, Error, Opts};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

use super::connection::Connection;
use crate::StoreError;
use crate::address::AddressSource;
use crate::connect::connect;
use crate::counters::{Counters, OpenConnection};
use crate::database_url::DatabaseUrl;
use crate::session::{ISOLATION, MODE, NAMES};

/// What every connection is told once, so that a server's own settings cannot change what kami does: each statement
/// counts by itself unless a transaction is begun, and no lock is waited for longer than a client waits for us.
const LIMITS: &str = "autocommit = 1, innodb_lock_wait_timeout = 1, lock_wait_timeout = 1";

/// How long a connection may take to be made. Servers refuse a host after 100 handshakes that it broke off, so that
/// none is while it may still come to something: after ten seconds, their `connect_timeout`, servers give up as well.
const CONNECT: Duration = Duration::from_secs(10);

/// Makes connections. Those being made count as much as those that are, and those being closed.
pub(super) struct Connector {
    source: Arc<dyn AddressSource>,
    /// The driver's options for the address that was connected to last. They are made with the first connection:
    /// reading the system's certificates is work that can wait.
    options: Mutex<Option<(DatabaseUrl, Opts)>>,
    /// A permit for each connection that there may be.
    places: Arc<Semaphore>,
    size: u32,
    /// Whether the last attempt was never answered.
    unanswered: AtomicBool,
    /// Held by the one who tries whether a server that did not answer does by now.
    probe: Semaphore,
    counters: Arc<Counters>,
}

impl Connector {
    /// Makes up to as many connections at once as `source` says.
    pub(super) fn new(source: Arc<dyn AddressSource>, counters: Arc<Counters>) -> Self {
        let size = u32::try_from(source.pool()).unwrap_or(u32::MAX);
        let places = Arc::new(Semaphore::new(source.pool()));
        let (options, unanswered) = (Mutex::default(), AtomicBool::default());
        Self { source, options, places, size, unanswered, probe: Semaphore::new(1), counters }
    }

    /// How many there may be at once.
    pub(super) fn size(&self) -> usize {
        self.size.try_into().unwrap_or(usize::MAX)
    }

    /// Where the database is.
    pub(super) async fn address(&self) -> Result<DatabaseUrl, StoreError> {
        Ok(self.source.address(None).await?)
    }

    /// Makes a connection once there is a place for it. Dropped half way it breaks off a handshake, so that only tasks
    /// of their own may wait for this.
    pub(super) async fn connect(&self) -> Result<Connection, StoreError> {
        let closed = |_| StoreError::from(Error::Driver(DriverError::PoolDisconnected));
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(closed)?;
        self.connect_in(place).await
    }

    /// The same in a place that another connection has left.
    pub(super) async fn connect_in(&self, place: OwnedSemaphorePermit) -> Result<Connection, StoreError> {
        // A server that hangs finds every attempt broken off once it goes on: let there be few.
        let probe =
            if self.unanswered.load(Ordering::Relaxed) { Some(self.probe.acquire().await) } else { None };
        let answered = timeout(CONNECT, self.log_in()).await;
        self.unanswered.store(answered.is_err(), Ordering::Relaxed);
        drop(probe);
        let driver = answered.unwrap_or(Err(StoreError::TimedOut))?;
        self.counters.round_trip();
        let open = OpenConnection::new(Arc::clone(&self.counters));
        Ok(Connection { driver, since: Instant::now(), open, place })
    }

    /// Waits until no connection is left, neither made nor being made or closed.
    pub(super) async fn all_closed(&self) {
        drop(self.places.acquire_many(self.size).await);
    }

    /// A login that is refused is tried again with another address, if there is one by now: passwords are changed
    /// while we run.
    async fn log_in(&self) -> Result<Conn, StoreError> {
        let address = self.address().await?;
        match self.log_in_at(&address).await {
            Err(error) if error.is_refused_login() => {
                let newer = self.source.address(Some(&address)).await?;
                if newer == address { Err(error) } else { self.log_in_at(&newer).await }
            }
            logged_in => logged_in,
        }
    }

    async fn log_in_at(&self, address: &DatabaseUrl) -> Result<Conn, StoreError> {
        Ok(connect(self.options(address)).await.map_err(|error| address.explain(error))?)
    }

    fn options(&self, address: &DatabaseUrl) -> Opts {
        let mut options = self.options.lock().unwrap_or_else(PoisonError::into_inner);
        match &*options {
            Some((known, options)) if known == address => options.clone(),
            _ => {
                let made = Opts::from(
                    address.options().setup(vec![format!("SET {NAMES}, {LIMITS}, {MODE}, {ISOLATION}")]),
                );
                *options = Some((address.clone(), made.clone()));
                made
            }
        }
    }
}
