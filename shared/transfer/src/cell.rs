//! Cells of a spreadsheet: written so that none is run, becomes a number, hides anything or breaks its row, and read back
//! as they were.

use std::fmt::Write as _;

use kami_core::hidden::is_hidden;
use kami_core::spoken::plain;

/// The characters at whose sight a spreadsheet runs a cell as a formula, in both widths.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// The names of the months, of which the first three letters are enough.
const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// The text behind what a spreadsheet passes over: blanks and quotation marks.
fn behind_marks(text: &str) -> &str {
    // A tab or a break is written as an escape, so that nothing passes over it.
    let is_blank = |character: char| character.is_whitespace() && !is_hidden(character);
    text.trim_start_matches(|character| is_blank(character) || matches!(character, '\'' | '"'))
}

/// Whether a spreadsheet might run what starts like this.
fn is_formula(text: &str) -> bool {
    behind_marks(text).starts_with(FORMULA)
}

/// Whether a spreadsheet might make a number, a date or a truth value of a text: of `868533012345678`, `007`, `1E5`,
/// `3-5`, `Mar-05` or `3月5日`.
fn is_number(text: &str) -> bool {
    let text = behind_marks(text);
    let is_sign =
        |character: char| character.is_ascii_digit() || " .,:/-+%()$¥￥€£年月日时分秒".contains(character);
    let is_wide = |character| ('！'..='～').contains(&character);
    if !text
        .chars()
        .all(|character| character.is_ascii_alphabetic() || is_sign(character) || is_wide(character))
    {
        return false;
    }
    let text = plain(text);
    let text = text.trim_end();
    if matches!(text, "true" | "false") {
        return true;
    }
    let word = text.trim_matches(|character: char| !character.is_ascii_alphabetic());
    let is_word = match word {
        "" | "e" | "am" | "pm" => true,
        word => word.len() >= 3 && MONTHS.iter().any(|month| month.starts_with(word)),
    };
    is_word
        && text.contains(|character: char| character.is_ascii_digit())
        && text.replacen(word, "", 1).chars().all(is_sign)
}

/// Whether a text needs an apostrophe to stay the text that it is.
fn is_guarded(text: &str) -> bool {
    is_formula(text) || is_number(text)
}

/// The text as a cell that stays as it is in a spreadsheet.
///
/// An apostrophe in front makes a formula or a number text. What nobody sees is written as `\u{202e}`, and so is a `;` before
/// a formula: where that separates, the formula would begin a cell of its own.
pub(super) fn harmless(text: &str) -> String {
    let mut cell = String::with_capacity(text.len() + 1);
    if is_guarded(text) {
        cell.push('\'');
    }
    for (index, character) in text.char_indices() {
        let rest = &text[index + character.len_utf8()..];
        let is_escaped = match character {
            // What looks like an escape already is told from one.
            '\\' => rest.starts_with("u{"),
            ';' => is_formula(rest),
            _ => is_hidden(character),
        };
        if is_escaped {
            let _ = write!(cell, "{}", character.escape_unicode());
        } else {
            cell.push(character);
        }
    }
    cell
}

/// The text that [`harmless`] was given.
pub(super) fn original(cell: &str) -> String {
    let mut rest = cell.strip_prefix('\'').filter(|text| is_guarded(text)).unwrap_or(cell);
    let mut text = String::with_capacity(rest.len());
    while let Some(start) = rest.find("\\u{") {
        text.push_str(&rest[..start]);
        let (character, end) = escaped(&rest[start..]).unwrap_or(('\\', 1));
        text.push(character);
        rest = &rest[start + end..];
    }
    text + rest
}

/// The character whose escape a text starts with, and how many bytes that takes; none that is never escaped.
fn escaped(text: &str) -> Option<(char, usize)> {
    let (digits, _) = text.strip_prefix("\\u{")?.split_once('}')?;
    let character = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32)?;
    let is_ours = matches!(character, '\\' | ';') || is_hidden(character);
    is_ours.then_some((character, digits.len() + 4))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str) {
        let cell = harmless(text);
        assert!(!cell.starts_with(FORMULA) && !cell.chars().any(is_hidden), "{text:?}");
        assert!(cell.split(';').skip(1).all(|part| !is_formula(part)), "{text:?}");
        assert_eq!(original(&cell), text);
    }

    #[test]
    fn every_character_is_harmless_and_comes_back() {
        for character in '\0'..=char::MAX {
            for text in [format!("{character}=1"), format!("a{character}=1"), format!("a;{character}")] {
                check(&text);
            }
        }
    }

    #[test]
    fn cells() {
        for (text, cell) in [
            ("VIP-1", "VIP-1"),
            ("=1+1", "'=1+1"),
            ("＝1", "'＝1"),
            (" @x", "' @x"),
            ("\n＝1", r"\u{a}＝1"),
            ("868533012345678", "'868533012345678"),
            ("007", "'007"),
            ("1E5", "'1E5"),
            ("8.68E+14", "'8.68E+14"),
            ("3-5", "'3-5"),
            ("2026/01/02", "'2026/01/02"),
            ("Mar-05", "'Mar-05"),
            ("5 march", "'5 march"),
            ("12:30 PM", "'12:30 PM"),
            ("3月5日", "'3月5日"),
            ("１２３", "'１２３"),
            ("¥5", "'¥5"),
            ("TRUE", "'TRUE"),
            ("'007", "''007"),
            ("MARK-5", "MARK-5"),
            ("30天", "30天"),
            ("a1", "a1"),
            ("'tis", "'tis"),
            ("'=1", "''=1"),
            ("a;b", "a;b"),
            ("PC;=cmd", r"PC\u{3b}=cmd"),
            ("PC\t+1", r"PC\u{9}+1"),
            ("\u{202e}x", r"\u{202e}x"),
            (r"\u{202e}", r"\u{5c}u{202e}"),
            (r"C:\users", r"C:\users"),
        ] {
            assert_eq!(harmless(text), cell);
            assert_eq!(original(cell), text);
        }
        // What nobody writes here stays as it stands.
        for cell in [r"\u{41}", r"\u{}", r"\u{zz}", r"\u{110000}", r"\u{", "'"] {
            assert_eq!(original(cell), cell);
        }
    }

    proptest! {
        #[test]
        fn no_cell_is_a_formula_and_none_is_lost(text in "([=+@＝'\"; \t\r\n\\\\-]|\\\\u\\{|3b|\\}|[0-9eE.月]|\\PC|\\pC){0,12}") {
            check(&text);
        }
    }
}
