//! Going through those who are kept out, page by page.

use chrono::{DateTime, Utc};
use kami_common::words::{number, say};
use kami_core::app::AppName;
use kami_core::block::Block;
use kami_store::BlockRecord;

use super::super::failure::Failure;
use super::super::output::message;
use super::super::session::Session;

/// How many are read at a time.
const PART: usize = 5_000;

/// Does something with each of those who are kept out of that app or of all, without one of any, as far as they are wanted, the
/// newest first and up to so many; returns whether there are more. Rows that cannot be understood are told of.
pub(super) async fn each(
    session: &Session,
    app: Option<&AppName>,
    limit: u64,
    is_wanted: impl Fn(&Block, DateTime<Utc>) -> bool,
    mut take: impl FnMut(BlockRecord, DateTime<Utc>) -> Result<(), Failure>,
) -> Result<bool, Failure> {
    let (mut before, mut taken, mut unreadable) = (None, 0, Vec::new());
    let more = loop {
        let found = session.store.blocks(app, before, PART).await?;
        unreadable.extend(found.unreadable);
        let now = found.now.unwrap_or_default();
        before = found.next;
        let room = usize::try_from(limit - taken).unwrap_or(usize::MAX);
        let mut wanted = found.blocks.into_iter().filter(|record| is_wanted(&record.block, now));
        for record in wanted.by_ref().take(room) {
            take(record, now)?;
            taken += 1;
        }
        let has_room = wanted.next().is_none();
        if !has_room || before.is_none() {
            break !has_room;
        }
    };
    if !unreadable.is_empty() {
        message(&say!(session.language, "block.unreadable", n = number(unreadable.len() as u64)));
    }
    Ok(more)
}
