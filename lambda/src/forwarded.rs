//! Who sent a request: the other end of its line, or whoever the proxies that are believed say they forward.
//!
//! A header may be written by anybody, and each proxy adds to its end. So it is read from there: each element was
//! written by the proxy that the one before named, and where one is not believed, or cannot be read, reading ends. What
//! a stranger wrote is never reached, and cannot change how what follows it is read.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, header};

use crate::peer::Peer;
use crate::proxies::TrustedProxies;

/// `X-Forwarded-For`, which came before the standard and is what most proxies write.
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// How many elements of a header are read at the most: no chain of proxies is that long.
const MAX_HOPS: usize = 32;

/// Whom everybody is taken for who comes from nowhere that is known.
const UNKNOWN: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// The address of the client who sent a request.
///
/// A proxy writes either `X-Forwarded-For` or `Forwarded` (RFC 7239) and may pass the other on as it came from a
/// stranger. So where there are both and they do not agree, neither is believed, and the client is the proxy itself.
pub(crate) fn client_address(request: &Parts, proxies: &TrustedProxies) -> IpAddr {
    let Some(&Peer { address: peer, .. }) = request.extensions.get() else { return UNKNOWN };
    if !proxies.contains(peer) {
        return peer;
    }
    let lines = |name| request.headers.get_all(name).iter().rev();
    let by_x = walk(lines(X_FORWARDED_FOR), address, peer, proxies);
    let by_standard = walk(lines(header::FORWARDED), forwarded_for, peer, proxies);
    match (by_x, by_standard) {
        (Some(client), Some(other)) if client != other => peer,
        _ => by_x.or(by_standard).unwrap_or(peer),
    }
}

/// The first address that is not a proxy's, going from `peer` to the one that it forwards, and so on through the lines
/// of a header, the last line first; none where there is no such header.
fn walk<'a>(
    lines: impl Iterator<Item = &'a HeaderValue>,
    address_in: fn(&[u8]) -> Option<IpAddr>,
    peer: IpAddr,
    proxies: &TrustedProxies,
) -> Option<IpAddr> {
    let mut lines = lines.peekable();
    lines.peek()?;
    let elements = lines.flat_map(|line| split_from_end(line.as_bytes(), b','));
    let mut last = peer;
    for element in elements.filter(|element| !element.is_empty()).take(MAX_HOPS) {
        let Some(hop) = address_in(element) else { break };
        last = hop;
        if !proxies.contains(hop) {
            break;
        }
    }
    Some(last)
}

/// The parts of a text between separators that are not quoted, from its end and trimmed.
///
/// Quotes are paired from the end as well: one that a stranger left open does not swallow what a proxy added.
fn split_from_end(text: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let mut is_quoted = false;
    text.rsplit(move |byte| {
        is_quoted ^= *byte == b'"';
        *byte == separator && !is_quoted
    })
    .map(<[u8]>::trim_ascii)
}

/// The address in the `for` of an element of `Forwarded`; none in one that is hidden behind a name, or malformed.
fn forwarded_for(element: &[u8]) -> Option<IpAddr> {
    let mut values = split_from_end(element, b';').filter_map(|pair| {
        let (name, value) = pair.split_at_checked(4)?;
        name.eq_ignore_ascii_case(b"for=").then_some(value)
    });
    let value = values.next()?;
    // Of two it could not be said which is meant.
    if values.next().is_some() {
        return None;
    }
    address(value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\"")).unwrap_or(value))
}

/// An address as proxies write it: alone, in brackets, or with a port.
fn address(text: &[u8]) -> Option<IpAddr> {
    let text = str::from_utf8(text).ok()?;
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok().or_else(|| text.parse().ok().map(|address: SocketAddr| address.ip()))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use axum::http::Request;
    use proptest::prelude::*;

    use super::*;

    const PROXIES: &str = "127.0.0.1, 10.0.0.0/8, fd00::/8";

    /// The client of a request that came from `peer` with these headers.
    fn client(peer: &str, headers: &[(&'static str, &[u8])]) -> String {
        let mut request = Request::new(());
        request.extensions_mut().insert(Peer::at(peer.parse().unwrap()));
        for (name, value) in headers {
            request.headers_mut().append(*name, HeaderValue::from_bytes(value).unwrap());
        }
        client_address(&request.into_parts().0, &PROXIES.parse().unwrap()).to_string()
    }

    #[test]
    fn a_stranger_is_not_believed() {
        for name in ["x-forwarded-for", "forwarded"] {
            assert_eq!(client("192.0.2.9", &[(name, b"for=203.0.113.7"), (name, b"10.0.0.1")]), "192.0.2.9");
        }
    }

    #[test]
    fn proxies_are_believed_as_far_as_they_are_known() {
        for (header, client_behind) in [
            ("", "127.0.0.1"),
            ("203.0.113.7", "203.0.113.7"),
            ("203.0.113.7:4711", "203.0.113.7"),
            ("2001:db8::7", "2001:db8::7"),
            ("[2001:db8::7]", "2001:db8::7"),
            ("[2001:db8::7]:4711", "2001:db8::7"),
            ("198.51.100.1, 203.0.113.7", "203.0.113.7"),
            ("198.51.100.1, 203.0.113.7, 10.0.0.1, fd00::2", "203.0.113.7"),
            ("198.51.100.1, 203.0.113.7,, ,10.0.0.1 ,", "203.0.113.7"),
            ("10.0.0.2, 10.0.0.1", "10.0.0.2"),
            ("198.51.100.1, nonsense, 10.0.0.1", "10.0.0.1"),
            ("198.51.100.1, unknown", "127.0.0.1"),
            ("203.0.113.7 198.51.100.1", "127.0.0.1"),
            ("fe80::1%eth0", "127.0.0.1"),
        ] {
            assert_eq!(
                client("127.0.0.1", &[("x-forwarded-for", header.as_bytes())]),
                client_behind,
                "{header}"
            );
        }
    }

    #[test]
    fn the_standard_header_is_read_with_its_quotes_and_hidden_names() {
        for (header, client_behind) in [
            ("for=203.0.113.7", "203.0.113.7"),
            ("For=\"[2001:db8::7]:4711\";proto=https", "2001:db8::7"),
            ("proto=https; by=10.0.0.1; for=203.0.113.7", "203.0.113.7"),
            ("for=198.51.100.1, for=203.0.113.7;host=\"a,b;for=1\", for=10.0.0.1", "203.0.113.7"),
            ("for=198.51.100.1, for=_hidden, for=10.0.0.1", "10.0.0.1"),
            ("for=unknown", "127.0.0.1"),
            ("by=203.0.113.7", "127.0.0.1"),
            ("for=203.0.113.7;for=198.51.100.1", "127.0.0.1"),
            ("for=\"203.0.113.7", "127.0.0.1"),
            ("for=\", for=203.0.113.7", "203.0.113.7"),
        ] {
            assert_eq!(client("127.0.0.1", &[("forwarded", header.as_bytes())]), client_behind, "{header}");
        }
    }

    #[test]
    fn several_lines_are_one_list_and_two_headers_have_to_agree() {
        let (x, standard) = ("x-forwarded-for", "forwarded");
        for (headers, client_behind) in [
            (&[(x, &b"203.0.113.7"[..]), (x, b"10.0.0.1")][..], "203.0.113.7"),
            (&[(x, b"198.51.100.1"), (x, b"203.0.113.7")], "203.0.113.7"),
            (&[(x, b"203.0.113.7"), (standard, b"for=203.0.113.7")], "203.0.113.7"),
            (&[(x, b"203.0.113.7"), (standard, b"for=198.51.100.1")], "127.0.0.1"),
            (&[(x, b"\xff, 203.0.113.7")], "203.0.113.7"),
            (&[(x, b"203.0.113.7, \xff")], "127.0.0.1"),
        ] {
            assert_eq!(client("127.0.0.1", headers), client_behind, "{headers:?}");
        }
    }

    #[test]
    fn no_chain_is_followed_for_ever() {
        let chain = format!("203.0.113.7{}", ", 10.0.0.1".repeat(MAX_HOPS));
        assert_eq!(client("127.0.0.1", &[("x-forwarded-for", chain.as_bytes())]), "10.0.0.1");
    }

    #[test]
    fn who_comes_from_nowhere_is_one_client() {
        let (unknown, ()) = Request::new(()).into_parts();
        assert_eq!(client_address(&unknown, &TrustedProxies::default()), UNKNOWN);
    }

    proptest! {
        #[test]
        fn what_a_stranger_wrote_changes_nothing(theirs in "[ -~]{0,80}", is_standard: bool, in_one_line: bool) {
            let (name, ours) =
                if is_standard { ("forwarded", "for=203.0.113.7") } else { ("x-forwarded-for", "203.0.113.7") };
            let joined = format!("{theirs}, {ours}");
            let headers = if in_one_line {
                vec![(name, joined.as_bytes())]
            } else {
                vec![(name, theirs.as_bytes()), (name, ours.as_bytes())]
            };
            prop_assert_eq!(client("127.0.0.1", &headers), "203.0.113.7");
        }

        #[test]
        fn addresses_are_read_in_every_form(v4: u32, v6: u128, is_v4: bool, port: u16) {
            let ip: IpAddr =
                if is_v4 { Ipv4Addr::from_bits(v4).into() } else { Ipv6Addr::from_bits(v6).into() };
            for form in [ip.to_string(), SocketAddr::new(ip, port).to_string()] {
                prop_assert_eq!(address(form.as_bytes()), Some(ip));
                prop_assert_eq!(forwarded_for(format!("by=_x;for=\"{form}\"").as_bytes()), Some(ip));
            }
        }

        #[test]
        fn no_header_breaks_it(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            address(&bytes);
            forwarded_for(&bytes);
            prop_assert!(split_from_end(&bytes, b',').count() <= bytes.len() + 1);
        }
    }
}
