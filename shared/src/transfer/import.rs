//! Reading files of codes, line by line: what can be imported, and what is wrong with the rest.

use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, Read};

use hashbrown::HashTable;
use thiserror::Error;

use super::header::{is_row, is_title};
use super::lines::Lines;
use super::notice::{Met, Notice};
use super::repair::{self, Damage, without_apostrophe};
use super::rows::{self, begins_table};
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
    /// What was taken for granted or passed over.
    pub notices: Vec<Notice>,
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
    /// The first line of a table names no column of codes.
    #[error("the first line has to name the columns, one of them code")]
    NoHeader,
    /// It names two columns of the same meaning.
    #[error("the first line names two columns of the same meaning: rename one")]
    TwoColumns,
    /// It names the columns again.
    #[error("the columns are named a second time: remove this line")]
    HeaderAgain,
    /// A row of a table has something to say, but no code.
    #[error("no code in this row")]
    NoCode,
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

/// The most characters of a code: the width of its column.
const MAX_CODE: usize = 64;

/// Gathers cards and keeps an eye on repetitions.
#[derive(Default)]
pub(super) struct Gathering {
    parsed: Parsed,
    pub(super) met: Met,
    /// The cards by their codes, each by its place.
    places: HashTable<u32>,
    hasher: RandomState,
}

/// A code without regard to capitals, which the database does not tell apart.
fn folded(full_code: &str) -> String {
    full_code.to_lowercase()
}

impl Gathering {
    /// Takes the card of a line, or what is wrong with it.
    pub(super) fn take(
        &mut self,
        line: u64,
        card: Result<ImportCard, MalformedReason>,
    ) -> Result<(), ReadError> {
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

    /// Adds what the operator should know of the file.
    pub(super) fn notice(&mut self, notice: Notice) {
        self.parsed.notices.push(notice);
    }

    /// What the file holds, now that it is read.
    fn end(mut self, lines: &Lines<impl Read>) -> Parsed {
        let encoding = lines.guessed().map(Notice::Encoding);
        self.parsed.notices.splice(0..0, encoding);
        self.parsed.notices.extend(self.met.notices());
        self.parsed
    }

    /// The card, unless its code was met already.
    fn first_of(&mut self, card: ImportCard) -> Result<ImportCard, MalformedReason> {
        let (cards, hasher) = (&self.parsed.cards, &self.hasher);
        let code_at = |place: u32| cards.get(place as usize).map(|row| folded(row.full_code));
        let code = folded(&card.full_code());
        let hash = hasher.hash_one(&code);
        let is_same = |place: &u32| code_at(*place).as_ref() == Some(&code);
        if let Some(row) = self.places.find(hash, is_same).and_then(|place| cards.get(*place as usize)) {
            return Err(MalformedReason::Repeated(row.line));
        }
        if let Ok(place) = u32::try_from(cards.len()) {
            self.places
                .insert_unique(hash, place, |place| hasher.hash_one(code_at(*place).unwrap_or_default()));
        }
        Ok(card)
    }
}

/// The card that a code says.
pub(super) fn card(
    full_code: &str,
    duration: CardDuration,
    note: Option<Note>,
) -> Result<ImportCard, MalformedReason> {
    // A prefix may hold hyphens, a code does not.
    let (prefix, code) = full_code.trim().rsplit_once('-').ok_or(MalformedReason::NoHyphen)?;
    let prefix = prefix.parse()?;
    let fits = (1..=MAX_CODE).contains(&code.chars().count()) && code.chars().all(char::is_alphanumeric);
    if !fits {
        return Err(MalformedReason::Code);
    }
    Ok(ImportCard { prefix, code: code.to_owned(), duration, note })
}

/// Reads one code a line, as an export writes them; empty lines and those with `#` are passed over, and a text that
/// begins with the header of a table is one. Memory stays within what the cards need, whatever the source holds; without
/// a duration for them, cards are an error.
pub fn parse_txt(source: impl Read, duration: Option<CardDuration>) -> Result<Parsed, ReadError> {
    parse_list(Lines::new(source), Gathering::default(), duration)
}

fn parse_list(
    mut lines: Lines<impl Read>,
    mut gathering: Gathering,
    duration: Option<CardDuration>,
) -> Result<Parsed, ReadError> {
    let mut bytes = Vec::new();
    let mut is_begun = false;
    loop {
        if !is_begun && begins_table(&String::from_utf8_lossy(lines.peek()?)) {
            return parse_table(lines, gathering, duration);
        }
        bytes.clear();
        let line = lines.number() + 1;
        if !lines.read(&mut bytes, line)? {
            return Ok(gathering.end(&lines));
        }
        let Ok(content) = str::from_utf8(&bytes) else {
            gathering.take(line, Err(MalformedReason::NotText))?;
            continue;
        };
        let content = content.trim();
        if content.is_empty() {
            continue;
        }
        if let Some(comment) = content.strip_prefix('#') {
            gathering.met.comments += u64::from(comment.split(is_sign).any(is_like_a_code));
            continue;
        }
        if !std::mem::replace(&mut is_begun, true) && is_title(content) {
            gathering.met.title = Some(line);
            continue;
        }
        let card = read_code(content, &mut gathering.met)
            .and_then(|code| card(code, duration.unwrap_or(CardDuration::Forever), None));
        if card.is_ok() && duration.is_none() {
            return Err(ReadError::NoDuration);
        }
        // What else may be wrong with the code of a row matters less than that it is one.
        gathering.take(
            line,
            card.map_err(|reason| if is_row(content) { MalformedReason::SeveralCells } else { reason }),
        )?;
    }
}

/// Whether a character ends a word of a comment.
fn is_sign(character: char) -> bool {
    !character.is_alphanumeric() && character != '-'
}

/// Whether a word of a comment could be a code; a date is none.
fn is_like_a_code(word: &str) -> bool {
    word.trim_matches('-').contains('-') && word.contains(char::is_alphabetic)
}

/// The code that a text means, less what a spreadsheet put before it.
pub(super) fn read_code<'a>(text: &'a str, met: &mut Met) -> Result<&'a str, MalformedReason> {
    let (code, is_marked) = without_apostrophe(text);
    met.unmarked += u64::from(is_marked);
    repair::damage(code).map_or(Ok(code), |damage| Err(damage.into()))
}

/// Reads a table whose first line names its columns in Chinese or English: the codes, and if they are there the
/// durations, notes and prefixes. Cards without a duration of their own get the one given, without which they are an
/// error. Memory is bounded as for [`parse_txt`].
pub fn parse_csv(source: impl Read, duration: Option<CardDuration>) -> Result<Parsed, ReadError> {
    let mut lines = Lines::new(source);
    let mut gathering = Gathering::default();
    if is_code_alone(&String::from_utf8_lossy(lines.peek()?)) {
        gathering.notice(Notice::NoTitles);
        return parse_list(lines, gathering, duration);
    }
    parse_table(lines, gathering, duration)
}

/// Whether a line is a code beyond doubt, and no title of a column.
fn is_code_alone(line: &str) -> bool {
    line.contains('-') && line.contains(char::is_numeric) && card(line, CardDuration::Forever, None).is_ok()
}

fn parse_table(
    mut lines: Lines<impl Read>,
    mut gathering: Gathering,
    duration: Option<CardDuration>,
) -> Result<Parsed, ReadError> {
    rows::read(&mut lines, duration, &mut gathering)?;
    Ok(gathering.end(&lines))
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
                (11, MalformedReason::SeveralCells),
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
        assert_eq!(parsed.notices, [Notice::Ignored(vec!["other".to_owned()]), Notice::SeveralLines(1, 2)]);
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
        for (text, error) in [
            (
                format!("code\nVIP-A\n\"{}", endless("a\n")),
                "the quotation mark that opens a cell in line 3 is not closed",
            ),
            (format!("code\nVIP-A\n{}", endless(",")), "line 3 is too long"),
            ("PK\u{3}\u{4}…".to_owned(), "it is a workbook, not text: save it as CSV UTF-8 and import that"),
        ] {
            assert_eq!(parse_csv(text.as_bytes(), Some(DAY)).unwrap_err().to_string(), error);
        }
        let comments = std::iter::repeat(*b"# no card at all\n").flatten();
        let comments: Vec<u8> = comments.take(1024 * 1024).collect();
        let large =
            (0..65).fold(Box::new(io::empty()) as Box<dyn Read>, |all, _| Box::new(all.chain(&*comments)));
        assert!(matches!(parse_txt(large, Some(DAY)), Err(ReadError::TooLarge)));
    }

    #[test]
    fn bytes_that_are_no_text_are_named_by_their_lines_and_cards_without_duration_are_refused() {
        for (bytes, is_table, line) in
            [(&b"VIP-A\nVIP-\xff\n"[..], false, 2), (b"code\nVIP-\xff\n", true, 2), (b"\xff", true, 1)]
        {
            let read = if is_table { parse_csv(bytes, Some(DAY)) } else { parse_txt(bytes, Some(DAY)) };
            assert_eq!(read.unwrap().malformed, [Malformed { line, reason: MalformedReason::NotText }]);
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
                for read in [parse_txt(text.as_bytes(), Some(DAY)), parse_csv(text.as_bytes(), Some(DAY))] {
                    prop_assert!(matches!(read, Ok(_) | Err(ReadError::OpenQuote(_))), "{read:?}");
                    for row in read.unwrap_or_default().cards.iter() {
                        prop_assert!(row.full_code.chars().count() <= 128);
                    }
                }
            }
        }
    }
}
