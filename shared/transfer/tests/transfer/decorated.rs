//! Codes that came through chats, web pages and other programs: each is imported as the code that a person reads, or refused
//! by its line.

use kami_transfer::Notice;
use kami_transfer::import::MalformedReason;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::{csv, lines, malformed, txt};

/// What is put around a code.
const AROUND: [(&str, &str); 9] = [
    ("", ""),
    (" ", "\t"),
    ("\u{3000}", "\u{a0}"),
    ("\u{feff}", "\u{200b}"),
    ("\"", "\""),
    ("=\"", "\""),
    ("'", ""),
    ("\u{200e}", "\u{2069}"),
    ("\u{2028}", "\0"),
];

/// What comes into a code that nobody sees there.
const UNSEEN: [&str; 6] = ["", "\u{200b}", "\u{ad}", "\u{200d}", "\u{feff}", "\u{202a}"];

/// The same code in letters of full width.
fn widened(code: &str) -> String {
    let wide = |character| match character {
        '!'..='~' => char::from_u32(u32::from(character) + 0xfee0).unwrap_or(character),
        other => other,
    };
    code.chars().map(wide).collect()
}

#[test]
fn a_list_and_a_table_take_codes_as_people_read_them() {
    for text in ["ＶＩＰ－Ａ１", "VIP–A1", "VIP-A\u{200b}1", "\u{feff}VIP-A1", "\"VIP-A1\"", "VIP——A1"]
    {
        for parsed in [txt(format!("VIP-B2\n{text}\n")), csv(format!("code\nVIP-B2\n{text}\n"))] {
            let codes: Vec<_> = lines(&parsed).into_iter().map(|(_, code)| code).collect();
            assert_eq!(codes, ["VIP-B2", "VIP-A1"], "{text:?}: {:?}", parsed.malformed);
            let is_said = |notice: &Notice| matches!(notice, Notice::Respelled(1) | Notice::Unmarked(1));
            assert!(
                parsed.notices.iter().any(is_said) || text.starts_with('"'),
                "{text:?}: {:?}",
                parsed.notices
            );
        }
    }
    let twice = csv("code\nVIP-A1\nVIP–A1\n");
    assert_eq!(malformed(&twice), [(3, MalformedReason::Repeated(2))]);
    assert_eq!(
        malformed(&txt("VIP-A1\nVIP\0-A2\n")).len(),
        1,
        "a control in between is no mistake of a program"
    );
}

#[test]
fn empty_rows_before_the_titles_are_passed_over() {
    for head in [",,\n", ";;\r\n\r\n", "\t\t\n , \n"] {
        let separator = head.trim_start_matches('\n').chars().next().unwrap();
        let parsed = csv(format!("{head}卡密{separator}时长\nVIP-A1{separator}1天\n"));
        let codes: Vec<_> = lines(&parsed).into_iter().map(|(_, code)| code).collect();
        assert_eq!((codes, malformed(&parsed)), (vec!["VIP-A1"], Vec::new()), "{head:?}");
        assert!(parsed.notices.iter().any(|notice| matches!(notice, Notice::EmptyRows(_))), "{head:?}");
    }
}

#[test]
fn the_row_of_a_sum_is_named_and_becomes_no_card() {
    for total in ["合计,,5", "共 2 张,,", "Total,,5", "\"总计：\",,5"] {
        let parsed = csv(format!("卡密,时长,价格\nVIP-A1,1天,5\n{total}\n"));
        assert_eq!(lines(&parsed), [(2, "VIP-A1")], "{total}");
        assert_eq!(malformed(&parsed), [(3, MalformedReason::Total)], "{total}");
    }
}

proptest! {
    #[test]
    fn whatever_is_around_or_unseen_in_a_code_it_is_the_same(
        (before, behind) in select(&AROUND[..]),
        unseen in select(&UNSEEN[..]),
        hyphen in select(&["-", "–", "—", "——", "‐", "−", "－", "﹣"][..]),
        at: Index,
        is_wide: bool,
        is_table: bool,
    ) {
        let code = format!("VIP{hyphen}QA7XK3");
        let mut written = if is_wide { widened(&code) } else { code };
        let places: Vec<_> = written.char_indices().map(|(place, _)| place).collect();
        // Two dashes that Chinese keyboards type as one stay together.
        let place = places[at.index(places.len())];
        if !written[place..].starts_with('—') {
            written.insert_str(place, unseen);
        }
        let line = format!("{before}{written}{behind}");
        let parsed = if is_table { csv(format!("code\nVIP-B2\n{line}\n")) } else { txt(format!("VIP-B2\n{line}\n")) };
        let codes: Vec<_> = lines(&parsed).into_iter().map(|(_, code)| code.to_owned()).collect();
        prop_assert_eq!(codes, ["VIP-B2", "VIP-QA7XK3"], "{:?}: {:?}", line, parsed.malformed);
    }
}
