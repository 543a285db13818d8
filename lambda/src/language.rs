//! The language in which a client's user reads.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::{HeaderMap, header, request::Parts};

/// A language that answers are written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// Simplified Chinese, unless the client prefers English: the field's clients send no preference.
    #[default]
    Chinese,
    /// English.
    English,
}

impl Language {
    /// The language that a request's headers prefer.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let lines = headers.get_all(header::ACCEPT_LANGUAGE).iter();
        Self::preferred(lines.filter_map(|line| line.to_str().ok()))
    }

    /// The language that the lines of an `Accept-Language` header prefer (RFC 9110, section 12.5.4): English if its
    /// best weight is above that of Chinese, or equal and named first. Several lines are one list (section 5.3).
    pub fn preferred<'a>(lines: impl IntoIterator<Item = &'a str>) -> Self {
        let mut best = (Self::Chinese, 0.0);
        for range in lines.into_iter().flat_map(|line| line.split(',')) {
            let mut parts = range.split(';').map(str::trim);
            let primary = parts.next().and_then(|tag| tag.split('-').next()).unwrap_or_default();
            let language = if primary.eq_ignore_ascii_case("en") {
                Self::English
            } else if primary.eq_ignore_ascii_case("zh") {
                Self::Chinese
            } else {
                continue;
            };
            let weight = parts
                .find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")))
                .map_or(1.0, |weight| weight.parse().unwrap_or(0.0));
            if weight > best.1 {
                best = (language, weight);
            }
        }
        best.0
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
    use super::Language::{self, Chinese, English};

    #[test]
    fn preferences() {
        for (header, language) in [
            ("", Chinese),
            ("*", Chinese),
            ("fr, de;q=0.5", Chinese),
            ("en", English),
            ("EN-us", English),
            ("en-US,en;q=0.9,zh;q=0.8", English),
            ("zh-CN,zh;q=0.9,en;q=0.8", Chinese),
            ("zh;q=0.3, en;q=0.7", English),
            ("en;q=0.3, zh-Hant;q=0.7", Chinese),
            ("fr, en;q=0.1", English),
            ("en;q=0", Chinese),
            ("en, zh", English),
            ("zh, en", Chinese),
            ("en;q=nonsense", Chinese),
            ("english", Chinese),
            ("en ; q=0.9 , zh;q=0.8", English),
            ("en;q=NaN", Chinese),
        ] {
            assert_eq!(Language::preferred([header]), language, "{header}");
        }
        assert_eq!(Language::preferred(["zh;q=0.5", "en"]), English, "two lines are one list");
    }
}
