//! `POST /api/recharge`: one card is burnt to top another up.

use axum::Json;
use axum::extract::{Request, State};
use kami_store::Recharge;
use serde::Serialize;

use super::Api;
use super::miss::named_card_not_found;
use super::request::{RechargeRequest, read};
use crate::error::{ApiError, Failure};
use crate::field::Field;

#[derive(Debug, Serialize)]
pub(super) struct Recharged {
    status: &'static str,
    /// ISO 8601; null for a card that never expires.
    expire_at: Option<String>,
    /// Only of a card that has points.
    #[serde(skip_serializing_if = "Option::is_none")]
    points: Option<u32>,
}

/// Handles the request, which may be repeated: a card is burnt once, and the same two are answered as they stand.
pub(super) async fn recharge(State(api): State<Api>, request: Request) -> Result<Json<Recharged>, Failure> {
    let (mut request, body) = request.into_parts();
    let RechargeRequest { code, with, machine, app } =
        RechargeRequest::parse(&read(&mut request, body).await?)?;
    match api.store.recharge(&code, &with, machine.as_ref(), &api.client(app, &request)).await? {
        Recharge::ToppedUp { expire_at, points } => Ok(Json(Recharged {
            status: "success",
            expire_at: expire_at.map(|moment| api.zone.iso8601(moment)),
            points,
        })),
        Recharge::Refused(refusal) => Err(refusal.into()),
        Recharge::Blocked => Err(ApiError::Blocked.into()),
        Recharge::NotFound => Err(named_card_not_found(&api.brake, &request, Field::Code)),
        Recharge::NoOther => Err(named_card_not_found(&api.brake, &request, Field::With)),
    }
}
