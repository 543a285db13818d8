//! The one form of a card's code, whatever way people and programs wrote it.
//!
//! The database finds a card by a collation, which ignores more than people do (an accent, a NUL) and less (the kinds of
//! hyphens). What it finds is therefore compared once more, by this rule alone:
//!
//! | written | means |
//! | --- | --- |
//! | spaces, controls and breaks at either end | nothing |
//! | what is drawn as nothing: zero-width spaces, marks of direction, soft hyphens, … | nothing |
//! | full-width characters: `ＶＩＰ１` | the plain ones: `VIP1` |
//! | a dash of any kind (Unicode's `Dash`, the hyphen bullet, the lengthening mark of kana), or `——` as Chinese keyboards type it | `-` |
//! | a space of any kind in between | a plain space |
//! | a letter in parts: `E` and a combining accent | the letter whole, as in NFC |
//! | a small letter that has one capital | the capital |
//!
//! All else is what it is: `VIP-É` is not `VIP-E`, `VIP-²` not `VIP-2`.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::props::{Dash, DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};

use crate::hidden::is_hidden;

/// The canonical form of a text as a code; empty where nothing of it is left.
///
/// What is between its ends may hold controls, which are left out: a row of the database may, and [`has_control`] says
/// it of what somebody sent.
pub fn canonical(text: &str) -> String {
    match plain(text) {
        Cow::Borrowed(text) => text.to_ascii_uppercase(),
        Cow::Owned(text) => text.chars().map(capital).collect(),
    }
}

/// The same in the case in which it was written: as it is stored where nothing else speaks against it. What is borrowed is
/// ASCII.
pub fn plain(text: &str) -> Cow<'_, str> {
    let text = trimmed(text);
    // what nearly every client sends
    if text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') {
        return text.into();
    }
    let mut plain = String::with_capacity(text.len());
    let mut before = None;
    for character in text.chars().filter(|character| !is_nothing(*character)) {
        // a long dash is two characters on Chinese keyboards
        if !(character == '—' && before == Some('—')) {
            plain.push(unadorned(character));
        }
        before = Some(character);
    }
    let whole = ComposingNormalizerBorrowed::new_nfc().normalize(&plain);
    trimmed(&whole).to_owned().into()
}

/// Whether a control character or a break between lines stands between the ends of a text: no code has one.
pub fn has_control(text: &str) -> bool {
    trimmed(text).contains(is_control)
}

fn is_control(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}' | '\u{2029}')
}

/// The text without the spaces, breaks and invisible characters at its ends.
pub(crate) fn trimmed(text: &str) -> &str {
    text.trim_matches(|character: char| character.is_whitespace() || is_nothing(character))
}

/// Whether a character is drawn as nothing; those of private use and those that are not assigned are drawn as something,
/// if only a box.
fn is_nothing(character: char) -> bool {
    let is_box = || {
        let category = CodePointMapData::<GeneralCategory>::new().get(character);
        matches!(category, GeneralCategory::PrivateUse | GeneralCategory::Unassigned)
            && !CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(character)
    };
    is_hidden(character) && !is_box()
}

fn unadorned(character: char) -> char {
    match character {
        '\u{ff01}'..='\u{ff5e}' => {
            let plain = u32::from(character) - u32::from('\u{ff01}') + u32::from('!');
            char::from_u32(plain).unwrap_or(character)
        }
        '\u{2043}' | '\u{30fc}' | '\u{ff70}' => '-',
        space if space.is_whitespace() => ' ',
        dash if CodePointSetData::new::<Dash>().contains(dash) => '-',
        other => other,
    }
}

/// A letter's capital where it has exactly one that is no more ASCII than the letter itself: neither `ß` nor the
/// Turkish `ı` is a letter that somebody else would type.
fn capital(character: char) -> char {
    let mut capitals = character.to_uppercase();
    match (capitals.next(), capitals.next()) {
        (Some(one), None) if one.is_ascii() == character.is_ascii() => one,
        _ => character,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_person_would_call_the_same_code_is_the_same() {
        for same in [
            "VIP-1",
            "vip-1",
            " \u{3000}VIP-1\r\n",
            "\u{feff}VIP-1\0",
            "VIP-\u{200b}1",
            "V\u{ad}IP\u{2060}-1\u{200e}",
            "VIP-1\u{fe0f}",
            "ＶＩＰ－１",
            "ｖｉｐ－１",
            "VIP–1",
            "VIP—1",
            "VIP——1",
            "VIP−1",
            "VIP‐1",
            "VIP‑1",
            "VIP﹣1",
            "VIP⁃1",
            "VIPー1",
        ] {
            assert_eq!(canonical(same), "VIP-1", "{same:?}");
        }
        assert_eq!(canonical("季卡－é"), canonical("季卡-E\u{301}"));
        assert_eq!(canonical("A\u{a0}B"), "A B");
        for nothing in ["", " ", "\u{200b}\u{3000}", "\0"] {
            assert_eq!(canonical(nothing), "");
        }
    }

    #[test]
    fn what_a_person_would_tell_apart_stays_apart() {
        for other in [
            "VIP-É",
            "VIP-Ë",
            "VIP-Ｅ\u{301}",
            "VIP-E1",
            "VIP--E",
            "VIP_E",
            "VIP-ⓔ",
            "VIP E",
            "VIP-Е",
            "VIP-ᴱ",
            "VIP-E\u{e000}",
        ] {
            assert_ne!(canonical(other), "VIP-E", "{other:?}");
        }
        for (one, other) in [("ß", "ss"), ("ı", "I"), ("ſ", "S"), ("²", "2"), ("ﬁ", "FI")] {
            assert_ne!(canonical(one), canonical(other), "{one:?}");
        }
    }

    #[test]
    fn controls_between_the_ends_are_noticed() {
        for (text, has) in [
            ("VIP-1", false),
            ("\tVIP-1\0\u{85}", false),
            ("VIP\0-1", true),
            ("VIP-\n1", true),
            ("VIP-\u{2028}1", true),
            ("VIP-\u{9b}1", true),
            ("VIP-\u{200b}1", false),
        ] {
            assert_eq!(has_control(text), has, "{text:?}");
        }
    }

    /// Characters that look alike, each with what it is to a code: the same as the other, or not.
    #[test]
    fn of_what_looks_alike_only_the_same_letter_in_another_dress_is_the_same() {
        for (one, other, is_same) in [
            ("\u{212a}", "K", true), // Kelvin sign, which Unicode takes for the letter
            ("\u{212b}", "Å", true), // Ångström sign
            ("Ａ", "A", true),
            ("é", "E\u{301}", true),
            ("が", "か\u{3099}", true),
            ("é", "É", true),
            ("σ", "Σ", true),
            ("Ǆ", "ǆ", true),
            ("ı", "i", false),
            ("İ", "I", false),
            ("ſ", "s", false),
            ("ß", "SS", false),
            ("ẞ", "ß", false),
            ("ﬁ", "fi", false),
            ("Ⅷ", "VIII", false),
            ("①", "1", false),
            ("²", "2", false),
            ("ª", "a", false),
            ("А", "A", false), // Cyrillic
            ("Α", "A", false), // Greek
            ("O", "0", false),
            ("l", "1", false),
            ("é", "e", false),
            ("㍿", "株式会社", false),
            ("ｱ", "ア", false), // half-width kana: two characters can be one there
            ("𝐀", "A", false),
            ("🄰", "A", false),
        ] {
            assert_eq!(canonical(one) == canonical(other), is_same, "{one} {other}");
            assert_eq!(
                canonical(&format!("VIP-{one}")) == canonical(&format!("vip–{other}")),
                is_same,
                "{one} {other}"
            );
        }
    }

    proptest! {
        #[test]
        fn a_letter_more_less_or_another_is_another_code(text in "[0-9A-Z季卡É][0-9A-Z季卡É-]{0,20}[0-9A-Z季卡É]",
            at: prop::sample::Index, letter in "[0-9a-z季春ÉЕΑ²①ß]", kind in 0..3_u8) {
            let mut letters: Vec<char> = text.chars().collect();
            let place = at.index(letters.len());
            let letter = letter.chars().next().unwrap();
            prop_assume!(kind != 1 || canonical(&letter.to_string()) != letters[place].to_string());
            match kind {
                0 => letters.insert(place, letter),
                1 => letters[place] = letter,
                _ => drop(letters.remove(place)),
            }
            let other: String = letters.into_iter().collect();
            prop_assert_ne!(canonical(&other), canonical(&text));
        }

        #[test]
        fn the_form_is_its_own_form(text: String) {
            let once = canonical(&text);
            prop_assert_eq!(canonical(&once), once.clone());
            prop_assert!(!once.contains(is_nothing));
        }

        #[test]
        fn what_nobody_sees_makes_no_difference(text in "[!-~季卡É]{1,20}", at: prop::sample::Index,
            unseen in prop::sample::select(vec!['\u{200b}', '\u{ad}', '\u{feff}', '\u{202e}', '\u{fe0f}', '\u{e0041}'])) {
            let places: Vec<usize> = text.char_indices().map(|(place, _)| place).collect();
            let mut with = text.clone();
            with.insert(places[at.index(places.len())], unseen);
            prop_assert_eq!(canonical(&with), canonical(&text));
        }
    }
}
