//! Whatever bytes a file has: each code in it is imported, or its line, or the file, is refused.

use kami_transfer::Notice;
use kami_transfer::import::{Parsed, ReadError};
use proptest::prelude::*;
use proptest::sample::select;

use super::{DAY, Defaults, parse_csv, parse_txt};

/// What files are made of; a code stands for one of its own each time.
fn fragments() -> impl Strategy<Value = Vec<Vec<u8>>> {
    const CODE: &[u8] = b"VIP-";
    const SIGNS: &[&[u8]] = &[
        b"\"",
        b"\"\"",
        b",",
        b";",
        b"\t",
        b" ",
        b"\n",
        b"\r\n",
        b"\r",
        b"code",
        b"note",
        b"duration",
        b"30d",
        b"#",
        b"'",
        b"=\"",
        b"sep=;",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\xff",
        b"\0",
        b"\xbf\xa8\xc3\xdc",
        b"\xe5\x8d\xa1",
        b"x",
        b"-",
    ];
    let fragment = prop_oneof![
        3 => Just(CODE.to_vec()),
        2 => select(vec![b"\n".to_vec(), b",".to_vec()]),
        5 => select(SIGNS).prop_map(<[u8]>::to_vec),
    ];
    prop::collection::vec(fragment, 0..40).prop_map(|fragments| {
        let numbered = fragments.into_iter().enumerate();
        let named = numbered.map(|(number, fragment)| match fragment.as_slice() {
            CODE => format!("VIP-T{number:03}K").into_bytes(),
            _ => fragment,
        });
        named.collect()
    })
}

/// What is imported of a file, where it is imported at all.
fn imported(read: Result<Parsed, ReadError>) -> Option<Parsed> {
    read.ok().filter(|parsed| parsed.malformed.is_empty())
}

fn says(parsed: &Parsed, is_it: impl Fn(&Notice) -> bool) -> bool {
    parsed.notices.iter().any(is_it)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_code_is_dropped_in_silence(fragments in fragments(), head in select(&["", "code,note\n", "卡密;备注\r\n", "note\tcode\n"][..])) {
        let bytes = [head.as_bytes(), &fragments.concat()].concat();
        for read in [parse_txt(bytes.as_slice(), &Defaults::lasting(DAY)), parse_csv(bytes.as_slice(), &Defaults::lasting(DAY))] {
            let Some(parsed) = imported(read) else { continue };
            // A mark says that it is UTF-16, in which these bytes are other characters.
            let is_marked = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
            let is_said = is_marked || says(&parsed, |notice| {
                matches!(
                    notice,
                    Notice::Ignored(_) | Notice::Untitled(..) | Notice::Comments(_) | Notice::Encoding(_)
                )
            });
            for code in fragments.iter().filter(|fragment| fragment.starts_with(b"VIP-")) {
                let code = str::from_utf8(code).unwrap();
                let mut holders = parsed.cards.iter().filter(|card| card.full_code.contains(code));
                let is_a_card = holders.next().is_some();
                let is_noted = parsed.cards.iter().any(|card| card.note.is_some_and(|note| note.contains(code)));
                prop_assert!(is_a_card || is_noted || is_said, "{code}: {parsed:?}");
            }
            let has_lines = parsed.cards.iter().any(|card| card.note.is_some_and(|note| note.contains('\n')));
            prop_assert!(!has_lines || says(&parsed, |notice| matches!(notice, Notice::SeveralLines(..))));
        }
    }

    #[test]
    fn no_bytes_are_too_much(bytes: Vec<u8>) {
        for read in [parse_txt(bytes.as_slice(), &Defaults::lasting(DAY)), parse_csv(bytes.as_slice(), &Defaults::lasting(DAY))] {
            prop_assert!(matches!(read, Ok(_) | Err(ReadError::OpenQuote(_))), "{read:?}");
        }
    }
}
