//! A client app, as far as the tests need one.

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::http::response::Parts;
use hyper::{HeaderMap, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::line_from;

/// One kept-alive connection to the function.
#[derive(Debug)]
pub struct Client {
    address: String,
    sender: SendRequest<Full<Bytes>>,
}

/// An answer; its body is JSON, or null where it is empty.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: StatusCode,
    /// As they came.
    pub headers: HeaderMap,
    /// The JSON that it held.
    pub body: Value,
}

impl Answer {
    /// The stable reason of an error; empty for a success.
    pub fn reason(&self) -> &str {
        self.body["reason"].as_str().unwrap_or_default()
    }
}

impl Client {
    /// Connects to `host:port`.
    pub async fn connect(address: &str) -> Self {
        Self::on(address, TcpStream::connect(address).await.unwrap()).await
    }

    /// The same from one of this machine's own addresses, as [`line_from`] does.
    pub async fn connect_from(source: [u8; 4], address: &str) -> Self {
        Self::on(address, line_from(source, address).await.unwrap()).await
    }

    async fn on(address: &str, stream: TcpStream) -> Self {
        let (sender, connection) = handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        Self { address: address.to_owned(), sender }
    }

    /// Sends a request with headers and a body; connects anew when the server has closed the connection.
    pub async fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let (parts, bytes) = self.exchange(method, path, headers, body).await;
        let body = match &*bytes {
            [] => Value::Null,
            bytes => serde_json::from_slice(bytes).unwrap_or_else(|_| panic!("not JSON: {bytes:?}")),
        };
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// The text at a path, with the headers that came with it.
    pub async fn text(&mut self, path: &str) -> (HeaderMap, String) {
        let (parts, bytes) = self.exchange("GET", path, &[], "").await;
        assert_eq!(parts.status, StatusCode::OK, "{path}");
        (parts.headers, String::from_utf8(bytes.into()).unwrap())
    }

    /// The body of an answer, as it was sent.
    pub async fn body(&mut self, method: &str, path: &str, body: &str) -> String {
        let (_, bytes) = self.exchange(method, path, &[], body).await;
        String::from_utf8(bytes.into()).unwrap()
    }

    /// The same; returns the answer as it was sent.
    pub async fn exchange(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> (Parts, Bytes) {
        if self.sender.ready().await.is_err() {
            *self = Self::connect(&self.address).await;
        }
        let mut request = Request::builder().method(method).uri(path).header("host", &self.address);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::from(body.to_owned())).unwrap();
        let response = self.sender.send_request(request).await.unwrap();
        let (parts, body) = response.into_parts();
        (parts, body.collect().await.unwrap().to_bytes())
    }

    /// Asks for a path.
    pub async fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, &[], "").await
    }

    /// `POST /api/validate`.
    pub async fn validate(&mut self, code: &str, machine_code: &str) -> Answer {
        let body = json!({"code": code, "machine_code": machine_code}).to_string();
        self.send("POST", "/api/validate", &[("content-type", "application/json")], &body).await
    }

    /// `POST /api/consume`.
    pub async fn consume(&mut self, code: &str, machine_code: &str, amount: u32, request_id: &str) -> Answer {
        let body = json!({
            "code": code, "machine_code": machine_code, "amount": amount, "request_id": request_id,
        });
        self.send("POST", "/api/consume", &[], &body.to_string()).await
    }

    /// `POST /api/trial`.
    pub async fn trial(&mut self, app: &str, machine_code: &str) -> Answer {
        let body = json!({"app": app, "machine_code": machine_code}).to_string();
        self.send("POST", "/api/trial", &[], &body).await
    }

    /// `POST /api/recharge`.
    pub async fn recharge(&mut self, code: &str, with: &str) -> Answer {
        let body = json!({"code": code, "with": with}).to_string();
        self.send("POST", "/api/recharge", &[], &body).await
    }

    /// `POST /api/unbind`.
    pub async fn unbind(&mut self, code: &str, machine_code: &str) -> Answer {
        let body = json!({"code": code, "machine_code": machine_code}).to_string();
        self.send("POST", "/api/unbind", &[], &body).await
    }

    /// `POST /api/release`.
    pub async fn release(&mut self, code: &str, machine_code: &str) -> Answer {
        let body = json!({"code": code, "machine_code": machine_code}).to_string();
        self.send("POST", "/api/release", &[], &body).await
    }
}
