//! Metrics as CloudWatch's embedded metric format: a line of JSON on standard output, from which CloudWatch makes
//! metrics without being called.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use kami_shared::store::{Store, StoreCounters};
use serde_json::{Map, Value, json};

use super::{Outcome, Route};

/// Under which name CloudWatch lists the metrics.
const NAMESPACE: &str = "kami";

/// Writes a line for each request.
#[derive(Debug)]
pub struct RequestLines {
    function: String,
    store: Store,
    /// What the lines so far have told of the store.
    told: Mutex<StoreCounters>,
}

impl RequestLines {
    /// Lines for the Lambda function of that name.
    pub fn new(function: String, store: Store) -> Self {
        Self { function, store, told: Mutex::default() }
    }

    /// Writes the line of a request that was answered after `latency`. What the database was asked since the line
    /// before goes into it.
    pub(crate) fn write(&self, route: Route, outcome: Outcome, latency: Duration) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.store.counters();
        let before = std::mem::replace(&mut *told, now);
        drop(told);
        write_line(&request(
            &self.function,
            SystemTime::now(),
            &Request {
                route,
                outcome,
                latency,
                round_trips: now.round_trips - before.round_trips,
                pool_waits: now.pool_waits - before.pool_waits,
            },
        ));
    }
}

/// Writes the line of a run of the expiry job that succeeded.
pub(crate) fn write_expiry(function: &str, expired: u64) {
    write_line(&expiry(function, SystemTime::now(), expired));
}

/// What is told of a request.
struct Request {
    route: Route,
    outcome: Outcome,
    latency: Duration,
    round_trips: u64,
    pool_waits: u64,
}

fn request(function: &str, now: SystemTime, request: &Request) -> Value {
    let unavailable = u8::from(request.outcome.is_unavailable());
    document(
        now,
        &[&["function"], &["function", "route", "outcome"]],
        [("function", function), ("route", request.route.as_str()), ("outcome", request.outcome.as_str())],
        [
            ("requests", "Count", json!(1)),
            ("latency", "Milliseconds", json!(request.latency.as_secs_f64() * 1e3)),
            ("unavailable", "Count", json!(unavailable)),
            ("round_trips", "Count", json!(request.round_trips)),
            ("pool_waits", "Count", json!(request.pool_waits)),
        ],
    )
}

fn expiry(function: &str, now: SystemTime, expired: u64) -> Value {
    document(now, &[&["function"]], [("function", function)], [("expired_cards", "Count", json!(expired))])
}

/// A document with one directive; dimensions and values are members of its root, as the format has it.
fn document<const D: usize, const M: usize>(
    now: SystemTime,
    dimension_sets: &[&[&str]],
    dimensions: [(&str, &str); D],
    metrics: [(&str, &str, Value); M],
) -> Value {
    let timestamp = u64::try_from(now.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis());
    let defined: Vec<_> = metrics.iter().map(|(name, unit, _)| json!({"Name": name, "Unit": unit})).collect();
    let directive = json!({"Namespace": NAMESPACE, "Dimensions": dimension_sets, "Metrics": defined});
    let mut root = Map::new();
    root.insert(
        "_aws".to_owned(),
        json!({"Timestamp": timestamp.unwrap_or(u64::MAX), "CloudWatchMetrics": [directive]}),
    );
    root.extend(dimensions.map(|(name, value)| (name.to_owned(), json!(value))));
    root.extend(metrics.map(|(name, _, value)| (name.to_owned(), value)));
    Value::Object(root)
}

/// Whole, so that no other line gets between; nobody is left to be told if it fails.
fn write_line(document: &Value) {
    let _: io::Result<()> = io::stdout().lock().write_all(format!("{document}\n").as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_told_as_the_alarms_expect_it() {
        let now = UNIX_EPOCH + Duration::from_millis(1_773_342_238_123);
        let outcome = Outcome::all().find(|outcome| outcome.is_unavailable()).unwrap();
        let latency = Duration::from_micros(1_500);
        let line = request(
            "kami",
            now,
            &Request { route: Route::Validate, outcome, latency, round_trips: 2, pool_waits: 0 },
        );
        assert_eq!(
            line,
            json!({
                "_aws": {
                    "Timestamp": 1_773_342_238_123_u64,
                    "CloudWatchMetrics": [{
                        "Namespace": "kami",
                        "Dimensions": [["function"], ["function", "route", "outcome"]],
                        "Metrics": [
                            {"Name": "requests", "Unit": "Count"},
                            {"Name": "latency", "Unit": "Milliseconds"},
                            {"Name": "unavailable", "Unit": "Count"},
                            {"Name": "round_trips", "Unit": "Count"},
                            {"Name": "pool_waits", "Unit": "Count"},
                        ],
                    }],
                },
                "function": "kami", "route": "validate", "outcome": "unavailable",
                "requests": 1, "latency": 1.5, "unavailable": 1, "round_trips": 2, "pool_waits": 0,
            })
        );
    }

    #[test]
    fn a_run_of_the_expiry_job_is_told_also_when_nothing_was_expired() {
        let line = expiry("kami-expire", UNIX_EPOCH, 0);
        assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([["function"]]));
        assert_eq!((&line["function"], &line["expired_cards"]), (&json!("kami-expire"), &json!(0)));
    }
}
