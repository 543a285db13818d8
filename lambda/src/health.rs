//! Asking a running `kami-api` whether it is well, for containers and process managers that have no HTTP client.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context as _, bail};
use axum::body::Body;
use hyper::client::conn::http1::handshake;
use hyper::header::HOST;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// How long the answer may take: longer than the API itself waits for its database, and less than those who ask do.
pub const LIMIT: Duration = Duration::from_secs(4);

/// Asks the health route of the `kami-api` that serves on this address; an error says what is wrong.
pub(crate) async fn check(listen: SocketAddr) -> anyhow::Result<()> {
    let address = reachable(listen)?;
    match tokio::time::timeout(LIMIT, ask(address)).await {
        Ok(Ok(StatusCode::OK)) => Ok(()),
        Ok(Ok(StatusCode::SERVICE_UNAVAILABLE)) => bail!("kami-api runs at {address}, but not its database"),
        Ok(Ok(status)) => bail!("what answers at {address} is no kami-api: {status}"),
        Ok(Err(error)) => Err(error.context(format!("kami-api does not answer at {address}"))),
        Err(_) => bail!("kami-api at {address} did not answer within {} s", LIMIT.as_secs()),
    }
}

/// The address at which this machine reaches a server that listens there.
fn reachable(listen: SocketAddr) -> anyhow::Result<SocketAddr> {
    if listen.port() == 0 {
        bail!("KAMI_LISTEN has port 0, so nobody knows where kami-api listens");
    }
    let host = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    Ok(SocketAddr::new(host, listen.port()))
}

async fn ask(address: SocketAddr) -> anyhow::Result<StatusCode> {
    let stream = TcpStream::connect(address).await?;
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let request = Request::get("/health").header(HOST, address.to_string()).body(Body::empty());
    let answer = sender.send_request(request.context("no request")?).await?;
    Ok(answer.status())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_on_every_address_is_asked_on_this_machine() {
        for (listen, asked) in
            [("0.0.0.0:5000", "127.0.0.1:5000"), ("[::]:5000", "[::1]:5000"), ("10.0.0.7:80", "10.0.0.7:80")]
        {
            assert_eq!(reachable(listen.parse().unwrap()).unwrap().to_string(), asked);
        }
        assert!(reachable("127.0.0.1:0".parse().unwrap()).is_err());
    }
}
