//! How much a file of codes may hold: looked through before a single card is made of it, so that a hostile file costs
//! no more memory than its own text.

use csv_core::{ReadFieldResult, Reader};
use thiserror::Error;

use crate::store::MAX_BATCH;

/// The most bytes of a row of a table: far more than a spreadsheet has of code, duration and note.
pub const MAX_ROW: usize = 64 * 1024;

/// How many lines that say no card are told before the rest of a file is not looked at any more.
pub const MAX_MALFORMED: usize = 10_000;

/// Why a file is too much to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TooMuch {
    /// It has more lines than an import may have cards.
    #[error("it has more than {MAX_BATCH} cards")]
    Cards,
    /// A row of it has more than [`MAX_ROW`] bytes, as behind a quotation mark that is never closed.
    #[error("a row of it has more than {} KB", MAX_ROW / 1024)]
    Row,
}

/// Whether the line of a text says a card or should.
pub(super) fn is_code(line: &str) -> bool {
    !line.is_empty() && !line.starts_with('#')
}

/// Refuses a text with more codes than an import may have.
pub fn check_txt(text: &str) -> Result<(), TooMuch> {
    let beyond = text.lines().filter(|line| is_code(line.trim())).nth(MAX_BATCH as usize);
    if beyond.is_some() { Err(TooMuch::Cards) } else { Ok(()) }
}

/// Refuses a table with more rows than an import may have, or with a row that is too long.
pub fn check_csv(text: &str) -> Result<(), TooMuch> {
    let (mut reader, mut cell) = (Reader::new(), vec![0; MAX_ROW]);
    let mut rest = text.as_bytes();
    let (mut row, mut rows) = (0, 0);
    loop {
        let (result, read, _) = reader.read_field(rest, &mut cell);
        rest = &rest[read..];
        row += read;
        if row > MAX_ROW {
            return Err(TooMuch::Row);
        }
        match result {
            ReadFieldResult::InputEmpty | ReadFieldResult::Field { record_end: false } => {}
            ReadFieldResult::OutputFull => return Err(TooMuch::Row),
            ReadFieldResult::Field { record_end: true } => (row, rows) = (0, rows + 1),
            ReadFieldResult::End => return Ok(()),
        }
        // The first row names the columns.
        if rows > MAX_BATCH + 1 {
            return Err(TooMuch::Cards);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_as_many_codes_as_an_import_may_have_cards() {
        let full = "A-1\n".repeat(MAX_BATCH as usize);
        assert_eq!(check_txt(&format!("# codes\n\n{full}")), Ok(()));
        assert_eq!(check_txt(&format!("{full}A-1")), Err(TooMuch::Cards));
    }

    #[test]
    fn a_table_has_as_many_rows_and_each_no_more_than_its_bytes() {
        let full = format!("code\n{}", "A-1\n".repeat(MAX_BATCH as usize));
        assert_eq!(check_csv(&full), Ok(()));
        assert_eq!(check_csv(&format!("{full}A-1\n")), Err(TooMuch::Cards));
        let (cell, fits) = ("x".repeat(MAX_ROW), "x".repeat(MAX_ROW - 10));
        for (text, outcome) in [
            (String::new(), Ok(())),
            (format!("code,note\nA-1,\"{fits}\n\""), Ok(())),
            (format!("code,note\nA-1,{cell}"), Err(TooMuch::Row)),
            (format!("code,note\nA-1,\"{cell}\""), Err(TooMuch::Row)),
            (format!("code,note\nA-1,\"{}", "A-2\n".repeat(MAX_ROW)), Err(TooMuch::Row)),
            (",".repeat(MAX_ROW + 1), Err(TooMuch::Row)),
        ] {
            assert_eq!(check_csv(&text), outcome, "{} bytes", text.len());
        }
    }
}
