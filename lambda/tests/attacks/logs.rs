//! Requests that each have something to log do not fill the log, and a log that nobody reads stops nobody.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::Stdio;
use std::time::Instant;

use kami_store::draw_password;
use kami_testkit::{Client, Function, Signal, TestDatabase, eventually, send_signal, unique_name};
use tokio::process::Command;

use crate::{API, figure};

/// How many requests are sent at once, and how many after each other on each line.
const CLIENTS: usize = 8;
const REQUESTS: usize = 500;

/// The most that a flood may write at once and in each second, in bytes: two places have their say.
const FEW: usize = 4 * 1024;
const FEW_A_SECOND: usize = 1024;

/// The most that a flood that has `begun` then may have written by now.
fn few(begun: Instant) -> usize {
    FEW + FEW_A_SECOND * usize::try_from(begun.elapsed().as_secs() + 1).unwrap()
}

/// Sends each client's requests; returns how many answers had that status.
async fn flood(function: &Function, path: &'static str, status: u16) -> usize {
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        let mut client = function.client().await;
        clients.push(tokio::spawn(async move {
            let mut answered = 0;
            for _ in 0..REQUESTS {
                answered += usize::from(client.get(path).await.status == status);
            }
            answered
        }));
    }
    let mut answered = 0;
    for client in clients {
        answered += client.await.unwrap();
    }
    answered
}

/// Stops the program and adds up the lines with that text and those for which they speak; returns that and the bytes of
/// the whole log.
async fn logged(mut function: Function, text: &str) -> (usize, usize) {
    function.program.terminate();
    assert!(function.program.ended().await.success());
    let log = function.program.output();
    let told = log.lines().filter(|line| line.contains(text)).map(|line| {
        let repeated = line.split_once("repeated=").map_or(0, |(_, number)| number.parse().unwrap());
        repeated + usize::from(!line.contains("held back: "))
    });
    (told.sum(), log.len())
}

#[tokio::test]
async fn requests_without_a_database_write_a_few_lines_that_count_them_all() {
    let nobody = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    let function = Function::start(API, &format!("mysql://kami:secret@{nobody}/kamisystem")).await;
    let begun = Instant::now();
    let failed = flood(&function, "/api/status/VIP-ONE", 503).await;
    let (told, bytes) = logged(function, "answered with 503").await;
    figure("requests without a database", format!("{failed} requests, {bytes} bytes of log"));
    assert_eq!((failed, told), (CLIENTS * REQUESTS, CLIENTS * REQUESTS));
    assert!(bytes < few(begun), "{bytes}");
}

#[tokio::test]
async fn expiries_that_are_refused_write_a_few_lines_that_count_them_all() {
    let database = TestDatabase::create().await;
    database.insert_card("VIP", "ONE").await;
    database
        .execute("UPDATE cards SET status = 'ACTIVE', expire_at = UTC_TIMESTAMP() - INTERVAL 1 DAY")
        .await;
    let (name, password) = (unique_name("k"), draw_password().unwrap());
    database.execute(&format!("CREATE USER '{name}'@'127.0.0.1' IDENTIFIED BY '{password}'")).await;
    database.execute(&format!("GRANT SELECT ON `{}`.* TO '{name}'@'127.0.0.1'", database.name())).await;
    let function = Function::start(API, &database.as_account(&name, &password).url()).await;
    let begun = Instant::now();
    let answered = flood(&function, "/api/status/VIP-ONE", 200).await;
    let (told, bytes) = logged(function, "could not be marked").await;
    figure("refused expiries", format!("{answered} requests, {bytes} bytes of log"));
    assert_eq!((answered, told), (CLIENTS * REQUESTS, CLIENTS * REQUESTS));
    assert!(bytes < few(begun), "{bytes}");
}

/// What a program writes into `log` waits for ever, as into a pipe whose reader has stopped.
fn fill(mut log: &UnixStream) -> usize {
    log.set_nonblocking(true).unwrap();
    let mut filled = 0;
    let full = loop {
        match log.write(&[b'\n'; 1024]) {
            Ok(written) => filled += written,
            Err(error) => break error.kind(),
        }
    };
    assert_eq!(full, io::ErrorKind::WouldBlock);
    log.set_nonblocking(false).unwrap();
    filled
}

#[tokio::test]
async fn a_log_that_nobody_reads_stops_nobody() {
    let (mut reader, log) = UnixStream::pair().unwrap();
    let filled = fill(&log);
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().to_string();
    let mut program = Command::new(API)
        .env("KAMI_LISTEN", &free)
        .env("DATABASE_URL", "mysql://kami:secret@127.0.0.1:1/kamisystem")
        .stderr(Stdio::from(OwnedFd::from(log)))
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    eventually("it listens", async || TcpStream::connect(&free).ok()).await;
    let mut client = Client::connect(&free).await;
    for _ in 0..REQUESTS {
        assert_eq!(client.validate("VIP-ONE", "PC-1").await.status, 503);
    }
    figure("a log that nobody reads", format!("{REQUESTS} requests answered"));
    send_signal(program.id().unwrap(), Signal::TERM);
    let read = tokio::task::spawn_blocking(move || {
        let mut log = Vec::new();
        reader.read_to_end(&mut log).map(|_| log)
    });
    assert!(program.wait().await.unwrap().success());
    let log = String::from_utf8(read.await.unwrap().unwrap().split_off(filled)).unwrap();
    assert!(log.contains("listening on") && log.contains("answered with 503"), "{log}");
}
