//! Which web pages of other origins may call the API (the Fetch standard, section 3.3), by the rules that `template.yaml`
//! sets on AWS, where the function's address answers preflights itself.

use std::str::FromStr;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use url::Url;

/// What a browser is told that asks before it sends; the last is how long it may remember that, in seconds.
const PREFLIGHT: [(HeaderName, &str); 3] = [
    (header::ACCESS_CONTROL_ALLOW_METHODS, "GET,POST"),
    (header::ACCESS_CONTROL_ALLOW_HEADERS, "accept-language,content-type,kami-device"),
    (header::ACCESS_CONTROL_MAX_AGE, "3600"),
];

/// The headers of answers that a page may read, besides those that every page may.
const EXPOSED: HeaderValue = HeaderValue::from_static("retry-after,x-request-id");

/// The origins whose pages may call the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origins {
    /// Every one.
    Any,
    /// These, as browsers send them.
    Listed(Vec<HeaderValue>),
}

impl Origins {
    /// What the header that lets a page in says to a request's headers; nothing if it is not let in.
    fn allowed(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let origin = headers.get(header::ORIGIN)?;
        match self {
            Self::Any => Some(HeaderValue::from_static("*")),
            Self::Listed(origins) => origins.contains(origin).then(|| origin.clone()),
        }
    }
}

impl FromStr for Origins {
    type Err = &'static str;

    /// Reads `*`, or origins with commas between.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "*" {
            return Ok(Self::Any);
        }
        let origins = text.split(',').map(|word| origin(word.trim()));
        origins
            .collect::<Option<_>>()
            .map(Self::Listed)
            .ok_or("use origins with commas between and no slash at their end, such as https://example.com, or * for all")
    }
}

/// An origin as a browser sends it: in small letters, and without the port that its scheme has anyway.
fn origin(word: &str) -> Option<HeaderValue> {
    let (scheme, authority) = word.split_once("://")?;
    let is_web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    let is_bare =
        !authority.contains(['/', '\\', '?', '#', '@', '*']) && !authority.contains(char::is_whitespace);
    let url = Url::parse(word).ok().filter(|_| is_web && is_bare)?;
    HeaderValue::from_str(&url.origin().ascii_serialization()).ok()
}

/// Answers the preflight of each route, and says on every answer, errors too, which page may read it.
pub(super) async fn share(State(origins): State<Origins>, request: Request, next: Next) -> Response {
    let allowed = origins.allowed(request.headers());
    let mut answer = if is_preflight(&request) {
        match allowed {
            Some(_) => (StatusCode::NO_CONTENT, PREFLIGHT).into_response(),
            None => StatusCode::NO_CONTENT.into_response(),
        }
    } else {
        next.run(request).await
    };
    let headers = answer.headers_mut();
    if let Origins::Listed(_) = origins {
        // Even to a page that is not let in, or none: a cache must not give its answer to another.
        headers.append(header::VARY, HeaderValue::from_static("origin"));
    }
    if let Some(origin) = allowed {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
    answer
}

fn is_preflight(request: &Request) -> bool {
    request.method() == Method::OPTIONS
        && request.extensions().get::<MatchedPath>().is_some()
        && request.headers().contains_key(header::ORIGIN)
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_read_as_browsers_send_them() {
        assert_eq!("*".parse(), Ok(Origins::Any));
        let sent = ["https://example.com", "http://localhost:8080", "https://xn--fiq228c.example"];
        let listed = Origins::Listed(sent.map(HeaderValue::from_static).to_vec());
        assert_eq!("HTTPS://Example.com:443, http://localhost:8080,https://中文.example".parse(), Ok(listed));
        for wrong in [
            "example.com",
            "https://example.com/",
            "https://example.com/app",
            "https://",
            "https://a,",
            "https://a *",
            "https://*.example.com",
            "*, https://a",
            "ftp://a",
            "null",
            "https://user@a",
            "https://a:99999",
        ] {
            assert!(wrong.parse::<Origins>().is_err(), "{wrong}");
        }
    }
}
