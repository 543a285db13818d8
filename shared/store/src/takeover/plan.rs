//! What has to be done to a table so that it is in its form, and what forbids it: decided without a server.

use std::collections::BTreeSet;

use super::form::{CARDS, ColumnForm, IndexForm, PRIMARY, TableForm};
use super::survey::{ColumnFacts, IndexFacts, TableFacts};
use super::{Fault, FaultKind, IndexFault, Refusal, TableChange};

/// The columns without which a table of cards is none.
const ESSENTIAL: [&str; 5] = ["id", "prefix", "code", "full_code", "status"];

/// What the server calls a table that is one.
const BASE_TABLE: &str = "BASE TABLE";

/// The version of the schema that first is kami's: a table of before is brought into its form in one change, what later
/// versions add to one their migrations add.
pub(super) const FIRST_OF_OURS: i32 = 2;

/// The collation of a table, for columns that say none.
const COLLATION: &str = "utf8mb4_unicode_ci";

/// What a type is for, as far as values go from one type to another unharmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Whole,
    Text,
    Word,
    Moment,
    Other,
}

/// The family of a type as [`super::form::normal_type`] writes it.
pub(super) fn family(kind: &str) -> Family {
    match kind.split(['(', ' ']).next().unwrap_or_default() {
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint" => Family::Whole,
        "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" => Family::Text,
        "enum" => Family::Word,
        "datetime" | "timestamp" | "date" => Family::Moment,
        _ => Family::Other,
    }
}

/// What brings a table into its form, if it is not, and what stands in the way. `version` is the schema's.
pub(super) fn change(
    form: &TableForm,
    facts: &TableFacts,
    version: i32,
) -> (Option<TableChange>, Vec<Refusal>) {
    let engine = match &facts.engine {
        Some(engine) if facts.kind == BASE_TABLE && facts.spelled == facts.name => engine,
        Some(_) if facts.kind == BASE_TABLE => {
            return (None, vec![Refusal::OtherCase { table: form.name, found: facts.spelled.clone() }]);
        }
        _ => return (None, vec![Refusal::NoTable { table: form.name, found: facts.kind.clone() }]),
    };
    let mut faults = Vec::new();
    if !engine.eq_ignore_ascii_case("InnoDB") {
        // What the old engine was told about its rows the new one may not know.
        let clause = "ENGINE = InnoDB, ROW_FORMAT = DYNAMIC".to_owned();
        faults.push(Fault { kind: FaultKind::Engine { found: engine.clone() }, clause });
    }
    if !form.columns.is_empty() && facts.collation.as_deref() != Some(COLLATION) {
        let found = facts.collation.clone().unwrap_or_default();
        let clause = format!("DEFAULT CHARACTER SET utf8mb4 COLLATE {COLLATION}");
        faults.push(Fault { kind: FaultKind::Collation { found }, clause });
    }
    let refusals = if form.name == CARDS { foreign(form, facts, version) } else { not_ours(form, facts) };
    let (of_columns, unfit) = columns(form, facts, version);
    faults.extend(of_columns);
    faults.extend(indexes(form, facts, version));
    let refusals = refusals.into_iter().chain(unfit).collect();
    let clauses: Vec<_> = faults.iter().map(|fault| fault.clause.as_str()).collect();
    let mut statement = format!("ALTER TABLE {}\n    {}", form.name, clauses.join(",\n    "));
    if facts.is_partitioned {
        // No part of a table can see to it that a code is unique; the clause stands last, behind no comma.
        let clause = "REMOVE PARTITIONING".to_owned();
        let space = if faults.is_empty() { "" } else { "\n    " };
        statement = format!("{}{space}{clause}", statement.trim_end_matches(' '));
        faults.push(Fault { kind: FaultKind::Partitions, clause });
    }
    (
        Some(TableChange { table: form.name, faults, statement }).filter(|change| !change.faults.is_empty()),
        refusals,
    )
}

/// What a table of cards has of its owner's that kami could not live with.
fn foreign(form: &TableForm, facts: &TableFacts, version: i32) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    for column in ESSENTIAL {
        if facts.column(column).is_none() {
            refusals.push(Refusal::NoColumn { column });
        }
    }
    let is_ours = |name: &str| form.columns.iter().any(|ours| ours.name.eq_ignore_ascii_case(name));
    for key in facts.foreign_keys.iter().filter(|key| key.table == facts.spelled && is_ours(&key.column)) {
        refusals.push(Refusal::LeadsOut { name: key.name.clone(), column: key.column.clone() });
    }
    for check in &facts.checks {
        if let Some(column) = form.columns.iter().find(|column| check.is_of(column.name)) {
            refusals.push(Refusal::Check { name: check.name.clone(), column: column.name });
        }
    }
    for version in versions(form).filter(|added_by| *added_by > version) {
        let added = form.columns.iter().filter(|column| column.since == Some(version));
        let (there, missing): (Vec<_>, Vec<_>) =
            added.partition(|column| facts.column(column.name).is_some());
        // All of them at once are those of a migration that was cut off.
        if !missing.is_empty() {
            refusals.extend(there.into_iter().map(|column| Refusal::OwnColumn { column: column.name }));
        }
    }
    for column in &facts.columns {
        if is_ours(&column.name) {
            continue;
        }
        if column.extra.counts_up {
            refusals.push(Refusal::Counter { column: column.name.clone() });
        } else if !column.is_nullable && column.default.is_none() && !column.is_generated {
            refusals.push(Refusal::Required { column: column.name.clone(), kind: column.kind.clone() });
        }
    }
    for index in facts.indexes.iter().filter(|index| index.is_unique) {
        let is_replaced = form.indexes.iter().any(|ours| ours.name.eq_ignore_ascii_case(&index.name));
        let has = |column: &str| index.columns.iter().any(|one| one.eq_ignore_ascii_case(column));
        let is_of_each = has("id") || has("full_code") || has("prefix") && has("code");
        if !(is_replaced || index.is_whole && is_of_each) {
            refusals.push(Refusal::UniqueIndex { index: index.name.clone() });
        }
    }
    refusals
}

/// The migrations that add columns to a table that there is.
fn versions(form: &TableForm) -> impl Iterator<Item = i32> {
    form.columns.iter().filter_map(|column| column.since).collect::<BTreeSet<_>>().into_iter()
}

/// Whether a migration that is still to come adds it.
fn is_added_later(since: Option<i32>, version: i32) -> bool {
    since.is_some_and(|since| since > version.max(FIRST_OF_OURS))
}

/// Why a table of a name that kami gives to its own is somebody else's.
fn not_ours(form: &TableForm, facts: &TableFacts) -> Vec<Refusal> {
    let columns = form.columns.iter().filter(|column| column.since.is_none()).map(|column| column.name);
    // The library that counts the migrations makes its table itself.
    let columns = columns.chain(form.columns.is_empty().then_some("version"));
    let missing = columns.filter(|column| facts.column(column).is_none());
    missing.map(|column| Refusal::OtherTable { table: form.name, column }).take(1).collect()
}

fn columns(form: &TableForm, facts: &TableFacts, version: i32) -> (Vec<Fault>, Vec<Refusal>) {
    let (mut faults, mut refusals) = (Vec::new(), Vec::new());
    for column in &form.columns {
        let Some(found) = facts.column(column.name) else {
            let is_left = form.name != CARDS || is_added_later(column.since, version);
            if !is_left && !ESSENTIAL.contains(&column.name) {
                let clause = format!("ADD COLUMN {} {}", column.name, column.addition);
                faults.push(Fault { kind: FaultKind::NoColumn { column: column.name }, clause });
            }
            continue;
        };
        let is_other = !is_alike(column, found);
        let defaults_differ =
            form.name == CARDS && (found.default != column.default || found.extra != column.extra);
        if !is_other && !defaults_differ {
            continue;
        }
        if !fits(column, found) {
            let how = if found.is_generated { " GENERATED" } else { "" };
            let (column, found, wanted) = (column.name, format!("{}{how}", found.kind), column.kind.clone());
            refusals.push(Refusal::ColumnType { table: form.name, column, found, wanted });
            continue;
        }
        let key = facts
            .foreign_keys
            .iter()
            .find(|key| key.table != facts.spelled && key.column.eq_ignore_ascii_case(column.name));
        if let Some(key) = key.filter(|_| is_other) {
            let (table, name, column) = (key.table.clone(), key.name.clone(), column.name);
            refusals.push(Refusal::ForeignKey { table, name, column });
        }
        let clause = format!("MODIFY {} {}", column.name, column.definition);
        let (found, wanted) = (described(found), wanted(column));
        faults.push(Fault { kind: FaultKind::Column { column: column.name, found, wanted }, clause });
    }
    (faults, refusals)
}

fn is_alike(form: &ColumnForm, found: &ColumnFacts) -> bool {
    found.kind == form.kind
        && found.is_nullable == form.is_nullable
        && found.collation.as_deref() == form.collation
        && !found.is_generated
        && !found.is_checked
}

/// Whether values go from the one to the other type; whether each of them does, only the rows tell.
fn fits(form: &ColumnForm, found: &ColumnFacts) -> bool {
    let is_text = matches!(family(&form.kind), Family::Word) && family(&found.kind) == Family::Text;
    !found.is_generated && (is_text || family(&form.kind) == family(&found.kind))
}

fn described(found: &ColumnFacts) -> String {
    let collation = found.collation.as_ref().map(|collation| format!(" {collation}"));
    let null = if found.is_nullable { "" } else { " not null" };
    let default = found.default.as_ref().map(|default| format!(" default {default}"));
    format!("{}{}{null}{}", found.kind, collation.unwrap_or_default(), default.unwrap_or_default())
}

fn wanted(form: &ColumnForm) -> String {
    described(&ColumnFacts {
        kind: form.kind.clone(),
        is_nullable: form.is_nullable,
        collation: form.collation.map(str::to_owned),
        default: form.default.clone(),
        ..ColumnFacts::default()
    })
}

fn indexes(form: &TableForm, facts: &TableFacts, version: i32) -> Vec<Fault> {
    let mut faults = Vec::new();
    let fault = |index, fault, clause| Fault { kind: FaultKind::Index { index, fault }, clause };
    for index in &form.indexes {
        let drop = if index.name == PRIMARY {
            "DROP PRIMARY KEY".into()
        } else {
            format!("DROP INDEX {}", index.name)
        };
        match facts.index(index.name) {
            Some(_) if has(facts, index) => {}
            Some(_) => {
                faults.push(fault(index.name, IndexFault::Other, format!("{drop}, {}", index.addition())));
            }
            None if is_added_later(index.since, version) => {}
            None => faults.push(fault(index.name, IndexFault::Missing, index.addition())),
        }
    }
    // A foreign key may need one that queries do not.
    let is_held = |index: &IndexForm| {
        let is_first =
            |column: &str| index.columns.first().is_some_and(|first| first.eq_ignore_ascii_case(column));
        facts.foreign_keys.iter().any(|key| is_first(&key.column))
    };
    for index in form.retired.iter().filter(|index| found(facts, index).is_some() && !is_held(index)) {
        faults.push(fault(index.name, IndexFault::Retired, format!("DROP INDEX {}", index.name)));
    }
    faults
}

/// Whether a table has an index as the form has it, which queries can use.
pub(super) fn has(facts: &TableFacts, index: &IndexForm) -> bool {
    found(facts, index).is_some_and(|found| found.is_plain)
}

/// The index of a table that has the name of the form's, and covers the same columns whole.
fn found<'a>(facts: &'a TableFacts, index: &IndexForm) -> Option<&'a IndexFacts> {
    facts.index(index.name).filter(|found| {
        let is_same = |(one, other): (&String, &&str)| one.eq_ignore_ascii_case(other);
        found.is_whole
            && found.is_unique == index.is_unique
            && found.columns.len() == index.columns.len()
            && found.columns.iter().zip(&index.columns).all(is_same)
    })
}
