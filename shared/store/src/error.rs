//! What can go wrong between kami and its database, told apart by what a caller can do about it.

use std::sync::Arc;

use mysql_async::{DriverError, Error, IoError, ServerError};
use thiserror::Error as ThisError;

use super::address::AddressError;
use super::cause::{Cause, names_in};
use crate::socket::UntrustedSocket;

/// A failure of the database; its text names causes for an operator's log and never a value from a card.
#[derive(Clone, Debug, ThisError)]
pub enum StoreError {
    /// The database is away, refuses us or is overloaded: the same request may succeed later.
    #[error("the database is unavailable: {}", describe(.0))]
    Unavailable(Arc<Error>),
    /// Nobody knows where the database is, or how to log in.
    #[error("the address of the database cannot be had: {0}")]
    NoAddress(#[from] AddressError),
    /// Whoever answers may not be the database, so that it was not told the password.
    #[error("the password was not sent: {0}")]
    Withheld(#[from] Withheld),
    /// The database did not answer in time.
    #[error("the database did not answer in time")]
    TimedOut,
    /// Others changed the card again and again between reading and writing it.
    #[error("the card is changed by others too often")]
    Contended,
    /// A fault in kami ended the work on the question.
    #[error("a fault in kami ended the work on this question")]
    Abandoned,
    /// A row holds what no version of kami writes, such as a date of zeros.
    #[error("a row of the database cannot be understood")]
    Undecodable,
    /// The row of the card of this number does.
    #[error("card {0} cannot be understood: its row holds what no version of kami writes")]
    UndecodableCard(u64),
    /// No index serves a list of cards: it has to be searched for, window by window.
    #[error("no index serves this list of cards: search for it instead")]
    NotIndexed,
    /// The database refused a statement, as it does when its schema or our rights are not what they should be.
    #[error("the database refused a statement: {}", describe(.0))]
    Refused(Arc<Error>),
}

/// Why a password was not sent.
#[derive(Clone, Debug, PartialEq, Eq, ThisError)]
pub enum Withheld {
    /// Nothing proves that it is the server that asks for the password itself.
    #[error(
        "the server asks for the password itself, and nothing proves that it is the server: name its socket with socket=FILE or, with ssl-mode=VERIFY_IDENTITY, its authority with ssl-ca=FILE; without TLS server-public-key-path=FILE names its key, and get-server-public-key=true lets whoever answers have the password"
    )]
    Unproven,
    /// It could not be encrypted with the server's public key.
    #[error("the public key of the server is none, or too short for the password")]
    UselessKey,
    /// The socket may be a stranger's.
    #[error(transparent)]
    Socket(#[from] UntrustedSocket),
}

impl StoreError {
    /// Whether the same request may succeed a moment later without anyone fixing anything.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Unavailable(_) | Self::NoAddress(_) | Self::Withheld(_) | Self::TimedOut | Self::Contended
        )
    }

    /// Whether the server does not let in who we said we are, so that another name or password may do better.
    pub(super) fn is_refused_login(&self) -> bool {
        self.server().is_some_and(is_refused_login)
    }

    /// Whether the server has no database of that name.
    pub(super) fn is_unknown_database(&self) -> bool {
        self.server().is_some_and(|error| error.code == 1049)
    }

    /// Whether there is no such database, table or column, as before `kami migrate`.
    pub fn is_of_schema(&self) -> bool {
        self.server().is_some_and(|error| matches!(error.code, 1049 | 1054 | 1146))
    }

    /// What the server, the system or the driver made of it, where one of them did.
    pub fn cause(&self) -> Option<Cause<'_>> {
        match self {
            Self::Unavailable(error) | Self::Refused(error) => Some(Cause::of(error)),
            _ => None,
        }
    }

    /// What the server's refusal quotes, values included: for whoever changes tables, and no log.
    pub fn quoted(&self) -> Vec<String> {
        self.server().map(|error| names_in(&error.message)).unwrap_or_default()
    }

    /// Whether the server rolled the work back, or never did it, so that it may be done again: for a deadlock, a lock that
    /// took too long, or what others wrote at the same time, on this server or on another of its cluster.
    pub(super) fn is_rolled_back(&self) -> bool {
        self.server().is_some_and(is_rolled_back)
    }

    /// Whether a COMMIT that was answered so was not done for certain.
    pub(super) fn is_no_commit(&self) -> bool {
        self.server().is_some_and(|error| is_rolled_back(error) || is_misplaced(error) || error.code == 3100)
    }

    /// Whether the account may not do it, or what would let it is not there.
    pub fn is_denied(&self) -> bool {
        self.server().is_some_and(is_denied)
    }

    /// Whether the connection broke under way, so that a fresh one may do better.
    pub(super) fn is_lost_connection(&self) -> bool {
        matches!(self, Self::Unavailable(error) if matches!(**error, Error::Io(_)))
            || self.server().is_some_and(is_lost)
    }

    /// Whether another connection may do better at once: this one is lost, or leads where our work cannot be done.
    pub(super) fn wants_another_connection(&self) -> bool {
        self.is_lost_connection() || self.server().is_some_and(is_misplaced)
    }

    /// Whether nobody can tell what the server would say next on the connection.
    pub(super) fn leaves_the_connection_in_doubt(&self) -> bool {
        match self {
            Self::Unavailable(error) => !matches!(**error, Error::Server(_)) || self.is_lost_connection(),
            _ => false,
        }
    }

    fn server(&self) -> Option<&ServerError> {
        match self {
            Self::Unavailable(error) | Self::Refused(error) => match &**error {
                Error::Server(error) => Some(error),
                Error::Io(_) | Error::Driver(_) | Error::Other(_) | Error::Url(_) => None,
            },
            _ => None,
        }
    }
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        if let Error::Other(cause) = &error
            && let Some(socket) = cause.downcast_ref::<UntrustedSocket>()
        {
            return Withheld::from(socket.clone()).into();
        }
        match &error {
            Error::Driver(DriverError::PasswordWithheld) => Withheld::Unproven.into(),
            Error::Driver(DriverError::InvalidServerKey) => Withheld::UselessKey.into(),
            Error::Server(refusal) if is_out_of_time(refusal) => Self::TimedOut,
            Error::Server(refusal) if !is_passing(refusal) => Self::Refused(error.into()),
            Error::Server(_) | Error::Io(_) | Error::Driver(_) | Error::Other(_) | Error::Url(_) => {
                Self::Unavailable(error.into())
            }
        }
    }
}

// The numbers below: https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html and
// https://mariadb.com/docs/server/reference/error-codes/mariadb-error-code-reference

/// The server closed the connection while a statement ran: it shuts down, or an administrator killed it.
fn is_lost(error: &ServerError) -> bool {
    matches!(
        error.code,
        1053 // shutdown in progress
            | 1152 // aborted connection
            | 1158
            ..=1161 // errors on the line
            | 1927 // MariaDB: connection was killed
            | 2006 | 2013 // server has gone away, lost connection: as proxies put it
            | 3169 // session was killed
            | 4031 // disconnected for inactivity
    )
}

/// The connection leads to a server that cannot do this work, though the address may lead to one by now that can.
fn is_misplaced(error: &ServerError) -> bool {
    matches!(
        error.code,
        1290 | 1836 // read-only, as the old server is after a fail-over
            | 1792 // in a read-only transaction
            | 1243 // a prepared statement unknown here: a proxy put another server behind the connection
            | 1047 // Galera: the node has no part in its cluster, and refuses every statement before it is begun
            | 3032 // offline mode
            | 3168 // server is not available
    )
}

/// Nothing of the work is left. At a COMMIT, after which nobody can ask:
/// - 1205: the server waited in vain for its own lock on commits, as while a backup holds them off, or for the cluster;
/// - 1213 and 1180: another node of a Galera cluster or of a replicating group was faster; so do they call it that keep
///   nothing of the transaction, 1180 in the words "Got error 149 during COMMIT";
/// - 3101, and whatever is of the class 40: the certification of Group Replication failed. 40003 is the one of the class
///   that says that nobody knows.
///
/// Not among them is 1317, though Galera says so too: a KILL may meet a commit that is done. Both servers roll back before
/// they answer so: `ha_commit_trans` in `handler.cc`, `MYSQL_BIN_LOG::commit` in `binlog.cc`, `wsrep_override_error` in
/// `wsrep_thd.h`.
fn is_rolled_back(error: &ServerError) -> bool {
    matches!(
        error.code,
        1020 // MariaDB: the row is not the one of the transaction's snapshot any more
            | 1180
            | 1205
            | 1213
            | 3101
    ) || error.state.starts_with("40") && error.state != "40003"
}

/// The login is refused, or let in for nothing but a new password: another name or password may do better.
fn is_refused_login(error: &ServerError) -> bool {
    matches!(
        error.code,
        1045 | 1698 // access denied
            | 3118 | 4151 // the account is locked: MySQL, MariaDB
            | 1820 | 1862 // the password has expired
    )
}

/// Whether a column cannot hold a text that it is compared with, so that no row has it: a column of an older character set
/// than the session's, before the table is in its form.
pub(super) fn holds_no_such_text(error: &Error) -> bool {
    matches!(
        error,
        Error::Server(refusal) if matches!(
            refusal.code,
            1267 | 1270 | 1271 // MariaDB: no collation that two, three or more texts could have
                | 3854 | 3988 // MySQL: a text, a parameter that cannot be converted
        )
    )
}

/// The account has no right to it, or the routine that would do it is missing, or who made that is gone.
fn is_denied(error: &ServerError) -> bool {
    matches!(
        error.code,
        1044 | 1142 | 1143 | 1370 // on the database, a table, a column, a routine
            | 1305 // no such routine
            | 1449 // no such definer
    )
}

/// The statement ran into the limit on time that it brought along.
fn is_out_of_time(error: &ServerError) -> bool {
    matches!(error.code, 3024 | 1969)
}

/// Whether a server's refusal is about its state or our access rather than about the statement.
fn is_passing(error: &ServerError) -> bool {
    let code = matches!(
        error.code,
        1021 | 1114 // disk full, table full
            | 1037 | 1038 | 1041 | 1135 // out of memory, out of threads
            | 1040 | 1203 | 1226 // too many connections, in all or for this account
            | 1461 // too many prepared statements
            | 1615 // a prepared statement has to be prepared again
            | 1044 | 3159 // access denied: rights are being given
            | 1049 // unknown database: it is being set up
            | 1129 | 1130 // host blocked, host not allowed
            | 1030 // an error of the storage engine, as while it recovers
            | 1317 // interrupted
            | 3100 // refused by the group that replicates
            | 9001 // ProxySQL: no server to be had in time
    );
    code || is_lost(error)
        || is_refused_login(error)
        || is_misplaced(error)
        || is_rolled_back(error)
        || error.state.starts_with("08")
        || error.state.starts_with("40")
}

/// What to do about a refusal that does not say it. Some servers say of a login without TLS no more than that it is
/// denied.
fn hint(error: &ServerError) -> &'static str {
    match error.code {
        1045 => " (a wrong password, or TLS is required)",
        3159 => " (TLS is required: add ssl-mode=VERIFY_IDENTITY to the address)",
        _ => "",
    }
}

/// Whether what the server says cannot quote a value of ours: tables, accounts and rights at most.
fn is_quotable(error: &ServerError) -> bool {
    is_passing(error)
        || is_denied(error)
        || is_out_of_time(error)
        || matches!(
            error.code,
            1046 | 1146 | 1932 // no database, no table
                | 1054 // no column
                | 1193 | 1227 | 1235 // no variable, no right, not known to this version
        )
}

/// The server's or the driver's own words, for a log: of a refusal that could quote a value, or that is not known, its
/// number alone.
fn describe(error: &Error) -> String {
    match error {
        Error::Server(error) if is_quotable(error) => {
            format!("error {} ({}): {}{}", error.code, error.state, error.message, hint(error))
        }
        Error::Server(error) => format!("error {} ({})", error.code, error.state),
        Error::Io(_) | Error::Driver(_) | Error::Other(_) | Error::Url(_) => {
            // The driver says "Input/output error" once for itself and once for what it holds.
            let words = match error {
                Error::Io(IoError::Io(cause)) => cause.to_string(),
                _ => error.to_string(),
            };
            let advice = advice(error, &words).map_or(String::new(), |advice| format!(" ({advice})"));
            words + &advice
        }
    }
}

/// What to do about a connection that cannot be protected as the address wants it.
fn advice(error: &Error, words: &str) -> Option<&'static str> {
    if matches!(error, Error::Driver(DriverError::NoClientSslFlagFromServer)) {
        Some(
            "the server has no TLS: give it a certificate, or on a trusted line add ssl-mode=DISABLED to the address",
        )
    } else if words.contains("UnknownIssuer") {
        Some("no authority that is trusted here vouches for the server: name its own with ssl-ca=FILE")
    } else if words.contains("NotValidForName") || words.contains("not valid for name") {
        Some("the certificate is for another name: give that as ssl-name=NAME")
    } else {
        None
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
    fn a_refusal_that_passes_is_told_from_one_that_must_be_fixed() {
        for (code, state, transient) in [
            (1040, "08004", true),
            (1045, "28000", true),
            (1053, "08S01", true),
            (1205, "HY000", true),
            (1213, "40001", true),
            (1290, "HY000", true),
            (1243, "HY000", true),
            (1461, "42000", true),
            (3032, "HY000", true),
            (9001, "HY000", true),
            (1062, "23000", false),
            (1064, "42000", false),
            (1142, "42000", false),
            (1146, "42S02", false),
        ] {
            assert_eq!(server(code, state).is_transient(), transient, "{code}");
        }
        for code in [1045, 1698, 3118, 4151, 1820, 1862] {
            assert!(
                server(code, "HY000").is_refused_login() && server(code, "HY000").is_transient(),
                "{code}"
            );
        }
        assert!(!server(1044, "42000").is_refused_login(), "the login was fine, the rights are not");
        assert!(server(1213, "40001").is_rolled_back());
        assert!(server(1927, "70100").is_lost_connection());
        assert!(!server(1045, "28000").is_lost_connection());
        assert!(server(1290, "HY000").wants_another_connection());
        assert!(!server(1290, "HY000").leaves_the_connection_in_doubt());
        let closed = StoreError::from(Error::Driver(DriverError::ConnectionClosed));
        assert!(closed.leaves_the_connection_in_doubt() && closed.is_transient());
    }

    /// Another address would be no better, and the connection is closed already; but the server, or whoever cares for it,
    /// may do better soon.
    #[test]
    fn a_password_that_was_not_sent_is_neither_a_refused_login_nor_a_lost_connection() {
        let socket = UntrustedSocket { entry: "/tmp/mysql.sock".into(), owner: 1001 };
        for (error, words) in [
            (Error::Driver(DriverError::PasswordWithheld), "nothing proves that it is the server"),
            (Error::Driver(DriverError::InvalidServerKey), "the public key of the server is none"),
            (Error::Other(socket.into()), "/tmp/mysql.sock, which belongs to the user 1001"),
        ] {
            let error = StoreError::from(error);
            assert!(matches!(error, StoreError::Withheld(_)) && error.is_transient(), "{error}");
            assert!(!error.is_refused_login() && !error.wants_another_connection(), "{error}");
            let said = error.to_string();
            assert!(said.starts_with("the password was not sent: ") && said.contains(words), "{said}");
        }
    }

    #[test]
    fn a_fault_of_the_system_is_said_once_in_its_own_words() {
        let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        let text = StoreError::from(Error::from(refused)).to_string();
        assert_eq!(text, "the database is unavailable: connection refused");
    }

    #[test]
    fn no_value_is_quoted_not_even_by_a_refusal_that_nobody_knows() {
        for (code, state) in [(1062, "23000"), (1064, "42000"), (3819, "HY000"), (65_000, "HY000")] {
            let text = server(code, state).to_string();
            assert_eq!(text, format!("the database refused a statement: error {code} ({state})"));
        }
    }
}
