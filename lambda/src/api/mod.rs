//! The HTTP API: one axum [`Router`] that Lambda and our own server run alike.

mod announcement;
mod app;
mod consume;
mod cors;
mod device;
mod endpoint;
mod health;
mod keys;
mod miss;
mod observe;
mod proof;
mod recharge;
mod release;
pub mod request;
mod status;
mod trial;
mod unbind;
mod validate;

use std::any::Any;
use std::sync::Arc;

use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, Request, Uri, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Router};
use kami_core::app::AppName;
use kami_core::zone::Zone;
use kami_store::{Client, Store};
use tower_http::catch_panic::CatchPanicLayer;

pub use self::announcement::Announcements;
pub use self::app::Known;
pub use self::cors::Origins;
pub use self::endpoint::Endpoint;
pub use self::observe::{Observer, REQUEST_LIMIT};
use self::proof::Prover;
pub use self::status::{Asker, OfApp};
use crate::brake::Brake;
pub use crate::error::{ApiError, Failure};
pub use crate::field::Field;
pub use crate::language::Language;
use crate::signing::Signer;

/// What the handlers need.
#[derive(Clone, Debug)]
pub struct Api {
    /// The cards.
    pub store: Store,
    /// The zone in which answers show moments.
    pub zone: Zone,
    /// Counts guesses.
    pub brake: Arc<Brake>,
    /// What apps tell their clients.
    pub apps: Arc<Announcements>,
    /// Signs answers.
    pub signer: Arc<Signer>,
}

impl Api {
    /// A client of that app, where its request came from, on the device that signed it.
    fn client(&self, app: AppName, request: &Parts) -> Client {
        let device = request.extensions.get().copied();
        Client { app, address: self.brake.address(request), device, ..Client::default() }
    }
}

/// The whole API, with each request noted by `observer`.
pub fn router(api: Api, observer: Observer) -> Router {
    let prover = Prover { signer: Arc::clone(&api.signer), store: api.store.clone() };
    let routes = Endpoint::ALL
        .into_iter()
        .fold(Router::new(), |routes, endpoint| routes.route(endpoint.path, (endpoint.handler)()))
        .fallback(no_route)
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .with_state(api);
    finish(routes, observer, Some(prover))
}

/// Lets web pages of other origins call the API, preflights and errors included; none may without it.
pub fn share(api: Router, origins: Origins) -> Router {
    api.layer(middleware::from_fn_with_state(origins, cors::share))
}

/// Gives routes what every answer of the API has: see [`observe`], and a 500 for a panic.
fn finish(routes: Router, observer: Observer, prover: Option<Prover>) -> Router {
    // As a pair they are boxed once for each request.
    let layers = (
        middleware::from_fn_with_state((observer, prover), observe::observe),
        CatchPanicLayer::custom(answer_panic),
    );
    routes.layer(layers)
}

/// Makes a request stand for one that cannot be taken: no route takes it, since all begin with a slash, and its answer says
/// why.
pub(crate) fn refuse<B>(request: &mut Request<B>, error: ApiError) {
    *request.method_mut() = Method::GET;
    *request.uri_mut() = Uri::from_static("*");
    request.extensions_mut().insert(error);
}

/// Answers what no route takes: there is no such address, or it came in place of a request and says so itself.
pub(crate) async fn no_route(found: Option<Extension<ApiError>>) -> ApiError {
    found.map_or(ApiError::NotFound, |found| found.0)
}

/// Keeps an answer out of every cache between us and its client: what is true of a card now may be wrong a second later,
/// and networks that deliver pages have kept even errors. Each way out of the programs calls it.
pub(crate) fn never_stored(mut answer: Response) -> Response {
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// The panic itself has been logged by then, by the hook that is set at the start.
fn answer_panic(_: Box<dyn Any + Send + 'static>) -> Response {
    ApiError::Internal.into_response()
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use axum::body::Body;
    use axum::http::StatusCode;
    use axum::routing::get;
    use http_body_util::BodyExt as _;
    use serde_json::{Value, json};
    use tower::ServiceExt as _;

    use super::*;
    use crate::metrics::{Outcome, Route};

    #[tokio::test]
    async fn a_panic_is_answered_with_a_500_in_the_usual_form() {
        async fn panics() {
            panic!("a test's panic");
        }
        let routes = finish(Router::new().route("/boom", get(panics)), Observer::default(), None);
        let answer = routes.oneshot(Request::get("/boom").body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let body: Value =
            serde_json::from_slice(&answer.into_body().collect().await.unwrap().to_bytes()).unwrap();
        assert_eq!(body, json!({"status": "error", "reason": "internal", "message": "服务器内部错误"}));
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_never_ends_is_given_up() {
        let observer = Observer::default();
        let answer = never_answered(&observer).await.unwrap();
        assert_eq!(answer.status(), StatusCode::REQUEST_TIMEOUT);
        assert!(answer.headers().contains_key("x-request-id"));
        assert_eq!(observer.metrics.count(Route::Other, Outcome::Failed(ApiError::RequestTimeout)), 1);
        assert_eq!(observer.metrics.count(Route::Other, Outcome::Cancelled), 0, "it was answered");
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_whose_client_hangs_up_is_counted_as_cancelled() {
        let observer = Observer::default();
        let hung_up = tokio::time::timeout(REQUEST_LIMIT / 2, never_answered(&observer)).await;
        assert!(hung_up.is_err());
        assert_eq!(observer.metrics.count(Route::Other, Outcome::Cancelled), 1);
    }

    /// Asks a route that never answers by itself.
    async fn never_answered(observer: &Observer) -> Result<Response, Infallible> {
        let routes = Router::new().route("/slow", get(std::future::pending::<()>));
        finish(routes, observer.clone(), None)
            .oneshot(Request::get("/slow").body(Body::empty()).unwrap())
            .await
    }
}
