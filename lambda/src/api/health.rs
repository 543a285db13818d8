//! `GET /api/health` and `GET /health`: does the whole chain to the database work?

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use chrono::Utc;
use serde::Serialize;
use tracing::warn;

use super::Api;
use crate::error::ApiError;
use crate::language::Language;
use crate::metrics::Outcome;

#[derive(Debug, Serialize)]
struct Health {
    status: &'static str,
    timestamp: String,
    service: &'static str,
    database: &'static str,
    version: &'static str,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    error: Option<Explanation>,
}

/// What is said of an error besides its status.
#[derive(Debug, Serialize)]
struct Explanation {
    reason: &'static str,
    message: &'static str,
}

/// Handles the request: 200 with the database's time, or 503 with our own when the database does not say its.
pub(super) async fn health(State(api): State<Api>, language: Language) -> Response {
    let answer = |status, moment, database, error| {
        Json(Health {
            status,
            timestamp: api.zone.iso8601(moment),
            service: "kamisystem",
            database,
            version: env!("CARGO_PKG_VERSION"),
            error,
        })
    };
    match api.store.health().await {
        Ok(now) => answer("ok", now, "ok", None).into_response(),
        Err(cause) => {
            warn!(error = %cause, "the health check failed");
            let error = ApiError::Unavailable;
            let explanation = Explanation { reason: error.reason(), message: error.message(language) };
            let answer = answer("error", Utc::now(), "unavailable", Some(explanation));
            (error.status(), error.headers(), Extension(Outcome::from(error)), answer).into_response()
        }
    }
}
