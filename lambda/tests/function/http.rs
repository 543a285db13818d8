//! HTTP as such: paths, methods, connections.

#![expect(clippy::float_cmp, reason = "what is compared are counts, which are whole")]

use hyper::StatusCode;
use kami_testkit::{Proxy, TestDatabase, eventually};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::metrics::{samples, start_with_metrics};
use crate::start;

/// The header that keeps an answer out of caches.
const NOT_STORED: &str = "\r\ncache-control: no-store\r\n";

/// Sends bytes as they are and returns all that comes back until the server closes.
async fn raw(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn unknown_paths_and_wrong_methods_are_answered_in_the_same_form() {
    let (_database, function) = start().await;
    let mut client = function.client().await;
    for path in [
        "/",
        "/api",
        "/api/validate/",
        "/api/consume/",
        "/api/recharge/",
        "/api/release/",
        "/api/trial/",
        "/api/unbind/",
        "/api/status/",
        "/api/status/a/b",
        "/favicon.ico",
    ] {
        let answer = client.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.body, json!({"status": "error", "reason": "not_found", "message": "接口不存在"}));
    }
    for (method, path, allow) in [
        ("GET", "/api/validate", "POST"),
        ("DELETE", "/api/validate", "POST"),
        ("GET", "/api/consume", "POST"),
        ("GET", "/api/recharge", "POST"),
        ("GET", "/api/release", "POST"),
        ("GET", "/api/trial", "POST"),
        ("DELETE", "/api/release", "POST"),
        ("GET", "/api/unbind", "POST"),
        ("POST", "/api/status/VIP-1", "GET,HEAD"),
        ("PUT", "/api/health", "GET,HEAD"),
        ("POST", "/health", "GET,HEAD"),
    ] {
        let answer = client.send(method, path, &[("accept-language", "en")], "").await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
        assert_eq!(answer.headers["allow"], allow, "{method} {path}");
        assert_eq!(answer.reason(), "method_not_allowed");
        assert_eq!(answer.body["message"], "The address does not have this method");
    }
}

#[tokio::test]
async fn connections_are_kept_alive_and_closed_on_request() {
    let (_database, function) = start().await;
    let request = "GET /health HTTP/1.1\r\nHost: kami\r\n\r\n";
    let last = "GET /health HTTP/1.1\r\nHost: kami\r\nConnection: close\r\n\r\n";
    let answers = raw(function.address(), &format!("{request}{request}{last}")).await;
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 3, "{answers}");
    let old = raw(function.address(), "GET /health HTTP/1.0\r\n\r\n").await;
    assert!(old.starts_with("HTTP/1.0 200 OK"), "{old}");
    let head = raw(function.address(), &last.replace("GET", "HEAD")).await;
    assert!(head.starts_with("HTTP/1.1 200 OK") && head.ends_with("\r\n\r\n"), "{head}");
}

#[tokio::test]
async fn no_answer_is_kept_by_a_cache() {
    let database = TestDatabase::create().await;
    let proxy = Proxy::start(database.port()).await;
    let (function, metrics) = start_with_metrics(&database.url_through(proxy.port())).await;
    let large = "x".repeat(16 * 1024);
    for (request, status) in [
        ("GET /health HTTP/1.1\r\nHost: k\r\n", 200),
        ("HEAD /api/health HTTP/1.1\r\nHost: k\r\n", 200),
        ("GET /api/status/NONE-1 HTTP/1.1\r\nHost: k\r\n", 404),
        ("GET / HTTP/1.1\r\nHost: k\r\n", 404),
        ("OPTIONS * HTTP/1.1\r\nHost: k\r\n", 404),
        ("OPTIONS /api/validate HTTP/1.1\r\nHost: k\r\n", 405),
        ("POST /api/validate HTTP/1.1\r\nHost: k\r\nContent-Length: 0\r\n", 400),
        ("POST /api/validate HTTP/1.1\r\nHost: k\r\nContent-Length: 9\r\n", 408),
        ("POST /api/validate HTTP/1.1\r\nHost: k\r\nContent-Length: 2000000\r\n", 413),
        ("GET /health HTTP/1.1\r\n", 400),
        ("GET /health\r\n", 400),
        (&format!("GET /{large} HTTP/1.1\r\n"), 431),
    ] {
        let answer = raw(function.address(), &format!("{request}Connection: close\r\n\r\n")).await;
        assert_not_stored(request, &answer, status);
        let id = answer.matches("\r\nx-request-id: ").count();
        assert_eq!(id, 1, "{request}: {answer}");
    }
    proxy.stall(true);
    let unavailable = raw(function.address(), "GET /health HTTP/1.0\r\n\r\n").await;
    assert!(unavailable.starts_with("HTTP/1.0 503 ") && unavailable.contains(NOT_STORED), "{unavailable}");
    for (request, status) in [
        ("GET /metrics HTTP/1.1\r\nHost: k\r\n", 200),
        ("HEAD /metrics HTTP/1.1\r\nHost: k\r\n", 200),
        ("POST /metrics HTTP/1.1\r\nHost: k\r\n", 405),
        ("GET / HTTP/1.1\r\nHost: k\r\n", 404),
        ("GET / HTTP/1.1\r\n", 400),
        ("GET /\r\n", 400),
        (&format!("GET /{large} HTTP/1.1\r\n"), 431),
    ] {
        let answer = raw(&metrics, &format!("{request}Connection: close\r\n\r\n")).await;
        assert_not_stored(request, &answer, status);
    }
}

fn assert_not_stored(request: &str, answer: &str, status: u16) {
    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{request}: {answer}");
    assert_eq!(answer.matches(NOT_STORED).count(), 1, "{request}: {answer}");
}

#[tokio::test]
async fn what_is_no_http_is_refused_in_the_usual_form_and_counted() {
    let database = TestDatabase::create().await;
    let (function, metrics) = start_with_metrics(&database.url()).await;
    for (request, reason) in [
        ("GARBAGE\r\n\r\n", "invalid_request"),
        (&format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(16 * 1024)), "head_too_large"),
        ("GET / HTTP/1.1\r\n\r\n", "invalid_host"),
    ] {
        let answer = raw(function.address(), request).await;
        let body = answer.rsplit("\r\n").next().unwrap();
        let body: Value = serde_json::from_str(body).unwrap();
        assert_eq!((&body["status"], &body["reason"]), (&json!("error"), &json!(reason)));
        let counted = format!("kami_requests_total{{route=\"other\",outcome=\"{reason}\"}}");
        eventually("it is counted", async || (samples(&metrics).await[&counted] == 1.0).then_some(())).await;
    }
}

#[tokio::test]
async fn a_request_says_once_for_whom_it_is() {
    let (_database, function) = start().await;
    for hosts in ["", "Host: a\r\nHost: b\r\n", "Host: a/b\r\n"] {
        let answer = raw(function.address(), &format!("GET /health HTTP/1.1\r\n{hosts}\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("invalid_host"), "{answer}");
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_readably() {
    let (_database, function) = start().await;
    let megabyte = "x".repeat(1024 * 1024);
    let head = "POST /api/validate HTTP/1.1\r\nHost: kami\r\nConnection: close\r\n";
    for request in [
        format!("{head}Content-Length: {}\r\n\r\n{megabyte}", megabyte.len()),
        format!("{head}Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{megabyte}\r\n0\r\n\r\n", megabyte.len()),
    ] {
        let answer = raw(function.address(), &request).await;
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
        assert!(
            answer.ends_with(r#"{"status":"error","reason":"body_too_large","message":"请求过大"}"#),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn a_request_cut_off_half_way_disturbs_nobody() {
    let (_database, function) = start().await;
    for request in [
        "",
        "GET",
        "GET /health HTTP/1.1\r\nHo",
        "POST /api/validate HTTP/1.1\r\nContent-Length: 50\r\n\r\n{",
    ] {
        let mut stream = TcpStream::connect(function.address()).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        drop(stream);
    }
    assert_eq!(function.client().await.get("/health").await.status, StatusCode::OK);
}
