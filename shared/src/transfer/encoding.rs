//! The text of a file, whatever program wrote it: UTF-8, UTF-16 or GB18030 goes in, UTF-8 comes out.

use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult, GB18030, UTF_16BE, UTF_16LE};

use super::import::ReadError;

/// How the characters of a file are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// What nearly everybody writes.
    Utf8,
    /// What Excel calls Unicode text.
    Utf16,
    /// What Chinese Windows writes, GBK and GB2312 among it.
    Gb18030,
}

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

/// Whether a file begins like a workbook of Excel, or another archive.
fn is_workbook(start: &[u8]) -> bool {
    start.starts_with(b"PK\x03\x04") || start.starts_with(&[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1])
}

/// Whether bytes without a mark are UTF-16 all the same, and then whether its high bytes come first: every other byte of
/// a file of codes is 0 then.
fn unmarked_utf16(bytes: &[u8]) -> Option<bool> {
    let zeros = |odd: usize| bytes.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let is_enough = (even + odd) * 4 >= bytes.len() && even + odd > 0;
    match (even, odd) {
        (0, _) if is_enough => Some(false),
        (_, 0) if is_enough => Some(true),
        _ => None,
    }
}

/// The encoding of what is not ASCII, where that is not beyond doubt UTF-8; some of it may be damaged.
fn guess(bytes: &[u8]) -> Option<Encoding> {
    let (mut short, mut long, mut invalid, mut are_words) = (0, 0, 0, true);
    for chunk in bytes.utf8_chunks() {
        long += chunk.valid().chars().filter(|character| *character >= '\u{800}').count();
        short += chunk.valid().chars().filter(|character| ('\u{80}'..'\u{800}').contains(character)).count();
        invalid += usize::from(!chunk.invalid().is_empty());
        let is_between = |character: char| character.is_ascii() && !character.is_ascii_alphabetic();
        are_words &= chunk.valid().split(is_between).all(is_word);
    }
    let pairs = Pairs::count(bytes);
    if invalid > 0 {
        // Chinese in UTF-8 is long, and a single letter of two bytes is found in GB18030 as well.
        let is_damaged = long > invalid || (are_words && short > invalid);
        return (!is_damaged && pairs.are_chinese()).then_some(Encoding::Gb18030);
    }
    match long + pairs.rare + pairs.wrong {
        // Both are possible of few characters: 小时 in GBK is “Сʱ” in UTF-8.
        0 if are_words => Some(Encoding::Utf8),
        0 => Some(Encoding::Gb18030),
        _ => None,
    }
}

/// Whether letters below U+0800 are more likely a word of some language in UTF-8 than Chinese in GB18030: Latin with an
/// accent, or three letters of one other script. Most words of those have bytes that GB2312 has not.
fn is_word(word: &str) -> bool {
    let script = |character| match character {
        '\u{80}'..='\u{24f}' => Some(0),
        '\u{370}'..='\u{3ff}' => Some(1),
        '\u{400}'..='\u{52f}' => Some(2),
        '\u{530}'..='\u{58f}' => Some(3),
        '\u{590}'..='\u{5ff}' => Some(4),
        '\u{600}'..='\u{6ff}' => Some(5),
        _ => None,
    };
    let mut scripts = word.chars().filter(|character| !character.is_ascii()).map(script);
    let Some(first) = scripts.next() else { return true };
    let others = scripts.clone().count();
    let is_possible = match first {
        Some(0) => word.contains(|character: char| character.is_ascii()),
        Some(_) => others >= 2,
        None => false,
    };
    is_possible && scripts.all(|script| script == first)
}

/// What the bytes that are not ASCII are in GB18030.
#[derive(Default)]
struct Pairs {
    /// The characters of GB2312: nearly all of what is written in mainland China.
    common: usize,
    rare: usize,
    wrong: usize,
}

impl Pairs {
    fn count(bytes: &[u8]) -> Self {
        let mut pairs = Self::default();
        let mut rest = bytes;
        while let [first, behind @ ..] = rest {
            let length = match (first, behind) {
                (0..=0x7f, _) => 1,
                (0xa1..=0xf7, [0xa1..=0xfe, ..]) => {
                    pairs.common += 1;
                    2
                }
                (0x81..=0xfe, [0x40..=0x7e | 0x80..=0xfe, ..]) => {
                    pairs.rare += 1;
                    2
                }
                (0x81..=0xfe, [0x30..=0x39, 0x81..=0xfe, 0x30..=0x39, ..]) => {
                    pairs.rare += 1;
                    4
                }
                _ => {
                    pairs.wrong += 1;
                    1
                }
            };
            rest = &rest[length..];
        }
        pairs
    }

    const fn are_chinese(&self) -> bool {
        self.common > 0 && self.common >= self.rare && self.common >= 8 * self.wrong
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

    pub(in crate::transfer) fn utf16(text: &str, is_big: bool) -> Vec<u8> {
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
    fn what_is_damaged_or_of_another_encoding_is_not_taken_for_chinese() {
        let mut damaged = "卡密\n备注\n".as_bytes().to_vec();
        damaged[3] = 0xff;
        let latin = b"code,note\nVIP-A1,Zo\xe9,\nVIP-A2,\xe9cran\n";
        for bytes in [damaged.as_slice(), latin, b"\xff", b"VIP-\xff\n"] {
            let (text, guessed) = decoded(bytes);
            assert!(guessed.is_none() && str::from_utf8(&text).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn few_characters_are_taken_for_the_words_of_some_language() {
        for (text, encoding) in [
            ("720小时", Some(Encoding::Gb18030)),
            ("3时", Some(Encoding::Gb18030)),
            ("联通", Some(Encoding::Gb18030)),
            ("微信", Some(Encoding::Gb18030)),
            ("注", Some(Encoding::Gb18030)),
        ] {
            let (decoded, guessed) = decoded(&GB18030.encode(text).0);
            assert_eq!((String::from_utf8(decoded).unwrap().as_str(), guessed), (text, encoding));
        }
        for (text, guessed) in [
            ("Zoë", Some(Encoding::Utf8)),
            ("naïve café", Some(Encoding::Utf8)),
            ("Иван", None),
            ("дока", Some(Encoding::Utf8)),
            ("小时", None),
            ("Zoë 小", None),
        ] {
            assert_eq!(decoded(text.as_bytes()), (text.as_bytes().to_vec(), guessed), "{text}");
        }
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
