//! Text in cells of the terminal: made harmless, measured, cut and padded.

use std::borrow::Cow;

use kami_core::hidden::is_hidden;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

const ELLIPSIS: char = '…';

/// Text from outside as it may be shown: control characters and escapes as their pictures (␛), whatever else nobody
/// sees as �, so that nothing in it is run and no column moves.
pub fn harmless(text: &str) -> Cow<'_, str> {
    if text.chars().all(|character| picture(character) == Some(character)) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.chars().filter_map(picture).collect())
    }
}

/// The same for a text of several lines, which it keeps.
pub fn harmless_lines(text: &str) -> String {
    text.split('\n').map(harmless).collect::<Vec<_>>().join("\n")
}

/// What is shown for a character; nothing for those that only change how their neighbours look.
fn picture(character: char) -> Option<char> {
    match character {
        '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + u32::from(character)),
        '\u{7f}' => Some('␡'),
        // Terminals disagree about the width of what these join, and none about its parts.
        '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}' => None,
        // Some join these marks to the letter before and some do not; their full-width forms stand alone everywhere.
        '\u{ff9e}' => Some('\u{309b}'),
        '\u{ff9f}' => Some('\u{309c}'),
        // Nor do they agree about what is wider than two cells.
        _ if is_hidden(character) || character.width() > Some(2) => Some('\u{fffd}'),
        _ => Some(character),
    }
}

/// How many cells a text takes.
pub fn cells(text: &str) -> usize {
    text.width()
}

/// The text in at most `width` cells, its end cut off where it has more.
pub fn cut_end(text: &str, width: usize) -> Cow<'_, str> {
    if cells(text) <= width {
        return Cow::Borrowed(text);
    }
    if width == 0 {
        return Cow::Borrowed("");
    }
    let mut cut = take_cells(text.chars(), width - 1);
    cut.push(ELLIPSIS);
    Cow::Owned(cut)
}

/// The text in at most `width` cells, its middle cut out where it has more, so that both ends can be compared.
pub fn cut_middle(text: &str, width: usize) -> Cow<'_, str> {
    if cells(text) <= width {
        return Cow::Borrowed(text);
    }
    if width < 5 {
        return cut_end(text, width);
    }
    let tail_width = (width - 1) / 3;
    let tail: String = take_cells(text.chars().rev(), tail_width).chars().rev().collect();
    let mut cut = take_cells(text.chars(), width - 1 - cells(&tail));
    cut.push(ELLIPSIS);
    cut.push_str(&tail);
    Cow::Owned(cut)
}

fn take_cells(characters: impl Iterator<Item = char>, width: usize) -> String {
    let mut taken = String::new();
    let mut used = 0;
    for character in characters {
        used += character.width().unwrap_or(0);
        if used > width {
            break;
        }
        taken.push(character);
    }
    taken
}

/// The text with spaces behind it, to fill `width` cells.
pub fn pad_right(text: &str, width: usize) -> String {
    let mut padded = text.to_owned();
    padded.extend(std::iter::repeat_n(' ', width.saturating_sub(cells(text))));
    padded
}

/// The text with spaces before it, to fill `width` cells.
pub fn pad_left(text: &str, width: usize) -> String {
    let mut padded: String = std::iter::repeat_n(' ', width.saturating_sub(cells(text))).collect();
    padded.push_str(text);
    padded
}

/// The text in lines of at most `width` cells, broken at spaces or, where there are none, anywhere.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(2);
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let mut line = String::new();
        for word in pieces(paragraph) {
            if cells(&line) + cells(word.trim_end()) > width && !line.is_empty() {
                lines.push(line.trim_end().to_owned());
                line.clear();
            }
            line.push_str(word);
            while cells(line.trim_end()) > width {
                let head = take_cells(line.chars(), width);
                line = line.split_off(head.len());
                lines.push(head);
            }
        }
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// The places where a line may break: behind a space, and on either side of a wide character.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    for (index, character) in text.char_indices() {
        let end = index + character.len_utf8();
        let next_is_closing = text[end..].starts_with(['，', '。', '：', '；', '、', '！', '？', '）', '」']);
        if (character == ' ' || character.width() == Some(2)) && !next_is_closing {
            pieces.push(&text[start..end]);
            start = end;
        }
    }
    if start < text.len() {
        pieces.push(&text[start..]);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use std::num::NonZero;

    use super::*;

    #[test]
    fn nothing_in_a_text_is_run() {
        for (text, shown) in [
            ("VIP-ABC", "VIP-ABC"),
            ("\u{1b}[31mred\u{7}", "␛[31mred␇"),
            ("a\r\nb\tc\u{7f}", "a␍␊b␉c␡"),
            ("\u{9b}2J", "\u{fffd}2J"),
            ("abc\u{202e}cba", "abc\u{fffd}cba"),
            ("卡密😀", "卡密😀"),
            ("👨\u{200d}👩", "👨👩"),
            ("\u{2764}\u{fe0f}", "\u{2764}"),
            ("👍🏽", "👍"),
            ("ｶ\u{ff9e}ﾊ\u{ff9f}", "ｶ\u{309b}ﾊ\u{309c}"),
        ] {
            assert_eq!(harmless(text), shown);
        }
    }

    #[test]
    fn every_character_takes_the_cells_that_it_is_counted_for() {
        let size = |cells| NonZero::new(cells).unwrap();
        let mut terminal = vt100::Parser::new(size(1), size(10), 0);
        for character in '\0'..=char::MAX {
            let text = format!("a{character}b");
            let shown = harmless(&text);
            assert!(!shown.chars().any(is_hidden), "{character:?}");
            // The emulator takes � for a fault in its input and shows nothing.
            terminal.process(format!("\r{}", shown.replace('\u{fffd}', "?")).as_bytes());
            let (_, column) = terminal.screen().cursor_position();
            assert_eq!(cells(&shown), usize::from(column), "{character:?}");
        }
        assert_eq!(harmless_lines("a\u{1b}\nb\u{e0041}"), "a␛\nb\u{fffd}");
    }

    #[test]
    fn cuts_keep_to_their_width() {
        for (text, width, end, middle) in [
            ("VIP-7KQ2M9XW", 12, "VIP-7KQ2M9XW", "VIP-7KQ2M9XW"),
            ("VIP-7KQ2M9XW", 9, "VIP-7KQ2…", "VIP-7K…XW"),
            ("VIP-7KQ2M9XW", 3, "VI…", "VI…"),
            ("VIP-7KQ2M9XW", 0, "", ""),
            ("一二三四五六", 8, "一二三…", "一二…六"),
        ] {
            assert_eq!(cut_end(text, width), end);
            assert_eq!(cut_middle(text, width), middle);
            assert!(cells(&cut_middle(text, width)) <= width);
        }
    }

    #[test]
    fn padding_counts_cells() {
        assert_eq!(pad_right("卡", 4), "卡  ");
        assert_eq!(pad_left("12", 4), "  12");
        assert_eq!(pad_left("12345", 4), "12345");
    }

    #[test]
    fn lines_break_at_spaces_and_between_wide_characters() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("数据库不可用，稍后重试", 10), ["数据库不可", "用，稍后重", "试"]);
        assert_eq!(wrap("a\nb", 5), ["a", "b"]);
    }
}
