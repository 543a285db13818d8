//! `POST /api/unbind`: the card moves to another machine, without support.

use axum::Json;
use axum::extract::{Request, State};
use kami_core::unbind::Paid;
use kami_store::{Unbinding, Unbound};
use serde::Serialize;

use super::Api;
use super::miss::no_card;
use super::request::{SeatRequest, read};
use crate::error::Failure;

#[derive(Debug, Serialize)]
pub(super) struct UnbindAnswer {
    status: &'static str,
    /// Whether the request gave a seat up.
    unbound: bool,
    /// How many more there are within 30 days; null without limit.
    remaining_unbinds: Option<u16>,
    /// What was taken off the card; null for nothing.
    cost: Option<Cost>,
    /// ISO 8601; null for a card that never expires, and for one that was never used and has no last moment.
    expire_at: Option<String>,
    /// Only of a card that has points.
    #[serde(skip_serializing_if = "Option::is_none")]
    points: Option<u32>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
enum Cost {
    Seconds(u32),
    Points(u32),
}

impl From<Paid> for Cost {
    fn from(paid: Paid) -> Self {
        match paid {
            Paid::Seconds(seconds) => Self::Seconds(seconds),
            Paid::Points(points) => Self::Points(points),
        }
    }
}

impl UnbindAnswer {
    fn new(unbound: &Unbound, api: &Api) -> Self {
        let Unbound { was_bound, remaining, paid, expire_at, points } = *unbound;
        Self {
            status: "success",
            unbound: was_bound,
            remaining_unbinds: remaining,
            cost: paid.map(Cost::from),
            expire_at: expire_at.map(|moment| api.zone.iso8601(moment)),
            points,
        }
    }
}

/// Handles the request, which may be repeated.
///
/// A guess at a machine that has a seat is a miss, and who has missed too often waits: a right one would have freed the seat
/// before its answer could be withheld.
pub(super) async fn unbind(State(api): State<Api>, request: Request) -> Result<Json<UnbindAnswer>, Failure> {
    let (mut request, body) = request.into_parts();
    let SeatRequest { code, machine, app } = SeatRequest::parse(&read(&mut request, body).await?)?;
    let neighbourhood = api.brake.neighbourhood(&request);
    api.brake.let_guess(neighbourhood).map_err(Failure::Braked)?;
    let unbinding = api.store.unbind(&code, &machine, &api.client(app, &request)).await?;
    let Unbinding { result, is_known } = unbinding.map_err(|why| no_card(&api.brake, &request, why))?;
    if is_known == Some(false) {
        api.brake.owe(neighbourhood);
    }
    Ok(Json(UnbindAnswer::new(&result?, &api)))
}
