//! One client's connection: waited for, served, and waited for again.

use std::convert::Infallible;
use std::error::Error;
use std::future::poll_fn;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1::{self, Parts};
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;

use super::connections::{Place, Told};
use super::host;
use super::line::Line;
use crate::api;
use crate::proxies::PeerAddress;

/// How long a connection may rest.
const REST_LIMIT: Duration = Duration::from_secs(30);

/// How long a client may take to send a request's head once it has begun.
const HEAD_LIMIT: Duration = Duration::from_secs(10);

/// The largest head of a request, in bytes.
const MAX_HEAD: usize = 8 * 1024;

/// Serves a client's requests until it hangs up, breaks a rule, rests for too long or has to give way.
///
/// hyper keeps two buffers of 8 KB for each connection. A connection that rests therefore has none of hyper: it is waited
/// for on the bare line, and hyper begins anew when the client speaks.
pub(super) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    address: IpAddr,
    router: Router,
    place: Place,
) {
    let mut line = Line::new(stream, Arc::clone(place.pulse()));
    let place = Arc::new(place);
    let service = TowerToHyperService::new(router);
    while speaks(&mut line, &place).await {
        place.pulse().park(false);
        place.awake();
        let answering = Arc::clone(&place);
        let service = service.clone();
        let answer = service_fn(move |request| answer(&service, &answering, address, request));
        let Some(Parts { io, read_buf, .. }) =
            served(http().serve_connection(TokioIo::new(line), answer), &place).await
        else {
            return;
        };
        line = io.into_inner();
        line.put_back(read_buf);
    }
}

/// HTTP/1.1 with our limits.
fn http() -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_LIMIT).max_buf_size(MAX_HEAD);
    http
}

/// Whether the client says something before it has rested for too long or has to give way.
async fn speaks<S: AsyncRead + Unpin>(line: &mut Line<S>, place: &Place) -> bool {
    place.pulse().park(true);
    let leaving = async {
        while place.told().await != Told::Leave {
            place.awake();
        }
    };
    tokio::select! {
        spoken = timeout(REST_LIMIT, line.speaks()) => spoken.unwrap_or_default(),
        () = leaving => false,
    }
}

/// Serves requests until the connection rests; `None` when it is over.
async fn served<S, H>(
    mut connection: http1::Connection<TokioIo<Line<S>>, H>,
    place: &Place,
) -> Option<Parts<TokioIo<Line<S>>, H>>
where
    S: AsyncRead + AsyncWrite + Unpin,
    H: Service<Request<Incoming>, Response = Response, Error = Infallible>,
{
    let mut leaving = false;
    loop {
        let over = poll_fn(|cx| match Pin::new(&mut connection).poll(cx) {
            Poll::Ready(ended) => {
                note_end(&ended, place);
                Poll::Ready(true)
            }
            Poll::Pending if place.is_crowded() && place.pulse().rests() => Poll::Ready(false),
            Poll::Pending => Poll::Pending,
        });
        let told = tokio::select! {
            biased;
            over = over => return if over { None } else { Some(connection.into_parts()) },
            told = place.told(), if !leaving => told,
        };
        match told {
            Told::Leave if !place.pulse().is_in_flight() => return None,
            Told::Leave => {
                leaving = true;
                Pin::new(&mut connection).graceful_shutdown();
            }
            Told::Rest if place.pulse().rests() => return Some(connection.into_parts()),
            Told::Rest => place.awake(),
        }
    }
}

/// What fails is the client's side of the line, every way of which is routine; not to read is counted.
fn note_end(ended: &hyper::Result<()>, place: &Place) {
    let source = ended.as_ref().err().and_then(Error::source);
    if source.and_then(|cause| cause.downcast_ref()).map(io::Error::kind) == Some(io::ErrorKind::TimedOut) {
        place.count_unread();
    }
}

/// Answers one request, which is in flight meanwhile.
fn answer(
    service: &TowerToHyperService<Router>,
    place: &Place,
    address: IpAddr,
    mut request: Request<Incoming>,
) -> impl Future<Output = Result<Response, Infallible>> + use<> {
    let in_flight = place.request();
    let answering = if host::is_good(&request) {
        request.extensions_mut().insert(PeerAddress(address));
        Ok(service.call(request))
    } else {
        Err(api::refuse_host(request.headers()))
    };
    async move {
        let Ok(answer) = match answering {
            Ok(answering) => answering.await,
            Err(refusal) => Ok(refusal),
        };
        drop(in_flight);
        Ok(api::never_stored(answer))
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

    use super::*;
    use crate::server::Connections;

    const HEAD: &str = "GET / HTTP/1.1\r\nHost: k\r\n\r\n";

    /// A client's side of a connection that is served.
    fn connect(connections: &Connections) -> DuplexStream {
        let (client, server) = duplex(256 * 1024);
        let address = IpAddr::from([192, 0, 2, 1]);
        let router = Router::new().route("/", get(async || "fine"));
        tokio::spawn(serve(server, address, router, connections.admit(address).unwrap()));
        client
    }

    /// Sends the beginning of a request and returns all that comes back until the line is closed.
    async fn answer_to(beginning: &str) -> String {
        let mut client = connect(&Connections::default());
        client.write_all(beginning.as_bytes()).await.unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        answer
    }

    async fn ask(client: &mut DuplexStream) {
        client.write_all(HEAD.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"fine") {
            assert_ne!(client.read_buf(&mut answer).await.unwrap(), 0, "the connection is closed");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_never_ends_is_given_up_whether_or_not_others_went_before_it() {
        for before in ["", HEAD] {
            let started = tokio::time::Instant::now();
            answer_to(&format!("{before}GET / HTTP/1.1\r\nHost: k")).await;
            assert_eq!(started.elapsed().as_secs(), HEAD_LIMIT.as_secs());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_rests_is_closed_at_last() {
        let started = tokio::time::Instant::now();
        let answer = answer_to(HEAD).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("fine"), "{answer}");
        assert_eq!(answer_to("").await, "");
        assert!(started.elapsed() <= 2 * REST_LIMIT);
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_is_too_large_is_refused() {
        let answer = answer_to(&format!("GET / HTTP/1.1\r\nX: {}", "y".repeat(2 * MAX_HEAD))).await;
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_has_rested_is_served_as_before() {
        let connections = Connections::default();
        let sweeping = tokio::spawn(connections.clone().sweep());
        let mut client = connect(&connections);
        for _ in 0..3 {
            ask(&mut client).await;
            tokio::time::sleep(REST_LIMIT / 2).await;
        }
        sweeping.abort();
    }

    #[tokio::test]
    async fn a_connection_that_rests_leaves_when_it_is_told_to() {
        let connections = Connections::default();
        let (mut new, mut used) = (connect(&connections), connect(&connections));
        ask(&mut used).await;
        connections.stop();
        let mut rest = Vec::new();
        assert_eq!(new.read_to_end(&mut rest).await.unwrap() + used.read_to_end(&mut rest).await.unwrap(), 0);
    }
}
