//! The `Host` of a request, which HTTP/1.1 requires exactly once (RFC 9112, section 3.2).

use axum::response::Response;
use hyper::header::{CONNECTION, CONTENT_TYPE, HOST};
use hyper::http::HeaderValue;
use hyper::http::uri::Authority;
use hyper::{HeaderMap, Request, StatusCode, Version};

/// The answer to what is not well-formed HTTP. As with a head that cannot be read, it has no id and is not counted.
const BAD_HOST: &str = r#"{"status":"error","reason":"invalid_host","message":"Host 请求头缺失或无效 (one valid Host header is required)"}"#;

/// Whether a request says for whom it is, as its version has to.
pub(super) fn is_valid<B>(request: &Request<B>) -> bool {
    is_valid_in(request.headers(), request.version())
}

fn is_valid_in(headers: &HeaderMap, version: Version) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) => version < Version::HTTP_11,
        (Some(host), None) => is_host(host),
        (Some(_), Some(_)) => false,
    }
}

/// Whether this is a host with perhaps a port; it may be empty where an address has no authority.
fn is_host(host: &HeaderValue) -> bool {
    let bytes = host.as_bytes();
    bytes.is_empty() || (!bytes.contains(&b'@') && Authority::try_from(bytes).is_ok())
}

/// The answer to a request without a valid host, after which the connection is closed.
pub(super) fn refusal() -> Response {
    let mut answer = Response::new(BAD_HOST.into());
    *answer.status_mut() = StatusCode::BAD_REQUEST;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_host_is_required_but_of_old_clients() {
        for (hosts, version, valid) in [
            (&["kami.example:5000"][..], Version::HTTP_11, true),
            (&["[::1]:5000"], Version::HTTP_11, true),
            (&[""], Version::HTTP_11, true),
            (&[], Version::HTTP_11, false),
            (&[], Version::HTTP_10, true),
            (&["a", "a"], Version::HTTP_11, false),
            (&["a", "b"], Version::HTTP_10, false),
            (&["a/b"], Version::HTTP_11, false),
            (&["a b"], Version::HTTP_11, false),
            (&["me@a"], Version::HTTP_11, false),
            (&["a, b"], Version::HTTP_11, false),
        ] {
            let mut headers = HeaderMap::new();
            for host in hosts {
                headers.append(HOST, HeaderValue::from_static(host));
            }
            assert_eq!(is_valid_in(&headers, version), valid, "{hosts:?} {version:?}");
        }
    }
}
