//! Reading files of codes, line by line: what can be imported, and what is wrong with the rest.

use std::collections::HashMap;

use thiserror::Error;

use super::ImportCard;
use super::cell::original;
use crate::duration::{CardDuration, DurationError};
use crate::operator::{Note, NoteError};
use crate::prefix::PrefixError;

/// What a file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// The cards, each with the number of its line.
    pub cards: Vec<(u64, ImportCard)>,
    /// The lines that say no card, and why.
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
    /// The line is no row of a table, for it is not UTF-8 or has an open quotation mark.
    #[error("not a row of comma-separated values")]
    Row,
    /// The first line names no column `code`.
    #[error("the first line has to name the columns, one of them code")]
    NoHeader,
}

/// The most characters of a code: the width of its column.
const MAX_CODE: usize = 64;

/// Gathers cards and keeps an eye on repetitions.
#[derive(Default)]
struct Gathering {
    parsed: Parsed,
    met: HashMap<String, u64>,
}

impl Gathering {
    fn take(&mut self, line: u64, card: Result<ImportCard, MalformedReason>) {
        let card = card.and_then(|card| {
            let first = *self.met.entry(card.full_code().to_lowercase()).or_insert(line);
            if first == line { Ok(card) } else { Err(MalformedReason::Repeated(first)) }
        });
        match card {
            Ok(card) => self.parsed.cards.push((line, card)),
            Err(reason) => self.parsed.malformed.push(Malformed { line, reason }),
        }
    }
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

/// Reads one code a line, as an export writes them; empty lines and those with `#` are passed over.
pub fn parse_txt(text: &str, duration: CardDuration) -> Parsed {
    let mut gathering = Gathering::default();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (line, content) in (1..).zip(text.lines()) {
        let content = content.trim();
        if !content.is_empty() && !content.starts_with('#') {
            gathering.take(line, card(content, duration, None));
        }
    }
    gathering.parsed
}

/// Reads a table whose first line names its columns: `code`, and if they are there `duration` and `note`. Cards
/// without a duration of their own get the one given.
pub fn parse_csv(text: &str, duration: CardDuration) -> Parsed {
    let mut gathering = Gathering::default();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let columns = reader.headers().cloned().unwrap_or_default();
    let column = |name: &str| columns.iter().position(|column| column.trim().eq_ignore_ascii_case(name));
    let Some(code) = column("code").or_else(|| column("full_code")) else {
        let reason = MalformedReason::NoHeader;
        gathering.parsed.malformed.push(Malformed { line: 1, reason });
        return gathering.parsed;
    };
    let (of_duration, of_note) = (column("duration"), column("note"));
    let mut line = 1;
    for record in reader.records() {
        let Ok(record) = record else {
            gathering.take(line + 1, Err(MalformedReason::Row));
            continue;
        };
        line = record.position().map_or(line + 1, csv::Position::line);
        let cell = |column: usize| record.get(column).map(original).unwrap_or_default();
        let read = || {
            let duration = match of_duration.map(cell).unwrap_or_default().trim() {
                "" => duration,
                text => text.parse()?,
            };
            let note = Note::parse(&of_note.map(cell).unwrap_or_default())?;
            card(&cell(code), duration, note)
        };
        gathering.take(line, read());
    }
    gathering.parsed
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use proptest::prelude::*;

    use super::*;
    use crate::acts::tests::card as record;
    use crate::card::CardStatus;
    use crate::record::CardRecord;
    use crate::transfer::{table, txt};
    use crate::zone::Zone;

    const DAY: CardDuration = CardDuration::Seconds(86_400);

    fn codes(parsed: &Parsed) -> Vec<(u64, String)> {
        parsed.cards.iter().map(|(line, card)| (*line, card.full_code())).collect()
    }

    #[test]
    fn each_line_of_a_text_is_a_card_or_says_why_not() {
        let text = "\u{feff}# 未使用卡密导出\r\n\r\nVIP-A1\r\n a-b-C2 \nvip-a1\n季卡-春天\nNOHYPHEN\n-X\nVIP-\nVIP-a b\n,-1";
        let parsed = parse_txt(text, DAY);
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
        assert!(parsed.cards.iter().all(|(_, card)| card.duration == DAY && card.note.is_none()));
    }

    #[test]
    fn each_row_of_a_table_is_a_card_or_says_why_not() {
        let text = "Note, CODE ,duration,other\n\"two\nlines\",VIP-A,forever,x\n,VIP-B,,\n,VIP-C,soon,\nn,VIP-A\n,'-V-D,3h";
        let parsed = parse_csv(text, DAY);
        let cards: Vec<_> = parsed
            .cards
            .iter()
            .map(|(line, card)| {
                (*line, card.full_code(), card.duration, card.note.as_ref().map(Note::as_str))
            })
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
        assert_eq!(parse_csv("VIP-A\nVIP-B", DAY).malformed, [none]);
        assert_eq!(parse_csv("", DAY).malformed, [none]);
    }

    #[test]
    fn what_is_exported_can_be_imported() {
        let at: DateTime<Utc> = "2026-01-01T00:00:00Z".parse().unwrap();
        let card = CardRecord {
            note: Some("'=1;+1\n👨\u{200d}👩 \\u{a}".into()),
            ..record(CardStatus::Unused, None, None, None)
        };
        let text = txt::header(None, 1, at, Zone::default()) + &txt::line(&card);
        assert_eq!(codes(&parse_txt(&text, DAY)), [(7, card.full_code.clone())]);
        let parsed = parse_csv(&(table::csv_header() + &table::csv_line(&card)), DAY);
        assert_eq!(codes(&parsed), [(2, card.full_code.clone())]);
        assert_eq!(parsed.cards[0].1.duration, card.duration);
        assert_eq!(parsed.cards[0].1.note.as_ref().map(Note::as_str), card.note.as_deref());
    }

    proptest! {
        #[test]
        fn no_file_is_too_much(text in "\\PC{0,60}", lines in prop::collection::vec("[A-C,\"'\n-]{0,12}", 0..8)) {
            for text in [text, lines.join("\n"), format!("code,note\n{}", lines.join("\n"))] {
                for parsed in [parse_txt(&text, DAY), parse_csv(&text, DAY)] {
                    for (_, card) in parsed.cards {
                        prop_assert!(card.full_code().chars().count() <= 128);
                    }
                }
            }
        }
    }
}
