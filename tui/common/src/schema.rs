//! What is said of a database that is not in the form that this kami works with, and of bringing it there.

use kami_store::{FaultKind, IndexFault, MigrateError, Refusal, RepairKind, Takeover};

use crate::cells::harmless;
use crate::words::{Language, number, say};
use crate::{causes, reason};

/// Everything that is not as it should be, each with the statement that fixes it, where one does.
pub fn faults(language: Language, takeover: &Takeover) -> Vec<(String, Option<String>)> {
    let mut faults = Vec::new();
    if let Some(statement) = &takeover.database {
        faults.push((say!(language, "takeover.database"), Some(statement.clone())));
    }
    if !takeover.routines.is_empty() {
        let names: Vec<_> = takeover.routines.iter().map(|routine| routine.name).collect();
        faults.push((say!(language, "takeover.routines", names = names.join(", ")), None));
    }
    for change in &takeover.tables {
        for one in &change.faults {
            faults.push((fault(language, change.table, &one.kind), Some(change.statement_for(one))));
        }
    }
    for one in &takeover.repairs {
        faults.push((repair(language, one.kind), one.statement.clone()));
    }
    faults
}

fn fault(language: Language, table: &str, kind: &FaultKind) -> String {
    match kind {
        FaultKind::Engine { found } => {
            say!(language, "takeover.engine", table = table, found = harmless(found))
        }
        FaultKind::Collation { found } => {
            say!(language, "takeover.collation", table = table, found = harmless(found))
        }
        FaultKind::Partitions => say!(language, "takeover.partitions", table = table),
        FaultKind::Column { column, found, wanted } => {
            let found = harmless(found);
            say!(language, "takeover.column", table = table, column = column, found = found, wanted = wanted)
        }
        FaultKind::NoColumn { column } => {
            say!(language, "takeover.no_column", table = table, column = column)
        }
        FaultKind::Index { index, fault } => {
            let key = match fault {
                IndexFault::Missing => "takeover.index.missing",
                IndexFault::Other => "takeover.index.other",
                IndexFault::Retired => "takeover.index.retired",
            };
            say!(language, key, table = table, index = index)
        }
    }
}

fn repair(language: Language, kind: RepairKind) -> String {
    match kind {
        RepairKind::Statuses(cards) => say!(language, "takeover.statuses", n = number(cards)),
        RepairKind::Spaced(cards) => say!(language, "takeover.spaced", n = number(cards)),
        RepairKind::Undated(cards) => say!(language, "takeover.undated", n = number(cards)),
        RepairKind::Dates { column, cards } => {
            say!(language, format!("takeover.dates.{column}"), n = number(cards))
        }
        RepairKind::Moments { table, column, rows } => {
            say!(language, "takeover.moments", n = number(rows), table = table, column = column)
        }
    }
}

/// Why a table cannot be taken over, and what to do about it.
pub fn refusal(language: Language, refusal: &Refusal) -> String {
    match refusal {
        Refusal::NoTable { table, found } if found == "SYSTEM VERSIONED" => {
            say!(language, "takeover.refusal.versioned", table = table)
        }
        Refusal::NoTable { table, found } => {
            say!(language, "takeover.refusal.no_table", table = table, found = harmless(found))
        }
        Refusal::OtherCase { table, found } => {
            say!(language, "takeover.refusal.other_case", table = table, found = harmless(found))
        }
        Refusal::OtherTable { table, column } => {
            say!(language, "takeover.refusal.other_table", table = table, column = column)
        }
        Refusal::NoColumn { column } => say!(language, "takeover.refusal.no_column", column = column),
        Refusal::OwnColumn { column } => say!(language, "takeover.refusal.own_column", column = column),
        Refusal::ColumnType { table, column, found, wanted } => {
            let (key, found) = ("takeover.refusal.column_type", harmless(found));
            say!(language, key, table = table, column = column, found = found, wanted = wanted)
        }
        Refusal::Counter { column } => {
            say!(language, "takeover.refusal.counter", column = harmless(column))
        }
        Refusal::Required { column, kind } => {
            let (column, kind) = (harmless(column), harmless(kind));
            say!(language, "takeover.refusal.required", column = column, kind = kind)
        }
        Refusal::UniqueIndex { index } => {
            say!(language, "takeover.refusal.unique_index", index = harmless(index))
        }
        Refusal::ForeignKey { table, name, column } => {
            let (table, key) = (harmless(table), harmless(name));
            say!(language, "takeover.refusal.foreign_key", table = table, key = key, column = column)
        }
        Refusal::LeadsOut { name, column } => {
            let (key, column) = (harmless(name), harmless(column));
            say!(language, "takeover.refusal.leads_out", key = key, column = column)
        }
        Refusal::Check { name, column } => {
            say!(language, "takeover.refusal.check", check = harmless(name), column = column)
        }
        Refusal::Trigger { name } => say!(language, "takeover.refusal.trigger", trigger = harmless(name)),
        Refusal::OutOfRange { column, cards } => {
            say!(language, "takeover.refusal.out_of_range", column = column, n = number(*cards))
        }
        Refusal::OtherBytes { column, set, cards } => {
            let (key, set) = ("takeover.refusal.other_bytes", harmless(set));
            say!(language, key, column = column, set = set, n = number(*cards))
        }
        Refusal::Numbers { cards } => say!(language, "takeover.refusal.numbers", n = number(*cards)),
        Refusal::Empty { column, cards } => {
            say!(language, "takeover.refusal.empty", column = column, n = number(*cards))
        }
        Refusal::TooLong { column, most, cards, ids } => {
            let ids = ids.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
            let (key, n) = ("takeover.refusal.too_long", number(*cards));
            say!(language, key, n = n, most = most, column = column, ids = ids)
        }
        Refusal::Status { word, cards } => {
            say!(language, "takeover.refusal.status", n = number(*cards), word = harmless(word))
        }
        Refusal::Collisions { codes, pairs } => {
            let pair =
                |(first, last, code): &(u64, u64, String)| format!("{first}/{last} {}", harmless(code));
            let pairs = pairs.iter().map(pair).collect::<Vec<_>>().join(", ");
            say!(language, "takeover.refusal.collisions", n = number(*codes), pairs = pairs)
        }
    }
}

/// All of the refusals, each on its line.
pub fn refusals(language: Language, all: &[Refusal]) -> String {
    let lines = all.iter().map(|one| format!("\n  {}", refusal(language, one)));
    say!(language, "takeover.refused") + &lines.collect::<String>()
}

/// Why nothing was migrated.
pub fn not_migrated(language: Language, error: &MigrateError) -> String {
    match error {
        MigrateError::Newer { found, known } => {
            say!(language, "migrate.newer", found = found, known = known)
        }
        MigrateError::Locked => say!(language, "migrate.locked"),
        MigrateError::Unfit(all) => refusals(language, all),
        MigrateError::Unchangeable { table, cause } => {
            let why = causes::with_values(language, cause, reason::store_error(language, cause));
            say!(language, "migrate.unchangeable", table = table, why = why)
        }
        MigrateError::Failed { migration, cause } => {
            let why = causes::with_values(language, cause, reason::store_error(language, cause));
            match migration {
                Some(name) => say!(language, "migrate.failed_at", name = name, why = why),
                None => say!(language, "migrate.failed", why = why),
            }
        }
        MigrateError::Diverged(name) => say!(language, "migrate.diverged", name = name),
        MigrateError::Store(error) => reason::store_error(language, error),
    }
}
