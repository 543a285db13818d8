//! `GET /api/status/{code}`: what is known of a card, to whoever holds its code.

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use kami_shared::card::{Card, CardCode, CardStatus, mask};
use kami_shared::rules;
use serde::{Deserialize, Serialize};

use super::{Api, ApiError};

/// What the query may hold.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Asker {
    /// The machine that asks: it sees its own machine code whole.
    machine_code: Option<String>,
}

/// The answer.
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
}

/// Handles the request.
pub(super) async fn status(
    State(api): State<Api>,
    code: Result<Path<String>, PathRejection>,
    asker: Result<Query<Asker>, QueryRejection>,
) -> Result<Json<StatusAnswer>, ApiError> {
    // A code that no card can have is a code that no card has.
    let code = code.ok().and_then(|Path(code)| CardCode::parse(&code).ok()).ok_or(ApiError::CardNotFound)?;
    let asker = asker.map(|Query(asker)| asker).unwrap_or_default();
    let (card, now) = api.store.status(&code).await?.ok_or(ApiError::CardNotFound)?;
    let remaining_hours = (card.status == CardStatus::Active)
        .then(|| card.expire_at.map(|moment| rules::remaining_hours(moment, now)));
    let data = CardData {
        status: card.status.as_str(),
        created_at: api.zone.iso8601(card.created_at),
        used_at: card.used_at.map(|moment| api.zone.iso8601(moment)),
        expire_at: card.expire_at.map(|moment| api.zone.iso8601(moment)),
        machine_code: shown_machine(&card, asker.machine_code.as_deref()),
        remaining_hours,
        full_code: card.full_code,
    };
    Ok(Json(StatusAnswer { status: "success", data }))
}

/// The machine code whole to the machine itself, masked to anybody else.
fn shown_machine(card: &Card, asker: Option<&str>) -> Option<String> {
    let bound = card.machine_code.as_deref()?;
    Some(if asker.is_some_and(|asker| asker.trim() == bound) { bound.to_owned() } else { mask(bound) })
}
