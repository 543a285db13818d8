//! What the server's catalogue says of the tables of kami, read and not evaluated.

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row};

use super::form::{CARDS, Extra, TableForm, normal_default, normal_type};
use crate::StoreError;
use crate::record::take;

/// One table as it is.
#[derive(Clone, Debug, Default)]
pub(super) struct TableFacts {
    pub(super) name: String,
    /// How the server spells it, which may tell `Cards` and `cards` apart.
    pub(super) spelled: String,
    /// What it is to the server: nothing else than a `BASE TABLE` can be changed.
    pub(super) kind: String,
    pub(super) engine: Option<String>,
    pub(super) is_partitioned: bool,
    /// The collation that a new column would get.
    pub(super) collation: Option<String>,
    pub(super) columns: Vec<ColumnFacts>,
    pub(super) indexes: Vec<IndexFacts>,
    pub(super) foreign_keys: Vec<ForeignKey>,
    pub(super) checks: Vec<Check>,
    /// The triggers that run at each change of a row, as far as the account may see them.
    pub(super) triggers: Vec<String>,
}

impl TableFacts {
    /// The column of a name, whatever its case.
    pub(super) fn column(&self, name: &str) -> Option<&ColumnFacts> {
        self.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name))
    }

    /// The index of a name, whatever its case.
    pub(super) fn index(&self, name: &str) -> Option<&IndexFacts> {
        self.indexes.iter().find(|index| index.name.eq_ignore_ascii_case(name))
    }
}

/// One column as it is.
#[derive(Clone, Debug, Default)]
pub(super) struct ColumnFacts {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) is_nullable: bool,
    pub(super) collation: Option<String>,
    pub(super) default: Option<String>,
    pub(super) extra: Extra,
    /// Whether the server works its values out.
    pub(super) is_generated: bool,
    /// Whether its own definition lets in only some values, as MariaDB has it.
    pub(super) is_checked: bool,
}

/// One index as it is.
#[derive(Clone, Debug, Default)]
pub(super) struct IndexFacts {
    pub(super) name: String,
    pub(super) is_unique: bool,
    pub(super) columns: Vec<String>,
    /// Whether it covers whole columns.
    pub(super) is_whole: bool,
    /// Whether queries can use it, over whole columns.
    pub(super) is_plain: bool,
}

/// A condition that the server holds every row to.
#[derive(Clone, Debug)]
pub(super) struct Check {
    pub(super) name: String,
    pub(super) condition: String,
}

impl Check {
    /// Whether it says something of a column.
    pub(super) fn is_of(&self, column: &str) -> bool {
        self.condition.to_lowercase().contains(&format!("`{column}`"))
    }
}

/// A constraint by which a column of the table leads to another table, or another table to it.
#[derive(Clone, Debug)]
pub(super) struct ForeignKey {
    pub(super) column: String,
    /// The table that has the constraint.
    pub(super) table: String,
    pub(super) name: String,
}

/// The tables of these forms that there are, as far as the account may read them whole: of others columns would seem missing.
pub(super) async fn survey(
    connection: &mut Conn,
    forms: &[TableForm],
) -> Result<Vec<TableFacts>, StoreError> {
    let mut tables = Vec::new();
    for form in forms {
        let Some(table) = table(connection, form.name).await? else { continue };
        if !is_read_whole(connection, &table.spelled).await? {
            continue;
        }
        let (checks, checked) = checks(connection, &table.spelled).await?;
        let mut columns = columns(connection, &table.spelled).await?;
        for column in &mut columns {
            column.is_checked = checked.iter().any(|name| name.eq_ignore_ascii_case(&column.name));
        }
        tables.push(TableFacts {
            columns,
            checks,
            indexes: indexes(connection, &table.spelled).await?,
            foreign_keys: foreign_keys(connection, &table.spelled).await?,
            triggers: if form.name == CARDS { triggers(connection).await? } else { Vec::new() },
            ..table
        });
    }
    Ok(tables)
}

/// Whether the account may read every column of a table.
async fn is_read_whole(connection: &mut Conn, name: &str) -> Result<bool, StoreError> {
    match connection.query_drop(format!("SELECT * FROM `{name}` LIMIT 0")).await.map_err(StoreError::from) {
        Err(error) if error.is_denied() => Ok(false),
        // A view may lead nowhere, which is said elsewhere.
        Ok(()) | Err(StoreError::Refused(_)) => Ok(true),
        Err(error) => Err(error),
    }
}

/// The table of a name, or the one that has it in another case.
async fn table(connection: &mut Conn, name: &str) -> Result<Option<TableFacts>, StoreError> {
    for is_named in ["table_name = ?", "LOWER(table_name) = ?"] {
        let query = format!(
            "SELECT table_name, table_type, engine, table_collation, \
                 COALESCE(create_options, '') LIKE '%partitioned%' \
             FROM information_schema.tables WHERE table_schema = DATABASE() AND {is_named}"
        );
        let found: Option<Row> = connection.exec_first(query, (name,)).await?;
        if let Some(mut row) = found {
            return Ok(Some(TableFacts {
                name: name.to_owned(),
                spelled: take(&mut row, 0)?,
                kind: take(&mut row, 1)?,
                engine: take(&mut row, 2)?,
                collation: take(&mut row, 3)?,
                is_partitioned: take(&mut row, 4)?,
                ..TableFacts::default()
            }));
        }
    }
    Ok(None)
}

/// The conditions of a table, and the columns that have one in their own definition.
async fn checks(connection: &mut Conn, table: &str) -> Result<(Vec<Check>, Vec<String>), StoreError> {
    let columns: Vec<String> = connection
        .query(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'information_schema' \
             AND table_name = 'CHECK_CONSTRAINTS' AND column_name IN ('LEVEL', 'CHECK_CLAUSE')",
        )
        .await?;
    let query = match columns.len() {
        // MySQL before 8.0.16 knows none.
        0 => return Ok((Vec::new(), Vec::new())),
        1 => {
            "SELECT constraint_name, check_clause, 'Table' FROM information_schema.check_constraints \
             JOIN information_schema.table_constraints USING (constraint_schema, constraint_name) \
             WHERE constraint_schema = DATABASE() AND table_name = ? AND enforced = 'YES'"
        }
        _ => {
            "SELECT constraint_name, check_clause, level FROM information_schema.check_constraints \
             WHERE constraint_schema = DATABASE() AND table_name = ?"
        }
    };
    let rows: Vec<(String, String, String)> = connection.exec(query, (table,)).await?;
    let (of_table, of_columns): (Vec<_>, Vec<_>) = rows.into_iter().partition(|(.., level)| level == "Table");
    let check = |(name, condition, _)| Check { name, condition };
    Ok((of_table.into_iter().map(check).collect(), of_columns.into_iter().map(|(name, ..)| name).collect()))
}

async fn triggers(connection: &mut Conn) -> Result<Vec<String>, StoreError> {
    let query = "SELECT trigger_name FROM information_schema.triggers WHERE event_object_schema = DATABASE() \
                 AND event_object_table = ? AND event_manipulation = 'UPDATE' ORDER BY 1";
    Ok(connection.exec(query, (CARDS,)).await?)
}

async fn columns(connection: &mut Conn, table: &str) -> Result<Vec<ColumnFacts>, StoreError> {
    let rows: Vec<Row> = connection
        .exec(
            "SELECT column_name, column_type, is_nullable = 'YES', collation_name, column_default, LOWER(extra), \
                 COALESCE(generation_expression, '') <> '' \
             FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ? \
             ORDER BY ordinal_position",
            (table,),
        )
        .await?;
    rows.into_iter()
        .map(|mut row| {
            let extra: String = take(&mut row, 5)?;
            Ok(ColumnFacts {
                name: take(&mut row, 0)?,
                kind: normal_type(&take::<String>(&mut row, 1)?),
                is_nullable: take(&mut row, 2)?,
                collation: take(&mut row, 3)?,
                default: take::<Option<String>>(&mut row, 4)?.as_deref().and_then(normal_default),
                extra: Extra {
                    counts_up: extra.contains("auto_increment"),
                    dates_changes: extra.contains("on update"),
                },
                is_generated: take(&mut row, 6)?,
                is_checked: false,
            })
        })
        .collect()
}

async fn indexes(connection: &mut Conn, table: &str) -> Result<Vec<IndexFacts>, StoreError> {
    // Whether queries may use an index the servers say in columns of different names.
    let hidden: Option<String> = connection
        .query_first(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'information_schema' \
             AND table_name = 'STATISTICS' AND column_name IN ('IS_VISIBLE', 'IGNORED')",
        )
        .await?;
    let usable = match hidden.as_deref() {
        Some("IS_VISIBLE") => "is_visible = 'YES'",
        Some("IGNORED") => "ignored = 'NO'",
        _ => "TRUE",
    };
    let rows: Vec<Row> = connection
        .exec(
            format!(
                "SELECT index_name, non_unique = 0, COALESCE(column_name, ''), \
                     sub_part IS NULL, index_type = 'BTREE' AND {usable} \
                 FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = ? \
                 ORDER BY index_name, seq_in_index"
            ),
            (table,),
        )
        .await?;
    let mut indexes: Vec<IndexFacts> = Vec::new();
    for mut row in rows {
        let (name, is_unique): (String, bool) = (take(&mut row, 0)?, take(&mut row, 1)?);
        let (column, is_whole): (String, bool) = (take(&mut row, 2)?, take(&mut row, 3)?);
        let is_plain = is_whole && take(&mut row, 4)?;
        match indexes.last_mut().filter(|index| index.name == name) {
            Some(index) => {
                index.columns.push(column);
                index.is_whole &= is_whole;
                index.is_plain &= is_plain;
            }
            None => indexes.push(IndexFacts { name, is_unique, columns: vec![column], is_whole, is_plain }),
        }
    }
    Ok(indexes)
}

/// MariaDB opens each table of each of its databases to find keys of other databases, so that there none of these are found.
async fn foreign_keys(connection: &mut Conn, table: &str) -> Result<Vec<ForeignKey>, StoreError> {
    let rows: Vec<(String, String, String)> = connection
        .exec(
            "SELECT IF(referenced_table_name = ? AND referenced_table_schema = DATABASE(), referenced_column_name, \
                 column_name), table_name, constraint_name \
             FROM information_schema.key_column_usage WHERE referenced_table_name IS NOT NULL \
             /*M! AND table_schema = DATABASE() */ AND ((table_schema = DATABASE() AND table_name = ?) \
                 OR (referenced_table_schema = DATABASE() AND referenced_table_name = ?))",
            (table, table, table),
        )
        .await?;
    let key = |(column, table, name)| ForeignKey { column, table, name };
    Ok(rows.into_iter().map(key).collect())
}
