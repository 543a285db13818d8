//! What a client is told of a miss: that there is no such card, or to wait.

use axum::http::request::Parts;

use crate::brake::Brake;
use crate::error::{ApiError, Failure};

/// There is no such card, which is charged to the client who asked for it.
///
/// It is charged only once that is known: whoever asks for a card that there is gets his answer, so that nobody is
/// locked out by those who share his address.
pub(super) fn card_not_found(brake: &Brake, request: &Parts) -> Failure {
    brake.charge(request).map_or_else(Failure::Braked, |()| Failure::Error(ApiError::CardNotFound))
}
