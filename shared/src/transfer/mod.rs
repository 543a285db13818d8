//! Cards in files: what goes out to sellers and spreadsheets, and what comes in.

mod cards;
mod cell;
mod encoding;
mod gathering;
mod guess;
mod header;
pub mod import;
mod lines;
mod notice;
mod refusal;
mod repair;
mod rows;
mod split;
pub mod table;
pub mod txt;
mod understood;

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

pub use self::cards::{ImportCards, ImportRow};
pub use self::encoding::Encoding;
pub use self::notice::Notice;
use crate::card::mask;
use crate::duration::CardDuration;
use crate::operator::Note;
use crate::prefix::Prefix;

/// The form of a file of cards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// One code a line behind a head, as sellers' tools read it.
    Txt,
    /// Codes and nothing else, as shops sell each line.
    Shop,
    /// A table for spreadsheets.
    Csv,
    /// One JSON object a line.
    JsonLines,
}

impl Format {
    /// Every form.
    pub const ALL: [Self; 4] = [Self::Txt, Self::Shop, Self::Csv, Self::JsonLines];

    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Shop => "shop",
            other => other.extension(),
        }
    }

    /// What ends the names of its files.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Txt | Self::Shop => "txt",
            Self::Csv => "csv",
            Self::JsonLines => "jsonl",
        }
    }
}

/// A word that names no form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a form of files: use txt, shop, csv or jsonl")]
pub struct UnknownFormat;

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(word: &str) -> Result<Self, UnknownFormat> {
        Self::ALL.into_iter().find(|format| word.eq_ignore_ascii_case(format.word())).ok_or(UnknownFormat)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// A card that is to be imported.
#[derive(Clone, PartialEq, Eq)]
pub struct ImportCard {
    /// The prefix of its code.
    pub prefix: Prefix,
    /// The code behind the prefix.
    pub code: String,
    /// How long it lasts from its activation.
    pub duration: CardDuration,
    /// What is written down about it.
    pub note: Option<Note>,
}

impl ImportCard {
    /// The code that the customer types.
    pub fn full_code(&self) -> String {
        format!("{}-{}", self.prefix, self.code)
    }
}

/// Shows no more of the code than a log line may hold.
impl fmt::Debug for ImportCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImportCard")
            .field("full_code", &mask(&self.full_code()))
            .field("duration", &self.duration)
            .finish_non_exhaustive()
    }
}
