//! Starting, stopping and logging.

use hyper::StatusCode;
use kami_testkit::{Client, Function, Program, Proxy, TestDatabase, eventually};
#[cfg(target_os = "linux")]
use kami_testkit::{PATIENCE, unique_name};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
#[cfg(target_os = "linux")]
use tokio::net::UnixDatagram;

use crate::{API, EXPIRE, start};

#[tokio::test]
async fn wrong_settings_are_all_said_at_once_and_nothing_starts() {
    for binary in [API, EXPIRE] {
        let variables = [
            ("DATABASE_URL", "mysql://kami:secret@localhost"),
            ("KAMI_LISTEN", "here"),
            ("KAMI_LOG", "loud"),
        ];
        let mut program = Program::start(binary, &[], &variables);
        assert_eq!(program.ended().await.code(), Some(2));
        program.printed("KAMI_LOG: use text or json").await;
        let output = program.output();
        assert!(output.contains("DATABASE_URL: no database is named"), "{output}");
        assert_eq!(output.contains("KAMI_LISTEN:"), binary == API, "only what listens reads it: {output}");
        assert!(!output.contains("secret"), "{output}");
    }
}

#[tokio::test]
async fn a_taken_port_is_said_clearly() {
    let (database, function) = start().await;
    let url = database.url();
    let mut second = Program::start(API, &[], &[("DATABASE_URL", &url), ("KAMI_LISTEN", function.address())]);
    assert_eq!(second.ended().await.code(), Some(1));
    let line = second.printed("cannot listen on").await;
    assert!(line.contains(function.address()) && line.contains("KAMI_LISTEN"), "{line}");
}

#[tokio::test]
async fn requests_in_flight_finish_when_it_is_asked_to_stop() {
    let database = TestDatabase::create().await;
    database.insert_card("VIP", "ONE").await;
    let proxy = Proxy::start(database.port()).await;
    let mut function = Function::start(API, &database.url_through(proxy.port())).await;
    let idle = TcpStream::connect(function.address()).await.unwrap();
    let mut client = function.client().await;
    assert_eq!(client.get("/health").await.status, StatusCode::OK);

    proxy.stall(true);
    let commands = proxy.commands();
    let asking = tokio::spawn(async move { client.validate("VIP-ONE", "PC-1").await });
    eventually("the request waits for the database", async || (proxy.commands() > commands).then_some(()))
        .await;
    function.program.terminate();
    eventually("no new connection is taken", async || TcpStream::connect(function.address()).await.err())
        .await;
    proxy.stall(false);
    assert_eq!(asking.await.unwrap().status, StatusCode::OK);
    assert!(function.program.ended().await.success());
    function.program.printed("stopped").await;
    drop(idle);
}

/// What comes into the socket of a manager next.
#[cfg(target_os = "linux")]
async fn told(manager: &UnixDatagram) -> String {
    let mut message = [0; 64];
    let length = tokio::time::timeout(PATIENCE, manager.recv(&mut message)).await.expect("a word").unwrap();
    String::from_utf8_lossy(&message[..length]).into_owned()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_manager_is_told_when_it_serves_and_when_it_ends() {
    let name = unique_name("kami_manager");
    let path = std::env::temp_dir().join(&name).to_str().unwrap().to_owned();
    let sockets =
        [(UnixDatagram::bind(&path).unwrap(), path.clone()), (abstract_socket(&name), format!("@{name}"))];
    for (manager, address) in &sockets {
        let variables = [
            ("DATABASE_URL", "mysql://kami@127.0.0.1:1/kamisystem"),
            ("KAMI_LISTEN", "127.0.0.1:0"),
            ("NOTIFY_SOCKET", address),
        ];
        let mut program = Program::start(API, &[], &variables);
        assert_eq!(told(manager).await, "READY=1", "{address}");
        let listening = program.printed_after("listening on http://").await;
        let answer = Client::connect(&listening).await.get("/health").await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "it waits for no database");
        program.terminate();
        assert_eq!(told(manager).await, "STOPPING=1", "{address}");
        assert!(program.ended().await.success());

        let mut job = Program::start(EXPIRE, &["--every", "1h"], &variables);
        assert_eq!(told(manager).await, "READY=1", "{address}");
        job.terminate();
        assert_eq!(told(manager).await, "STOPPING=1", "{address}");
        assert!(job.ended().await.success());
    }
    std::fs::remove_file(path).unwrap();
}

/// A manager's socket whose name is in no folder, as inside some containers.
#[cfg(target_os = "linux")]
fn abstract_socket(name: &str) -> UnixDatagram {
    use std::os::linux::net::SocketAddrExt as _;
    use std::os::unix::net::{SocketAddr, UnixDatagram as Blocking};

    let socket = Blocking::bind_addr(&SocketAddr::from_abstract_name(name).unwrap()).unwrap();
    socket.set_nonblocking(true).unwrap();
    UnixDatagram::from_std(socket).unwrap()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_manager_that_is_gone_keeps_nothing_from_starting() {
    let database = TestDatabase::create().await;
    let url = database.url();
    let variables = [("DATABASE_URL", url.as_str()), ("NOTIFY_SOCKET", "/nowhere/notify")];
    let function = Function::start_with(API, &variables).await;
    function.program.printed("NOTIFY_SOCKET cannot be told").await;
    assert_eq!(function.client().await.get("/health").await.status, StatusCode::OK);
}

#[tokio::test]
async fn no_log_line_holds_a_secret() {
    let database = TestDatabase::create().await;
    database.insert_card("VIP", "TOPSECRETCODE").await;
    let proxy = Proxy::start(database.port()).await;
    let url = database.url_through(proxy.port());
    let variables = [("DATABASE_URL", url.as_str()), ("KAMI_LISTEN", "127.0.0.1:0"), ("KAMI_LOG", "json")];
    let program = Program::start(API, &[], &variables);
    let line = program.printed("listening on http://").await;
    let listening: serde_json::Value = serde_json::from_str(&line).expect("one JSON object a line");
    let address =
        listening["message"].as_str().unwrap().strip_prefix("listening on http://").unwrap().to_owned();

    let mut client = Client::connect(&address).await;
    assert_eq!(client.validate("VIP-TOPSECRETCODE", "SECRETMACHINE").await.status, StatusCode::OK);
    assert_eq!(client.validate("VIP-TOPSECRETCODE", "ANOTHERMACHINE").await.status, StatusCode::FORBIDDEN);
    proxy.stall(true);
    assert_eq!(
        client.validate("VIP-TOPSECRETCODE", "SECRETMACHINE").await.status,
        StatusCode::SERVICE_UNAVAILABLE
    );
    proxy.stall(false);
    database.execute("DROP TABLE cards").await;
    assert_eq!(client.get("/api/status/VIP-TOPSECRETCODE").await.status, StatusCode::INTERNAL_SERVER_ERROR);

    program.printed("answered with 500").await;
    let output = program.output();
    assert!(output.contains("answered with 503"), "{output}");
    let password = url.split([':', '@']).nth(2).unwrap();
    for secret in ["TOPSECRETCODE", "SECRETMACHINE", "ANOTHERMACHINE", password] {
        assert!(!output.contains(secret), "{output}");
    }
}

#[tokio::test]
async fn a_client_that_sends_its_head_too_slowly_is_let_go_of_at_shutdown() {
    let (_database, mut function) = start().await;
    let mut slow = TcpStream::connect(function.address()).await.unwrap();
    slow.write_all(b"POST /api/validate HTTP/1.1\r\nHost: k").await.unwrap();
    assert_eq!(function.client().await.get("/health").await.status, StatusCode::OK);
    function.program.terminate();
    let mut rest = Vec::new();
    slow.read_to_end(&mut rest).await.unwrap();
    assert!(function.program.ended().await.success());
}

#[tokio::test]
async fn a_container_without_an_http_client_can_ask_whether_it_is_well() {
    let database = TestDatabase::create().await;
    let proxy = Proxy::start(database.port()).await;
    let function = Function::start(API, &database.url_through(proxy.port())).await;
    let port = function.address().rsplit(':').next().unwrap();
    let ask = async |address: &str| {
        let mut asking = Program::start(API, &["--health"], &[("KAMI_LISTEN", address)]);
        let code = asking.ended().await.code();
        (code, asking)
    };
    assert_eq!(ask(&format!("0.0.0.0:{port}")).await.0, Some(0), "without a word of the database");
    proxy.stall(true);
    let unwell = eventually("it is unwell, once its last answer is too old", async || {
        let (code, asking) = ask(function.address()).await;
        (code == Some(1)).then_some(asking)
    })
    .await;
    unwell.printed("but not its database").await;
    let (code, away) = ask("127.0.0.1:1").await;
    assert_eq!(code, Some(1));
    away.printed("does not answer at 127.0.0.1:1").await;
    assert_eq!(ask("here").await.0, Some(2));
}
