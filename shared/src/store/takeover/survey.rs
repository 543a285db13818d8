//! What the server's catalogue says of the tables of kami, read and not judged.

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row};

use super::form::{Extra, TableForm, normal_default, normal_type};
use crate::store::StoreError;
use crate::store::record::take;

/// One table as it is.
#[derive(Clone, Debug, Default)]
pub(super) struct TableFacts {
    pub(super) name: String,
    /// `None` is no table, but a view.
    pub(super) engine: Option<String>,
    /// The collation that a new column would get.
    pub(super) collation: Option<String>,
    pub(super) columns: Vec<ColumnFacts>,
    pub(super) indexes: Vec<IndexFacts>,
    pub(super) foreign_keys: Vec<ForeignKey>,
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
}

/// One index as it is.
#[derive(Clone, Debug, Default)]
pub(super) struct IndexFacts {
    pub(super) name: String,
    pub(super) is_unique: bool,
    pub(super) columns: Vec<String>,
    /// Whether queries can use it, over whole columns.
    pub(super) is_plain: bool,
}

/// A constraint by which a column of the table leads to another table, or another table to it.
#[derive(Clone, Debug)]
pub(super) struct ForeignKey {
    pub(super) column: String,
    pub(super) table: String,
    pub(super) name: String,
}

/// The tables of these forms that there are.
pub(super) async fn survey(
    connection: &mut Conn,
    forms: &[TableForm],
) -> Result<Vec<TableFacts>, StoreError> {
    let mut tables = Vec::new();
    for form in forms {
        let found: Option<(Option<String>, Option<String>)> = connection
            .exec_first(
                "SELECT IF(table_type = 'BASE TABLE', engine, NULL), table_collation \
                 FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = ?",
                (form.name,),
            )
            .await?;
        let Some((engine, collation)) = found else { continue };
        tables.push(TableFacts {
            name: form.name.to_owned(),
            engine,
            collation,
            columns: columns(connection, form.name).await?,
            indexes: indexes(connection, form.name).await?,
            foreign_keys: foreign_keys(connection, form.name).await?,
        });
    }
    Ok(tables)
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
                     sub_part IS NULL AND index_type = 'BTREE' AND {usable} \
                 FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = ? \
                 ORDER BY index_name, seq_in_index"
            ),
            (table,),
        )
        .await?;
    let mut indexes: Vec<IndexFacts> = Vec::new();
    for mut row in rows {
        let (name, is_unique): (String, bool) = (take(&mut row, 0)?, take(&mut row, 1)?);
        let (column, is_plain): (String, bool) = (take(&mut row, 2)?, take(&mut row, 3)?);
        match indexes.last_mut().filter(|index| index.name == name) {
            Some(index) => {
                index.columns.push(column);
                index.is_plain &= is_plain;
            }
            None => indexes.push(IndexFacts { name, is_unique, columns: vec![column], is_plain }),
        }
    }
    Ok(indexes)
}

async fn foreign_keys(connection: &mut Conn, table: &str) -> Result<Vec<ForeignKey>, StoreError> {
    let rows: Vec<(String, String, String)> = connection
        .exec(
            "SELECT IF(referenced_table_name = ? AND referenced_table_schema = DATABASE(), referenced_column_name, \
                 column_name), table_name, constraint_name \
             FROM information_schema.key_column_usage WHERE referenced_table_name IS NOT NULL \
             AND ((table_schema = DATABASE() AND table_name = ?) \
                 OR (referenced_table_schema = DATABASE() AND referenced_table_name = ?))",
            (table, table, table),
        )
        .await?;
    let key = |(column, table, name)| ForeignKey { column, table, name };
    Ok(rows.into_iter().map(key).collect())
}
