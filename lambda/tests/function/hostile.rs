//! More than 100,000 hostile requests: none may be answered with a 5xx, none may leave a trace.

use std::time::Duration;

use hyper::StatusCode;
use kami_testkit::{Function, TestDatabase};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::API;

const SENDERS: u64 = 16;
/// What each sender sends; three times 16 of them send 150,000.
const BODIES_EACH: usize = 2_500;
const LINES_EACH: usize = 625;
const SLOW: usize = 200;

const INJECTIONS: [&str; 8] = [
    "' OR '1'='1' -- ",
    "VIP-ONE'; DROP TABLE cards; --",
    "\" UNION SELECT password FROM mysql.user #",
    "%' AND SLEEP(10) AND '%'='",
    "${jndi:ldap://127.0.0.1/a}",
    "{{7*7}}<script>alert(1)</script>",
    "../../../../etc/passwd\0",
    "\u{202e}\u{1b}[2J\u{1b}]0;x\u{7}",
];

fn bytes(random: &mut StdRng, most: usize) -> Vec<u8> {
    let mut bytes = vec![0; random.random_range(0..most)];
    random.fill(&mut bytes[..]);
    bytes
}

/// A body that nobody means well with.
fn body(random: &mut StdRng) -> Vec<u8> {
    let injection = INJECTIONS[random.random_range(0..INJECTIONS.len())];
    match random.random_range(0..9) {
        0 => bytes(random, 2_000),
        1 => ["[", "{\"code\":", "{\"a\":[", "\""][random.random_range(0..4)]
            .repeat(random.random_range(1..2_500))
            .into(),
        2 => json!({"code": "x".repeat(random.random_range(0..40_000)), "machine_code": "y"})
            .to_string()
            .into(),
        3 => json!({"code": injection, "machine_code": injection}).to_string().into(),
        4 => json!({"code": String::from_utf8_lossy(&bytes(random, 100)), "machine_code": "PC"})
            .to_string()
            .into(),
        5 => json!({"code": [1, {"a": null}], "machine_code": {"b": false}}).to_string().into(),
        6 => {
            format!("{{\"code\":1e{},\"machine_code\":-0.0}}", "9".repeat(random.random_range(1..400))).into()
        }
        7 => {
            let field = ["app", "version", "app_mark"][random.random_range(0..3)];
            let said = [
                json!(injection),
                json!([1]),
                json!("x".repeat(random.random_range(33..200))),
                json!("１.2"),
            ];
            json!({"code": "VIP-ONE", "machine_code": "PC", "app": "none", field: said[random.random_range(0..4)]})
                .to_string()
                .into()
        }
        _ => {
            let whole = json!({"code": injection, "machine_code": "PC"}).to_string();
            whole.as_bytes()[..random.random_range(0..whole.len())].to_vec()
        }
    }
}

/// What is sent down a line of its own; some of it is HTTP.
fn line(random: &mut StdRng) -> Vec<u8> {
    let injection = INJECTIONS[random.random_range(0..INJECTIONS.len())];
    match random.random_range(0..9) {
        0 => bytes(random, 4_000),
        1 => format!("GET /{} HTTP/1.1\r\n", "a".repeat(random.random_range(0..40_000))).into(),
        2 => format!("GET /api/status/{injection} HTTP/1.1\r\nHost: k\r\n\r\n").into(),
        3 => format!("GET / HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(random.random_range(0..500))).into(),
        4 => b"POST /api/validate HTTP/1.1\r\nHost: k\r\nContent-Length: 99999999999999999999\r\n\r\n{}"
            .to_vec(),
        5 => {
            b"POST /api/validate HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nzz\r\n{}"
                .to_vec()
        }
        6 => {
            b"POST /api/validate HTTP/1.1\r\nHost: k\r\nContent-Length: 500\r\n\r\n{\"code\":\"half".to_vec()
        }
        of => {
            let encoded =
                bytes(random, 60).iter().fold(String::new(), |text, byte| format!("{text}%{byte:02x}"));
            let target = if of == 7 {
                format!("/api/status/{encoded}?machine_code={encoded}&app={encoded}")
            } else {
                format!("/api/apps/{encoded}?app_mark={encoded}")
            };
            format!("GET {target} HTTP/1.1\r\nHost: k\r\n\r\n").into()
        }
    }
}

async fn send_lines(address: &str, random: &mut StdRng) {
    for _ in 0..LINES_EACH {
        let mut stream = TcpStream::connect(address).await.unwrap();
        // The server may have refused and closed before everything was sent.
        drop(stream.write_all(&line(random)).await);
        drop(stream.shutdown().await);
        let mut answer = Vec::new();
        drop(stream.read_to_end(&mut answer).await);
        assert!(!answer.starts_with(b"HTTP/1.1 5"), "{}", String::from_utf8_lossy(&answer));
    }
}

/// The endpoints that take bodies and have no card for any of these.
const PATHS: [&str; 6] =
    ["/api/validate", "/api/consume", "/api/recharge", "/api/release", "/api/trial", "/api/unbind"];

async fn send_bodies(address: &str, random: &mut StdRng) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut answer = vec![0; 4_096];
    for _ in 0..BODIES_EACH {
        let body = body(random);
        let path = PATHS[random.random_range(0..PATHS.len())];
        let head = format!("POST {path} HTTP/1.1\r\nHost: k\r\nContent-Length: {}\r\n\r\n", body.len());
        stream.write_all(&[head.as_bytes(), &body].concat()).await.unwrap();
        let length = stream.read(&mut answer).await.unwrap();
        let answer = std::str::from_utf8(&answer[..length]).unwrap();
        assert!(answer.starts_with("HTTP/1.1 4") && answer.ends_with('}'), "{answer}");
    }
}

/// The memory of a process, in KiB.
fn memory(function: &Function) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", function.program.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

async fn send(address: String, seed: u64) {
    let mut random = StdRng::seed_from_u64(seed);
    send_bodies(&address, &mut random).await;
    send_lines(&address, &mut random).await;
}

async fn attack(function: &Function, first_seed: u64) {
    let senders = (first_seed..first_seed + SENDERS)
        .map(|seed| tokio::spawn(send(function.address().to_owned(), seed)));
    for sender in senders.collect::<Vec<_>>() {
        sender.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_thousand_hostile_requests_leave_it_as_it_was() {
    let database = TestDatabase::create().await;
    // All of them come from one address, which would get fewer connections.
    let settings = [("DATABASE_URL", &*database.url()), ("KAMI_TRUSTED_PROXIES", "127.0.0.1")];
    let function = Function::start_with(API, &settings).await;
    database.insert_card("VIP", "ONE").await;
    let mut slow = Vec::new();
    for _ in 0..SLOW {
        let mut stream = TcpStream::connect(function.address()).await.unwrap();
        stream
            .write_all(b"POST /api/validate HTTP/1.1\r\nHost: k\r\nContent-Length: 90\r\n\r\n{\"co")
            .await
            .unwrap();
        slow.push(stream);
    }
    // Two thirds of it fill what stays allocated for good; the last third must find memory flat.
    attack(&function, 0).await;
    attack(&function, SENDERS).await;
    let before = memory(&function);
    attack(&function, 2 * SENDERS).await;
    let after = memory(&function);
    assert!(after < before + 2 * 1024, "memory grew from {before} to {after} KiB");

    for stream in &mut slow {
        let mut answer = Vec::new();
        let read = tokio::time::timeout(Duration::from_mins(1), stream.read_to_end(&mut answer));
        read.await.expect("a slow sender is given up").unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 408 "), "{}", String::from_utf8_lossy(&answer));
    }
    let mut client = function.client().await;
    assert_eq!(client.validate("VIP-ONE", "PC-1").await.status, StatusCode::OK);
    let codes: Vec<String> = database.rows("SELECT full_code FROM cards", ()).await;
    assert_eq!(codes, ["VIP-ONE"]);
    let output = function.program.output();
    assert!(!output.contains("panic") && !output.contains("ERROR"), "{output}");
}
