//! The alarms watch metrics that exist, and each thing that can go wrong has one.

use std::collections::BTreeSet;
use std::time::Duration;

use kami_lambda::metrics::{Outcome, Route, emf};
use kami_trust::online::WARNED_BEFORE;
use serde_json::{Value, json};

use crate::document::{Function, Template};
use crate::functions::INTERVAL;
use crate::{API, EXPIRE};

/// How long the expiry job may be missing.
const MISSING: Duration = Duration::from_hours(2);

/// How long something may go wrong at the most before somebody is told.
const NOTICED: Duration = Duration::from_hours(1);

/// The largest share of requests that may be answered with 503 without anybody being told.
const UNAVAILABLE_SHARE: f64 = 0.1;

/// How many errors, throttles or faults may be left untold: a run of the expiry job that failed is tried again.
const FEW: f64 = 1.0;

/// What is wrong, a sentence each.
pub(crate) fn problems(template: &Template) -> Vec<String> {
    let mut problems = Vec::new();
    let (Some(api), Some(expiry)) = (template.function(API), template.function(EXPIRE)) else {
        return problems;
    };
    let alarms = template.of_type("AWS::CloudWatch::Alarm");
    let mut watched = BTreeSet::new();
    for (id, alarm) in &alarms {
        let alarm = &alarm["Properties"];
        let found = [sends(template, alarm), watches(alarm, &api, &expiry), evaluates(alarm, &api)].concat();
        problems.extend(found.into_iter().map(|problem| format!("{id}: {problem}")));
        watched.insert(watch(alarm));
    }
    for (namespace, metric, function) in [
        ("AWS/Lambda", "Errors", &api),
        ("AWS/Lambda", "Throttles", &api),
        ("AWS/Lambda", "Duration", &api),
        (emf::NAMESPACE, emf::REQUESTS, &api),
        (emf::NAMESPACE, emf::UNAVAILABLE, &api),
        ("AWS/Lambda", "Errors", &expiry),
        (emf::NAMESPACE, emf::EXPIRED_CARDS, &expiry),
        (emf::NAMESPACE, emf::SIGNING_SECONDS_LEFT, &expiry),
    ] {
        if !watched.contains(&(namespace.into(), metric.into(), function.id.clone())) {
            problems.push(format!("no alarm watches {metric} of {}", function.id));
        }
    }
    problems
}

/// Namespace, metric and function of an alarm.
fn watch(alarm: &Value) -> (String, String, String) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    (text(&alarm["Namespace"]), text(&alarm["MetricName"]), text(&alarm["Dimensions"][0]["Value"]["Ref"]))
}

fn sends(template: &Template, alarm: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    let topics = template.of_type("AWS::SNS::Topic");
    for actions in ["AlarmActions", "OKActions"] {
        let topic = alarm[actions][0]["Ref"].as_str().unwrap_or_default();
        if !topics.contains_key(topic) {
            problems.push(format!("{actions} tell nobody"));
        }
    }
    if alarm["AlarmDescription"].as_str().is_none_or(str::is_empty) {
        problems.push("it does not say what is the matter".to_owned());
    }
    problems
}

/// Whether what is watched exists: the metric, of that function, with those dimensions.
fn watches(alarm: &Value, api: &Function, expiry: &Function) -> Vec<String> {
    let (namespace, metric, function) = watch(alarm);
    let dimensions = alarm["Dimensions"].as_array().map_or(&[][..], Vec::as_slice);
    let names: Vec<_> = dimensions.iter().filter_map(|dimension| dimension["Name"].as_str()).collect();
    let emitted = match namespace.as_str() {
        "AWS/Lambda" => {
            ["Errors", "Throttles", "Duration"].contains(&metric.as_str())
                && names == ["FunctionName"]
                && [&api.id, &expiry.id].contains(&&function)
        }
        emf::NAMESPACE if function == api.id => {
            emf::REQUEST_METRICS.contains(&metric.as_str())
                && emf::REQUEST_DIMENSIONS.contains(&names.as_slice())
                && dimensions.iter().all(has_value)
        }
        emf::NAMESPACE => {
            function == expiry.id
                && [emf::EXPIRED_CARDS, emf::SIGNING_SECONDS_LEFT].contains(&metric.as_str())
                && emf::EXPIRY_DIMENSIONS.contains(&names.as_slice())
        }
        _ => false,
    };
    if emitted { Vec::new() } else { vec![format!("nothing emits {namespace} {metric} by {names:?}")] }
}

/// Whether some request has this dimension; which function it names is looked at elsewhere.
fn has_value(dimension: &Value) -> bool {
    let value = dimension["Value"].as_str();
    match dimension["Name"].as_str() {
        Some(emf::ROUTE) => Route::ALL.into_iter().any(|route| Some(route.as_str()) == value),
        Some(emf::OUTCOME) => Outcome::all().any(|outcome| Some(outcome.as_str()) == value),
        name => name == Some(emf::FUNCTION),
    }
}

/// Whether it goes off when it should.
fn evaluates(alarm: &Value, api: &Function) -> Vec<String> {
    let (_, metric, _) = watch(alarm);
    let number = |name: &str| alarm[name].as_f64().unwrap_or(f64::NAN);
    let window = Duration::from_secs_f64(number("Period").max(0.0) * number("EvaluationPeriods").max(0.0));
    let rises = alarm["ComparisonOperator"] == "GreaterThanThreshold"
        && alarm["TreatMissingData"] == "notBreaching"
        && (Duration::from_secs(1)..=NOTICED).contains(&window);
    let fits = match metric.as_str() {
        "Duration" => {
            let threshold = number("Threshold") / 1e3;
            let timeout = api.properties["Timeout"].as_f64().unwrap_or_default();
            // A slow database is told of before requests are given up.
            rises
                && alarm["ExtendedStatistic"] == "p99"
                && threshold < kami_store::REQUEST_LIMIT.as_secs_f64()
                && threshold < timeout
        }
        emf::UNAVAILABLE => {
            let share = number("Threshold");
            rises && alarm["Statistic"] == "Average" && (0.0..=UNAVAILABLE_SHARE).contains(&share)
        }
        emf::EXPIRED_CARDS => {
            alarm["Statistic"] == "SampleCount"
                && alarm["ComparisonOperator"] == "LessThanThreshold"
                && alarm["Threshold"] == json!(1)
                && alarm["TreatMissingData"] == "breaching"
                && window == MISSING
                && number("Period") >= INTERVAL.as_secs_f64()
        }
        emf::SIGNING_SECONDS_LEFT => {
            alarm["Statistic"] == "Minimum"
                && alarm["ComparisonOperator"] == "LessThanThreshold"
                && alarm["Threshold"] == json!(WARNED_BEFORE)
                && alarm["TreatMissingData"] == "notBreaching"
                && window <= NOTICED
                && number("Period") >= INTERVAL.as_secs_f64()
        }
        _ => rises && alarm["Statistic"] == "Sum" && (0.0..=FEW).contains(&number("Threshold")),
    };
    if fits { Vec::new() } else { vec![format!("it does not evaluate {metric} as it should")] }
}
