//! The one place that decides what a client sees of an error: a status, a stable reason and words for people.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use kami_core::rules::Refusal;
use kami_store::StoreError;
use serde::Serialize;
use tracing::{error, warn};

use crate::language::{Language, Messages};

/// How long a client should wait before it tries again, in seconds: a lost database is looked for at each request.
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("1");

/// Every way in which a request can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ApiError {
    /// What was sent is not HTTP, or can be read in two ways.
    InvalidRequest,
    /// The request's head is too large.
    HeadTooLarge,
    /// The request names no host, several, or a malformed one.
    InvalidHost,
    /// The body is not a JSON object, or it is an empty one.
    InvalidJson,
    /// A field is missing or empty.
    MissingFields,
    /// A field is not text, or too long; or a card is to be bound to a machine code that holds what nobody sees.
    InvalidFields,
    /// No row has that code.
    CardNotFound,
    /// There is no such card, and its client asked for too many of that kind; the answer says how long to wait.
    TooManyMisses,
    /// The card is bound to another machine.
    MachineMismatch,
    /// The card's time is over.
    CardExpired,
    /// An operator withdrew the card.
    CardDisabled,
    /// It is longer than `MAX_BODY`.
    BodyTooLarge,
    /// The request was not sent in time.
    RequestTimeout,
    /// There is no such path.
    NotFound,
    /// The path does not have this method; the answer's `Allow` says which it has.
    MethodNotAllowed,
    /// The database is away or too slow: try again.
    Unavailable,
    /// Our own fault; the log has the cause.
    Internal,
}

impl ApiError {
    /// Every error, so that a document can be checked against them.
    pub const ALL: [Self; 17] = [
        Self::InvalidRequest,
        Self::HeadTooLarge,
        Self::InvalidHost,
        Self::InvalidJson,
        Self::MissingFields,
        Self::InvalidFields,
        Self::CardNotFound,
        Self::TooManyMisses,
        Self::MachineMismatch,
        Self::CardExpired,
        Self::CardDisabled,
        Self::BodyTooLarge,
        Self::RequestTimeout,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::Unavailable,
        Self::Internal,
    ];

    /// The status, the reason for programs, and the message for people among those of a language.
    const fn parts(self) -> (StatusCode, &'static str, fn(&Messages) -> &'static str) {
        use StatusCode as S;
        match self {
            Self::InvalidRequest => (S::BAD_REQUEST, "invalid_request", |said| said.invalid_request),
            Self::HeadTooLarge => {
                (S::REQUEST_HEADER_FIELDS_TOO_LARGE, "head_too_large", |said| said.head_too_large)
            }
            Self::InvalidHost => (S::BAD_REQUEST, "invalid_host", |said| said.invalid_host),
            Self::InvalidJson => (S::BAD_REQUEST, "invalid_json", |said| said.invalid_json),
            Self::MissingFields => (S::BAD_REQUEST, "missing_fields", |said| said.missing_fields),
            Self::InvalidFields => (S::BAD_REQUEST, "invalid_fields", |said| said.invalid_fields),
            Self::CardNotFound => (S::NOT_FOUND, "card_not_found", |said| said.card_not_found),
            Self::TooManyMisses => (S::TOO_MANY_REQUESTS, "too_many_misses", |said| said.too_many_misses),
            Self::MachineMismatch => (S::FORBIDDEN, "machine_mismatch", |said| said.machine_mismatch),
            Self::CardExpired => (S::FORBIDDEN, "card_expired", |said| said.card_expired),
            Self::CardDisabled => (S::FORBIDDEN, "card_disabled", |said| said.card_disabled),
            Self::BodyTooLarge => (S::PAYLOAD_TOO_LARGE, "body_too_large", |said| said.body_too_large),
            Self::RequestTimeout => (S::REQUEST_TIMEOUT, "request_timeout", |said| said.request_timeout),
            Self::NotFound => (S::NOT_FOUND, "not_found", |said| said.not_found),
            Self::MethodNotAllowed => {
                (S::METHOD_NOT_ALLOWED, "method_not_allowed", |said| said.method_not_allowed)
            }
            Self::Unavailable => (S::SERVICE_UNAVAILABLE, "unavailable", |said| said.unavailable),
            Self::Internal => (S::INTERNAL_SERVER_ERROR, "internal", |said| said.internal),
        }
    }

    /// The HTTP status.
    pub const fn status(self) -> StatusCode {
        self.parts().0
    }

    /// The stable word by which programs tell errors apart.
    pub const fn reason(self) -> &'static str {
        self.parts().1
    }

    /// The headers that an answer with this error has of its own.
    pub(crate) fn headers(self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if self == Self::Unavailable {
            headers.insert(header::RETRY_AFTER, RETRY_AFTER_SECONDS);
        }
        headers
    }

    /// The sentence for people.
    pub fn message(self, language: Language) -> &'static str {
        self.parts().2(language.messages())
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Disabled => Self::CardDisabled,
            Refusal::Expired => Self::CardExpired,
            Refusal::MachineMismatch => Self::MachineMismatch,
            Refusal::Unbindable => Self::InvalidFields,
        }
    }
}

/// Logs the cause, which no client may see.
impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        if error.is_transient() {
            warn!(%error, "answered with 503");
            Self::Unavailable
        } else {
            error!(%error, "answered with 500");
            Self::Internal
        }
    }
}

/// Leaves the words to [`localise`], which knows the client's language.
impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        (self.status(), self.headers(), Extension(self)).into_response()
    }
}

#[derive(Debug, Serialize)]
struct ErrorBody {
    status: &'static str,
    reason: &'static str,
    message: &'static str,
}

/// Writes the body of an answer that is an [`ApiError`], in the language that the client prefers.
pub(crate) fn localise(response: Response, language: Language) -> Response {
    match response.extensions().get::<ApiError>() {
        Some(&error) => {
            let (mut parts, _) = response.into_parts();
            parts.headers.remove(header::CONTENT_LENGTH);
            let body =
                ErrorBody { status: "error", reason: error.reason(), message: error.message(language) };
            (parts, Json(body)).into_response()
        }
        None => response,
    }
}

#[cfg(test)]
mod tests {
    use super::ApiError as E;
    use super::*;

    /// What people are told of each error, in Simplified Chinese and in English.
    const WORDING: [(ApiError, &str, &str); ApiError::ALL.len()] = [
        (E::InvalidRequest, "请求不是有效的HTTP", "The request is not valid HTTP"),
        (E::HeadTooLarge, "请求头过大", "The head of the request is too large"),
        (E::InvalidHost, "请求的主机名无效", "The request names no host, or a malformed one"),
        (E::InvalidJson, "无效的JSON数据", "The request is not valid JSON"),
        (E::MissingFields, "卡密和机器码不能为空", "The card code and the machine code are required"),
        (E::InvalidFields, "卡密或机器码格式错误", "The card code or the machine code is malformed"),
        (E::CardNotFound, "卡密不存在", "There is no such card"),
        (E::TooManyMisses, "尝试次数过多，请稍后再试", "Too many attempts; try again later"),
        (E::MachineMismatch, "机器码不匹配", "The card is bound to another machine"),
        (E::CardExpired, "卡密已过期", "The card has expired"),
        (E::CardDisabled, "卡密已禁用", "The card is disabled"),
        (E::BodyTooLarge, "请求过大", "The request is too large"),
        (E::RequestTimeout, "请求超时", "The request was not sent in time"),
        (E::NotFound, "接口不存在", "There is no such address"),
        (E::MethodNotAllowed, "请求方法不支持", "The address does not have this method"),
        (E::Unavailable, "服务暂时不可用", "The service is temporarily unavailable"),
        (E::Internal, "服务器内部错误", "Internal server error"),
    ];

    #[test]
    fn every_error_is_said_in_the_words_that_clients_know() {
        assert_eq!(WORDING.map(|(error, ..)| error), ApiError::ALL);
        let [chinese, english] = ["zh-Hans", "en"].map(|tag| Language::preferred([tag]));
        for (error, in_chinese, in_english) in WORDING {
            assert_eq!(error.message(chinese), in_chinese);
            assert_eq!(error.message(english), in_english);
        }
    }
}
