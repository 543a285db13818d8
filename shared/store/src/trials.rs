//! Trials: the one way in which the function gets a card made.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row};
use tokio::time::Instant;

use super::pool::Pool;
use super::record::{maybe_moment, moment, take};
use super::routines::first_of;
use super::{Client, Operation, REQUEST_LIMIT, Store, StoreError};
use kami_core::app::{App, AppName};
use kami_core::card::{MachineCode, mask};

/// What it comes to that a machine wants to try an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrialStart {
    /// It has its trial, now or since before.
    On(TrialCard),
    /// It has had it.
    Over,
    /// The app offers none, or there is no such app.
    NotOffered,
    /// The client's version is below the lowest that its app lets in.
    TooOld(Arc<App>),
    /// The machine, or where it comes from, is kept out.
    Blocked,
}

/// The card of a trial that goes on.
#[derive(Clone, PartialEq, Eq)]
pub struct TrialCard {
    /// Its code.
    pub code: String,
    /// The last second in which it is valid; `None` lasts for ever.
    pub expire_at: Option<DateTime<Utc>>,
    /// How many points are left of it; `None` for one that has none.
    pub points: Option<u32>,
    /// The database's clock.
    pub now: DateTime<Utc>,
}

/// Shows no code.
impl fmt::Debug for TrialCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrialCard")
            .field("code", &mask(&self.code))
            .field("expire_at", &self.expire_at)
            .field("points", &self.points)
            .field("now", &self.now)
            .finish()
    }
}

impl Store {
    /// Begins the trial of a client's app for a machine, once ever, or tells how the one stands that it began before: two
    /// round trips, of which the first says whether the copy of the apps, and of who is kept out, still is true. `on_new`
    /// hears of each that is new, also where nobody waits for the answer any more. May be repeated.
    pub async fn start_trial(
        &self,
        machine: &MachineCode,
        client: &Client,
        on_new: impl Fn() + Send + Sync + 'static,
    ) -> Result<TrialStart, StoreError> {
        let deadline = Instant::now() + REQUEST_LIMIT;
        let (revision, now) = self.in_turn(deadline, ReadRevision { pool: self.pool.clone() }).await?;
        if self.keeps_out(client, Some(machine), revision, now, deadline).await? {
            return Ok(TrialStart::Blocked);
        }
        let known = self.app_of(client, revision, deadline).await?;
        if let (Some(app), Some(version)) = (&known, &client.version)
            && app.refuses(version)
        {
            return Ok(TrialStart::TooOld(Arc::clone(app)));
        }
        let (app, machine) = (client.app.clone(), machine.clone());
        let start = StartTrial { app, machine, on_new: Box::new(on_new), pool: self.pool.clone() };
        match self.in_turn(deadline, start).await {
            // It is nobody's fault that an account or a schema of the last version begins none, while none is offered.
            Err(error) if error.is_denied() && known.is_none_or(|app| app.policy.trial.is_none()) => {
                Ok(TrialStart::NotOffered)
            }
            started => started,
        }
    }
}

/// Reads how often the apps were changed, where the account and the schema let it, and the database's clock.
struct ReadRevision {
    pool: Pool,
}

impl Operation for ReadRevision {
    type Output = (Option<u64>, DateTime<Utc>);

    const ONLY_READS: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<Self::Output, StoreError> {
        for revision in ["(SELECT revision FROM policy_revision WHERE id = 1)", "NULL"] {
            self.pool.counters().round_trip();
            let query = format!("SELECT {revision}, UTC_TIMESTAMP()");
            match connection.exec_first(query, ()).await.map_err(StoreError::from) {
                Err(error) if error.is_denied() || error.is_of_schema() => {}
                row => {
                    let mut row: Row = row?.ok_or(StoreError::Undecodable)?;
                    return Ok((take(&mut row, 0)?, moment(&mut row, 1)?));
                }
            }
        }
        Err(StoreError::Undecodable)
    }
}

struct StartTrial {
    app: AppName,
    machine: MachineCode,
    on_new: Box<dyn Fn() + Send + Sync>,
    pool: Pool,
}

impl Operation for StartTrial {
    type Output = TrialStart;

    const IS_CANCELLED: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<TrialStart, StoreError> {
        let params = (self.app.as_str(), self.machine.as_str());
        let calls = ["CALL start_trial_2(?, ?)", "CALL start_trial(?, ?)"];
        let mut row = first_of(connection, self.pool.counters(), calls, params).await?;
        match take::<String>(&mut row, 0)?.as_str() {
            "NEW" => {
                (self.on_new)();
                read(&mut row)
            }
            "ON" => read(&mut row),
            "OVER" => Ok(TrialStart::Over),
            "NONE" => Ok(TrialStart::NotOffered),
            _ => Err(StoreError::Undecodable),
        }
    }
}

fn read(row: &mut Row) -> Result<TrialStart, StoreError> {
    Ok(TrialStart::On(TrialCard {
        code: take(row, 1)?,
        expire_at: maybe_moment(row, 2)?,
        points: take(row, 3)?,
        now: moment(row, 4)?,
    }))
}
