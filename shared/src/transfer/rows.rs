//! The rows of a source that nobody vouches for, within bounds: neither its size nor its form takes more memory than a
//! row may have.

use std::io::{self, BufRead as _, BufReader, Cursor, Read};

use super::import::{MAX_BYTES, ReadError};

/// The most bytes of a row, what is read ahead included: a hundred times a card with the longest note.
const MAX_ROW: usize = 128 * 1024;

/// The mark by which some programs know UTF-8.
const MARK: &[u8] = "\u{feff}".as_bytes();

/// The source behind the mark that it may begin with.
pub(super) fn without_mark(mut source: impl Read) -> io::Result<impl Read> {
    let mut start = Vec::new();
    source.by_ref().take(MARK.len() as u64).read_to_end(&mut start)?;
    if start == MARK {
        start.clear();
    }
    Ok(Cursor::new(start).chain(source))
}

/// A source that fails with a [`ReadError`] past [`MAX_BYTES`], and where a row does not end.
pub(super) struct Bounded<R> {
    source: R,
    all: u64,
    row: usize,
    line: u64,
}

impl<R> Bounded<R> {
    pub(super) const fn new(source: R) -> Self {
        Self { source, all: 0, row: 0, line: 1 }
    }

    /// What is read from now on belongs to the row that begins in this line, from 1.
    pub(super) const fn begin_row(&mut self, line: u64) {
        self.row = 0;
        self.line = line;
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        self.all += read as u64;
        self.row += read;
        if self.all > MAX_BYTES {
            return Err(io::Error::other(ReadError::TooLarge));
        }
        if self.row > MAX_ROW {
            return Err(io::Error::other(ReadError::LongRow(self.line)));
        }
        Ok(read)
    }
}

/// Hands over each line of a text with its number, from 1, until one is refused.
pub(super) fn lines(
    source: impl Read,
    mut take: impl FnMut(u64, &str) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    let mut source = BufReader::new(Bounded::new(without_mark(source)?));
    let mut bytes = Vec::new();
    for line in 1.. {
        source.get_mut().begin_row(line);
        bytes.clear();
        if source.read_until(b'\n', &mut bytes)? == 0 {
            break;
        }
        take(line, str::from_utf8(&bytes).map_err(|_| ReadError::NotText)?)?;
    }
    Ok(())
}
