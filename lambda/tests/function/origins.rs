//! Browser apps: which pages of other origins may call the API, on one's own server and on Lambda.

use axum::http::StatusCode;
use kami_testkit::{Answer, Client, Function, Program, TestDatabase};

use crate::API;
use crate::runtime::{Runtime, url_event};

const PAGE: &str = "https://app.example.com";

async fn start(origins: &str) -> (TestDatabase, Function) {
    let database = TestDatabase::create().await;
    database.insert_card("VIP", "ONE").await;
    let variables = [("DATABASE_URL", &*database.url()), ("KAMI_CORS_ORIGINS", origins)];
    let function = Function::start_with(API, &variables).await;
    (database, function)
}

async fn preflight(client: &mut Client, path: &str, origin: &str) -> Answer {
    let headers = [("origin", origin), ("access-control-request-method", "POST")];
    client.send("OPTIONS", path, &headers, "").await
}

/// The headers that speak of other origins, a line each, in the order of their names.
fn said(answer: &Answer) -> Vec<String> {
    let about_origins = answer
        .headers
        .iter()
        .filter(|(name, _)| name.as_str().starts_with("access-control-") || *name == "vary");
    let mut said: Vec<_> =
        about_origins.map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    said.sort();
    said
}

const READABLE: [&str; 3] = [
    "access-control-allow-origin: https://app.example.com",
    "access-control-expose-headers: retry-after,x-request-id",
    "vary: origin",
];

#[tokio::test]
async fn pages_of_the_origins_that_are_named_may_call_the_api() {
    let (_database, function) = start("https://app.example.com, http://localhost:8080").await;
    let mut client = function.client().await;
    for path in [
        "/api/validate",
        "/api/consume",
        "/api/recharge",
        "/api/release",
        "/api/trial",
        "/api/unbind",
        "/api/status",
        "/api/status/VIP-ONE",
        "/api/apps/default",
        "/health",
    ] {
        let answer = preflight(&mut client, path, PAGE).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{path}");
        let mut allowed = READABLE.map(str::to_owned).to_vec();
        allowed.extend([
            "access-control-allow-headers: accept-language,content-type,kami-device".to_owned(),
            "access-control-allow-methods: GET,POST".to_owned(),
            "access-control-max-age: 3600".to_owned(),
        ]);
        allowed.sort();
        assert_eq!(said(&answer), allowed, "{path}");
        assert_eq!(
            said(&preflight(&mut client, path, "https://example.com").await),
            ["vary: origin"],
            "{path}"
        );
    }
    let request = r#"{"code":"VIP-ONE","machine_code":"PC"}"#;
    for (method, path, body, status) in [
        ("POST", "/api/validate", request, StatusCode::OK),
        ("POST", "/api/validate", "", StatusCode::BAD_REQUEST),
        ("PUT", "/api/validate", "", StatusCode::METHOD_NOT_ALLOWED),
        ("POST", "/api/consume", request, StatusCode::BAD_REQUEST),
        ("POST", "/api/recharge", request, StatusCode::BAD_REQUEST),
        ("POST", "/api/release", request, StatusCode::OK),
        ("POST", "/api/release", "", StatusCode::BAD_REQUEST),
        ("POST", "/api/trial", request, StatusCode::FORBIDDEN),
        ("POST", "/api/unbind", request, StatusCode::FORBIDDEN),
        ("POST", "/api/unbind", "", StatusCode::BAD_REQUEST),
        ("OPTIONS", "/api/validate", "", StatusCode::METHOD_NOT_ALLOWED),
        ("GET", "/api/status/VIP-TWO", "", StatusCode::NOT_FOUND),
        ("GET", "/api/apps/default", "", StatusCode::OK),
        ("GET", "/api/apps/none", "", StatusCode::NOT_FOUND),
        ("GET", "/nothing", "", StatusCode::NOT_FOUND),
    ] {
        let answer = client.send(method, path, &[("origin", PAGE)], body).await;
        assert_eq!(
            (answer.status, said(&answer)),
            (status, READABLE.map(str::to_owned).to_vec()),
            "{method} {path}"
        );
        let other = client.send(method, path, &[("origin", "null")], body).await;
        assert_eq!(said(&other), ["vary: origin"], "{method} {path}");
        assert_eq!(said(&client.send(method, path, &[], body).await), ["vary: origin"], "{method} {path}");
    }
    let unknown = preflight(&mut client, "/nothing", PAGE).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND, "a preflight of what is no route");
}

#[tokio::test]
async fn all_pages_may_call_the_api_or_none() {
    let (_database, function) = start("*").await;
    let mut client = function.client().await;
    let answer = client.send("GET", "/health", &[("origin", PAGE)], "").await;
    assert_eq!(said(&answer)[0], "access-control-allow-origin: *");
    assert_eq!(preflight(&mut client, "/api/validate", PAGE).await.status, StatusCode::NO_CONTENT);

    let (_database, function) = start("").await;
    let mut client = function.client().await;
    let answer = client.send("GET", "/health", &[("origin", PAGE)], "").await;
    assert!(said(&answer).is_empty(), "{:?}", answer.headers);
    let answer = preflight(&mut client, "/api/validate", PAGE).await;
    assert_eq!((answer.status, said(&answer).len()), (StatusCode::METHOD_NOT_ALLOWED, 0));
}

#[tokio::test]
async fn origins_that_no_browser_sends_are_refused_at_the_start() {
    let variables = [
        ("DATABASE_URL", "mysql://kami@localhost/kamisystem"),
        ("KAMI_CORS_ORIGINS", "https://example.com/"),
    ];
    let mut program = Program::start(API, &[], &variables);
    assert_eq!(program.ended().await.code(), Some(2));
    let refused = "KAMI_CORS_ORIGINS: use origins with commas between and no slash at their end";
    assert!(program.output().contains(refused), "{}", program.output());
}

#[tokio::test]
async fn on_lambda_the_address_says_it_and_not_the_function() {
    let database = TestDatabase::create().await;
    let variables = [("DATABASE_URL", &*database.url()), ("KAMI_CORS_ORIGINS", "*")];
    let (runtime, _program) = Runtime::start(API, &variables).await;
    let mut event = url_event("GET", "/api/health", "", "");
    event["headers"]["origin"] = PAGE.into();
    let answer = runtime.invoke(event).await;
    assert_eq!(answer["statusCode"], 200);
    assert!(!answer["headers"].to_string().contains("access-control"), "{answer}");
}
