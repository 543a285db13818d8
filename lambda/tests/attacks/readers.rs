//! Clients that ask and ask and never read an answer.

use kami_testkit::eventually;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::connections::{memory, metric};
use crate::{figure, start_counted};

const READERS: u64 = 50;

/// Sends requests until the other side has had enough; returns how many went off.
async fn ask_and_never_read(address: String) -> usize {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = b"GET / HTTP/1.1\r\nHost: kami\r\n\r\n";
    let mut sent = 0;
    while stream.write_all(request).await.is_ok() {
        sent += 1;
    }
    sent
}

#[tokio::test]
async fn who_never_reads_is_hung_up_on() {
    let (_database, function, metrics) = start_counted(&[]).await;
    let before = memory(&function);
    let asking: Vec<_> =
        (0..READERS).map(|_| tokio::spawn(ask_and_never_read(function.address().to_owned()))).collect();
    let mut sent = 0;
    for asking in asking {
        sent += asking.await.unwrap();
    }
    let grown = memory(&function).saturating_sub(before);
    let unread = "kami_http_connections_turned_away_total{reason=\"unread\"}";
    eventually("all are counted", async || (metric(&metrics, unread).await == READERS).then_some(())).await;
    figure("50 readers that never read", format!("{sent} requests sent, {grown} KiB more memory"));
    assert!(grown < 8 * 1024, "{grown} KiB");
}
