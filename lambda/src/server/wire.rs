//! The streams that connections come over.

use std::future::Future;

use tokio::io::{AsyncRead, AsyncWrite, Interest};
use tokio::net::TcpStream;

/// A stream of bytes whose other side may refuse what was sent to it.
pub(super) trait Wire: AsyncRead + AsyncWrite + Unpin {
    /// Waits until the other side refuses what was sent: nobody is there to read it. For ever if somebody is.
    fn refused(&self) -> impl Future<Output = ()> + Send;
}

impl Wire for TcpStream {
    async fn refused(&self) {
        // It fails only when the runtime ends, and with it whoever waits.
        drop(self.ready(Interest::ERROR).await);
    }
}

#[cfg(test)]
impl Wire for tokio::io::DuplexStream {
    async fn refused(&self) {
        std::future::pending::<()>().await;
    }
}
