//! How many codes that there are not may be asked for, before the API's brake says to wait.

use std::time::Duration;

/// So many at once, and from then on one in each interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// How many are let through at once after a long rest; at least 1.
    pub burst: u32,
    /// How long each that was let through takes to be forgotten; above zero.
    pub interval: Duration,
}

/// The misses of one neighbourhood: somebody at a support desk mistypes 30 codes before he has to wait, and then no
/// longer than 5 seconds for each.
pub const NEIGHBOURHOOD: Limit = Limit { burst: 30, interval: Duration::from_secs(5) };

/// The misses of all together: 50 a second, far above the typing errors of any shop.
pub const ALL: Limit = Limit { burst: 1_000, interval: Duration::from_millis(20) };
