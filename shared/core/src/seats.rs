//! How many machines may use a card at once.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::digits::number;

/// A number of machines that may use a card at once: 1 to 1,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seats(u16);

/// A text or a number is no number of seats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a card has 1 to 1,000 seats")]
pub struct NoSeats;

impl Seats {
    /// The most that a card can have.
    pub const MAX: u16 = 1_000;

    /// One, as every card had it before there were seats.
    pub const ONE: Self = Self(1);

    /// So many.
    pub const fn new(seats: u16) -> Result<Self, NoSeats> {
        if 1 <= seats && seats <= Self::MAX { Ok(Self(seats)) } else { Err(NoSeats) }
    }

    /// How many.
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl Default for Seats {
    fn default() -> Self {
        Self::ONE
    }
}

impl FromStr for Seats {
    type Err = NoSeats;

    fn from_str(text: &str) -> Result<Self, NoSeats> {
        number(text).ok_or(NoSeats).and_then(Self::new)
    }
}

impl fmt::Display for Seats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_to_a_thousand_are_seats() {
        for (text, seats) in [
            ("1", Ok(1)),
            ("02", Ok(2)),
            ("1000", Ok(1_000)),
            ("0", Err(NoSeats)),
            ("1001", Err(NoSeats)),
            ("65537", Err(NoSeats)),
            ("+1", Err(NoSeats)),
            ("-1", Err(NoSeats)),
            ("1.0", Err(NoSeats)),
            ("two", Err(NoSeats)),
            ("", Err(NoSeats)),
        ] {
            assert_eq!(text.parse::<Seats>().map(Seats::get), seats, "{text}");
        }
    }
}
