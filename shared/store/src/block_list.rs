//! Looking at who is kept out.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Params, Row, Value};

use super::blocks::{READ_BY_FUNCTION, named, read_block};
use super::limit::{GRACE, SCREEN, limited};
use super::listing::sought::literally;
use super::record::{moment, take};
use super::{Operation, Store, StoreError};
use kami_core::app::AppName;
use kami_core::block::{Block, BlockKey};

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
        self.run(SCREEN + GRACE, ListBlocks { app, text: "", before, size: size.max(1) }).await
    }

    /// Up to `size` of those who are kept out in whose target, app or reason that text is, in any case, as [`blocks`](Self::blocks)
    /// lists them: the server looks through all of them, and says no more than those.
    pub async fn blocks_with(
        &self,
        text: &str,
        before: Option<u64>,
        size: usize,
    ) -> Result<BlocksFound, StoreError> {
        self.run(SCREEN + GRACE, ListBlocks { app: None, text, before, size: size.max(1) }).await
    }

    /// Those of these blocks that there are, as they are.
    pub async fn blocks_of(&self, keys: &[BlockKey]) -> Result<HashMap<BlockKey, Block>, StoreError> {
        self.run(SCREEN + GRACE, NamedBlocks { keys }).await
    }
}

struct ListBlocks<'a> {
    app: Option<&'a AppName>,
    text: &'a str,
    before: Option<u64>,
    size: usize,
}

/// Names are told apart by their case, and texts that people look for are not.
const HAS_TEXT: &str = " AND (target COLLATE utf8mb4_unicode_ci LIKE ? ESCAPE '|' \
                        OR app COLLATE utf8mb4_unicode_ci LIKE ? ESCAPE '|' OR reason LIKE ? ESCAPE '|')";

impl Operation for ListBlocks<'_> {
    type Output = BlocksFound;
    const ONLY_READS: bool = true;
    const IS_CANCELLED: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<BlocksFound, StoreError> {
        let of_app = if self.app.is_some() { " AND app IN ('', ?)" } else { "" };
        let has_text = if self.text.is_empty() { "" } else { HAS_TEXT };
        let query = format!(
            "SELECT {READ_BY_FUNCTION}, reason, id, created_at, UTC_TIMESTAMP() FROM blocks \
             WHERE id < ?{of_app}{has_text} ORDER BY id DESC LIMIT ?"
        );
        let before = Value::from(self.before.unwrap_or(u64::MAX));
        let app = self.app.map(|app| Value::from(app.as_str()));
        let pattern = Value::from(format!("%{}%", literally(self.text)));
        let patterns = vec![pattern; has_text.matches('?').count()];
        let values = [before].into_iter().chain(app).chain(patterns).chain([self.size.into()]).collect();
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
