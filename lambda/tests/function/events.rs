//! Whatever event arrives is answered in the usual form: what is sent to an address of AWS is a stranger's to choose.

use kami_testkit::{Program, TestDatabase};
use serde_json::{Value, json};

use crate::API;
use crate::runtime::{Runtime, url_event};

/// Every character of one byte in Latin-1, and some of several bytes, of two halves and of no width.
fn characters() -> impl Iterator<Item = char> {
    ('\0'..='\u{ff}').chain(['季', '\u{200b}', '\u{2028}', '\u{feff}', '\u{fffd}', '\u{ffff}', '😀'])
}

async fn start() -> (TestDatabase, Runtime, Program) {
    let database = TestDatabase::create().await;
    database.insert_card("VIP", "ONE").await;
    let (runtime, program) = Runtime::start(API, &[("DATABASE_URL", &database.url())]).await;
    (database, runtime, program)
}

/// The status and the reason of an answer, which has the usual form.
fn read(answer: &Value) -> (u64, String) {
    assert!(answer["headers"]["x-request-id"].is_string(), "{answer}");
    assert_eq!(answer["headers"]["content-type"], "application/json", "{answer}");
    let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    let status = answer["statusCode"].as_u64().unwrap();
    assert_eq!(body["status"] == "error", status != 200, "{answer}");
    (status, body["reason"].as_str().unwrap_or_default().to_owned())
}

/// The event of a REST API or, with `elb`, of a load balancer.
fn older_event(elb: bool, path: &str, name: &str, value: &str) -> Value {
    let context = if elb { json!({"elb": {}}) } else { json!({"identity": {"sourceIp": "203.0.113.7"}}) };
    json!({
        "httpMethod": "GET", "path": path, "headers": {"x-forwarded-for": "203.0.113.7"},
        "queryStringParameters": {name: value}, "requestContext": context, "body": null,
    })
}

#[tokio::test]
async fn every_character_in_path_query_header_and_body_is_answered() {
    let (_database, runtime, program) = start().await;
    let request = r#"{"code":"VIP-ONE","machine_code":"PC-1"}"#;
    for c in characters() {
        let place = format!("{c:?}");
        let path = runtime.invoke(url_event("GET", &format!("/api/status/no{c}card"), "", "")).await;
        assert!(matches!(read(&path).0, 404 | 429), "{place} in the path: {path}");
        let path = runtime.invoke(url_event("GET", &c.to_string(), "", "")).await;
        assert_eq!(read(&path).0, 404, "{place} as the path");
        let query = format!("machine_code=PC{c}1&{c}");
        let query = runtime.invoke(url_event("GET", "/api/status/VIP-ONE", &query, "")).await;
        assert_eq!(read(&query).0, 200, "{place} in the query");

        let mut header = url_event("POST", "/api/validate", "", request);
        header["headers"]["accept-language"] = json!(format!("en{c}"));
        header["headers"][format!("x-{c}")] = json!("x");
        assert_eq!(read(&runtime.invoke(header).await).0, 200, "{place} in a header");

        let body = runtime.invoke(url_event("POST", "/api/validate", "", &format!("{request}{c}"))).await;
        let status = if matches!(c, ' ' | '\t' | '\n' | '\r') { 200 } else { 400 };
        assert_eq!(read(&body).0, status, "{place} in the body");
        let mut encoded = url_event("POST", "/api/validate", "", &format!("e30={c}"));
        encoded["isBase64Encoded"] = json!(true);
        assert_eq!(
            read(&runtime.invoke(encoded).await),
            (400, "invalid_json".to_owned()),
            "{place} in base64"
        );

        for elb in [false, true] {
            let text = c.to_string();
            let answer = runtime.invoke(older_event(elb, "/api/status/VIP-ONE", &text, &text)).await;
            assert_eq!(read(&answer).0, 200, "{place} in the query of an older event");
        }
    }
    assert!(!program.output().contains("panicked"), "{}", program.output());
}

#[tokio::test]
async fn whatever_is_missing_in_an_event_or_of_another_kind_is_answered() {
    let (_database, runtime, program) = start().await;
    let request = r#"{"code":"VIP-ONE","machine_code":"PC-1"}"#;
    let mut events = vec![json!(null), json!({}), json!([]), json!(""), json!(7), json!({"Records": []})];
    let odd =
        [json!(null), json!(7), json!([]), json!({}), json!(""), json!({"x": [null, 7]}), json!([7, null])];
    let older = [older_event(false, "/api/health", "a", "b"), older_event(true, "/api/health", "a", "b")];
    for event in older.into_iter().chain([url_event("POST", "/api/validate", "", request)]) {
        for name in event.as_object().unwrap().keys() {
            for odd in &odd {
                let mut event = event.clone();
                event[name] = odd.clone();
                events.push(event);
            }
            let mut event = event.clone();
            event.as_object_mut().unwrap().remove(name);
            events.push(event);
        }
    }
    let mut method = url_event("GET /", "/api/validate", "", request);
    method["rawQueryString"] = json!("x".repeat(70_000));
    events.push(method);
    for event in events {
        let (status, _) = read(&runtime.invoke(event.clone()).await);
        assert!(matches!(status, 200 | 400 | 404 | 405), "{status}: {event}");
    }
    assert_eq!(read(&runtime.invoke(json!({})).await), (400, "invalid_json".to_owned()));
    let answer = runtime.invoke(url_event("POST", "/api/validate", "", request)).await;
    assert_eq!(read(&answer).0, 200);
    assert!(!program.output().contains("panicked"), "{}", program.output());
}
