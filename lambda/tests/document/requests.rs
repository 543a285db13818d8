//! What is read of a request: parameters, and the members of bodies with their bounds.

use std::collections::BTreeSet;
use std::iter;

use kami_core::app::AppName;
use kami_core::card::CardCode;
use kami_lambda::api::request::{
    ConsumeRequest, RechargeRequest, SeatRequest, StatusRequest, TrialRequest, ValidateRequest,
};
use kami_lambda::api::{ApiError, Asker, Failure, Field, Known, Language, OfApp};
use kami_trust::nonce::Nonce;
use serde::Deserialize;
use serde::de::value::Error;
use serde::de::{Deserializer, Error as _, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Value, json};

use crate::openapi::{OpenApi, Operation, entries};
use crate::responses::JSON;
use crate::schema::{kinds, required};

pub(crate) fn problems(document: &OpenApi) -> Vec<String> {
    let mut problems = Vec::new();
    for operation in document.operations() {
        let found = [of_parameters(&operation), of_body(document, &operation)].concat();
        let place = format!("{} {}", operation.method, operation.path);
        problems.extend(found.into_iter().map(|problem| format!("{place}: {problem}")));
    }
    problems
}

/// Where a parameter stands, and its name.
type Parameter<'a> = (&'a str, &'a str);

fn of_parameters(operation: &Operation<'_>) -> Vec<String> {
    let mut ours: BTreeSet<Parameter<'_>> =
        BTreeSet::from([("header", "Accept-Language"), ("header", "X-Request-Id")]);
    if let Some((_, rest)) = operation.path.split_once('{') {
        ours.insert(("path", rest.trim_end_matches('}')));
    }
    let queries: &[&[&str]] = match operation.path {
        "/api/status/{code}" => &[fields::<Asker>(), fields::<OfApp>()],
        "/api/apps/{name}" => &[fields::<Known>()],
        _ => &[],
    };
    ours.extend(queries.iter().copied().flatten().map(|name| ("query", *name)));
    if operation.method == "GET" {
        ours.insert(("query", Field::Nonce.as_str()));
    } else {
        ours.insert(("header", "Kami-Device"));
    }
    let parameters = operation.parameters();
    let theirs: BTreeSet<_> =
        parameters.iter().map(|found| (word(&found["in"]), word(&found["name"]))).collect();
    let lacking =
        ours.difference(&theirs).map(|(place, name)| format!("the {place} parameter {name} is lacking"));
    let invented =
        theirs.difference(&ours).map(|(place, name)| format!("no {place} parameter {name} is read"));
    let each = parameters.iter().flat_map(|parameter| of_parameter(parameter));
    lacking.chain(invented).chain(each).collect()
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn of_parameter(parameter: &Value) -> Vec<String> {
    let name = &parameter["name"];
    let mut problems = Vec::new();
    if parameter["required"].as_bool().unwrap_or(false) != (parameter["in"] == "path") {
        problems.push(format!("the parameter {name} is required only in a path"));
    }
    if parameter["schema"]["type"] != "string" {
        problems.push(format!("the parameter {name} is text"));
    }
    if *name == Field::Nonce.as_str() {
        problems.extend(of_nonce(&parameter["schema"]));
    }
    let example = word(&parameter["example"]);
    if name == "code" && CardCode::parse(example).is_err() {
        problems.push("the example of the code is none".to_owned());
    }
    if name == "name" && example.parse::<AppName>().is_err() {
        problems.push("the example of the app is none".to_owned());
    }
    if name == "Accept-Language" {
        let theirs: BTreeSet<_> =
            entries(&parameter["examples"]).map(|(_, example)| word(&example["value"])).collect();
        let ours: BTreeSet<_> = Language::all().map(Language::tag).collect();
        if theirs != ours {
            problems.push(format!("the languages are {ours:?}, not {theirs:?}"));
        }
    }
    problems
}

/// Holds the bounds of a nonce against ours: what reads the other members passes over it, since a server without a key does.
fn of_nonce(schema: &Value) -> Option<String> {
    let is_ours = schema["minLength"] == Nonce::MIN_CHARS && schema["maxLength"] == Nonce::MAX_CHARS;
    (!is_ours).then(|| format!("a nonce has {} to {} characters", Nonce::MIN_CHARS, Nonce::MAX_CHARS))
}

/// Why a body is refused, if it is.
type Read = fn(&[u8]) -> Option<Failure>;

fn of_body(document: &OpenApi, operation: &Operation<'_>) -> Vec<String> {
    let read: Option<(Read, &[Field])> = match (operation.method, operation.path) {
        ("POST", "/api/validate") => {
            Some((|body| ValidateRequest::parse(body).err(), &ValidateRequest::FIELDS))
        }
        ("POST", "/api/consume") => Some((|body| ConsumeRequest::parse(body).err(), &ConsumeRequest::FIELDS)),
        ("POST", "/api/recharge") => {
            Some((|body| RechargeRequest::parse(body).err(), &RechargeRequest::FIELDS))
        }
        ("POST", "/api/release" | "/api/unbind") => {
            Some((|body| SeatRequest::parse(body).err(), &SeatRequest::FIELDS))
        }
        ("POST", "/api/trial") => Some((|body| TrialRequest::parse(body).err(), &TrialRequest::FIELDS)),
        ("POST", "/api/status") => Some((|body| StatusRequest::parse(body).err(), &StatusRequest::FIELDS)),
        _ => None,
    };
    let body = operation.body();
    let Some((read, fields)) = read else {
        return if body.is_null() { Vec::new() } else { vec!["no body is read".to_owned()] };
    };
    let content = &body["content"][JSON];
    let schema = document.resolve(&content["schema"]);
    let mut problems = Vec::new();
    if body["required"] != true || schema["type"] != "object" {
        problems.push("its body has to be an object".to_owned());
    }
    if let Some(failure) = read(content["example"].to_string().as_bytes()) {
        problems.push(format!("the example of the body is refused as {}", failure.error().reason()));
    }
    let ours: BTreeSet<_> = fields.iter().map(|field| field.as_str()).collect();
    let theirs: BTreeSet<_> = entries(&schema["properties"]).map(|(name, _)| name).collect();
    problems.extend(ours.difference(&theirs).map(|name| format!("the member {name} is not described")));
    problems.extend(theirs.difference(&ours).map(|name| format!("no member {name} is read")));
    problems.extend(entries(&schema["properties"]).flat_map(|(name, member)| {
        let (member, is_required) = (document.resolve(member), required(schema).contains(&name));
        if name == Field::Nonce.as_str() {
            let is_optional = !is_required && kinds(member) == ["string", "null"];
            let wrong = (!is_optional).then(|| "the member nonce may be left out".to_owned());
            return of_nonce(member).into_iter().chain(wrong).collect();
        }
        of_member(read, name, member, is_required)
    }));
    problems
}

/// Holds the bounds of a member against what is made of values just within and beyond them.
fn of_member(read: Read, name: &str, schema: &Value, is_required: bool) -> Vec<String> {
    let error_of = |value: Option<Value>| {
        let mut body = json!({
            "code": "VIP-1", "machine_code": "PC", "amount": 1, "request_id": "a", "with": "VIP-2",
        });
        match value {
            Some(value) => body[name] = value,
            None => drop(body.as_object_mut().unwrap().remove(name)),
        }
        read(body.to_string().as_bytes()).map(|failure| failure.error())
    };
    let missing = Some(ApiError::MissingFields);
    let invalid = Some(ApiError::InvalidFields);
    let may_be_null = kinds(schema).contains(&"null");
    let mut checks = vec![
        ("required", error_of(None), if is_required { missing } else { None }),
        ("null", error_of(Some(Value::Null)), if may_be_null { None } else { missing }),
    ];
    if kinds(schema).contains(&"integer") {
        let bound = |name: &str| schema[name].as_u64().unwrap_or(0);
        let (least, most) = (bound("minimum"), bound("maximum"));
        checks.extend([
            ("minimum", error_of(Some(json!(least))), None),
            ("minimum", error_of(Some(json!(least.wrapping_sub(1)))), invalid),
            ("maximum", error_of(Some(json!(most))), None),
            ("maximum", error_of(Some(json!(most + 1))), invalid),
            ("type", error_of(Some(json!("7"))), invalid),
            ("type", error_of(Some(json!(7.5))), invalid),
        ]);
    } else {
        checks.extend(of_text(name, schema, &error_of));
    }
    let is_known = kinds(schema).iter().any(|kind| ["string", "integer"].contains(kind));
    let wrong = checks.into_iter().filter(|(_, found, expected)| found != expected);
    let wrong =
        wrong.map(|(what, found, _)| format!("the member {name} is read in another way: {what}, {found:?}"));
    wrong.chain((!is_known).then(|| format!("the member {name} is text or a number"))).collect()
}

/// What is looked at of a member, what a value of that kind came to, and what it has to come to.
type Check = (&'static str, Option<ApiError>, Option<ApiError>);

/// The checks of a member that is text.
fn of_text(name: &str, schema: &Value, error_of: &dyn Fn(Option<Value>) -> Option<ApiError>) -> [Check; 4] {
    let text_of = |length: u64| {
        let text: String =
            beginning(name).chars().chain(iter::repeat('x')).take(usize::try_from(length).unwrap()).collect();
        Some(json!(text))
    };
    let missing = Some(ApiError::MissingFields);
    let is_short = schema["minLength"] == 1;
    let longest = schema["maxLength"].as_u64().unwrap_or(0);
    [
        ("minLength", error_of(text_of(0)), if is_short { missing } else { None }),
        (
            "maxLength",
            error_of(text_of(longest)),
            if longest == 0 { Some(ApiError::InvalidFields) } else { None },
        ),
        ("maxLength", error_of(text_of(longest + 1)), Some(ApiError::InvalidFields)),
        ("type", error_of(Some(json!(7))), Some(ApiError::InvalidFields)),
    ]
}

/// With what a text begins that the member may be.
fn beginning(name: &str) -> &'static str {
    if name == Field::Version.as_str() { "1-" } else { "" }
}

/// The names of the members from which a type is read.
fn fields<'de, T: Deserialize<'de>>() -> &'static [&'static str] {
    let mut names: &[&str] = &[];
    assert!(T::deserialize(Names(&mut names)).is_err(), "it is a struct");
    names
}

/// Takes down the names of the members that it is asked for, and has none.
struct Names<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Names<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::custom("no value"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Error> {
        *self.0 = fields;
        Err(Error::custom("no value"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}
