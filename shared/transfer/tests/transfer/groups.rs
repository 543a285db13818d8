//! Codes of one group or many, with a prefix or without: what is imported is what the customer was sold.

use kami_core::record::CardRecord;
use kami_transfer::import::{MalformedReason, Parsed};
use kami_transfer::{Defaults, Filing, Notice, table};
use proptest::prelude::*;

use super::{DAY, csv, malformed, parse_csv, parse_txt, txt};

const KEYAUTH: &str = "A1B2C3-D4E5F6-G7H8I9-J1K2L3-M4N5O6-P7Q8R9
KEYAUTH-A1B2C3-D4E5F6-G7H8I9
XXXXX-YYYYY-ZZZZZ-WWWWW-VVVVV
550e8400-e29b-41d4-a716-446655440000
ABCD1234EFGH5678
VIP_ABC_123
";

fn filed(text: &str, filing: Filing) -> Parsed {
    parse_txt(text.as_bytes(), &Defaults { filing, ..Defaults::lasting(DAY) }).unwrap()
}

fn under(prefix: &str) -> Filing {
    Filing::Under(prefix.parse().unwrap())
}

/// The prefix and the rest of each code, and the whole of it.
fn codes(parsed: &Parsed) -> Vec<(&str, &str, &str)> {
    parsed.cards.iter().map(|card| (card.prefix, card.code, card.full_code)).collect()
}

#[test]
fn codes_of_one_or_many_groups_are_taken_whole() {
    let whole: Vec<_> = KEYAUTH.lines().map(|code| ("", code, code)).collect();
    let parsed = txt(KEYAUTH);
    assert_eq!(codes(&parsed), whole);
    assert_eq!((parsed.malformed.len(), &*parsed.notices), (0, &[Notice::Whole(6)][..]));
    let asked = filed(KEYAUTH, Filing::Whole);
    assert_eq!((codes(&asked), asked.notices.is_empty()), (whole, true));
    for code in [
        "ABCD-EFGH-IJKL",
        "AB12C-DE34F",
        "KEYAUTH-A1B2C3-D4E5F6",
        "1234567890",
        "1234-5678-9012-3456",
        "d41d8cd98f00b204e9800998ecf8427e",
        "aB3dE6",
    ] {
        assert_eq!(codes(&txt(code)), [("", code, code)]);
    }
}

#[test]
fn codes_are_filed_under_the_prefix_that_the_seller_names_and_stay_as_they_are() {
    let parsed = filed(KEYAUTH, under("keyauth"));
    let expected: Vec<_> = KEYAUTH
        .lines()
        .map(|code| ("keyauth", code.strip_prefix("KEYAUTH-").unwrap_or(code), code))
        .collect();
    assert_eq!(codes(&parsed), expected);
    assert_eq!(parsed.notices, [Notice::Filed(5)]);
    let table = b"\xe5\x8d\xa1\xe5\xaf\x86\nABCDEF\nVIP-A1\n";
    let defaults = Defaults { filing: under("VIP"), ..Defaults::lasting(DAY) };
    let parsed = parse_csv(&table[..], &defaults).unwrap();
    assert_eq!(codes(&parsed), [("VIP", "ABCDEF", "ABCDEF"), ("VIP", "A1", "VIP-A1")]);
}

#[test]
fn a_prefix_that_cards_share_is_one_and_the_first_group_of_a_single_code_is_none() {
    for (text, prefixes) in [
        ("VIP-A1\nGOLD-A1\n季卡-A1\n", ["VIP", "GOLD", "季卡"]),
        ("VIP-2026-A1B2\nvip-2026-C3D4\nABCD-EFGH-IJKL\n", ["VIP-2026", "vip-2026", ""]),
        ("A1B2C-D3E4F\nG5H6I-J7K8L\nVIP-7KQ2M9XWTR4HP3ND\n", ["", "", "VIP"]),
    ] {
        let parsed = txt(text);
        assert_eq!(codes(&parsed).iter().map(|(prefix, ..)| *prefix).collect::<Vec<_>>(), prefixes, "{text}");
    }
    // One group in five of such codes has letters alone, and looks like a prefix.
    let groups: Vec<_> = ('A'..='Z').map(|letter| format!("{letter}KEYS-7KQ2M")).collect();
    let groups = groups.join("\n");
    assert!(codes(&txt(&groups)).iter().all(|(prefix, ..)| prefix.is_empty()));
    let shared = format!("{groups}\nVIP-7KQ2M\nVIP-9XWTR\n");
    let prefixes = codes(&txt(&shared)).iter().filter(|(prefix, ..)| *prefix == "VIP").count();
    assert_eq!(prefixes, 2);
}

#[test]
fn a_word_is_a_code_where_the_file_says_so() {
    let words = "margaret\nQWERTYUIOPAS\n12345\n春天来了";
    assert_eq!(malformed(&txt(words)), [1, 2, 3, 4].map(|line| (line, MalformedReason::Word)));
    for parsed in [
        filed(words, Filing::Whole),
        filed(words, under("VIP")),
        txt(format!("卡密\n{words}")),
        csv(format!("code,note\n{}", words.replace('\n', ",\n"))),
        txt("QWERTYUIOPAS\nA1B2C3D4E5F6\nABCDEFGHIJKL\n123456789012"),
    ] {
        assert_eq!((parsed.cards.len(), malformed(&parsed)), (4, vec![]));
    }
    let mixed = txt("A1B2C3D4\nhello\nMARGARET\nworld\n");
    assert_eq!(malformed(&mixed), [(2, MalformedReason::Word), (4, MalformedReason::Word)]);
    let lines: Vec<_> = mixed.cards.iter().map(|card| (card.line, card.full_code)).collect();
    assert_eq!(lines, [(1, "A1B2C3D4"), (3, "MARGARET")]);
}

#[test]
fn a_file_of_something_else_is_refused_by_its_lines() {
    for text in [
        "x",
        "hello",
        "Dear customer,\nyour order 2026-118 is on its way.\n",
        "To: anna@example.com\nSubject: keys\n",
        "2026-01-01T00:00:00Z INFO kami_api: listening on 127.0.0.1:5000\n",
        "{\n  \"code\": \"VIP-A1\"\n}\n",
        "<!DOCTYPE html>\n<html lang=\"zh\">\n",
        "-- MySQL dump 10.13\nINSERT INTO cards VALUES (1,'VIP','A1','VIP-A1');\n",
        "https://example.com/keys\n",
        "VIP-A1,30d\nVIP-B2,30d\n",
        "您好，您的卡密已发货\n",
        "root:x:0:0:root:/root:/bin/bash\n",
        "Cargo.toml\nREADME.md\n",
        "id\n1\n2\n3\n",
        "well-known-and-much-too-long\n",
        "-----BEGIN CERTIFICATE-----\n",
        "========\n",
    ] {
        let parsed = txt(text);
        assert!(!parsed.malformed.is_empty(), "{text}: {parsed:?}");
    }
    // An account and its password, as shops sell them.
    assert_eq!(malformed(&txt("anna2026----s3cret")), [(1, MalformedReason::SeveralCells)]);
}

#[test]
fn a_comment_that_is_a_code_is_counted() {
    let parsed = txt("# 总计: 2 个\n#ABCD1234EFGH5678\n# VIP-A1\n# 前缀筛选: VIP2026\nVIP-B2\n");
    assert_eq!(parsed.notices, [Notice::Comments(2)]);
}

#[test]
fn a_code_beside_a_prefix_is_put_behind_it_unless_it_has_groups_of_its_own() {
    let parsed = csv("前缀,卡密\nVIP,A1\nVIP,VIP-A2\nVIP,A1B2C3-D4E5F6\n,ABCD-EFGH-IJKL\n");
    let expected =
        [("VIP", "A1", "VIP-A1"), ("VIP", "A2", "VIP-A2"), ("VIP", "A1B2C3-D4E5F6", "A1B2C3-D4E5F6")];
    assert_eq!(codes(&parsed)[..3], expected);
    assert_eq!(codes(&parsed)[3], ("", "ABCD-EFGH-IJKL", "ABCD-EFGH-IJKL"));
    let said = [Notice::Behind(1), Notice::Whole(1), Notice::Filed(1)];
    assert!(said.iter().all(|notice| parsed.notices.contains(notice)), "{:?}", parsed.notices);
}

/// A card as the database holds it.
fn record(prefix: &str, full_code: &str) -> CardRecord {
    let created_at = "2026-01-01T00:00:00Z".parse().unwrap();
    CardRecord {
        prefix: prefix.into(),
        code: full_code.into(),
        full_code: full_code.into(),
        duration: DAY,
        created_at,
        ..CardRecord::blank(1)
    }
}

#[test]
fn a_card_whose_code_is_a_title_or_a_sum_elsewhere_comes_back_from_our_own_table() {
    let codes = ["SN", "TOTAL", "code"];
    let rows: String = codes.iter().map(|code| table::csv_line(&record("", code))).collect();
    let text = table::csv_header() + &rows + table::csv_header().trim_start_matches('\u{feff}');
    let parsed = csv(text);
    assert_eq!(parsed.cards.iter().map(|card| card.full_code).collect::<Vec<_>>(), codes);
    assert_eq!(malformed(&parsed), [(5, MalformedReason::HeaderAgain)]);
}

#[test]
fn a_table_that_the_first_release_wrote_stays_ours_whatever_columns_came_later() {
    let header = "code,status,machine,duration,created_at,used_at,expire_at,batch,note,prefix";
    assert!(table::csv_header().trim_start_matches('\u{feff}').starts_with(header), "new columns come last");
    let parsed = csv(format!("{header}\nVIP-A1,unused,,1d,,,,,,\nTOTAL,unused,,1d,,,,,,\n"));
    assert_eq!(codes(&parsed), [("", "VIP-A1", "VIP-A1"), ("", "TOTAL", "TOTAL")]);
}

proptest! {
    #[test]
    fn what_is_exported_as_a_table_comes_back_under_the_same_prefix(
        prefix in "([A-Z季0-9_-]{1,16})?",
        codes in prop::collection::hash_set("[A-Z0-9]{1,6}([_-]{1,2}[A-Z0-9]{1,8}){0,4}", 1..5),
        begins: bool,
    ) {
        let named = |code: &String| if begins && !prefix.is_empty() { format!("{prefix}-{code}") } else { code.clone() };
        let full_codes: Vec<_> = codes.iter().map(named).collect();
        let rows: String = full_codes.iter().map(|code| table::csv_line(&record(&prefix, code))).collect();
        let text = table::csv_header() + &rows;
        let parsed = parse_csv(text.as_bytes(), &Defaults::default()).unwrap();
        prop_assert!(parsed.malformed.is_empty(), "{text}: {:?}", parsed.malformed);
        let found: Vec<_> = parsed.cards.iter().map(|card| (card.prefix, card.full_code)).collect();
        let expected: Vec<_> = full_codes.iter().map(|code| (prefix.as_str(), code.as_str())).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn no_line_with_a_blank_or_a_sign_is_a_card(word in "[a-z]{1,9}", sign in "[ .,:;!?/@'\"(){}<>=+*&%$\\\\|]", rest in "[a-z0-9]{1,9}") {
        let line = format!("{word}{sign}{rest}");
        let parsed = filed(&line, Filing::AsWritten);
        prop_assert!(parsed.cards.is_empty(), "{line}");
    }
}
