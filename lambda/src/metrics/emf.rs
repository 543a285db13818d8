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
pub const NAMESPACE: &str = "kami";

/// The dimensions of a request's metrics: they are added up by function, and by how a request ended as well.
pub const REQUEST_DIMENSIONS: [&[&str]; 2] = [&[FUNCTION], &[FUNCTION, ROUTE, OUTCOME]];

/// The dimensions of the expiry job's metric.
pub const EXPIRY_DIMENSIONS: [&[&str]; 1] = [&[FUNCTION]];

/// The dimension that tells functions apart, by their names under Lambda.
pub const FUNCTION: &str = "function";

/// The dimension that tells routes apart, by [`Route::as_str`].
pub const ROUTE: &str = "route";

/// The dimension that tells apart how requests ended, by [`Outcome::as_str`].
pub const OUTCOME: &str = "outcome";

/// 1 for each request.
pub const REQUESTS: &str = "requests";

/// How long a request took to be answered, in milliseconds.
pub const LATENCY: &str = "latency";

/// 1 for a request that was answered with 503, otherwise 0.
pub const UNAVAILABLE: &str = "unavailable";

/// How often the database was asked.
pub const ROUND_TRIPS: &str = "round_trips";

/// How often a connection had to be waited for.
pub const POOL_WAITS: &str = "pool_waits";

/// The metrics of a request.
pub const REQUEST_METRICS: [&str; 5] = [REQUESTS, LATENCY, UNAVAILABLE, ROUND_TRIPS, POOL_WAITS];

/// How many cards a run of the expiry job that succeeded marked as expired, none included.
pub const EXPIRED_CARDS: &str = "expired_cards";

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
        &REQUEST_DIMENSIONS,
        [(FUNCTION, function), (ROUTE, request.route.as_str()), (OUTCOME, request.outcome.as_str())],
        [
            (REQUESTS, "Count", json!(1)),
            (LATENCY, "Milliseconds", json!(request.latency.as_secs_f64() * 1e3)),
            (UNAVAILABLE, "Count", json!(unavailable)),
            (ROUND_TRIPS, "Count", json!(request.round_trips)),
            (POOL_WAITS, "Count", json!(request.pool_waits)),
        ],
    )
}

fn expiry(function: &str, now: SystemTime, expired: u64) -> Value {
    document(now, &EXPIRY_DIMENSIONS, [(FUNCTION, function)], [(EXPIRED_CARDS, "Count", json!(expired))])
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
    fn a_request_has_the_metrics_that_alarms_may_watch() {
        let outcome = Outcome::all().next().unwrap();
        let sample =
            Request { route: Route::Other, outcome, latency: Duration::ZERO, round_trips: 0, pool_waits: 0 };
        let line = request("kami", UNIX_EPOCH, &sample);
        let defined = line["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().unwrap();
        let names: Vec<_> = defined.iter().filter_map(|metric| metric["Name"].as_str()).collect();
        assert_eq!(names, REQUEST_METRICS);
    }

    #[test]
    fn a_run_of_the_expiry_job_is_told_also_when_nothing_was_expired() {
        let line = expiry("kami-expire", UNIX_EPOCH, 0);
        assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([["function"]]));
        assert_eq!((&line["function"], &line["expired_cards"]), (&json!("kami-expire"), &json!(0)));
    }
}
