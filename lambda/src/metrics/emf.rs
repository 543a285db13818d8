//! Metrics as CloudWatch's embedded metric format: a line of JSON on standard output, from which CloudWatch makes
//! metrics without being called.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use kami_store::{Store, StoreCounters};
use serde_json::{Value, json};

use super::{Outcome, Route};
use crate::request_id::RequestId;

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

/// Counts 1 a request, so that its sum is how many there were.
pub const REQUESTS: &str = "requests";

/// How long a request took to be answered, in milliseconds.
pub const LATENCY: &str = "latency";

/// 1 for a request that was answered with 503, otherwise 0.
pub const UNAVAILABLE: &str = "unavailable";

/// How often the database was asked.
pub const ROUND_TRIPS: &str = "round_trips";

/// How often a connection had to be waited for.
pub const POOL_WAITS: &str = "pool_waits";

/// The member with a request's id: no dimension, which would make a metric of each request, but found by searching.
pub const REQUEST_ID: &str = "request_id";

/// What each line of a request says.
pub const REQUEST_METRICS: [&str; 5] = [REQUESTS, LATENCY, UNAVAILABLE, ROUND_TRIPS, POOL_WAITS];

/// How many cards a run of the expiry job that succeeded marked as expired, none included.
pub const EXPIRED_CARDS: &str = "expired_cards";

/// In how many seconds answers of some app are signed no more; in the lines of the expiry job alone, where there are keys.
pub const SIGNING_SECONDS_LEFT: &str = "signing_seconds_left";

/// Writes a line for each request.
#[derive(Debug)]
pub struct RequestLines {
    /// What each line has after its timestamp, up to the function's name: the same every time.
    definition: String,
    store: Store,
    /// What the lines so far have told of the store.
    told: Mutex<StoreCounters>,
}

impl RequestLines {
    /// Lines for the Lambda function of that name.
    pub fn new(function: &str, store: Store) -> Self {
        Self { definition: definition(function), store, told: Mutex::default() }
    }

    /// Writes the line of a request that was answered after `latency`. What the database was asked since the line
    /// before goes into it.
    pub(crate) fn write(&self, route: Route, outcome: Outcome, latency: Duration, id: &RequestId) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.store.counters();
        let before = std::mem::replace(&mut *told, now);
        drop(told);
        let request = Request {
            route,
            outcome,
            latency,
            round_trips: now.round_trips - before.round_trips,
            pool_waits: now.pool_waits - before.pool_waits,
            id: id.as_str(),
        };
        // What cannot be written to memory is nothing that JSON knows.
        if let Ok(line) = request.line(&self.definition, SystemTime::now()) {
            write_line(&line);
        }
    }
}

/// Writes the line of a run of the expiry job that succeeded.
pub(crate) fn write_expiry(function: &str, expired: u64, signing_seconds_left: Option<i64>) {
    let line = expiry(function, SystemTime::now(), expired, signing_seconds_left);
    write_line(format!("{line}\n").as_bytes());
}

/// What is told of a request.
struct Request<'a> {
    route: Route,
    outcome: Outcome,
    latency: Duration,
    round_trips: u64,
    pool_waits: u64,
    id: &'a str,
}

impl Request<'_> {
    /// Its line, written piece by piece: a tree of values would take some forty allocations for each request.
    fn line(&self, definition: &str, now: SystemTime) -> io::Result<Vec<u8>> {
        let Self { route, outcome, latency, round_trips, pool_waits, id } = self;
        let (route, outcome, unavailable) =
            (route.as_str(), outcome.as_str(), u8::from(outcome.is_unavailable()));
        let (timestamp, latency) = (milliseconds(now), latency.as_secs_f64() * 1e3);
        let mut line = Vec::with_capacity(definition.len() + 512);
        write!(line, r#"{{"_aws":{{"Timestamp":{timestamp},{definition},"{ROUTE}":"{route}","#)?;
        write!(line, r#""{OUTCOME}":"{outcome}","{REQUESTS}":1,"{LATENCY}":{latency},"#)?;
        write!(line, r#""{UNAVAILABLE}":{unavailable},"{ROUND_TRIPS}":{round_trips},"#)?;
        write!(line, r#""{POOL_WAITS}":{pool_waits},"{REQUEST_ID}":"#)?;
        serde_json::to_writer(&mut line, id)?;
        line.extend(b"}\n");
        Ok(line)
    }
}

/// What the lines of a function's requests have in common.
fn definition(function: &str) -> String {
    let units = ["Count", "Milliseconds", "Count", "Count", "Count"];
    let metrics: Vec<_> = REQUEST_METRICS.into_iter().zip(units).collect();
    let directive = directive(&REQUEST_DIMENSIONS, &metrics);
    format!(r#""CloudWatchMetrics":[{directive}]}},"{FUNCTION}":{}"#, json!(function))
}

fn expiry(function: &str, now: SystemTime, expired: u64, signing_seconds_left: Option<i64>) -> Value {
    let mut metrics = vec![(EXPIRED_CARDS, "Count")];
    metrics.extend(signing_seconds_left.map(|_| (SIGNING_SECONDS_LEFT, "Seconds")));
    let directive = directive(&EXPIRY_DIMENSIONS, &metrics);
    let mut line = json!({
        "_aws": {"Timestamp": milliseconds(now), "CloudWatchMetrics": [directive]},
        FUNCTION: function,
        EXPIRED_CARDS: expired,
    });
    if let Some(left) = signing_seconds_left {
        line[SIGNING_SECONDS_LEFT] = left.into();
    }
    line
}

/// Says which members of a document are metrics, and in which units, and which are their dimensions.
fn directive(dimension_sets: &[&[&str]], metrics: &[(&str, &str)]) -> Value {
    let metrics: Vec<_> = metrics.iter().map(|(name, unit)| json!({"Name": name, "Unit": unit})).collect();
    json!({"Namespace": NAMESPACE, "Dimensions": dimension_sets, "Metrics": metrics})
}

/// Since 1970, as the format wants it.
fn milliseconds(now: SystemTime) -> u64 {
    u64::try_from(now.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis()).unwrap_or(u64::MAX)
}

/// Whole, so that no other line gets between; nobody is left to be told if it fails.
fn write_line(line: &[u8]) {
    let _: io::Result<()> = io::stdout().lock().write_all(line);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_told_as_the_alarms_expect_it() {
        let now = UNIX_EPOCH + Duration::from_millis(1_773_342_238_123);
        let outcome = Outcome::all().find(|outcome| outcome.is_unavailable()).unwrap();
        let latency = Duration::from_micros(1_500);
        let id = r#"a"\id"#;
        let request = Request { route: Route::Validate, outcome, latency, round_trips: 2, pool_waits: 0, id };
        let written = String::from_utf8(request.line(&definition("kami"), now).unwrap()).unwrap();
        let line: Value = serde_json::from_str(written.strip_suffix('\n').unwrap()).unwrap();
        assert!(!written.trim_end().contains('\n'), "one line: {written}");
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
                "request_id": id,
            })
        );
    }

    #[test]
    fn a_run_of_the_expiry_job_is_told_also_when_nothing_was_expired() {
        let line = expiry("kami-expire", UNIX_EPOCH, 0, None);
        assert_eq!(line.get("signing_seconds_left"), None);
        let signing = expiry("kami-expire", UNIX_EPOCH, 0, Some(-5));
        assert_eq!(signing["signing_seconds_left"], json!(-5));
        let metrics = &signing["_aws"]["CloudWatchMetrics"][0]["Metrics"];
        assert_eq!(metrics[1], json!({"Name": "signing_seconds_left", "Unit": "Seconds"}));
        assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([["function"]]));
        assert_eq!((&line["function"], &line["expired_cards"]), (&json!("kami-expire"), &json!(0)));
    }
}
