//! What made the database fail, told apart without its own words: those are English, and may quote a value.

use std::io;
use std::path::PathBuf;

use mysql_async::{DriverError, Error, IoError};
use thiserror::Error as ThisError;

/// Who failed, and how.
#[derive(Debug)]
pub enum Cause<'a> {
    /// The server refused.
    Server {
        /// The number of its refusal.
        number: u16,
        /// What its words name or quote: a table and an account, but also the value that a column did not take.
        names: Vec<String>,
    },
    /// The system refused.
    System(&'a io::Error),
    /// No address belongs to the server's name.
    UnknownHost,
    /// A file that the address names cannot be read.
    File(&'a UnreadableFile),
    /// TLS came to nothing.
    Tls(TlsFault),
    /// The connection is closed.
    Closed,
    /// The server wants a way to log in that is unknown here or not taken.
    LoginMethod,
    /// A statement or an answer is larger than may be sent at once.
    TooLarge,
    /// Whoever answers does not speak as such a server does.
    Protocol,
}

/// Why TLS came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsFault {
    /// The server has none.
    Missing,
    /// No authority that is trusted vouches for its certificate.
    UnknownIssuer,
    /// Its certificate is for another name.
    OtherName,
    /// Its certificate is not valid at this time.
    OutOfDate,
    /// Its certificate, or one that vouches for it, is wrong in another way.
    Certificate,
    /// The two agree on no version, or one of them broke off.
    Handshake,
}

/// A file that the address of a database names and that cannot be read.
#[derive(Debug, ThisError)]
#[error("{}, named by {parameter}, cannot be read: {source}", file.display())]
pub struct UnreadableFile {
    /// Which.
    pub file: PathBuf,
    /// The parameter of the address that names it.
    pub parameter: &'static str,
    /// Why.
    pub source: io::Error,
}

impl From<UnreadableFile> for Error {
    fn from(file: UnreadableFile) -> Self {
        io::Error::new(file.source.kind(), file).into()
    }
}

impl<'a> Cause<'a> {
    /// What an error of the driver comes from.
    pub(super) fn of(error: &'a Error) -> Self {
        match error {
            Error::Server(refusal) => {
                Self::Server { number: refusal.code, names: names_in(&refusal.message) }
            }
            Error::Io(IoError::Io(error)) => Self::of_system(error),
            Error::Io(IoError::Tls(error)) => Self::Tls(TlsFault::of(&error.to_string())),
            Error::Driver(error) => Self::of_driver(error),
            Error::Other(_) | Error::Url(_) => Self::Protocol,
        }
    }

    fn of_system(error: &'a io::Error) -> Self {
        let words = error.to_string();
        if let Some(file) = error.get_ref().and_then(|inner| inner.downcast_ref()) {
            Self::File(file)
        } else if words.starts_with(UNKNOWN_HOST) {
            Self::UnknownHost
        } else if TLS.iter().any(|begin| words.starts_with(begin)) {
            Self::Tls(TlsFault::of(&words))
        } else if error.kind() == io::ErrorKind::InvalidData {
            Self::Protocol
        } else {
            Self::System(error)
        }
    }

    fn of_driver(error: &DriverError) -> Self {
        match error {
            DriverError::NoClientSslFlagFromServer => Self::Tls(TlsFault::Missing),
            DriverError::ConnectionClosed | DriverError::PoolDisconnected => Self::Closed,
            DriverError::UnknownAuthPlugin { .. }
            | DriverError::MysqlOldPasswordDisabled
            | DriverError::CleartextPluginDisabled
            | DriverError::InvalidParsecSalt => Self::LoginMethod,
            DriverError::PacketTooLarge => Self::TooLarge,
            _ => Self::Protocol,
        }
    }
}

/// What the standard library's words begin with where a name has no address: it gives such an error no kind.
const UNKNOWN_HOST: &str = "failed to lookup address information";

/// What the words of rustls and of what carries it begin with: its types are the driver's own.
const TLS: [&str; 7] = [
    "invalid peer certificate",
    "invalid certificate",
    "peer ",
    "received ",
    "cannot decrypt",
    "presented server name",
    "tls handshake",
];

impl TlsFault {
    /// The fault by the words of rustls.
    fn of(words: &str) -> Self {
        let says = |parts: &[&str]| parts.iter().any(|part| words.contains(part));
        if says(&["UnknownIssuer"]) {
            Self::UnknownIssuer
        } else if says(&["NotValidForName", "not valid for name"]) {
            Self::OtherName
        } else if says(&["Expired", "expired", "NotValidYet", "not valid yet"]) {
            Self::OutOfDate
        } else if says(&["certificate"]) {
            Self::Certificate
        } else {
            Self::Handshake
        }
    }
}

/// What the words of a server name or quote: whatever stands between quotation marks, joined where it belongs together
/// as in `'kami'@'10.0.0.7'`, options, rights in capitals, names with a dot, and the number of an error within.
pub(super) fn names_in(words: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = words;
    while let Some(first) = rest.chars().next() {
        let (found, length) = match first {
            '\'' | '`' | '"' => quoted(rest),
            _ => {
                let word = first_word(rest);
                let name = word.trim_end_matches(['.', ':', '!']);
                let length = if is_capitals(name) { capitals(rest) } else { word.len() };
                let name = if is_capitals(name) { &rest[..length] } else { name };
                (is_name(name).then(|| name.to_owned()), length.max(first.len_utf8()))
            }
        };
        names.extend(found.filter(|name| !name.is_empty()));
        rest = &rest[length..];
    }
    names
}

/// What stands before the first space, bracket, comma or quotation mark.
fn first_word(text: &str) -> &str {
    let end = text.find(|c: char| c.is_whitespace() || "`\",;()".contains(c));
    &text[..end.unwrap_or(text.len())]
}

/// How many bytes the words in capitals take that a text begins with, such as CREATE USER.
fn capitals(text: &str) -> usize {
    let mut end = first_word(text).len();
    while let Some(next) = text[end..].strip_prefix(' ').map(first_word).filter(|next| is_capitals(next)) {
        end += 1 + next.len();
    }
    end
}

fn is_capitals(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| c.is_ascii_uppercase() || c == '_')
}

/// The quotation that a text begins with, and those joined to it, and how many bytes they take.
fn quoted(text: &str) -> (Option<String>, usize) {
    let mut name = String::new();
    let mut rest = text;
    loop {
        let mark = rest.chars().next().unwrap_or_default();
        let Some(end) = rest[1..].find(mark) else { return (None, 1) };
        name.push_str(&rest[1..=end]);
        rest = &rest[end + 2..];
        let joins = rest.starts_with(['@', '.']) && rest[1..].starts_with(['\'', '`', '"']);
        if !joins {
            return (Some(name), text.len() - rest.len());
        }
        name.push_str(&rest[..1]);
        rest = &rest[1..];
    }
}

/// Whether a word is an option, a right such as SELECT, a routine of a database or a number.
fn is_name(word: &str) -> bool {
    let is_plain =
        |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    word.starts_with("--")
        || word.len() > 3 && word.split(' ').all(is_capitals)
        || word.split_once('.').is_some_and(|(database, name)| is_plain(database) && is_plain(name))
        || !word.is_empty() && word.chars().all(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_names_is_found_in_its_words() {
        for (words, names) in [
            ("Access denied for user 'kami'@'10.0.0.7' (using password: YES)", &["kami@10.0.0.7"][..]),
            ("SELECT command denied to user 'u'@'%' for table `db`.`cards`", &["SELECT", "u@%", "db.cards"]),
            ("Table 'db.cards' doesn't exist", &["db.cards"]),
            ("PROCEDURE db.activate_card does not exist", &["PROCEDURE", "db.activate_card"]),
            ("The MySQL server is running with the --read-only option so it cannot", &["--read-only"]),
            ("Got error 28 from storage engine", &["28"]),
            (
                "Access denied; you need (at least one of) the SUPER, SET_USER_ID privilege(s)",
                &["SUPER", "SET_USER_ID"],
            ),
            ("Duplicate entry 'VIP-É' for key 'cards.full_code'", &["VIP-É", "cards.full_code"]),
            ("Operation CREATE USER failed for 'u'@'%'", &["CREATE USER", "u@%"]),
            ("an open 'quotation", &[]),
            ("", &[]),
        ] {
            assert_eq!(names_in(words), names, "{words}");
        }
    }

    #[test]
    fn what_tls_came_to_is_told_by_the_words_of_rustls() {
        for (words, fault) in [
            ("invalid peer certificate: UnknownIssuer", TlsFault::UnknownIssuer),
            (
                "invalid peer certificate: certificate not valid for name \"db\"; certificate is only valid for \"x\"",
                TlsFault::OtherName,
            ),
            ("invalid peer certificate: certificate expired: verification time 1", TlsFault::OutOfDate),
            ("invalid peer certificate: certificate not valid yet: verification time 1", TlsFault::OutOfDate),
            ("invalid peer certificate: BadSignature", TlsFault::Certificate),
            ("received fatal alert: ProtocolVersion", TlsFault::Handshake),
            ("tls handshake eof", TlsFault::Handshake),
        ] {
            let error = Error::from(io::Error::new(io::ErrorKind::InvalidData, words));
            assert!(matches!(Cause::of(&error), Cause::Tls(found) if found == fault), "{words}");
        }
    }

    #[test]
    fn a_fault_of_the_system_keeps_its_kind() {
        let refused = Error::from(io::Error::from(io::ErrorKind::ConnectionRefused));
        assert!(
            matches!(Cause::of(&refused), Cause::System(error) if error.kind() == io::ErrorKind::ConnectionRefused)
        );
        let nowhere = Error::from(io::Error::other(format!("{UNKNOWN_HOST}: Name or service not known")));
        assert!(matches!(Cause::of(&nowhere), Cause::UnknownHost));
        let source = io::Error::from(io::ErrorKind::NotFound);
        let file = Error::from(UnreadableFile { file: "/ca.pem".into(), parameter: "ssl-ca", source });
        assert!(matches!(Cause::of(&file), Cause::File(file) if file.parameter == "ssl-ca"));
        let garbled = Error::from(io::Error::new(io::ErrorKind::InvalidData, "not a packet"));
        assert!(matches!(Cause::of(&garbled), Cause::Protocol));
    }
}
