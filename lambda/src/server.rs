//! Serving HTTP/1.1 by ourselves, on one's own machine.

use std::io;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tracing::{error, warn};

/// How long a client may take to send a request's head, and a kept-alive connection may be idle before that.
const HEAD_LIMIT: Duration = Duration::from_secs(30);

/// The largest head of a request, in bytes.
const MAX_HEAD: usize = 32 * 1024;

/// How long requests in flight may take to finish once we stop: a little more than a request's own limit.
const STOP_LIMIT: Duration = Duration::from_secs(12);

/// How long to wait before accepting again when the process is out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves `router` on `listener` until `shutdown` is ready, then lets requests in flight finish.
pub async fn serve(listener: TcpListener, router: Router, shutdown: impl Future<Output = ()>) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_LIMIT).max_buf_size(MAX_HEAD);
    let connections = GracefulShutdown::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(cause) => {
                    after_failed_accept(&cause).await;
                    continue;
                }
            },
            () = &mut shutdown => break,
        };
        // Answers are small and whole: waiting to fill a packet would only delay them.
        let _: io::Result<()> = TcpStream::set_nodelay(&stream, true);
        let service = TowerToHyperService::new(router.clone());
        let connection = connections.watch(http.serve_connection(TokioIo::new(stream), service));
        // What fails here is the client's side of the line, every way of which is routine.
        tokio::spawn(async { drop(connection.await) });
    }
    drop(listener);
    if tokio::time::timeout(STOP_LIMIT, connections.shutdown()).await.is_err() {
        warn!("some requests did not finish in time and were cut off");
    }
}

/// A connection that broke before we took it is nothing; anything else would fail again at once.
async fn after_failed_accept(cause: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(cause.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        error!(error = %cause, "cannot take another connection");
        tokio::time::sleep(ACCEPT_PAUSE).await;
    }
}
