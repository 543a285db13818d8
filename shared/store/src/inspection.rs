//! What an operator has to know of a server when something is wrong.

use chrono::{DateTime, NaiveDateTime, Utc};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error};

use super::grants::Grants;
use super::limit::{BACKGROUND, GRACE, SCREEN};
use super::migrations::newest_known;
use super::takeover::{self, Takeover};
use super::{Operation, Store, StoreError};

/// The kind of a database server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerKind {
    /// MySQL, or a server that speaks like it.
    MySql,
    /// MariaDB.
    MariaDb,
}

/// That the routines do not work, though we may call them: they have the rights of the account that made them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoutineFault {
    /// The account that made them.
    pub maker: String,
    /// Whether there is no such account any more; otherwise it lacks rights.
    pub is_gone: bool,
}

/// The state of a server and of our access to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// The kind of the server.
    pub kind: ServerKind,
    /// Its version, as it calls it.
    pub version: String,
    /// The account that we are to it.
    pub account: String,
    /// The plugin by which it logs in, by the protocol's name for it.
    pub login_plugin: String,
    /// The cipher that protects this connection; `None` when nothing does.
    pub tls_cipher: Option<String>,
    /// Such as `TLSv1.3`; `None` when nothing does.
    pub tls_version: Option<String>,
    /// The time zone of our session, by the server's name for it. Kami works in UTC whatever it is.
    pub time_zone: String,
    /// The server's clock.
    pub clock: DateTime<Utc>,
    /// Whether the server takes no writes, as a replica does.
    pub takes_no_writes: bool,
    /// The schema that the database has; `None` without one of kami's.
    pub schema_version: Option<i32>,
    /// The schema that this kami brings.
    pub known_schema: i32,
    /// What our account may do.
    pub grants: Grants,
    /// What is wrong with the routines that it may call.
    pub routine_fault: Option<RoutineFault>,
}

impl Store {
    /// Asks the server for everything that tells whether kami can work with it.
    pub async fn inspect(&self) -> Result<Inspection, StoreError> {
        let database = self.pool.address().await?.database().into_owned();
        self.run(SCREEN + GRACE, Inspect { database }).await
    }

    /// What is not in its form of the tables that our account may read; `None` where it may not read all of the cards.
    /// The cards are gone through once.
    pub async fn inspect_tables(&self) -> Result<Option<Takeover>, StoreError> {
        self.run(BACKGROUND + GRACE, InspectTables).await
    }

    /// What our account may do with the tables of kami.
    pub async fn grants(&self) -> Result<Grants, StoreError> {
        let database = self.pool.address().await?.database().into_owned();
        self.run(SCREEN + GRACE, ReadGrants { database }).await
    }
}

struct InspectTables;

impl Operation for InspectTables {
    type Output = Option<Takeover>;

    const ONLY_READS: bool = true;
    const IS_CANCELLED: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<Option<Takeover>, StoreError> {
        match connection.query_drop("SELECT * FROM cards LIMIT 0").await {
            // A column that we may not read looks as if it were missing.
            Err(Error::Server(refusal)) if NO_RIGHT.contains(&refusal.code) => return Ok(None),
            Ok(()) | Err(Error::Server(_)) => {}
            Err(error) => return Err(error.into()),
        }
        let version = match super::migrations::schema_version(connection).await {
            Ok(version) => version.unwrap_or(0),
            // Not for this account to see, which takes it that the newest is there.
            Err(error) if error.is_denied() => newest_known(),
            Err(error) => return Err(error),
        };
        Ok(Some(takeover::look(connection, version).await?))
    }
}

struct ReadGrants {
    database: String,
}

impl Operation for ReadGrants {
    type Output = Grants;

    async fn run(&self, connection: &mut Conn) -> Result<Grants, StoreError> {
        grants(connection, &self.database).await
    }
}

async fn grants(connection: &mut Conn, database: &str) -> Result<Grants, StoreError> {
    // Both servers have roles; MySQL shows what the active ones bring only when they are named.
    let roles: Option<Option<String>> = connection.query_first("SELECT CURRENT_ROLE()").await?;
    let roles = roles.flatten().filter(|roles| roles.starts_with('`'));
    let query = match roles {
        // The server itself wrote these names, quotes included.
        Some(roles) => format!("SHOW GRANTS FOR CURRENT_USER() USING {roles}"),
        None => "SHOW GRANTS".to_owned(),
    };
    let lines: Vec<String> = connection.query(query).await?;
    Ok(Grants::read(lines.iter().map(String::as_str), database))
}

struct Inspect {
    database: String,
}

impl Operation for Inspect {
    type Output = Inspection;

    async fn run(&self, connection: &mut Conn) -> Result<Inspection, StoreError> {
        let facts: Option<(String, String, String, NaiveDateTime, bool)> = connection
            .query_first(
                "SELECT VERSION(), CURRENT_USER(), @@session.time_zone, UTC_TIMESTAMP(), @@global.read_only",
            )
            .await?;
        let (version, account, time_zone, now, takes_no_writes) = facts.ok_or(StoreError::Undecodable)?;
        let tls: Vec<(String, String)> = connection
            .query("SHOW SESSION STATUS WHERE variable_name IN ('Ssl_cipher', 'Ssl_version')")
            .await?;
        let of_tls = |wanted: &str| {
            let found = tls.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
            found.map(|(_, value)| value.clone()).filter(|value| !value.is_empty())
        };
        Ok(Inspection {
            kind: if version.contains("MariaDB") { ServerKind::MariaDb } else { ServerKind::MySql },
            version,
            account,
            login_plugin: connection.auth_plugin().into_owned(),
            tls_cipher: of_tls("Ssl_cipher"),
            tls_version: of_tls("Ssl_version"),
            time_zone,
            clock: now.and_utc(),
            takes_no_writes,
            schema_version: super::migrations::schema_version(connection).await?,
            known_schema: newest_known(),
            grants: grants(connection, &self.database).await?,
            routine_fault: routine_fault(connection).await?,
        })
    }
}

/// Calls that change nothing, though they need of whoever made the routines what those need that write: each role that
/// writes may make one of those that came with each version.
const HARMLESS_CALLS: [&str; 15] = [
    "CALL hold_act(0)",
    "CALL expire_cards('[]')",
    "CALL hold_app('')",
    "CALL renew_seat(0, '')",
    "CALL take_points(0, '', 0, '')",
    "CALL recharge_card(0, 0)",
    "CALL forget_point_uses(0)",
    "CALL hold_blocks()",
    "CALL unbind_seat(0, '')",
    "CALL unbind_seat_2(0, '')",
    "CALL start_trial_2('', '')",
    "CALL read_point_use(0, '', 0, '')",
    "CALL note_mismatches('[]')",
    "CALL forget_mismatches(0)",
    "CALL note_copy(0, '', '')",
];

/// Whether one of the routines fails for who made it.
async fn routine_fault(connection: &mut Conn) -> Result<Option<RoutineFault>, StoreError> {
    for call in HARMLESS_CALLS {
        let is_gone = match connection.query_drop(call).await {
            Err(Error::Server(refusal)) if refusal.code == NO_DEFINER => true,
            Err(Error::Server(refusal)) if NO_RIGHT.contains(&refusal.code) => false,
            // That it is missing, or not ours to call, shows in what the account lacks.
            Ok(()) | Err(Error::Server(_)) => continue,
            Err(error) => return Err(error.into()),
        };
        let query = "SELECT definer FROM information_schema.routines WHERE routine_schema = DATABASE() \
                     AND LOCATE(CONCAT(' ', routine_name, '('), ?) > 0";
        let maker: Option<String> = connection.exec_first(query, (call,)).await?;
        return Ok(maker.map(|maker| RoutineFault { maker, is_gone }));
    }
    Ok(None)
}

/// The server's number for a routine whose maker is gone.
const NO_DEFINER: u16 = 1449;

/// The server's numbers for a right on a table or a column that the maker lacks.
const NO_RIGHT: [u16; 2] = [1142, 1143];
