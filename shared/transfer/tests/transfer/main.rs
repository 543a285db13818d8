//! Files of codes as Excel, WPS and shops write them, read as the person who made them would.

#![expect(clippy::unwrap_used, reason = "in a test the panic is the report")]

mod apps;
mod bytes;
mod decorated;
mod groups;
mod kinds;
mod seats;
mod spreadsheets;

use kami_core::duration::CardDuration;
use kami_transfer::import::{MalformedReason, Parsed, ReadError, parse_csv, parse_txt};
use kami_transfer::{Defaults, Notice};

const DAY: CardDuration = CardDuration::Seconds(86_400);

fn csv(bytes: impl AsRef<[u8]>) -> Parsed {
    parse_csv(bytes.as_ref(), &Defaults::lasting(DAY)).unwrap()
}

fn txt(bytes: impl AsRef<[u8]>) -> Parsed {
    parse_txt(bytes.as_ref(), &Defaults::lasting(DAY)).unwrap()
}

fn lines(parsed: &Parsed) -> Vec<(u64, &str)> {
    parsed.cards.iter().map(|row| (row.line, row.full_code)).collect()
}

fn malformed(parsed: &Parsed) -> Vec<(u64, MalformedReason)> {
    parsed.malformed.iter().map(|line| (line.line, line.reason)).collect()
}

#[test]
fn an_unclosed_quotation_mark_swallows_no_card() {
    let head = "code,duration,note\r\n";
    let open = format!("{head}VIP-QA0001,30d,\"a\r\nVIP-QA0002,30d,b\r\nVIP-QA0003,30d,c\r\n");
    assert!(matches!(parse_csv(open.as_bytes(), &Defaults::default()), Err(ReadError::OpenQuote(2))));
    for (text, malformed_rows) in [
        // Closed by the next mark, which is somebody else's.
        ("VIP-QA0001,30d,\"a\nVIP-QA0002,30d,b\nVIP-QA0003,30d,\"c\"\n", vec![(2, MalformedReason::Quote)]),
        ("VIP-QA0001,30d,\"a\nVIP-QA0002,30d,b\"\n", vec![(2, MalformedReason::RowInQuotes(3))]),
        ("VIP-QA0001,30d,\"a\"b\nVIP-QA0002,30d,c\n", vec![(2, MalformedReason::Quote)]),
        ("VIP-QA0001,30d,a,b\nVIP-QA0002,30d,c\n", vec![(2, MalformedReason::TooManyCells)]),
    ] {
        let parsed = csv(format!("code,duration,note\n{text}"));
        assert_eq!(malformed(&parsed), malformed_rows, "{text}");
    }
}

#[test]
fn a_line_has_the_number_that_an_editor_shows() {
    for (end, blank) in [("\r\n", 0), ("\n", 0), ("\r", 0), ("\r\n", 2), ("\n", 3)] {
        let blank_lines = end.repeat(blank);
        let rows = ["code,duration", "VIP-LN0001,30d", "VIP-LN0002,30d", "VIP-LN0003,bad"];
        let table = csv(blank_lines.clone() + &rows.join(end));
        let blank = blank as u64;
        assert_eq!(lines(&table), [(blank + 2, "VIP-LN0001"), (blank + 3, "VIP-LN0002")], "{end:?}");
        assert_eq!(table.malformed[0].line, blank + 4);
        let list = txt(blank_lines + "VIP-LN0001" + end + end + "VIP-LN0002");
        assert_eq!(lines(&list), [(blank + 1, "VIP-LN0001"), (blank + 3, "VIP-LN0002")], "{end:?}");
    }
    let quoted = csv("code,note\r\nVIP-LN0001,\"a\r\nb\"\r\n\r\nVIP-LN0002,\r\n");
    assert_eq!(lines(&quoted), [(2, "VIP-LN0001"), (5, "VIP-LN0002")]);
}

#[test]
fn a_list_of_codes_may_have_a_title_and_a_table_any_name() {
    let list = txt("\n卡密\nVIP-A1\nVIP-B2\n");
    assert_eq!(lines(&list), [(3, "VIP-A1"), (4, "VIP-B2")]);
    assert!(list.malformed.is_empty());
    // What Excel calls Unicode text.
    let text = "\u{feff}卡号\t备注\r\nVIP-A1\t老客户\r\n";
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let table = txt(bytes);
    assert_eq!((lines(&table), table.cards.get(0).unwrap().note), (vec![(2, "VIP-A1")], Some("老客户")));
    assert_eq!(malformed(&txt("VIP-A1\nVIP-B2,30d\n")), [(2, MalformedReason::SeveralCells)]);
    let titleless = csv("VIP-A1\r\nVIP-B2\r\n");
    assert_eq!(lines(&titleless), [(1, "VIP-A1"), (2, "VIP-B2")]);
    assert_eq!(titleless.notices, [Notice::NoTitles]);
    for text in ["VIP-A1,30d\nVIP-B2,30d\n", "cdkey-x\nVIP-B2\n"] {
        assert_eq!(malformed(&csv(text)), [(1, MalformedReason::NoHeader)], "{text}");
    }
}

#[test]
fn what_a_spreadsheet_did_to_codes_is_undone_or_named() {
    let text = "code,duration\n\
                \"=\"\"VIP-MK0001\"\"\",30d\n\
                ='A1',30d\n\
                'VIP-MK0002,=\"1年\"\n\
                8.68533E+14,30d\n\
                5-Mar,30d\n\
                code,duration\n\
                VIP-MK0003,30\n\
                ,30d\n";
    let parsed = csv(text);
    assert_eq!(lines(&parsed), [(2, "VIP-MK0001"), (4, "VIP-MK0002")]);
    let reasons: Vec<_> = malformed(&parsed).into_iter().filter(|(line, _)| *line != 3).collect();
    assert_eq!(
        reasons,
        [
            (5, MalformedReason::MadeNumber),
            (6, MalformedReason::MadeDate),
            (7, MalformedReason::HeaderAgain),
            (8, MalformedReason::NoUnit),
            (9, MalformedReason::NoCode),
        ]
    );
    assert_eq!(malformed(&parsed).len(), 6);
}

#[test]
fn a_prefix_may_have_a_column_of_its_own() {
    let parsed = csv("前缀,卡密,天数\nVIP,A1,7\nVIP,VIP-A2,\n,GOLD-A3,1.5\n");
    assert_eq!(lines(&parsed), [(2, "VIP-A1"), (3, "VIP-A2"), (4, "GOLD-A3")]);
    let durations: Vec<_> = parsed.cards.iter().map(|card| card.duration).collect();
    let days = |half_days: u32| CardDuration::Seconds(half_days * 43_200);
    assert_eq!(durations, [days(14), DAY, days(3)]);
}
