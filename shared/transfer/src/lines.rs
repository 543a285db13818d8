//! The lines of a source that nobody vouches for, within bounds: neither its size nor its form takes more memory than a
//! row may have.

use std::io::{self, BufRead as _, BufReader, Read};

use super::bounds::MAX_BYTES;
use super::decoded::Decoded;
use super::encoding::Encoding;
use super::refusal::ReadError;

/// The most bytes of a row: fifty times a card with the longest note.
const MAX_ROW: usize = 64 * 1024;

/// A source that fails with a [`ReadError`] past [`MAX_BYTES`].
struct Bounded<R> {
    source: R,
    read: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        self.read += read as u64;
        if self.read > MAX_BYTES { Err(io::Error::other(ReadError::TooLarge)) } else { Ok(read) }
    }
}

/// The lines of a file as an editor counts them: each ends with LF, CR LF or CR.
pub(super) struct Lines<'a> {
    source: BufReader<Decoded<Bounded<&'a mut dyn Read>>>,
    number: u64,
    /// A line that was looked at and not taken.
    peeked: Option<Vec<u8>>,
}

impl<'a> Lines<'a> {
    pub(super) fn new(source: &'a mut dyn Read) -> Self {
        Self { source: BufReader::new(Decoded::new(Bounded { source, read: 0 })), number: 0, peeked: None }
    }

    /// The number of the line that was read last, from 1.
    pub(super) const fn number(&self) -> u64 {
        self.number
    }

    /// The encoding, where it was guessed.
    pub(super) fn guessed(&self) -> Option<Encoding> {
        self.source.get_ref().guessed()
    }

    /// Adds the next line with its end to a row; false where there is none. The row that began in line `first` may be
    /// too long then.
    pub(super) fn read(&mut self, row: &mut Vec<u8>, first: u64) -> Result<bool, ReadError> {
        let before = row.len();
        if let Some(line) = self.peeked.take() {
            row.extend_from_slice(&line);
        } else {
            self.read_on(row, first)?;
        }
        let is_read = row.len() > before;
        self.number += u64::from(is_read);
        Ok(is_read)
    }

    /// The next line, which is read again afterwards; empty at the end.
    pub(super) fn peek(&mut self) -> Result<&[u8], ReadError> {
        if self.peeked.is_none() {
            let mut line = Vec::new();
            self.read_on(&mut line, self.number + 1)?;
            self.peeked = Some(line);
        }
        Ok(self.peeked.as_deref().unwrap_or_default())
    }

    fn read_on(&mut self, row: &mut Vec<u8>, first: u64) -> Result<(), ReadError> {
        loop {
            let part = self.source.fill_buf()?;
            let end = part.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let taken = end.map_or(part.len(), |end| end + 1);
            row.extend_from_slice(&part[..taken]);
            let is_return = row.ends_with(b"\r");
            self.source.consume(taken);
            if row.len() > MAX_ROW {
                return Err(ReadError::LongRow(first));
            }
            if end.is_some() || taken == 0 {
                if end.is_some() && is_return && self.source.fill_buf()?.starts_with(b"\n") {
                    self.source.consume(1);
                    row.push(b'\n');
                }
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(mut text: &[u8]) -> Vec<(u64, String)> {
        let mut lines = Lines::new(&mut text);
        let mut all = Vec::new();
        let mut line = Vec::new();
        while lines.read(&mut line, 0).unwrap() {
            all.push((lines.number(), String::from_utf8(std::mem::take(&mut line)).unwrap()));
        }
        all
    }

    #[test]
    fn a_line_ends_as_any_system_ends_it() {
        let text = b"a\r\nb\nc\r\rd\n\r\n\0";
        let expected = ["a\r\n", "b\n", "c\r", "\r", "d\n", "\r\n", "\0"];
        let expected: Vec<_> = (1..).zip(expected.map(str::to_owned)).collect();
        assert_eq!(lines(text), expected);
        assert_eq!(lines(b""), []);
        let long = format!("{}\r\nb", "x".repeat(60_000));
        assert_eq!(lines(long.as_bytes()).len(), 2);
    }

    #[test]
    fn a_line_that_is_looked_at_is_still_there() {
        let mut text = &b"a\nb"[..];
        let mut lines = Lines::new(&mut text);
        assert_eq!(lines.peek().unwrap(), b"a\n");
        assert_eq!(lines.peek().unwrap(), b"a\n");
        let mut row = Vec::new();
        assert!(lines.read(&mut row, 1).unwrap() && lines.read(&mut row, 1).unwrap());
        assert_eq!((row.as_slice(), lines.number()), (&b"a\nb"[..], 2));
        assert_eq!(lines.peek().unwrap(), b"");
        assert!(!lines.read(&mut row, 1).unwrap());
    }
}
