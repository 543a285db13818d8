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
use axum::body::HttpBody;
use axum::extract::Request;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1::{self, Parts};
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::time::timeout;

use super::connections::{Place, Told};
use super::exchange::{self, Exchange};
use super::line::Line;
use super::wire::Wire;
use crate::error::ApiError;
use crate::metrics::Unsettled;
use crate::peer::Peer;

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
pub(super) async fn serve<S: Wire>(stream: S, address: IpAddr, router: Router, place: Place) {
    let peer = Peer::at(address);
    let unsettled = peer.unsettled.clone();
    let mut line = Line::new(stream, Arc::clone(place.pulse()), unsettled.clone());
    let mut exchange = Exchange::new(router, peer, Arc::clone(place.pulse()));
    while speaks(&mut line, &place).await {
        place.pulse().park(false);
        place.awake();
        let answer = service_fn(|request| exchange.answer(request));
        let Some((left, end)) = served(http().serve_connection(TokioIo::new(line), answer), &place).await
        else {
            return;
        };
        line = left;
        match end {
            End::Rest => {}
            // What hyper itself would answer has neither our form nor our headers.
            End::Over(Err(error)) if error.is_parse() => {
                exchange.refuse(refusal(&error));
                line.put_back(exchange::UNREADABLE);
            }
            End::Over(over) => return part(line, &over, &unsettled, &place).await,
        }
    }
}

/// HTTP/1.1 with our limits.
fn http() -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_LIMIT).max_buf_size(MAX_HEAD).half_close(true);
    http
}

/// Whether the client says something before it has rested for too long or has to give way.
async fn speaks<S: Wire>(line: &mut Line<S>, place: &Place) -> bool {
    place.pulse().park(true);
    tokio::select! {
        spoken = timeout(REST_LIMIT, line.speaks()) => spoken.unwrap_or_default(),
        () = told_to_end(place) => false,
    }
}

/// Waits until the connection is told to end.
async fn told_to_end(place: &Place) {
    while place.told().await == Told::Rest {
        place.awake();
    }
}

/// How hyper's part in a connection ends.
enum End {
    /// The connection rests.
    Rest,
    /// The connection is over.
    Over(hyper::Result<()>),
}

/// Serves requests until the connection rests or is over, and gives the line back; `None` when it ends without another
/// word.
async fn served<S, H, B>(
    mut connection: http1::Connection<TokioIo<Line<S>>, H>,
    place: &Place,
) -> Option<(Line<S>, End)>
where
    S: Wire,
    H: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
    B: HttpBody<Error: Into<axum::BoxError>> + 'static,
{
    let mut leaving = false;
    let end = loop {
        let end = poll_fn(|cx| match Pin::new(&mut connection).poll(cx) {
            Poll::Ready(over) => Poll::Ready(End::Over(over)),
            Poll::Pending if place.is_crowded() && place.pulse().rests() => Poll::Ready(End::Rest),
            Poll::Pending => Poll::Pending,
        });
        let told = tokio::select! {
            biased;
            end = end => break end,
            told = place.told(), if !leaving => told,
        };
        match told {
            Told::Rest if place.pulse().rests() => break End::Rest,
            Told::Rest => place.awake(),
            _ if !place.pulse().is_in_flight() => return None,
            Told::GiveWay if place.pulse().is_half_closed() => return None,
            Told::Leave | Told::GiveWay => {
                leaving = true;
                Pin::new(&mut connection).graceful_shutdown();
            }
        }
    };
    let Parts { io, read_buf, .. } = connection.into_parts();
    let mut line = io.into_inner();
    if matches!(end, End::Rest) {
        line.put_back(read_buf);
    }
    Some((line, end))
}

/// Why a head that hyper cannot read is refused.
fn refusal(error: &hyper::Error) -> ApiError {
    if error.is_parse_too_large() { ApiError::HeadTooLarge } else { ApiError::InvalidRequest }
}

/// Ends a connection that is over. Each way in which the client's side of the line fails is routine; not to read is
/// counted, and whoever was not there to take the answer has hung up.
async fn part<S: Wire>(mut line: Line<S>, over: &hyper::Result<()>, unsettled: &Unsettled, place: &Place) {
    place.pulse().rest();
    let source = over.as_ref().err().and_then(Error::source);
    let has_hung_up = match source.and_then(|cause| cause.downcast_ref()).map(io::Error::kind) {
        Some(io::ErrorKind::TimedOut) => {
            place.count_unread();
            false
        }
        Some(_) => true,
        None if line.end().await.is_err() => true,
        None if unsettled.is_held() => tokio::select! {
            refused = line.is_refused() => refused,
            () = told_to_end(place) => false,
        },
        None => false,
    };
    if has_hung_up {
        unsettled.cancel();
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::sync::Notify;

    use super::*;
    use crate::api;
    use crate::proxies::TrustedProxies;
    use crate::server::line::UNREAD_LIMIT;
    use crate::server::{Bounds, Connections};

    const HEAD: &str = "GET / HTTP/1.1\r\nHost: k\r\n\r\n";

    /// What is answered after [`SLOW`].
    const SLOW_HEAD: &str = "GET /slow HTTP/1.1\r\nHost: k\r\n\r\n";

    /// How long an answer may take that takes long.
    const SLOW: Duration = Duration::from_secs(2);

    /// A client's side of a connection that is served, with room for so many bytes that nobody has read.
    fn connect_with(connections: &Connections, room: usize) -> DuplexStream {
        let (client, server) = duplex(room);
        let address = IpAddr::from([192, 0, 2, 1]);
        let api = Router::new().route("/", get(async || "fine")).route("/slow", get(slow));
        let api = api.fallback(api::no_route);
        tokio::spawn(serve(server, address, api, connections.admit(address).unwrap()));
        client
    }

    fn connect(connections: &Connections) -> DuplexStream {
        connect_with(connections, 256 * 1024)
    }

    async fn slow() -> &'static str {
        tokio::time::sleep(SLOW).await;
        "fine"
    }

    /// All that comes back until the line is closed, and how long that takes.
    async fn rest(client: &mut DuplexStream) -> (String, Duration) {
        let begun = tokio::time::Instant::now();
        let mut answers = String::new();
        client.read_to_string(&mut answers).await.unwrap();
        (answers, begun.elapsed())
    }

    /// Sends the beginning of a request and returns all that comes back until the line is closed.
    async fn answer_to(beginning: &str) -> String {
        let mut client = connect(&Connections::default());
        client.write_all(beginning.as_bytes()).await.unwrap();
        rest(&mut client).await.0
    }

    /// The same of a client that then closes its side.
    async fn answer_to_half_closed(beginning: &str) -> (String, Duration) {
        let mut client = connect(&Connections::default());
        client.write_all(beginning.as_bytes()).await.unwrap();
        client.shutdown().await.unwrap();
        rest(&mut client).await
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

    #[tokio::test(start_paused = true)]
    async fn a_client_that_has_closed_its_side_gets_all_of_its_answers() {
        for (requests, answers, took) in [
            (HEAD.to_owned(), 1, Duration::ZERO),
            (SLOW_HEAD.to_owned(), 1, SLOW),
            (SLOW_HEAD.replace("1.1", "1.0"), 1, SLOW),
            (SLOW_HEAD.replace("Host: k", "Host: k\r\nConnection: close"), 1, SLOW),
            (format!("{SLOW_HEAD}{HEAD}{SLOW_HEAD}"), 3, 2 * SLOW),
            (HEAD.repeat(1_000), 1_000, Duration::ZERO),
            (format!("{SLOW_HEAD}GET / HT"), 1, SLOW),
        ] {
            let (found, elapsed) = answer_to_half_closed(&requests).await;
            let fine = found.matches(" 200 OK\r\n").count();
            assert_eq!(
                (fine, found.matches("fine").count(), elapsed),
                (answers, answers, took),
                "{requests}"
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_its_client_cuts_short_ends_the_connection_at_once() {
        for beginning in ["", "G", "GET / HTTP/1.1\r\nHost: k", "GET / HTTP/1.1\r\nHost: k\r\n"] {
            assert_eq!(answer_to_half_closed(beginning).await, (String::new(), Duration::ZERO));
            let before = format!("{HEAD}{beginning}");
            let (answers, elapsed) = answer_to_half_closed(&before).await;
            assert_eq!((answers.matches("fine").count(), elapsed), (1, Duration::ZERO), "{before}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_closes_its_side_while_its_connection_rests_is_let_go_at_once() {
        let connections = Connections::default();
        let mut client = connect(&connections);
        ask(&mut client).await;
        client.shutdown().await.unwrap();
        assert_eq!(rest(&mut client).await, (String::new(), Duration::ZERO));
        assert_eq!(connections.count(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_has_closed_its_side_and_reads_nothing_is_given_up() {
        let connections = Connections::default();
        let mut client = connect_with(&connections, HEAD.len());
        client.write_all(HEAD.as_bytes()).await.unwrap();
        client.shutdown().await.unwrap();
        tokio::time::sleep(UNREAD_LIMIT / 2).await;
        assert_eq!(connections.count(), 1);
        tokio::time::sleep(UNREAD_LIMIT).await;
        assert_eq!(connections.count(), 0);
        assert!(connections.turned_away().any(|counted| counted == ("unread", 1)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_hangs_up_is_let_go_with_the_answer_that_it_does_not_take() {
        for more in ["", HEAD, "GET"] {
            let connections = Connections::default();
            let mut client = connect(&connections);
            client.write_all(format!("{SLOW_HEAD}{more}").as_bytes()).await.unwrap();
            drop(client);
            tokio::time::sleep(SLOW / 2).await;
            assert_eq!(connections.count(), 1, "{more}");
            tokio::time::sleep(SLOW).await;
            assert_eq!(connections.count(), 0, "{more}");
        }
    }

    #[tokio::test]
    async fn a_request_without_an_end_is_given_up_when_its_line_breaks() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        client.write_all(HEAD.as_bytes()).await.unwrap();
        let (server, address) = listener.accept().await.unwrap();
        let under_way = Arc::new(Notify::new());
        let telling = Arc::clone(&under_way);
        let router = Router::new().route(
            "/",
            get(async move || {
                telling.notify_one();
                std::future::pending::<()>().await;
            }),
        );
        let place = Connections::default().admit(address.ip()).unwrap();
        let serving = tokio::spawn(serve(server, address.ip(), router, place));
        under_way.notified().await;
        client.set_zero_linger().unwrap();
        drop(client);
        serving.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_has_closed_its_side_gives_way_to_another_and_not_to_the_end_of_the_server() {
        for (stops, answers) in [(true, 1), (false, 0)] {
            let connections = Connections::new(Bounds { all: 1, each: 1 }, TrustedProxies::default());
            let mut client = connect(&connections);
            client.write_all(SLOW_HEAD.as_bytes()).await.unwrap();
            client.shutdown().await.unwrap();
            tokio::time::sleep(SLOW / 2).await;
            if stops {
                connections.stop();
            } else {
                connections.admit([192, 0, 2, 1].into()).expect("one can be spared");
            }
            assert_eq!(rest(&mut client).await.0.matches("fine").count(), answers);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_no_http_is_refused_in_the_form_of_every_answer() {
        let large = format!("GET / HTTP/1.1\r\nX: {}", "y".repeat(2 * MAX_HEAD));
        for (garbage, status) in [
            ("GARBAGE\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nA B\r\n\r\n", 400),
            ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
            (&large, 431),
        ] {
            for before in ["", HEAD] {
                for (answers, _) in [
                    (answer_to(&format!("{before}{garbage}")).await, Duration::ZERO),
                    answer_to_half_closed(&format!("{before}{garbage}")).await,
                ] {
                    assert_eq!(answers.matches(&format!("HTTP/1.1 {status} ")).count(), 1, "{answers}");
                    let all = answers.matches("HTTP/1.1 ").count();
                    assert_eq!(all, if before.is_empty() { 1 } else { 2 }, "{answers}");
                    assert_eq!(answers.matches("\r\ncache-control: no-store\r\n").count(), all, "{answers}");
                    assert_eq!(answers.matches("\r\nconnection: close\r\n").count(), 1, "{answers}");
                }
            }
        }
    }
}
