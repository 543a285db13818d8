//! `kami migrate`: brings the database to this version's schema.

use std::io::{self, Write};

use clap::Args;
use kami_common::schema;
use kami_common::words::{Language, say};
use kami_store::{MigrateError, Migration, MigrationPlan};
use serde_json::json;

use super::failure::Failure;
use super::output::{Output, message};
use super::session::Session;

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
        let (store, language) = (&session.store, session.language);
        let failed = |error| match error {
            error @ (MigrateError::Unfit(_) | MigrateError::Unchangeable { .. }) => {
                Failure::Refused(schema::not_migrated(language, &error))
            }
            error => Failure::Failed(anyhow::Error::msg(schema::not_migrated(language, &error))),
        };
        if self.dry_run {
            let plan = store.migration_plan().await.map_err(failed)?;
            if self.json {
                print_json(language, &plan, None)?;
            } else {
                print_plan(language, &plan)?;
            }
            let refusals = &plan.takeover.refusals;
            return if refusals.is_empty() {
                Ok(())
            } else {
                Err(Failure::Refused(schema::refusals(language, refusals)))
            };
        }
        // Not by the account's rights: those on kami's own tables are no matter before there are any.
        if session.settings.read_only {
            return Err(Failure::Refused(say!(language, "read_only.asked")));
        }
        let done = store.migrate().await.map_err(failed)?;
        if !self.json {
            print_done(language, &done)?;
        }
        let samples = if self.demo { Some(store.load_demo().await?) } else { None };
        if self.json {
            print_json(language, &done, samples)?;
        } else if let Some(samples) = samples {
            writeln!(io::stdout(), "{}", say!(language, "migrate.demo", n = samples))?;
        }
        Ok(())
    }
}

fn print_done(language: Language, done: &MigrationPlan) -> io::Result<()> {
    let MigrationPlan {
        creates_database,
        from_version,
        has_cards: _,
        takeover,
        migrations,
        routines,
        routines_denied,
    } = done;
    let fixed = schema::faults(language, takeover);
    let mut out = io::stdout();
    if *creates_database {
        writeln!(out, "{}", say!(language, "migrate.made"))?;
    }
    for (what, _) in &fixed {
        writeln!(out, "{}", say!(language, "takeover.fixed", what = what))?;
    }
    for Migration { version, name, .. } in migrations {
        writeln!(out, "{}", say!(language, "migrate.applied", version = version, name = name))?;
    }
    if !routines.is_empty() {
        let names: Vec<_> = routines.iter().map(|routine| routine.name).collect();
        writeln!(out, "{}", say!(language, "migrate.routines", names = names.join(", ")))?;
    } else if migrations.is_empty() && fixed.is_empty() {
        writeln!(out, "{}", say!(language, "migrate.nothing", version = from_version))?;
    }
    if *routines_denied {
        message(&say!(language, "migrate.routines_denied"));
    }
    Ok(())
}

fn print_json(language: Language, plan: &MigrationPlan, samples: Option<u64>) -> io::Result<()> {
    let takeover = &plan.takeover;
    let repairs = schema::faults(language, takeover);
    let repairs =
        repairs.into_iter().map(|(what, statement)| json!({ "what": what, "statement": statement }));
    let refusals = takeover.refusals.iter().map(|refusal| schema::refusal(language, refusal));
    let migrations = plan.migrations.iter().map(
        |migration| json!({ "version": migration.version, "name": migration.name, "sql": migration.sql }),
    );
    let mut out = Output::open();
    out.json(&json!({
        "creates_database": plan.creates_database,
        "from_version": plan.from_version,
        "repairs": repairs.collect::<Vec<_>>(),
        "refusals": refusals.collect::<Vec<_>>(),
        "routines": plan.routines.iter().map(|routine| routine.name).collect::<Vec<_>>(),
        "routines_denied": plan.routines_denied,
        "migrations": migrations.collect::<Vec<_>>(),
        "sample_cards": samples,
    }))?;
    out.flush()
}

/// Prints the plan as SQL that a person can read and review.
fn print_plan(language: Language, plan: &MigrationPlan) -> io::Result<()> {
    let mut out = io::stdout();
    if plan.creates_database {
        writeln!(out, "-- {}", say!(language, "migrate.would_make"))?;
    }
    let to_fix = schema::faults(language, &plan.takeover);
    for (what, _) in &to_fix {
        writeln!(out, "-- {}", say!(language, "takeover.to_fix", what = what))?;
    }
    if !to_fix.is_empty() {
        let repairs = plan.takeover.repairs.iter().filter_map(|repair| repair.statement.as_deref());
        let tables = plan.takeover.tables.iter().map(|change| change.statement.as_str());
        for statement in plan.takeover.database.as_deref().into_iter().chain(repairs).chain(tables) {
            writeln!(out, "\n{statement};")?;
        }
        writeln!(out)?;
    }
    if plan.migrations.is_empty() && to_fix.is_empty() {
        writeln!(out, "-- {}", say!(language, "migrate.nothing", version = plan.from_version))?;
    }
    for migration in &plan.migrations {
        writeln!(out, "-- {} {}\n\n{}", migration.version, migration.name, migration.sql)?;
    }
    for routine in &plan.routines {
        writeln!(out, "{}\n", routine.sql)?;
    }
    Ok(())
}
