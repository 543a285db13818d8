//! Questions whose asker goes away, at whatever point: the connections go on.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use kami_store::{Client, HEALTH_LIMIT, REQUEST_LIMIT, Store, StoreError, Validation};
use kami_testkit::{Proxy, TestDatabase, eventually};
use tokio::net::TcpListener;
use tokio::time::Instant;

use crate::{code, machine};

const POOL: usize = 3;

/// A store with few connections behind a proxy.
async fn behind_proxy(database: &TestDatabase) -> (Store, Proxy) {
    let proxy = Proxy::start(database.port()).await;
    let url = format!("{}&pool={POOL}", database.url_through(proxy.port()));
    (Store::new(&url.parse().unwrap()), proxy)
}

/// Lets work go on until it has been polled so often, and drops it then; whether it came to its end before.
async fn hang_up_after(polls: usize, work: impl Future) -> bool {
    let mut work = pin!(work);
    let mut polled = 0;
    poll_fn(|context| {
        if polled == polls {
            return Poll::Ready(false);
        }
        polled += 1;
        work.as_mut().poll(context).map(|_| true)
    })
    .await
}

#[tokio::test]
async fn a_connection_that_is_being_made_is_made_for_the_next() {
    let database = TestDatabase::create().await;
    let (store, proxy) = behind_proxy(&database).await;
    proxy.stall(true);
    for begun in 1..=POOL {
        let asking = tokio::spawn({
            let store = store.clone();
            async move { store.now().await }
        });
        eventually("a connection is begun", async || (proxy.connections() == begun).then_some(())).await;
        asking.abort();
        assert!(asking.await.unwrap_err().is_cancelled());
    }
    proxy.stall(false);
    for _ in 0..2 * POOL {
        store.now().await.unwrap();
    }
    assert_eq!(proxy.connections(), POOL);
}

#[tokio::test]
async fn whoever_hangs_up_at_whatever_point_costs_no_connection() {
    let database = TestDatabase::create().await;
    for unused in 0..10 {
        database.insert_card("VIP", &unused.to_string()).await;
    }
    let (store, proxy) = behind_proxy(&database).await;
    let mut made = 0;
    for card in 0..10 {
        for polls in 0.. {
            let (card, asker) = (code(&format!("VIP-{card}")), machine("PC-1"));
            let overdue = "UPDATE cards SET expire_at = '2020-01-01' WHERE status = 'ACTIVE' AND id % 2 = 0;
                UPDATE policy_revision SET revision = revision + 1";
            let client = Client { version: "1".parse().ok(), ..Client::default() };
            let work = async {
                store.health().await.unwrap();
                store.status(&code("VIP-NONE"), None, &Client::default()).await.unwrap().unwrap_err();
                store.validate(&card, &asker, &client).await.unwrap();
                database.execute(overdue).await;
                store.validate(&card, &asker, &client).await.unwrap();
            };
            made += 1;
            if hang_up_after(polls, work).await {
                break;
            }
        }
    }
    assert!(made > 30, "few points were tried: {made}");
    assert!(proxy.connections() <= POOL, "{} connections for {made} hang-ups", proxy.connections());
    store.now().await.unwrap();
}

#[tokio::test]
async fn what_was_begun_for_a_client_is_done_though_it_hangs_up() {
    let database = TestDatabase::create().await;
    database.insert_card("VIP", "ONE").await;
    let (store, proxy) = behind_proxy(&database).await;
    store.status(&code("VIP-ONE"), None, &Client::default()).await.unwrap().unwrap();
    let looked = proxy.commands();
    let asking = tokio::spawn({
        let store = store.clone();
        async move { store.validate(&code("VIP-ONE"), &machine("PC-1"), &Client::default()).await }
    });
    eventually("the activation is sent", async || (proxy.commands() > looked + 1).then_some(())).await;
    asking.abort();
    eventually("the card is activated", async || {
        let card = store.status(&code("VIP-ONE"), None, &Client::default()).await.ok()?.ok()?.card;
        (card.machine_code.as_deref() == Some("PC-1")).then_some(())
    })
    .await;
    assert!(proxy.connections() <= POOL);
}

#[tokio::test]
async fn health_is_asked_once_for_all_who_wait() {
    let database = TestDatabase::create().await;
    let (store, proxy) = behind_proxy(&database).await;
    store.now().await.unwrap();
    let before = proxy.commands();
    proxy.stall(true);
    let mut checks: Vec<_> = (0..50)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.health().await })
        })
        .collect();
    eventually("it is asked", async || (proxy.commands() > before).then_some(())).await;
    // The one who asked first hangs up.
    checks.remove(0).abort();
    proxy.stall(false);
    for check in checks {
        check.await.unwrap().unwrap();
    }
    assert_eq!(proxy.commands(), before + 1);
}

/// The port of a server that accepts connections and never says a word, and how many it has.
async fn silent_server() -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let accepted = Arc::<AtomicUsize>::default();
    tokio::spawn({
        let accepted = Arc::clone(&accepted);
        async move {
            let mut lines = Vec::new();
            while let Ok((line, _)) = listener.accept().await {
                lines.push(line);
                accepted.fetch_add(1, Ordering::SeqCst);
            }
        }
    });
    (port, accepted)
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_answers_is_tried_by_all_places_once_and_then_by_one_at_a_time() {
    let (port, accepted) = silent_server().await;
    let store = Store::new(&format!("mysql://kami@127.0.0.1:{port}/kami?pool={POOL}").parse().unwrap());
    let started = Instant::now();
    while started.elapsed().as_secs() < 100 {
        let (now, status) = (store.now(), code("VIP-ONE"));
        let client = Client::default();
        let (now, status) = tokio::join!(now, store.status(&status, None, &client));
        assert!(matches!((now, status), (Err(StoreError::TimedOut), Err(StoreError::TimedOut))));
    }
    let accepted = accepted.load(Ordering::SeqCst);
    assert!(accepted <= POOL + 10, "{accepted} handshakes were begun in 100 seconds");
}

#[tokio::test(start_paused = true)]
async fn leave_is_taken_though_a_server_never_answers() {
    let (port, _) = silent_server().await;
    let store = Store::new(&format!("mysql://kami@127.0.0.1:{port}/kami").parse().unwrap());
    store.now().await.unwrap_err();
    let started = Instant::now();
    store.close().await;
    assert!(started.elapsed() < REQUEST_LIMIT, "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_server_that_answers_again_is_used_again_by_all() {
    let database = TestDatabase::create().await;
    database.insert_card("VIP", "ONE").await;
    let (store, proxy) = behind_proxy(&database).await;
    proxy.stall(true);
    let started = Instant::now();
    for _ in 0..2 {
        assert!(matches!(store.now().await, Err(StoreError::TimedOut)));
    }
    assert!(started.elapsed() >= 2 * HEALTH_LIMIT);
    proxy.stall(false);
    let validation = store.validate(&code("VIP-ONE"), &machine("PC-1"), &Client::default()).await.unwrap();
    assert!(matches!(validation, Validation::Admitted { .. }));
    assert!(proxy.connections() <= POOL);
}
