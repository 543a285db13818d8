//! The rows of a table and their cells, quoted or not, each with the line in which it begins.

use std::mem::take;

use super::lines::Lines;
use super::refusal::ReadError;

/// A row of a table.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Row {
    /// The number of the line in which it begins, from 1.
    pub(super) line: u64,
    /// Its cells, with their blanks, and with breaks between lines as LF.
    pub(super) cells: Vec<String>,
    /// What keeps it from being understood.
    pub(super) fault: Option<RowFault>,
}

/// What keeps a row from being understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowFault {
    /// It holds bytes that no encoding explains.
    NotText,
    /// Something stands behind the quotation mark that ends a cell.
    Quote,
}

impl Row {
    /// Whether it is one of the empty rows that spreadsheets write.
    pub(super) fn is_empty(&self) -> bool {
        self.fault.is_none() && self.cells.iter().all(|cell| cell.trim().is_empty())
    }

    /// The next row; `None` at the end of the file.
    pub(super) fn read(lines: &mut Lines<'_>, separator: char) -> Result<Option<Self>, ReadError> {
        let mut bytes = Vec::new();
        let line = lines.number() + 1;
        let mut splitter = Splitter::new(separator);
        loop {
            let before = bytes.len();
            match lines.read(&mut bytes, line) {
                Ok(true) => {}
                Ok(false) if before == 0 => return Ok(None),
                // Whatever follows a mark that is not closed would go into one cell.
                Ok(false) => return Err(ReadError::OpenQuote(splitter.opened)),
                Err(ReadError::LongRow(_)) if splitter.is_quoted() => {
                    return Err(ReadError::OpenQuote(splitter.opened));
                }
                Err(error) => return Err(error),
            }
            let text = String::from_utf8_lossy(&bytes[before..]);
            splitter.take(lines.number(), text.trim_end_matches(['\r', '\n']));
            if str::from_utf8(&bytes[before..]).is_err() {
                splitter.fault = Some(RowFault::NotText);
            }
            if !splitter.is_quoted() {
                return Ok(Some(Self { line, cells: splitter.cells, fault: splitter.fault }));
            }
        }
    }
}

/// Where in a cell the reading is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before it, where there were only blanks.
    Before,
    /// In a cell without quotation marks.
    Plain,
    /// Between them.
    Quoted,
    /// Behind the closing one.
    Behind,
}

/// Takes lines apart until a row is whole.
struct Splitter {
    separator: char,
    place: Place,
    cell: String,
    cells: Vec<String>,
    /// The line of the last quotation mark that opened a cell.
    opened: u64,
    fault: Option<RowFault>,
}

impl Splitter {
    fn new(separator: char) -> Self {
        let (cell, cells) = (String::new(), Vec::new());
        Self { separator, place: Place::Before, cell, cells, opened: 0, fault: None }
    }

    fn is_quoted(&self) -> bool {
        self.place == Place::Quoted
    }

    /// Takes the next line, without its end; the row is whole unless it ends between quotation marks.
    fn take(&mut self, number: u64, line: &str) {
        let mut characters = line.chars().peekable();
        while let Some(character) = characters.next() {
            match self.place {
                Place::Quoted if character == '"' => {
                    if characters.next_if_eq(&'"').is_some() {
                        self.cell.push('"');
                    } else {
                        self.place = Place::Behind;
                    }
                }
                Place::Quoted => self.cell.push(character),
                _ if character == self.separator => self.end_cell(),
                Place::Before if character == '"' => {
                    self.cell.clear();
                    self.place = Place::Quoted;
                    self.opened = number;
                }
                Place::Behind if character.is_whitespace() => {}
                Place::Behind => {
                    self.fault = Some(RowFault::Quote);
                    self.place = Place::Plain;
                }
                Place::Before | Place::Plain => {
                    self.cell.push(character);
                    if !character.is_whitespace() {
                        self.place = Place::Plain;
                    }
                }
            }
        }
        if self.is_quoted() {
            self.cell.push('\n');
        } else {
            self.end_cell();
        }
    }

    fn end_cell(&mut self) {
        self.cells.push(take(&mut self.cell));
        self.place = Place::Before;
    }
}

/// The cells of one line, as if nothing in it were quoted over its end.
pub(super) fn cells_of_line(line: &str, separator: char) -> Vec<String> {
    let mut splitter = Splitter::new(separator);
    splitter.take(0, line.trim_end_matches(['\r', '\n']));
    if splitter.is_quoted() {
        splitter.end_cell();
    }
    splitter.cells
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rows(text: &str, separator: char) -> Result<Vec<Row>, ReadError> {
        let mut bytes = text.as_bytes();
        let mut lines = Lines::new(&mut bytes);
        let mut rows = Vec::new();
        while let Some(row) = Row::read(&mut lines, separator)? {
            rows.push(row);
        }
        Ok(rows)
    }

    #[test]
    fn cells_are_taken_apart_as_spreadsheets_do() {
        for (text, separator, cells) in [
            ("a,b,c\n", ',', &["a", "b", "c"][..]),
            ("a;b,c", ';', &["a", "b,c"]),
            ("a\tb\t", '\t', &["a", "b", ""]),
            ("\"a,\"\"b\"\"\",c\r\n", ',', &["a,\"b\"", "c"]),
            ("a, \"b, c\" ,d", ',', &["a", "b, c", "d"]),
            ("5\" screen,a\"b\"", ',', &["5\" screen", "a\"b\""]),
            ("=\"007\",x", ',', &["=\"007\"", "x"]),
            ("\"a\r\nb\rc\"", ',', &["a\nb\nc"]),
            ("\"\",", ',', &["", ""]),
            ("\n", ',', &[""]),
        ] {
            let rows = rows(text, separator).unwrap();
            assert_eq!(rows.len(), 1, "{text:?}");
            assert!(rows[0].cells == cells && rows[0].fault.is_none(), "{text:?}: {rows:?}");
        }
    }

    #[test]
    fn a_row_knows_the_line_in_which_it_begins() {
        let rows = rows("a\r\n\r\n\"b\r\nc\",d\r\ne", ',').unwrap();
        assert_eq!(rows.iter().map(|row| row.line).collect::<Vec<_>>(), [1, 2, 3, 5]);
        assert!(rows[1].is_empty() && !rows[2].is_empty());
    }

    #[test]
    fn a_quotation_mark_that_closes_nothing_is_a_fault_and_one_that_is_not_closed_is_named() {
        for text in ["\"a\"b,c", "x,\"say \"hi\" there\"", "a,\"b\nc,\"d\n"] {
            assert_eq!(rows(text, ',').unwrap()[0].fault, Some(RowFault::Quote), "{text}");
        }
        for (text, opened) in [("a\nb,\"c\nd\ne", 2), ("\"", 1), ("a,\"b\nc\",\"\nd", 2)] {
            assert!(matches!(rows(text, ','), Err(ReadError::OpenQuote(line)) if line == opened), "{text}");
        }
        let long = format!("a\n\"{}", "x\n".repeat(100_000));
        assert!(matches!(rows(&long, ','), Err(ReadError::OpenQuote(2))));
    }

    proptest! {
        #[test]
        fn what_is_quoted_comes_back(cells in prop::collection::vec("[a\", ;\n=]{0,6}", 1..5)) {
            let quoted: Vec<_> = cells.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
            let rows = rows(&quoted.join(";"), ';').unwrap();
            prop_assert_eq!(&rows[0].cells, &cells);
        }
    }
}
