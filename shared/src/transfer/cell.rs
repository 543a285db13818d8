//! Cells of a spreadsheet: written so that none is run, hides anything or breaks its row, and read back as they were.

use std::fmt::Write as _;

use crate::hidden::is_hidden;

/// The characters at whose sight a spreadsheet runs a cell as a formula, in both widths.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// Whether a spreadsheet might run what starts like this, once it has passed over blanks and quotation marks.
fn is_formula(text: &str) -> bool {
    // A tab or a break is written as an escape, so that nothing passes over it.
    let is_blank = |character: char| character.is_whitespace() && !is_hidden(character);
    text.trim_start_matches(|character| is_blank(character) || matches!(character, '\'' | '"'))
        .starts_with(FORMULA)
}

/// The text as a cell that no spreadsheet runs.
///
/// A quotation mark in front makes a formula text. What nobody sees is written as `\u{202e}`, and so is a `;` before
/// a formula: where that separates, the formula would begin a cell of its own.
pub(super) fn harmless(text: &str) -> String {
    let mut cell = String::with_capacity(text.len() + 1);
    if is_formula(text) {
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
    let mut rest = cell.strip_prefix('\'').filter(|text| is_formula(text)).unwrap_or(cell);
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
        fn no_cell_is_a_formula_and_none_is_lost(text in "([=+@＝'\"; \t\r\n\\\\-]|\\\\u\\{|3b|\\}|\\PC|\\pC){0,12}") {
            check(&text);
        }
    }
}
