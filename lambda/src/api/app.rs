//! `GET /api/apps/{name}`: what an app tells whoever asks, without a card.

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use kami_core::app::AppName;
use serde::{Deserialize, Serialize};

use super::Api;
use super::announcement::Told;
use super::request::{AppMark, said};
use crate::error::{ApiError, Failure};
use crate::field::Field;

/// What the query may hold.
#[derive(Debug, Deserialize)]
pub struct Known {
    /// The mark of what the client was told before.
    app_mark: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct AppAnswer {
    status: &'static str,
    #[serde(flatten)]
    told: Told,
}

/// Handles the request, from the store's copy of all apps: strangers cost the database nothing, and learn no sooner than
/// [`APPS_KEPT`](kami_store::APPS_KEPT) what has changed.
///
/// The name of an app is no secret and no right to anything, so that a wrong one is no miss: the brake would stop those who
/// mistype their codes for what a program in their neighbourhood asks.
pub(super) async fn app(
    State(api): State<Api>,
    name: Result<Path<String>, PathRejection>,
    known: Result<Query<Known>, QueryRejection>,
) -> Result<Json<AppAnswer>, Failure> {
    let Query(Known { app_mark }) = known.map_err(|_| Failure::InvalidField(Field::AppMark))?;
    let app_mark: Option<AppMark> = said(app_mark.as_deref(), Field::AppMark)?;
    // A name that no app can have is a name that no app has.
    let name: AppName = name.ok().and_then(|Path(name)| name.parse().ok()).ok_or(ApiError::AppNotFound)?;
    let app = api.store.known_app(&name).await?.ok_or(ApiError::AppNotFound)?;
    Ok(Json(AppAnswer { status: "success", told: api.apps.of(&app).to_all(app_mark.as_ref()) }))
}
