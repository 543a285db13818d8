//! Request ids, in answers and in the log.

use hyper::StatusCode;
use kami_testkit::{Function, Program, TestDatabase};
use serde_json::{Value, json};

use crate::runtime::{Runtime, url_event};
use crate::{API, start};

/// The log line with this text, as JSON.
async fn logged(program: &Program, text: &str) -> Value {
    serde_json::from_str(&program.printed(text).await).expect("a JSON object a line")
}

#[tokio::test]
async fn every_answer_has_an_id_its_clients_or_a_new_one() {
    let (_database, function) = start().await;
    let mut client = function.client().await;
    for (method, path, body, status) in [
        ("GET", "/health", "", StatusCode::OK),
        ("POST", "/api/validate", "nonsense", StatusCode::BAD_REQUEST),
        ("POST", "/api/validate", r#"{"code":"VIP-1","machine_code":"PC"}"#, StatusCode::NOT_FOUND),
        ("DELETE", "/api/validate", "", StatusCode::METHOD_NOT_ALLOWED),
        ("POST", "/api/consume", r#"{"code":"VIP-1","machine_code":"PC"}"#, StatusCode::BAD_REQUEST),
        ("POST", "/api/recharge", r#"{"code":"VIP-1","with":"VIP-2"}"#, StatusCode::NOT_FOUND),
        ("POST", "/api/release", r#"{"code":"VIP-1","machine_code":"PC"}"#, StatusCode::NOT_FOUND),
        ("POST", "/api/trial", r#"{"machine_code":"PC"}"#, StatusCode::FORBIDDEN),
        ("POST", "/api/unbind", r#"{"code":"VIP-1","machine_code":"PC"}"#, StatusCode::NOT_FOUND),
        ("GET", "/nothing", "", StatusCode::NOT_FOUND),
    ] {
        let taken = client.send(method, path, &[("x-request-id", "shop-7/{42}")], body).await;
        assert_eq!((taken.status, &taken.headers["x-request-id"]), (status, &"shop-7/{42}".parse().unwrap()));
        let mut made = Vec::new();
        for headers in [&[][..], &[("x-request-id", "two words")]] {
            let answer = client.send(method, path, headers, body).await;
            made.push(answer.headers["x-request-id"].to_str().unwrap().to_owned());
        }
        assert!(made.iter().all(|id| id.len() == 32), "{made:?}");
        assert_ne!(made[0], made[1]);
    }
}

#[tokio::test]
async fn a_log_line_of_a_request_has_its_id() {
    let database = TestDatabase::create().await;
    let variables = [("DATABASE_URL", database.url()), ("KAMI_LOG", "json".to_owned())];
    let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let function = Function::start_with(API, &variables).await;
    database.execute("DROP TABLE cards").await;
    let mut client = function.client().await;
    let answer = client.send("GET", "/api/status/VIP-1", &[("x-request-id", "shop-\"7\"")], "").await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(logged(&function.program, "answered with 500").await["request_id"], "shop-\"7\"");
}

#[tokio::test]
async fn on_lambda_the_id_is_lambdas_own() {
    let away = "mysql://kami:secret@127.0.0.1:1/kamisystem";
    let (runtime, program) = Runtime::start(API, &[("DATABASE_URL", away)]).await;
    let mut event = url_event("GET", "/api/status/VIP-1", "", "");
    event["headers"]["x-request-id"] = json!("chosen-by-the-client");
    let answer = runtime.invoke_as("8476a536-e9f4-11e8", event).await;
    assert_eq!(
        (&answer["statusCode"], &answer["headers"]["x-request-id"]),
        (&json!(503), &json!("8476a536-e9f4-11e8"))
    );
    assert_eq!(logged(&program, "answered with 503").await["request_id"], "8476a536-e9f4-11e8");
}

#[tokio::test]
async fn a_log_line_for_people_has_it_too_and_lines_of_no_request_have_none() {
    let (database, function) = start().await;
    database.execute("DROP TABLE cards").await;
    function.client().await.send("GET", "/api/status/VIP-1", &[("x-request-id", "shop-7")], "").await;
    let line = function.program.printed("answered with 500").await;
    assert!(line.ends_with(" request_id=shop-7"), "{line}");
    let line = function.program.printed("listening on").await;
    assert!(!line.contains("request_id"), "{line}");
}
