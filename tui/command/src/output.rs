//! What comes out: data on standard output, messages on standard error.

use std::io::{self, BufWriter, IsTerminal as _, StdoutLock, Write as _};

use kami_common::cells::{cells, cut_end, harmless, pad_right};
use kami_common::size::terminal_size;
use kami_common::words::{Language, say};
use kami_core::hidden;
use serde_json::Value;

/// The cells between two columns.
const GAP: &str = "  ";

/// Standard output, for data.
pub(super) struct Output {
    out: BufWriter<StdoutLock<'static>>,
    /// The width of the terminal, if it is one.
    width: Option<usize>,
}

impl Output {
    pub(super) fn open() -> Self {
        let stdout = io::stdout().lock();
        let width = stdout.is_terminal().then(|| usize::from(terminal_size().0));
        Self { out: BufWriter::new(stdout), width }
    }

    /// One value as a line of JSON, in which nothing is hidden.
    pub(super) fn json(&mut self, value: &Value) -> io::Result<()> {
        writeln!(self.out, "{}", hidden::json(&value.to_string()))
    }

    /// One line of text, made harmless.
    pub(super) fn line(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{}", harmless(text))
    }

    /// A piece of a file, as it is; on a terminal made harmless.
    pub(super) fn file(&mut self, piece: &str) -> io::Result<()> {
        if self.width.is_none() {
            return self.out.write_all(piece.as_bytes());
        }
        piece.lines().try_for_each(|line| self.line(line))
    }

    /// The lines of a table, on a terminal no wider than it.
    pub(super) fn table(&mut self, table: &Table) -> io::Result<()> {
        for row in &table.rows {
            let mut line = String::new();
            for (index, cell) in row.iter().enumerate() {
                if index + 1 < row.len() {
                    line.push_str(&pad_right(cell, table.widths[index]));
                    line.push_str(GAP);
                } else {
                    line.push_str(cell);
                }
            }
            let line = line.trim_end();
            match self.width {
                Some(width) => writeln!(self.out, "{}", cut_end(line, width))?,
                None => writeln!(self.out, "{line}")?,
            }
        }
        Ok(())
    }

    /// Brings everything out.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Rows whose cells stand in columns.
#[derive(Default)]
pub(super) struct Table {
    rows: Vec<Vec<String>>,
    widths: Vec<usize>,
}

impl Table {
    /// A table under these headings.
    pub(super) fn headed(headings: impl IntoIterator<Item = String>) -> Self {
        let mut table = Self::default();
        table.push(headings);
        table
    }

    /// Adds a row, its cells made harmless.
    pub(super) fn push(&mut self, row: impl IntoIterator<Item = String>) {
        let row: Vec<String> = row.into_iter().map(|cell| harmless(&cell).into_owned()).collect();
        self.widths.resize(self.widths.len().max(row.len()), 0);
        for (width, cell) in self.widths.iter_mut().zip(&row) {
            *width = (*width).max(cells(cell));
        }
        self.rows.push(row);
    }

    /// Forgets the rows, and keeps the columns where they are.
    pub(super) fn clear(&mut self) {
        self.rows.clear();
    }
}

/// Whether something is so, in a word.
pub(super) fn yes_no(language: Language, is_so: bool) -> String {
    say!(language, if is_so { "act.yes" } else { "act.no" })
}

/// Says something on standard error, where it stands in nobody's way; a closed one hears nothing.
pub(super) fn message(text: &str) {
    let _: io::Result<()> = writeln!(io::stderr(), "{}", harmless(text));
}
