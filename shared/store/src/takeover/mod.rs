//! Bringing tables into the form that kami works with, whoever made them and whatever has become of them since.
//!
//! The catalogue is read ([`survey`]), what has to be done is decided purely ([`plan`]), and the rows are asked for what
//! forbids it or has to be fixed ([`rows`], [`dates`]). Every step may be cut off: the next look finds what is left.

mod codes;
mod dates;
mod form;
mod plan;
mod rehearsal;
mod rows;
mod survey;

use mysql_async::Conn;
use mysql_async::prelude::Queryable;

use self::form::CARDS;
pub(super) use self::rehearsal::rehearse;
use super::{Routine, StoreError, routines};

/// How many cards or codes are named of those that are in the way.
const NAMED: usize = 10;

/// What has to be done to the tables of a database, or stands in the way of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Takeover {
    /// The statement that gives the database another default of its character set.
    pub database: Option<String>,
    /// The tables that are not in their form.
    pub tables: Vec<TableChange>,
    /// The values that are none.
    pub repairs: Vec<Repair>,
    /// The routines that MariaDB made for a database of another character set, and goes on reading text in.
    pub routines: Vec<Routine>,
    /// Why nothing of this is done, nor of any migration.
    pub refusals: Vec<Refusal>,
}

/// How a table is brought into its form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableChange {
    /// By its name.
    pub table: &'static str,
    /// What is not as it should be; there is something.
    pub faults: Vec<Fault>,
    /// The one statement that fixes it, which the server does whole or not at all.
    pub statement: String,
}

impl TableChange {
    /// The statement that would fix one of its faults alone.
    pub fn statement_for(&self, fault: &Fault) -> String {
        format!("ALTER TABLE {} {}", self.table, fault.clause)
    }
}

/// One thing that is not as it should be, and the clause of ALTER TABLE that fixes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What it is.
    pub kind: FaultKind,
    /// As `ALTER TABLE` takes it.
    pub clause: String,
}

/// What is not as it should be with a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// Its engine has no transactions.
    Engine {
        /// The engine.
        found: String,
    },
    /// New columns would get another collation.
    Collation {
        /// The collation.
        found: String,
    },
    /// It is kept in parts, of which none can see to it that a code is unique.
    Partitions,
    /// A column is of another type, character set, collation or default.
    Column {
        /// By its name.
        column: &'static str,
        /// What it is.
        found: String,
        /// What it should be.
        wanted: String,
    },
    /// A column is missing.
    NoColumn {
        /// By its name.
        column: &'static str,
    },
    /// An index is not as it should be.
    Index {
        /// By its name.
        index: &'static str,
        /// What is wrong with it.
        fault: IndexFault,
    },
}

/// What is wrong with an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexFault {
    /// It is not there.
    Missing,
    /// It covers something else, or cannot be used.
    Other,
    /// It is of no use any more.
    Retired,
}

/// Values of cards that are fixed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repair {
    /// Which, and how many cards have one.
    pub kind: RepairKind,
    /// The statement that does it, where one does.
    pub statement: Option<String>,
}

/// Values that are none, and how many cards have one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RepairKind {
    /// No status, or the empty one that a lax server stored for a word that is none: the card is unused.
    Statuses(u64),
    /// A status with spaces round it, in a column of any text.
    Spaced(u64),
    /// No day of making: that of its use, of its last change, or today.
    Undated(u64),
    /// A moment that no calendar has: [`dates`] says what it becomes.
    Dates {
        /// By its name.
        column: &'static str,
        /// How many.
        cards: u64,
    },
    /// The same in a table of kami's own: it becomes that of the row before, or now.
    Moments {
        /// By its name.
        table: &'static str,
        /// By its name.
        column: &'static str,
        /// How many rows.
        rows: u64,
    },
}

/// Why a table cannot be brought into its form, which the operator has to decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is something of that name that cannot be changed as a table can.
    NoTable {
        /// The name.
        table: &'static str,
        /// What the server calls it, as `VIEW`.
        found: String,
    },
    /// There is a table of that name in another case, which the server takes for another one.
    OtherCase {
        /// The name.
        table: &'static str,
        /// The name that it has.
        found: String,
    },
    /// A table that has the name of one of kami's own is somebody else's: it lacks a column.
    OtherTable {
        /// By its name.
        table: &'static str,
        /// By its name.
        column: &'static str,
    },
    /// The table is not the Flask service's: it lacks a column.
    NoColumn {
        /// By its name.
        column: &'static str,
    },
    /// A column of the owner's has the name of one that kami adds.
    OwnColumn {
        /// By its name.
        column: &'static str,
    },
    /// A column is of a type whose values do not go into ours.
    ColumnType {
        /// By its name.
        table: &'static str,
        /// By its name.
        column: &'static str,
        /// Its type.
        found: String,
        /// The type that it should have.
        wanted: String,
    },
    /// A column of the owner's counts up, which only one of a table may.
    Counter {
        /// By its name.
        column: String,
    },
    /// A column of the owner's wants a value that kami, making a card, does not have.
    Required {
        /// By its name.
        column: String,
        /// Its type.
        kind: String,
    },
    /// An index of the owner's lets in no two cards with the same of something that cards of kami's may share.
    UniqueIndex {
        /// By its name.
        index: String,
    },
    /// A foreign key holds a column that has to be changed.
    ForeignKey {
        /// The table that has the key.
        table: String,
        /// The key.
        name: String,
        /// By its name.
        column: &'static str,
    },
    /// A foreign key of the table of cards lets in only what another table has.
    LeadsOut {
        /// The key.
        name: String,
        /// The column that it holds.
        column: String,
    },
    /// A condition lets in only some values of a column that kami writes.
    Check {
        /// As the server has it.
        name: String,
        /// By its name.
        column: &'static str,
    },
    /// A trigger would run at each row that has to be fixed, and nobody knows what it does.
    Trigger {
        /// As the server has it.
        name: String,
    },
    /// Cards have a number in a column that is none of those that it can hold.
    OutOfRange {
        /// By its name.
        column: &'static str,
        /// How many.
        cards: u64,
    },
    /// Text of UTF-8 stands in a column that says that it is of another character set, as a program wrote it that told
    /// the server nothing.
    OtherBytes {
        /// By its name.
        column: &'static str,
        /// The character set that it says.
        set: String,
        /// How many cards have such text.
        cards: u64,
    },
    /// Cards have no number of their own, or one that is none.
    Numbers {
        /// How many.
        cards: u64,
    },
    /// Cards lack a value that each has.
    Empty {
        /// By its name.
        column: &'static str,
        /// How many.
        cards: u64,
    },
    /// Cards have a value that the column does not hold.
    TooLong {
        /// By its name.
        column: &'static str,
        /// How many characters it holds.
        most: u64,
        /// How many cards.
        cards: u64,
        /// The numbers of the first of them.
        ids: Vec<u64>,
    },
    /// Cards have a status that kami does not know.
    Status {
        /// As it stands in the rows.
        word: String,
        /// How many.
        cards: u64,
    },
    /// Codes differ, but are the same to kami, as in their case alone.
    Collisions {
        /// How many codes more than one card would have.
        codes: u64,
        /// Two cards with one such code each: their numbers, and how their codes begin.
        pairs: Vec<(u64, u64, String)>,
    },
}

/// The tables that kami writes, as `sql/form.sql` names them: all but the library's, of which it says no column.
pub(super) fn own_tables() -> Vec<&'static str> {
    let forms = form::forms().into_iter();
    forms.filter(|form| !form.columns.is_empty()).map(|form| form.name).collect()
}

/// What has to be done to the tables of a database at that version.
pub(super) async fn look(connection: &mut Conn, version: i32) -> Result<Takeover, StoreError> {
    let forms = form::forms();
    let tables = survey::survey(connection, &forms).await?;
    let (database, routines) = (database(connection).await?, routines::outdated(connection).await?);
    let mut takeover = Takeover { database, routines, ..Takeover::default() };
    for form in &forms {
        let Some(facts) = tables.iter().find(|facts| facts.name == form.name) else { continue };
        let (change, refusals) = plan::change(form, facts, version);
        let is_fit = refusals.is_empty();
        takeover.tables.extend(change);
        takeover.refusals.extend(refusals);
        if form.name == CARDS && is_fit {
            rows::ask(connection, form, facts, version, &mut takeover).await?;
            if !takeover.repairs.is_empty() {
                let triggers = facts.triggers.iter().cloned();
                takeover.refusals.extend(triggers.map(|name| Refusal::Trigger { name }));
            }
        } else if is_fit {
            rows::ask_for_moments(connection, form, facts, &mut takeover).await?;
        }
    }
    Ok(takeover)
}

/// MariaDB reads what a routine is given in the character set that the database had when the routine was made.
async fn database(connection: &mut Conn) -> Result<Option<String>, StoreError> {
    let query =
        "SELECT default_character_set_name FROM information_schema.schemata WHERE schema_name = DATABASE()";
    let set: Option<String> = connection.query_first(query).await?;
    let statement = "ALTER DATABASE CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci";
    Ok(set.filter(|set| set != "utf8mb4").map(|_| statement.to_owned()))
}

/// Does what was found to be done; without refusals.
pub(super) async fn carry_out(connection: &mut Conn, takeover: &Takeover) -> Result<(), StoreError> {
    if let Some(statement) = &takeover.database {
        connection.query_drop(statement).await?;
    }
    for statement in takeover.repairs.iter().filter_map(|repair| repair.statement.as_ref()) {
        connection.query_drop(statement).await?;
    }
    for change in &takeover.tables {
        connection.query_drop(&change.statement).await?;
    }
    let is_dated = |repair: &Repair| matches!(repair.kind, RepairKind::Dates { .. } | RepairKind::Undated(_));
    if takeover.repairs.iter().any(is_dated) {
        dates::fix(connection).await?;
    }
    Ok(())
}
