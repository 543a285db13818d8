//! The text of a file, whatever program wrote it: UTF-8, UTF-16 or GB18030 goes in, UTF-8 comes out.

use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult, GB18030, UTF_16BE, UTF_16LE};

use super::encoding::Encoding;
use super::guess::{guess, is_workbook, unmarked_utf16};
use super::refusal::ReadError;

/// How many bytes are looked at before the encoding is decided: all of most files.
const SAMPLE: usize = 1024 * 1024;

/// How many bytes are decoded at a time.
const PART: usize = 16 * 1024;

/// A byte that no UTF-8 has: it stands for what cannot be decoded, so that its line is known.
const UNDECODABLE: u8 = 0xff;

/// The mark that UTF-8 may begin with.
const UTF8_MARK: &[u8] = "\u{feff}".as_bytes();

/// A source as UTF-8 without the mark that it may begin with.
pub(super) struct Decoded<R> {
    source: R,
    /// What was read and not decoded.
    raw: Vec<u8>,
    /// What was decoded and is given out from `given` on.
    ready: Vec<u8>,
    given: usize,
    is_begun: bool,
    is_at_end: bool,
    decoder: Option<Decoder>,
    /// Whether the encoding is decided: it need not be while all is ASCII.
    is_decided: bool,
    guessed: Option<Encoding>,
}

impl<R: Read> Decoded<R> {
    pub(super) const fn new(source: R) -> Self {
        Self {
            source,
            raw: Vec::new(),
            ready: Vec::new(),
            given: 0,
            is_begun: false,
            is_at_end: false,
            decoder: None,
            is_decided: false,
            guessed: None,
        }
    }

    /// The encoding, where nothing in the file says it and it might be another.
    pub(super) const fn guessed(&self) -> Option<Encoding> {
        self.guessed
    }

    /// Reads on until so many bytes are there, or the source ends.
    fn fill(&mut self, bytes: usize) -> io::Result<()> {
        let missing = bytes.saturating_sub(self.raw.len());
        if missing > 0 && !self.is_at_end {
            let read = self.source.by_ref().take(missing as u64).read_to_end(&mut self.raw)?;
            self.is_at_end = read < missing;
        }
        Ok(())
    }

    fn begin(&mut self) -> io::Result<()> {
        self.is_begun = true;
        self.fill(PART)?;
        if is_workbook(&self.raw) {
            return Err(io::Error::other(ReadError::Workbook));
        }
        if self.raw.starts_with(UTF8_MARK) {
            self.raw.drain(..UTF8_MARK.len());
            self.is_decided = true;
        } else if self.raw.starts_with(&[0xff, 0xfe]) {
            self.raw.drain(..2);
            self.decode_with(UTF_16LE.new_decoder_without_bom_handling());
        } else if self.raw.starts_with(&[0xfe, 0xff]) {
            self.raw.drain(..2);
            self.decode_with(UTF_16BE.new_decoder_without_bom_handling());
        } else if let Some(is_big) = unmarked_utf16(&self.raw) {
            let encoding = if is_big { UTF_16BE } else { UTF_16LE };
            self.decode_with(encoding.new_decoder_without_bom_handling());
            self.guessed = Some(Encoding::Utf16);
        }
        Ok(())
    }

    fn decode_with(&mut self, decoder: Decoder) {
        self.decoder = Some(decoder);
        self.is_decided = true;
    }

    /// Decides by what follows the first character that is not ASCII.
    fn decide(&mut self, first: usize) -> io::Result<()> {
        self.fill(first + SAMPLE)?;
        self.is_decided = true;
        self.guessed = guess(&self.raw);
        if self.guessed == Some(Encoding::Gb18030) {
            self.decode_with(GB18030.new_decoder_without_bom_handling());
        }
        Ok(())
    }

    /// Decodes the next part.
    fn advance(&mut self) -> io::Result<()> {
        if !self.is_begun {
            self.begin()?;
        }
        self.ready.clear();
        self.given = 0;
        self.fill(PART)?;
        if !self.is_decided
            && let Some(first) = self.raw.iter().position(|byte| !byte.is_ascii())
        {
            self.decide(first)?;
        }
        match &mut self.decoder {
            None => std::mem::swap(&mut self.raw, &mut self.ready),
            Some(decoder) => {
                decode(decoder, &self.raw, &mut self.ready, self.is_at_end);
                self.raw.clear();
            }
        }
        Ok(())
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.ready.len() && !(self.is_begun && self.is_at_end && self.raw.is_empty()) {
            self.advance()?;
        }
        let read = self.ready[self.given..].as_ref().read(buffer)?;
        self.given += read;
        Ok(read)
    }
}

/// Decodes all of `raw`, and what it leaves unfinished only where it is the last.
fn decode(decoder: &mut Decoder, raw: &[u8], ready: &mut Vec<u8>, is_last: bool) {
    let mut text = [0; PART];
    let mut from = 0;
    loop {
        let (result, read, written) =
            decoder.decode_to_utf8_without_replacement(&raw[from..], &mut text, is_last);
        from += read;
        ready.extend_from_slice(&text[..written]);
        match result {
            DecoderResult::InputEmpty => return,
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(..) => ready.push(UNDECODABLE),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decoded(bytes: &[u8]) -> (Vec<u8>, Option<Encoding>) {
        let mut source = Decoded::new(bytes);
        let mut text = Vec::new();
        source.read_to_end(&mut text).unwrap();
        (text, source.guessed())
    }

    pub(crate) fn utf16(text: &str, is_big: bool) -> Vec<u8> {
        text.encode_utf16()
            .flat_map(|unit| if is_big { unit.to_be_bytes() } else { unit.to_le_bytes() })
            .collect()
    }

    #[test]
    fn each_encoding_that_programs_write_is_read() {
        let text = "卡密,备注\r\nVIP-A1,老客户\r\n";
        let marked = format!("\u{feff}{text}");
        let gb = GB18030.encode(text).0.into_owned();
        for (bytes, guessed) in [
            (text.as_bytes().to_vec(), None),
            (marked.as_bytes().to_vec(), None),
            (utf16(&marked, false), None),
            (utf16(&marked, true), None),
            (utf16(text, false), Some(Encoding::Utf16)),
            (utf16(text, true), Some(Encoding::Utf16)),
            (gb, Some(Encoding::Gb18030)),
        ] {
            assert_eq!(decoded(&bytes), (text.as_bytes().to_vec(), guessed));
        }
        assert_eq!(decoded(b""), (Vec::new(), None));
    }

    #[test]
    fn a_line_end_outlives_a_character_that_is_cut_off() {
        let mut bytes = GB18030.encode("卡密备注时长前缀状态\n").0.into_owned();
        bytes.splice(4..4, [0x81, b'\n']);
        let (text, guessed) = decoded(&bytes);
        assert_eq!(guessed, Some(Encoding::Gb18030));
        assert_eq!(text.split(|byte| *byte == b'\n').count(), 3);
        assert!(str::from_utf8(&text).is_err());
        let (text, _) =
            decoded(&[utf16("\u{feff}A\n", false), vec![0x00, 0xd8], utf16("\nB", false)].concat());
        assert_eq!(text, b"A\n\xff\nB");
    }

    #[test]
    fn what_is_not_ascii_may_come_late_and_stand_across_the_parts() {
        let text = "VIP-A1\n".repeat(SAMPLE / 3) + &"卡密,".repeat(PART);
        assert_eq!(decoded(text.as_bytes()), (text.clone().into_bytes(), None));
        let gb = GB18030.encode(&text).0;
        assert_eq!(decoded(&gb), (text.into_bytes(), Some(Encoding::Gb18030)));
    }

    proptest! {
        #[test]
        fn utf_8_comes_out_as_it_is(text in "卡密\\PC{0,40}") {
            prop_assert_eq!(decoded(text.as_bytes()).0, text.into_bytes());
        }

        #[test]
        fn no_bytes_are_too_much(bytes: Vec<u8>) {
            let (text, guessed) = decoded(&bytes);
            prop_assert!(matches!(guessed, Some(Encoding::Gb18030 | Encoding::Utf16)) || bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) || bytes.ends_with(&text));
        }
    }
}
