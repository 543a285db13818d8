//! Cards in files: what goes out to sellers and spreadsheets, and what comes in.

pub mod blocks;
mod bounds;
mod cell;
mod decoded;
mod encoding;
mod gathering;
mod guess;
mod header;
pub mod import;
mod lines;
mod notice;
mod parsed;
mod refusal;
mod repair;
mod rows;
mod split;
pub mod table;
pub mod txt;
mod understood;

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use thiserror::Error;

pub use self::encoding::Encoding;
pub use self::notice::Notice;
use kami_core::app::AppName;
use kami_core::duration::CardDuration;
use kami_core::points::Points;
use kami_core::prefix::Prefix;
use kami_core::seats::Seats;

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

    /// How `--format` and the forms name it.
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

/// What cards get whose file says nothing of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Defaults {
    /// How long they last from their activation.
    pub duration: Option<CardDuration>,
    /// How long those last that end with nothing else, where nobody asked for a duration; without it, a file has to say.
    pub fallback: Option<CardDuration>,
    /// The prefix that they are filed under.
    pub filing: Filing,
    /// The app that they are to belong to: a card that says another is refused.
    pub app: Option<AppName>,
    /// How many machines may use them at once.
    pub seats: Seats,
    /// How many points they have.
    pub points: Option<Points>,
    /// The last moment that no activation outlasts.
    pub valid_until: Option<DateTime<Utc>>,
}

impl Defaults {
    /// For cards that last so long, under the prefixes that their codes begin with.
    pub fn lasting(duration: CardDuration) -> Self {
        Self { duration: Some(duration), ..Self::default() }
    }

    /// How long a card lasts whose file does not say it: as long as it has points or up to its last moment, if it ends with
    /// these and nobody asked for a duration.
    pub(crate) fn usual_duration(&self, ends_otherwise: bool) -> Option<CardDuration> {
        self.duration.or(if ends_otherwise { Some(CardDuration::Forever) } else { self.fallback })
    }
}

/// Which prefix cards get that name none in a column of their own. Whatever it is, their codes stay as they stand in the
/// file: that is what customers type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Filing {
    /// The one that a code begins with, where it begins with one.
    #[default]
    AsWritten,
    /// This one, whatever the codes begin with.
    Under(Prefix),
    /// None.
    Whole,
}
