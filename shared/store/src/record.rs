//! Rows of the table of cards, with everything in them.

use chrono::{DateTime, NaiveDateTime, Utc};
use mysql_async::Row;
use mysql_async::prelude::FromValue;

use super::StoreError;
use kami_core::card::CardStatus;
use kami_core::duration::CardDuration;
use kami_core::record::CardRecord;
use kami_core::rules::status_at;

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

/// A card of [`COLUMNS`], and the database's clock when it was read. The error names a card that cannot be understood.
pub(super) fn card(mut row: Row) -> Result<(CardRecord, DateTime<Utc>), StoreError> {
    let id = take(&mut row, 0)?;
    read(id, &mut row).map_err(|_| StoreError::UndecodableCard(id))
}

fn read(id: u64, row: &mut Row) -> Result<(CardRecord, DateTime<Utc>), StoreError> {
    let now = moment(row, 13)?;
    let stored_status: CardStatus = take::<String>(row, 4)?.parse().map_err(|_| StoreError::Undecodable)?;
    let expire_at = maybe_moment(row, 11)?;
    let card = CardRecord {
        id,
        prefix: take(row, 1)?,
        code: take(row, 2)?,
        full_code: take(row, 3)?,
        status: status_at(stored_status, expire_at, now),
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

/// What many rows hold.
#[derive(Debug, Default)]
pub(super) struct ReadRows {
    /// The cards, in the order of their rows.
    pub(super) cards: Vec<CardRecord>,
    /// The numbers of those that cannot be understood: they hide no other.
    pub(super) unreadable: Vec<u64>,
    /// The clock of the first.
    pub(super) now: Option<DateTime<Utc>>,
}

impl ReadRows {
    /// How many rows that were.
    pub(super) fn len(&self) -> usize {
        self.cards.len() + self.unreadable.len()
    }

    /// Whether there was no row.
    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds what later rows hold.
    pub(super) fn extend(&mut self, later: Self) {
        self.cards.extend(later.cards);
        self.unreadable.extend(later.unreadable);
        self.now = later.now.or(self.now);
    }
}

/// The cards of many rows.
pub(super) fn cards(rows: Vec<Row>) -> Result<ReadRows, StoreError> {
    let mut read = ReadRows { cards: Vec::with_capacity(rows.len()), ..ReadRows::default() };
    for row in rows {
        match card(row) {
            Ok((card, now)) => {
                read.now.get_or_insert(now);
                read.cards.push(card);
            }
            Err(StoreError::UndecodableCard(id)) => read.unreadable.push(id),
            Err(error) => return Err(error),
        }
    }
    Ok(read)
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
