//! The database dies under load and comes back.

use std::sync::Arc;

use hyper::StatusCode;
use kami_testkit::{Function, PrivateServer, TestDatabase, eventually};

use crate::load::{Asker, Seen, ask, insert_cards};
use crate::{API, start};

const CARDS: usize = 3000;
const CLIENTS: usize = 24;
const CRASHES: usize = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_database_costs_503s_and_nothing_else() {
    let server = tokio::task::spawn_blocking(|| PrivateServer::start(&[])).await.unwrap();
    let database = TestDatabase::create_on(&server.url()).await;
    insert_cards(&database, CARDS).await;
    let function = Function::start(API, &database.url()).await;
    let seen = Arc::<Seen>::default();
    let mut clients = Vec::new();
    for number in 0..CLIENTS {
        let asker = Asker::new(number, CARDS);
        clients.push(tokio::spawn(ask(asker, function.client().await, Arc::clone(&seen))));
    }
    let mut health = function.client().await;
    for _ in 0..CRASHES {
        seen.activated(50).await;
        let before = seen.unavailable();
        server.kill();
        eventually("clients are told", async || (seen.unavailable() > before).then_some(())).await;
        eventually("health says so", async || {
            (health.get("/health").await.status == StatusCode::SERVICE_UNAVAILABLE).then_some(())
        })
        .await;
        server.restart();
        eventually("it recovers by itself", async || {
            (health.get("/health").await.status == StatusCode::OK).then_some(())
        })
        .await;
        assert!(clients.iter().all(|client| !client.is_finished()));
    }
    seen.stop();
    for client in clients {
        client.await.unwrap();
    }
    seen.check(&database).await;
    assert!(!function.program.output().contains("a panic"));
}

#[tokio::test]
async fn health_says_within_a_moment_that_the_database_hangs() {
    let database = TestDatabase::create().await;
    let proxy = kami_testkit::Proxy::start(database.port()).await;
    let function = Function::start(API, &database.url_through(proxy.port())).await;
    let mut client = function.client().await;
    assert_eq!(client.validate("VIP-ONE", "PC-1").await.status, StatusCode::NOT_FOUND);
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
    eventually("it recovers by itself", async || {
        (client.get("/health").await.status == StatusCode::OK).then_some(())
    })
    .await;
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
