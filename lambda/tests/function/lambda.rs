//! Both binaries under the Lambda runtime API, with the events that AWS sends.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use kami_testkit::{Program, TestDatabase, eventually};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::{API, EXPIRE};

/// How long an invocation may take.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// The runtime API as AWS documents it: events to handle, and what came back for each.
#[derive(Clone, Debug, Default)]
struct Runtime {
    /// What is still to be handed out: request ids and events.
    events: Arc<Mutex<VecDeque<(String, Value)>>>,
    results: Arc<Mutex<Vec<Outcome>>>,
}

/// What came back for an event.
#[derive(Clone, Debug)]
struct Outcome {
    request_id: String,
    kind: &'static str,
    body: Value,
}

impl Runtime {
    async fn start(binary: &str, database_url: &str) -> (Self, Program) {
        let runtime = Self::default();
        let routes = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .with_state(runtime.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(kami_lambda::serve(listener, routes, std::future::pending()));
        let variables = [
            ("DATABASE_URL", database_url),
            ("AWS_LAMBDA_RUNTIME_API", &address),
            ("AWS_LAMBDA_FUNCTION_NAME", "kami"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "kami"),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "kami"),
        ];
        (runtime, Program::start(binary, &[], &variables))
    }

    /// Hands out an event and waits for what comes back.
    async fn invoke(&self, event: Value) -> Value {
        let id = kami_testkit::unique_name("request");
        self.events.lock().unwrap().push_back((id.clone(), event));
        let outcome = eventually("the invocation ends", async || {
            let results = self.results.lock().unwrap();
            results.iter().find(|outcome| outcome.request_id == id).cloned()
        })
        .await;
        assert_eq!(outcome.kind, "response", "{}", outcome.body);
        outcome.body
    }
}

async fn next(State(runtime): State<Runtime>) -> impl IntoResponse {
    let (id, event) = loop {
        if let Some(event) = runtime.events.lock().unwrap().pop_front() {
            break event;
        }
        tokio::task::yield_now().await;
    };
    let deadline = (SystemTime::now() + TIME_LIMIT).duration_since(UNIX_EPOCH).unwrap().as_millis();
    let headers = [
        ("lambda-runtime-aws-request-id", id),
        ("lambda-runtime-deadline-ms", deadline.to_string()),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-central-1:1:function:kami".into()),
        ("lambda-runtime-trace-id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700".into()),
    ];
    (headers, axum::Json(event))
}

async fn response(runtime: State<Runtime>, id: Path<String>, body: String) -> StatusCode {
    ended(runtime, id, "response", &body)
}

async fn error(runtime: State<Runtime>, id: Path<String>, body: String) -> StatusCode {
    ended(runtime, id, "error", &body)
}

fn ended(
    State(runtime): State<Runtime>,
    Path(id): Path<String>,
    kind: &'static str,
    body: &str,
) -> StatusCode {
    let outcome = Outcome { request_id: id, kind, body: serde_json::from_str(body).unwrap() };
    runtime.results.lock().unwrap().push(outcome);
    StatusCode::ACCEPTED
}

/// A function URL's event, payload format 2.0.
fn url_event(method: &str, path: &str, query: &str, body: &str) -> Value {
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query,
        "headers": {
            "host": "abc.lambda-url.eu-central-1.on.aws", "content-type": "application/json",
            "x-forwarded-proto": "https", "x-forwarded-for": "203.0.113.7", "accept-language": "en",
        },
        "requestContext": {
            "accountId": "anonymous", "apiId": "abc", "domainName": "abc.lambda-url.eu-central-1.on.aws",
            "domainPrefix": "abc", "requestId": "id", "routeKey": "$default", "stage": "$default",
            "time": "12/Mar/2026:19:03:58 +0000", "timeEpoch": 1_773_342_238_000_i64,
            "http": {
                "method": method, "path": path, "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.7", "userAgent": "agent",
            },
        },
        "body": body, "isBase64Encoded": false,
    })
}

fn body(answer: &Value) -> Value {
    serde_json::from_str(answer["body"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn the_function_answers_a_function_url() {
    let database = TestDatabase::create().await;
    database.insert_card("VIP", "ONE").await;
    database.insert_card("季卡", "A B").await;
    let (runtime, program) = Runtime::start(API, &database.url()).await;
    let request = r#"{"code":"VIP-ONE","machine_code":"PC-1"}"#;

    let first = runtime.invoke(url_event("POST", "/api/validate", "", request)).await;
    assert_eq!((&first["statusCode"], &body(&first)["message"]), (&json!(200), &json!("Authorised")));
    assert_eq!(first["headers"]["content-type"], "application/json");

    // "VIP-ONE" again, as a client's body arrives when its content type is not text.
    let mut encoded =
        url_event("POST", "/api/validate", "", "eyJjb2RlIjoiVklQLU9ORSIsIm1hY2hpbmVfY29kZSI6IlBDLTIifQ==");
    encoded["isBase64Encoded"] = json!(true);
    let refused = runtime.invoke(encoded).await;
    assert_eq!(
        (&refused["statusCode"], &body(&refused)["reason"]),
        (&json!(403), &json!("machine_mismatch"))
    );

    let status = runtime.invoke(url_event("GET", "/api/status/VIP-ONE", "machine_code=PC-1", "")).await;
    assert_eq!(body(&status)["data"]["machine_code"], "PC-1");
    for path in ["/api/status/%E5%AD%A3%E5%8D%A1-A%20B", "/api/status/季卡-A B"] {
        let status = runtime.invoke(url_event("GET", path, "", "")).await;
        assert_eq!(body(&status)["data"]["full_code"], "季卡-A B", "{path}");
    }

    let health = runtime.invoke(url_event("GET", "/api/health", "", "")).await;
    assert_eq!(body(&health)["database"], "ok");
    let missing = runtime.invoke(url_event("GET", "/nothing", "", "")).await;
    assert_eq!((&missing["statusCode"], &body(&missing)["reason"]), (&json!(404), &json!("not_found")));
    let wrong = runtime.invoke(url_event("GET", "/api/validate", "", "")).await;
    assert_eq!((&wrong["statusCode"], &wrong["headers"]["allow"]), (&json!(405), &json!("POST")));
    assert!(!program.output().contains("PC-1"), "{}", program.output());
}

#[tokio::test]
async fn the_expiry_job_handles_scheduled_events() {
    let database = TestDatabase::create().await;
    for name in ["ONE", "TWO"] {
        database.insert_card("OLD", name).await;
    }
    database
        .execute("UPDATE cards SET status = 'ACTIVE', machine_code = 'PC', expire_at = '2020-01-01'")
        .await;
    let (runtime, program) = Runtime::start(EXPIRE, &database.url()).await;
    let scheduled = json!({
        "version": "0", "id": "1", "detail-type": "Scheduled Event", "source": "aws.scheduler",
        "account": "1", "time": "2026-01-01T00:00:00Z", "region": "eu-central-1", "resources": [], "detail": "{}",
    });
    assert_eq!(runtime.invoke(scheduled).await, json!({"expired": 2, "complete": true}));
    assert_eq!(runtime.invoke(json!({})).await, json!({"expired": 0, "complete": true}));
    let line = program.printed("overdue cards were expired").await;
    let logged: Value = serde_json::from_str(&line).expect("JSON lines are the default on Lambda");
    assert_eq!(logged["expired"], 2);
}
