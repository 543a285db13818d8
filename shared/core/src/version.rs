//! Versions of the programs that sellers sell, in the order in which they follow each other.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::digits::number;

/// A version of a seller's program: one to four numbers with dots between them, such as `2.10` or `2026.11.27`, `v` before
/// them or not, and behind them what [Semantic Versioning 2.0.0](https://semver.org) puts there: `-beta.2` for what comes
/// before a release, `+build` for what makes no difference.
///
/// Two are equal where neither comes before the other: `1.2` is `1.2.0`.
#[derive(Clone, Debug)]
pub struct Version {
    text: String,
    numbers: [u32; Self::MAX_NUMBERS],
    pre_release: Vec<Identifier>,
}

/// One of the parts of a pre-release, in the order of §11.4: numbers come before words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Identifier {
    Number(u64),
    Word(String),
}

/// A text is no version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a version is one to four numbers with dots between them, such as 1.2.3 or 1.2.3-beta.1")]
pub struct NoVersion;

impl Version {
    /// The most characters of a version: the width of its column.
    pub const MAX_CHARS: usize = 32;

    /// The most numbers of a version.
    const MAX_NUMBERS: usize = 4;

    /// As it was written, without spaces around it.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl FromStr for Version {
    type Err = NoVersion;

    fn from_str(text: &str) -> Result<Self, NoVersion> {
        let text = text.trim();
        if text.len() > Self::MAX_CHARS {
            return Err(NoVersion);
        }
        let (rest, build) = text.split_once('+').map_or((text, None), |(rest, build)| (rest, Some(build)));
        let (release, pre) = rest.split_once('-').map_or((rest, None), |(release, pre)| (release, Some(pre)));
        let mut numbers = [0; Self::MAX_NUMBERS];
        let mut places = numbers.iter_mut();
        for part in release.strip_prefix(['v', 'V']).unwrap_or(release).split('.') {
            *places.next().ok_or(NoVersion)? = number(part).ok_or(NoVersion)?;
        }
        if let Some(build) = build {
            identifiers(build)?;
        }
        let pre_release = pre.map_or(Ok(Vec::new()), identifiers)?;
        Ok(Self { text: text.to_owned(), numbers, pre_release })
    }
}

fn identifiers(text: &str) -> Result<Vec<Identifier>, NoVersion> {
    text.split('.').map(identifier).collect()
}

fn identifier(part: &str) -> Result<Identifier, NoVersion> {
    let is_written = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if part.is_empty() || !part.bytes().all(is_written) {
        return Err(NoVersion);
    }
    Ok(number(part).map_or_else(|| Identifier::Word(part.to_owned()), Identifier::Number))
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let releases = self.numbers.cmp(&other.numbers);
        // What has a pre-release comes before what has none.
        let finished = self.pre_release.is_empty().cmp(&other.pre_release.is_empty());
        releases.then(finished).then_with(|| self.pre_release.cmp(&other.pre_release))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Version {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn version(text: &str) -> Version {
        text.parse().unwrap()
    }

    #[test]
    fn versions_in_their_order() {
        let in_order = [
            "0",
            "0.9.9",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0.0",
            "1.0.0.1",
            "1.0.1",
            "1.2",
            "1.9",
            "1.10",
            "2026.11.27",
        ];
        for pair in in_order.windows(2) {
            assert!(version(pair[0]) < version(pair[1]), "{pair:?}");
        }
    }

    #[test]
    fn what_makes_no_difference() {
        for (one, other) in
            [("1.2", "1.2.0"), ("v1", "1.0.0.0"), (" 1.0 ", "1.0"), ("1+a", "1+b"), ("01.02", "1.2")]
        {
            assert_eq!(version(one), version(other));
        }
        assert_eq!(version(" v1.2+a ").as_str(), "v1.2+a");
    }

    #[test]
    fn what_is_no_version() {
        let long = "1.".repeat(16) + "1";
        let texts = [
            "",
            "v",
            ".",
            "1.",
            ".1",
            "1..2",
            "1.2.3.4.5",
            "4294967296",
            "-1",
            "1.-1",
            "1.x",
            "１",
            "1-",
            "1-a..b",
            "1-ä",
            "1+",
            "1+ü",
            "1 2",
            "latest",
            &long,
        ];
        for text in texts {
            assert!(text.parse::<Version>().is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_two_versions_have_one_order(
            one in "v?[0-9]{1,3}(\\.[0-9]{1,3}){0,3}(-[a-z0-9]{1,3}(\\.[a-z0-9]{1,3})?)?",
            other in "v?[0-9]{1,3}(\\.[0-9]{1,3}){0,3}(-[a-z0-9]{1,3}(\\.[a-z0-9]{1,3})?)?",
        ) {
            let (one, other) = (version(&one), version(&other));
            prop_assert_eq!(one.cmp(&other), other.cmp(&one).reverse());
            prop_assert_eq!(&one, &version(one.as_str()));
        }

        #[test]
        fn no_text_is_too_strange(text in ".{0,40}") {
            let _ = text.parse::<Version>();
        }
    }
}
