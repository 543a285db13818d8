//! Reading files of codes, line by line: what can be imported, and what is wrong with the rest.

use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, Read};

use csv::{ReaderBuilder, StringRecord};
use hashbrown::HashTable;
use thiserror::Error;

use super::cell::original;
use super::rows::{Bounded, lines, without_mark};
use super::{ImportCard, ImportCards};
use crate::duration::{CardDuration, DurationError};
use crate::operator::{Note, NoteError};
use crate::prefix::PrefixError;
use crate::store::MAX_BATCH;

/// The most bytes of a file of codes: twice what a million cards with their notes need.
pub const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// The most lines that say no card before a file counts as no file of codes.
pub const MAX_MALFORMED: usize = 10_000;

/// What a file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// The cards, each with the number of its line.
    pub cards: ImportCards,
    /// The lines that say no card, and why: at most [`MAX_MALFORMED`].
    pub malformed: Vec<Malformed>,
}

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
    /// Prefix and code are not told apart.
    #[error("not of the form PREFIX-CODE")]
    NoHyphen,
    /// The part before the last hyphen is no prefix.
    #[error(transparent)]
    Prefix(#[from] PrefixError),
    /// The part behind it is no code.
    #[error("a code has 1 to {MAX_CODE} letters and digits")]
    Code,
    /// The duration is none.
    #[error(transparent)]
    Duration(#[from] DurationError),
    /// The note is too long.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The same code stands further up.
    #[error("the same code as in line {0}")]
    Repeated(u64),
    /// The first line names no column `code`.
    #[error("the first line has to name the columns, one of them code")]
    NoHeader,
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
    /// It has more than [`MAX_MALFORMED`] lines that say no card.
    #[error("more than {MAX_MALFORMED} of its lines are no cards")]
    TooManyMalformed,
    /// Some card says no duration, and none was given for such cards.
    #[error("some card says no duration")]
    NoDuration,
    /// It is no UTF-8.
    #[error("it is not UTF-8 text")]
    NotText,
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

/// The most characters of a code: the width of its column.
const MAX_CODE: usize = 64;

/// Gathers cards and keeps an eye on repetitions.
#[derive(Default)]
struct Gathering {
    parsed: Parsed,
    /// The cards by their codes, each by its place.
    met: HashTable<u32>,
    hasher: RandomState,
}

/// A code without regard to capitals, which the database does not tell apart.
fn folded(full_code: &str) -> String {
    full_code.to_lowercase()
}

impl Gathering {
    fn take(&mut self, line: u64, card: Result<ImportCard, MalformedReason>) -> Result<(), ReadError> {
        match card.and_then(|card| self.first_of(card)) {
            Ok(card) if self.parsed.cards.len() < MAX_BATCH as usize => self.parsed.cards.push(line, &card),
            Ok(_) => return Err(ReadError::TooManyCards),
            Err(_) if self.parsed.malformed.len() == MAX_MALFORMED => {
                return Err(ReadError::TooManyMalformed);
            }
            Err(reason) => self.parsed.malformed.push(Malformed { line, reason }),
        }
        Ok(())
    }

    /// The card, unless its code was met already.
    fn first_of(&mut self, card: ImportCard) -> Result<ImportCard, MalformedReason> {
        let (cards, hasher) = (&self.parsed.cards, &self.hasher);
        let code_at = |place: u32| cards.get(place as usize).map(|row| folded(row.full_code));
        let code = folded(&card.full_code());
        let hash = hasher.hash_one(&code);
        let is_same = |place: &u32| code_at(*place).as_ref() == Some(&code);
        if let Some(row) = self.met.find(hash, is_same).and_then(|place| cards.get(*place as usize)) {
            return Err(MalformedReason::Repeated(row.line));
        }
        if let Ok(place) = u32::try_from(cards.len()) {
            self.met.insert_unique(hash, place, |place| hasher.hash_one(code_at(*place).unwrap_or_default()));
        }
        Ok(card)
    }
}

/// What a row says of a card, of which only the duration may be missing.
struct Found {
    card: ImportCard,
    has_duration: bool,
}

fn card(full_code: &str, duration: CardDuration, note: Option<Note>) -> Result<ImportCard, MalformedReason> {
    // A prefix may hold hyphens, a code does not.
    let (prefix, code) = full_code.trim().rsplit_once('-').ok_or(MalformedReason::NoHyphen)?;
    let prefix = prefix.parse()?;
    let fits = (1..=MAX_CODE).contains(&code.chars().count()) && code.chars().all(char::is_alphanumeric);
    if !fits {
        return Err(MalformedReason::Code);
    }
    Ok(ImportCard { prefix, code: code.to_owned(), duration, note })
}

/// Reads one code a line, as an export writes them; empty lines and those with `#` are passed over. Memory stays within
/// what the cards need, whatever the source holds; without a duration for them, cards are an error.
pub fn parse_txt(source: impl Read, duration: Option<CardDuration>) -> Result<Parsed, ReadError> {
    let mut gathering = Gathering::default();
    lines(source, |line, content| {
        let content = content.trim();
        if content.is_empty() || content.starts_with('#') {
            return Ok(());
        }
        let card = card(content, duration.unwrap_or(CardDuration::Forever), None);
        if card.is_ok() && duration.is_none() {
            return Err(ReadError::NoDuration);
        }
        gathering.take(line, card)
    })?;
    Ok(gathering.parsed)
}

/// Where the columns stand that an import reads.
struct Columns {
    code: usize,
    duration: Option<usize>,
    note: Option<usize>,
}

impl Columns {
    fn of(header: &StringRecord) -> Option<Self> {
        let column = |name: &str| header.iter().position(|column| column.trim().eq_ignore_ascii_case(name));
        let code = column("code").or_else(|| column("full_code"))?;
        Some(Self { code, duration: column("duration"), note: column("note") })
    }

    fn read(&self, record: &StringRecord, default: Option<CardDuration>) -> Result<Found, MalformedReason> {
        let cell = |column: usize| record.get(column).map(original).unwrap_or_default();
        let duration = match self.duration.map(cell).unwrap_or_default().trim() {
            "" => default,
            text => Some(text.parse()?),
        };
        let note = Note::parse(&self.note.map(cell).unwrap_or_default())?;
        let card = card(&cell(self.code), duration.unwrap_or(CardDuration::Forever), note)?;
        Ok(Found { card, has_duration: duration.is_some() })
    }
}

/// Reads a table whose first line names its columns: `code`, and if they are there `duration` and `note`. Cards
/// without a duration of their own get the one given, without which they are an error. Memory is bounded as for
/// [`parse_txt`].
pub fn parse_csv(source: impl Read, duration: Option<CardDuration>) -> Result<Parsed, ReadError> {
    let mut gathering = Gathering::default();
    let source = Bounded::new(without_mark(source)?);
    let mut reader = ReaderBuilder::new().flexible(true).from_reader(source);
    let Some(columns) = Columns::of(reader.headers().map_err(unreadable)?) else {
        gathering.take(1, Err(MalformedReason::NoHeader))?;
        return Ok(gathering.parsed);
    };
    let mut record = StringRecord::new();
    loop {
        let line = reader.position().line();
        reader.get_mut().begin_row(line);
        if !reader.read_record(&mut record).map_err(unreadable)? {
            return Ok(gathering.parsed);
        }
        let line = record.position().map_or(line, csv::Position::line);
        let found = columns.read(&record, duration);
        if found.as_ref().is_ok_and(|found| !found.has_duration) {
            return Err(ReadError::NoDuration);
        }
        gathering.take(line, found.map(|found| found.card))?;
    }
}

/// Rows may differ in length, so that only the source and its encoding can fail.
fn unreadable(error: csv::Error) -> ReadError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error.into(),
        _ => ReadError::NotText,
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use proptest::prelude::*;

    use super::*;
    use crate::acts::tests::card as record;
    use crate::card::CardStatus;
    use crate::record::CardRecord;
    use crate::transfer::{table, txt as text_file};
    use crate::zone::Zone;

    const DAY: CardDuration = CardDuration::Seconds(86_400);

    fn txt(text: &str) -> Parsed {
        parse_txt(text.as_bytes(), Some(DAY)).unwrap()
    }

    fn csv(text: &str) -> Parsed {
        parse_csv(text.as_bytes(), Some(DAY)).unwrap()
    }

    fn codes(parsed: &Parsed) -> Vec<(u64, String)> {
        parsed.cards.iter().map(|row| (row.line, row.full_code.to_owned())).collect()
    }

    #[test]
    fn each_line_of_a_text_is_a_card_or_says_why_not() {
        let text = "\u{feff}# 未使用卡密导出\r\n\r\nVIP-A1\r\n a-b-C2 \nvip-a1\n季卡-春天\nNOHYPHEN\n-X\nVIP-\nVIP-a b\n,-1";
        let parsed = txt(text);
        let expected = [(3, "VIP-A1"), (4, "a-b-C2"), (6, "季卡-春天")];
        assert_eq!(codes(&parsed), expected.map(|(line, code)| (line, code.to_owned())));
        let malformed: Vec<_> = parsed.malformed.iter().map(|line| (line.line, line.reason)).collect();
        assert_eq!(
            malformed,
            [
                (5, MalformedReason::Repeated(3)),
                (7, MalformedReason::NoHyphen),
                (8, MalformedReason::Prefix(PrefixError::Empty)),
                (9, MalformedReason::Code),
                (10, MalformedReason::Code),
                (11, MalformedReason::Prefix(PrefixError::Character(','))),
            ]
        );
        assert!(parsed.cards.iter().all(|row| row.duration == DAY && row.note.is_none()));
    }

    #[test]
    fn each_row_of_a_table_is_a_card_or_says_why_not() {
        let text = "Note, CODE ,duration,other\n\"two\nlines\",VIP-A,forever,x\n,VIP-B,,\n,VIP-C,soon,\nn,VIP-A\n,'-V-D,3h";
        let parsed = csv(text);
        let cards: Vec<_> = parsed
            .cards
            .iter()
            .map(|row| (row.line, row.full_code.to_owned(), row.duration, row.note))
            .collect();
        assert_eq!(
            cards,
            [
                (2, "VIP-A".to_owned(), CardDuration::Forever, Some("two\nlines")),
                (4, "VIP-B".to_owned(), DAY, None),
                (7, "-V-D".to_owned(), CardDuration::Seconds(10_800), None),
            ]
        );
        let malformed: Vec<_> = parsed.malformed.iter().map(|line| (line.line, line.reason)).collect();
        assert_eq!(
            malformed,
            [(5, MalformedReason::Duration(DurationError)), (6, MalformedReason::Repeated(2))]
        );
        let none = Malformed { line: 1, reason: MalformedReason::NoHeader };
        assert_eq!(csv("VIP-A\nVIP-B").malformed, [none]);
        assert_eq!(csv("").malformed, [none]);
    }

    #[test]
    fn what_is_exported_can_be_imported() {
        let at: DateTime<Utc> = "2026-01-01T00:00:00Z".parse().unwrap();
        let note = "'=1;+1\n👨\u{200d}👩 \\u{a}";
        let card = CardRecord { note: Some(note.into()), ..record(CardStatus::Unused, None, None, None) };
        let text = text_file::header(None, 1, at, Zone::default()) + &text_file::line(&card);
        assert_eq!(codes(&txt(&text)), [(7, card.full_code.clone())]);
        let parsed = csv(&(table::csv_header() + &table::csv_line(&card)));
        assert_eq!(codes(&parsed), [(2, card.full_code.clone())]);
        let row = parsed.cards.get(0).unwrap();
        assert_eq!((row.duration, row.note), (card.duration, Some(note)));
    }

    #[test]
    fn what_no_file_of_codes_holds_ends_the_reading() {
        let endless = |text: &'static str| std::iter::repeat_n(text, 140_000).collect::<String>();
        for (text, error) in [
            (endless("x"), "line 1 is too long"),
            (format!("VIP-A\n{}", endless("\0")), "line 2 is too long"),
            (endless("x\n"), "more than 10000 of its lines are no cards"),
            (endless("VIP-A\n"), "more than 10000 of its lines are no cards"),
            ("VIP-A".to_owned(), ""),
        ] {
            let read = parse_txt(text.as_bytes(), Some(DAY)).map_err(|error| error.to_string());
            assert_eq!(read.err().unwrap_or_default(), error);
        }
        for text in [format!("code\nVIP-A\n\"{}", endless("a\n")), format!("code\nVIP-A\n{}", endless(","))] {
            let read = parse_csv(text.as_bytes(), Some(DAY));
            assert!(matches!(read, Err(ReadError::LongRow(3))), "{read:?}");
        }
        let comments = std::iter::repeat(*b"# no card at all\n").flatten();
        let comments: Vec<u8> = comments.take(1024 * 1024).collect();
        let large =
            (0..65).fold(Box::new(io::empty()) as Box<dyn Read>, |all, _| Box::new(all.chain(&*comments)));
        assert!(matches!(parse_txt(large, Some(DAY)), Err(ReadError::TooLarge)));
    }

    #[test]
    fn bytes_that_are_no_text_and_cards_without_duration_are_refused() {
        for (bytes, is_table) in [(&b"VIP-\xff\n"[..], false), (b"code\nVIP-\xff\n", true), (b"\xff", true)] {
            let read = if is_table { parse_csv(bytes, Some(DAY)) } else { parse_txt(bytes, Some(DAY)) };
            assert!(matches!(read, Err(ReadError::NotText)), "{read:?}");
        }
        assert!(matches!(parse_txt(&b"no card\nVIP-A"[..], None), Err(ReadError::NoDuration)));
        assert!(parse_txt(&b"no card"[..], None).is_ok());
        assert!(matches!(parse_csv(&b"code\nVIP-A"[..], None), Err(ReadError::NoDuration)));
        assert!(parse_csv(&b"code,duration\nVIP-A,1d"[..], None).is_ok());
    }

    proptest! {
        #[test]
        fn no_file_is_too_much(text in "\\PC{0,60}", lines in prop::collection::vec("[A-C,\"'\n-]{0,12}", 0..8)) {
            for text in [text, lines.join("\n"), format!("code,note\n{}", lines.join("\n"))] {
                for parsed in [txt(&text), csv(&text)] {
                    for row in parsed.cards.iter() {
                        prop_assert!(row.full_code.chars().count() <= 128);
                    }
                }
            }
        }
    }
}
