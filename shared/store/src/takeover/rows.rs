//! What the rows of cards say where the catalogue cannot: values that have to be fixed, and such as no migration may
//! decide about.

use std::collections::BTreeMap;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row};

use super::dates::is_damaged;
use super::form::{ColumnForm, TableForm};
use super::plan::{FIRST_OF_OURS, Family, family};
use super::survey::{ColumnFacts, TableFacts};
use super::{NAMED, Refusal, Repair, RepairKind, Takeover, codes};
use crate::StoreError;
use crate::record::take;

/// Asks the rows of a table whose columns fit.
pub(super) async fn ask(
    connection: &mut Conn,
    form: &TableForm,
    facts: &TableFacts,
    version: i32,
    takeover: &mut Takeover,
) -> Result<(), StoreError> {
    let damaged = damaged(connection, form, facts).await?;
    for column in &form.columns {
        let Some(found) = facts.column(column.name) else { continue };
        match family(&column.kind) {
            Family::Whole if column.extra.counts_up => numbers(connection, facts, found, takeover).await?,
            Family::Whole if found.kind != column.kind => range(connection, column, takeover).await?,
            Family::Word => statuses(connection, column, found, facts, takeover).await?,
            Family::Moment => {
                let cards = damaged.get(column.name).copied().unwrap_or(0);
                moments(connection, column, found, facts, cards, takeover).await?;
            }
            Family::Text => texts(connection, column, found, takeover).await?,
            Family::Whole | Family::Other => {}
        }
    }
    codes::collisions(connection, form, facts, takeover).await?;
    if version < FIRST_OF_OURS && takeover.refusals.is_empty() {
        codes::spellings(connection, takeover).await?;
    }
    Ok(())
}

/// Asks a table of kami's own for moments that no calendar has.
pub(super) async fn ask_for_moments(
    connection: &mut Conn,
    form: &TableForm,
    facts: &TableFacts,
    takeover: &mut Takeover,
) -> Result<(), StoreError> {
    let table = form.name;
    for (column, rows) in damaged(connection, form, facts).await? {
        if rows > 0 {
            let (its, theirs) =
                (is_damaged(&format!("damaged.{column}")), is_damaged(&format!("good.{column}")));
            let statement = format!(
                "UPDATE {table} AS damaged LEFT JOIN (\
                     SELECT damaged.id, MAX(good.{column}) AS latest FROM {table} AS damaged \
                     JOIN {table} AS good ON good.id < damaged.id AND NOT {theirs} WHERE {its} GROUP BY damaged.id\
                 ) AS earlier ON earlier.id = damaged.id \
                 SET damaged.{column} = COALESCE(earlier.latest, UTC_TIMESTAMP()) WHERE {its}"
            );
            let kind = RepairKind::Moments { table, column, rows };
            takeover.repairs.push(Repair { kind, statement: Some(statement) });
        }
    }
    Ok(())
}

/// In how many rows each column holds a moment that no calendar has, all of them counted in one pass over the table.
async fn damaged(
    connection: &mut Conn,
    form: &TableForm,
    facts: &TableFacts,
) -> Result<BTreeMap<&'static str, u64>, StoreError> {
    let moments = form.columns.iter().filter(|column| family(&column.kind) == Family::Moment);
    let columns: Vec<_> =
        moments.map(|column| column.name).filter(|name| facts.column(name).is_some()).collect();
    if columns.is_empty() {
        return Ok(BTreeMap::new());
    }
    let counts: Vec<_> =
        columns.iter().map(|column| format!("COUNT({} OR NULL)", is_damaged(column))).collect();
    let query = format!("SELECT {} FROM {}", counts.join(", "), form.name);
    let mut row: Row = connection.query_first(query).await?.ok_or(StoreError::Undecodable)?;
    let counts = (0..columns.len()).map(|place| take(&mut row, place)).collect::<Result<Vec<_>, _>>()?;
    Ok(columns.into_iter().zip(counts).collect())
}

async fn count(connection: &mut Conn, condition: &str) -> Result<u64, StoreError> {
    let query = format!("SELECT COUNT(*) FROM cards WHERE {condition}");
    connection.query_first(query).await?.ok_or(StoreError::Undecodable)
}

async fn numbers(
    connection: &mut Conn,
    facts: &TableFacts,
    found: &ColumnFacts,
    takeover: &mut Takeover,
) -> Result<(), StoreError> {
    // No more than half of the numbers that the type has: new cards need some as well.
    let mut cards = count(connection, &format!("id > {}", i64::MAX)).await?;
    if !found.kind.contains("unsigned") || found.is_nullable {
        cards += count(connection, "id IS NULL OR id < 1").await?;
    }
    let is_unique = facts.indexes.iter().any(|index| {
        index.is_unique && index.columns.len() == 1 && index.columns[0].eq_ignore_ascii_case("id")
    });
    if !is_unique {
        let query = "SELECT COUNT(*) - COUNT(DISTINCT id) FROM cards";
        cards += connection.query_first::<u64, _>(query).await?.unwrap_or(0);
    }
    if cards > 0 {
        takeover.refusals.push(Refusal::Numbers { cards });
    }
    Ok(())
}

/// Numbers that a column of 32 or 64 bits without a sign does not hold.
async fn range(
    connection: &mut Conn,
    column: &ColumnForm,
    takeover: &mut Takeover,
) -> Result<(), StoreError> {
    let most = if column.kind.starts_with("big") { u64::MAX } else { u32::MAX.into() };
    let name = column.name;
    let cards = count(connection, &format!("{name} < 0 OR {name} > {most}")).await?;
    if cards > 0 {
        takeover.refusals.push(Refusal::OutOfRange { column: name, cards });
    }
    Ok(())
}

async fn statuses(
    connection: &mut Conn,
    column: &ColumnForm,
    found: &ColumnFacts,
    facts: &TableFacts,
    takeover: &mut Takeover,
) -> Result<(), StoreError> {
    let known = words(&column.kind);
    let is_known = |word: &str| known.iter().any(|known| word.eq_ignore_ascii_case(known));
    let (mut none, mut spaced) = (0, 0);
    let query = "SELECT CONVERT(status USING utf8mb4), COUNT(*) FROM cards GROUP BY 1";
    // In its form the column holds nothing else but the empty word.
    let rows: Vec<(Option<String>, u64)> = if found.kind == column.kind {
        vec![(None, count(connection, "status IS NULL OR status = ''").await?)]
    } else {
        connection.query(query).await?
    };
    for (word, cards) in rows {
        let word = word.unwrap_or_default();
        match word.trim_matches(' ') {
            "" => none += cards,
            bare if !is_known(bare) => takeover.refusals.push(Refusal::Status { word, cards }),
            bare if bare.len() < word.len() => spaced += cards,
            _ => {}
        }
    }
    let kept = if facts.column("updated_at").is_some() { ", updated_at = updated_at" } else { "" };
    if none > 0 {
        // The table's own spelling, as another would be refused before the table is in its form.
        let own = words(&found.kind).into_iter().find(|word| word.eq_ignore_ascii_case("unused"));
        let own = if family(&found.kind) == Family::Text { Some("UNUSED") } else { own };
        match own {
            Some(own) => {
                let statement = format!(
                    "UPDATE cards SET status = '{own}'{kept} WHERE status IS NULL OR TRIM(status) = ''"
                );
                takeover
                    .repairs
                    .push(Repair { kind: RepairKind::Statuses(none), statement: Some(statement) });
            }
            None => takeover.refusals.push(Refusal::Status { word: String::new(), cards: none }),
        }
    }
    if spaced > 0 {
        let statement = format!(
            "UPDATE cards SET status = TRIM(status){kept} WHERE LENGTH(status) > LENGTH(TRIM(status))"
        );
        takeover.repairs.push(Repair { kind: RepairKind::Spaced(spaced), statement: Some(statement) });
    }
    Ok(())
}

/// The words of an enumeration's type.
fn words(kind: &str) -> Vec<&str> {
    kind.split('\'').skip(1).step_by(2).collect()
}

async fn moments(
    connection: &mut Conn,
    column: &ColumnForm,
    found: &ColumnFacts,
    facts: &TableFacts,
    cards: u64,
    takeover: &mut Takeover,
) -> Result<(), StoreError> {
    if cards > 0 {
        let kind = RepairKind::Dates { column: column.name, cards };
        takeover.repairs.push(Repair { kind, statement: None });
    }
    if column.is_nullable || !found.is_nullable {
        return Ok(());
    }
    let undated = count(connection, &format!("{} IS NULL", column.name)).await?;
    if undated > 0 {
        let mut sources: Vec<_> =
            ["used_at", "updated_at"].into_iter().filter(|name| facts.column(name).is_some()).collect();
        let kept = if sources.contains(&"updated_at") { ", updated_at = updated_at" } else { "" };
        sources.push("UTC_TIMESTAMP()");
        let (name, sources) = (column.name, sources.join(", "));
        let statement = format!("UPDATE cards SET {name} = COALESCE({sources}){kept} WHERE {name} IS NULL");
        takeover.repairs.push(Repair { kind: RepairKind::Undated(undated), statement: Some(statement) });
    }
    Ok(())
}

async fn texts(
    connection: &mut Conn,
    column: &ColumnForm,
    found: &ColumnFacts,
    takeover: &mut Takeover,
) -> Result<(), StoreError> {
    let name = column.name;
    if found.is_nullable && !column.is_nullable {
        let cards = count(connection, &format!("{name} IS NULL")).await?;
        if cards > 0 {
            takeover.refusals.push(Refusal::Empty { column: name, cards });
        }
    }
    other_bytes(connection, column, found, takeover).await?;
    let most = width(&column.kind).unwrap_or(u64::MAX);
    if width(&found.kind).is_some_and(|width| width <= most) {
        return Ok(());
    }
    let is_long = format!("CHAR_LENGTH({name}) > {most}");
    let cards = count(connection, &is_long).await?;
    if cards > 0 {
        let query = format!("SELECT id FROM cards WHERE {is_long} ORDER BY id LIMIT {NAMED}");
        let ids = connection.query(query).await?;
        takeover.refusals.push(Refusal::TooLong { column: name, most, cards, ids });
    }
    Ok(())
}

/// Text of UTF-8 in a column of one byte a character. Hardly any text of such a character set is UTF-8 by chance.
async fn other_bytes(
    connection: &mut Conn,
    column: &ColumnForm,
    found: &ColumnFacts,
    takeover: &mut Takeover,
) -> Result<(), StoreError> {
    let set = found.collation.as_deref().and_then(|collation| collation.split('_').next());
    let query = "SELECT maxlen FROM information_schema.character_sets WHERE character_set_name = ?";
    let widest: Option<u64> = connection.exec_first(query, (set,)).await?;
    let (Some(set), Some(1)) = (set, widest) else { return Ok(()) };
    let name = column.name;
    let bytes = format!("CAST({name} AS BINARY)");
    let text = format!("CONVERT({bytes} USING utf8mb4)");
    let is_read_as_other =
        format!("CAST({text} AS BINARY) = {bytes} AND CHAR_LENGTH({text}) < LENGTH({name})");
    let cards = count(connection, &is_read_as_other).await?;
    if cards > 0 {
        takeover.refusals.push(Refusal::OtherBytes { column: name, set: set.to_owned(), cards });
    }
    Ok(())
}

/// How many characters a type holds, where it says so.
fn width(kind: &str) -> Option<u64> {
    kind.split_once('(')?.1.trim_end_matches(')').parse().ok()
}
