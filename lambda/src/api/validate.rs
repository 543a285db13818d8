//! `POST /api/validate`: may this machine use this card?

use axum::Json;
use axum::extract::{Request, State};
use kami_core::rules;
use kami_store::Validation;
use serde::Serialize;

use super::Api;
use super::announcement::Told;
use super::miss::card_not_found;
use super::request::{ValidateRequest, read_body};
use crate::error::Failure;
use crate::language::Language;

/// The answer to a machine that is let in.
#[derive(Debug, Serialize)]
pub(super) struct Admitted {
    status: &'static str,
    message: &'static str,
    /// ISO 8601; null for a card that never expires.
    expire_at: Option<String>,
    /// Rounded to two decimals; null for a card that never expires.
    remaining_hours: Option<f64>,
    /// Only for a client that says its version.
    #[serde(flatten)]
    told: Option<Told>,
}

/// Handles the request, whatever content type it claims to have.
pub(super) async fn validate(
    State(api): State<Api>,
    language: Language,
    request: Request,
) -> Result<Json<Admitted>, Failure> {
    let (request, body) = request.into_parts();
    let ValidateRequest { code, machine, client, app_mark } =
        ValidateRequest::parse(&read_body(body).await?)?;
    match api.store.validate(&code, &machine, &client).await? {
        Validation::Admitted { expire_at, now, app } => Ok(Json(Admitted {
            status: "success",
            message: language.messages().admitted,
            expire_at: expire_at.map(|moment| api.zone.iso8601(moment)),
            remaining_hours: expire_at.map(|moment| rules::remaining_hours(moment, now)),
            told: app.and_then(|app| api.apps.of(&app).to_admitted(app_mark.as_ref())),
        })),
        Validation::TooOld(app) => Err(Failure::TooOld(app)),
        Validation::Refused(refusal) => Err(refusal.into()),
        Validation::NotFound => Err(card_not_found(&api.brake, &request)),
    }
}
