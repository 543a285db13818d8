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

/// An empty one is allowed: it says that the address has no host.
fn is_well_formed(host: &HeaderValue) -> bool {
    let bytes = host.as_bytes();
    bytes.is_empty() || (!bytes.contains(&b'@') && Authority::try_from(bytes).is_ok())
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
