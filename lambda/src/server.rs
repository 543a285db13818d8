//! Serving HTTP/1.1 by ourselves, on one's own machine.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tracing::{error, warn};

use crate::proxies::PeerAddress;

/// How long a client may take to send a request's head, and a kept-alive connection may be idle before that.
const HEAD_LIMIT: Duration = Duration::from_secs(30);

/// The largest head of a request, in bytes.
const MAX_HEAD: usize = 32 * 1024;

/// How long requests in flight may take to finish once we stop: a little more than a request's own limit, and less than
/// process managers wait before they kill.
pub const STOP_LIMIT: Duration = Duration::from_secs(12);

/// How long to wait before accepting again when the process is out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How many connections of clients a server has open; clones share the count.
#[derive(Clone, Debug, Default)]
pub struct OpenConnections(Arc<AtomicUsize>);

impl OpenConnections {
    /// How many are open now.
    pub fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    fn open(&self) -> OpenConnection {
        self.0.fetch_add(1, Ordering::Relaxed);
        OpenConnection(Arc::clone(&self.0))
    }
}

/// Counts a connection for as long as it lives.
struct OpenConnection(Arc<AtomicUsize>);

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Takes an address to serve on; the error names the variable that chose it.
pub async fn listen(address: SocketAddr, variable: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}: choose another address with {variable}"))
}

/// Serves `router` on `listener` until `shutdown` is ready, then lets requests in flight finish; `open` counts the
/// connections meanwhile.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    open: &OpenConnections,
    shutdown: impl Future<Output = ()>,
) {
    let http = http();
    let connections = GracefulShutdown::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(cause) => {
                    after_failed_accept(&cause).await;
                    continue;
                }
            },
            () = &mut shutdown => break,
        };
        // Answers are small and whole: waiting to fill a packet would only delay them.
        let _: io::Result<()> = TcpStream::set_nodelay(&stream, true);
        let router = TowerToHyperService::new(router.clone());
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(PeerAddress(peer.ip()));
            router.call(request)
        });
        let connection = connections.watch(http.serve_connection(TokioIo::new(stream), service));
        let open = open.open();
        tokio::spawn(async move {
            // What fails here is the client's side of the line, every way of which is routine.
            drop(connection.await);
            drop(open);
        });
    }
    drop(listener);
    if tokio::time::timeout(STOP_LIMIT, connections.shutdown()).await.is_err() {
        warn!("some requests did not finish in time and were cut off");
    }
}

/// HTTP/1.1 with our limits.
fn http() -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_LIMIT).max_buf_size(MAX_HEAD);
    http
}

/// A connection that broke before we took it is nothing; anything else would fail again at once.
async fn after_failed_accept(cause: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(cause.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        error!(error = %cause, "cannot take another connection");
        tokio::time::sleep(ACCEPT_PAUSE).await;
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    /// Sends the beginning of a request and returns all that comes back until the line is closed.
    async fn answer_to(beginning: &str) -> String {
        let (mut client, server) = tokio::io::duplex(256 * 1024);
        let router = Router::new().route("/", get(async || "fine"));
        let serving = http().serve_connection(TokioIo::new(server), TowerToHyperService::new(router));
        let asking = async {
            client.write_all(beginning.as_bytes()).await.unwrap();
            let mut answer = String::new();
            client.read_to_string(&mut answer).await.unwrap();
            answer
        };
        tokio::join!(async { drop(serving.await) }, asking).1
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_never_ends_is_given_up() {
        let started = tokio::time::Instant::now();
        answer_to("GET / HTTP/1.1\r\nHost: k").await;
        assert_eq!(started.elapsed().as_secs(), HEAD_LIMIT.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn an_idle_connection_is_closed_after_its_answer() {
        let answer = answer_to("GET / HTTP/1.1\r\nHost: k\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("fine"), "{answer}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_is_too_large_is_refused() {
        let answer = answer_to(&format!("GET / HTTP/1.1\r\nX: {}", "y".repeat(2 * MAX_HEAD))).await;
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    }
}
