//! What keeps the database's password from a stranger who answers in the server's place.

use std::path::PathBuf;

use mysql_async::FullAuthentication;

use crate::small_file;

/// How the connection is protected; the words and their meaning are those of MySQL's own `--ssl-mode`. Its `VERIFY_CA`
/// is not among them: `mysql_async` 0.37 tells a wrong name from other faults by a text that rustls no longer writes,
/// so that it would refuse what it promises to let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SslMode {
    Disabled,
    Required,
    VerifyIdentity,
}

impl SslMode {
    /// The mode of this name, whatever its case.
    pub(crate) fn named(word: &str) -> Option<Self> {
        match word.to_ascii_uppercase().replace('-', "_").as_str() {
            "DISABLED" => Some(Self::Disabled),
            "REQUIRED" => Some(Self::Required),
            "VERIFY_IDENTITY" => Some(Self::VerifyIdentity),
            _ => None,
        }
    }
}

/// Where the public key comes from with which the password is encrypted where there is no TLS.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum ServerKey {
    File(PathBuf),
    Retrieved,
}

/// What proves that it is the server that answers, before it gets the password.
///
/// Accounts of most kinds never send theirs, but only what it makes of a number of the server's. Those of
/// `caching_sha2_password`, MySQL's usual ones, have to send the password itself whenever the server does not have it
/// in its cache, as after each of its starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Protection {
    /// A Unix socket at a path where only the server, its administrator or we ourselves can have put one.
    Socket(PathBuf),
    /// TLS with a certificate that the system's authorities vouch for or, where a file is named, those in it.
    VerifiedTls(Option<PathBuf>),
    /// The server's public key, in this file: without TLS, the password itself goes only encrypted with it.
    PinnedKey(PathBuf),
    /// Nothing: without TLS, the password itself goes encrypted with whatever public key is answered with.
    RetrievedKey,
    /// Nothing, in TLS that keeps out who listens, and not who answers: the password itself is not sent.
    UnverifiedTls,
    /// Nothing: the password itself is not sent.
    Plain,
}

impl Protection {
    /// Whether an account that has to send the password itself can log in at any time.
    pub fn sends_passwords(&self) -> bool {
        !matches!(self, Self::UnverifiedTls | Self::Plain)
    }

    /// What the driver does when it is asked for the password itself; a key that cannot be read is never replaced by
    /// another.
    pub(crate) fn full_authentication(&self) -> FullAuthentication {
        match self {
            Self::Socket(_) | Self::VerifiedTls(_) => FullAuthentication::SendPassword,
            Self::PinnedKey(file) => FullAuthentication::EncryptWith(
                small_file::read(file).unwrap_or_default().into_bytes().into(),
            ),
            Self::RetrievedKey => FullAuthentication::RetrieveKey,
            Self::UnverifiedTls | Self::Plain => FullAuthentication::Refuse,
        }
    }
}

#[cfg(test)]
mod tests {
    use mysql_async::Opts;

    use super::*;
    use crate::database_url::DatabaseUrl;

    #[test]
    fn the_password_itself_goes_only_to_who_is_known() {
        for (address, protection) in [
            ("mysql://k@localhost/d", Protection::Plain),
            ("mysql://k@10.0.0.5/d?ssl-mode=DISABLED", Protection::Plain),
            ("mysql://k@localhost/d?get-server-public-key=false", Protection::Plain),
            ("mysql://k@10.0.0.5/d?ssl-mode=REQUIRED", Protection::UnverifiedTls),
            ("mysql://k@localhost/d?ssl-mode=REQUIRED&ssl-ca=/ca.pem", Protection::UnverifiedTls),
            ("mysql://k@localhost/d?get-server-public-key=true", Protection::RetrievedKey),
            (
                "mysql://k@localhost/d?server-public-key-path=/key.pem",
                Protection::PinnedKey("/key.pem".into()),
            ),
            (
                "mysql://k@localhost/d?get-server-public-key=true&server-public-key-path=/key.pem",
                Protection::PinnedKey("/key.pem".into()),
            ),
            ("mysql://k@10.0.0.5/d", Protection::VerifiedTls(None)),
            ("mysql://k@10.0.0.5/d?ssl-ca=/ca.pem", Protection::VerifiedTls(Some("/ca.pem".into()))),
            ("mysql://k@localhost/d?socket=/run/mysqld.sock", Protection::Socket("/run/mysqld.sock".into())),
        ] {
            let url: DatabaseUrl = address.parse().unwrap();
            assert_eq!(url.protection(), protection, "{address}");
            let refuses = *Opts::from(url.options()).full_authentication() == FullAuthentication::Refuse;
            assert_eq!(refuses, !protection.sends_passwords(), "{address}");
        }
    }
}
