//! Requests whose framing means one thing to one program and another to the next: how requests are smuggled.

use kami_testkit::Function;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::{figure, start};

/// What binds the card, if any of it is taken for a request.
const BODY: &str = r#"{"code":"VIP-ONE","machine_code":"PC-1"}"#;

/// Its length, as a chunk says it.
const CHUNK: &str = "28";

/// The status of the first answer to these bytes, which no cache may keep; 0 where there is none.
async fn status(function: &Function, request: &[u8]) -> u16 {
    let mut stream = TcpStream::connect(function.address()).await.unwrap();
    // It may refuse and close before all is sent.
    drop(stream.write_all(request).await);
    let mut answer = Vec::new();
    while stream.read_buf(&mut answer).await.is_ok_and(|length| length > 0) {
        let Some(end) = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { continue };
        let head = std::str::from_utf8(&answer[..end]).unwrap();
        assert_eq!(head.matches("\r\ncache-control: no-store").count(), 1, "{head}");
        return head.split(' ').nth(1).unwrap().parse().unwrap();
    }
    0
}

/// A request that carries the body, with these lines in its head.
fn posted(lines: &str) -> String {
    format!("POST /api/validate HTTP/1.1\r\nHost: k\r\n{lines}\r\n\r\n{BODY}")
}

/// The same where the body's length is said, so that nothing but a line of the head is wrong.
fn measured(line: &str) -> String {
    posted(&format!("{line}\r\nContent-Length: {}", BODY.len()))
}

/// A request in chunks.
fn chunked(encoding: &str, chunks: &str) -> String {
    format!("POST /api/validate HTTP/1.1\r\nHost: k\r\n{encoding}\r\n\r\n{chunks}")
}

/// Chunks that say the first one's length so, and end it so.
fn chunks(length: &str, end: &str) -> String {
    chunked("Transfer-Encoding: chunked", &format!("{length}{BODY}{end}0\r\n\r\n"))
}

fn ambiguous() -> Vec<(&'static str, String)> {
    let good = format!("{CHUNK}\r\n{BODY}\r\n0\r\n\r\n");
    let length = BODY.len();
    vec![
        ("two lengths", posted(&format!("Content-Length: {length}\r\nContent-Length: 5"))),
        ("a list of lengths", posted(&format!("Content-Length: {length}, 5"))),
        ("a length with a sign", posted(&format!("Content-Length: +{length}"))),
        ("a length in hexadecimal", posted("Content-Length: 0x28")),
        ("an encoding that is not chunked", chunked("Transfer-Encoding: gzip", &good)),
        ("chunked before the last", chunked("Transfer-Encoding: chunked, gzip", &good)),
        ("an encoding of a similar name", chunked("Transfer-Encoding: xchunked", &good)),
        ("a space before the colon", chunked("Transfer-Encoding : chunked", &good)),
        (
            "chunks in HTTP/1.0",
            chunked("Transfer-Encoding: chunked", &good).replacen("HTTP/1.1", "HTTP/1.0", 1),
        ),
        ("a folded line", measured("X: a\r\n b")),
        ("a line folded by a tab", measured("X: a\r\n\tb")),
        ("a fold before any line", posted(" X: a").replacen("Host: k\r\n", "", 1)),
        ("NUL in a value", measured("X: a\0b")),
        ("NUL in a name", measured("X\0: a")),
        ("NUL in the path", "GET /\0 HTTP/1.1\r\nHost: k\r\n\r\n".to_owned()),
        ("a bare CR in a value", measured("X: a\rb")),
        ("a bare CR for an end of line", posted(&format!("X: a\rContent-Length: {length}"))),
        ("a line without a colon", measured("X")),
        ("a chunk of no length", chunks("zz\r\n", "\r\n")),
        ("a chunk of negative length", chunks("-28\r\n", "\r\n")),
        ("a chunk's length with a prefix", chunks("0x28\r\n", "\r\n")),
        ("a chunk of more than 64 bits", chunks("fffffffffffffffff\r\n", "\r\n")),
        ("a chunk that ends too late", chunks("27\r\n", "\r\n")),
        ("a chunk without its end", chunks("28\r\n", "XX")),
        ("a chunk's length that ends in LF", chunks("28\n", "\r\n")),
        ("a chunk's length that ends in CR", chunks("28\rX", "\r\n")),
        ("LF in a chunk's extension", chunks("28;a\nb\r\n", "\r\n")),
        ("20,000 bytes of a chunk's extension", chunks(&format!("28;{}\r\n", "a".repeat(20_000)), "\r\n")),
        ("a version that there is none of", "GET / HTTP/3.0\r\nHost: k\r\n\r\n".to_owned()),
        ("no version", "GET /\r\n\r\n".to_owned()),
        ("TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\r\n\r\n".to_owned()),
    ]
}

#[tokio::test]
async fn what_two_programs_could_read_differently_is_refused() {
    let (database, function) = start().await;
    database.insert_card("VIP", "ONE").await;
    let requests = ambiguous();
    let mut let_in = Vec::new();
    for (name, request) in &requests {
        let status = status(&function, request.as_bytes()).await;
        if status != 400 {
            let_in.push((*name, status));
        }
    }
    figure("requests that can be read in two ways", format!("{} of {} let in", let_in.len(), requests.len()));
    assert_eq!(let_in, []);
    let bound: Vec<String> = database.rows("SELECT full_code FROM cards WHERE status <> 'UNUSED'", ()).await;
    assert_eq!(bound, [""; 0]);
}

#[tokio::test]
async fn what_is_read_in_one_way_is_answered() {
    let (database, function) = start().await;
    database.insert_card("VIP", "ONE").await;
    for request in [
        measured("X: a"),
        chunks("28\r\n", "\r\n"),
        chunks("28;a=b\r\n", "\r\n"),
        chunked("Transfer-Encoding: chunked", &format!("{CHUNK}\r\n{BODY}\r\n0\r\nX: a\r\n\r\n")),
    ] {
        assert_eq!(status(&function, request.as_bytes()).await, 200, "{request}");
    }
}

/// hyper reads chunks where there is a length too, as RFC 9112, section 6.1 allows, and answers nothing behind them.
#[tokio::test]
async fn beside_chunks_a_length_counts_for_nothing_and_smuggles_nothing() {
    let (database, function) = start().await;
    database.insert_card("VIP", "ONE").await;
    let smuggled = "GET /health HTTP/1.1\r\nHost: k\r\n\r\n";
    for encoding in
        ["Content-Length: 5\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 5"]
    {
        let request = chunked(encoding, &format!("{CHUNK}\r\n{BODY}\r\n0\r\n\r\n{smuggled}"));
        let mut stream = TcpStream::connect(function.address()).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answers = String::new();
        tokio::time::timeout(kami_testkit::PATIENCE, stream.read_to_string(&mut answers))
            .await
            .unwrap()
            .unwrap();
        figure("a length beside chunks", format!("{} answers", answers.matches("HTTP/1.1 ").count()));
        assert_eq!(answers.matches("HTTP/1.1 ").count(), 1, "{answers}");
    }
}

#[tokio::test]
async fn heads_that_are_too_large_are_refused() {
    let (_database, function) = start().await;
    let large = "a".repeat(64 * 1024);
    for (name, head) in [
        ("a path of 64 KB", format!("GET /{large} HTTP/1.1\r\nHost: k\r\n\r\n")),
        ("a line of 64 KB", format!("GET / HTTP/1.1\r\nHost: k\r\nX: {large}\r\n\r\n")),
        ("64 KB without an end", format!("GET / HTTP/1.1\r\nHost: k\r\nX: {large}")),
        ("200 lines", format!("GET / HTTP/1.1\r\nHost: k\r\n{}\r\n", "X: a\r\n".repeat(200))),
    ] {
        let status = status(&function, head.as_bytes()).await;
        figure(name, status);
        assert_eq!(status, 431, "{name}");
    }
}
