//! The languages, the texts of their files, and numbers.

mod language;

use std::borrow::Cow;
use std::fmt::Display;

use kami_core::filter::SortBy;

pub use self::language::Language;

/// A text of the locale files in a language, with its values filled in.
#[macro_export]
macro_rules! say {
    ($language:expr, $key:expr $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::words::text($language, &$key, &[$((stringify!($name), &$value)),*])
    };
}
pub use crate::say;

/// What [`say!`] says: the text under a key, or the language and the key where there is none, with the values by their
/// names.
pub fn text(language: Language, key: &impl AsRef<str>, values: &[(&str, &dyn Display)]) -> String {
    let text = rust_i18n::t!(key.as_ref(), locale = language.code());
    // Most have none, and a screen says hundreds.
    if values.is_empty() {
        return text.into_owned();
    }
    let names: Vec<&str> = values.iter().map(|(name, _)| *name).collect();
    let values: Vec<String> = values.iter().map(|(_, value)| value.to_string()).collect();
    rust_i18n::replace_patterns(&text, &names, &values)
}

/// The text under a key, if the language or English has one.
pub fn find(language: Language, key: &str) -> Option<String> {
    crate::_rust_i18n_try_translate(language.code(), key).map(Cow::into_owned)
}

/// The entries of a text that is a list.
pub fn list(language: Language, key: &str) -> Vec<String> {
    text(language, &key, &[]).split('|').map(str::to_owned).collect()
}

/// The key of an order in the locale files.
pub const fn sort_key(by: SortBy) -> &'static str {
    match by {
        SortBy::Id => "sort.id",
        SortBy::Code => "sort.code",
        SortBy::Machine => "sort.machine",
        SortBy::Created => "sort.created",
        SortBy::Used => "sort.used",
        SortBy::Expires => "sort.expires",
    }
}

/// A text that counts something: `key.one` for one of it, `key.many` for any other number, filled in as `n`.
pub fn counted(language: Language, key: &str, count: u64) -> String {
    let form = if count == 1 { "one" } else { "many" };
    say!(language, format!("{key}.{form}"), n = number(count))
}

/// A whole number with its thousands separated.
pub fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A share of a whole in per cent, where a little is never shown as nothing.
pub fn share(part: u64, whole: u64) -> String {
    if part == 0 || whole == 0 {
        return "0%".to_owned();
    }
    let tenths = u128::from(part) * 1000 / u128::from(whole);
    match tenths {
        0 => "<0.1%".to_owned(),
        1..100 => format!("{}.{}%", tenths / 10, tenths % 10),
        // Nearly all is not all.
        996.. if part < whole => ">99%".to_owned(),
        _ => format!("{}%", (tenths + 5) / 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_shares() {
        for (plain, shown) in [(0, "0"), (999, "999"), (1_000, "1,000"), (10_000_000, "10,000,000")] {
            assert_eq!(number(plain), shown);
        }
        for (part, whole, shown) in [
            (0, 0, "0%"),
            (1, 10_000, "<0.1%"),
            (53, 12_480, "0.4%"),
            (9_812, 12_480, "79%"),
            (7, 7, "100%"),
            (9_999, 10_000, ">99%"),
        ] {
            assert_eq!(share(part, whole), shown);
        }
    }
}
