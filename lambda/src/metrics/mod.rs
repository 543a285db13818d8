//! What the function and the expiry job count, and the two forms in which it leaves the process.
//!
//! Counting is a handful of relaxed additions to atomics that exist from the start, one for each route and outcome, so
//! that a request neither locks nor allocates for it, and no client can make a series. On Lambda, where a process
//! cannot be asked, each request writes a line of [`emf`]; elsewhere `prometheus.rs` serves the totals.

mod counted;
pub mod emf;
mod expiry;
mod histogram;
mod requests;

pub(crate) use self::counted::{Counted, Unsettled};
pub use self::expiry::ExpiryMetrics;
pub(crate) use self::histogram::LONGEST;
pub use self::requests::{Outcome, RequestMetrics, Route};
