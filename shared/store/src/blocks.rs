//! Who is kept out, as rows of the database hold it.

use std::collections::HashMap;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row};
use serde_json::{Map, Value as Json};

use super::StoreError;
use super::limit::{SCREEN, limited};
use super::record::{maybe_moment, take};
use kami_core::app::AppName;
use kami_core::block::{Block, BlockKey, BlockTarget};
use kami_core::operator::Note;

/// What [`read_by_function`] reads, in its order: the reason is no matter of the function.
pub(super) const READ_BY_FUNCTION: &str = "app, kind, target, `until`";

/// How many rows are asked for by name at a time.
const NAMED: usize = 1000;

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
pub(super) fn read_block(row: &mut Row) -> Result<Block, StoreError> {
    let block = read_by_function(row)?;
    let reason: Option<String> = take(row, 4)?;
    let reason = reason.map_or(Ok(None), |reason| Note::parse(&reason));
    Ok(Block { reason: reason.map_err(|_| StoreError::Undecodable)?, ..block })
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

/// Whether anybody is kept out of that app alone, as far as the account may know: one of before there were blocks may not.
pub(super) async fn has_blocks(connection: &mut Conn, app: &AppName) -> Result<bool, StoreError> {
    let query = "SELECT EXISTS (SELECT 1 FROM blocks WHERE app = ?)";
    let found: Result<Option<bool>, _> = connection.exec_first(query, (app.as_str(),)).await;
    match found.map_err(StoreError::from) {
        Err(error) if error.is_denied() => Ok(false),
        found => found?.ok_or(StoreError::Undecodable),
    }
}

/// What tells blocks apart, under the columns of it.
pub(super) fn key_values(BlockKey { app, target }: &BlockKey) -> Map<String, Json> {
    let mut values = Map::new();
    values.insert("app".into(), app.as_ref().map_or("", AppName::as_str).into());
    values.insert("kind".into(), target.kind().to_ascii_uppercase().into());
    values.insert("target".into(), target.to_string().into());
    values
}
