//! The options that say how long something lasts: a span, a last moment, and a card's points.

use chrono::{DateTime, Utc};
use kami_common::moment::{MomentError, TypedMoment};
use kami_common::words::say;
use kami_core::edit::points_left;
use kami_core::points::NoPoints;
use kami_core::span::SpanError;
use kami_core::spoken;

use super::failure::Failure;
use super::session::Session;

/// What a card shall end with: something, or `off`, so that it does not end with that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Limit<T> {
    At(T),
    Off,
}

impl<T> Limit<T> {
    /// What it shall end with.
    pub(super) fn at(self) -> Option<T> {
        match self {
            Self::At(limit) => Some(limit),
            Self::Off => None,
        }
    }
}

/// Reads a span that has an end, in seconds.
pub(super) fn seconds(text: &str) -> Result<u32, SpanError> {
    spoken::parse(text)?.seconds.ok_or(SpanError)
}

/// Reads the value of `--until` where it may be `off`.
pub(super) fn until(text: &str) -> Result<Limit<TypedMoment>, MomentError> {
    if text == "off" { Ok(Limit::Off) } else { text.parse().map(Limit::At) }
}

/// Reads the value of `--points` where it may be `off`, or none left.
pub(super) fn points(text: &str) -> Result<Limit<u32>, NoPoints> {
    if text == "off" { Ok(Limit::Off) } else { points_left(text)?.ok_or(NoPoints).map(Limit::At) }
}

/// The last second of what was typed, by the database's clock; one that is over ends no card.
pub(super) async fn last_moment(session: &Session, typed: TypedMoment) -> Result<DateTime<Utc>, Failure> {
    let now = session.store.now().await?;
    let until = typed.last(session.zone, now);
    if until < now { Err(Failure::Usage(say!(session.language, "command.until_over"))) } else { Ok(until) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_a_card_or_not() {
        for (text, limit) in [
            ("off", Some(Limit::Off)),
            ("0", Some(Limit::At(0))),
            ("100", Some(Limit::At(100))),
            ("1000000001", None),
            ("-1", None),
            ("", None),
        ] {
            assert_eq!(points(text).ok(), limit, "{text}");
        }
        assert_eq!(until("off"), Ok(Limit::Off));
        assert_eq!(until("2026-12-31"), "2026-12-31".parse().map(Limit::At));
        assert_eq!(until("soon"), Err(MomentError::Form));
        assert_eq!(until("9999-01-01"), Err(MomentError::Year));
    }
}
