//! What each answer has and what is seen of each request from outside: the limit on its time, its words in the client's
//! language, its id in logs and answer, its count and its time.
//!
//! All of it is one layer, since each layer of axum boxes what it wraps again for every request.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::proof::Prover;
use crate::error::{self, ApiError};
use crate::language::Language;
use crate::metrics::emf::RequestLines;
use crate::metrics::{self, Counted, Outcome, RequestMetrics, Route};
use crate::peer::Peer;
use crate::request_id::{RequestId, X_REQUEST_ID};

/// The longest a request may take in all, the sending of its body included.
pub const REQUEST_LIMIT: Duration = Duration::from_secs(10);

// A request that was given up has a bucket with a bound.
const _: () = assert!(metrics::LONGEST.as_secs() > REQUEST_LIMIT.as_secs());

/// Where it is noted how requests end.
#[derive(Clone, Debug, Default)]
pub struct Observer {
    /// The counters.
    pub metrics: Arc<RequestMetrics>,
    /// Under Lambda, the lines for CloudWatch.
    pub lines: Option<Arc<RequestLines>>,
}

/// Answers the request in time, under its id and in its client's language, and notes how it ended.
pub(super) async fn observe(
    State((observer, prover)): State<(Observer, Option<Prover>)>,
    language: Language,
    mut request: Request,
    next: Next,
) -> Response {
    let route = Route::of(request.extensions().get().map(MatchedPath::as_str));
    let mut counted = Counted::begin(observer.metrics, route);
    let unsettled = request.extensions().get::<Peer>().map(|peer| peer.unsettled.clone());
    let id = RequestId::of(request.headers(), request.extensions());
    let asked = match &prover {
        Some(prover) => prover.begin(&mut request).await,
        None => Ok(None),
    };
    let answered = async {
        match &asked {
            Ok(_) => next.run(request).await,
            Err(failure) => failure.clone().into_response(),
        }
    };
    let mut answering = pin!(id.scope(tokio::time::timeout(REQUEST_LIMIT, answered)));
    let answer = answering.as_mut().await.unwrap_or_else(|_| ApiError::RequestTimeout.into_response());
    let mut answer = error::localise(answer, language);
    if let (Some(prover), Ok(Some(asked))) = (&prover, &asked) {
        answer = prover.prove(answer, asked).await;
    }
    let outcome = Outcome::of(&answer);
    let took = counted.answer(outcome);
    if let Some(id) = answering.take_value() {
        if let Some(lines) = &observer.lines {
            lines.write(route, outcome, took, &id);
        }
        answer.headers_mut().insert(X_REQUEST_ID, id.into_value());
    }
    if let Some(unsettled) = unsettled {
        unsettled.hold(counted);
    }
    answer
}
