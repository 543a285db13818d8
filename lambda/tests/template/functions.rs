//! What runs the binaries, and that it suits them.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::env::VarError;
use std::path::Path;
use std::time::Duration;

use kami_lambda::{ApiSettings, api, expire};
use serde_json::{Value, json};

use crate::document::{Function, Template};
use crate::{API, BINARIES, EXPIRE};

/// How often cards are expired.
pub(crate) const INTERVAL: Duration = Duration::from_hours(1);

/// How many connections the smallest server takes that one would use: an RDS instance with 1 GiB.
const FEWEST_CONNECTIONS: u64 = 60;

/// The names of both architectures, the default first.
const ARCHITECTURES: [&str; 2] = ["arm64", "x86_64"];

/// What is wrong, a sentence each.
pub(crate) fn problems(template: &Template) -> Vec<String> {
    let mut problems = Vec::new();
    let functions = template.functions();
    for binary in BINARIES {
        let count = functions.iter().filter(|function| function.binary() == Some(binary)).count();
        if count != 1 {
            problems.push(format!("{count} functions run {binary}"));
        }
    }
    for function in &functions {
        let found = [builds(function), runs(template, function), settings(template, function)].concat();
        problems.extend(found.into_iter().map(|problem| format!("{}: {problem}", function.id)));
    }
    if let Some(function) = template.function(API) {
        problems.extend(serves(template, &function));
    }
    if let Some(function) = template.function(EXPIRE) {
        problems.extend(is_scheduled(&function));
    }
    problems
}

fn builds(function: &Function) -> Vec<String> {
    let mut problems = Vec::new();
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let code = function.properties["CodeUri"].as_str().unwrap_or_default();
    if package.parent().map(|root| root.join(code)).and_then(|code| code.canonicalize().ok())
        != package.canonicalize().ok()
    {
        problems.push(format!("CodeUri {code} is not the package"));
    }
    if function.build["BuildMethod"] != "rust-cargolambda" {
        problems.push("it is not built by cargo-lambda".to_owned());
    }
    if !function.binary().is_some_and(|binary| BINARIES.contains(&binary)) {
        problems.push(format!("the package has no binary {:?}", function.binary()));
    }
    problems
}

fn runs(template: &Template, function: &Function) -> Vec<String> {
    let mut problems = Vec::new();
    let properties = &function.properties;
    for (name, value) in [("Runtime", "provided.al2023"), ("Handler", "bootstrap")] {
        if properties[name] != value {
            problems.push(format!("{name} is not {value}"));
        }
    }
    let [architecture] = properties["Architectures"].as_array().map_or(&[][..], Vec::as_slice) else {
        return vec!["it has not one architecture".to_owned()];
    };
    let parameter = architecture["Ref"].as_str().unwrap_or_default();
    let allowed = &template.entry("Parameters", parameter)["AllowedValues"];
    if *allowed != json!(ARCHITECTURES) || *template.by_default(architecture) != ARCHITECTURES[0] {
        problems.push("its architecture is not chosen between arm64, the default, and x86_64".to_owned());
    }
    if properties["Tracing"] != json!({"Fn::If": ["Traces", "Active", "PassThrough"]})
        || *template.entry("Conditions", "Traces") != json!({"Fn::Equals": [{"Ref": "Tracing"}, "on"]})
        || template.entry("Parameters", "Tracing")["Default"] != "off"
    {
        problems.push("X-Ray is not off by default".to_owned());
    }
    problems
}

/// Reads the settings of the API, those of the job among them, with what Lambda sets and the parameters' defaults.
fn settings(template: &Template, function: &Function) -> Vec<String> {
    let variables = &function.properties["Environment"]["Variables"];
    let asked = RefCell::new(BTreeSet::new());
    let read = ApiSettings::read(|name| {
        asked.borrow_mut().insert(name.to_owned());
        let value = match name {
            "AWS_LAMBDA_RUNTIME_API" => "127.0.0.1:9001",
            "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" | "AWS_SESSION_TOKEN" => "of-the-role",
            "DATABASE_SECRET_ARN" if variables[name] == json!({"Ref": "DatabaseSecretArn"}) => {
                "arn:aws:secretsmanager:eu-central-1:123456789012:secret:kami-AbCdEf"
            }
            _ => template.by_default(&variables[name]).as_str().ok_or(VarError::NotPresent)?,
        };
        Ok(value.to_owned())
    });
    let mut problems: Vec<_> = read.err().map(|error| error.to_string()).into_iter().collect();
    let asked = asked.into_inner();
    let set = variables.as_object().into_iter().flatten();
    let unread = set.filter(|(name, _)| !asked.contains(*name));
    problems.extend(unread.map(|(name, _)| format!("no setting is called {name}")));
    problems
}

fn serves(template: &Template, function: &Function) -> Vec<String> {
    let mut problems = Vec::new();
    if seconds(&function.properties["Timeout"]) <= api::REQUEST_LIMIT {
        problems.push(format!("{} ends before a request's own limit", function.id));
    }
    let reserved = &function.properties["ReservedConcurrentExecutions"]["Fn::If"];
    let most = template.by_default(&reserved[1]).as_u64().unwrap_or(u64::MAX);
    // A deployment leaves as many idle instances of the old version, each with its connection.
    if reserved[0] != "Reserves" || most.saturating_mul(2) >= FEWEST_CONNECTIONS {
        problems.push(format!("{} may use up the connections of a small server", function.id));
    }
    if !function.properties["Events"].is_null() {
        problems.push(format!("{} is called by something else than its address", function.id));
    }
    problems
}

fn is_scheduled(function: &Function) -> Vec<String> {
    let mut problems = Vec::new();
    let properties = &function.properties;
    let limit = seconds(&properties["Timeout"]);
    if limit <= expire::LAMBDA_RESERVE || limit >= INTERVAL {
        problems.push(format!("{}: its timeout does not let it end between two runs", function.id));
    }
    if properties["ReservedConcurrentExecutions"]
        != json!({"Fn::If": ["Reserves", 1, {"Ref": "AWS::NoValue"}]})
    {
        problems.push(format!("{} may run twice at once", function.id));
    }
    let events: Vec<_> =
        properties["Events"].as_object().into_iter().flat_map(|events| events.values()).collect();
    let [event] = events.as_slice() else {
        return vec![format!("{} has {} events, not its schedule alone", function.id, events.len())];
    };
    let schedule = &event["Properties"];
    if event["Type"] != "ScheduleV2"
        || schedule["ScheduleExpression"].as_str().and_then(rate) != Some(INTERVAL)
        || !schedule["State"].is_null()
    {
        problems.push(format!("{} is not run every hour", function.id));
    }
    for (what, age) in [
        ("delivery", &schedule["RetryPolicy"]["MaximumEventAgeInSeconds"]),
        ("run", &properties["EventInvokeConfig"]["MaximumEventAgeInSeconds"]),
    ] {
        if age.is_null() || seconds(age) >= INTERVAL {
            problems.push(format!("{}: a {what} is tried again when the next one is due", function.id));
        }
    }
    problems
}

/// The interval of an expression such as `rate(30 minutes)`.
fn rate(expression: &str) -> Option<Duration> {
    let (count, unit) = expression.strip_prefix("rate(")?.strip_suffix(')')?.split_once(' ')?;
    let unit = match unit.trim_end_matches('s') {
        "minute" => 60,
        "hour" => 60 * 60,
        "day" => 24 * 60 * 60,
        _ => return None,
    };
    Some(Duration::from_secs(count.parse::<u64>().ok()? * unit))
}

fn seconds(value: &Value) -> Duration {
    Duration::from_secs(value.as_u64().unwrap_or_default())
}
