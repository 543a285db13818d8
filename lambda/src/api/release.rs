//! `POST /api/release`: this machine needs its seat no more.

use axum::Json;
use axum::extract::{Request, State};
use kami_store::SeatReturn;
use serde::Serialize;

use super::Api;
use super::miss::{is_told_apart, no_card};
use super::request::{SeatRequest, read};
use crate::error::Failure;

#[derive(Debug, Serialize)]
pub(super) struct Released {
    status: &'static str,
    /// Whether the machine had a leased seat. Not for a client that has guessed too often.
    #[serde(skip_serializing_if = "Option::is_none")]
    released: Option<bool>,
}

/// Handles the request, which may be repeated. A seat without a lease is the machine's as long as the card, and stays.
pub(super) async fn release(State(api): State<Api>, request: Request) -> Result<Json<Released>, Failure> {
    let (mut request, body) = request.into_parts();
    let SeatRequest { code, machine, app } = SeatRequest::parse(&read(&mut request, body).await?)?;
    let returned = api.store.release(&code, &machine, &api.client(app, &request)).await?;
    let returned = returned.map_err(|why| no_card(&api.brake, &request, why))?;
    if let SeatReturn::Refused(refusal) = returned {
        return Err(refusal.into());
    }
    let is_told = is_told_apart(&api.brake, &request, returned != SeatReturn::NoSeat);
    Ok(Json(Released { status: "success", released: is_told.then_some(returned == SeatReturn::Freed) }))
}
