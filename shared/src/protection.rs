//! What keeps the database's password from a stranger who answers in the server's place.

use std::path::PathBuf;

use mysql_async::FullAuthentication;

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
            Self::PinnedKey(file) => {
                FullAuthentication::EncryptWith(std::fs::read(file).unwrap_or_default().into())
            }
            Self::RetrievedKey => FullAuthentication::RetrieveKey,
            Self::UnverifiedTls | Self::Plain => FullAuthentication::Refuse,
        }
    }
}
