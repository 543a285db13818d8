//! Why the database or the system failed, in the reader's language and never in theirs.

mod server;
mod system;

use kami_store::{Cause, StoreError, TlsFault, UnreadableFile};

pub use self::system::refusal as system;
use crate::cells::harmless;
use crate::words::{Language, say};

/// Why the database failed.
pub fn database(language: Language, cause: &Cause<'_>) -> String {
    let key = match cause {
        Cause::Server { number, names } => return server::refusal(language, *number, names),
        Cause::System(error) => return system(language, error),
        Cause::File(UnreadableFile { file, parameter, source }) => {
            let why = system(language, source);
            return say!(language, "cause.file", path = file.display(), parameter = parameter, why = why);
        }
        Cause::UnknownHost => "unknown_host",
        Cause::Tls(TlsFault::Missing) => "tls_missing",
        Cause::Tls(TlsFault::UnknownIssuer) => "tls_issuer",
        Cause::Tls(TlsFault::OtherName) => "tls_name",
        Cause::Tls(TlsFault::OutOfDate) => "tls_date",
        Cause::Tls(TlsFault::Certificate) => "tls_certificate",
        Cause::Tls(TlsFault::Handshake) => "tls_handshake",
        Cause::Closed => "closed",
        Cause::LoginMethod => return say!(language, "server.login_method"),
        Cause::TooLarge => "too_large",
        Cause::Protocol => "protocol",
    };
    say!(language, format!("cause.{key}"))
}

/// The same with the values that the server quotes: for whoever changes tables, since they may name the row to fix.
pub fn with_values(language: Language, error: &StoreError, words: String) -> String {
    let quoted: Vec<_> = error.quoted().iter().map(|name| harmless(name).into_owned()).collect();
    if quoted.is_empty() {
        return words;
    }
    say!(language, "cause.quoted", why = words, names = quoted.join(", "))
}
