//! Why a line of a file of codes says no card, and why a file is not read to its end.

use std::io;

use thiserror::Error;

use super::bounds::{MAX_BYTES, MAX_CODE, MAX_MALFORMED};
use super::repair::Damage;
use kami_core::batch::MAX_BATCH;
use kami_core::block::MAX_BLOCKS;
use kami_core::property::Property;

/// A line that says no card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// Its number, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub reason: MalformedReason,
}

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum MalformedReason {
    /// What it says of that property cannot be its value.
    #[error("its {} cannot be so", .0.traits().word.unwrap_or_default())]
    Value(Property),
    /// No code reads so.
    #[error("a code has 1 to {MAX_CODE} letters, digits, _ and -, the latter two only in between")]
    Code,
    /// It could be a code, or a word of some other text.
    #[error(
        "a word or a number: if it is a code, put the title code in the first line or say which prefix codes have"
    )]
    Word,
    /// The same code stands further up.
    #[error("the same code as in line {0}")]
    Repeated(u64),
    /// The database takes its code for the one in that line: it does not tell `É` from `E`.
    #[error("the database does not tell its code from the one in line {0}")]
    Alike(u64),
    /// The first line of a table names no column of codes.
    #[error("the first line has to name the columns, one of them code")]
    NoHeader,
    /// It names two columns of the same meaning.
    #[error("the first line names two columns of the same meaning: rename one")]
    TwoColumns,
    /// It names the columns again.
    #[error("the columns are named a second time: remove this line")]
    HeaderAgain,
    /// It is the row of a sum.
    #[error("a row that sums up the others, and no card: remove this line")]
    Total,
    /// A row of a table has something to say, but no code.
    #[error("no code in this row")]
    NoCode,
    /// It says that its card is of another app than was asked for.
    #[error("its card is of another app than the one that was asked for")]
    OtherApp,
    /// A duration is a number alone.
    #[error("a number without a unit: write 30d, or name the column days")]
    NoUnit,
    /// A row has more cells than there are columns.
    #[error("more cells than columns: put a cell that holds a separator between quotation marks")]
    TooManyCells,
    /// A line of a list has several cells.
    #[error("a list has a code a line: name the columns in the first line, one of them code")]
    SeveralCells,
    /// Something stands behind the quotation mark that ends a cell.
    #[error("a quotation mark ends a cell too early: write \"\" for one within a cell")]
    Quote,
    /// A cell seems to hold the card of a line of its own, this one.
    #[error("line {0} stands between the quotation marks of this row: close them before it")]
    RowInQuotes(u64),
    /// It holds bytes that no encoding explains.
    #[error("it is not text: save the file as UTF-8")]
    NotText,
    /// A spreadsheet made the code a number, and its digits are lost.
    #[error("a spreadsheet made a number of the code: make the column text and enter the code again")]
    MadeNumber,
    /// A spreadsheet made the code a date.
    #[error("a spreadsheet made a date of the code: make the column text and enter the code again")]
    MadeDate,
}

impl From<Damage> for MalformedReason {
    fn from(damage: Damage) -> Self {
        match damage {
            Damage::Number => Self::MadeNumber,
            Damage::Date => Self::MadeDate,
        }
    }
}

/// Why a file is not read to its end.
#[derive(Debug, Error)]
pub enum ReadError {
    /// It has more than [`MAX_BYTES`].
    #[error("it has more than {} MB", MAX_BYTES / 1024 / 1024)]
    TooLarge,
    /// The row that begins in this line, from 1, is longer than any row of cards.
    #[error("line {0} is too long")]
    LongRow(u64),
    /// It has more cards than a batch may.
    #[error("it has more than {MAX_BATCH} cards")]
    TooManyCards,
    /// It names more than may be kept out.
    #[error("it has more than {MAX_BLOCKS} lines")]
    TooManyBlocks,
    /// It has more than [`MAX_MALFORMED`] lines that say no card.
    #[error("more than {MAX_MALFORMED} of its lines are no cards")]
    TooManyMalformed,
    /// Some card says no duration, and none was given for such cards.
    #[error("some card says no duration")]
    NoDuration,
    /// The quotation mark that opens a cell in this line, from 1, is not closed.
    #[error("the quotation mark that opens a cell in line {0} is not closed")]
    OpenQuote(u64),
    /// It is a workbook of Excel, or another archive.
    #[error("it is a workbook, not text: save it as CSV UTF-8 and import that")]
    Workbook,
    /// The system refuses.
    #[error(transparent)]
    Io(io::Error),
}

impl From<io::Error> for ReadError {
    /// What a bound on the source said comes back as it was said.
    fn from(error: io::Error) -> Self {
        error.downcast().unwrap_or_else(Self::Io)
    }
}
