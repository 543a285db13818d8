//! Whole numbers as people and files write them.

use std::str::FromStr;

/// The number that a text of digits alone is, if the type holds it: no sign, no blank, no point.
pub(crate) fn number<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_alone_are_a_number() {
        for (text, expected) in [
            ("0", Some(0)),
            ("007", Some(7)),
            ("255", Some(255)),
            ("256", None),
            ("", None),
            ("+1", None),
            ("-1", None),
            ("1.0", None),
            (" 1", None),
            ("１", None),
        ] {
            assert_eq!(number::<u8>(text), expected, "{text}");
        }
    }
}
