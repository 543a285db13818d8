//! Clients that say all that they have to say and close their side: some wait for their answer, some have hung up.

#![expect(clippy::float_cmp, reason = "what is compared are counts, which are whole")]

use kami_testkit::{PATIENCE, Proxy, TestDatabase, eventually};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::metrics::{samples, start_with_metrics};
use crate::start;

const BODY: &str = r#"{"code":"VIP-ONE","machine_code":"PC-1"}"#;

/// Requests of every form, each of which needs the database, with the number of answers that are due.
fn requests() -> Vec<(String, usize)> {
    let get = "GET /api/status/VIP-ONE HTTP/1.1\r\nHost: k\r\n\r\n";
    let length = BODY.len();
    let post = format!("POST /api/validate HTTP/1.1\r\nHost: k\r\nContent-Length: {length}\r\n\r\n{BODY}");
    let with = |line: &str| post.replace("Host: k", &format!("Host: k\r\n{line}"));
    let head = "POST /api/validate HTTP/1.1\r\nHost: k\r\nTransfer-Encoding: chunked\r\n\r\n";
    vec![
        (get.to_owned(), 1),
        (get.replace("GET", "HEAD"), 1),
        (get.replace("1.1\r\nHost: k", "1.0"), 1),
        (get.replace("Host: k", "Host: k\r\nConnection: close"), 1),
        (post.clone(), 1),
        (with("Connection: close"), 1),
        (with("Expect: 100-continue"), 1),
        (format!("{head}{length:x}\r\n{BODY}\r\n0\r\n\r\n"), 1),
        (format!("{get}{post}{get}"), 3),
        (format!("{get}GET / HT"), 1),
    ]
}

/// A client that has sent this.
async fn send(address: &str, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// All that comes back to a client that closes its side.
async fn answers(mut client: TcpStream) -> String {
    client.shutdown().await.unwrap();
    let mut answers = String::new();
    timeout(PATIENCE, client.read_to_string(&mut answers)).await.unwrap().unwrap();
    answers
}

#[tokio::test]
async fn who_closes_his_side_is_answered_and_who_hangs_up_is_counted() {
    let database = TestDatabase::create().await;
    database.insert_card("VIP", "ONE").await;
    let proxy = Proxy::start(database.port()).await;
    let (function, metrics) = start_with_metrics(&database.url_through(proxy.port())).await;
    // None has its answer before it has closed its side.
    proxy.stall(true);
    let (mut waiting, mut hung_up) = (Vec::new(), 0);
    for (request, due) in requests() {
        let client = send(function.address(), &request).await;
        waiting.push((request.clone(), due, tokio::spawn(answers(client))));
        drop(send(function.address(), &request).await);
        let broken = send(function.address(), &request).await;
        broken.set_zero_linger().unwrap();
        drop(broken);
        hung_up += 2;
    }
    proxy.stall(false);
    for (request, due, answers) in waiting {
        let answers = answers.await.unwrap();
        let found = answers.matches("HTTP/1.").count() - answers.matches(" 100 Continue").count();
        assert_eq!(found, due, "{request}: {answers}");
    }
    eventually("whoever hung up is counted", async || {
        let cancelled = |(name, count): (&String, &f64)| name.contains("cancelled").then_some(*count);
        let cancelled: f64 = samples(&metrics).await.iter().filter_map(cancelled).sum();
        (cancelled == f64::from(hung_up)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_body_that_its_client_cuts_short_is_refused_at_once() {
    let (_database, function) = start().await;
    let length = BODY.len();
    let head = "POST /api/validate HTTP/1.1\r\nHost: k";
    let half = &BODY[..length / 2];
    for request in [
        format!("{head}\r\nContent-Length: {length}\r\n\r\n"),
        format!("{head}\r\nContent-Length: {length}\r\n\r\n{half}"),
        format!("{head}\r\nContent-Length: {length}\r\nExpect: 100-continue\r\n\r\n"),
        format!("{head}\r\nTransfer-Encoding: chunked\r\n\r\n"),
        format!("{head}\r\nTransfer-Encoding: chunked\r\n\r\n{length:x}\r\n{half}"),
        format!("{head}\r\nTransfer-Encoding: chunked\r\n\r\n{length:x}\r\n{BODY}\r\n"),
    ] {
        let answers = answers(send(function.address(), &request).await).await;
        assert!(answers.contains("HTTP/1.1 400 Bad Request\r\n"), "{request}: {answers}");
        assert!(answers.contains("invalid_json"), "408 would say that it was waited for: {answers}");
    }
}
