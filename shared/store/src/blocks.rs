//! Who is kept out, as rows of the database hold it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Params, Row, Value};
use serde_json::{Map, Value as Json};

use super::limit::{GRACE, SCREEN, limited};
use super::record::{maybe_moment, moment, take};
use super::{Operation, Store, StoreError};
use kami_core::app::AppName;
use kami_core::block::{Block, BlockKey, BlockTarget};
use kami_core::operator::Note;

/// What [`read_by_function`] reads, in its order: the reason is no matter of the function.
pub(super) const READ_BY_FUNCTION: &str = "app, kind, target, `until`";

/// How many rows are asked for by name at a time.
const NAMED: usize = 1000;

/// Somebody who is kept out, with the number of the row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockRecord {
    /// Its number.
    pub id: u64,
    /// Who, of what, why and until when.
    pub block: Block,
    /// Since when.
    pub created_at: DateTime<Utc>,
}

/// A page of those who are kept out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlocksFound {
    /// The newest first.
    pub blocks: Vec<BlockRecord>,
    /// The numbers of those whose rows cannot be understood.
    pub unreadable: Vec<u64>,
    /// The number before which to go on; `None` at the end.
    pub next: Option<u64>,
    /// The database's clock, where there was a row.
    pub now: Option<DateTime<Utc>>,
}

impl Store {
    /// Up to `size` of those who are kept out of that app or of all apps, without one of any, newest first from before the
    /// row of the number `before`.
    pub async fn blocks(
        &self,
        app: Option<&AppName>,
        before: Option<u64>,
        size: usize,
    ) -> Result<BlocksFound, StoreError> {
        self.run(SCREEN + GRACE, ListBlocks { app, before, size: size.max(1) }).await
    }

    /// Those of these blocks that there are, as they are.
    pub async fn blocks_of(&self, keys: &[BlockKey]) -> Result<HashMap<BlockKey, Block>, StoreError> {
        self.run(SCREEN + GRACE, NamedBlocks { keys }).await
    }
}

/// What the columns say of who is kept out of what.
fn read_key(app: &str, kind: &str, target: &str) -> Result<BlockKey, StoreError> {
    let app = Some(app).filter(|app| !app.is_empty()).map(str::parse).transpose();
    let target = BlockTarget::of_kind(kind, target).and_then(Result::ok);
    app.ok().zip(target).map(|(app, target)| BlockKey { app, target }).ok_or(StoreError::Undecodable)
}

/// A block of a row of [`READ_BY_FUNCTION`].
pub(super) fn read_by_function(row: &mut Row) -> Result<Block, StoreError> {
    let (app, kind, target): (String, String, String) = (take(row, 0)?, take(row, 1)?, take(row, 2)?);
    Ok(Block { key: read_key(&app, &kind, &target)?, reason: None, until: maybe_moment(row, 3)? })
}

/// A block of a row of [`READ_BY_FUNCTION`] and its reason.
fn read_block(row: &mut Row) -> Result<Block, StoreError> {
    let block = read_by_function(row)?;
    let reason: Option<String> = take(row, 4)?;
    let reason = reason.map_or(Ok(None), |reason| Note::parse(&reason));
    Ok(Block { reason: reason.map_err(|_| StoreError::Undecodable)?, ..block })
}

struct ListBlocks<'a> {
    app: Option<&'a AppName>,
    before: Option<u64>,
    size: usize,
}

impl Operation for ListBlocks<'_> {
    type Output = BlocksFound;
    const ONLY_READS: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<BlocksFound, StoreError> {
        let condition = if self.app.is_some() { " AND app IN ('', ?)" } else { "" };
        let query = format!(
            "SELECT {READ_BY_FUNCTION}, reason, id, created_at, UTC_TIMESTAMP() FROM blocks \
             WHERE id < ?{condition} ORDER BY id DESC LIMIT ?"
        );
        let before = Value::from(self.before.unwrap_or(u64::MAX));
        let app = self.app.map(|app| Value::from(app.as_str()));
        let values = [before].into_iter().chain(app).chain([self.size.into()]).collect();
        let rows: Vec<Row> = connection.exec(limited(SCREEN, &query), Params::Positional(values)).await?;
        let is_full = rows.len() == self.size;
        let mut found = BlocksFound::default();
        for mut row in rows {
            let id = take(&mut row, 5)?;
            found.next = Some(id).filter(|_| is_full);
            found.now = Some(moment(&mut row, 7)?);
            match read_block(&mut row) {
                Ok(block) => {
                    let created_at = moment(&mut row, 6)?;
                    found.blocks.push(BlockRecord { id, block, created_at });
                }
                Err(_) => found.unreadable.push(id),
            }
        }
        Ok(found)
    }
}

struct NamedBlocks<'a> {
    keys: &'a [BlockKey],
}

impl Operation for NamedBlocks<'_> {
    type Output = HashMap<BlockKey, Block>;
    const ONLY_READS: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<Self::Output, StoreError> {
        named(connection, self.keys).await
    }
}

/// Those of these blocks that there are, on a connection at hand.
pub(super) async fn named(
    connection: &mut Conn,
    keys: &[BlockKey],
) -> Result<HashMap<BlockKey, Block>, StoreError> {
    let query = limited(
        SCREEN,
        "SELECT blocks.app, blocks.kind, blocks.target, blocks.`until`, blocks.reason \
         FROM JSON_TABLE(?, '$[*]' COLUMNS (app VARCHAR(32) PATH '$.app', kind VARCHAR(8) PATH '$.kind', \
         target VARCHAR(128) PATH '$.target')) AS given \
         STRAIGHT_JOIN blocks ON blocks.app = CONVERT(given.app USING utf8mb4) COLLATE utf8mb4_bin \
         AND blocks.kind = CONVERT(given.kind USING utf8mb4) COLLATE utf8mb4_bin \
         AND blocks.target = CONVERT(given.target USING utf8mb4) COLLATE utf8mb4_bin",
    );
    let mut found = HashMap::with_capacity(keys.len());
    for keys in keys.chunks(NAMED) {
        let keys: Json = keys.iter().map(|key| Json::Object(key_values(key))).collect();
        let rows: Vec<Row> = connection.exec(&query, (keys.to_string(),)).await?;
        for mut row in rows {
            let block = read_block(&mut row)?;
            found.insert(block.key.clone(), block);
        }
    }
    Ok(found)
}

/// What tells blocks apart, under the columns of it.
pub(super) fn key_values(BlockKey { app, target }: &BlockKey) -> Map<String, Json> {
    let mut values = Map::new();
    values.insert("app".into(), app.as_ref().map_or("", AppName::as_str).into());
    values.insert("kind".into(), target.kind().to_ascii_uppercase().into());
    values.insert("target".into(), target.to_string().into());
    values
}
