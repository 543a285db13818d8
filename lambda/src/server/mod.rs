//! Serving HTTP/1.1 by ourselves, on one's own machine, to whoever comes.
//!
//! A stranger may open as many connections as he likes, send as slowly and read as little: [`connections`] bounds how many
//! are held and whose gives way, [`connection`] takes one through its life, [`line`](mod@line) gives up a client that does not read.

mod connection;
mod connections;
mod exchange;
mod files;
mod host;
mod line;
mod pulse;
mod turned_away;
mod wire;

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_util::task::TaskTracker;
use tracing::{error, warn};

pub use self::connections::{Bounds, Connections};
pub use self::files::bounds_for_files;

/// How long requests in flight may take to finish once we stop: a little more than a request's own limit, and less than
/// process managers wait before they kill.
pub const STOP_LIMIT: Duration = Duration::from_secs(12);

/// How long to wait before accepting again when the process is out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How many clients the kernel may keep waiting until they are accepted; it may have a lower limit of its own.
const BACKLOG: u32 = 4096;

/// How much the kernel may hold of what one client has sent, and of what it has not read yet, in bytes. Left to itself
/// it gives each several megabytes.
const KERNEL_BUFFER: u32 = 64 * 1024;

/// Takes an address to serve on; the error names the variable that chose it.
pub async fn listen(address: SocketAddr, variable: &str) -> anyhow::Result<TcpListener> {
    bind(address)
        .with_context(|| format!("cannot listen on {address}: choose another address with {variable}"))
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    // The connections that are accepted have what the listener has.
    socket.set_send_buffer_size(KERNEL_BUFFER)?;
    socket.set_recv_buffer_size(KERNEL_BUFFER)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves `router` on `listener` to as many as `connections` lets in until `shutdown` is ready, then lets requests in
/// flight finish.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    connections: &Connections,
    shutdown: impl Future<Output = ()>,
) {
    let tasks = TaskTracker::new();
    let sweeping = tokio::spawn(connections.clone().sweep());
    let mut shutdown = pin!(shutdown);
    loop {
        let (stream, address) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(cause) => {
                    after_failed_accept(&cause).await;
                    continue;
                }
            },
            () = &mut shutdown => break,
        };
        // Whoever finds no place is closed: an answer would have to be written to somebody who may not read it.
        if let Some(place) = connections.admit(address.ip()) {
            // Answers are small and whole: waiting to fill a packet would only delay them.
            let _: io::Result<()> = TcpStream::set_nodelay(&stream, true);
            tasks.spawn(connection::serve(stream, address.ip(), router.clone(), place));
        }
    }
    drop(listener);
    sweeping.abort();
    connections.stop();
    tasks.close();
    if tokio::time::timeout(STOP_LIMIT, tasks.wait()).await.is_err() {
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
