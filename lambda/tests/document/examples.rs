//! Examples of answers: each is what is really answered, and whatever is said to people has one.
//!
//! An example in another language than the default one has that language's tag at the end of its name, after a dot.

use kami_lambda::api::Language;
use serde_json::Value;

use crate::answers::Answer;
use crate::openapi::{OpenApi, entries};
use crate::responses::{JSON, described, schema};
use crate::schema::timeless;

/// An example of an answer.
struct Example<'a> {
    name: &'a str,
    /// The tag of its language.
    language: &'a str,
    value: &'a Value,
}

pub(crate) fn problems(document: &OpenApi, answers: &[Answer]) -> Vec<String> {
    let mut problems = Vec::new();
    for ((method, path), responses) in described(document) {
        for (status, response) in responses {
            let is_of =
                |answer: &&Answer| answer.endpoint == (method, path) && answer.status.to_string() == status;
            let answers: Vec<_> = answers.iter().filter(is_of).collect();
            let found = of_response(document, response, &answers);
            problems.extend(found.into_iter().map(|problem| format!("{method} {path}: {status}: {problem}")));
        }
    }
    problems.sort();
    problems.dedup();
    problems
}

fn of_response(document: &OpenApi, response: &Value, answers: &[&Answer]) -> Vec<String> {
    let schema = schema(response);
    let examples = examples(document, response);
    let mut problems = Vec::new();
    for Example { name, language, value } in &examples {
        let value = timeless(document, schema, value);
        let is_it = |answer: &&&Answer| {
            answer.language == *language && timeless(document, schema, &answer.body) == value
        };
        if !answers.iter().any(|answer| is_it(&answer)) {
            problems.push(format!("the example {name} is never answered"));
        }
    }
    for Answer { language, body, .. } in answers {
        let is_said = |example: &Example<'_>| {
            ["reason", "message"].iter().all(|member| example.value[member] == body[member])
        };
        if !examples.iter().any(is_said) {
            let said = body["message"].as_str().unwrap_or("an answer without a message");
            problems.push(format!("no example is {said} ({language})"));
        }
    }
    problems
}

fn examples<'a>(document: &'a OpenApi, response: &'a Value) -> Vec<Example<'a>> {
    let content = &response["content"][JSON];
    let default = Language::all().next().unwrap().tag();
    let only = content.get("example").map(|value| Example { name: "by itself", language: default, value });
    let others = entries(&content["examples"]).map(|(name, example)| {
        let language = name.split_once('.').map_or(default, |(_, tag)| tag);
        Example { name, language, value: &document.resolve(example)["value"] }
    });
    only.into_iter().chain(others).collect()
}
