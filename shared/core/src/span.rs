//! Spans of time as people type and read them: `90s`, `30m`, `3h`, `7d`.

use std::time::Duration;

use thiserror::Error;

use crate::digits;

const UNITS: [(char, u32); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// A text that is no span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a span of time: write a number and one of s, m, h or d, such as 90s, 30m, 3h or 7d")]
pub struct SpanError;

/// Reads a whole number of seconds, minutes, hours or days, such as `3h`: 1 second to 49,710 days.
pub fn parse(text: &str) -> Result<Duration, SpanError> {
    let (number, seconds) = UNITS
        .iter()
        .find_map(|(unit, seconds)| Some((text.strip_suffix(*unit)?, *seconds)))
        .ok_or(SpanError)?;
    match digits::number(number).and_then(|number: u32| number.checked_mul(seconds)) {
        None | Some(0) => Err(SpanError),
        Some(seconds) => Ok(Duration::from_secs(u64::from(seconds))),
    }
}

/// The span in the largest unit that says it exactly, as [`parse`] reads it.
pub fn exact(seconds: u32) -> String {
    let (unit, size) =
        UNITS.into_iter().find(|(_, size)| seconds != 0 && seconds.is_multiple_of(*size)).unwrap_or(('s', 1));
    format!("{}{unit}", seconds / size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans() {
        for (text, seconds) in [
            ("1s", Some(1)),
            ("90s", Some(90)),
            ("30m", Some(1_800)),
            ("3h", Some(10_800)),
            ("365d", Some(31_536_000)),
            ("49710d", Some(4_294_944_000)),
            ("49711d", None),
            ("0h", None),
            ("", None),
            ("h", None),
            ("3", None),
            ("+3h", None),
            ("-3h", None),
            ("3 h", None),
            ("3.5h", None),
            ("3w", None),
            ("99999999999s", None),
        ] {
            assert_eq!(parse(text).ok(), seconds.map(Duration::from_secs), "{text}");
        }
    }
}
