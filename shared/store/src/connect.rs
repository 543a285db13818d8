//! The one way to a connection.

use std::path::Path;

use mysql_async::{Conn, Error, Opts};

use crate::socket::{self, SocketError};

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
