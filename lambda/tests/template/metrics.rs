//! TO BE REPLACED by the constants of `kami_lambda::metrics`.

pub(crate) const NAMESPACE: &str = "kami";
pub(crate) const REQUESTS: &str = "requests";
pub(crate) const UNAVAILABLE: &str = "unavailable";
pub(crate) const EXPIRED_CARDS: &str = "expired_cards";
pub(crate) const API: [&str; 5] = [REQUESTS, "latency", UNAVAILABLE, "round_trips", "pool_waits"];
pub(crate) const DIMENSIONS: [&[&str]; 2] = [&["function"], &["function", "route", "outcome"]];

pub(crate) fn values(dimension: &str) -> &'static [&'static str] {
    match dimension {
        "route" => &["validate", "status", "health", "other"],
        "outcome" => &["valid", "unavailable", "internal"],
        _ => &[],
    }
}
