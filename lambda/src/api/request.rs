//! Reading the body of a client's request: the one thing an attacker can shape freely.

use axum::body::{Body, HttpBody as _};
use http_body_util::BodyExt as _;
use kami_core::card::{CardCode, MachineCode, TextError};
use serde_json::{Map, Value};

use crate::error::ApiError;

/// The largest body that is read, in bytes: many times what two fields of 128 characters need.
pub const MAX_BODY: usize = 16 * 1024;

/// How much of a body that is too large is still taken off the line, in bytes, so that its sender gets to read why
/// it was refused rather than a reset connection.
const MAX_DISCARDED: usize = 1024 * 1024;

/// A member of a body; any other is ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The code of the card.
    Code,
    /// What tells the machine that asks from others.
    MachineCode,
}

impl Field {
    /// Every member that is read.
    pub const ALL: [Self; 2] = [Self::Code, Self::MachineCode];

    /// Its name in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::MachineCode => "machine_code",
        }
    }
}

/// A well-formed request to validate a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidateRequest {
    /// The card.
    pub code: CardCode,
    /// The machine that asks.
    pub machine: MachineCode,
}

impl ValidateRequest {
    /// Reads the JSON body `{"code": "…", "machine_code": "…"}`; other fields are ignored, the last of two that
    /// share a name counts, and a byte order mark, which some platforms put before their UTF-8, is skipped.
    pub fn parse(body: &[u8]) -> Result<Self, ApiError> {
        let fields = fields(body)?;
        let code = text(&fields, Field::Code)?;
        let machine = text(&fields, Field::MachineCode)?;
        Ok(Self { code: CardCode::parse(code)?, machine: MachineCode::parse(machine)? })
    }
}

/// A well-formed request to tell how a card stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusRequest {
    /// The card.
    pub code: CardCode,
    /// The machine that asks, if it says which it is.
    pub machine: Option<MachineCode>,
}

impl StatusRequest {
    /// Reads the JSON body `{"code": "…", "machine_code": "…"}` as [`ValidateRequest::parse`] does, but the machine code
    /// may be missing, null or empty.
    pub fn parse(body: &[u8]) -> Result<Self, ApiError> {
        let fields = fields(body)?;
        let code = CardCode::parse(text(&fields, Field::Code)?)?;
        let machine = text(&fields, Field::MachineCode).and_then(|text| Ok(MachineCode::parse(text)?));
        match machine {
            Ok(machine) => Ok(Self { code, machine: Some(machine) }),
            Err(ApiError::MissingFields) => Ok(Self { code, machine: None }),
            Err(error) => Err(error),
        }
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

impl From<TextError> for ApiError {
    fn from(error: TextError) -> Self {
        match error {
            TextError::Empty => Self::MissingFields,
            TextError::TooLong | TextError::Hidden => Self::InvalidFields,
        }
    }
}

/// Takes a whole body off the line; one of more than [`MAX_BODY`] bytes is refused without keeping it.
pub(super) async fn read_body(mut body: Body) -> Result<Vec<u8>, ApiError> {
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
            assert_eq!(found.map_err(|error| *error), result, "{body}");
        }
        assert_eq!(ValidateRequest::parse(b"\xff\xfe{}"), Err(ApiError::InvalidJson));
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
            assert_eq!(found.map_err(|error| *error), result, "{body}");
        }
    }

    #[tokio::test]
    async fn a_body_is_read_up_to_its_limit() {
        assert_eq!(read_body(Body::from(vec![7; MAX_BODY])).await, Ok(vec![7; MAX_BODY]));
        assert_eq!(read_body(Body::from(vec![7; MAX_BODY + 1])).await, Err(ApiError::BodyTooLarge));
    }
}
