//! Rows of the table of cards, with everything in them.

use std::fmt;
use std::ops::Deref;
use std::sync::LazyLock;

use chrono::{DateTime, NaiveDateTime, Utc};
use mysql_async::Row;
use mysql_async::prelude::FromValue;

use super::StoreError;
use kami_core::card::CardStatus;
use kami_core::duration::CardDuration;
use kami_core::property::Property;
use kami_core::record::CardRecord;
use kami_core::value::{Kind, Value};

/// The columns that [`card`] reads: those of [`Property::ALL`] in their order, and the database's clock last.
pub(super) static COLUMNS: Columns = Columns(LazyLock::new(|| {
    let columns = Property::ALL.map(|property| property.traits().column);
    format!("{}, UTC_TIMESTAMP()", columns.join(", "))
}));

/// A list of columns, made when it is first read.
pub(super) struct Columns(LazyLock<String>);

impl Deref for Columns {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Columns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

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
    let id = row.get_opt(Property::Id as usize).and_then(Result::ok).ok_or(StoreError::Undecodable)?;
    read(id, &mut row).map_err(|_| StoreError::UndecodableCard(id))
}

fn read(id: u64, row: &mut Row) -> Result<(CardRecord, DateTime<Utc>), StoreError> {
    let now = moment(row, Property::ALL.len())?;
    let mut card = CardRecord::blank(id);
    for (place, property) in Property::ALL.into_iter().enumerate() {
        let value = value(row, place, property.traits().kind)?;
        property.set(&mut card, value).map_err(|_| StoreError::Undecodable)?;
    }
    card.status = card.status_at(now);
    Ok((card, now))
}

/// Takes a value, which may be missing.
fn value(row: &mut Row, place: usize, kind: Kind) -> Result<Value<'static>, StoreError> {
    let value = match kind {
        Kind::Number => take::<Option<u64>>(row, place)?.map(Value::Number),
        Kind::Text => take::<Option<String>>(row, place)?.map(|text| Value::Text(text.into())),
        Kind::Status => {
            let word: String = take(row, place)?;
            Some(Value::Status(word.parse().map_err(|_| StoreError::Undecodable)?))
        }
        Kind::Duration => Some(Value::Duration(CardDuration::from_seconds(take(row, place)?))),
        Kind::Moment => maybe_moment(row, place)?.map(Value::Moment),
    };
    Ok(value.unwrap_or(Value::Missing))
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
