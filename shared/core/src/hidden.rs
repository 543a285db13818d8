//! Characters that whoever reads a text does not see, or sees as something else: the one list of them.

use std::borrow::Cow;
use std::fmt::Write as _;

use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};

/// Whether a character is a control or format character, a break between lines or paragraphs, of private use or not
/// assigned, or one that is drawn as nothing: Unicode's default-ignorable ones, and the two blank symbols.
///
/// Spaces are none: a reader sees that something is there.
pub fn is_hidden(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_control();
    }
    matches!(
        CodePointMapData::<GeneralCategory>::new().get(character),
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
            | GeneralCategory::PrivateUse
            | GeneralCategory::Unassigned
    ) || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(character)
        // The empty pattern of Braille and the head of a note without one: symbols by their category.
        || matches!(character, '\u{2800}' | '\u{1d159}')
}

/// JSON that says the same with its hidden characters as escapes (`\u202e`), so that a terminal may show it.
///
/// Outside its strings JSON has none but the breaks between lines, which stay.
pub fn json(json: &str) -> Cow<'_, str> {
    let is_escaped = |character| character != '\n' && is_hidden(character);
    escape(json, is_escaped, |escaped, character| {
        for unit in character.encode_utf16(&mut [0; 2]) {
            let _ = write!(escaped, "\\u{unit:04x}");
        }
    })
}

/// A line of a log with its hidden characters as escapes (`\u{202e}`), so that it is one line and runs nothing.
pub fn log_line(line: &str) -> Cow<'_, str> {
    escape(line, is_hidden, |escaped, character| escaped.extend(character.escape_unicode()))
}

/// The text with some of its characters written differently; a text without any is not copied.
fn escape(text: &str, is_escaped: impl Fn(char) -> bool, write: impl Fn(&mut String, char)) -> Cow<'_, str> {
    let Some(first) = text.find(&is_escaped) else { return Cow::Borrowed(text) };
    let mut escaped = text[..first].to_owned();
    for character in text[first..].chars() {
        if is_escaped(character) {
            write(&mut escaped, character);
        } else {
            escaped.push(character);
        }
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// Every character there is.
    fn all() -> impl Iterator<Item = char> {
        '\0'..=char::MAX
    }

    #[test]
    fn what_nobody_sees_is_hidden() {
        for range in [
            '\0'..='\u{1f}',
            '\u{7f}'..='\u{9f}',
            '\u{ad}'..='\u{ad}',
            '\u{34f}'..='\u{34f}',
            '\u{61c}'..='\u{61c}',
            '\u{115f}'..='\u{1160}',
            '\u{17b4}'..='\u{17b5}',
            '\u{180b}'..='\u{180f}',
            '\u{200b}'..='\u{200f}',
            '\u{2028}'..='\u{202e}',
            '\u{2060}'..='\u{206f}',
            '\u{2800}'..='\u{2800}',
            '\u{3164}'..='\u{3164}',
            '\u{e000}'..='\u{f8ff}',
            '\u{fe00}'..='\u{fe0f}',
            '\u{feff}'..='\u{feff}',
            '\u{ffa0}'..='\u{ffa0}',
            '\u{fff0}'..='\u{fffb}',
            '\u{1d159}'..='\u{1d159}',
            '\u{1d173}'..='\u{1d17a}',
            '\u{e0000}'..='\u{e0fff}',
            '\u{f0000}'..=char::MAX,
        ] {
            for character in range {
                assert!(is_hidden(character), "{character:?}");
            }
        }
        for character in ('\u{20}'..='\u{7e}').chain("\u{a0}\u{3000}é卡密가ﾊ😀🏽\u{301}（＝\u{fffd}".chars())
        {
            assert!(!is_hidden(character), "{character:?}");
        }
    }

    #[test]
    fn json_hides_nothing_and_says_the_same() {
        for character in all() {
            let value = Value::from(format!("a{character}b"));
            let text = value.to_string();
            let shown = json(&text);
            assert!(!shown.chars().any(is_hidden), "{character:?}");
            assert_eq!(serde_json::from_str::<Value>(&shown).unwrap(), value);
        }
        assert_eq!(json("{\"卡\":\"\u{9b}\u{e0041}\"}\n"), "{\"卡\":\"\\u009b\\udb40\\udc41\"}\n");
    }

    #[test]
    fn a_line_of_a_log_stays_one() {
        for character in all() {
            assert!(!log_line(&format!("a{character}b")).chars().any(is_hidden), "{character:?}");
        }
        assert_eq!(log_line("卡\u{1b}[2J\n"), "卡\\u{1b}[2J\\u{a}");
    }
}
