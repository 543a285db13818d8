//! Where the database is and how to reach it, from one `mysql://` address.

use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use mysql_async::{Opts, OptsBuilder, SslOpts};
use thiserror::Error;
use tracing::info;
use url::{Host, Url};

use crate::UnreadableFile;
use crate::protection::{Protection, ServerKey, SslMode};
use crate::small_file;

/// A checked `mysql://user:password@host:3306/database` address; it is displayed with its password masked.
///
/// Parameters: `ssl-mode` (DISABLED, REQUIRED or `VERIFY_IDENTITY`; by default DISABLED to this very machine and
/// `VERIFY_IDENTITY` to any other), `ssl-ca` (a PEM file of the authorities to trust instead of the system's),
/// `ssl-name` (the name that the server's certificate must have, if it is not the host's), `socket` (a Unix socket
/// instead of host and port), `pool` (the most connections at once, 16 by default) and, without TLS, one of
/// `server-public-key-path` (a PEM file of the server's public key) and `get-server-public-key` (whether to ask for it),
/// which are those of MySQL's own client.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl {
    url: Url,
    ssl_mode: SslMode,
    ssl_ca: Option<PathBuf>,
    ssl_name: Option<String>,
    socket: Option<String>,
    server_key: Option<ServerKey>,
    pool: usize,
}

/// What is wrong with a database address; no variant holds any part of the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DatabaseUrlError {
    /// It is no `mysql://` address at all.
    #[error(
        "not an address of the form mysql://user:password@host:3306/kamisystem (escape special characters of the password: @ is %40)"
    )]
    Form,
    /// The path names no database.
    #[error("no database is named: end the address in /kamisystem")]
    NoDatabase,
    /// `ssl-mode` has an unknown value.
    #[error(
        "ssl-mode is DISABLED, REQUIRED or VERIFY_IDENTITY (VERIFY_CA is not supported: give the name in the certificate as ssl-name)"
    )]
    SslMode,
    /// `pool` is not a number of connections.
    #[error("pool is the most connections at once, 1 to 1000")]
    Pool,
    /// A public key is of no use where there is TLS or a socket.
    #[error(
        "server-public-key-path=FILE, or get-server-public-key=true, is for a server that is reached without TLS and without a socket"
    )]
    ServerKey,
    /// A parameter that does not exist.
    #[error(
        "a parameter is unknown: ssl-mode, ssl-ca, ssl-name, socket, pool, server-public-key-path and get-server-public-key are known"
    )]
    Parameter,
}

/// How long a connection may be silent before its other end is asked for a sign of life.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// The most connections at once unless an address says otherwise: enough to keep two cores of a database busy, and few enough for many instances to share one server.
pub const DEFAULT_POOL: usize = 16;

impl FromStr for DatabaseUrl {
    type Err = DatabaseUrlError;

    fn from_str(text: &str) -> Result<Self, DatabaseUrlError> {
        let text = text.trim();
        // Breaks between lines would be left out, and the next line, a password perhaps, go into a database's name.
        if text.contains(|character: char| character.is_whitespace() || character.is_control()) {
            return Err(DatabaseUrlError::Form);
        }
        let url = Url::parse(text).map_err(|_| DatabaseUrlError::Form)?;
        if url.scheme() != "mysql" || url.host().is_none() || url.fragment().is_some() {
            return Err(DatabaseUrlError::Form);
        }
        if url.path().trim_start_matches('/').is_empty() {
            return Err(DatabaseUrlError::NoDatabase);
        }
        let mut ssl_mode = None;
        let mut ssl_ca = None;
        let mut ssl_name = None;
        let mut socket = None;
        let mut server_key = None;
        let mut pool = DEFAULT_POOL;
        for (name, value) in url.query_pairs() {
            match name.as_ref() {
                "ssl-mode" => ssl_mode = Some(SslMode::named(&value).ok_or(DatabaseUrlError::SslMode)?),
                "ssl-ca" => ssl_ca = Some(PathBuf::from(value.as_ref())),
                "ssl-name" => ssl_name = Some(value.into_owned()),
                "socket" => socket = Some(value.into_owned()),
                "server-public-key-path" => server_key = Some(ServerKey::File(PathBuf::from(value.as_ref()))),
                "get-server-public-key" => match value.as_ref() {
                    // A key that is named comes before one that is asked for, as it does for MySQL's client.
                    "true" => server_key = server_key.or(Some(ServerKey::Retrieved)),
                    "false" => {}
                    _ => return Err(DatabaseUrlError::ServerKey),
                },
                "pool" => {
                    pool = value
                        .parse()
                        .ok()
                        .filter(|count| (1..=1000).contains(count))
                        .ok_or(DatabaseUrlError::Pool)?;
                }
                _ => return Err(DatabaseUrlError::Parameter),
            }
        }
        let local = socket.is_some() || is_this_machine(&url);
        let ssl_mode = ssl_mode.unwrap_or(if local { SslMode::Disabled } else { SslMode::VerifyIdentity });
        if server_key.is_some() && (socket.is_some() || ssl_mode != SslMode::Disabled) {
            return Err(DatabaseUrlError::ServerKey);
        }
        Ok(Self { url, ssl_mode, ssl_ca, ssl_name, socket, server_key, pool })
    }
}

fn is_this_machine(url: &Url) -> bool {
    // Only http and its like get their addresses parsed by `url`, so an IPv4 address arrives as a domain here.
    match url.host() {
        Some(Host::Domain(name)) => {
            name == "localhost"
                || name.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback())
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn decoded(text: &str) -> Cow<'_, str> {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy()
}

impl DatabaseUrl {
    /// The name of the database.
    pub fn database(&self) -> Cow<'_, str> {
        decoded(self.url.path().trim_start_matches('/'))
    }

    /// The most connections at once.
    pub fn pool(&self) -> usize {
        self.pool
    }

    /// What keeps the password from a stranger who answers in the server's place.
    pub fn protection(&self) -> Protection {
        match (&self.socket, self.ssl_mode, &self.server_key) {
            (Some(socket), ..) => Protection::Socket(socket.into()),
            (_, SslMode::VerifyIdentity, _) => Protection::VerifiedTls(self.ssl_ca.clone()),
            (_, SslMode::Required, _) => Protection::UnverifiedTls,
            (_, SslMode::Disabled, Some(ServerKey::File(file))) => Protection::PinnedKey(file.clone()),
            (_, SslMode::Disabled, Some(ServerKey::Retrieved)) => Protection::RetrievedKey,
            (_, SslMode::Disabled, None) => Protection::Plain,
        }
    }

    /// The driver's options: nothing is asked of the server when connecting.
    pub(crate) fn options(&self) -> OptsBuilder {
        let host = match self.url.host() {
            Some(Host::Domain(name)) => decoded(name).into_owned(),
            Some(Host::Ipv4(address)) => address.to_string(),
            Some(Host::Ipv6(address)) => address.to_string(),
            None => unreachable!("parsing refuses an address without a host"),
        };
        OptsBuilder::from_opts(Opts::default())
            .ip_or_hostname(host)
            .tcp_port(self.url.port().unwrap_or(3306))
            .user(Some(decoded(self.url.username())))
            .pass(self.url.password().map(decoded))
            .db_name(Some(self.database()))
            .socket(self.socket.clone())
            .ssl_opts(self.ssl_options())
            .full_authentication(self.protection().full_authentication())
            // A peer that vanished without a word is noticed, and a network keeps the connection in mind.
            .tcp_keepalive(Some(KEEPALIVE))
            // Asking the server for these three would cost each new connection a round trip.
            .prefer_socket(false)
            .max_allowed_packet(Some(16 * 1024 * 1024))
            .wait_timeout(Some(28_800))
    }

    /// Why a connection failed: the driver does not say which file it could not read.
    pub(crate) fn explain(&self, error: mysql_async::Error) -> mysql_async::Error {
        let (file, parameter) = match self.protection() {
            Protection::VerifiedTls(Some(file)) => (file, "ssl-ca"),
            Protection::PinnedKey(file) => (file, "server-public-key-path"),
            _ => return error,
        };
        match std::fs::File::open(&file) {
            Ok(_) => error,
            Err(source) => UnreadableFile { file, parameter, source }.into(),
        }
    }

    fn ssl_options(&self) -> Option<SslOpts> {
        match self.ssl_mode {
            SslMode::Disabled => return None,
            SslMode::Required => return Some(SslOpts::default().with_danger_accept_invalid_certs(true)),
            SslMode::VerifyIdentity => {}
        }
        let roots: Vec<_> = if let Some(file) = &self.ssl_ca {
            // The driver does not know the mark that Windows puts before a text.
            match small_file::unmarked(file) {
                Some(text) => vec![text.into_bytes().into()],
                None => vec![file.clone().into()],
            }
        } else {
            let found = rustls_native_certs::load_native_certs();
            if found.certs.is_empty() {
                info!(errors = ?found.errors, "the system has no certificates: Mozilla's stand in");
            }
            found.certs.into_iter().map(|certificate| certificate.to_vec().into()).collect()
        };
        // Mozilla's roots, built in, stand in where there are no others, as in an empty container image.
        let verified =
            SslOpts::default().with_disable_built_in_roots(!roots.is_empty()).with_root_certs(roots);
        Some(verified.with_danger_tls_hostname_override(self.ssl_name.clone()))
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = self.url.clone();
        if shown.password().is_some() {
            shown.set_password(Some("****")).map_err(|()| fmt::Error)?;
        }
        shown.fmt(f)
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<DatabaseUrl, DatabaseUrlError> {
        text.parse()
    }

    fn options(text: &str) -> Opts {
        parse(text).unwrap().options().into()
    }

    #[test]
    fn every_part_reaches_the_driver() {
        let address = "mysql://ka%40mi:p%3Aw%2F%25@db.example.com:3307/kami%20system?pool=3";
        assert_eq!(parse(address).unwrap().pool(), 3);
        let options = options(address);
        assert_eq!(options.user(), Some("ka@mi"));
        assert_eq!(options.pass(), Some("p:w/%"));
        assert_eq!(options.ip_or_hostname(), "db.example.com");
        assert_eq!(options.tcp_port(), 3307);
        assert_eq!(options.db_name(), Some("kami system"));
        let by_socket = self::options("mysql://kami@localhost/kamisystem?socket=/run/my%20sql.sock");
        assert_eq!(by_socket.socket(), Some("/run/my sql.sock"));
        assert_eq!(by_socket.tcp_port(), 3306);
    }

    #[test]
    fn tls_is_verified_unless_the_server_is_this_machine_or_the_address_says_otherwise() {
        for (address, tls) in [
            ("mysql://k@localhost/d", None),
            ("mysql://k@127.0.0.1/d", None),
            ("mysql://k@127.8.9.1/d", None),
            ("mysql://k@[::1]/d", None),
            ("mysql://k@db.example.com/d?socket=/run/mysqld.sock", None),
            ("mysql://k@db.example.com/d", Some((false, false))),
            ("mysql://k@10.0.0.5/d", Some((false, false))),
            ("mysql://k@localhost.example.com/d", Some((false, false))),
            ("mysql://k@db.example.com/d?ssl-mode=DISABLED", None),
            ("mysql://k@db.example.com/d?ssl-mode=required", Some((true, false))),
            ("mysql://k@localhost/d?ssl-mode=verify-identity", Some((false, false))),
        ] {
            let options = options(address);
            let found =
                options.ssl_opts().map(|ssl| (ssl.accept_invalid_certs(), ssl.skip_domain_validation()));
            assert_eq!(found, tls, "{address}");
        }
    }

    #[test]
    fn a_given_authority_is_the_only_one_trusted() {
        let options = options("mysql://k@db.example.com/d?ssl-ca=/etc/ca.pem");
        let ssl = options.ssl_opts().unwrap();
        assert_eq!(ssl.root_certs(), [PathBuf::from("/etc/ca.pem").into()]);
        assert!(ssl.disable_built_in_roots());
    }

    #[test]
    fn an_authority_that_was_saved_on_windows_is_handed_over_without_its_mark() {
        let file = std::env::temp_dir().join(format!("kami-authority-{}", std::process::id()));
        std::fs::write(&file, "\u{feff}-----BEGIN CERTIFICATE-----\r\n").unwrap();
        let options = options(&format!("mysql://k@db.example.com/d?ssl-ca={}", file.display()));
        std::fs::remove_file(&file).unwrap();
        let pem = b"-----BEGIN CERTIFICATE-----\n".to_vec();
        assert_eq!(options.ssl_opts().unwrap().root_certs(), [pem.into()]);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (address, error) in [
            ("", DatabaseUrlError::Form),
            ("localhost:3306", DatabaseUrlError::Form),
            ("postgres://k@localhost/d", DatabaseUrlError::Form),
            ("mysql:///d", DatabaseUrlError::Form),
            ("mysql://k@localhost/d\nmysql://k:secret@localhost/d", DatabaseUrlError::Form),
            ("mysql://k:a b@localhost/d", DatabaseUrlError::Form),
            ("mysql://k@localhost/d\0", DatabaseUrlError::Form),
            ("mysql://k@localhost", DatabaseUrlError::NoDatabase),
            ("mysql://k@localhost/", DatabaseUrlError::NoDatabase),
            ("mysql://k@localhost/d?ssl-mode=maybe", DatabaseUrlError::SslMode),
            ("mysql://k@localhost/d?ssl-mode=VERIFY_CA", DatabaseUrlError::SslMode),
            ("mysql://k@localhost/d?pool=0", DatabaseUrlError::Pool),
            ("mysql://k@localhost/d?pool=many", DatabaseUrlError::Pool),
            ("mysql://k@localhost/d?sslmode=DISABLED", DatabaseUrlError::Parameter),
            ("mysql://k@localhost/d?get-server-public-key=yes", DatabaseUrlError::ServerKey),
            ("mysql://k@db.example.com/d?get-server-public-key=true", DatabaseUrlError::ServerKey),
            (
                "mysql://k@localhost/d?ssl-mode=REQUIRED&get-server-public-key=true",
                DatabaseUrlError::ServerKey,
            ),
            ("mysql://k@localhost/d?socket=/s&server-public-key-path=/k.pem", DatabaseUrlError::ServerKey),
        ] {
            assert_eq!(parse(address), Err(error), "{address}");
        }
    }

    #[test]
    fn the_password_is_never_shown() {
        let url = parse("mysql://kami:secret@localhost:3306/kamisystem").unwrap();
        assert_eq!(url.to_string(), "mysql://kami:****@localhost:3306/kamisystem");
        assert!(!format!("{url:?}").contains("secret"));
    }
}
