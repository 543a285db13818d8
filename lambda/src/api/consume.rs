//! `POST /api/consume`: this machine uses so many points of its card.

use axum::Json;
use axum::extract::{Request, State};
use kami_core::rules::Refusal;
use kami_store::{Client, Consumption};
use serde::Serialize;

use super::Api;
use super::miss::card_not_found;
use super::request::{ConsumeRequest, read};
use crate::error::{ApiError, Failure};
use crate::field::Field;

#[derive(Debug, Serialize)]
pub(super) struct Consumed {
    status: &'static str,
    /// How many were left once these were taken.
    points: u32,
    /// ISO 8601; null for a card that never expires.
    expire_at: Option<String>,
}

/// Handles the request, which may be repeated by its name: points are taken once, and the answer is the same.
pub(super) async fn consume(State(api): State<Api>, request: Request) -> Result<Json<Consumed>, Failure> {
    let (mut request, body) = request.into_parts();
    let ConsumeRequest { code, machine, client, wanted } =
        ConsumeRequest::parse(&read(&mut request, body).await?)?;
    let client = Client { version: client.version, ..api.client(client.app, &request) };
    match api.store.consume(&code, &machine, &client, &wanted).await? {
        Consumption::Taken { balance, expire_at } => Ok(Json(Consumed {
            status: "success",
            points: balance,
            expire_at: expire_at.map(|moment| api.zone.iso8601(moment)),
        })),
        Consumption::Exhausted { balance } => Err(Failure::Exhausted(balance)),
        Consumption::Reused => Err(Failure::InvalidField(Field::RequestId)),
        Consumption::TooOld(app) => Err(Failure::TooOld(app)),
        Consumption::Refused(Refusal::Unbindable) => Err(Failure::InvalidField(Field::MachineCode)),
        Consumption::Refused(refusal) => Err(refusal.into()),
        Consumption::Blocked => Err(ApiError::Blocked.into()),
        Consumption::NotFound => Err(card_not_found(&api.brake, &request)),
    }
}
