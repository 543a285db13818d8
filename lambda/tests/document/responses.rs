//! Answers by status, with their headers and fields.

use std::collections::{BTreeMap, BTreeSet};

use hyper::HeaderMap;
use hyper::header::HeaderName;
use serde_json::Value;

use crate::answers::{Answer, ELSEWHERE};
use crate::openapi::{OpenApi, entries};
use crate::schema::Checker;

/// What HTTP itself has beside each answer, and the one that the document tells of all.
const OF_EVERY_ANSWER: [&str; 5] = ["content-type", "content-length", "date", "connection", "cache-control"];

/// The content that every answer has.
pub(crate) const JSON: &str = "application/json";

/// The answers of each endpoint by status: those of the document, and that to whatever is not in it.
pub(crate) fn described(document: &OpenApi) -> BTreeMap<(&str, &str), BTreeMap<&str, &Value>> {
    let elsewhere = BTreeMap::from([("404", document.at("/components/responses/NotFound"))]);
    let operations = document.operations();
    let endpoints =
        operations.iter().map(|operation| ((operation.method, operation.path), operation.responses()));
    endpoints.chain([((ELSEWHERE, ELSEWHERE), elsewhere)]).collect()
}

/// The schema of an answer's body.
pub(crate) fn schema(response: &Value) -> &Value {
    &response["content"][JSON]["schema"]
}

pub(crate) fn problems(document: &OpenApi, answers: &[Answer]) -> Vec<String> {
    let mut checker = Checker::new(document);
    for ((method, path), responses) in described(document) {
        let endpoint = format!("{method} {path}");
        let answers: Vec<_> = answers.iter().filter(|answer| answer.endpoint == (method, path)).collect();
        let answered: BTreeSet<_> = answers.iter().map(|answer| answer.status.to_string()).collect();
        for status in responses.keys().filter(|status| !answered.contains(**status)) {
            checker.problem(format!("{endpoint} never answers {status}"));
        }
        for answer in answers {
            match responses.get(answer.status.to_string().as_str()) {
                Some(response) => one(&mut checker, document, response, answer),
                None => {
                    checker.problem(format!("{endpoint} answers {}, which is not described", answer.status));
                }
            }
        }
    }
    for (_, responses) in described(document) {
        for response in responses.values() {
            checker.unseen(schema(response), "the body");
            for (name, header) in entries(&response["headers"]) {
                if may_be_absent(document.resolve(header)) {
                    checker.sometimes(&header_place(name));
                }
            }
        }
    }
    checker.problems.into_iter().collect()
}

fn one(checker: &mut Checker<'_>, document: &OpenApi, response: &Value, answer: &Answer) {
    let Answer { endpoint: (method, path), status, .. } = answer;
    let place = format!("{method} {path}: {status}");
    let media: Vec<_> = entries(&response["content"]).map(|(media, _)| media).collect();
    let found = answer.headers.get("content-type").and_then(|media| media.to_str().ok());
    if media != [JSON] || found != Some(JSON) {
        checker.problem(format!("{place} is {found:?}, described as {media:?}"));
    }
    headers(checker, document, response, (&answer.headers, &place));
    let id = answer.headers.get("x-request-id").and_then(|id| id.to_str().ok());
    if answer.id.as_deref().is_some_and(|sent| Some(sent) != id) {
        checker.problem(format!("{place} has the id of another request"));
    }
    if let Some(allowed) = answer.headers.get("allow") {
        let described = methods(document, path);
        if *allowed != described {
            checker.problem(format!("{path} has the methods {allowed:?}, described are {described}"));
        }
    }
    checker.value(schema(response), &answer.body, &place);
}

/// The methods of a path, as `Allow` lists them.
fn methods(document: &OpenApi, path: &str) -> String {
    let operations = document.operations().into_iter().filter(|operation| operation.path == path);
    let methods =
        operations.map(|operation| if operation.method == "GET" { "GET,HEAD" } else { operation.method });
    methods.collect::<Vec<_>>().join(",")
}

fn headers(
    checker: &mut Checker<'_>,
    document: &OpenApi,
    response: &Value,
    (found, place): (&HeaderMap, &str),
) {
    let described: BTreeMap<_, _> =
        entries(&response["headers"]).map(|(name, header)| (name.to_ascii_lowercase(), header)).collect();
    for name in found.keys().map(HeaderName::as_str).filter(|name| !OF_EVERY_ANSWER.contains(name)) {
        if !described.contains_key(name) {
            checker.problem(format!("{place} has the header {name}, which is not described"));
        }
    }
    for name in OF_EVERY_ANSWER.iter().filter(|name| !found.contains_key(**name)) {
        checker.problem(format!("{place} has no {name}"));
    }
    for (name, header) in described {
        let values: Vec<_> = found.get_all(&name).iter().filter_map(|value| value.to_str().ok()).collect();
        if values.is_empty() && may_be_absent(document.resolve(header)) {
            checker.absent(&header_place(&name));
            continue;
        }
        let [value] = values.as_slice() else {
            checker.problem(format!("{place} has the header {name} {} times", values.len()));
            continue;
        };
        let schema = &document.resolve(header)["schema"];
        // A header is text, also where it is a number.
        let value = match schema["type"].as_str() {
            Some("integer") => value.parse::<u64>().map_or_else(|_| Value::from(*value), Value::from),
            _ => Value::from(*value),
        };
        checker.value(schema, &value, &header_place(&name));
    }
}

fn header_place(name: &str) -> String {
    format!("the header {}", name.to_ascii_lowercase())
}

/// Whether an answer may do without a header; each has one that the document does not say that of.
fn may_be_absent(header: &Value) -> bool {
    header["required"] == false
}
