//! The languages that the console and the command line speak: the files of `locales/`, which `build.rs` found.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{list, say};

include!(concat!(env!("OUT_DIR"), "/tags.rs"));

/// A language: a file of `locales/`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Language(&'static str);

impl Language {
    /// The language that the sources are written in, and of whoever speaks none of the others.
    pub const ENGLISH: Self = Self(TAGS[0]);

    /// Every language, English first.
    pub fn all() -> impl Iterator<Item = Self> {
        TAGS.into_iter().map(Self)
    }

    /// Its BCP 47 tag, by which settings and its file name it.
    pub const fn code(self) -> &'static str {
        self.0
    }

    /// Its name for itself.
    pub fn name(self) -> String {
        say!(self, "language.name")
    }

    /// Whether the sources are written in it, so that what they say needs no translation.
    pub fn is_source(self) -> bool {
        self == Self::ENGLISH
    }

    /// The language behind it in the settings; behind the last one, the first.
    #[must_use]
    pub fn next(self) -> Self {
        Self::all().skip_while(|language| *language != self).nth(1).unwrap_or_default()
    }

    /// The language of a locale such as `zh_CN.UTF-8`: the one with the longest range that the locale lies in, or English.
    pub fn of_locale(locale: &str) -> Self {
        let tag = locale.split(['.', '@']).next().unwrap_or_default().replace('_', "-");
        let ranges = Self::all().flat_map(|language| {
            list(language, "language.locales").into_iter().map(move |range| (range, language))
        });
        let longest = ranges.filter(|(range, _)| is_in(&tag, range)).max_by_key(|(range, _)| range.len());
        longest.map(|(_, language)| language).unwrap_or_default()
    }
}

/// Whether a tag is that range or begins with it and a hyphen, in whatever case (RFC 4647, section 3.3.1).
fn is_in(tag: &str, range: &str) -> bool {
    tag.split_at_checked(range.len()).is_some_and(|(start, rest)| {
        start.eq_ignore_ascii_case(range) && (rest.is_empty() || rest.starts_with('-'))
    })
}

impl Default for Language {
    fn default() -> Self {
        Self::ENGLISH
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Serialize for Language {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

impl<'de> Deserialize<'de> for Language {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        let known = Self::all().find(|language| language.code() == code);
        known.ok_or_else(|| D::Error::unknown_variant(&code, &TAGS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locale_names_the_language_by_its_longest_range() {
        for (locale, code) in [
            ("zh_CN.UTF-8", "zh"),
            ("zh", "zh"),
            ("zh_SG", "zh"),
            ("zh-TW", "zh-Hant"),
            ("zh_HK.UTF-8", "zh-Hant"),
            ("zh_Hant_MY@radical", "zh-Hant"),
            ("zh-Hans-TW", "zh"),
            ("ZH_tw.BIG5", "zh-Hant"),
            ("en_GB.UTF-8", "en"),
            ("de_DE", "en"),
            ("zhuang", "en"),
            ("C", "en"),
            ("", "en"),
        ] {
            assert_eq!(Language::of_locale(locale).code(), code, "{locale}");
        }
    }

    #[test]
    fn every_language_is_that_of_its_own_code_and_follows_another() {
        let mut language = Language::ENGLISH;
        for expected in Language::all() {
            assert_eq!(language, expected);
            assert_eq!(Language::of_locale(language.code()), language);
            language = language.next();
        }
        assert_eq!(language, Language::ENGLISH);
    }
}
