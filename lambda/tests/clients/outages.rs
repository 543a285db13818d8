//! What an example makes of an outage, and of servers that misbehave.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::language::Language;
use crate::server::{Reply, Server, admission, error};
use crate::user::User;

in_each_language! {
    retries_an_outage
    gives_up_on_a_lasting_outage
    waits_longer_each_time
    waits_as_long_as_the_server_asks
    tells_who_guessed_too_often_to_wait
    takes_no_other_page_for_an_answer
    reports_a_server_that_is_not_there
    retries_after_a_stalled_answer
}

async fn retries_an_outage(language: Language) {
    let script = [
        Reply::error(503, "unavailable"),
        Reply::error(408, "request_timeout"),
        Reply::error(429, "too_many_requests"),
        Reply::admission(),
    ];
    let server = Server::start(script).await;
    let answer = User::new().run(language, &server.url, &["VIP-1"]).await;
    assert_eq!(answer, (0, "授权成功 (2026-01-01T15:00:00+08:00)".to_owned()));
    let requests = server.requests();
    assert_eq!(requests.len(), 4);
    assert!(requests.iter().all(|request| *request == requests[0]), "{requests:?}");
}

async fn gives_up_on_a_lasting_outage(language: Language) {
    // wishes that nobody could wait for, and some of a kind that the examples don't read
    for wishes in [["3600", "99999999999999999999", "-1"], ["Wed, 21 Oct 2099 07:28:00 GMT", "", "0.5"]] {
        let script = wishes.map(|wish| Reply::error(503, "unavailable").retry_after(wish));
        let server = Server::start(script).await;
        let from = Instant::now();
        let (exit, line) = User::new().run(language, &server.url, &["VIP-1"]).await;
        assert_eq!((exit, server.requests().len()), (2, 4), "{line}");
        assert!(line.contains("HTTP 503"), "{line}");
        assert!(from.elapsed() < Duration::from_secs(30), "after {wishes:?}: {:?}", from.elapsed());
    }
}

async fn waits_longer_each_time(language: Language) {
    let server = Server::start([Reply::error(500, "internal")]).await;
    let user = User { wait: "0.1", ..User::new() };
    assert_eq!(user.run(language, &server.url, &["VIP-1"]).await.0, 2);
    let pauses = server.pauses();
    for (pause, at_least) in pauses.iter().zip([100, 200, 400]) {
        assert!(*pause >= Duration::from_millis(at_least), "{pauses:?}");
    }
}

async fn waits_as_long_as_the_server_asks(language: Language) {
    let script = [Reply::error(503, "unavailable").retry_after("1"), Reply::admission()];
    let server = Server::start(script).await;
    let user = User { wait: "0.2", ..User::new() };
    assert_eq!(user.run(language, &server.url, &["VIP-1"]).await.0, 0);
    assert!(server.pauses()[0] >= Duration::from_secs(1), "{:?}", server.pauses());
}

async fn tells_who_guessed_too_often_to_wait(language: Language) {
    let server = Server::start([Reply::error(429, "too_many_misses").retry_after("1")]).await;
    let user = User { wait: "0.1", ..User::new() };
    let (exit, line) = user.run(language, &server.url, &["VIP-1"]).await;
    assert_eq!((exit, server.requests().len()), (2, 4), "{line}");
    assert!(line.contains("消息 too_many_misses"), "{line}");
    assert!(server.pauses().iter().all(|pause| *pause >= Duration::from_secs(1)), "{:?}", server.pauses());
}

async fn takes_no_other_page_for_an_answer(language: Language) {
    let portal = format!("<!DOCTYPE html>\n<html>\n<script>\n{}\n</script>\n</html>\n", admission());
    let pages = [
        Reply::page(200, &portal),
        Reply::page(200, ""),
        Reply::page(404, &portal),
        Reply::json(200, &json!({"ok": true})),
        Reply::json(200, &json!({"inner": admission()})),
        Reply::json(200, &json!([admission()])),
        Reply::json(200, &error("card_expired")),
        Reply::json(403, &admission()),
        Reply::json(403, &Value::Null),
        Reply::json(201, &admission()),
    ];
    let user = User::new();
    for pages in pages.chunks(4) {
        let server = Server::start(pages).await;
        let (exit, line) = user.run(language, &server.url, &["VIP-1"]).await;
        assert_eq!((exit, server.requests().len()), (2, 4), "{pages:?}: {line}");
        assert!(!line.contains("授权成功"), "{pages:?}: {line}");
    }
    // and it asks on until it gets one
    let server = Server::start([Reply::page(200, &portal), Reply::error(403, "card_expired")]).await;
    assert_eq!(user.run(language, &server.url, &["VIP-1"]).await.0, 1);
}

async fn reports_a_server_that_is_not_there(language: Language) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let (exit, line) = User::new().run(language, &url, &["VIP-1"]).await;
    assert_eq!(exit, 2, "{line}");
    assert!(line.contains("answer from the licence server: "), "{line}");
}

async fn retries_after_a_stalled_answer(language: Language) {
    let server = Server::start([Reply::Stall, Reply::admission()]).await;
    let user = User { timeout: "2", ..User::new() };
    let (exit, line) = user.run(language, &server.url, &["VIP-1"]).await;
    assert_eq!((exit, server.requests().len()), (0, 2), "{line}");
}
