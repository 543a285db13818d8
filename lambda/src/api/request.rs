//! Reading the body of a client's request: the one thing an attacker can shape freely.

use std::str::FromStr;

use axum::body::{Body, HttpBody as _};
use axum::http::request::Parts;
use http_body_util::BodyExt as _;
use kami_core::app::AppName;
use kami_core::card::{CardCode, MachineCode, TextError};
use kami_core::points::Points;
use kami_store::{Client, PointUse};
use kami_trust::device::HEADER;
use kami_trust::proof::Question;
use serde_json::{Map, Value};

use super::device;
use super::proof::{Asked, question_of};
use crate::error::{ApiError, Failure};
use crate::field::Field;

/// The largest body that is read, in bytes: many times what its fields need.
pub const MAX_BODY: usize = 16 * 1024;

/// How a body names its nonce: most have none, and are read once.
const QUOTED_NONCE: &[u8] = b"\"nonce\"";

/// How much of a body that is too large is still taken off the line, in bytes, so that its sender gets to read why
/// it was refused rather than a reset connection.
const MAX_DISCARDED: usize = 1024 * 1024;

/// A well-formed request to validate a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidateRequest {
    /// The card.
    pub code: CardCode,
    /// The machine that asks.
    pub machine: MachineCode,
    /// What it says of itself besides.
    pub client: Client,
    /// What it was told of its app before.
    pub app_mark: Option<AppMark>,
}

impl ValidateRequest {
    /// Every field that is read.
    pub const FIELDS: [Field; 6] =
        [Field::Code, Field::MachineCode, Field::App, Field::Version, Field::AppMark, Field::Nonce];

    /// Reads the JSON body `{"code": "…", "machine_code": "…"}` and what else it may say; other fields are ignored, the
    /// last of two that share a name counts, and a byte order mark, which some platforms put before their UTF-8, is
    /// skipped.
    pub fn parse(body: &[u8]) -> Result<Self, Failure> {
        let fields = fields(body)?;
        let code = text(&fields, Field::Code)?;
        let machine = text(&fields, Field::MachineCode)?;
        Ok(Self {
            code: CardCode::parse(code)?,
            machine: MachineCode::parse(machine)?,
            client: Client {
                app: app(&fields)?,
                version: maybe(&fields, Field::Version)?,
                ..Client::default()
            },
            app_mark: maybe(&fields, Field::AppMark)?,
        })
    }
}

/// A well-formed request to tell how a card stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusRequest {
    /// The card.
    pub code: CardCode,
    /// The machine that asks, if it says which it is.
    pub machine: Option<MachineCode>,
    /// The app that it is of.
    pub app: AppName,
}

impl StatusRequest {
    /// Every field that is read.
    pub const FIELDS: [Field; 4] = [Field::Code, Field::MachineCode, Field::App, Field::Nonce];

    /// Reads the JSON body `{"code": "…", "machine_code": "…"}` as [`ValidateRequest::parse`] does, but the machine code
    /// may be missing, null or empty.
    pub fn parse(body: &[u8]) -> Result<Self, Failure> {
        let fields = fields(body)?;
        let code = CardCode::parse(text(&fields, Field::Code)?)?;
        let machine = text(&fields, Field::MachineCode).and_then(|text| Ok(MachineCode::parse(text)?));
        let machine = match machine {
            Ok(machine) => Some(machine),
            Err(ApiError::MissingFields) => None,
            Err(error) => return Err(error.into()),
        };
        Ok(Self { code, machine, app: app(&fields)? })
    }
}

/// A well-formed request to take points from a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumeRequest {
    /// The card.
    pub code: CardCode,
    /// The machine that asks.
    pub machine: MachineCode,
    /// What it says of itself besides.
    pub client: Client,
    /// What it wants taken.
    pub wanted: PointUse,
}

impl ConsumeRequest {
    /// Every field that is read.
    pub const FIELDS: [Field; 7] = [
        Field::Code,
        Field::MachineCode,
        Field::Amount,
        Field::RequestId,
        Field::App,
        Field::Version,
        Field::Nonce,
    ];

    /// Reads the JSON body `{"code": "…", "machine_code": "…", "amount": 1, "request_id": "…"}` as [`SeatRequest::parse`]
    /// does, each field that cannot be named.
    pub fn parse(body: &[u8]) -> Result<Self, Failure> {
        let fields = fields(body)?;
        let code = named(&fields, Field::Code, CardCode::parse)?;
        let machine = named(&fields, Field::MachineCode, MachineCode::parse)?;
        let amount = points(&fields, Field::Amount)?;
        let request = maybe(&fields, Field::RequestId)?.ok_or(Failure::MissingField(Field::RequestId))?;
        let (app, version) = (app(&fields)?, maybe(&fields, Field::Version)?);
        let client = Client { app, version, ..Client::default() };
        Ok(Self { code, machine, client, wanted: PointUse { amount, request } })
    }
}

/// A well-formed request to top a card up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RechargeRequest {
    /// The card that is topped up.
    pub code: CardCode,
    /// The card that is burnt for it.
    pub with: CardCode,
    /// The machine that asks, if it says which it is.
    pub machine: Option<MachineCode>,
    /// The app that both are of.
    pub app: AppName,
}

impl RechargeRequest {
    /// Every field that is read.
    pub const FIELDS: [Field; 5] = [Field::Code, Field::With, Field::MachineCode, Field::App, Field::Nonce];

    /// Reads the JSON body `{"code": "…", "with": "…"}` as [`SeatRequest::parse`] does, but the machine code may be
    /// missing, null or empty.
    pub fn parse(body: &[u8]) -> Result<Self, Failure> {
        let fields = fields(body)?;
        let card = |field| {
            named(&fields, field, CardCode::parse).map_err(|failure| match failure {
                Failure::Error(ApiError::MissingFields) => Failure::MissingField(field),
                failure => failure,
            })
        };
        let (code, with) = (card(Field::Code)?, card(Field::With)?);
        let machine = maybe_named(&fields, Field::MachineCode, MachineCode::parse)?;
        Ok(Self { code, with, machine, app: app(&fields)? })
    }
}

/// A well-formed request to give a seat back, or up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeatRequest {
    /// The card.
    pub code: CardCode,
    /// The machine that asks.
    pub machine: MachineCode,
    /// The app that it is of.
    pub app: AppName,
}

impl SeatRequest {
    /// Every field that is read.
    pub const FIELDS: [Field; 4] = [Field::Code, Field::MachineCode, Field::App, Field::Nonce];

    /// Reads the JSON body `{"code": "…", "machine_code": "…"}` as [`ValidateRequest::parse`] does, but each field that cannot
    /// be is named: no client of old asks this.
    pub fn parse(body: &[u8]) -> Result<Self, Failure> {
        let fields = fields(body)?;
        Ok(Self {
            code: named(&fields, Field::Code, CardCode::parse)?,
            machine: named(&fields, Field::MachineCode, MachineCode::parse)?,
            app: app(&fields)?,
        })
    }
}

/// A well-formed request to try an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrialRequest {
    /// The machine that wants to.
    pub machine: MachineCode,
    /// What its client says of itself.
    pub client: Client,
}

impl TrialRequest {
    /// Every field that is read.
    pub const FIELDS: [Field; 4] = [Field::MachineCode, Field::App, Field::Version, Field::Nonce];

    /// Reads the JSON body `{"machine_code": "…"}` as [`SeatRequest::parse`] does, for a machine that a card may be bound
    /// to.
    pub fn parse(body: &[u8]) -> Result<Self, Failure> {
        let fields = fields(body)?;
        let machine = named(&fields, Field::MachineCode, MachineCode::parse_new);
        let machine = machine.map_err(|failure| match failure {
            Failure::Error(ApiError::MissingFields) => Failure::MissingField(Field::MachineCode),
            failure => failure,
        })?;
        let (app, version) = (app(&fields)?, maybe(&fields, Field::Version)?);
        Ok(Self { machine, client: Client { app, version, ..Client::default() } })
    }
}

/// The mark of what a client was told of its app. Any text may be one: only what was really told is found again by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppMark(String);

impl AppMark {
    /// The most characters of a mark.
    pub const MAX_CHARS: usize = 64;

    /// The mark itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AppMark {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let fits = text.chars().count() <= Self::MAX_CHARS;
        if fits { Ok(Self(text.to_owned())) } else { Err(TextError::TooLong) }
    }
}

/// The members of a JSON object that has any.
fn fields(body: &[u8]) -> Result<Map<String, Value>, ApiError> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let fields: Map<String, Value> = serde_json::from_slice(body).map_err(|_| ApiError::InvalidJson)?;
    if fields.is_empty() { Err(ApiError::InvalidJson) } else { Ok(fields) }
}

fn text(fields: &Map<String, Value>, field: Field) -> Result<&str, ApiError> {
    match fields.get(field.as_str()) {
        None | Some(Value::Null) => Err(ApiError::MissingFields),
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(ApiError::InvalidFields),
    }
}

/// What a field says that there has to be, which is named where that cannot be.
fn named<T>(
    fields: &Map<String, Value>,
    field: Field,
    parse: fn(&str) -> Result<T, TextError>,
) -> Result<T, Failure> {
    text(fields, field).and_then(|text| Ok(parse(text)?)).map_err(|error| match error {
        ApiError::InvalidFields => Failure::InvalidField(field),
        error => error.into(),
    })
}

/// The same of what may be left out, for which null and an empty one are other ways.
fn maybe_named<T>(
    fields: &Map<String, Value>,
    field: Field,
    parse: fn(&str) -> Result<T, TextError>,
) -> Result<Option<T>, Failure> {
    match named(fields, field, parse) {
        Ok(named) => Ok(Some(named)),
        Err(Failure::Error(ApiError::MissingFields)) => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// A number of points, as a whole number of JSON: `5.0` is one, which some languages write.
fn points(fields: &Map<String, Value>, field: Field) -> Result<Points, Failure> {
    match fields.get(field.as_str()) {
        None | Some(Value::Null) => Err(Failure::MissingField(field)),
        Some(value) => {
            let points = value.as_f64().and_then(|number| number.to_string().parse().ok());
            points.and_then(|points| Points::new(points).ok()).ok_or(Failure::InvalidField(field))
        }
    }
}

fn app(fields: &Map<String, Value>) -> Result<AppName, Failure> {
    Ok(maybe(fields, Field::App)?.unwrap_or_default())
}

/// What a field says that may be left out, for which null is another way.
fn maybe<T: FromStr>(fields: &Map<String, Value>, field: Field) -> Result<Option<T>, Failure> {
    match fields.get(field.as_str()) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => said(Some(text), field),
        Some(_) => Err(Failure::InvalidField(field)),
    }
}

/// What a text says that may be left out, for which an empty one is another way.
pub(super) fn said<T: FromStr>(text: Option<&str>, field: Field) -> Result<Option<T>, Failure> {
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    text.map(|text| text.parse().map_err(|_| Failure::InvalidField(field))).transpose()
}

impl From<TextError> for ApiError {
    fn from(error: TextError) -> Self {
        match error {
            TextError::Empty => Self::MissingFields,
            TextError::TooLong | TextError::Hidden => Self::InvalidFields,
        }
    }
}

/// Takes a whole body off the line, as [`read_body`] does, and notes which device signed it, and for whom its answer is to be
/// signed.
pub(super) async fn read(request: &mut Parts, body: Body) -> Result<Vec<u8>, Failure> {
    let body = read_body(body).await?;
    let asked = request.extensions.get::<Asked>().cloned();
    let is_signed = request.headers.contains_key(HEADER);
    let has_nonce = || body.windows(QUOTED_NONCE.len()).any(|part| part == QUOTED_NONCE);
    if !is_signed && (asked.is_none() || !has_nonce()) {
        return Ok(body);
    }
    // What cannot be read is refused by whoever reads it.
    let Ok(fields) = fields(&body) else { return Ok(body) };
    let question = question_of(request, &fields, &body)?;
    if is_signed {
        let signed = match &question {
            Some(question) => device::of(&request.headers, question),
            None => Err(device::invalid()),
        };
        if let Ok(device) = signed {
            request.extensions.insert(device);
        }
        // What is refused for its signature is answered with a proof for nobody.
        let device = signed.as_ref().ok().map(|device| device.thumbprint.as_str().to_owned());
        note(asked, question.map(|question| Question { device, ..question }));
        signed?;
    } else {
        note(asked, question);
    }
    Ok(body)
}

/// Notes for whom an answer is to be signed.
fn note(asked: Option<Asked>, question: Option<Question>) {
    if let Some((asked, question)) = asked.zip(question) {
        asked.put(question);
    }
}

/// Takes a whole body off the line; one of more than [`MAX_BODY`] bytes is refused without keeping it.
async fn read_body(mut body: Body) -> Result<Vec<u8>, ApiError> {
    if body.size_hint().lower() > MAX_DISCARDED as u64 {
        return Err(ApiError::BodyTooLarge);
    }
    let mut bytes = Vec::new();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        // The client went away half way: nobody is left to read the answer.
        let Ok(data) = frame.map_err(|_| ApiError::InvalidJson)?.into_data() else { continue };
        length += data.len();
        if length <= MAX_BODY {
            bytes.extend_from_slice(&data);
        } else if length > MAX_DISCARDED {
            break;
        }
    }
    if length > MAX_BODY { Err(ApiError::BodyTooLarge) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use kami_core::version::Version;

    use super::*;

    #[test]
    fn requests() {
        let long = "x".repeat(129);
        let wide = "卡".repeat(128);
        for (body, result) in [
            (r#"{"code":"VIP-1","machine_code":"PC"}"#, Ok(("VIP-1", "PC"))),
            ("{\"code\":\" VIP-1\\t\",\"machine_code\":\"\\u3000PC \"}", Ok(("VIP-1", "PC"))),
            (r#"{"machine_code":"PC","extra":{"a":[1,null]},"code":"VIP-1"}"#, Ok(("VIP-1", "PC"))),
            (r#"{"code":"OLD","code":"NEW","machine_code":"PC"}"#, Ok(("NEW", "PC"))),
            ("\u{feff}{\"code\":\"VIP-1\",\"machine_code\":\"PC\"}", Ok(("VIP-1", "PC"))),
            // A card of old may be bound to it: whether it may be bound anew, the card's rules say.
            (r#"{"code":"' OR 1=1 -- ","machine_code":"\u0000"}"#, Ok(("' OR 1=1 --", "\u{0}"))),
            ("", Err(ApiError::InvalidJson)),
            ("{}", Err(ApiError::InvalidJson)),
            ("[]", Err(ApiError::InvalidJson)),
            ("null", Err(ApiError::InvalidJson)),
            (r#""code""#, Err(ApiError::InvalidJson)),
            ("code=VIP-1&machine_code=PC", Err(ApiError::InvalidJson)),
            (r#"{"code":"VIP-1","machine_code":"PC"} x"#, Err(ApiError::InvalidJson)),
            (r#"{"code":"\ud800","machine_code":"PC"}"#, Err(ApiError::InvalidJson)),
            (r#"{"x":1}"#, Err(ApiError::MissingFields)),
            (r#"{"code":"VIP-1"}"#, Err(ApiError::MissingFields)),
            (r#"{"code":"VIP-1","machine_code":null}"#, Err(ApiError::MissingFields)),
            (r#"{"code":"  ","machine_code":"PC"}"#, Err(ApiError::MissingFields)),
            (r#"{"code":7,"machine_code":"PC"}"#, Err(ApiError::InvalidFields)),
            (r#"{"code":"VIP\u0000-1","machine_code":"PC"}"#, Err(ApiError::InvalidFields)),
            (r#"{"code":"VIP-1\u0000","machine_code":"PC"}"#, Ok(("VIP-1", "PC"))),
            (r#"{"code":"ｖｉｐ－１\u200b","machine_code":"PC"}"#, Ok(("VIP-1", "PC"))),
            (r#"{"code":"VIP-1","machine_code":["PC"]}"#, Err(ApiError::InvalidFields)),
            (&format!(r#"{{"code":"{long}","machine_code":"PC"}}"#), Err(ApiError::InvalidFields)),
            (&format!(r#"{{"code":"VIP-1","machine_code":"{wide}"}}"#), Ok(("VIP-1", wide.as_str()))),
            (&format!("{}{}", r#"{"code":"#.repeat(500), "}".repeat(500)), Err(ApiError::InvalidJson)),
        ] {
            let parsed = ValidateRequest::parse(body.as_bytes());
            let found = parsed.as_ref().map(|request| (request.code.as_str(), request.machine.as_str()));
            assert_eq!(found.map_err(Failure::clone), result.map_err(Failure::Error), "{body}");
        }
        assert_eq!(ValidateRequest::parse(b"\xff\xfe{}"), Err(ApiError::InvalidJson.into()));
    }

    /// A request with these fields after those that there have to be.
    fn with(fields: &str) -> String {
        format!(r#"{{"code":"VIP-1","machine_code":"PC"{fields}}}"#)
    }

    #[test]
    fn what_a_client_says_of_itself() {
        let (name, mark) = ("a".repeat(32), "标".repeat(64));
        let (named, marked) = (format!(r#","app":"{name}""#), format!(r#","app_mark":"{mark}""#));
        for (fields, app, version, app_mark) in [
            ("", "default", None, None),
            (r#","app":null,"version":null,"app_mark":null"#, "default", None, None),
            (r#","app":"","version":" ","app_mark":"\t""#, "default", None, None),
            (
                r#","app":"my-app-2","version":"v1.2-rc.1","app_mark":"f0""#,
                "my-app-2",
                Some("v1.2-rc.1"),
                Some("f0"),
            ),
            (
                r#","app":" demo\n","version":" 2.10 ","app_mark":" \u0000x ""#,
                "demo",
                Some("2.10"),
                Some("\0x"),
            ),
            (r#","app":"default""#, "default", None, None),
            (r#","app":"one","app":"two""#, "two", None, None),
            (&named, &name, None, None),
            (&marked, "default", None, Some(&mark)),
        ] {
            let ValidateRequest { client, app_mark: found, .. } =
                ValidateRequest::parse(with(fields).as_bytes()).unwrap();
            let said = client.version.as_ref().map(Version::as_str);
            assert_eq!((client.app.as_str(), said), (app, version), "{fields}");
            assert_eq!(found.as_ref().map(AppMark::as_str), app_mark, "{fields}");
            let status = StatusRequest::parse(with(fields).as_bytes()).unwrap();
            assert_eq!(status.app.as_str(), app, "{fields}");
        }
    }

    #[test]
    fn what_a_client_cannot_say_of_itself_is_refused_by_its_name() {
        let (name, mark) = (format!(r#""{}""#, "a".repeat(33)), format!(r#""{}""#, "x".repeat(65)));
        for (field, values) in [
            (
                Field::App,
                &["7", "true", "[]", "{}", r#""My-App""#, r#""my app""#, r#""应用""#, r#""a\u0000""#, &name]
                    [..],
            ),
            (Field::Version, &["1", "1.5", "[1]", r#""latest""#, r#""1..2""#, r#""1.2.3.4.5""#, r#""１""#]),
            (Field::AppMark, &["7", "false", r#"["x"]"#, &mark]),
        ] {
            for value in values {
                let body = with(&format!(r#","{}":{value}"#, field.as_str()));
                let failure = Failure::InvalidField(field);
                assert_eq!(ValidateRequest::parse(body.as_bytes()), Err(failure.clone()), "{body}");
                let status = StatusRequest::parse(body.as_bytes());
                assert_eq!(status.err(), (field == Field::App).then_some(failure), "{body}");
            }
        }
        let card_first = br#"{"code":7,"machine_code":"PC","app":7}"#;
        assert_eq!(ValidateRequest::parse(card_first), Err(ApiError::InvalidFields.into()));
    }

    #[test]
    fn status_requests_need_no_machine_code() {
        let long = format!(r#"{{"code":"VIP-1","machine_code":"{}"}}"#, "x".repeat(129));
        for (body, result) in [
            (r#"{"code":" VIP-1","machine_code":" PC "}"#, Ok(("VIP-1", Some("PC")))),
            (r#"{"code":"VIP-1"}"#, Ok(("VIP-1", None))),
            (r#"{"code":"VIP-1","machine_code":null}"#, Ok(("VIP-1", None))),
            (r#"{"code":"VIP-1","machine_code":" "}"#, Ok(("VIP-1", None))),
            (r#"{"code":"VIP-1","machine_code":7}"#, Err(ApiError::InvalidFields)),
            (&long, Err(ApiError::InvalidFields)),
            (r#"{"machine_code":"PC"}"#, Err(ApiError::MissingFields)),
            ("VIP-1", Err(ApiError::InvalidJson)),
        ] {
            let parsed = StatusRequest::parse(body.as_bytes());
            let machine =
                |request: &StatusRequest| request.machine.as_ref().map(|machine| machine.as_str().to_owned());
            let found = parsed.as_ref().map(|request| (request.code.as_str(), machine(request)));
            let result = result.map(|(code, machine)| (code, machine.map(str::to_owned)));
            assert_eq!(found.map_err(Failure::clone), result.map_err(Failure::Error), "{body}");
        }
    }

    #[test]
    fn who_gives_a_seat_back_says_of_which_card_and_machine() {
        let invalid = |field| Err(Failure::InvalidField(field));
        let (missing, no_json) = (Err(ApiError::MissingFields.into()), Err(ApiError::InvalidJson.into()));
        let long = "x".repeat(129);
        for (body, result) in [
            (r#"{"code":" VIP-1","machine_code":" PC "}"#, Ok(("VIP-1", "PC", "default"))),
            (r#"{"code":"VIP-1","machine_code":"PC","app":"demo"}"#, Ok(("VIP-1", "PC", "demo"))),
            (r#"{"code":"VIP-1","machine_code":"P\u0000C","version":7}"#, Ok(("VIP-1", "P\0C", "default"))),
            (r#"{"code":"VIP-1"}"#, missing.clone()),
            (r#"{"code":"VIP-1","machine_code":""}"#, missing.clone()),
            (r#"{"machine_code":"PC"}"#, missing.clone()),
            (r#"{"code":null,"machine_code":7}"#, missing),
            (r#"{"code":7,"machine_code":"PC"}"#, invalid(Field::Code)),
            (r#"{"code":"V\u0000P","machine_code":7}"#, invalid(Field::Code)),
            (r#"{"code":"VIP-1","machine_code":["PC"]}"#, invalid(Field::MachineCode)),
            (&format!(r#"{{"code":"VIP-1","machine_code":"{long}"}}"#), invalid(Field::MachineCode)),
            (r#"{"code":"VIP-1","machine_code":"PC","app":"My App"}"#, invalid(Field::App)),
            ("{}", no_json.clone()),
            ("VIP-1", no_json),
        ] {
            let parsed = SeatRequest::parse(body.as_bytes());
            let found = parsed
                .as_ref()
                .map(|request| (request.code.as_str(), request.machine.as_str(), request.app.as_str()));
            assert_eq!(found.map_err(Failure::clone), result, "{body}");
        }
    }

    #[test]
    fn who_tops_a_card_up_says_with_which_and_may_say_by_which_machine() {
        let invalid = |field| Err(Failure::InvalidField(field));
        let long = "x".repeat(129);
        for (body, result) in [
            (r#"{"code":" VIP-1","with":"vip-2\n"}"#, Ok(("VIP-1", "VIP-2", None, "default"))),
            (
                r#"{"code":"VIP-1","with":"VIP-2","machine_code":" PC ","app":"demo"}"#,
                Ok(("VIP-1", "VIP-2", Some("PC"), "demo")),
            ),
            (
                r#"{"code":"VIP-1","with":"VIP-1","machine_code":" ","app":null}"#,
                Ok(("VIP-1", "VIP-1", None, "default")),
            ),
            (
                r#"{"code":"VIP-1","with":"VIP-2","machine_code":null,"version":7}"#,
                Ok(("VIP-1", "VIP-2", None, "default")),
            ),
            (r#"{"with":"VIP-2"}"#, Err(Failure::MissingField(Field::Code))),
            (r#"{"code":"","with":7}"#, Err(Failure::MissingField(Field::Code))),
            (r#"{"code":"VIP-1"}"#, Err(Failure::MissingField(Field::With))),
            (r#"{"code":"VIP-1","with":null,"app":7}"#, Err(Failure::MissingField(Field::With))),
            (r#"{"code":"VIP-1","with":" "}"#, Err(Failure::MissingField(Field::With))),
            (r#"{"code":7,"with":7}"#, invalid(Field::Code)),
            (r#"{"code":"VIP-1","with":["VIP-2"]}"#, invalid(Field::With)),
            (r#"{"code":"VIP-1","with":"V\u0000P"}"#, invalid(Field::With)),
            (&format!(r#"{{"code":"VIP-1","with":"{long}"}}"#), invalid(Field::With)),
            (r#"{"code":"VIP-1","with":"VIP-2","machine_code":7}"#, invalid(Field::MachineCode)),
            (
                &format!(r#"{{"code":"VIP-1","with":"VIP-2","machine_code":"{long}"}}"#),
                invalid(Field::MachineCode),
            ),
            (r#"{"code":"VIP-1","with":"VIP-2","app":"My App"}"#, invalid(Field::App)),
            ("{}", Err(ApiError::InvalidJson.into())),
        ] {
            let parsed = RechargeRequest::parse(body.as_bytes());
            let found = parsed.as_ref().map(|RechargeRequest { code, with, machine, app }| {
                (code.as_str(), with.as_str(), machine.as_ref().map(MachineCode::as_str), app.as_str())
            });
            assert_eq!(found.map_err(Failure::clone), result, "{body}");
        }
    }

    #[test]
    fn who_takes_points_says_how_many_and_calls_that_by_a_name() {
        let taking = |fields: &str| {
            let parsed = ConsumeRequest::parse(with(fields).as_bytes());
            parsed.map(|ConsumeRequest { wanted, .. }| {
                (wanted.amount.get(), wanted.request.as_str().to_owned())
            })
        };
        for (fields, amount, request) in [
            (r#","amount":1,"request_id":"a""#, 1, "a"),
            (r#","amount":1000000000,"request_id":" order:7_1.2-B ""#, 1_000_000_000, "order:7_1.2-B"),
            (r#","amount":241.0,"request_id":"a""#, 241, "a"),
            (r#","amount":1e3,"request_id":"a""#, 1_000, "a"),
            (r#","amount":2,"request_id":"a","app":null,"version":"","app_mark":7"#, 2, "a"),
        ] {
            assert_eq!(taking(fields), Ok((amount, request.to_owned())), "{fields}");
        }
        for amount in [
            "0",
            "-1",
            "0.0",
            "-1.0",
            "1.5",
            "1e10",
            "1000000001",
            "4294967297",
            r#""1""#,
            "true",
            "[1]",
            "{}",
        ] {
            let fields = format!(r#","amount":{amount},"request_id":"a""#);
            assert_eq!(taking(&fields), Err(Failure::InvalidField(Field::Amount)), "{amount}");
        }
        let long = format!(r#""{}""#, "x".repeat(65));
        for name in ["7", "true", r#"["a"]"#, r#""a b""#, r#""单号""#, r#""a/b""#, &long] {
            let fields = format!(r#","amount":1,"request_id":{name}"#);
            assert_eq!(taking(&fields), Err(Failure::InvalidField(Field::RequestId)), "{name}");
        }
        for (fields, failure) in [
            (r#","request_id":"a""#, Failure::MissingField(Field::Amount)),
            (r#","amount":null,"request_id":7"#, Failure::MissingField(Field::Amount)),
            (r#","amount":1"#, Failure::MissingField(Field::RequestId)),
            (r#","amount":1,"request_id":" ""#, Failure::MissingField(Field::RequestId)),
            (r#","amount":1,"request_id":"a","app":"My App""#, Failure::InvalidField(Field::App)),
            (r#","amount":1,"request_id":"a","version":1"#, Failure::InvalidField(Field::Version)),
            (r#","machine_code":7,"amount":0"#, Failure::InvalidField(Field::MachineCode)),
            (r#","code":"","amount":0"#, ApiError::MissingFields.into()),
        ] {
            assert_eq!(taking(fields), Err(failure), "{fields}");
        }
    }

    #[test]
    fn who_wants_to_try_an_app_says_which_machine_he_is() {
        let (invalid, missing) = (Failure::InvalidField, Failure::MissingField(Field::MachineCode));
        let long = format!(r#"{{"machine_code":"{}"}}"#, "x".repeat(129));
        for (body, result) in [
            (r#"{"machine_code":" PC "}"#, Ok(("PC", "default"))),
            (r#"{"machine_code":"PC","app":"demo","version":"1.0","code":7}"#, Ok(("PC", "demo"))),
            (r#"{"app":"demo"}"#, Err(missing.clone())),
            (r#"{"machine_code":null}"#, Err(missing.clone())),
            (r#"{"machine_code":" "}"#, Err(missing)),
            (r#"{"machine_code":7}"#, Err(invalid(Field::MachineCode))),
            (r#"{"machine_code":"P\u0000C"}"#, Err(invalid(Field::MachineCode))),
            (r#"{"machine_code":"PC\u200b1"}"#, Err(invalid(Field::MachineCode))),
            (&long, Err(invalid(Field::MachineCode))),
            (r#"{"machine_code":"PC","app":"My App"}"#, Err(invalid(Field::App))),
            (r#"{"machine_code":"PC","version":1}"#, Err(invalid(Field::Version))),
            ("{}", Err(ApiError::InvalidJson.into())),
        ] {
            let parsed = TrialRequest::parse(body.as_bytes());
            let found =
                parsed.as_ref().map(|request| (request.machine.as_str(), request.client.app.as_str()));
            assert_eq!(found.map_err(Failure::clone), result, "{body}");
        }
    }

    #[tokio::test]
    async fn a_body_is_read_up_to_its_limit() {
        assert_eq!(read_body(Body::from(vec![7; MAX_BODY])).await, Ok(vec![7; MAX_BODY]));
        assert_eq!(read_body(Body::from(vec![7; MAX_BODY + 1])).await, Err(ApiError::BodyTooLarge));
    }
}
