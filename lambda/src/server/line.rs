//! A client's line, given up when the client does not read.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use super::pulse::Pulse;

/// How long a client may leave what is sent to it unread.
pub(super) const UNREAD_LIMIT: Duration = Duration::from_secs(10);

/// How much is read of a request before memory is spent on it, in bytes.
const FIRST_READ: usize = 256;

/// A stream to a client. While it does not take what is written nothing is read from it either, so that whoever sends
/// requests and reads no answer can only send so many.
#[derive(Debug)]
pub(super) struct Line<S> {
    stream: S,
    /// What has been read already, and comes before what the stream has.
    ahead: Bytes,
    /// Until when what is written has to be taken; only there while it is not.
    stalled: Option<Pin<Box<Sleep>>>,
    /// Whether somebody wanted to read meanwhile.
    kept_from_reading: bool,
    pulse: Arc<Pulse>,
}

impl<S: AsyncRead + Unpin> Line<S> {
    /// A line of which nothing is known yet; what happens on it is told to `pulse`.
    pub(super) fn new(stream: S, pulse: Arc<Pulse>) -> Self {
        Self { stream, ahead: Bytes::new(), stalled: None, kept_from_reading: false, pulse }
    }

    /// Waits for the client to say something; `false` if it has hung up. It takes hardly any memory meanwhile.
    pub(super) async fn speaks(&mut self) -> bool {
        if self.ahead.is_empty() {
            let mut first = [0; FIRST_READ];
            let length = self.stream.read(&mut first).await.unwrap_or_default();
            self.ahead = Bytes::copy_from_slice(&first[..length]);
        }
        !self.ahead.is_empty()
    }

    /// Puts back what was read too far.
    pub(super) fn put_back(&mut self, read: Bytes) {
        self.ahead = read;
    }
}

impl<S> Line<S> {
    /// Notes whether the client took what was written; an error when it has not for too long.
    fn watch<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            if self.stalled.take().is_some() {
                self.pulse.stall(false);
                if std::mem::take(&mut self.kept_from_reading) {
                    cx.waker().wake_by_ref();
                }
            }
            return written;
        }
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(UNREAD_LIMIT)));
        self.pulse.stall(true);
        ready!(stalled.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Line<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.stalled.is_some() {
            self.kept_from_reading = true;
            return Poll::Pending;
        }
        if !self.ahead.is_empty() {
            self.pulse.hear();
            let length = self.ahead.len().min(buffer.remaining());
            buffer.put_slice(&self.ahead.split_to(length));
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        if buffer.filled().len() > before {
            self.pulse.hear();
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Line<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.watch(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.watch(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::io::{AsyncWriteExt as _, duplex};
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_client_that_reads_nothing_is_given_up_and_not_read_from_meanwhile() {
        let (mut client, server) = duplex(16);
        let pulse = Arc::<Pulse>::default();
        let mut line = Line::new(server, Arc::clone(&pulse));
        client.write_all(b"more").await.unwrap();
        let begun = Instant::now();
        let error = line.write_all(&[b'x'; 17]).await.unwrap_err();
        assert_eq!((error.kind(), begun.elapsed()), (io::ErrorKind::TimedOut, UNREAD_LIMIT));
        let mut bytes = [0; 4];
        let mut buffer = ReadBuf::new(&mut bytes);
        let read = poll_fn(|cx| Poll::Ready(Pin::new(&mut line).poll_read(cx, &mut buffer))).await;
        assert!(read.is_pending() && !pulse.rests());
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_reader_is_served_and_then_read_from() {
        let (mut client, server) = duplex(16);
        let pulse = Arc::<Pulse>::default();
        let mut line = Line::new(server, Arc::clone(&pulse));
        let reading = async {
            let mut taken = [0; 1];
            for _ in 0..40 {
                sleep(UNREAD_LIMIT / 2).await;
                client.read_exact(&mut taken).await.unwrap();
            }
            client.write_all(b"more").await.unwrap();
            client
        };
        let writing = async {
            line.write_all(&[b'x'; 56]).await.unwrap();
            let mut bytes = [0; 4];
            line.read_exact(&mut bytes).await.unwrap();
            bytes
        };
        let (_client, read) = tokio::join!(reading, writing);
        assert_eq!(&read, b"more");
    }

    #[tokio::test]
    async fn what_was_read_ahead_comes_first() {
        let (mut client, server) = duplex(64);
        let mut line = Line::new(server, Arc::default());
        client.write_all(b"GET ").await.unwrap();
        assert!(line.speaks().await && line.speaks().await);
        client.write_all(b"/").await.unwrap();
        drop(client);
        let mut all = String::new();
        line.read_to_string(&mut all).await.unwrap();
        assert_eq!(all, "GET /");
        line.put_back(Bytes::from_static(b"again"));
        line.read_to_string(&mut all).await.unwrap();
        assert_eq!(all, "GET /again");
        assert!(!line.speaks().await, "it has hung up");
    }
}
