//! How the characters of a file are written, guessed from its bytes where nothing in it says so.

use super::encoding::Encoding;

/// Whether a file begins like a workbook of Excel, or another archive.
pub(super) fn is_workbook(start: &[u8]) -> bool {
    start.starts_with(b"PK\x03\x04") || start.starts_with(&[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1])
}

/// Whether bytes without a mark are UTF-16 all the same, and then whether its high bytes come first: every other byte of
/// a file of codes is 0 then.
pub(super) fn unmarked_utf16(bytes: &[u8]) -> Option<bool> {
    let zeros = |odd: usize| bytes.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let is_enough = (even + odd) * 4 >= bytes.len() && even + odd > 0;
    match (even, odd) {
        (0, _) if is_enough => Some(false),
        (_, 0) if is_enough => Some(true),
        _ => None,
    }
}

/// The encoding of what is not ASCII, where that is not beyond doubt UTF-8; some of it may be damaged.
pub(super) fn guess(bytes: &[u8]) -> Option<Encoding> {
    let (mut short, mut long, mut invalid, mut are_words) = (0, 0, 0, true);
    for chunk in bytes.utf8_chunks() {
        long += chunk.valid().chars().filter(|character| *character >= '\u{800}').count();
        short += chunk.valid().chars().filter(|character| ('\u{80}'..'\u{800}').contains(character)).count();
        invalid += usize::from(!chunk.invalid().is_empty());
        let is_between = |character: char| character.is_ascii() && !character.is_ascii_alphabetic();
        are_words &= chunk.valid().split(is_between).all(is_word);
    }
    let pairs = Pairs::count(bytes);
    if invalid > 0 {
        // Chinese in UTF-8 is long, and a single letter of two bytes is found in GB18030 as well.
        let is_damaged = long > invalid || (are_words && short > invalid);
        return (!is_damaged && pairs.are_chinese()).then_some(Encoding::Gb18030);
    }
    match long + pairs.rare + pairs.wrong {
        // Both are possible of few characters: 小时 in GBK is “Сʱ” in UTF-8.
        0 if are_words => Some(Encoding::Utf8),
        0 => Some(Encoding::Gb18030),
        _ => None,
    }
}

/// Whether letters below U+0800 are more likely a word of some language in UTF-8 than Chinese in GB18030: Latin with an
/// accent, or three letters of one other script. Most words of those have bytes that GB2312 has not.
fn is_word(word: &str) -> bool {
    let script = |character| match character {
        '\u{80}'..='\u{24f}' => Some(0),
        '\u{370}'..='\u{3ff}' => Some(1),
        '\u{400}'..='\u{52f}' => Some(2),
        '\u{530}'..='\u{58f}' => Some(3),
        '\u{590}'..='\u{5ff}' => Some(4),
        '\u{600}'..='\u{6ff}' => Some(5),
        _ => None,
    };
    let mut scripts = word.chars().filter(|character| !character.is_ascii()).map(script);
    let Some(first) = scripts.next() else { return true };
    let others = scripts.clone().count();
    let is_possible = match first {
        Some(0) => word.contains(|character: char| character.is_ascii()),
        Some(_) => others >= 2,
        None => false,
    };
    is_possible && scripts.all(|script| script == first)
}

/// What the bytes that are not ASCII are in GB18030.
#[derive(Default)]
struct Pairs {
    /// The characters of GB2312: nearly all of what is written in mainland China.
    common: usize,
    rare: usize,
    wrong: usize,
}

impl Pairs {
    fn count(bytes: &[u8]) -> Self {
        let mut pairs = Self::default();
        let mut rest = bytes;
        while let [first, behind @ ..] = rest {
            let length = match (first, behind) {
                (0..=0x7f, _) => 1,
                (0xa1..=0xf7, [0xa1..=0xfe, ..]) => {
                    pairs.common += 1;
                    2
                }
                (0x81..=0xfe, [0x40..=0x7e | 0x80..=0xfe, ..]) => {
                    pairs.rare += 1;
                    2
                }
                (0x81..=0xfe, [0x30..=0x39, 0x81..=0xfe, 0x30..=0x39, ..]) => {
                    pairs.rare += 1;
                    4
                }
                _ => {
                    pairs.wrong += 1;
                    1
                }
            };
            rest = &rest[length..];
        }
        pairs
    }

    const fn are_chinese(&self) -> bool {
        self.common > 0 && self.common >= self.rare && self.common >= 8 * self.wrong
    }
}

#[cfg(test)]
mod tests {
    use encoding_rs::GB18030;

    use super::*;

    #[test]
    fn few_characters_are_taken_for_the_words_of_some_language() {
        for text in ["720小时", "3时", "联通", "微信", "注", "卡密", "每月"] {
            assert_eq!(guess(&GB18030.encode(text).0), Some(Encoding::Gb18030), "{text}");
        }
        for (text, guessed) in [
            ("Zoë", Some(Encoding::Utf8)),
            ("naïve café", Some(Encoding::Utf8)),
            ("дока", Some(Encoding::Utf8)),
            ("Иван", None),
            ("小时", None),
            ("Zoë 小", None),
        ] {
            assert_eq!(guess(text.as_bytes()), guessed, "{text}");
        }
    }

    #[test]
    fn what_is_damaged_or_of_another_encoding_is_not_taken_for_chinese() {
        let mut damaged = "卡密\n备注\n".as_bytes().to_vec();
        damaged[3] = 0xff;
        let latin = b"code,note\nVIP-A1,Zo\xe9,\nVIP-A2,\xe9cran\n";
        for bytes in [damaged.as_slice(), latin, b"\xff", b"VIP-\xff\n"] {
            assert_eq!(guess(bytes), None, "{bytes:?}");
        }
    }

    #[test]
    fn utf_16_is_known_by_its_zeros() {
        for (bytes, is_big) in [
            (&b"V\0I\0P\0"[..], Some(false)),
            (b"\0V\0I", Some(true)),
            (b"VIP-1\0\n", None),
            (b"\0\0\0\0", None),
            (b"", None),
        ] {
            assert_eq!(unmarked_utf16(bytes), is_big, "{bytes:?}");
        }
    }
}
