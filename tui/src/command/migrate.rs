//! `kami migrate`: brings the database to this version's schema.

use std::io::{self, Write};

use clap::Args;
use kami_shared::store::{MigrateError, MigrationPlan};
use serde_json::json;

use super::failure::Failure;
use super::output::Output;
use super::session::Session;
use crate::words::say;

/// Bring the database to this version's schema, making it if it is missing
///
/// Running it again does nothing. A database of the Flask service is taken over in place, with nothing lost.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  kami migrate --dry-run   show what would be done\n  kami migrate             do it"
)]
pub(super) struct Migrate {
    /// Print the statements that would run, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Add three sample cards, if the database has no card yet
    #[arg(long, conflicts_with = "dry_run")]
    demo: bool,
    /// Print what was done, or would be, as JSON
    #[arg(long)]
    json: bool,
}

impl Migrate {
    /// Migrates, or says what migrating would do.
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let store = &session.store;
        if self.dry_run {
            let plan = store.migration_plan().await.map_err(failed)?;
            let printed = if self.json { print_json(&plan, None) } else { print_plan(&plan) };
            return Ok(printed?);
        }
        // Not by the account's rights: those on kami's own tables are no matter before there are any.
        if session.settings.read_only {
            return Err(Failure::Refused(say!(session.language, "read_only.asked")));
        }
        let done = store.migrate().await.map_err(failed)?;
        if !self.json {
            print_done(&done)?;
        }
        let samples = if self.demo { Some(store.load_demo().await?) } else { None };
        if self.json {
            print_json(&done, samples)?;
        } else if let Some(samples) = samples {
            writeln!(io::stdout(), "added {samples} sample cards")?;
        }
        Ok(())
    }
}

fn failed(error: MigrateError) -> Failure {
    Failure::Failed(error.into())
}

fn print_done(done: &MigrationPlan) -> io::Result<()> {
    let MigrationPlan { creates_database, from_version, migrations } = done;
    let mut out = io::stdout();
    if *creates_database {
        writeln!(out, "made the database")?;
    }
    for migration in migrations {
        writeln!(out, "applied {} {}", migration.version, migration.name)?;
    }
    if migrations.is_empty() {
        writeln!(out, "nothing to do: the database is at schema version {from_version}")?;
    }
    Ok(())
}

fn print_json(plan: &MigrationPlan, samples: Option<u64>) -> io::Result<()> {
    let migrations = plan.migrations.iter().map(
        |migration| json!({ "version": migration.version, "name": migration.name, "sql": migration.sql }),
    );
    let mut out = Output::open();
    out.json(&json!({
        "creates_database": plan.creates_database,
        "from_version": plan.from_version,
        "migrations": migrations.collect::<Vec<_>>(),
        "sample_cards": samples,
    }))?;
    out.flush()
}

/// Prints the plan as SQL that a person can read and review.
fn print_plan(plan: &MigrationPlan) -> io::Result<()> {
    let mut out = io::stdout();
    if plan.creates_database {
        writeln!(out, "-- the database is missing and would be made")?;
    }
    if plan.migrations.is_empty() {
        writeln!(out, "-- nothing to do: the database is at schema version {}", plan.from_version)?;
    }
    for migration in &plan.migrations {
        writeln!(out, "-- {} {}\n\n{}", migration.version, migration.name, migration.sql)?;
    }
    Ok(())
}
