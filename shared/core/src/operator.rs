//! Who acts, and the notes they leave on cards.

use std::fmt;

use thiserror::Error;

use crate::card::{TextError, trimmed};
use crate::hidden::is_hidden;

/// The name under which an act stands in the operator log: 1 to 128 characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator(String);

impl Operator {
    /// Trims and checks a name; one that holds what nobody sees could pass for another's.
    pub fn new(name: &str) -> Result<Self, TextError> {
        let name = trimmed(name)?;
        if name.chars().any(is_hidden) { Err(TextError::Hidden) } else { Ok(Self(name)) }
    }

    /// The name itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What an operator wrote down about a card: 1 to 255 characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note(String);

/// Why a text can be no note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NoteError {
    /// It has more than [`Note::MAX_CHARS`] characters.
    #[error("a note has at most {max} characters", max = Note::MAX_CHARS)]
    TooLong,
}

impl Note {
    /// The most characters of a note: the width of its column.
    pub const MAX_CHARS: usize = 255;

    /// Trims and checks a note; an empty one is none.
    pub fn parse(text: &str) -> Result<Option<Self>, NoteError> {
        let text = text.trim();
        if text.chars().nth(Self::MAX_CHARS).is_some() {
            return Err(NoteError::TooLong);
        }
        Ok((!text.is_empty()).then(|| Self(text.to_owned())))
    }

    /// The note itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_notes() {
        assert_eq!(Operator::new(" anna ").unwrap().as_str(), "anna");
        assert_eq!(Operator::new("  "), Err(TextError::Empty));
        assert_eq!(Operator::new("an\u{200b}na"), Err(TextError::Hidden));
        assert_eq!(Note::parse(" \n"), Ok(None));
        assert_eq!(Note::parse(" 老客户 ").unwrap().unwrap().as_str(), "老客户");
        assert!(Note::parse(&"注".repeat(255)).unwrap().is_some());
        assert_eq!(Note::parse(&"注".repeat(256)), Err(NoteError::TooLong));
    }
}
