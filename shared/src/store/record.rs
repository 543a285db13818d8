//! Rows of the table of cards, with everything in them.

use chrono::{DateTime, NaiveDateTime, Utc};
use mysql_async::Row;
use mysql_async::prelude::FromValue;

use super::StoreError;
use crate::card::CardStatus;
use crate::duration::CardDuration;
use crate::record::CardRecord;

/// The columns that [`card`] reads, the database's clock last.
pub(super) const COLUMNS: &str = "id, prefix, code, full_code, status, duration_seconds, machine_code, batch_id, note, \
                                  created_at, used_at, expire_at, updated_at, UTC_TIMESTAMP()";

/// Takes one column of a row.
pub(super) fn take<T: FromValue>(row: &mut Row, column: usize) -> Result<T, StoreError> {
    row.take_opt(column).and_then(Result::ok).ok_or(StoreError::Undecodable)
}

/// Takes a moment, which the database holds without its zone: UTC.
pub(super) fn moment(row: &mut Row, column: usize) -> Result<DateTime<Utc>, StoreError> {
    Ok(take::<NaiveDateTime>(row, column)?.and_utc())
}

/// Takes a moment that may be missing.
pub(super) fn maybe_moment(row: &mut Row, column: usize) -> Result<Option<DateTime<Utc>>, StoreError> {
    Ok(take::<Option<NaiveDateTime>>(row, column)?.map(|moment| moment.and_utc()))
}

/// A card of [`COLUMNS`], and the database's clock when it was read.
pub(super) fn card(mut row: Row) -> Result<(CardRecord, DateTime<Utc>), StoreError> {
    let row = &mut row;
    let now = moment(row, 13)?;
    let stored_status: CardStatus = take::<String>(row, 4)?.parse().map_err(|_| StoreError::Undecodable)?;
    let expire_at = maybe_moment(row, 11)?;
    let is_over = stored_status == CardStatus::Active && expire_at.is_some_and(|end| end < now);
    let card = CardRecord {
        id: take(row, 0)?,
        prefix: take(row, 1)?,
        code: take(row, 2)?,
        full_code: take(row, 3)?,
        status: if is_over { CardStatus::Expired } else { stored_status },
        stored_status,
        duration: CardDuration::from_seconds(take(row, 5)?),
        machine_code: take(row, 6)?,
        batch_id: take(row, 7)?,
        note: take(row, 8)?,
        created_at: moment(row, 9)?,
        used_at: maybe_moment(row, 10)?,
        expire_at,
        updated_at: maybe_moment(row, 12)?,
    };
    Ok((card, now))
}

/// The cards of many rows, and the clock of the first.
pub(super) fn cards(rows: Vec<Row>) -> Result<(Vec<CardRecord>, Option<DateTime<Utc>>), StoreError> {
    let mut cards = Vec::with_capacity(rows.len());
    let mut clock = None;
    for row in rows {
        let (card, now) = card(row)?;
        clock.get_or_insert(now);
        cards.push(card);
    }
    Ok((cards, clock))
}

/// `count` question marks with commas between them.
pub(super) fn marks(count: usize) -> String {
    let mut marks = "?, ".repeat(count);
    marks.truncate(marks.len().saturating_sub(2));
    marks
}

/// The word for a status in the column.
pub(super) const fn word(status: CardStatus) -> &'static str {
    match status {
        CardStatus::Unused => "UNUSED",
        CardStatus::Active => "ACTIVE",
        CardStatus::Expired => "EXPIRED",
        CardStatus::Disabled => "DISABLED",
    }
}
