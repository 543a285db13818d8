//! The only code that talks to the database: every statement of SQL is in this module or in `sql/`.

mod error;
mod expiry;
mod lookup;
mod migrations;
mod pool;
mod validation;

use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, Utc};
use mysql_async::prelude::{FromRow, Queryable};
use mysql_async::{Conn, FromRowError, Row};

pub use self::error::StoreError;
pub use self::expiry::{EXPIRY_BATCH, ExpiryBatch, ExpiryCursor};
use self::lookup::Lookups;
pub use self::migrations::{MigrateError, Migration, MigrationPlan};
use self::pool::Pool;
pub use self::validation::Validation;
use crate::card::Card;
use crate::database_url::DatabaseUrl;

/// How long a client's request may wait for the database in all, from asking for a connection to the last row.
pub const REQUEST_LIMIT: Duration = Duration::from_secs(2);

/// How long [`Store::now`], the health check, waits for the database.
pub const HEALTH_LIMIT: Duration = Duration::from_secs(1);

/// The database of one installation, reached through a pool of connections that is filled as it is needed.
#[derive(Clone, Debug)]
pub struct Store {
    pool: Pool,
    lookups: Lookups,
    url: DatabaseUrl,
}

impl Store {
    /// Makes a store without connecting: the first request does that.
    pub fn new(url: &DatabaseUrl) -> Self {
        let pool = Pool::new(url.options().into(), url.pool());
        Self { lookups: Lookups::new(pool.clone()), pool, url: url.clone() }
    }

    /// Closes every connection politely; the store and its clones are of no use afterwards.
    pub async fn close(self) {
        self.pool.close().await;
    }

    /// The database's clock, to the second: also the cheapest proof that the database answers.
    pub async fn now(&self) -> Result<DateTime<Utc>, StoreError> {
        self.pool.run(HEALTH_LIMIT, Now).await
    }
}

/// Work on one connection that does no harm when it is done again after it failed half way.
trait Operation: Sync {
    /// What it finds out.
    type Output: Send;

    /// Does it once.
    fn run(&self, connection: &mut Conn) -> impl Future<Output = Result<Self::Output, StoreError>> + Send;
}

struct Now;

impl Operation for Now {
    type Output = DateTime<Utc>;

    async fn run(&self, connection: &mut Conn) -> Result<DateTime<Utc>, StoreError> {
        let now: Option<NaiveDateTime> = connection.query_first("SELECT UTC_TIMESTAMP()").await?;
        now.map(|now| now.and_utc()).ok_or(StoreError::Undecodable)
    }
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
