//! Points of a card: so many uses, each taken by a request once.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::spoken;

/// A number of points that a card has to begin with, or that a request takes: 1 to 1,000,000,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Points(u32);

/// A number or a text is no number of points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("points are 1 to 1,000,000,000")]
pub struct NoPoints;

/// What a client calls one taking of points, so that it is done once however often it is asked for: 1 to 64 of `a-z`, `A-Z`,
/// `0-9`, `.`, `_`, `:` and `-`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(String);

/// A text can be no request's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a request is called by 1 to {} of a-z, A-Z, 0-9, ., _, : and -", RequestId::MAX_CHARS)]
pub struct NoRequestId;

impl Points {
    /// The most.
    pub const MAX: u32 = 1_000_000_000;

    /// So many.
    pub const fn new(points: u32) -> Result<Self, NoPoints> {
        if 1 <= points && points <= Self::MAX { Ok(Self(points)) } else { Err(NoPoints) }
    }

    /// How many.
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl FromStr for Points {
    type Err = NoPoints;

    fn from_str(text: &str) -> Result<Self, NoPoints> {
        let points = spoken::count(text).and_then(|points| points.try_into().ok());
        points.ok_or(NoPoints).and_then(Self::new)
    }
}

impl fmt::Display for Points {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl RequestId {
    /// The most characters.
    pub const MAX_CHARS: usize = 64;

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RequestId {
    type Err = NoRequestId;

    fn from_str(text: &str) -> Result<Self, NoRequestId> {
        let is_written = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b':' | b'-');
        let fits = (1..=Self::MAX_CHARS).contains(&text.len()) && text.bytes().all(is_written);
        if fits { Ok(Self(text.to_owned())) } else { Err(NoRequestId) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_to_a_milliard_are_points() {
        for (text, points) in [
            ("1", Ok(1)),
            ("0100", Ok(100)),
            ("1,000", Ok(1_000)),
            ("１００", Ok(100)),
            ("1000000000", Ok(1_000_000_000)),
            ("1000000001", Err(NoPoints)),
            ("4294967297", Err(NoPoints)),
            ("0", Err(NoPoints)),
            ("-1", Err(NoPoints)),
            ("+1", Err(NoPoints)),
            ("1.5", Err(NoPoints)),
            ("", Err(NoPoints)),
        ] {
            assert_eq!(text.parse::<Points>().map(Points::get), points, "{text}");
        }
    }

    #[test]
    fn a_request_is_called_by_what_every_client_can_write() {
        for text in ["a", "0b6b3f2e-5d0c-4d0e-9a52-0c5b2f6f3a10", "order:7_1.2", &"x".repeat(64)] {
            assert_eq!(text.parse::<RequestId>().map(|id| id.as_str().to_owned()), Ok(text.to_owned()));
        }
        for text in ["", "a b", "单号", "a\n", "a/b", &"x".repeat(65)] {
            assert_eq!(text.parse::<RequestId>(), Err(NoRequestId), "{text}");
        }
    }
}
