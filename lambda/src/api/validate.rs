//! `POST /api/validate`: may this machine use this card?

use axum::extract::{Request, State};
use axum::{Extension, Json};
use chrono::{DateTime, Utc};
use kami_core::policy::{Lease, OfflineLength};
use kami_core::rules;
use kami_store::{Client, Validation};
use kami_trust::proof::Bounds;
use serde::Serialize;

use super::Api;
use super::announcement::Told;
use super::miss::card_not_found;
use super::request::{ValidateRequest, read};
use crate::error::{ApiError, Failure};
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
    /// Only of a card that has points.
    #[serde(skip_serializing_if = "Option::is_none")]
    points: Option<u32>,
    /// Only of a seat that has the key of a device: what the next request brings back.
    #[serde(skip_serializing_if = "Option::is_none")]
    device_sequence: Option<u32>,
    /// Only of a leased seat.
    #[serde(flatten)]
    lease: Option<Leased>,
    /// Only for a client that says its version.
    #[serde(flatten)]
    told: Option<Told>,
}

/// A lease, which no card that ends sooner outlasts.
#[derive(Debug, Serialize)]
struct Leased {
    /// ISO 8601, as all moments.
    lease_until: String,
    renew_after: String,
}

impl Leased {
    fn new(lease: Lease, expire_at: Option<DateTime<Utc>>, api: &Api) -> Self {
        let sooner = |moment: DateTime<Utc>| expire_at.map_or(moment, |expire_at| moment.min(expire_at));
        let [lease_until, renew_after] =
            [lease.until, lease.renew_after].map(|moment| api.zone.iso8601(sooner(moment)));
        Self { lease_until, renew_after }
    }
}

/// Handles the request, whatever content type it claims to have.
pub(super) async fn validate(
    State(api): State<Api>,
    language: Language,
    request: Request,
) -> Result<(Extension<Bounds>, Json<Admitted>), Failure> {
    let (mut request, body) = request.into_parts();
    let ValidateRequest { code, machine, client, app_mark } =
        ValidateRequest::parse(&read(&mut request, body).await?)?;
    let client = Client { version: client.version, ..api.client(client.app, &request) };
    match api.store.validate(&code, &machine, &client).await? {
        Validation::Admitted { expire_at, now, lease, offline, points, device_sequence, app, .. } => {
            let bounds = bounds(expire_at, lease, now, offline);
            let admitted = Admitted {
                status: "success",
                message: language.messages().admitted,
                expire_at: expire_at.map(|moment| api.zone.iso8601(moment)),
                remaining_hours: expire_at.map(|moment| rules::remaining_hours(moment, now)),
                points,
                device_sequence,
                lease: lease.map(|lease| Leased::new(lease, expire_at, &api)),
                told: app.and_then(|app| api.apps.of(&app).to_admitted(app_mark.as_ref())),
            };
            Ok((Extension(bounds), Json(admitted)))
        }
        Validation::TooOld(app) => Err(Failure::TooOld(app)),
        Validation::Refused(refusal) => Err(refusal.into()),
        Validation::Blocked => Err(ApiError::Blocked.into()),
        Validation::NotFound => Err(card_not_found(&api.brake, &request)),
    }
}

/// How long the admission is good: as long as card and lease, of which the last second counts; without a network no longer than
/// the policy says.
fn bounds(
    expire_at: Option<DateTime<Utc>>,
    lease: Option<Lease>,
    now: DateTime<Utc>,
    offline: Option<OfflineLength>,
) -> Bounds {
    let ends = [expire_at, lease.map(|lease| lease.until)];
    Bounds {
        until: ends.into_iter().flatten().min().map(|end| end.timestamp() + 1),
        offline_until: offline.map(|length| now.timestamp() + i64::from(length.seconds())),
    }
}
