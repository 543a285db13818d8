//! The header `Host`, by which two servers in a row may be made to disagree about whom a request is for.

use axum::http::uri::Authority;
use axum::http::{HeaderValue, Request, Version, header};

/// Whether a request names its host as RFC 9112, section 3.2 wants it: once and well formed, or, before HTTP/1.1, not at
/// all.
pub(super) fn is_good<B>(request: &Request<B>) -> bool {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) => request.version() < Version::HTTP_11,
        (Some(host), None) => is_well_formed(host),
        (Some(_), Some(_)) => false,
    }
}

/// An empty one is allowed: it says that the address has no host. Names and IPv4 addresses, which nearly all have, are
/// told without taking memory.
fn is_well_formed(host: &HeaderValue) -> bool {
    let bytes = host.as_bytes();
    is_plain(bytes) || (!bytes.contains(&b'@') && Authority::try_from(bytes).is_ok())
}

/// Whether it is a name of letters, digits, hyphens and dots, with a port or without.
fn is_plain(host: &[u8]) -> bool {
    let in_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    match host.iter().position(|byte| !in_name(byte)) {
        None => true,
        Some(end) => end > 0 && host[end] == b':' && host[end + 1..].iter().all(u8::is_ascii_digit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_has_one_host() {
        for (version, hosts, good) in [
            (Version::HTTP_11, &["cards.example.com"][..], true),
            (Version::HTTP_11, &["127.0.0.1:5000"], true),
            (Version::HTTP_11, &["[::1]:5000"], true),
            (Version::HTTP_11, &[""], true),
            (Version::HTTP_11, &[], false),
            (Version::HTTP_11, &["a", "a"], false),
            (Version::HTTP_11, &["a", "b"], false),
            (Version::HTTP_11, &["a/b"], false),
            (Version::HTTP_11, &["a b"], false),
            (Version::HTTP_11, &["user@a"], false),
            (Version::HTTP_10, &[], true),
            (Version::HTTP_10, &["a"], true),
            (Version::HTTP_10, &["a", "b"], false),
        ] {
            let mut request = Request::builder().version(version);
            for host in hosts {
                request = request.header(header::HOST, *host);
            }
            assert_eq!(is_good(&request.body(()).unwrap()), good, "{version:?} {hosts:?}");
        }
    }
}
