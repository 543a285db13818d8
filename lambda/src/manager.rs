//! What the manager that started us is told, as systemd asks for it in a unit of `Type=notify`.
//!
//! The protocol is that of `sd_notify(3)`: a datagram to the socket that `NOTIFY_SOCKET` names. Without that variable,
//! as under Lambda or in a container, nothing is told to anyone.

use tracing::warn;

/// What a manager waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Whoever depends on us can be started.
    Ready,
    /// We are ending, and wanted to.
    Stopping,
}

impl State {
    #[cfg(target_os = "linux")]
    const fn message(self) -> &'static [u8] {
        match self {
            Self::Ready => b"READY=1",
            Self::Stopping => b"STOPPING=1",
        }
    }
}

/// Tells the manager, if one wants to know; a manager that cannot be reached is only logged.
pub fn tell(state: State) {
    if let Err(error) = send(state) {
        warn!(%error, ?state, "the manager named by NOTIFY_SOCKET cannot be told");
    }
}

#[cfg(target_os = "linux")]
fn send(state: State) -> std::io::Result<()> {
    use std::os::linux::net::SocketAddrExt as _;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::net::{SocketAddr, UnixDatagram};

    let Some(name) = std::env::var_os("NOTIFY_SOCKET").filter(|name| !name.is_empty()) else {
        return Ok(());
    };
    let address = match name.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
        _ => SocketAddr::from_pathname(&name)?,
    };
    UnixDatagram::unbound()?.send_to_addr(state.message(), &address)?;
    Ok(())
}

#[cfg(not(target_os = "linux"))]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere there is no such manager")]
fn send(_: State) -> std::io::Result<()> {
    Ok(())
}
