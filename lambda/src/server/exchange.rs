//! One request and its answer.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;

use super::host;
use super::pulse::Pulse;
use crate::api;
use crate::error::ApiError;
use crate::peer::Peer;

/// Stands for a request whose head cannot be read.
pub(super) const UNREADABLE: Bytes =
    Bytes::from_static(b"GET / HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n");

/// What answers the requests of one connection.
#[derive(Clone, Debug)]
pub(super) struct Exchange {
    service: TowerToHyperService<Router>,
    peer: Peer,
    pulse: Arc<Pulse>,
    /// Why whatever comes next is refused.
    refusal: Option<ApiError>,
}

impl Exchange {
    /// Has `router` answer a peer; how that goes is told to `pulse`.
    pub(super) fn new(router: Router, peer: Peer, pulse: Arc<Pulse>) -> Self {
        Self { service: TowerToHyperService::new(router), peer, pulse, refusal: None }
    }

    /// Refuses whatever comes next.
    pub(super) fn refuse(&mut self, error: ApiError) {
        self.refusal = Some(error);
    }

    /// Answers one request, which is in flight until all of its answer is taken. The connection ends with a refusal:
    /// what else comes over it may be for somebody else as well.
    pub(super) fn answer(
        &self,
        mut request: Request<Incoming>,
    ) -> impl Future<Output = Result<Response<Held>, Infallible>> + use<> {
        let in_flight = InFlight::begin(Arc::clone(&self.pulse));
        let refusal = self.refusal.or_else(|| (!host::is_good(&request)).then_some(ApiError::InvalidHost));
        if let Some(error) = refusal {
            api::refuse(&mut request, error);
        }
        request.extensions_mut().insert(self.peer.clone());
        let answering = self.service.call(request);
        async move {
            let mut answer = api::never_stored(answering.await?);
            if refusal.is_some() {
                answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            Ok(answer.map(|body| Held { body, _in_flight: in_flight }))
        }
    }
}

#[derive(Debug)]
struct InFlight(Arc<Pulse>);

impl InFlight {
    fn begin(pulse: Arc<Pulse>) -> Self {
        pulse.begin();
        Self(pulse)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.send();
    }
}

/// The body of an answer, whose request is in flight as long as somebody holds it.
#[derive(Debug)]
pub(super) struct Held {
    body: Body,
    _in_flight: InFlight,
}

impl HttpBody for Held {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
