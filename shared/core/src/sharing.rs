//! Whether a card seems to be passed around: what the machines tell of that which ask for it while others have its seats.

use crate::rules::Refusal;

/// From how many such machines within a day on a card seems to be shared: a customer's new computer is one, and another try
/// from his office a second.
pub const SHARED_FROM: u64 = 3;

/// How often a card was asked for within the last 24 hours by machines that it was refused to since others have its seats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mismatches {
    /// How many machines.
    pub machines: u64,
    /// How many requests of theirs.
    pub requests: u64,
}

impl Mismatches {
    /// None at all.
    pub const NONE: Self = Self { machines: 0, requests: 0 };

    /// Whether the card seems to be shared.
    pub const fn is_shared(self) -> bool {
        self.machines >= SHARED_FROM
    }
}

/// Whether a refusal tells that others have the seats of the card for good. That all leased seats are taken is no more than
/// its buyer has to expect.
pub const fn is_mismatch(refusal: Refusal, is_leased: bool) -> bool {
    match refusal {
        Refusal::MachineMismatch | Refusal::DeviceMismatch => true,
        Refusal::SeatsFull => !is_leased,
        Refusal::Disabled
        | Refusal::Expired
        | Refusal::CoolingDown { .. }
        | Refusal::UnbindNotAllowed
        | Refusal::UnbindTooExpensive
        | Refusal::Unbindable
        | Refusal::DeviceRequired
        | Refusal::SignatureExpired => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_machines_a_day_are_more_than_one_customer_has() {
        for (machines, is_shared) in [(0, false), (1, false), (2, false), (3, true), (32, true)] {
            assert_eq!(Mismatches { machines, requests: 1_000 }.is_shared(), is_shared, "{machines}");
        }
    }

    #[test]
    fn only_machines_that_will_never_have_a_seat_tell_of_sharing() {
        for (refusal, of_card, of_leased) in [
            (Refusal::MachineMismatch, true, true),
            (Refusal::SeatsFull, true, false),
            (Refusal::Disabled, false, false),
            (Refusal::Expired, false, false),
            (Refusal::CoolingDown { seconds: 1 }, false, false),
            (Refusal::UnbindNotAllowed, false, false),
            (Refusal::UnbindTooExpensive, false, false),
            (Refusal::Unbindable, false, false),
            (Refusal::DeviceMismatch, true, true),
            (Refusal::DeviceRequired, false, false),
            (Refusal::SignatureExpired, false, false),
        ] {
            assert_eq!([false, true].map(|leased| is_mismatch(refusal, leased)), [of_card, of_leased]);
        }
    }
}
