//! The one place that decides what a client sees of an error: a status, a stable reason and words for people.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use kami_core::app::App;
use kami_core::recharge::RechargeRefusal;
use kami_core::rules::Refusal;
use kami_core::version::Version;
use kami_store::StoreError;
use serde::Serialize;
use tracing::{error, warn};

use crate::field::Field;
use crate::language::{Language, Messages};

/// How long a client should wait before it tries again, in seconds: a lost database is looked for at each request.
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("1");

/// Every way in which a request can fail, as it is counted.
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
    /// A field cannot be what it says; or a card is to be bound to a machine code that holds what nobody sees.
    InvalidFields,
    /// No row has that code.
    CardNotFound,
    /// There is no such card, or a trial is wanted, and its client had too many of that kind; the answer says how long to
    /// wait.
    TooManyMisses,
    /// The card is bound to another machine.
    MachineMismatch,
    /// Other machines have all of the card's seats.
    SeatsFull,
    /// The machine's seat is that of another device, or of one whose key was copied.
    DeviceMismatch,
    /// Requests for the card have to be signed by a device.
    DeviceRequired,
    /// The request was signed at another time; a proof of the answer tells the server's.
    SignatureExpired,
    /// The machine gave a seat of the card up, or wants one given up too soon; the answer says how long to wait.
    UnbindCoolingDown,
    /// No customer gives a seat of the card up.
    UnbindNotAllowed,
    /// The card does not have what giving up a seat of it costs.
    UnbindTooExpensive,
    /// The card's time is over.
    CardExpired,
    /// An operator withdrew the card.
    CardDisabled,
    /// The card has fewer points than are to be taken.
    PointsExhausted,
    /// Nobody has used the card that is to be topped up.
    CardUnused,
    /// The card would top itself up.
    SameCard,
    /// The card to top up with was used, or may not be any more.
    RechargeUsed,
    /// The card to top up with is not sold for that.
    RechargeNotAllowed,
    /// The card would have nothing of the top-up.
    RechargePointless,
    /// It would have more points, or last longer, than a card can.
    RechargeTooMuch,
    /// The machine, or the network that it comes from, is kept out.
    Blocked,
    /// The machine has had its trial of the app.
    TrialOver,
    /// The app offers no trial, or there is no such app.
    TrialNotOffered,
    /// The client's version is below the lowest that its app lets in.
    VersionTooOld,
    /// There is no such app.
    AppNotFound,
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
    pub const ALL: [Self; 36] = [
        Self::InvalidRequest,
        Self::HeadTooLarge,
        Self::InvalidHost,
        Self::InvalidJson,
        Self::MissingFields,
        Self::InvalidFields,
        Self::CardNotFound,
        Self::TooManyMisses,
        Self::MachineMismatch,
        Self::SeatsFull,
        Self::DeviceMismatch,
        Self::DeviceRequired,
        Self::SignatureExpired,
        Self::UnbindCoolingDown,
        Self::UnbindNotAllowed,
        Self::UnbindTooExpensive,
        Self::CardExpired,
        Self::CardDisabled,
        Self::PointsExhausted,
        Self::CardUnused,
        Self::SameCard,
        Self::RechargeUsed,
        Self::RechargeNotAllowed,
        Self::RechargePointless,
        Self::RechargeTooMuch,
        Self::Blocked,
        Self::TrialOver,
        Self::TrialNotOffered,
        Self::VersionTooOld,
        Self::AppNotFound,
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
            Self::SeatsFull => (S::FORBIDDEN, "seats_full", |said| said.seats_full),
            Self::DeviceMismatch => (S::FORBIDDEN, "device_mismatch", |said| said.device_mismatch),
            Self::DeviceRequired => (S::FORBIDDEN, "device_required", |said| said.device_required),
            Self::SignatureExpired => (S::FORBIDDEN, "signature_expired", |said| said.signature_expired),
            Self::UnbindCoolingDown => (S::FORBIDDEN, "unbind_cooling_down", |said| said.unbind_cooling_down),
            Self::UnbindNotAllowed => (S::FORBIDDEN, "unbind_not_allowed", |said| said.unbind_not_allowed),
            Self::UnbindTooExpensive => {
                (S::FORBIDDEN, "unbind_too_expensive", |said| said.unbind_too_expensive)
            }
            Self::CardExpired => (S::FORBIDDEN, "card_expired", |said| said.card_expired),
            Self::CardDisabled => (S::FORBIDDEN, "card_disabled", |said| said.card_disabled),
            Self::PointsExhausted => (S::FORBIDDEN, "points_exhausted", |said| said.points_exhausted),
            Self::CardUnused => (S::FORBIDDEN, "card_unused", |said| said.card_unused),
            Self::SameCard => (S::FORBIDDEN, "same_card", |said| said.same_card),
            Self::RechargeUsed => (S::FORBIDDEN, "recharge_used", |said| said.recharge_used),
            Self::RechargeNotAllowed => {
                (S::FORBIDDEN, "recharge_not_allowed", |said| said.recharge_not_allowed)
            }
            Self::RechargePointless => (S::FORBIDDEN, "recharge_pointless", |said| said.recharge_pointless),
            Self::RechargeTooMuch => (S::FORBIDDEN, "recharge_too_much", |said| said.recharge_too_much),
            Self::Blocked => (S::FORBIDDEN, "blocked", |said| said.blocked),
            Self::TrialOver => (S::FORBIDDEN, "trial_over", |said| said.trial_over),
            Self::TrialNotOffered => (S::FORBIDDEN, "trial_not_offered", |said| said.trial_not_offered),
            Self::VersionTooOld => (S::FORBIDDEN, "version_too_old", |said| said.version_too_old),
            Self::AppNotFound => (S::NOT_FOUND, "app_not_found", |said| said.app_not_found),
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

impl From<RechargeRefusal> for ApiError {
    fn from(refusal: RechargeRefusal) -> Self {
        match refusal {
            RechargeRefusal::Itself => Self::SameCard,
            RechargeRefusal::NotUnused => Self::RechargeUsed,
            RechargeRefusal::Disabled => Self::CardDisabled,
            RechargeRefusal::NeverUsed => Self::CardUnused,
            RechargeRefusal::NotAllowed => Self::RechargeNotAllowed,
            RechargeRefusal::Pointless => Self::RechargePointless,
            RechargeRefusal::TooManyPoints | RechargeRefusal::TooLong => Self::RechargeTooMuch,
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

/// Why one request fails: an error, with what its answer says besides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// As an error that needs nothing besides.
    Error(ApiError),
    /// With [`ApiError::InvalidFields`]: this is the one.
    InvalidField(Field),
    /// With [`ApiError::MissingFields`]: this is the one.
    MissingField(Field),
    /// With [`ApiError::CardNotFound`]: of two codes this is the one that no card has.
    NoCard(Field),
    /// With [`ApiError::TooManyMisses`]: the next miss would be let through after this time.
    Braked(Duration),
    /// With [`ApiError::PointsExhausted`]: the card has this many.
    Exhausted(u32),
    /// With [`ApiError::UnbindCoolingDown`]: it would be let through after so many seconds.
    CoolingDown(u32),
    /// With [`ApiError::VersionTooOld`]: it is this app that says which are let in, and where to get one.
    TooOld(Arc<App>),
}

impl Failure {
    /// The error as which it is counted.
    pub const fn error(&self) -> ApiError {
        match self {
            Self::Error(error) => *error,
            Self::InvalidField(_) => ApiError::InvalidFields,
            Self::MissingField(_) => ApiError::MissingFields,
            Self::NoCard(_) => ApiError::CardNotFound,
            Self::Braked(_) => ApiError::TooManyMisses,
            Self::Exhausted(_) => ApiError::PointsExhausted,
            Self::CoolingDown(_) => ApiError::UnbindCoolingDown,
            Self::TooOld(_) => ApiError::VersionTooOld,
        }
    }

    /// The sentence for people.
    fn message(&self, language: Language) -> &'static str {
        let said = language.messages();
        match self {
            Self::InvalidField(Field::App) => said.invalid_app,
            Self::InvalidField(Field::Version) => said.invalid_version,
            Self::InvalidField(Field::AppMark) => said.invalid_app_mark,
            Self::InvalidField(Field::Amount) => said.invalid_amount,
            Self::InvalidField(Field::RequestId) => said.invalid_request_id,
            Self::InvalidField(Field::Nonce) => said.invalid_nonce,
            Self::InvalidField(Field::Device) => said.invalid_device,
            Self::MissingField(Field::MachineCode) => said.missing_machine_code,
            Self::InvalidField(Field::With) => said.invalid_with,
            Self::NoCard(Field::With) => said.with_not_found,
            Self::MissingField(Field::Code) => said.missing_code,
            Self::MissingField(Field::With) => said.missing_with,
            Self::MissingField(Field::Amount) => said.missing_amount,
            Self::MissingField(Field::RequestId) => said.missing_request_id,
            _ => self.error().message(language),
        }
    }

    /// The body of its answer.
    fn body(&self, language: Language) -> ErrorBody<'_> {
        let (error, message) = (self.error(), self.message(language));
        let body = ErrorBody { status: "error", reason: error.reason(), message, ..ErrorBody::default() };
        match self {
            Self::InvalidField(field) | Self::MissingField(field) | Self::NoCard(field) => {
                ErrorBody { field: Some(*field), ..body }
            }
            Self::Exhausted(points) => ErrorBody { points: Some(*points), ..body },
            Self::TooOld(app) => ErrorBody {
                url: app.url.as_deref(),
                minimum: app.minimum.as_ref().map(Version::as_str),
                latest: app.latest.as_ref().map(Version::as_str),
                ..body
            },
            Self::Error(_) | Self::Braked(_) | Self::CoolingDown(_) => body,
        }
    }
}

impl<E: Into<ApiError>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Error(error.into())
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Error(match refusal {
            Refusal::Disabled => ApiError::CardDisabled,
            Refusal::Expired => ApiError::CardExpired,
            Refusal::MachineMismatch => ApiError::MachineMismatch,
            Refusal::SeatsFull => ApiError::SeatsFull,
            Refusal::DeviceMismatch => ApiError::DeviceMismatch,
            Refusal::DeviceRequired => ApiError::DeviceRequired,
            Refusal::SignatureExpired => ApiError::SignatureExpired,
            Refusal::UnbindNotAllowed => ApiError::UnbindNotAllowed,
            Refusal::UnbindTooExpensive => ApiError::UnbindTooExpensive,
            Refusal::Unbindable => ApiError::InvalidFields,
            Refusal::CoolingDown { seconds } => return Self::CoolingDown(seconds),
        })
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut answer = self.error().into_response();
        let wait = match self {
            // Up, since whoever comes early is refused again.
            Self::Braked(wait) => Some(wait.as_secs() + u64::from(wait.subsec_nanos() > 0)),
            Self::CoolingDown(seconds) => Some(seconds.into()),
            _ => None,
        };
        if let Some(seconds) = wait {
            answer.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        answer.extensions_mut().insert(self);
        answer
    }
}

#[derive(Debug, Default, Serialize)]
struct ErrorBody<'a> {
    status: &'static str,
    reason: &'static str,
    message: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<Field>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    minimum: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    latest: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    points: Option<u32>,
}

/// Writes the body of an answer that is an error, in the language that the client prefers.
pub(crate) fn localise(mut response: Response, language: Language) -> Response {
    let extensions = response.extensions_mut();
    let failure = extensions.remove().or_else(|| extensions.get().copied().map(Failure::Error));
    let Some(failure) = failure else { return response };
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    (parts, Json(failure.body(language))).into_response()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use http_body_util::BodyExt as _;
    use kami_core::app::AppEdit;

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
        (E::SeatsFull, "已达到可用设备数上限", "All seats of the card are taken"),
        (E::DeviceMismatch, "设备密钥不匹配", "The card is bound to another device"),
        (
            E::DeviceRequired,
            "该卡密需要设备签名，请更新软件",
            "This card needs a signature of the device; please update",
        ),
        (E::SignatureExpired, "请求签名已过期", "The request was signed at another time"),
        (
            E::UnbindCoolingDown,
            "解绑后冷却中，请稍后再试",
            "The card was unbound too recently; try again later",
        ),
        (E::UnbindNotAllowed, "该卡密不支持自助解绑", "This card cannot be unbound by its user"),
        (
            E::UnbindTooExpensive,
            "剩余时长或点数不足以解绑",
            "The card has too little left to pay for unbinding",
        ),
        (E::CardExpired, "卡密已过期", "The card has expired"),
        (E::CardDisabled, "卡密已禁用", "The card is disabled"),
        (E::PointsExhausted, "点数不足", "The card has too few points"),
        (E::CardUnused, "卡密尚未使用，无需充值", "The card was never used and needs no top-up"),
        (E::SameCard, "不能用卡密为其自身充值", "A card cannot top itself up"),
        (E::RechargeUsed, "充值卡已被使用或已失效", "The card to top up with is used or no longer valid"),
        (E::RechargeNotAllowed, "该卡不能用于充值", "That card is not for topping others up"),
        (E::RechargePointless, "充值不会给该卡带来任何变化", "The card would gain nothing from it"),
        (
            E::RechargeTooMuch,
            "充值后将超出卡密的时长或点数上限",
            "The card would exceed the most time or points of a card",
        ),
        (E::Blocked, "该设备或网络已被禁止使用", "This device or network is blocked"),
        (E::TrialOver, "试用已结束", "The trial is over"),
        (E::TrialNotOffered, "未提供试用", "No trial is offered"),
        (E::VersionTooOld, "当前版本过旧，请更新后再使用", "This version is too old; please update"),
        (E::AppNotFound, "应用不存在", "There is no such app"),
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

    async fn answered(failure: Failure, tag: &str) -> String {
        let answer = localise(failure.into_response(), Language::preferred([tag]));
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        String::from_utf8(body.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn an_error_has_no_more_in_its_body_than_there_is_to_say() {
        let blank = App::blank("demo".parse().unwrap(), chrono::DateTime::UNIX_EPOCH);
        let text = |text: &str| Some(text.to_owned());
        let edit = AppEdit {
            latest: text("2.1"),
            minimum: text("v2"),
            url: text("https://example.com"),
            ..AppEdit::default()
        };
        let full = edit.applied(&blank).unwrap();
        let bare = App { latest: None, url: None, ..full.clone() };
        for (failure, body) in [
            (
                E::InvalidFields.into(),
                r#""invalid_fields","message":"The card code or the machine code is malformed"}"#,
            ),
            (
                Failure::InvalidField(Field::App),
                r#""invalid_fields","message":"The name of the app is malformed","field":"app"}"#,
            ),
            (
                Failure::InvalidField(Field::Version),
                r#""invalid_fields","message":"The version is malformed","field":"version"}"#,
            ),
            (
                Failure::InvalidField(Field::AppMark),
                r#""invalid_fields","message":"app_mark is not text, or too long","field":"app_mark"}"#,
            ),
            (
                Failure::InvalidField(Field::Amount),
                r#""invalid_fields","message":"amount is not a whole number from 1 to 1,000,000,000","field":"amount"}"#,
            ),
            (
                Failure::MissingField(Field::RequestId),
                r#""missing_fields","message":"request_id is required","field":"request_id"}"#,
            ),
            (
                Failure::NoCard(Field::With),
                r#""card_not_found","message":"There is no such card to top up with","field":"with"}"#,
            ),
            (
                Failure::NoCard(Field::Code),
                r#""card_not_found","message":"There is no such card","field":"code"}"#,
            ),
            (
                Failure::Exhausted(0),
                r#""points_exhausted","message":"The card has too few points","points":0}"#,
            ),
            (
                Failure::Braked(Duration::ZERO),
                r#""too_many_misses","message":"Too many attempts; try again later"}"#,
            ),
            (
                Failure::TooOld(full.into()),
                r#""version_too_old","message":"This version is too old; please update","url":"https://example.com","minimum":"v2","latest":"2.1"}"#,
            ),
            (
                Failure::TooOld(bare.into()),
                r#""version_too_old","message":"This version is too old; please update","minimum":"v2"}"#,
            ),
        ] {
            let expected = format!(r#"{{"status":"error","reason":{body}"#);
            assert_eq!(answered(failure, "en").await, expected);
        }
    }

    #[test]
    fn each_field_that_is_named_has_words_of_its_own_in_each_language() {
        for language in Language::all() {
            let invalid =
                [Field::App, Field::Version, Field::AppMark, Field::Amount, Field::RequestId, Field::With];
            let missing = [Field::Code, Field::MachineCode, Field::Amount, Field::RequestId, Field::With];
            let failures = invalid.map(Failure::InvalidField).into_iter();
            let failures = failures.chain(missing.map(Failure::MissingField));
            let mut said: Vec<_> = failures.map(|failure| failure.message(language)).collect();
            said.push(Failure::NoCard(Field::With).message(language));
            said.extend(
                [E::InvalidFields, E::MissingFields, E::CardNotFound].map(|error| error.message(language)),
            );
            let distinct: HashSet<_> = said.iter().collect();
            assert_eq!(distinct.len(), said.len(), "{said:?}");
        }
    }

    #[test]
    fn who_is_refused_for_some_time_is_told_for_how_long() {
        let answer = Failure::from(Refusal::CoolingDown { seconds: 86_400 }).into_response();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN);
        assert_eq!(answer.headers()[header::RETRY_AFTER], "86400");
        let answer = Failure::from(Refusal::UnbindNotAllowed).into_response();
        assert!(!answer.headers().contains_key(header::RETRY_AFTER));
    }

    #[test]
    fn the_braked_are_told_how_many_whole_seconds_to_wait() {
        for (milliseconds, seconds) in [(1, "1"), (1_000, "1"), (1_001, "2"), (4_999, "5")] {
            let answer = Failure::Braked(Duration::from_millis(milliseconds)).into_response();
            assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
            assert_eq!(answer.headers()[header::RETRY_AFTER], seconds, "{milliseconds} ms");
        }
    }
}
