//! What a client is told of a miss: that there is no such card, or to wait.

use std::time::Duration;

use axum::http::header;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};

use crate::brake::Brake;
use crate::error::ApiError;

/// Why a request about a card fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CardError {
    /// As an error that needs nothing besides.
    Error(ApiError),
    /// With [`ApiError::TooManyMisses`]: the next miss would be let through after this time.
    Braked(Duration),
}

impl CardError {
    /// There is no such card, which is charged to the client who asked for it.
    ///
    /// It is charged only once that is known: whoever asks for a card that there is gets his answer, so that nobody is
    /// locked out by those who share his address.
    pub(super) fn not_found(brake: &Brake, request: &Parts) -> Self {
        brake.charge(request).map_or_else(Self::Braked, |()| Self::Error(ApiError::CardNotFound))
    }
}

impl<E: Into<ApiError>> From<E> for CardError {
    fn from(error: E) -> Self {
        Self::Error(error.into())
    }
}

impl IntoResponse for CardError {
    fn into_response(self) -> Response {
        match self {
            Self::Error(error) => error.into_response(),
            Self::Braked(wait) => {
                // Up, since whoever comes early is refused again.
                let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
                ([(header::RETRY_AFTER, seconds.to_string())], ApiError::TooManyMisses).into_response()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use super::*;

    #[test]
    fn the_braked_are_told_how_many_whole_seconds_to_wait() {
        for (milliseconds, seconds) in [(1, "1"), (1_000, "1"), (1_001, "2"), (4_999, "5")] {
            let answer = CardError::Braked(Duration::from_millis(milliseconds)).into_response();
            assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
            assert_eq!(answer.headers()[header::RETRY_AFTER], seconds, "{milliseconds} ms");
        }
    }
}
