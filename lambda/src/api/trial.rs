//! `POST /api/trial`: this machine wants to try an app.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use kami_core::rules;
use kami_store::{Client, TrialStart};
use serde::Serialize;

use super::Api;
use super::request::{TrialRequest, read};
use crate::error::{ApiError, Failure};

#[derive(Debug, Serialize)]
pub(super) struct Trying {
    status: &'static str,
    /// Of the card that is the machine's from now on, which it validates as any other.
    code: String,
    /// ISO 8601; null for a trial that never expires.
    expire_at: Option<String>,
    /// Rounded to two decimals; null for a trial that never expires.
    remaining_hours: Option<f64>,
    /// Only of a trial that has points.
    #[serde(skip_serializing_if = "Option::is_none")]
    points: Option<u32>,
}

/// Handles the request, which may be repeated: a machine has one trial of an app, ever.
///
/// Whoever invents machines is braked as one who guesses codes, before a card is made, and learns of no machine by then
/// whether it has a trial. A machine that has one is not charged for asking again; one that has none, where none begins, is a
/// miss, since trials outlive their offer.
pub(super) async fn trial(State(api): State<Api>, request: Request) -> Result<Json<Trying>, Failure> {
    let (mut request, body) = request.into_parts();
    let TrialRequest { machine, client } = TrialRequest::parse(&read(&mut request, body).await?)?;
    let client = Client { version: client.version, ..api.client(client.app, &request) };
    let neighbourhood = api.brake.neighbourhood(&request);
    api.brake.let_through(neighbourhood).map_err(Failure::Braked)?;
    let brake = Arc::clone(&api.brake);
    match api.store.start_trial(&machine, &client, move || brake.owe(neighbourhood)).await? {
        TrialStart::On(card) => Ok(Json(Trying {
            status: "success",
            code: card.code,
            expire_at: card.expire_at.map(|moment| api.zone.iso8601(moment)),
            remaining_hours: card.expire_at.map(|moment| rules::remaining_hours(moment, card.now)),
            points: card.points,
        })),
        TrialStart::Over => Err(ApiError::TrialOver.into()),
        TrialStart::NotOffered => {
            api.brake.owe(neighbourhood);
            Err(ApiError::TrialNotOffered.into())
        }
        TrialStart::TooOld(app) => Err(Failure::TooOld(app)),
        TrialStart::Blocked => Err(ApiError::Blocked.into()),
    }
}
