//! Values held against the schemas of a document, and the schemas against what values showed of them.

use std::collections::BTreeSet;

use chrono::DateTime;
use kami_trust::base64url;
use serde_json::{Value, json};

use crate::openapi::{OpenApi, entries};

/// What may stand in a schema; a word that nobody looks at would promise nothing.
const WORDS: [&str; 12] = [
    "type",
    "items",
    "required",
    "properties",
    "additionalProperties",
    "const",
    "enum",
    "format",
    "minimum",
    "minLength",
    "maxLength",
    "description",
];

/// Says of values what a document does not promise, and afterwards of the document what no value showed.
#[derive(Debug)]
pub(crate) struct Checker<'a> {
    document: &'a OpenApi,
    /// Which sorts of values stood in which place.
    seen: BTreeSet<(String, String)>,
    /// What is wrong, a sentence each.
    pub(crate) problems: BTreeSet<String>,
}

impl<'a> Checker<'a> {
    pub(crate) fn new(document: &'a OpenApi) -> Self {
        Self { document, seen: BTreeSet::new(), problems: BTreeSet::new() }
    }

    /// Holds a value against a schema, which is known by `place` unless it has a name of its own.
    pub(crate) fn value(&mut self, schema: &Value, value: &Value, place: &str) {
        let (schema, place) = self.named(schema, place);
        for (word, _) in entries(schema).filter(|(word, _)| !WORDS.contains(word)) {
            self.problem(format!("{place}: nobody looks at {word}"));
        }
        let kind = kind(value);
        let kinds = kinds(schema);
        if !kinds.is_empty() && !kinds.contains(&kind) {
            self.problem(format!("{place} is {kind}, not {}", kinds.join(" or ")));
        }
        if schema.get("const").is_some_and(|only| only != value) {
            self.problem(format!("{place} is {value}, not {}", schema["const"]));
        }
        if schema["enum"].as_array().is_some_and(|values| !values.contains(value)) {
            self.problem(format!("{place} may not be {value}"));
        }
        self.seen.insert((place.clone(), kind.to_owned()));
        self.seen.insert((place.clone(), value.to_string()));
        match value {
            Value::String(text) => self.text(schema, text, &place),
            Value::Number(number) if number.as_f64() < schema["minimum"].as_f64() => {
                self.problem(format!("{place} is {number}"));
            }
            Value::Object(_) => self.members(schema, value, &place),
            Value::Array(items) => {
                let place = format!("{place}[]");
                for item in items {
                    self.value(&schema["items"], item, &place);
                }
            }
            _ => {}
        }
    }

    fn text(&mut self, schema: &Value, text: &str, place: &str) {
        let length = text.chars().count() as u64;
        let bounds =
            schema["minLength"].as_u64().unwrap_or(0)..=schema["maxLength"].as_u64().unwrap_or(u64::MAX);
        let is_good = match schema["format"].as_str() {
            None => true,
            Some("date-time") => DateTime::parse_from_rfc3339(text).is_ok(),
            Some("base64url") => base64url::decode(text).is_some(),
            Some("jws") => is_jws(text),
            Some(_) => false,
        };
        if !is_good || !bounds.contains(&length) {
            self.problem(format!("{place} is {text:?}"));
        }
    }

    fn members(&mut self, schema: &Value, value: &Value, place: &str) {
        for name in required(schema).into_iter().filter(|name| value.get(name).is_none()) {
            self.problem(format!("{place} lacks {name}"));
        }
        for (name, member) in entries(value) {
            match (schema["properties"].get(name), schema.get("additionalProperties")) {
                (Some(schema), _) => self.value(schema, member, &format!("{place}.{name}")),
                (None, Some(schema)) => self.value(schema, member, &format!("{place}.*")),
                (None, None) => self.problem(format!("{place} has {name}, which the document does not know")),
            }
        }
        for (name, schema) in entries(&schema["properties"]).filter(|(name, _)| value.get(name).is_none()) {
            let (_, place) = self.named(schema, &format!("{place}.{name}"));
            self.seen.insert((place, "absent".to_owned()));
        }
    }

    /// Complains of what the schema allows and no value showed: a type, a word, that a member may be left out.
    pub(crate) fn unseen(&mut self, schema: &Value, place: &str) {
        let (schema, place) = self.named(schema, place);
        let words = schema["enum"].as_array().into_iter().flatten().map(Value::to_string);
        let allowed: Vec<_> = kinds(schema).into_iter().map(str::to_owned).chain(words).collect();
        for what in allowed {
            self.expect(&place, &what);
        }
        let required = required(schema);
        for (name, member) in entries(&schema["properties"]) {
            let (_, member_place) = self.named(member, &format!("{place}.{name}"));
            if !required.contains(&name) {
                self.expect(&member_place, "absent");
            }
            self.unseen(member, &member_place);
        }
        if let Some(schema) = schema.get("additionalProperties") {
            self.unseen(schema, &format!("{place}.*"));
        }
        if let Some(schema) = schema.get("items") {
            self.unseen(schema, &format!("{place}[]"));
        }
        for name in required.iter().filter(|name| schema["properties"].get(name).is_none()) {
            self.problem(format!("{place} requires {name}, which it does not describe"));
        }
    }

    /// Notes that what may be left out there was.
    pub(crate) fn absent(&mut self, place: &str) {
        self.seen.insert((place.to_owned(), "absent".to_owned()));
    }

    /// Complains if what may be left out there never was.
    pub(crate) fn sometimes(&mut self, place: &str) {
        self.expect(place, "absent");
    }

    fn expect(&mut self, place: &str, what: &str) {
        if !self.seen.contains(&(place.to_owned(), what.to_owned())) {
            self.problem(format!("{place} is never {what}"));
        }
    }

    /// A schema and its place, which is its name where it has one.
    fn named<'s>(&self, schema: &'s Value, place: &str) -> (&'s Value, String)
    where
        'a: 's,
    {
        let name = schema["$ref"].as_str().and_then(|place| place.rsplit('/').next());
        (self.document.resolve(schema), name.unwrap_or(place).to_owned())
    }

    pub(crate) fn problem(&mut self, problem: String) {
        self.problems.insert(problem);
    }
}

/// Whether a text is a compact JWS (RFC 7515 §7.1).
fn is_jws(text: &str) -> bool {
    text.split('.').count() == 3 && text.split('.').all(|part| base64url::decode(part).is_some())
}

/// A value with its moments, its figures, what is signed and the codes of its trials alike, which differ from one answer to the next.
pub(crate) fn timeless(document: &OpenApi, schema: &Value, value: &Value) -> Value {
    let schema = document.resolve(schema);
    match value {
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| {
                (name.clone(), timeless(document, &schema["properties"][name], value))
            };
            members.iter().map(member).collect()
        }
        Value::Array(items) => items.iter().map(|item| timeless(document, &schema["items"], item)).collect(),
        Value::String(_) if !schema["format"].is_null() => schema["format"].clone(),
        Value::String(text) if text.starts_with("TRIAL-") => json!("TRIAL-"),
        Value::Number(_) => json!(0),
        other => other.clone(),
    }
}

/// The types that a schema allows.
pub(crate) fn kinds(schema: &Value) -> Vec<&str> {
    match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// The members that an object has to have.
pub(crate) fn required(schema: &Value) -> Vec<&str> {
    schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
