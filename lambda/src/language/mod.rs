//! The language in which a client's user reads.

mod messages;

use std::convert::Infallible;
use std::fmt;

use axum::extract::FromRequestParts;
use axum::http::{HeaderMap, header, request::Parts};

pub(crate) use self::messages::Messages;
use self::messages::{LOCALES, Locale};

/// A language that answers are written in: one of the files of `locales/`.
#[derive(Clone, Copy)]
pub struct Language(&'static Locale);

impl Language {
    /// Every language, the default one first.
    pub fn all() -> impl Iterator<Item = Self> {
        LOCALES.iter().map(Self)
    }

    /// Its BCP 47 tag, such as `zh-Hant`.
    pub const fn tag(self) -> &'static str {
        self.0.tag
    }

    pub(crate) const fn messages(self) -> &'static Messages {
        &self.0.messages
    }

    /// The language that a request's headers prefer.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let lines = headers.get_all(header::ACCEPT_LANGUAGE).iter();
        Self::preferred(lines.filter_map(|line| line.to_str().ok()))
    }

    /// The language that the lines of an `Accept-Language` header prefer (RFC 9110, section 12.5.4): the one with the best
    /// weight, or of several the one named first. Several lines are one list (section 5.3).
    pub fn preferred<'a>(lines: impl IntoIterator<Item = &'a str>) -> Self {
        let mut best = (Self::default(), 0.0);
        for range in lines.into_iter().flat_map(|line| line.split(',')) {
            let mut parts = range.split(';').map(str::trim);
            let Some(language) = parts.next().and_then(Self::answering) else { continue };
            let weight = parts
                .find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")))
                .map_or(1.0, |weight| weight.parse().unwrap_or(0.0));
            if weight > best.1 {
                best = (language, weight);
            }
        }
        best.0
    }

    /// The language that answers to a tag: the one with the longest range that the tag is, or begins with.
    fn answering(tag: &str) -> Option<Self> {
        let ranges =
            Self::all().flat_map(|language| language.0.ranges.iter().map(move |range| (range, language)));
        let longest = ranges.filter(|(range, _)| is_in(tag, range)).max_by_key(|(range, _)| range.len());
        longest.map(|(_, language)| language)
    }
}

/// Whether a tag is that range or begins with it and a hyphen, in whatever case (RFC 4647, section 3.3.1).
fn is_in(tag: &str, range: &str) -> bool {
    tag.split_at_checked(range.len()).is_some_and(|(start, rest)| {
        start.eq_ignore_ascii_case(range) && (rest.is_empty() || rest.starts_with('-'))
    })
}

/// The field's clients send no preference.
impl Default for Language {
    fn default() -> Self {
        Self(&LOCALES[0])
    }
}

impl PartialEq for Language {
    fn eq(&self, other: &Self) -> bool {
        self.tag() == other.tag()
    }
}

impl Eq for Language {}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

impl<S: Sync> FromRequestParts<S> for Language {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The languages `qaa` and `qab` are nobody's for ever.
    #[test]
    fn the_best_weight_decides_and_of_equals_the_first() {
        let (chinese, english) = ("zh-Hans", "en");
        for (header, tag) in [
            ("", chinese),
            ("*", chinese),
            ("qaa, qab;q=0.5", chinese),
            ("en", english),
            ("EN-us", english),
            ("en-US,en;q=0.9,zh;q=0.8", english),
            ("zh-CN,zh;q=0.9,en;q=0.8", chinese),
            ("zh;q=0.3, en;q=0.7", english),
            ("en;q=0.3, zh-Hans;q=0.7", chinese),
            ("qaa, en;q=0.1", english),
            ("en;q=0", chinese),
            ("en, zh", english),
            ("zh, en", chinese),
            ("en;q=nonsense", chinese),
            ("english", chinese),
            ("en ; q=0.9 , zh;q=0.8", english),
            ("en;q=NaN", chinese),
        ] {
            assert_eq!(Language::preferred([header]).tag(), tag, "{header}");
        }
        assert_eq!(Language::preferred(["zh;q=0.5", "en"]).tag(), english, "two lines are one list");
    }

    #[test]
    fn the_longest_range_that_fits_decides() {
        for (header, tag) in [
            ("zh-TW", "zh-Hant"),
            ("zh-Hant", "zh-Hant"),
            ("ZH-hant-hk", "zh-Hant"),
            ("zh-MO-x-old", "zh-Hant"),
            ("zh-Hans-TW", "zh-Hans"),
            ("zh-SG", "zh-Hans"),
            ("zh-x-old", "zh-Hans"),
            ("zh-TWO", "zh-Hans"),
            ("zh;q=0.5, zh-TW;q=0.9, en;q=0.8", "zh-Hant"),
            ("zh-TW;q=0.5, zh-CN", "zh-Hans"),
            ("季", "zh-Hans"),
        ] {
            assert_eq!(Language::preferred([header]).tag(), tag, "{header}");
        }
    }

    #[test]
    fn every_language_answers_to_its_own_tag() {
        for language in Language::all() {
            assert_eq!(Language::preferred([language.tag()]), language);
        }
    }
}
