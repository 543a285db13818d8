//! The HTTP API: one axum [`Router`] that Lambda and our own server run alike.

mod error;
mod health;
mod language;
mod observe;
pub mod request;
mod request_id;
mod status;
mod validate;

use std::any::Any;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use kami_shared::store::Store;
use kami_shared::zone::Zone;
use tower_http::catch_panic::CatchPanicLayer;

pub use self::error::ApiError;
pub use self::language::Language;
pub use self::observe::Observer;
pub(crate) use self::request_id::RequestId;

/// The longest a request may take in all, the sending of its body included.
pub const REQUEST_LIMIT: Duration = Duration::from_secs(10);

/// What the handlers need.
#[derive(Clone, Debug)]
pub struct Api {
    /// The cards.
    pub store: Store,
    /// The zone in which answers show moments.
    pub zone: Zone,
}

/// The whole API, with each request noted by `observer`.
pub fn router(api: Api, observer: Observer) -> Router {
    let routes = Router::new()
        .route("/api/validate", post(validate::validate))
        .route("/api/status/{code}", get(status::status))
        .route("/api/health", get(health::health))
        .route("/health", get(health::health))
        .fallback(async || ApiError::NotFound)
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .with_state(api);
    harden(routes).layer(middleware::from_fn_with_state(observer, observe::observe))
}

/// Gives routes what every answer of the API has: a limit on time, a 500 for a panic, and its error's words in the
/// language that the client prefers.
fn harden(routes: Router) -> Router {
    routes
        .layer(middleware::from_fn(limit_time))
        .layer(CatchPanicLayer::custom(answer_panic))
        .layer(middleware::from_fn(error::localise))
}

async fn limit_time(request: Request, next: Next) -> Response {
    tokio::time::timeout(REQUEST_LIMIT, next.run(request))
        .await
        .unwrap_or_else(|_| ApiError::RequestTimeout.into_response())
}

/// The panic itself has been logged by then, by the hook that [`crate::startup`] sets.
fn answer_panic(_: Box<dyn Any + Send + 'static>) -> Response {
    ApiError::Internal.into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::StatusCode;
    use http_body_util::BodyExt as _;
    use serde_json::{Value, json};
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test]
    async fn a_panic_is_answered_with_a_500_in_the_usual_form() {
        async fn panics() {
            panic!("a test's panic");
        }
        let routes = harden(Router::new().route("/boom", get(panics)));
        let answer = routes.oneshot(Request::get("/boom").body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let body: Value =
            serde_json::from_slice(&answer.into_body().collect().await.unwrap().to_bytes()).unwrap();
        assert_eq!(body, json!({"status": "error", "reason": "internal", "message": "服务器内部错误"}));
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_never_ends_is_given_up() {
        let routes = harden(Router::new().route("/slow", get(std::future::pending::<()>)));
        let answer = routes.oneshot(Request::get("/slow").body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), StatusCode::REQUEST_TIMEOUT);
    }
}
