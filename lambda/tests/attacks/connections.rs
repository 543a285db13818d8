//! Connections that are opened and held.

use std::net::{Ipv4Addr, SocketAddr};

use kami_testkit::{Client, Function, Program, TestDatabase, eventually};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpSocket, TcpStream};

use crate::{API, figure, start_counted};

/// What 20,000 idle connections may take, in KiB.
const MEMORY: u64 = 150 * 1024;

/// How many of them are played: as many as a usual limit on open files leaves a test.
const IDLE: u64 = 8_000;

/// Connects to the function from an address of the loopback, and sends the beginning of a request.
async fn hold(function: &Function, from: Ipv4Addr, beginning: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(from.into(), 0)).unwrap();
    let mut stream = socket.connect(function.address().parse().unwrap()).await.unwrap();
    stream.write_all(beginning.as_bytes()).await.unwrap();
    stream
}

/// The value of a metric.
pub(crate) async fn metric(metrics: &str, name: &str) -> u64 {
    let (_, text) = Client::connect(metrics).await.text("/metrics").await;
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
    value.unwrap_or_else(|| panic!("no {name} in {text}"))
}

/// The memory of a process, in KiB.
pub(crate) fn memory(function: &Function) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", function.program.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// A customer's request and a look at health are answered.
async fn serves(database: &TestDatabase, function: &Function) {
    database.insert_card("VIP", "ONE").await;
    assert_eq!(function.client().await.validate("VIP-ONE", "PC-1").await.status, 200);
    let variables = [("DATABASE_URL", database.url()), ("KAMI_LISTEN", function.address().to_owned())];
    let variables = variables.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert!(Program::start(API, &["--health"], &variables).ended().await.success());
}

#[tokio::test]
async fn one_address_holds_no_more_than_its_share() {
    let (database, function, metrics) = start_counted(&[]).await;
    let mut held = Vec::new();
    for _ in 0..1_100 {
        held.push(hold(&function, Ipv4Addr::new(127, 0, 0, 2), "GET / HTTP/1.1\r\nHost: k").await);
    }
    serves(&database, &function).await;
    let closed = "kami_http_connections_turned_away_total{reason=\"idle_of_client\"}";
    eventually("the others gave way", async || (metric(&metrics, closed).await >= 1_036).then_some(())).await;
    let open = metric(&metrics, "kami_http_connections ").await;
    figure("1,100 held connections from one address", format!("{open} are open"));
    assert!(open <= 66, "{open}");
    let told = function.program.output().matches("KAMI_TRUSTED_PROXIES").count();
    assert_eq!(told, 1, "{}", function.program.output());
}

#[tokio::test]
async fn many_addresses_leave_room_for_a_customer() {
    let (database, function, metrics) = start_counted(&[("KAMI_MAX_CONNECTIONS", "200")]).await;
    let mut held = Vec::new();
    for from in 2..42 {
        for _ in 0..32 {
            held.push(hold(&function, Ipv4Addr::new(127, 0, 1, from), "").await);
        }
    }
    serves(&database, &function).await;
    let open = metric(&metrics, "kami_http_connections ").await;
    figure("1,280 held connections from 40 addresses", format!("{open} are open of 200"));
    assert!(open <= 208, "{open}");
}

#[tokio::test]
async fn idle_connections_take_little_memory() {
    let settings = [("KAMI_MAX_CONNECTIONS", "20000"), ("KAMI_TRUSTED_PROXIES", "127.0.0.0/8")];
    let (_database, function, metrics) = start_counted(&settings).await;
    let before = memory(&function);
    let mut held = Vec::new();
    for _ in 0..IDLE {
        held.push(hold(&function, Ipv4Addr::new(127, 0, 0, 2), "").await);
    }
    let all = async || (metric(&metrics, "kami_http_connections ").await == IDLE).then_some(());
    eventually("all are open", all).await;
    let each = (memory(&function) - before) * 1024 / IDLE;
    let in_all = before + each * 20_000 / 1024;
    figure("20,000 idle connections", format!("{each} bytes each, {} MiB in all", in_all / 1024));
    assert!(in_all < MEMORY, "{in_all} KiB");
}
