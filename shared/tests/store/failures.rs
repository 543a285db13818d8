//! A database that goes away and comes back.

use kami_shared::store::{REQUEST_LIMIT, Store, StoreError, Validation};
use kami_testkit::{Proxy, TestDatabase, eventually};
use mysql_async::prelude::Queryable;

use crate::{code, machine};

async fn behind_proxy(database: &TestDatabase) -> (Store, Proxy) {
    let proxy = Proxy::start(database.port()).await;
    (Store::new(&database.url_through(proxy.port()).parse().unwrap()), proxy)
}

#[tokio::test]
async fn a_connection_lost_while_idle_is_replaced_unseen() {
    let database = TestDatabase::create().await;
    database.insert_card("VIP", "ONE").await;
    let (store, proxy) = behind_proxy(&database).await;
    for round in 1..=3 {
        let validation = store.validate(&code("VIP-ONE"), &machine("PC-1")).await.unwrap();
        assert!(matches!(validation, Validation::Admitted { .. }));
        assert_eq!(proxy.connections(), round);
        proxy.cut();
    }
}

#[tokio::test]
async fn a_connection_killed_by_an_administrator_is_replaced_unseen() {
    let database = TestDatabase::create().await;
    database.insert_card("VIP", "ONE").await;
    let store = Store::new(&database.url().parse().unwrap());
    for _ in 0..3 {
        let validation = store.validate(&code("VIP-ONE"), &machine("PC-1")).await.unwrap();
        assert!(matches!(validation, Validation::Admitted { .. }));
        let mut administrator = database.connect().await;
        let others =
            "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()";
        let mut killed = 0;
        for id in administrator.query::<u64, _>(others).await.unwrap() {
            // A connection of the test itself may have ended meanwhile.
            killed += usize::from(administrator.query_drop(format!("KILL {id}")).await.is_ok());
        }
        assert!(killed > 0);
        administrator.disconnect().await.unwrap();
    }
}

#[tokio::test]
async fn a_server_that_hangs_is_given_up_and_used_again_once_it_answers() {
    let database = TestDatabase::create().await;
    database.insert_card("VIP", "ONE").await;
    let (store, proxy) = behind_proxy(&database).await;
    store.now().await.unwrap();
    proxy.stall(true);
    let asks = (0..40).map(|_| {
        let store = store.clone();
        tokio::spawn(async move { store.validate(&code("VIP-ONE"), &machine("PC-1")).await })
    });
    let started = std::time::Instant::now();
    for ask in asks.collect::<Vec<_>>() {
        let error = ask.await.unwrap().unwrap_err();
        assert!(matches!(error, StoreError::TimedOut) && error.is_transient(), "{error}");
    }
    assert!(started.elapsed() >= REQUEST_LIMIT);
    proxy.stall(false);
    // The hung connections are gone: the very next request makes a new one.
    assert!(matches!(
        store.validate(&code("VIP-ONE"), &machine("PC-1")).await.unwrap(),
        Validation::Admitted { .. }
    ));
}

#[tokio::test]
async fn a_database_that_refuses_connections_is_unavailable() {
    let database = TestDatabase::create().await;
    let port = Proxy::start(database.port()).await.port();
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    assert_ne!(port, unused);
    let away = Store::new(&database.url_through(unused).parse().unwrap());
    let error = away.now().await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error}");

    let missing = TestDatabase::absent().store().now().await.unwrap_err();
    assert!(missing.is_transient() && missing.to_string().contains("1049"), "{missing}");
}

#[tokio::test]
async fn a_database_without_our_schema_is_our_fault() {
    let database = TestDatabase::create().await;
    database.execute("DROP TABLE cards").await;
    let error = database.store().status(&code("VIP-ONE")).await.unwrap_err();
    assert!(matches!(error, StoreError::Refused(_)) && !error.is_transient(), "{error}");
}

#[tokio::test]
async fn a_lock_that_others_hold_is_waited_for_within_the_limit() {
    let database = TestDatabase::create().await;
    database.insert_card("VIP", "HELD").await;
    let store = database.store();
    let mut holder = database.connect().await;
    holder.query_drop("BEGIN; SELECT id FROM cards WHERE full_code = 'VIP-HELD' FOR UPDATE").await.unwrap();
    let error = store.validate(&code("VIP-HELD"), &machine("PC-1")).await.unwrap_err();
    assert!(matches!(error, StoreError::TimedOut), "{error}");
    holder.disconnect().await.unwrap();
    // The statement that was given up may still have been carried out: the same machine is then let in.
    eventually("the card is activated", async || {
        let validation = store.validate(&code("VIP-HELD"), &machine("PC-1")).await.ok()?;
        matches!(validation, Validation::Admitted { .. }).then_some(())
    })
    .await;
}
