//! The only code that talks to the database: every statement of SQL is in this module or in `sql/`.

mod accounts;
mod act_list;
mod acts;
mod address;
mod batches;
mod cause;
mod connect;
mod counters;
mod counts;
mod engines;
mod error;
mod expiry;
mod grants;
mod health;
mod inspection;
mod limit;
mod listing;
mod log;
mod lookup;
mod migrations;
mod one_card;
mod pool;
mod record;
mod routines;
mod runner;
mod session;
mod statistics;
mod takeover;
mod validation;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, Utc};
use mysql_async::prelude::{FromRow, Queryable};
use mysql_async::{Conn, FromRowError, Row};
use tokio::sync::Semaphore;

pub use self::act_list::{ACT_WINDOW, ActFilter, ActStep};
pub use self::acts::{
    ActError, ActOutcome, ActProgress, Acted, CardValues, GenerateOrder, MAX_BATCH, ManyAct, OnMade,
    OnProgress, OneAct, OneEdit, Selection, Standing, TakenCodes, Undo, UndoRefusal, Undoable,
};
pub use self::address::{AddressError, AddressFuture, AddressSource};
pub use self::batches::{Batch, BatchOrigin};
pub use self::cause::{Cause, TlsFault, UnreadableFile};
use self::counters::Counters;
pub use self::counters::StoreCounters;
pub use self::counts::{PrefixCounts, StatusCounts};
use self::engines::Engines;
pub use self::error::{StoreError, Withheld};
pub use self::expiry::{EXPIRY_BATCH, ExpiryBatch, ExpiryCursor};
pub use self::grants::{
    Account, AccountError, Deed, Grants, Privilege, Right, Role, draw_password, rights_in_words,
};
use self::health::Health;
pub use self::health::{HEALTH_KEPT, HEALTH_LIMIT};
pub use self::inspection::{Inspection, RoutineFault, ServerKind};
pub use self::listing::{
    COUNT_CAP, Explained, Page, Progress, SEARCH_WINDOW, SearchCursor, SearchStep, Survey,
};
pub use self::log::{ActRecord, LogFilter, LogRecord};
use self::lookup::Lookups;
pub use self::migrations::{MigrateError, Migration, MigrationPlan, Routine};
pub use self::one_card::CardsFound;
use self::pool::Pool;
use self::routines::Writing;
pub use self::statistics::{Event, Histogram, PrefixStock, Step, Stock};
pub use self::takeover::{Fault, FaultKind, IndexFault, Refusal, Repair, RepairKind, TableChange, Takeover};
pub use self::validation::Validation;
use crate::card::Card;
use crate::database_url::DatabaseUrl;

/// How long a client's request may wait for the database in all, from asking for a connection to the last row.
pub const REQUEST_LIMIT: Duration = Duration::from_secs(2);

/// The database of one installation, reached through a pool of connections that is filled as it is needed.
#[derive(Clone, Debug)]
pub struct Store {
    pool: Pool,
    lookups: Lookups,
    health: Health,
    /// Permission for a client's request to write; fewer than there are connections, so that requests which only
    /// read go on while a lock holds the writers up.
    writes: Arc<Semaphore>,
    writing: Arc<Writing>,
    engines: Arc<Engines>,
    read_only: bool,
}

impl Store {
    /// Makes a store without connecting: the first request does that.
    pub fn new(url: &DatabaseUrl) -> Self {
        Self::with_source(Arc::new(url.clone()))
    }

    /// The same for a database whose address has to be found out.
    pub fn with_source(source: Arc<dyn AddressSource>) -> Self {
        let writes = Arc::new(Semaphore::new(source.pool().saturating_sub(lookup::LANES + 1).max(1)));
        let pool = Pool::new(source);
        let (lookups, health) = (Lookups::new(pool.clone()), Health::new(pool.clone()));
        Self {
            pool,
            lookups,
            health,
            writes,
            writing: Arc::default(),
            engines: Arc::default(),
            read_only: false,
        }
    }

    /// The same store, which refuses every act of an operator before anything is sent if it is `read_only`.
    #[must_use]
    pub fn read_only(self, read_only: bool) -> Self {
        Self { read_only, ..self }
    }

    /// Whether it refuses every act.
    pub fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// Closes every connection politely, for at most a second; the store and its clones are of no use afterwards.
    pub async fn close(self) {
        self.pool.close().await;
    }

    /// How many connections to the database there may be at once.
    pub fn max_connections(&self) -> usize {
        self.pool.size()
    }

    /// What has been counted about the database so far.
    pub fn counters(&self) -> StoreCounters {
        self.pool.counters().snapshot()
    }

    /// Whether the database answers: its clock, as it was asked for by this or by another check at most [`HEALTH_KEPT`]
    /// ago.
    pub async fn health(&self) -> Result<DateTime<Utc>, StoreError> {
        self.health.check().await
    }

    /// The database's clock, to the second.
    pub async fn now(&self) -> Result<DateTime<Utc>, StoreError> {
        self.run(HEALTH_LIMIT, Now { counters: self.pool.counters() }).await
    }

    /// Does `operation` on a connection of the pool, within `limit`.
    async fn run<O: Operation>(&self, limit: Duration, operation: O) -> Result<O::Output, StoreError> {
        self.pool.run(limit, operation).await
    }
}

/// Work on one connection that does no harm when it is done again after it failed half way.
trait Operation: Sync {
    /// What it finds out.
    type Output: Send;

    /// Whether it changes nothing, so that it may be given up and asked again elsewhere.
    const ONLY_READS: bool = false;

    /// Whether it may run so long on the server that it has to be ended there when nobody waits for it any more.
    const IS_RECALLED: bool = false;

    /// Does it once.
    fn run(&self, connection: &mut Conn) -> impl Future<Output = Result<Self::Output, StoreError>> + Send;
}

struct Now<'a> {
    counters: &'a Counters,
}

impl Operation for Now<'_> {
    type Output = DateTime<Utc>;

    const ONLY_READS: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<DateTime<Utc>, StoreError> {
        self.counters.round_trip();
        clock(connection).await
    }
}

async fn clock(connection: &mut Conn) -> Result<DateTime<Utc>, StoreError> {
    let now: Option<NaiveDateTime> = connection.query_first("SELECT UTC_TIMESTAMP()").await?;
    now.map(|now| now.and_utc()).ok_or(StoreError::Undecodable)
}

/// A card together with the database's clock at the moment it was read.
#[derive(Clone, Debug)]
struct CardNow {
    card: Card,
    now: DateTime<Utc>,
}

impl FromRow for CardNow {
    fn from_row_opt(row: Row) -> Result<Self, FromRowError> {
        type Columns = (
            u64,
            String,
            String,
            Option<u32>,
            Option<String>,
            NaiveDateTime,
            Option<NaiveDateTime>,
            Option<NaiveDateTime>,
            NaiveDateTime,
        );
        let failed = FromRowError(row.clone());
        let (id, full_code, status, duration_seconds, machine_code, created_at, used_at, expire_at, now) =
            Columns::from_row_opt(row)?;
        let card = Card {
            id,
            full_code,
            status: status.parse().map_err(|_| failed)?,
            duration_seconds,
            machine_code,
            created_at: created_at.and_utc(),
            used_at: used_at.map(|moment| moment.and_utc()),
            expire_at: expire_at.map(|moment| moment.and_utc()),
        };
        Ok(Self { card, now: now.and_utc() })
    }
}
