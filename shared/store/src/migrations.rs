//! Bringing a database to this version's schema with the numbered migrations of `sql/`.

use std::time::Duration;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, OptsBuilder};
use refinery::embed_migrations;
use refinery::error::Kind;
use thiserror::Error;

use super::connect::connect;
use super::runner::Runner;
use super::session::{ISOLATION, NAMES, TAKEOVER_MODE};
use super::takeover::{self, Refusal, Takeover};
use super::{Routine, Store, StoreError, routines};

embed_migrations!("../../sql");

const DEMO: &str = include_str!("../../../sql/demo.sql");

/// How long to wait for another process that is migrating the same database.
const LOCK_WAIT: Duration = Duration::from_mins(10);

/// One numbered step from a schema to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// Its number: migrations are applied in this order.
    pub version: i32,
    /// Its name, as in `sql/`.
    pub name: String,
    /// The statements it runs.
    pub sql: String,
}

/// What migrating would do, or did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrationPlan {
    /// Whether the database itself is made first.
    pub creates_database: bool,
    /// The version found; 0 is a database without kami's schema.
    pub from_version: i32,
    /// Whether there is a table of cards already, as a Flask service leaves it or an older kami.
    pub has_cards: bool,
    /// What is done before them to tables that are not in their form, or forbids it all.
    pub takeover: Takeover,
    /// The migrations that were missing, in order.
    pub migrations: Vec<Migration>,
    /// The routines through which accounts write that were missing, in order. Of a plan only what is to be made with the
    /// migrations: who looks at a plan need not see what there is.
    pub routines: Vec<Routine>,
    /// Whether the account was not let make routines, so that nobody knows whether all are there.
    pub routines_denied: bool,
}

/// Why a database could not be migrated.
#[derive(Debug, Error)]
pub enum MigrateError {
    /// A newer kami has migrated this database.
    #[error(
        "the database is at schema version {found}, newer than the {known} that this kami knows: install the newer kami"
    )]
    Newer {
        /// The version of the database.
        found: i32,
        /// The newest version known here.
        known: i32,
    },
    /// Another process holds the lock.
    #[error(
        "another process is migrating this database and does not come to an end: look at it, then try again"
    )]
    Locked,
    /// A table is as no migration can take it over: nothing was changed.
    #[error("the tables cannot be taken over as they are: nothing was changed")]
    Unfit(Vec<Refusal>),
    /// The server refused the change of an empty table like that one: nothing was changed.
    #[error("the server refuses the change of {table}, and nothing was changed: {cause}")]
    Unchangeable {
        /// By its name.
        table: &'static str,
        /// Why.
        cause: StoreError,
    },
    /// A migration failed. The values that the server quotes may name the row that has to be fixed.
    #[error(
        "a migration failed: {cause}; nothing of it was recorded, so fix the cause and run kami migrate again"
    )]
    Failed {
        /// The migration's number and name; none where a table was being brought into its form.
        migration: Option<String>,
        /// What went wrong.
        cause: StoreError,
    },
    /// A migration that was applied is not the one known here.
    #[error("migration {0} was applied in another form than the one known here")]
    Diverged(String),
    /// The database could not be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl MigrationPlan {
    /// Whether nothing would be done, and nothing stands in the way of it.
    pub fn is_empty(&self) -> bool {
        let Takeover { database, tables, repairs, routines, refusals } = &self.takeover;
        let is_fit = database.is_none() && tables.is_empty() && repairs.is_empty() && routines.is_empty();
        !self.creates_database
            && is_fit
            && refusals.is_empty()
            && self.migrations.is_empty()
            && self.routines.is_empty()
    }
}

impl From<mysql_async::Error> for MigrateError {
    fn from(error: mysql_async::Error) -> Self {
        Self::Store(error.into())
    }
}

impl Store {
    /// What [`Store::migrate`] would do now; changes nothing.
    pub async fn migration_plan(&self) -> Result<MigrationPlan, MigrateError> {
        match self.connect().await {
            Ok(mut connection) => {
                let plan = plan(&mut connection).await;
                connection.disconnect().await?;
                plan
            }
            Err(error) if error.is_unknown_database() => Ok(MigrationPlan {
                creates_database: true,
                from_version: 0,
                has_cards: false,
                takeover: Takeover::default(),
                migrations: known_migrations(),
                routines: routines::definitions().collect(),
                routines_denied: false,
            }),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes the database if it is missing and applies every missing migration; returns what it did.
    ///
    /// Of two that run at once the second waits for the first and then finds nothing to do.
    pub async fn migrate(&self) -> Result<MigrationPlan, MigrateError> {
        let creates_database = self.migration_plan().await?.creates_database;
        if creates_database {
            self.create_database().await?;
        }
        let mut guard = self.connect().await?;
        // Idle for as long as the migration takes, the connection that holds the lock must not be closed for it.
        guard.query_drop("SET SESSION wait_timeout = 604800").await?;
        let lock = format!("kami.migrate.{}", self.pool.address().await?.database());
        let locked: Option<Option<u8>> =
            guard.exec_first("SELECT GET_LOCK(LEFT(?, 64), ?)", (&lock, LOCK_WAIT.as_secs())).await?;
        if locked != Some(Some(1)) {
            return Err(MigrateError::Locked);
        }
        let done = self.apply(&mut guard).await;
        // The lock goes with the connection; a server that closed it before tells nothing about the migration.
        drop(guard.disconnect().await);
        done.map(|plan| MigrationPlan { creates_database, ..plan })
    }

    async fn apply(&self, guard: &mut Conn) -> Result<MigrationPlan, MigrateError> {
        let mut plan = plan(guard).await?;
        if !plan.takeover.refusals.is_empty() {
            return Err(MigrateError::Unfit(plan.takeover.refusals));
        }
        if let Some((table, cause)) = takeover::rehearse(guard, &plan.takeover).await? {
            return Err(MigrateError::Unchangeable { table, cause });
        }
        takeover::carry_out(guard, &plan.takeover).await.map_err(unfinished)?;
        if !plan.migrations.is_empty() {
            let options = self.pool.address().await?.options().setup(vec![session()]);
            let mut runner = Runner::new(mysql_async::Pool::new(options));
            migrations::runner().run_async(&mut runner).await.map_err(|error| failure(&error))?;
            runner.disconnect().await?;
        }
        let made = match routines::make_anew(guard, &plan.takeover.routines).await {
            Ok(()) => routines::make_missing(guard).await,
            Err(error) => Err(error),
        };
        match made {
            Ok(made) => plan.routines = made,
            Err(error) if error.is_denied() => {
                plan.routines.clear();
                plan.routines_denied = true;
            }
            Err(error) => return Err(error.into()),
        }
        Ok(plan)
    }

    /// A connection without the limits on time of the pool's: a change of a large table takes what it takes.
    async fn connect(&self) -> Result<Conn, StoreError> {
        let address = self.pool.address().await?;
        let connected = connect(address.options().setup(vec![session()])).await;
        Ok(connected.map_err(|error| address.explain(error))?)
    }

    async fn create_database(&self) -> Result<(), MigrateError> {
        let address = self.pool.address().await?;
        let options: OptsBuilder = address.options().setup(vec![session()]).db_name(None::<String>);
        let mut connection = connect(options).await?;
        let name = address.database().replace('`', "``");
        connection
            .query_drop(format!(
                "CREATE DATABASE IF NOT EXISTS `{name}` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"
            ))
            .await?;
        connection.disconnect().await?;
        Ok(())
    }

    /// Adds the sample cards of `sql/demo.sql` to a database without any card; returns how many were added.
    pub async fn load_demo(&self) -> Result<u64, StoreError> {
        let mut connection = self.connect().await?;
        connection.query_drop(DEMO).await?;
        let added = connection.affected_rows();
        connection.disconnect().await?;
        Ok(added)
    }
}

/// Which migration failed, and why.
fn failure(error: &refinery::Error) -> MigrateError {
    match error.kind() {
        Kind::Connection(words, cause) => match cause.downcast_ref::<StoreError>() {
            Some(cause) => MigrateError::Failed {
                migration: migration_in(words).map(str::to_owned),
                cause: cause.clone(),
            },
            None => MigrateError::Diverged(words.clone()),
        },
        Kind::DivergentVersion(applied, _) | Kind::MissingVersion(applied) => {
            MigrateError::Diverged(applied.to_string())
        }
        other => MigrateError::Diverged(other.to_string()),
    }
}

/// The migration that words of the library's such as `error applying migration V5__log` name.
fn migration_in(words: &str) -> Option<&str> {
    words.rsplit(' ').next().filter(|name| name.starts_with('V'))
}

/// What a session that changes tables is told; the library names no engine for the table that it keeps.
fn session() -> String {
    format!("SET {NAMES}, autocommit = 1, {TAKEOVER_MODE}, {ISOLATION}, default_storage_engine = InnoDB")
}

/// A step that brings a table into its form failed.
fn unfinished(cause: StoreError) -> MigrateError {
    MigrateError::Failed { migration: None, cause }
}

fn known_migrations() -> Vec<Migration> {
    let mut known: Vec<_> = migrations::runner()
        .get_migrations()
        .iter()
        .map(|migration| Migration {
            version: migration.version(),
            name: migration.name().to_owned(),
            sql: migration.sql().unwrap_or_default().to_owned(),
        })
        .collect();
    known.sort_by_key(|migration| migration.version);
    known
}

async fn plan(connection: &mut Conn) -> Result<MigrationPlan, MigrateError> {
    let from_version = schema_version(connection).await?.unwrap_or(0);
    let mut migrations = known_migrations();
    let known = newest_known();
    if from_version > known {
        return Err(MigrateError::Newer { found: from_version, known });
    }
    migrations.retain(|migration| migration.version > from_version);
    let mut routines = Vec::new();
    if !migrations.is_empty() {
        let there = routines::names(connection).await?;
        routines.extend(routines::definitions().filter(|one| !there.iter().any(|name| name == one.name)));
    }
    let takeover = takeover::look(connection, from_version).await?;
    let has_cards: Option<u8> = connection
        .query_first(
            "SELECT 1 FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'cards'",
        )
        .await?;
    Ok(MigrationPlan {
        creates_database: false,
        from_version,
        has_cards: has_cards.is_some(),
        takeover,
        migrations,
        routines,
        routines_denied: false,
    })
}

/// The newest version that this kami brings a database to.
pub(super) fn newest_known() -> i32 {
    known_migrations().last().map_or(0, |migration| migration.version)
}

/// The version that a database is at; `None` without kami's schema.
pub(super) async fn schema_version(connection: &mut Conn) -> Result<Option<i32>, StoreError> {
    let has_history: Option<u8> = connection
        .query_first(
            "SELECT 1 FROM information_schema.columns WHERE table_schema = DATABASE() \
             AND table_name = 'refinery_schema_history' AND column_name = 'version'",
        )
        .await?;
    let version: Option<Option<i32>> = match has_history {
        Some(_) => connection.query_first("SELECT MAX(version) FROM refinery_schema_history").await?,
        None => None,
    };
    Ok(version.flatten())
}
