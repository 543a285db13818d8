//! Which cards an operator wants to see, and in which order.

use std::fmt;

use chrono::{DateTime, Utc};

use crate::card::{CardStatus, mask};
use crate::property::Property;
use crate::record::CardRecord;
use crate::value::Value;

/// Which cards: those that meet every condition given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// The status as the rows say it: an active card past its time counts as active until the hourly job marks it.
    pub status: Option<CardStatus>,
    /// The name of the app that they belong to.
    pub app: Option<String>,
    /// The prefix, whatever its case; empty for the cards that have none.
    pub prefix: Option<String>,
    /// The batch that they were generated or imported with.
    pub batch_id: Option<u64>,
    /// When they were generated.
    pub created: Option<Range>,
    /// When they were activated; excludes those that were not.
    pub used: Option<Range>,
    /// When they expire or expired; excludes those that know no such time.
    pub expiring: Option<Range>,
    /// Whether only those that seem to be shared.
    pub is_shared: bool,
    /// Whether only those with a key of a device that was copied within the last day.
    pub is_copied: bool,
    /// What their code, machine or note reads.
    pub text: Option<TextFilter>,
}

impl Filter {
    /// Whether it lets every card through.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A span between two moments, either of which may be open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Range {
    /// The first moment that belongs to it.
    pub from: Option<DateTime<Utc>>,
    /// The first moment after it.
    pub until: Option<DateTime<Utc>>,
}

/// What a text of the card must read.
#[derive(Clone, PartialEq, Eq)]
pub enum TextFilter {
    /// The full code is this text, or one of the codes that this text speaks of, however they are written.
    Codes(String),
    /// The full code begins so, whatever its case.
    CodePrefix(String),
    /// The full code holds this somewhere, whatever its case.
    CodeContains(String),
    /// The card is bound to this machine.
    Machine(String),
    /// The card is bound to a machine whose code begins so, with its case.
    MachinePrefix(String),
    /// The note holds this somewhere, whatever its case.
    NoteContains(String),
}

/// Shows no more of a code than a log line may hold.
impl fmt::Debug for TextFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, text) = match self {
            Self::Codes(text) => ("Codes", text),
            Self::CodePrefix(text) => ("CodePrefix", text),
            Self::CodeContains(text) => ("CodeContains", text),
            Self::Machine(text) => ("Machine", text),
            Self::MachinePrefix(text) => ("MachinePrefix", text),
            Self::NoteContains(text) => ("NoteContains", text),
        };
        write!(f, "{name}({})", mask(text))
    }
}

/// What cards can be ordered by: each has an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SortBy {
    /// The order of generation.
    Id,
    /// The full code.
    Code,
    /// By machine code; cards that are bound to none stand at one end.
    Machine,
    /// When the card was generated.
    Created,
    /// When the card was activated.
    Used,
    /// When the card expires.
    Expires,
}

impl SortBy {
    /// Everything that cards can be ordered by.
    pub const ALL: [Self; 6] =
        [Self::Id, Self::Code, Self::Machine, Self::Created, Self::Used, Self::Expires];

    /// The property whose values are in order.
    pub const fn property(self) -> Property {
        match self {
            Self::Id => Property::Id,
            Self::Code => Property::FullCode,
            Self::Machine => Property::Machine,
            Self::Created => Property::CreatedAt,
            Self::Used => Property::UsedAt,
            Self::Expires => Property::ExpireAt,
        }
    }
}

/// Which end of an order comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// The smallest or earliest first.
    Ascending,
    /// The largest or latest first.
    Descending,
}

impl Direction {
    /// The other one.
    #[must_use]
    pub const fn reversed(self) -> Self {
        match self {
            Self::Ascending => Self::Descending,
            Self::Descending => Self::Ascending,
        }
    }
}

/// An order of cards. Those without the value come last in both directions; equals stand in the order of their ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sort {
    /// By what.
    pub by: SortBy,
    /// From which end.
    pub direction: Direction,
}

impl Sort {
    /// The card generated last comes first.
    pub const NEWEST: Self = Self { by: SortBy::Id, direction: Direction::Descending };
}

impl Default for Sort {
    fn default() -> Self {
        Self::NEWEST
    }
}

/// Where a card stands in an order: paging goes on from there, however deep it is.
#[derive(Clone, PartialEq, Eq)]
pub struct Position {
    /// The card.
    pub id: u64,
    /// The value that the order is by.
    pub key: Key,
}

/// The value of a card that an order is by.
#[derive(Clone, PartialEq, Eq)]
pub enum Key {
    /// The order is by id alone.
    Id,
    /// The order is by a code or a machine code, which this is.
    Text(String),
    /// The order is by a moment, which this is.
    Moment(DateTime<Utc>),
    /// The card has no such value.
    Missing,
}

impl Position {
    /// Where `card` stands in the order by `by`.
    pub fn of(card: &CardRecord, by: SortBy) -> Self {
        let key = match by.property().value(card) {
            Value::Text(text) => Key::Text(text.into_owned()),
            Value::Moment(moment) => Key::Moment(moment),
            Value::Number(_) => Key::Id,
            Value::Missing | Value::Status(_) | Value::Duration(_) => Key::Missing,
        };
        Self { id: card.id, key }
    }
}

/// Shows the card by its id alone: the value may be a code.
impl fmt::Debug for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Position({})", self.id)
    }
}

/// Which page of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// The page that the order begins with.
    First,
    /// The page that the order ends with.
    Last,
    /// The one that begins right behind a card.
    After(Position),
    /// The one that ends right before a card.
    Before(Position),
    /// The one that begins with a card, or with what now stands in its place.
    From(Position),
    /// The one that has a card in its middle.
    Around(Position),
}

/// A count that is not worth counting to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capped {
    /// So many.
    Exactly(u64),
    /// More than so many.
    MoreThan(u64),
}

impl Capped {
    /// The number, where it was counted to its end.
    pub const fn exactly(self) -> Option<u64> {
        match self {
            Self::Exactly(count) => Some(count),
            Self::MoreThan(_) => None,
        }
    }
}
