//! A stranger who answers in a database server's place and wants the password.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, UnixListener};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::Certificates;

/// What the stranger asks for once it knows the account's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demand {
    /// The password itself, as MySQL does where it does not have an account of `caching_sha2_password` in its cache.
    Password,
    /// An answer by another plugin.
    Plugin(&'static str),
    /// An answer by the plugin of servers that are 20 years old, in their words.
    OldPlugin,
}

/// A server that speaks MySQL's protocol up to its demand, writes down what it is told then, and refuses the login.
#[derive(Clone, Debug)]
pub struct RogueServer {
    demand: Demand,
    port: u16,
    told: Arc<Mutex<Vec<Vec<u8>>>>,
    /// How many connections have come to their end.
    ended: Arc<Mutex<usize>>,
}

/// The stranger's own key, to which it has the other half.
pub const ROGUE_KEY: &str = "-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA8Gu/4XOs1BPvNJcTmy7K
K14XrtVhwwA8keMUSNNNURQ9ML1yEyJg6x1HQxIfvachwN6qUKlJsnbho/z+Ezcv
xEIQN/epHaTtah0G5897/RLp1TdYTzddJGBjpHL5+X9XJVbNk16lg3Xlg74CiWK2
7KwC4rDDdjlNA3pD3hO5figfBLOkPdJOF+g1bFTUvysdUl8J2plYeaUcLnEOGsEY
aefD4EsKTkO02T/kQVdppoUK8prMKS4d7+Jr1s3XiTdoi/feSQPdjpqGC2jQtQFS
GMhoiKZlY4vDiJrT/MwbkyYdqxY5A15BdkyzfBd1Uj2rHvsHjyj5KSbtBXFFSawM
IQIDAQAB
-----END PUBLIC KEY-----
";

const NONCE: &[u8; 20] = b"abcdefghijklmnopqrst";

/// `CLIENT_SSL`.
const TLS: u32 = 0x800;

/// Protocol 4.1, databases, transactions, a nonce of 20 bytes, plugins, and TLS.
const CAPABILITIES: u32 = 0x0108_a209 | TLS;

impl RogueServer {
    /// Starts it on a free port of this machine, with TLS by a certificate of its own.
    pub async fn start(demand: Demand) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let rogue = Self::new(demand, listener.local_addr().unwrap().port());
        let serving = rogue.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                serving.attend(stream);
            }
        });
        rogue
    }

    /// Starts it on a Unix socket.
    pub fn start_on(socket: &Path, demand: Demand) -> Self {
        let listener = UnixListener::bind(socket).unwrap();
        let rogue = Self::new(demand, 0);
        let serving = rogue.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                serving.attend(stream);
            }
        });
        rogue
    }

    fn new(demand: Demand, port: u16) -> Self {
        Self { demand, port, told: Arc::default(), ended: Arc::default() }
    }

    /// The address of a database on it, for the account `kami` with the password `open-sesame`.
    pub fn url_with(&self, parameters: &str) -> String {
        format!("mysql://kami:open-sesame@127.0.0.1:{}/kamisystem?{parameters}", self.port)
    }

    /// What it was told after its demand, a packet each; nothing of it is a leave taken.
    pub fn told(&self) -> Vec<Vec<u8>> {
        self.told.lock().unwrap().clone()
    }

    /// How many connections have come to their end.
    pub fn ended(&self) -> usize {
        *self.ended.lock().unwrap()
    }

    fn attend(&self, stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) {
        let rogue = self.clone();
        tokio::spawn(async move {
            // Whoever has heard enough hangs up.
            drop(rogue.serve(stream).await);
            *rogue.ended.lock().unwrap() += 1;
        });
    }

    async fn serve(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
        write_packet(&mut stream, 0, &greeting()).await?;
        let (number, hello) = read_packet(&mut stream).await?;
        if hello.len() == 32 && u32::from_le_bytes(hello[..4].try_into().unwrap()) & TLS != 0 {
            let mut stream = acceptor().accept(stream).await?;
            let (number, _) = read_packet(&mut stream).await?;
            self.demand(&mut stream, number + 1).await
        } else {
            self.demand(&mut stream, number + 1).await
        }
    }

    async fn demand(&self, stream: &mut (impl AsyncRead + AsyncWrite + Unpin), number: u8) -> io::Result<()> {
        let demand = match self.demand {
            Demand::Password => vec![1, 4],
            Demand::Plugin(name) => [&[0xfe], name.as_bytes(), &[0], NONCE, &[0]].concat(),
            Demand::OldPlugin => vec![0xfe],
        };
        write_packet(stream, number, &demand).await?;
        loop {
            let (number, packet) = read_packet(stream).await?;
            let asks_for_the_key = packet == [2];
            self.told.lock().unwrap().push(packet);
            if asks_for_the_key {
                write_packet(stream, number + 1, &[&[1], ROGUE_KEY.as_bytes()].concat()).await?;
            } else {
                write_packet(stream, number + 1, b"\xff\x15\x04#28000Access denied").await?;
            }
        }
    }
}

pub(crate) fn greeting() -> Vec<u8> {
    let [low, lower, high, higher] = CAPABILITIES.to_le_bytes();
    [
        b"\x0a8.4.0\0",
        &[1, 0, 0, 0][..],
        &NONCE[..8],
        &[0, low, lower, 255, 2, 0, high, higher, 21],
        &[0; 10],
        &NONCE[8..],
        b"\0caching_sha2_password\0",
    ]
    .concat()
}

fn acceptor() -> TlsAcceptor {
    let certificates = Certificates::make();
    let chain = vec![CertificateDer::from_pem_file(certificates.file("server.pem")).unwrap()];
    let key = PrivateKeyDer::from_pem_file(certificates.file("server.key")).unwrap();
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
    TlsAcceptor::from(Arc::new(config))
}

pub(crate) async fn read_packet(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<(u8, Vec<u8>)> {
    let mut head = [0; 4];
    stream.read_exact(&mut head).await?;
    let [low, middle, high, number] = head;
    let mut packet = vec![0; u32::from_le_bytes([low, middle, high, 0]) as usize];
    stream.read_exact(&mut packet).await?;
    Ok((number, packet))
}

pub(crate) async fn write_packet(
    stream: &mut (impl AsyncWrite + Unpin),
    number: u8,
    packet: &[u8],
) -> io::Result<()> {
    let [low, middle, high, _] = u32::try_from(packet.len()).unwrap().to_le_bytes();
    stream.write_all(&[&[low, middle, high, number], packet].concat()).await?;
    stream.flush().await
}
