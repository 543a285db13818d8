//! What is seen of each request from outside: its id in logs and answer, its count and its time.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;

use super::request_id::{RequestId, X_REQUEST_ID};
use crate::metrics::emf::RequestLines;
use crate::metrics::{Outcome, RequestMetrics, Route};

/// Where it is noted how requests end.
#[derive(Clone, Debug, Default)]
pub struct Observer {
    /// The counters.
    pub metrics: Arc<RequestMetrics>,
    /// Under Lambda, the lines for CloudWatch.
    pub lines: Option<Arc<RequestLines>>,
}

/// Answers the request under its id, and notes how it ended.
pub(super) async fn observe(State(observer): State<Observer>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let route = Route::of(request.extensions().get::<MatchedPath>());
    let id = RequestId::of(request.headers(), request.extensions());
    let mut answer = id.clone().scope(next.run(request)).await;
    let (outcome, duration) = (Outcome::of(&answer), begun.elapsed());
    observer.metrics.record(route, outcome, duration);
    if let Some(lines) = &observer.lines {
        lines.write(route, outcome, duration);
    }
    answer.headers_mut().insert(X_REQUEST_ID, id.into_value());
    answer
}
