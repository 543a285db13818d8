//! The value of one property of a card, as whatever lists, files and logs cards hands it on.

use std::borrow::Cow;
use std::fmt;

use chrono::{DateTime, Utc};
use thiserror::Error;

use crate::card::{CardStatus, mask};
use crate::duration::CardDuration;

/// What kind of values a property has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A number that names something.
    Number,
    /// A text.
    Text,
    /// A status, which the database and the log keep as a word.
    Status,
    /// How long something lasts, which the database and the log keep in seconds, none for ever.
    Duration,
    /// A moment, which the database and the log keep in UTC and to the second.
    Moment,
}

/// A value of one of the kinds, or that a card has none.
#[derive(Clone, PartialEq, Eq)]
pub enum Value<'a> {
    /// The card has none.
    Missing,
    /// Of [`Kind::Number`].
    Number(u64),
    /// Of [`Kind::Text`].
    Text(Cow<'a, str>),
    /// Of [`Kind::Status`].
    Status(CardStatus),
    /// Of [`Kind::Duration`].
    Duration(CardDuration),
    /// Of [`Kind::Moment`].
    Moment(DateTime<Utc>),
}

/// A value is of another kind than its property, or missing where every card has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("no value that the property can have")]
pub struct WrongValue;

impl<'a> Value<'a> {
    pub(crate) fn text(text: &'a str) -> Self {
        Self::Text(text.into())
    }

    pub(crate) fn maybe<T>(value: Option<T>, of: impl FnOnce(T) -> Self) -> Self {
        value.map_or(Self::Missing, of)
    }

    pub(crate) fn into_number(self) -> Result<u64, WrongValue> {
        if let Self::Number(number) = self { Ok(number) } else { Err(WrongValue) }
    }

    pub(crate) fn into_text(self) -> Result<String, WrongValue> {
        if let Self::Text(text) = self { Ok(text.into_owned()) } else { Err(WrongValue) }
    }

    pub(crate) fn into_status(self) -> Result<CardStatus, WrongValue> {
        if let Self::Status(status) = self { Ok(status) } else { Err(WrongValue) }
    }

    pub(crate) fn into_duration(self) -> Result<CardDuration, WrongValue> {
        if let Self::Duration(duration) = self { Ok(duration) } else { Err(WrongValue) }
    }

    pub(crate) fn into_moment(self) -> Result<DateTime<Utc>, WrongValue> {
        if let Self::Moment(moment) = self { Ok(moment) } else { Err(WrongValue) }
    }

    pub(crate) fn if_any<T>(
        self,
        read: impl FnOnce(Self) -> Result<T, WrongValue>,
    ) -> Result<Option<T>, WrongValue> {
        if self == Self::Missing { Ok(None) } else { read(self).map(Some) }
    }
}

/// Shows no more of a text than a log line may hold: it may be a code.
impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("Missing"),
            Self::Number(number) => write!(f, "Number({number})"),
            Self::Text(text) => write!(f, "Text({})", mask(text)),
            Self::Status(status) => write!(f, "Status({status})"),
            Self::Duration(duration) => write!(f, "Duration({duration})"),
            Self::Moment(moment) => write!(f, "Moment({moment})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_shows_no_code() {
        assert_eq!(format!("{:?}", Value::text("VIP-DEMO123456")), "Text(VIP-****)");
    }
}
