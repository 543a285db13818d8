//! The one way to a connection, and what every session is told.

use std::path::Path;

use mysql_async::{Conn, Error, Opts};

use crate::socket::{self, SocketError};

/// What every session is told first, so that a server's own settings cannot change what kami does. Text goes both ways as
/// it is: a server may ignore what its client says of it while it logs in, and give it another character set. The
/// collation is that of the tables, which both kinds of server have in every version. Each statement counts by itself
/// unless a transaction is begun.
pub(super) const SESSION: &str = "SET NAMES utf8mb4 COLLATE utf8mb4_unicode_ci, autocommit = 1";

/// Connects, unless a password would go to a socket that may be a stranger's.
#[expect(clippy::disallowed_methods, reason = "everything else comes here for it")]
pub(super) async fn connect(options: impl Into<Opts> + Send) -> Result<Conn, Error> {
    let options = options.into();
    if let Some(path) = options.socket()
        && options.pass().is_some_and(|password| !password.is_empty())
    {
        socket::verify(Path::new(path)).map_err(|error| match error {
            SocketError::Untrusted(socket) => Error::Other(socket.into()),
            SocketError::Io(error) => error.into(),
        })?;
    }
    Conn::new(options).await
}
