//! Lines to a server from this machine's many addresses: all of 127.0.0.0/8 is its own.

use std::io;
use std::net::{IpAddr, SocketAddr};

use tokio::net::{TcpSocket, TcpStream};

/// Connects to `address`, such as `127.0.0.1:5000`, as somebody who is at `source`, such as 127.0.2.7.
pub async fn line_from(source: [u8; 4], address: &str) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::new(IpAddr::from(source), 0))?;
    socket.connect(address.parse().map_err(io::Error::other)?).await
}
