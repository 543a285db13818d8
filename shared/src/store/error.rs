//! What can go wrong between kami and its database, told apart by what a caller can do about it.

use mysql_async::{Error, ServerError};
use thiserror::Error as ThisError;

/// A failure of the database; its text names causes for an operator's log and never a value from a card.
#[derive(Debug, ThisError)]
pub enum StoreError {
    /// The database is away, refuses us or is overloaded: the same request may succeed later.
    #[error("the database is unavailable: {}", describe(.0))]
    Unavailable(#[source] Error),
    /// The database did not answer in time.
    #[error("the database did not answer in time")]
    TimedOut,
    /// Others changed the card again and again between reading and writing it.
    #[error("the card is changed by others too often")]
    Contended,
    /// A row holds what no version of kami writes, such as a date of zeros.
    #[error("a row of the database cannot be understood")]
    Undecodable,
    /// No index serves a list of cards: it has to be searched for, window by window.
    #[error("no index serves this list of cards: search for it instead")]
    NotIndexed,
    /// The database refused a statement, as it does when its schema or our rights are not what they should be.
    #[error("the database refused a statement: {}", describe(.0))]
    Refused(#[source] Error),
}

impl StoreError {
    /// Whether the same request may succeed a moment later without anyone mending anything.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::TimedOut | Self::Contended)
    }

    /// Whether the server rolled the work back, for a deadlock or a lock that took too long.
    pub(super) fn is_rolled_back(&self) -> bool {
        matches!(self, Self::Unavailable(Error::Server(error)) if matches!(error.code, 1205 | 1213))
    }

    /// Whether the connection broke under way, so that a fresh one may do better.
    pub(super) fn is_lost_connection(&self) -> bool {
        match self {
            Self::Unavailable(Error::Io(_)) => true,
            Self::Unavailable(Error::Server(error)) => is_lost(error),
            _ => false,
        }
    }
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        match &error {
            Error::Server(refusal) if is_out_of_time(refusal) => Self::TimedOut,
            Error::Server(refusal) if !is_passing(refusal) => Self::Refused(error),
            Error::Server(_) | Error::Io(_) | Error::Driver(_) | Error::Other(_) | Error::Url(_) => {
                Self::Unavailable(error)
            }
        }
    }
}

/// The server closed the connection while a statement ran: it shuts down, or an administrator killed it.
fn is_lost(error: &ServerError) -> bool {
    matches!(error.code, 1053 | 1152 | 1158..=1161 | 1927 | 2006 | 2013 | 3169 | 4031)
}

/// The statement ran into the limit on time that it brought along.
fn is_out_of_time(error: &ServerError) -> bool {
    matches!(error.code, 3024 | 1969)
}

/// Whether a server's refusal is about its state or our access rather than about the statement.
fn is_passing(error: &ServerError) -> bool {
    // Numbers: https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html
    let code = matches!(
        error.code,
        // full: connections, disk, memory, table, files
        1040 | 1021 | 1037 | 1038 | 1041 | 1114 | 1135 | 1203 | 1226
            // access denied, host blocked, unknown database: secrets are being rotated, or a server is being set up
            | 1044 | 1045 | 1049 | 1129 | 1130 | 1698 | 3118 | 3159
            // read-only after a fail-over, interrupted, timed out, deadlocked
            | 1180 | 1205 | 1213 | 1290 | 1317 | 1792 | 1836 | 1969 | 3024 | 3100 | 3101
            // starting or recovering
            | 1030 | 1152 | 1243
    );
    // A statement that this connection prepared is unknown to the server that a proxy put behind it: ask again.
    code || is_lost(error) || error.state.starts_with("08") || error.state.starts_with("40")
}

/// The driver's own words, less those that could quote a value: duplicate keys, bad data, a statement's text.
pub(super) fn describe(error: &Error) -> String {
    match error {
        Error::Server(error) => {
            let quotes_values = error.state.starts_with("22")
                || error.state.starts_with("23")
                || matches!(
                    error.code,
                    1062 | 1064 | 1105 | 1149 | 1264 | 1265 | 1292 | 1366 | 1406 | 1411 | 1525
                );
            if quotes_values {
                format!("error {} ({})", error.code, error.state)
            } else {
                format!("error {} ({}): {}", error.code, error.state, error.message)
            }
        }
        Error::Io(_) | Error::Driver(_) | Error::Other(_) | Error::Url(_) => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(code: u16, state: &str) -> StoreError {
        let message = "Duplicate entry 'VIP-SECRET' for key".into();
        StoreError::from(Error::Server(ServerError { code, message, state: state.into() }))
    }

    #[test]
    fn a_refusal_that_passes_is_told_from_one_that_must_be_mended() {
        for (code, state, transient) in [
            (1040, "08004", true),
            (1045, "28000", true),
            (1053, "08S01", true),
            (1205, "HY000", true),
            (1213, "40001", true),
            (1290, "HY000", true),
            (1062, "23000", false),
            (1064, "42000", false),
            (1142, "42000", false),
            (1146, "42S02", false),
        ] {
            assert_eq!(server(code, state).is_transient(), transient, "{code}");
        }
        assert!(server(1213, "40001").is_rolled_back());
        assert!(server(1927, "70100").is_lost_connection());
        assert!(!server(1045, "28000").is_lost_connection());
    }

    #[test]
    fn no_value_is_quoted() {
        let text = server(1062, "23000").to_string();
        assert_eq!(text, "the database refused a statement: error 1062 (23000)");
    }
}
