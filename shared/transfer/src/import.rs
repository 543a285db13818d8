//! Reading files of codes, line by line: what can be imported, and what is wrong with the rest.

use std::io::Read;

use super::Defaults;
pub use super::bounds::{MAX_BYTES, MAX_MALFORMED};
use super::gathering::Gathering;
use super::header::{is_row, is_title};
use super::lines::Lines;
use super::notice::Notice;
pub use super::parsed::Parsed;
pub use super::refusal::{Malformed, MalformedReason, ReadError};
use super::repair::bare;
use super::rows::{self, begins_table};
use super::understood::{card, is_beyond_doubt, is_code, read_code};
use kami_core::duration::CardDuration;
use kami_core::points::Points;

/// Reads one code a line, as an export writes them; empty lines and those with `#` are passed over, and a text that
/// begins with the header of a table is one. Memory stays within what the cards need, whatever the source holds; without
/// a duration for them, cards are an error.
pub fn parse_txt(mut source: impl Read, defaults: &Defaults) -> Result<Parsed, ReadError> {
    parse_list(Lines::new(&mut source), Gathering::new(defaults.filing.clone()), defaults)
}

fn parse_list(
    mut lines: Lines<'_>,
    mut gathering: Gathering,
    defaults: &Defaults,
) -> Result<Parsed, ReadError> {
    let mut bytes = Vec::new();
    let mut is_begun = false;
    loop {
        if !is_begun && begins_table(&String::from_utf8_lossy(lines.peek()?)) {
            return parse_table(lines, gathering, defaults);
        }
        bytes.clear();
        let line = lines.number() + 1;
        if !lines.read(&mut bytes, line)? {
            return gathering.end(&lines);
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
            gathering.met.comments += u64::from(holds_code(comment));
            continue;
        }
        if !std::mem::replace(&mut is_begun, true) && is_title(content) {
            gathering.met.title = Some(line);
            continue;
        }
        let duration = defaults.usual_duration(defaults.points.is_some() || defaults.valid_until.is_some());
        let mut card = read_code(content, &mut gathering.met)
            .and_then(|code| card(&code, &gathering.filing, duration.unwrap_or(CardDuration::Forever)))
            .map(|found| found.if_titled(gathering.met.title.is_some()));
        if let Ok(found) = &mut card {
            found.card.seats = defaults.seats;
            found.card.points = defaults.points.map(Points::get);
            found.card.valid_until = defaults.valid_until;
        }
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

/// Whether a comment could be a code that is left out, or have one in it.
fn holds_code(comment: &str) -> bool {
    let is_sign = |character: char| !character.is_alphanumeric() && character != '-';
    is_beyond_doubt(comment.trim()) || comment.split(is_sign).any(is_like_a_code)
}

/// Whether a word of a comment could be a code; a date is none.
fn is_like_a_code(word: &str) -> bool {
    word.trim_matches('-').contains('-') && word.contains(char::is_alphabetic)
}

/// Reads a table whose first line names its columns in Chinese or English: the codes, and if they are there the
/// durations, notes and prefixes. Cards without a duration of their own get the one given, without which they are an
/// error. Memory is bounded as for [`parse_txt`].
pub fn parse_csv(mut source: impl Read, defaults: &Defaults) -> Result<Parsed, ReadError> {
    let mut lines = Lines::new(&mut source);
    let mut gathering = Gathering::new(defaults.filing.clone());
    if is_code_alone(&String::from_utf8_lossy(lines.peek()?)) {
        gathering.notice(Notice::NoTitles);
        return parse_list(lines, gathering, defaults);
    }
    parse_table(lines, gathering, defaults)
}

/// Whether a line is a code beyond doubt, and no title of a column.
fn is_code_alone(line: &str) -> bool {
    let (line, _) = bare(line);
    is_code(line) && line.contains(char::is_numeric)
}

fn parse_table(
    mut lines: Lines<'_>,
    mut gathering: Gathering,
    defaults: &Defaults,
) -> Result<Parsed, ReadError> {
    rows::read(&mut lines, defaults, &mut gathering)?;
    gathering.end(&lines)
}

#[cfg(test)]
mod tests {
    use std::io;

    use proptest::prelude::*;

    use super::*;
    use crate::{table, txt as text_file};
    use kami_core::card::CardStatus;
    use kami_core::property::Property;
    use kami_core::record::CardRecord;
    use kami_core::testing::card as record;

    const DAY: CardDuration = CardDuration::Seconds(86_400);

    fn txt(text: &str) -> Parsed {
        parse_txt(text.as_bytes(), &Defaults::lasting(DAY)).unwrap()
    }

    fn csv(text: &str) -> Parsed {
        parse_csv(text.as_bytes(), &Defaults::lasting(DAY)).unwrap()
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
                (7, MalformedReason::Word),
                (8, MalformedReason::Value(Property::Prefix)),
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
            [(5, MalformedReason::Value(Property::Duration)), (6, MalformedReason::Repeated(2))]
        );
        assert_eq!(parsed.notices, [Notice::Ignored(vec!["other".to_owned()]), Notice::SeveralLines(1, 2)]);
        let parsed = csv(",code,,note\n1,VIP-A,,\n,VIP-B,,n\n3,VIP-C,x,");
        assert_eq!((parsed.cards.len(), parsed.notices), (3, vec![Notice::Untitled(2, 2)]));
        let none = Malformed { line: 1, reason: MalformedReason::NoHeader };
        assert_eq!(csv("VIP-A\nVIP-B").malformed, [none]);
        assert_eq!(csv(" \r\n\n"), Parsed::default());
    }

    #[test]
    fn what_is_exported_can_be_imported() {
        let note = "'=1;+1\n👨\u{200d}👩 \\u{a}";
        let card = CardRecord { note: Some(note.into()), ..record(CardStatus::Unused, None, None, None) };
        assert_eq!(codes(&txt(&text_file::line(&card))), [(1, card.full_code.clone())]);
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
            let read = parse_txt(text.as_bytes(), &Defaults::lasting(DAY)).map_err(|error| error.to_string());
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
            assert_eq!(parse_csv(text.as_bytes(), &Defaults::lasting(DAY)).unwrap_err().to_string(), error);
        }
        let comments = std::iter::repeat(*b"# no card at all\n").flatten();
        let comments: Vec<u8> = comments.take(1024 * 1024).collect();
        let large =
            (0..65).fold(Box::new(io::empty()) as Box<dyn Read>, |all, _| Box::new(all.chain(&*comments)));
        assert!(matches!(parse_txt(large, &Defaults::lasting(DAY)), Err(ReadError::TooLarge)));
    }

    #[test]
    fn bytes_that_are_no_text_are_named_by_their_lines_and_cards_without_duration_are_refused() {
        for (bytes, is_table, line) in
            [(&b"VIP-A\nVIP-\xff\n"[..], false, 2), (b"code\nVIP-\xff\n", true, 2), (b"\xff", true, 1)]
        {
            let read = if is_table {
                parse_csv(bytes, &Defaults::lasting(DAY))
            } else {
                parse_txt(bytes, &Defaults::lasting(DAY))
            };
            assert_eq!(read.unwrap().malformed, [Malformed { line, reason: MalformedReason::NotText }]);
        }
        assert!(matches!(
            parse_txt(&b"no card\nVIP-A"[..], &Defaults::default()),
            Err(ReadError::NoDuration)
        ));
        assert!(parse_txt(&b"no card"[..], &Defaults::default()).is_ok());
        assert!(matches!(parse_csv(&b"code\nVIP-A"[..], &Defaults::default()), Err(ReadError::NoDuration)));
        assert!(parse_csv(&b"code,duration\nVIP-A,1d"[..], &Defaults::default()).is_ok());
    }

    proptest! {
        #[test]
        fn no_file_is_too_much(text in "\\PC{0,60}", lines in prop::collection::vec("[A-C,\"'\n-]{0,12}", 0..8)) {
            for text in [text, lines.join("\n"), format!("code,note\n{}", lines.join("\n"))] {
                for read in [parse_txt(text.as_bytes(), &Defaults::lasting(DAY)), parse_csv(text.as_bytes(), &Defaults::lasting(DAY))] {
                    prop_assert!(matches!(read, Ok(_) | Err(ReadError::OpenQuote(_))), "{read:?}");
                    for row in read.unwrap_or_default().cards.iter() {
                        prop_assert!(row.full_code.chars().count() <= 128);
                    }
                }
            }
        }
    }
}
