//! `POST /api/status` and `GET /api/status/{code}`: what is known of a card, to whoever holds its code.

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, Request, State};
use axum::http::request::Parts;
use kami_core::app::AppName;
use kami_core::card::{Card, CardCode, CardStatus, MachineCode, mask};
use kami_core::rules;
use kami_store::CardState;
use serde::{Deserialize, Serialize};

use super::Api;
use super::miss::{card_not_found, is_told_apart, no_card};
use super::request::{StatusRequest, read, said};
use crate::brake::Brake;
use crate::error::Failure;
use crate::field::Field;

/// What the query of a request by path may hold.
#[derive(Debug, Default, Deserialize)]
pub struct Asker {
    /// The machine that asks: it sees its own machine code whole.
    machine_code: Option<String>,
}

/// What it may hold besides: read by itself, since a query that names its machine twice names none, and one that names
/// its app twice is refused.
#[derive(Debug, Deserialize)]
pub struct OfApp {
    /// The app that the client is of.
    app: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct StatusAnswer {
    status: &'static str,
    data: CardData,
}

#[derive(Debug, Serialize)]
struct CardData {
    full_code: String,
    status: &'static str,
    created_at: String,
    used_at: Option<String>,
    expire_at: Option<String>,
    machine_code: Option<String>,
    /// Only while the card is active; null then if it never expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[expect(clippy::option_option, reason = "JSON tells an absent field from a null one")]
    remaining_hours: Option<Option<f64>>,
    /// Only of a card that has several, or leases them.
    #[serde(flatten)]
    seats: Option<Seats>,
    /// Only of a card that has points.
    #[serde(skip_serializing_if = "Option::is_none")]
    points: Option<u32>,
}

#[derive(Debug, Serialize)]
struct Seats {
    seats: u16,
    /// Those whose lease is over are not.
    seats_taken: u32,
}

/// Handles the request whose code is in its body.
pub(super) async fn by_body(State(api): State<Api>, request: Request) -> Result<Json<StatusAnswer>, Failure> {
    let (mut request, body) = request.into_parts();
    let StatusRequest { code, machine, app } = StatusRequest::parse(&read(&mut request, body).await?)?;
    answer(&api, &request, (&code, app), machine.as_ref().map(MachineCode::as_str)).await
}

/// Handles the request whose code is in its path, where every proxy's log has it too.
pub(super) async fn by_path(
    State(api): State<Api>,
    code: Result<Path<String>, PathRejection>,
    asker: Result<Query<Asker>, QueryRejection>,
    app: Result<Query<OfApp>, QueryRejection>,
    request: Request,
) -> Result<Json<StatusAnswer>, Failure> {
    let (request, _) = request.into_parts();
    let Query(OfApp { app }) = app.map_err(|_| Failure::InvalidField(Field::App))?;
    let app = said(app.as_deref(), Field::App)?.unwrap_or_default();
    // A code that no card can have is a code that no card has.
    let Some(code) = code.ok().and_then(|Path(code)| CardCode::parse(&code).ok()) else {
        return Err(card_not_found(&api.brake, &request));
    };
    let asker = asker.map(|Query(asker)| asker).unwrap_or_default();
    answer(&api, &request, (&code, app), asker.machine_code.as_deref().map(str::trim)).await
}

async fn answer(
    api: &Api,
    request: &Parts,
    (code, app): (&CardCode, AppName),
    machine: Option<&str>,
) -> Result<Json<StatusAnswer>, Failure> {
    let asker = machine.and_then(|machine| MachineCode::parse(machine).ok());
    let state = api.store.status(code, asker.as_ref(), &api.client(app, request)).await?;
    let CardState { card, now, seats_taken, is_proven } =
        state.map_err(|why| no_card(&api.brake, request, why))?;
    let remaining_hours = (card.status == CardStatus::Active)
        .then(|| card.expire_at.map(|moment| rules::remaining_hours(moment, now)));
    let machine = machine.filter(|machine| !machine.is_empty() && card.machine_code.is_some());
    let is_seen_through =
        is_proven && machine.is_some_and(|machine| is_seen_through(&api.brake, request, &card, machine));
    let data = CardData {
        status: card.status.as_str(),
        created_at: api.zone.iso8601(card.created_at),
        used_at: card.used_at.map(|moment| api.zone.iso8601(moment)),
        expire_at: card.expire_at.map(|moment| api.zone.iso8601(moment)),
        machine_code: card.machine_code.map(|bound| if is_seen_through { bound } else { mask(&bound) }),
        remaining_hours,
        seats: seats_taken.map(|taken| Seats { seats: card.seats, seats_taken: taken }),
        points: card.points,
        full_code: card.full_code,
    };
    Ok(Json(StatusAnswer { status: "success", data }))
}

/// Whether a machine that says who it is sees the machine code that the card is bound to whole: only if it is its own. One
/// that has a further seat is no guess either.
fn is_seen_through(brake: &Brake, request: &Parts, card: &Card, machine: &str) -> bool {
    let is_bound = card.machine_code.as_deref() == Some(machine);
    is_told_apart(brake, request, is_bound || card.further_seat.is_some()) && is_bound
}
