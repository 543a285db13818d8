//! Servers that do as a script says.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{AppendHeaders, IntoResponse, Response};
use kami_lambda::{Connections, serve};
use kami_testkit::Client;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::device::{self, Signed};
use crate::signer::Asked as Question;

/// What a server does with a request.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    Answer {
        status: u16,
        headers: Vec<(&'static str, &'static str)>,
        body: String,
    },
    /// Passes it on to the function at this address.
    Relay(String),
    /// Passes it on, and loses the answer.
    Lose(String),
    /// Never answers.
    Stall,
    /// Makes an answer of the request.
    Made(Maker),
}

type Make = dyn Fn(Question<'_>) -> (u16, Value) + Send + Sync;

/// What makes a status and an answer of a request.
#[derive(Clone)]
pub(crate) struct Maker(Arc<Make>);

impl std::fmt::Debug for Maker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Maker")
    }
}

impl Reply {
    pub(crate) fn made(make: impl Fn(Question<'_>) -> (u16, Value) + Send + Sync + 'static) -> Self {
        Self::Made(Maker(Arc::new(make)))
    }

    pub(crate) fn json(status: u16, body: &Value) -> Self {
        let headers = vec![("content-type", "application/json")];
        Self::Answer { status, headers, body: body.to_string() }
    }

    pub(crate) fn page(status: u16, body: &str) -> Self {
        Self::Answer { status, headers: vec![("content-type", "text/html")], body: body.to_owned() }
    }

    pub(crate) fn admission() -> Self {
        Self::json(200, &admission())
    }

    pub(crate) fn error(status: u16, reason: &str) -> Self {
        Self::json(status, &error(reason))
    }

    pub(crate) fn retry_after(self, value: &'static str) -> Self {
        let Self::Answer { status, mut headers, body } = self else { panic!("{self:?} has no headers") };
        headers.push(("retry-after", value));
        Self::Answer { status, headers, body }
    }
}

pub(crate) fn admission() -> Value {
    json!({
        "status": "success",
        "message": "授权成功",
        "expire_at": "2026-01-01T15:00:00+08:00",
        "remaining_hours": 2.75,
    })
}

pub(crate) fn error(reason: &str) -> Value {
    json!({"status": "error", "reason": reason, "message": format!("消息 {reason}")})
}

/// A server that replies as its script says, the last reply again and again.
pub(crate) struct Server {
    pub(crate) url: String,
    log: Arc<Log>,
}

struct Asked {
    at: Instant,
    path: String,
    body: Value,
    signed: Result<Option<Signed>, &'static str>,
}

struct Log {
    script: Vec<Reply>,
    requests: Mutex<Vec<Asked>>,
}

impl Server {
    pub(crate) async fn start(script: impl Into<Vec<Reply>>) -> Self {
        let log = Arc::new(Log { script: script.into(), requests: Mutex::default() });
        let router = Router::new().fallback(reply).with_state(Arc::clone(&log));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        // the slash at the end is one that a seller may write
        let url = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move {
            serve(listener, router, &Connections::default(), std::future::pending()).await;
        });
        Self { url, log }
    }

    /// The bodies of the requests so far.
    pub(crate) fn requests(&self) -> Vec<Value> {
        self.log.requests.lock().unwrap().iter().map(|asked| asked.body.clone()).collect()
    }

    /// The paths of the requests so far.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.log.requests.lock().unwrap().iter().map(|asked| asked.path.clone()).collect()
    }

    /// What the requests so far were signed with, all of which has to be as a server wants it.
    pub(crate) fn signed(&self) -> Vec<Option<Signed>> {
        let requests = self.log.requests.lock().unwrap();
        requests.iter().map(|asked| asked.signed.clone().unwrap_or_else(|why| panic!("{why}"))).collect()
    }

    /// The times between the requests so far.
    pub(crate) fn pauses(&self) -> Vec<Duration> {
        let requests = self.log.requests.lock().unwrap();
        requests.windows(2).map(|pair| pair[1].at - pair[0].at).collect()
    }
}

async fn reply(State(log): State<Arc<Log>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let (path, text) = (uri.path(), str::from_utf8(&body).unwrap());
    let header = headers.get(device::HEADER).map(|header| header.to_str().unwrap_or_default());
    let signed = header.map(|header| Signed::read(header, path, text)).transpose();
    let next = {
        let mut requests = log.requests.lock().unwrap();
        let next = log.script[requests.len().min(log.script.len() - 1)].clone();
        let body = serde_json::from_slice(&body).unwrap_or_default();
        requests.push(Asked { at: Instant::now(), path: path.to_owned(), body, signed: signed.clone() });
        next
    };
    match next {
        Reply::Answer { status, headers, body } => {
            let mut response = (StatusCode::from_u16(status).unwrap(), body).into_response();
            for (name, value) in headers {
                response.headers_mut().insert(name, value.parse().unwrap());
            }
            response
        }
        Reply::Relay(address) => relay(&address, path, header, text).await,
        Reply::Lose(address) => {
            relay(&address, path, header, text).await;
            StatusCode::BAD_GATEWAY.into_response()
        }
        Reply::Stall => std::future::pending().await,
        Reply::Made(Maker(make)) => {
            let (status, answer) = match &signed {
                Ok(signed) => make(Question { path, body: text, signed: signed.as_ref() }),
                // as a server answers
                Err(_) => (400, error("invalid_fields")),
            };
            (StatusCode::from_u16(status).unwrap(), axum::Json(answer)).into_response()
        }
    }
}

async fn relay(address: &str, path: &str, device: Option<&str>, body: &str) -> Response {
    let device = device.map(|device| (device::HEADER, device));
    let headers: Vec<_> = [("content-type", "application/json")].into_iter().chain(device).collect();
    let answer = Client::connect(address).await.send("POST", path, &headers, body).await;
    let retry_after = answer.headers.get("retry-after").map(|value| ("retry-after", value.clone()));
    (answer.status, AppendHeaders(retry_after), axum::Json(answer.body)).into_response()
}
