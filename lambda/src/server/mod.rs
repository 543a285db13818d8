//! Serving HTTP/1.1 by ourselves, on one's own machine.

mod connections;
mod files;
mod host;
mod line;
mod turned_away;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{error, warn};

pub use self::connections::OpenConnections;
use self::connections::Place;
pub use self::files::{raise_file_limit, within_file_limit};
use self::line::Line;
use crate::proxies::PeerAddress;

/// How long a client may take to send a request's head, and a kept-alive connection may be idle before that.
const HEAD_LIMIT: Duration = Duration::from_secs(30);

/// The largest head of a request, in bytes; also what is read of pipelined requests before their turn.
const MAX_HEAD: usize = 8 * 1024;

/// How many connections may wait to be accepted; the system may allow fewer.
const BACKLOG: u32 = 4096;

/// What the system keeps of answers that a client has not read, and of requests that we have not, in bytes. Linux
/// doubles it, and would otherwise grow either to megabytes.
const SOCKET_BUFFER: u32 = 32 * 1024;

/// How long requests in flight may take to finish once we stop: a little more than a request's own limit, and less than
/// process managers wait before they kill.
pub const STOP_LIMIT: Duration = Duration::from_secs(12);

/// How long to wait before accepting again when the process is out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Takes an address to serve on; the error names the variable that chose it.
pub async fn listen(address: SocketAddr, variable: &str) -> anyhow::Result<TcpListener> {
    bind(address)
        .with_context(|| format!("cannot listen on {address}: choose another address with {variable}"))
}

/// A listener whose connections inherit bounded buffers.
fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.set_send_buffer_size(SOCKET_BUFFER)?;
    socket.set_recv_buffer_size(SOCKET_BUFFER)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves `router` on `listener` until `shutdown` is ready, then lets requests in flight finish; `open` bounds and
/// counts the connections meanwhile.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    open: &OpenConnections,
    shutdown: impl Future<Output = ()>,
) {
    let http = http();
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    let mut shutdown = pin!(shutdown);
    loop {
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => (stream, peer.ip()),
                Err(cause) => {
                    after_failed_accept(&cause).await;
                    continue;
                }
            },
            () = &mut shutdown => break,
        };
        // Who gets no place is hung up on: an answer would cost more than the request, and clients try again after
        // either.
        if let Some(place) = open.admit(peer) {
            tasks.spawn(serve_client(http.clone(), stream, peer, router.clone(), place, stop.clone()));
        }
        // Who has just been told to give way does so before more come.
        tokio::task::yield_now().await;
    }
    drop(listener);
    stop.cancel();
    tasks.close();
    if tokio::time::timeout(STOP_LIMIT, tasks.wait()).await.is_err() {
        warn!("some requests did not finish in time and were cut off");
    }
}

/// Serves one connection until it ends, has to give way, or the server stops.
async fn serve_client(
    http: http1::Builder,
    stream: TcpStream,
    peer: IpAddr,
    router: Router,
    place: Arc<Place>,
    stop: CancellationToken,
) {
    // A buffer is only taken once there is something to read.
    let begun = tokio::select! {
        begun = tokio::time::timeout(HEAD_LIMIT, stream.peek(&mut [0])) => matches!(begun, Ok(Ok(1))),
        () = place.given_up() => false,
        () = stop.cancelled() => false,
    };
    if begun {
        // Boxed, so that a connection over which nothing was said yet takes little memory.
        Box::pin(serve_requests(http, stream, peer, router, place, stop)).await;
    }
}

/// Serves the requests of one connection.
async fn serve_requests(
    http: http1::Builder,
    stream: TcpStream,
    peer: IpAddr,
    router: Router,
    place: Arc<Place>,
    stop: CancellationToken,
) {
    // Answers are small and whole: waiting to fill a packet would only delay them.
    let _: io::Result<()> = stream.set_nodelay(true);
    let router = TowerToHyperService::new(router);
    let noted = Arc::clone(&place);
    let service = service_fn(move |mut request: Request<Incoming>| {
        let place = Arc::clone(&noted);
        place.begin_request();
        request.extensions_mut().insert(PeerAddress(peer));
        let answering = host::is_valid(&request).then(|| router.call(request));
        async move {
            let answer = match answering {
                Some(answering) => answering.await,
                None => Ok(host::refusal()),
            };
            place.end_request();
            answer
        }
    });
    let mut connection = pin!(http.serve_connection(TokioIo::new(Line::new(stream)), service));
    // The connection comes first: a request that has arrived is in flight, whatever else is to be done.
    tokio::select! {
        biased;
        ended = connection.as_mut() => return after_end(ended, &place),
        () = place.given_up() => if !place.is_busy() { return },
        () = stop.cancelled() => {}
    }
    connection.as_mut().graceful_shutdown();
    after_end(connection.await, &place);
}

/// What fails is the client's side of the line, every way of which is routine; not to read is counted.
fn after_end(ended: hyper::Result<()>, place: &Place) {
    let cause =
        ended.err().and_then(|error| std::error::Error::source(&error)?.downcast_ref().map(io::Error::kind));
    if cause == Some(io::ErrorKind::TimedOut) {
        place.count_unread();
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
