//! The database dies under load and comes back.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use hyper::StatusCode;
use kami_testkit::{Client, Function, PrivateServer, TestDatabase, eventually};

use crate::{API, start};

const CARDS: usize = 3000;
const CLIENTS: usize = 24;
const CRASHES: usize = 3;

/// What the clients of a run saw.
#[derive(Debug, Default)]
struct Seen {
    /// The machines that were let in, by card.
    admitted: Mutex<HashMap<usize, HashSet<usize>>>,
    answered: AtomicUsize,
    unavailable: AtomicUsize,
    stop: AtomicBool,
}

/// Asks for one card after another until told to stop, each as one of two machines that contend for it.
async fn load(mut client: Client, number: usize, seen: Arc<Seen>) {
    let machine = number % 2;
    let mut card = number / 2;
    while !seen.stop.load(Ordering::SeqCst) {
        let answer = client.validate(&format!("LOAD-{card}"), &format!("PC-{machine}")).await;
        match answer.status {
            StatusCode::OK => {
                seen.admitted.lock().unwrap().entry(card).or_default().insert(machine);
            }
            StatusCode::FORBIDDEN => assert_eq!(answer.reason(), "machine_mismatch"),
            StatusCode::SERVICE_UNAVAILABLE => {
                assert!(answer.headers.contains_key("retry-after"));
                seen.unavailable.fetch_add(1, Ordering::SeqCst);
            }
            other => panic!("{other} {}", answer.body),
        }
        seen.answered.fetch_add(1, Ordering::SeqCst);
        card = (card + 7) % CARDS;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_database_costs_503s_and_nothing_else() {
    let server = tokio::task::spawn_blocking(|| PrivateServer::start(&[])).await.unwrap();
    let database = TestDatabase::create_on(&server.url()).await;
    let cards: Vec<_> = (0..CARDS).map(|card| format!("('LOAD', '{card}', 'LOAD-{card}')")).collect();
    database
        .execute(&format!("INSERT INTO cards (prefix, code, full_code) VALUES {}", cards.join(", ")))
        .await;
    let function = Function::start(API, &database.url()).await;
    let seen = Arc::<Seen>::default();
    let mut clients = Vec::new();
    for number in 0..CLIENTS {
        clients.push(tokio::spawn(load(function.client().await, number, Arc::clone(&seen))));
    }
    let mut health = function.client().await;
    for _ in 0..CRASHES {
        let before = seen.answered.load(Ordering::SeqCst);
        eventually("the load runs", async || {
            (seen.answered.load(Ordering::SeqCst) > before + 200).then_some(())
        })
        .await;
        let before = seen.unavailable.load(Ordering::SeqCst);
        server.kill();
        eventually("clients are told", async || {
            (seen.unavailable.load(Ordering::SeqCst) > before).then_some(())
        })
        .await;
        assert_eq!(health.get("/health").await.status, StatusCode::SERVICE_UNAVAILABLE);
        server.restart();
        eventually("it recovers by itself", async || {
            (health.get("/health").await.status == StatusCode::OK).then_some(())
        })
        .await;
        assert!(clients.iter().all(|client| !client.is_finished()));
    }
    seen.stop.store(true, Ordering::SeqCst);
    for client in clients {
        client.await.unwrap();
    }

    let bound: HashMap<usize, String> = database
        .rows::<(String, String)>("SELECT code, machine_code FROM cards WHERE status = 'ACTIVE'", ())
        .await
        .into_iter()
        .map(|(code, machine)| (code.parse().unwrap(), machine))
        .collect();
    let admitted = seen.admitted.lock().unwrap();
    assert!(admitted.len() > 100, "the load activated cards: {}", admitted.len());
    for (card, machines) in admitted.iter() {
        assert_eq!(machines.len(), 1, "card {card} was activated twice");
        assert_eq!(bound[card], format!("PC-{}", machines.iter().next().unwrap()), "card {card} was lost");
    }
    assert!(!function.program.output().contains("a panic"));
}

#[tokio::test]
async fn health_says_within_a_moment_that_the_database_hangs() {
    let database = TestDatabase::create().await;
    let proxy = kami_testkit::Proxy::start(database.port()).await;
    let function = Function::start(API, &database.url_through(proxy.port())).await;
    let mut client = function.client().await;
    assert_eq!(client.get("/health").await.status, StatusCode::OK);
    proxy.stall(true);
    let mut other = function.client().await;
    let validating = tokio::spawn(async move { other.validate("VIP-ONE", "PC-1").await });
    let answer = client.send("GET", "/api/health", &[("accept-language", "en")], "").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(!validating.is_finished(), "it waits for less than a request does");
    assert_eq!(validating.await.unwrap().status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.headers["retry-after"], "1");
    assert_eq!(answer.body["status"], "error");
    assert_eq!(answer.body["database"], "unavailable");
    assert_eq!(answer.body["reason"], "unavailable");
    assert_eq!(answer.body["message"], "The service is temporarily unavailable");
    proxy.stall(false);
    assert_eq!(client.get("/health").await.status, StatusCode::OK);
}

#[tokio::test]
async fn it_starts_without_a_database_and_serves_once_there_is_one() {
    let database = TestDatabase::absent();
    let function = Function::start(API, &database.url()).await;
    let mut client = function.client().await;
    let answer = client.validate("VIP-ONE", "PC-1").await;
    assert_eq!((answer.status, answer.reason()), (StatusCode::SERVICE_UNAVAILABLE, "unavailable"));
    database.store().migrate().await.unwrap();
    assert_eq!(client.validate("VIP-ONE", "PC-1").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_missing_schema_is_an_internal_error_that_tells_nothing() {
    let (database, function) = start().await;
    database.execute("DROP TABLE cards").await;
    let answer = function.client().await.validate("VIP-ONE", "PC-1").await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    let body = serde_json::json!({"status": "error", "reason": "internal", "message": "服务器内部错误"});
    assert_eq!(answer.body, body);
}
