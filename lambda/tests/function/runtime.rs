//! A stand-in for AWS: the Lambda runtime API, and the events that AWS sends.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use kami_lambda::{Connections, serve};
use kami_testkit::{Program, eventually};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// How long an invocation may take.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// The runtime API as AWS documents it: events to handle, and what came back for each.
#[derive(Clone, Debug, Default)]
pub(crate) struct Runtime {
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
    /// Starts a binary as AWS does, with these variables besides those of every function.
    pub(crate) async fn start(binary: &str, variables: &[(&str, &str)]) -> (Self, Program) {
        let runtime = Self::default();
        let routes = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .with_state(runtime.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move {
            serve(listener, routes, &Connections::default(), std::future::pending()).await;
        });
        let of_lambda = [
            ("AWS_LAMBDA_RUNTIME_API", address.as_str()),
            ("AWS_LAMBDA_FUNCTION_NAME", "kami"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "kami"),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "kami"),
        ];
        (runtime, Program::start(binary, &[], &[&of_lambda, variables].concat()))
    }

    /// Hands out an event and waits for what comes back.
    pub(crate) async fn invoke(&self, event: Value) -> Value {
        self.invoke_as(&kami_testkit::unique_name("request"), event).await
    }

    /// The same under a request id.
    pub(crate) async fn invoke_as(&self, id: &str, event: Value) -> Value {
        let outcome = self.outcome(id, event).await;
        assert_eq!(outcome.kind, "response", "{}", outcome.body);
        outcome.body
    }

    /// Hands out an event that cannot be handled, and waits until that is said.
    pub(crate) async fn fail(&self, event: Value) {
        let outcome = self.outcome(&kami_testkit::unique_name("request"), event).await;
        assert_eq!(outcome.kind, "error", "{}", outcome.body);
    }

    async fn outcome(&self, id: &str, event: Value) -> Outcome {
        self.events.lock().unwrap().push_back((id.to_owned(), event));
        eventually("the invocation ends", async || {
            let results = self.results.lock().unwrap();
            results.iter().find(|outcome| outcome.request_id == id).cloned()
        })
        .await
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
pub(crate) fn url_event(method: &str, path: &str, query: &str, body: &str) -> Value {
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
