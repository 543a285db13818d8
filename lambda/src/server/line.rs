//! A client's line: given up when the client does not read, watched for whether it hangs up.

use std::future::poll_fn;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::time::{Sleep, sleep, timeout};

use super::pulse::Pulse;
use super::wire::Wire;
use crate::metrics::Unsettled;

/// How long a client may leave what is sent to it unread.
pub(super) const UNREAD_LIMIT: Duration = Duration::from_secs(10);

/// How long what a client that has closed its side was sent may take to come back refused: longer than a way round the
/// world and back.
const REFUSAL_LIMIT: Duration = Duration::from_secs(1);

/// How much is read of a request before memory is spent on it, in bytes.
const FIRST_READ: usize = 256;

/// How much is taken off a line that ends, in bytes.
const MAX_DISCARDED: usize = 64 * 1024;

/// A stream to a client, as hyper reads and writes it.
///
/// While the client does not take what is written nothing is read from it either, so that whoever sends requests and
/// reads no answer can only send so many. While it waits for its answer, and hyper reads nothing, what it does is looked at
/// here: it may hang up. What hyper writes without a request, its own bare refusals, goes nowhere.
#[derive(Debug)]
pub(super) struct Line<S> {
    stream: S,
    /// What has been read already, and comes before what the stream has.
    ahead: Bytes,
    /// Until when what is written has to be taken; only there while it is not.
    stalled: Option<Pin<Box<Sleep>>>,
    /// Whether somebody waits to read.
    awaited: bool,
    pulse: Arc<Pulse>,
    /// Whether an answer was sent and nothing read since.
    answered: bool,
    unsettled: Unsettled,
}

impl<S: AsyncRead + Unpin> Line<S> {
    /// A line of which nothing is known yet; what happens on it is told to `pulse`, and to `unsettled` that the client
    /// of the last request has not hung up.
    pub(super) fn new(stream: S, pulse: Arc<Pulse>, unsettled: Unsettled) -> Self {
        Self { stream, ahead: Bytes::new(), stalled: None, awaited: false, pulse, answered: false, unsettled }
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
        self.ahead =
            if self.ahead.is_empty() { read } else { [read, self.ahead.split_off(0)].concat().into() };
    }

    /// Reads what comes next, nothing if the client has closed its side.
    fn poll_next(&mut self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        if self.ahead.is_empty() {
            ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        } else {
            let length = self.ahead.len().min(buffer.remaining());
            buffer.put_slice(&self.ahead.split_to(length));
        }
        if buffer.filled().len() > before {
            self.pulse.hear();
        } else if buffer.remaining() > 0 {
            self.pulse.half_close();
        }
        Poll::Ready(Ok(()))
    }

    /// Looks whether the client says more or has closed its side, unless it is known or somebody else looks; an error if
    /// the line is broken.
    fn look(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        if self.awaited || !self.ahead.is_empty() || self.pulse.is_half_closed() {
            return Ok(());
        }
        let mut first = [MaybeUninit::uninit(); FIRST_READ];
        let mut first = ReadBuf::uninit(&mut first);
        if let Poll::Ready(read) = Pin::new(&mut self.stream).poll_read(cx, &mut first) {
            read?;
            match first.filled() {
                [] => self.pulse.half_close(),
                said => self.ahead = Bytes::copy_from_slice(said),
            }
        }
        Ok(())
    }
}

impl<S> Line<S> {
    /// Notes whether the client took what was written; an error when it has not for too long.
    fn watch<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            if self.stalled.take().is_some() {
                self.pulse.stall(false);
                if self.awaited {
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

impl<S: Wire> Line<S> {
    /// Says no more; an error if the line is broken.
    pub(super) async fn end(&mut self) -> io::Result<()> {
        poll_fn(|cx| Poll::Ready(self.discard(cx))).await?;
        self.stream.shutdown().await
    }

    /// Whether what was sent comes back refused, once the line is ended. A client that has closed its side may be waiting for
    /// its answer, or have hung up, which nothing else tells.
    pub(super) async fn is_refused(&self) -> bool {
        self.pulse.is_half_closed() && timeout(REFUSAL_LIMIT, self.stream.refused()).await.is_ok()
    }

    /// Takes off the line what has come and nobody will read: closed with it, the line would be reset, and the answer
    /// perhaps lost. An error if it is broken.
    fn discard(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        let mut chunk = [MaybeUninit::uninit(); FIRST_READ];
        for _ in 0..MAX_DISCARDED / FIRST_READ {
            let mut chunk = ReadBuf::uninit(&mut chunk);
            match Pin::new(&mut self.stream).poll_read(cx, &mut chunk)? {
                Poll::Ready(()) if chunk.filled().is_empty() => {
                    self.pulse.half_close();
                    break;
                }
                Poll::Ready(()) => {}
                Poll::Pending => break,
            }
        }
        Ok(())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Line<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.stalled.is_some() {
            self.awaited = true;
            return Poll::Pending;
        }
        let read = self.poll_next(cx, buffer);
        self.awaited = read.is_pending();
        let has_gone = self.pulse.is_half_closed() || matches!(read, Poll::Ready(Err(_)));
        if std::mem::take(&mut self.answered) && !has_gone {
            self.unsettled.settle();
        }
        read
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Line<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if !self.pulse.is_in_flight() {
            return Poll::Ready(Ok(bytes.len()));
        }
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.watch(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if !self.pulse.is_in_flight() {
            return Poll::Ready(Ok(slices.iter().map(|slice| slice.len()).sum()));
        }
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.watch(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        if self.pulse.is_sending() {
            self.pulse.rest();
            self.answered = true;
        } else if self.pulse.is_in_flight() {
            self.look(cx)?;
        }
        Poll::Ready(Ok(()))
    }

    /// Leaves it to [`Line::end`]: hyper has nothing more to say, but we may.
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
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
        pulse.begin();
        let mut line = Line::new(server, Arc::clone(&pulse), Unsettled::default());
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
        pulse.begin();
        let mut line = Line::new(server, Arc::clone(&pulse), Unsettled::default());
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
        let mut line = Line::new(server, Arc::default(), Unsettled::default());
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

    #[tokio::test]
    async fn what_is_written_without_a_request_goes_nowhere() {
        let (mut client, server) = duplex(64);
        let pulse = Arc::<Pulse>::default();
        let mut line = Line::new(server, Arc::clone(&pulse), Unsettled::default());
        line.write_all(b"unasked").await.unwrap();
        pulse.begin();
        line.write_all(b"answer").await.unwrap();
        pulse.send();
        line.flush().await.unwrap();
        assert!(pulse.rests(), "the answer is sent");
        line.write_all(b"unasked").await.unwrap();
        line.end().await.unwrap();
        let mut all = String::new();
        client.read_to_string(&mut all).await.unwrap();
        assert_eq!(all, "answer");
    }
}
