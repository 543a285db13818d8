//! What an example takes for proven: the cases of `clients/vectors.json`, and the signatures of Wycheproof.
//!
//! Drivers are asked in lines of fields that the control character 1F parts, and answer each with `no`, or with `yes` and what
//! may be acted upon: as JSON, or each member behind its quoted names. A field that is empty is not there; the text of the file
//! of a licence stands there in base64url, since it has lines of its own.

use std::collections::BTreeMap;

use kami_trust::base64url::encode;
use serde_json::Value;

use crate::language::{Language, clients};

#[expect(dead_code, unreachable_pub, reason = "it is a page of an app")]
#[path = "../../../clients/rust/src/device.rs"]
mod device;
#[expect(dead_code, unreachable_pub, reason = "it is a page of an app")]
#[path = "../../../clients/rust/src/proof.rs"]
mod proof;

in_each_language! {
    takes_for_proven_what_is_proven_alone
    verifies_as_wycheproof_says
}

const PART: &str = "\u{1f}";

async fn takes_for_proven_what_is_proven_alone(language: Language) {
    let text = std::fs::read_to_string(clients().join("vectors.json")).unwrap();
    let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
    let lines: Vec<String> = cases.iter().map(line).collect();
    let answers = language.checked(&lines);
    assert_eq!(answers.len(), cases.len(), "{language:?} answers each case");
    for (case, answer) in cases.iter().zip(answers) {
        let name = &case["name"];
        assert_eq!(answer.starts_with("yes "), case["good"] == true, "{language:?}: {name}: {answer}");
        if let Some(wanted) = case.get("answer").filter(|_| case["good"] == true) {
            assert_eq!(members_of(&answer[4..]), members(wanted), "{language:?}: {name}");
        }
    }
}

/// The line that asks about a case.
fn line(case: &Value) -> String {
    let fields: &[&str] = match case["kind"].as_str().unwrap() {
        "lease" => &["kind", "roots", "app", "code", "machine", "proof", "clock", "latest", "device"],
        "licence" => &["kind", "roots", "app", "code", "machine", "licence", "clock", "latest", "device"],
        _ => &[
            "kind", "roots", "app", "route", "nonce", "code", "machine", "request", "status", "body",
            "clock", "latest", "device",
        ],
    };
    let fields = fields.iter().map(|&name| match &case[name] {
        Value::String(file) if name == "licence" => encode(file),
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Array(texts) => texts.iter().map(|text| text.as_str().unwrap()).collect::<Vec<_>>().join(" "),
        number => number.to_string(),
    });
    let line = fields.collect::<Vec<_>>().join(PART);
    assert!(!line.contains(['\n', '\r']), "{}", case["name"]);
    line
}

fn members_of(answer: &str) -> BTreeMap<String, Value> {
    if answer.starts_with('{') {
        return members(&serde_json::from_str(answer).unwrap());
    }
    let members = answer.split(PART).filter_map(|member| member.split_once(' '));
    members.map(|(names, value)| (names.to_owned(), number(serde_json::from_str(value).unwrap()))).collect()
}

/// Each member behind the names that lead to it.
fn members(value: &Value) -> BTreeMap<String, Value> {
    let Value::Object(own) = value else { return [(String::new(), number(value.clone()))].into() };
    let names = |(name, value): (&String, _)| {
        let below = members(value).into_iter();
        below.map(|(names, value)| (format!("\"{name}\"{names}"), value)).collect::<Vec<_>>()
    };
    own.iter().flat_map(names).collect()
}

/// The same, however a language writes a number.
fn number(value: Value) -> Value {
    value.as_f64().map_or(value, Value::from)
}

async fn verifies_as_wycheproof_says(language: Language) {
    let text = include_str!("wycheproof.txt").lines().filter(|line| !line.starts_with('#'));
    let cases: Vec<Vec<&str>> = text.map(|line| line.split(' ').collect()).collect();
    // what starts a process for each step is asked about what is wrong, and what DER writes in less or more bytes
    let short =
        |text: &str| text.starts_with("AA") || text.get(42..46).is_some_and(|middle| middle == "AAAA");
    let is_asked = |case: &&Vec<&str>| {
        !matches!(language, Language::Shell)
            || case[1] == "invalid"
            || short(case[4])
            || case[0].ends_with('7')
    };
    let cases: Vec<_> = cases.iter().filter(is_asked).collect();
    let field = |text: &str| if text == "-" { String::new() } else { text.to_owned() };
    let lines = cases
        .iter()
        .map(|case| [String::from("signature"), field(case[2]), field(case[3]), field(case[4])].join(PART));
    let answers = language.checked(&lines.collect::<Vec<_>>());
    assert_eq!(answers.len(), cases.len(), "{language:?} answers each case");
    for (case, answer) in cases.iter().zip(answers) {
        assert_eq!(answer.starts_with("yes"), case[1] == "valid", "{language:?}: number {}", case[0]);
    }
}

/// What the page in Rust answers to a line.
pub(crate) fn of_the_rust_page(line: &str) -> String {
    use device::{Check, Own, check_lease, check_licence};
    use proof::{Asked, Proven, check, decode, is_signed};

    let fields: Vec<&str> = line.split(PART).collect();
    let moment = |text: &str| text.parse::<i64>().unwrap();
    let roots = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let answer = match fields[..] {
        ["signature", key, signed, signature] => {
            let bytes = |text| decode(text).unwrap();
            is_signed(&bytes(signed), &bytes(signature), &bytes(key)).then(|| Value::Object(<_>::default()))
        }
        [kind @ ("lease" | "licence"), pinned, app, code, machine, text, clock, latest, device] => {
            let file = String::from_utf8(if kind == "lease" { text.into() } else { decode(text).unwrap() });
            let check: Check = if kind == "lease" { check_lease } else { check_licence };
            let own = Own { app, code, machine, device: Some(device).filter(|text| !text.is_empty()) };
            check(&roots(pinned), &file.unwrap(), &own, (moment(clock), moment(latest)))
                .map(|Proven { answer, .. }| answer)
        }
        [_, pinned, app, route, nonce, code, machine, request, status, body, clock, latest, device] => {
            let device = Some(device).filter(|text| !text.is_empty());
            let asked = Asked { app, route, nonce, code: Some(code), machine, request, device };
            let (status, moment) = (status.parse().unwrap(), moment(clock).max(moment(latest)));
            check(&roots(pinned), &asked, status, body, moment).map(|Proven { answer, .. }| answer)
        }
        _ => panic!("{line}"),
    };
    answer.map_or("no".to_owned(), |answer| format!("yes {answer}"))
}
