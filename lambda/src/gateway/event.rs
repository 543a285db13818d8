//! What the services of AWS that call functions send: the same request, in a form of each its own.

use std::borrow::Cow;
use std::net::IpAddr;

use axum::body::Body;
use axum::extract::Request;
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::peer::Peer;

/// What a query may not hold as it is. A percent sign stays: it begins what is encoded already.
const NOT_IN_QUERY: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// What a path may not hold as it is.
const NOT_IN_PATH: &AsciiSet = &NOT_IN_QUERY.add(b'?');

/// The service that sent an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sender {
    /// A function URL or an HTTP API, payload format 2.0; whatever is not known is taken for it.
    HttpApi,
    /// A REST API, or an HTTP API with payload format 1.0.
    RestApi,
    /// An Application Load Balancer.
    LoadBalancer,
}

impl Sender {
    /// Tells the sender by what only its events have.
    pub(super) fn of(event: &Value) -> Self {
        let context = &event["requestContext"];
        if context["elb"].is_object() {
            Self::LoadBalancer
        } else if !context["http"].is_object() && event["httpMethod"].is_string() {
            Self::RestApi
        } else {
            Self::HttpApi
        }
    }
}

/// The request that an event tells of, with what HTTP does not allow in an address encoded and headers that it does not
/// allow left out; nothing where the method, the path or the body cannot be told.
pub(super) fn request(event: &Value) -> Option<Request> {
    let sender = Sender::of(event);
    let mut request = Request::new(body(event)?);
    *request.method_mut() = method(event, sender)?;
    *request.uri_mut() = uri(event, sender)?;
    *request.headers_mut() = headers(event);
    if let Some(peer) = peer(event, sender, request.headers()) {
        request.extensions_mut().insert(Peer::at(peer));
    }
    Some(request)
}

fn method(event: &Value, sender: Sender) -> Option<Method> {
    let method = match sender {
        Sender::HttpApi => &event["requestContext"]["http"]["method"],
        Sender::RestApi | Sender::LoadBalancer => &event["httpMethod"],
    };
    Method::from_bytes(method.as_str()?.as_bytes()).ok()
}

fn uri(event: &Value, sender: Sender) -> Option<Uri> {
    let path = match sender {
        Sender::HttpApi => without_stage(event["rawPath"].as_str()?, &event["requestContext"]["stage"]),
        Sender::RestApi | Sender::LoadBalancer => event["path"].as_str()?,
    };
    let root = if path.starts_with('/') { "" } else { "/" };
    let path = utf8_percent_encode(path, NOT_IN_PATH);
    let query = query(event, sender);
    let mark = if query.is_empty() { "" } else { "?" };
    PathAndQuery::try_from(format!("{root}{path}{mark}{query}")).ok().map(Uri::from)
}

/// The path behind the name of the API's stage, which the default stage does not have.
fn without_stage<'a>(path: &'a str, stage: &Value) -> &'a str {
    let rest = stage.as_str().and_then(|stage| path.strip_prefix('/')?.strip_prefix(stage));
    rest.filter(|rest| rest.starts_with('/')).unwrap_or(path)
}

fn query(event: &Value, sender: Sender) -> String {
    if sender == Sender::HttpApi {
        let query = event["rawQueryString"].as_str().unwrap_or_default();
        return utf8_percent_encode(query, NOT_IN_QUERY).to_string();
    }
    let parameters = pairs(&event["multiValueQueryStringParameters"], &event["queryStringParameters"]);
    // A load balancer passes them on as they came, a REST API decoded.
    let illegal = if sender == Sender::LoadBalancer { NOT_IN_QUERY } else { NON_ALPHANUMERIC };
    let encode = |text| Cow::from(utf8_percent_encode(text, illegal));
    let parameters = parameters.map(|(name, value)| format!("{}={}", encode(name), encode(value)));
    parameters.collect::<Vec<_>>().join("&")
}

fn headers(event: &Value) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs(&event["multiValueHeaders"], &event["headers"]) {
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value.as_bytes())) {
            // A map that is full has thousands: the rest is nothing that we read.
            let _: Result<bool, _> = headers.try_append(name, value);
        }
    }
    headers
}

/// The texts of an object of lists, or where there is none, of an object of texts.
fn pairs<'a>(lists: &'a Value, texts: &'a Value) -> impl Iterator<Item = (&'a str, &'a str)> {
    let object = lists.as_object().filter(|lists| !lists.is_empty()).or_else(|| texts.as_object());
    object.into_iter().flatten().flat_map(|(name, value)| {
        let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        values.iter().filter_map(move |value| Some((name.as_str(), value.as_str()?)))
    })
}

fn body(event: &Value) -> Option<Body> {
    let body = match &event["body"] {
        Value::Null => "",
        body => body.as_str()?,
    };
    if event["isBase64Encoded"] == true {
        STANDARD.decode(body).ok().map(Body::from)
    } else {
        Some(Body::from(body.to_owned()))
    }
}

/// The other end of the line, as AWS saw it. A load balancer says it as the last address of a header.
fn peer(event: &Value, sender: Sender, headers: &HeaderMap) -> Option<IpAddr> {
    let context = &event["requestContext"];
    let address = match sender {
        Sender::HttpApi => context["http"]["sourceIp"].as_str()?,
        Sender::RestApi => context["identity"]["sourceIp"].as_str()?,
        Sender::LoadBalancer => {
            let mut lines = headers.get_all("x-forwarded-for").iter();
            lines.next_back()?.to_str().ok()?.rsplit(',').next()?.trim()
        }
    };
    address.parse().ok()
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;
    use serde_json::json;

    use super::*;

    fn of_http_api() -> Value {
        json!({
            "version": "2.0", "rawPath": "/live/api/status/季卡-A B", "rawQueryString": "machine_code=PC 1&x=%20#",
            "headers": {"accept-language": "en", "a b": "c", "x": "a\nb"},
            "requestContext": {"stage": "live", "http": {"method": "GET", "sourceIp": "203.0.113.7"}},
        })
    }

    fn of_rest_api() -> Value {
        json!({
            "version": "1.0", "httpMethod": "GET", "path": "/api/status/季卡-A B",
            "multiValueHeaders": {"Accept-Language": ["en", null], "x": ["a\nb"]}, "headers": {"Accept-Language": "zh"},
            "multiValueQueryStringParameters": null, "queryStringParameters": {"machine_code": "PC&1%"},
            "requestContext": {"stage": "live", "identity": {"sourceIp": "203.0.113.7"}}, "body": null,
        })
    }

    fn of_load_balancer() -> Value {
        json!({
            "httpMethod": "GET", "path": "/api/status/%E5%AD%A3%E5%8D%A1-A B",
            "headers": {"accept-language": "en", "x-forwarded-for": "198.51.100.1, 203.0.113.7"},
            "queryStringParameters": {"machine_code": "PC%201"}, "requestContext": {"elb": {}}, "body": "",
        })
    }

    #[test]
    fn the_events_of_every_sender_are_the_same_request() {
        let path = "/api/status/%E5%AD%A3%E5%8D%A1-A%20B";
        for (event, sender, query) in [
            (of_http_api(), Sender::HttpApi, "machine_code=PC%201&x=%20%23"),
            (of_rest_api(), Sender::RestApi, "machine%5Fcode=PC%261%25"),
            (of_load_balancer(), Sender::LoadBalancer, "machine_code=PC%201"),
        ] {
            assert_eq!(Sender::of(&event), sender);
            let request = request(&event).unwrap();
            assert_eq!((request.method(), request.uri().path()), (&Method::GET, path), "{sender:?}");
            assert_eq!(request.uri().query(), Some(query), "{sender:?}");
            assert_eq!(request.headers()["accept-language"], "en", "{sender:?}");
            assert!(!request.headers().contains_key("x"), "{sender:?}");
            let peer = request.extensions().get::<Peer>().unwrap();
            assert_eq!(peer.address.to_string(), "203.0.113.7", "{sender:?}");
        }
    }

    #[tokio::test]
    async fn a_body_is_text_or_base64() {
        for (body, is_encoded, read) in [
            (json!("{}"), json!(false), Some("{}")),
            (json!("e30="), json!(true), Some("{}")),
            (json!(null), json!(null), Some("")),
            (json!("e30"), json!(true), None),
            (json!("{}"), json!(true), None),
            (json!({}), json!(false), None),
        ] {
            let mut event = of_http_api();
            event["body"] = body.clone();
            event["isBase64Encoded"] = is_encoded;
            let bytes = match request(&event) {
                Some(request) => Some(request.into_body().collect().await.unwrap().to_bytes()),
                None => None,
            };
            assert_eq!(bytes.as_deref(), read.map(str::as_bytes), "{body}");
        }
    }

    #[test]
    fn what_tells_no_method_or_path_is_no_request() {
        for event in [of_http_api(), of_rest_api(), of_load_balancer()] {
            for path in ["rawPath", "path", "httpMethod", "requestContext"] {
                let mut event = event.clone();
                if let Some(field) = event.get_mut(path) {
                    *field = Value::Null;
                    // A sender that is not known by its context any more is one that needs none.
                    assert_eq!(
                        request(&event).is_some(),
                        path == "requestContext" && event["rawPath"].is_null()
                    );
                }
            }
        }
        for event in [json!(null), json!({}), json!([]), json!("GET /"), json!(7)] {
            assert!(request(&event).is_none(), "{event}");
        }
    }
}
