//! The prefix of a card's code: the seller's name for a kind of card.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::canonical::canonical;

/// A prefix as new cards may have it: 1 to 16 letters and digits of any script, `_` and `-`.
///
/// Cards that were taken over may have others, so a card's own prefix is plain text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefix(String);

impl Prefix {
    /// The most characters of a prefix: the width of its column.
    pub const MAX_CHARS: usize = 16;

    /// Whether a prefix may hold this character.
    pub fn allows(character: char) -> bool {
        character.is_alphanumeric() || matches!(character, '_' | '-')
    }

    /// The prefix itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What a full code has behind a prefix, whatever its case, and a hyphen; nothing where it does not begin so: a card may
/// have no prefix, or be filed under one that its code does not have.
pub fn behind<'a>(prefix: &str, full_code: &'a str) -> Option<&'a str> {
    let width = prefix.chars().count();
    let (end, _) = full_code.char_indices().nth(width).filter(|_| width > 0)?;
    let (start, rest) = full_code.split_at(end);
    let code = rest.strip_prefix('-').filter(|code| !code.is_empty())?;
    (start == prefix || canonical(start) == canonical(prefix)).then_some(code)
}

/// Why a text can be no prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PrefixError {
    /// There is nothing of it.
    #[error("a prefix has at least one character")]
    Empty,
    /// It has more than [`Prefix::MAX_CHARS`] characters.
    #[error("a prefix has at most {max} characters", max = Prefix::MAX_CHARS)]
    TooLong,
    /// It holds something else than letters, digits, `_` and `-`.
    #[error("a prefix has letters, digits, _ and - only, not {0:?}")]
    Character(char),
}

impl FromStr for Prefix {
    type Err = PrefixError;

    fn from_str(text: &str) -> Result<Self, PrefixError> {
        if text.is_empty() {
            return Err(PrefixError::Empty);
        }
        if let Some(character) = text.chars().find(|character| !Self::allows(*character)) {
            return Err(PrefixError::Character(character));
        }
        if text.chars().nth(Self::MAX_CHARS).is_some() {
            return Err(PrefixError::TooLong);
        }
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn prefixes() {
        let widest = "季".repeat(Prefix::MAX_CHARS);
        for (text, error) in [
            ("VIP", None),
            ("a_b-C9", None),
            ("季卡", None),
            ("Ünïcode٣", None),
            (widest.as_str(), None),
            ("", Some(PrefixError::Empty)),
            ("12345678901234567", Some(PrefixError::TooLong)),
            (" VIP", Some(PrefixError::Character(' '))),
            ("VIP,1", Some(PrefixError::Character(','))),
            ("=VIP", Some(PrefixError::Character('='))),
            ("卡\u{1b}[31m", Some(PrefixError::Character('\u{1b}'))),
            ("🎫", Some(PrefixError::Character('🎫'))),
        ] {
            assert_eq!(text.parse::<Prefix>().err(), error, "{text}");
        }
    }

    #[test]
    fn a_code_may_begin_with_its_prefix() {
        for (prefix, full_code, code) in [
            ("VIP", "VIP-A1", Some("A1")),
            ("vip", "VIP-A1", Some("A1")),
            ("KEYAUTH", "KEYAUTH-A1-B2", Some("A1-B2")),
            ("季卡", "季卡-A1", Some("A1")),
            ("VIP", "VIPA1", None),
            ("VIP", "VIP-", None),
            ("VIP", "VIP", None),
            ("VIP", "GOLD-A1", None),
            ("", "-A1", None),
            ("", "A1", None),
        ] {
            assert_eq!(behind(prefix, full_code), code, "{prefix} {full_code}");
        }
    }

    proptest! {
        #[test]
        fn what_is_accepted_is_kept_as_it_is(text in "\\PC{0,20}") {
            if let Ok(prefix) = text.parse::<Prefix>() {
                prop_assert_eq!(prefix.as_str(), &text);
                prop_assert!((1..=Prefix::MAX_CHARS).contains(&text.chars().count()));
                prop_assert!(text.chars().all(Prefix::allows));
            }
        }
    }
}
