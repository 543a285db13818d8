//! Trying the change of a table on an empty one like it: what the catalogue does not tell, as that there would be too many
//! columns or indexes, the server says there, before anything is changed.

use mysql_async::Conn;
use mysql_async::prelude::Queryable;

use super::{TableChange, Takeover};
use crate::StoreError;

/// The empty table, which is gone again afterwards.
const COPY: &str = "kami_rehearsal";

/// The first table whose change the server refuses, and why. An account that may not change a table is told by a change of
/// nothing, before rows are fixed; one that may not drop tables rehearses nothing, and nothing is
/// rehearsed where a table of the copy's name has rows: the change itself is done whole or not at all as well.
pub(crate) async fn rehearse(
    connection: &mut Conn,
    takeover: &Takeover,
) -> Result<Option<(&'static str, StoreError)>, StoreError> {
    for change in &takeover.tables {
        if let Err(error @ mysql_async::Error::Server(_)) =
            connection.query_drop(format!("ALTER TABLE {}", change.table)).await
        {
            return Ok(Some((change.table, error.into())));
        }
    }
    if !is_free(connection).await? {
        return Ok(None);
    }
    for change in &takeover.tables {
        if connection.query_drop(format!("DROP TABLE IF EXISTS {COPY}")).await.is_err() {
            return Ok(None);
        }
        let tried = attempt(connection, change).await;
        connection.query_drop(format!("DROP TABLE IF EXISTS {COPY}")).await?;
        if let Some(cause) = tried? {
            return Ok(Some((change.table, cause)));
        }
    }
    Ok(None)
}

/// Whether the copy's name is nobody's: there is no such table, or an empty one, as a rehearsal leaves it that was cut off.
async fn is_free(connection: &mut Conn) -> Result<bool, StoreError> {
    match connection.query_first::<u8, _>(format!("SELECT 1 FROM {COPY} LIMIT 1")).await {
        Ok(row) => Ok(row.is_none()),
        Err(mysql_async::Error::Server(error)) => Ok(error.code == 1146),
        Err(error) => Err(error.into()),
    }
}

/// What the server says against a change; nothing where it makes no table like that one, which says nothing of the change.
async fn attempt(connection: &mut Conn, change: &TableChange) -> Result<Option<StoreError>, StoreError> {
    match connection.query_drop(format!("CREATE TABLE {COPY} LIKE {}", change.table)).await {
        Ok(()) => {}
        Err(mysql_async::Error::Server(_)) => return Ok(None),
        Err(error) => return Err(error.into()),
    }
    let statement = change.statement.replacen(change.table, COPY, 1);
    match connection.query_drop(statement).await {
        Ok(()) => Ok(None),
        Err(error @ mysql_async::Error::Server(_)) => Ok(Some(error.into())),
        Err(error) => Err(error.into()),
    }
}
