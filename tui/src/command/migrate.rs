//! `kami migrate`: brings the database to this version's schema.

use std::io::{self, Write};

use clap::Args;
use kami_shared::store::{MigrateError, MigrationPlan};

use super::failure::Failure;
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
}

impl Migrate {
    /// Migrates, or says what migrating would do.
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let store = &session.store;
        if self.dry_run {
            return Ok(print_plan(&store.migration_plan().await.map_err(failed)?)?);
        }
        // Not by the account's rights: those on kami's own tables are no matter before there are any.
        if session.settings.read_only {
            return Err(Failure::Refused(say!(session.language, "read_only.asked")));
        }
        let MigrationPlan { creates_database, from_version, migrations } =
            store.migrate().await.map_err(failed)?;
        let mut out = io::stdout();
        if creates_database {
            writeln!(out, "made the database")?;
        }
        for migration in &migrations {
            writeln!(out, "applied {} {}", migration.version, migration.name)?;
        }
        if migrations.is_empty() {
            writeln!(out, "nothing to do: the database is at schema version {from_version}")?;
        }
        if self.demo {
            writeln!(out, "added {} sample cards", store.load_demo().await?)?;
        }
        Ok(())
    }
}

fn failed(error: MigrateError) -> Failure {
    Failure::Failed(error.into())
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
