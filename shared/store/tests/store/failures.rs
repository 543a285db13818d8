//! A database that goes away and comes back.

use kami_store::{Client, REQUEST_LIMIT, Store, StoreError, Validation};
use kami_testkit::{PrivateServer, Proxy, TestDatabase, eventually};
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
        let validation =
            store.validate(&code("VIP-ONE"), &machine("PC-1"), &Client::default()).await.unwrap();
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
        let validation =
            store.validate(&code("VIP-ONE"), &machine("PC-1"), &Client::default()).await.unwrap();
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
        tokio::spawn(
            async move { store.validate(&code("VIP-ONE"), &machine("PC-1"), &Client::default()).await },
        )
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
        store.validate(&code("VIP-ONE"), &machine("PC-1"), &Client::default()).await.unwrap(),
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
    let error = database.store().status(&code("VIP-ONE"), None, &Client::default()).await.unwrap_err();
    assert!(matches!(error, StoreError::Refused(_)) && !error.is_transient(), "{error}");
}

#[tokio::test]
async fn a_lock_that_others_hold_is_waited_for_within_the_limit() {
    let database = TestDatabase::create().await;
    database.insert_card("VIP", "HELD").await;
    let store = database.store();
    let mut holder = database.connect().await;
    holder.query_drop("BEGIN; SELECT id FROM cards WHERE full_code = 'VIP-HELD' FOR UPDATE").await.unwrap();
    // Many wait for that lock: others must not wait with them, nor may what was given up go on at the server.
    let asks = (0..40).map(|_| {
        let store = store.clone();
        tokio::spawn(
            async move { store.validate(&code("VIP-HELD"), &machine("PC-1"), &Client::default()).await },
        )
    });
    let asks: Vec<_> = asks.collect();
    for _ in 0..20 {
        assert_eq!(
            store.validate(&code("VIP-NONE"), &machine("PC-1"), &Client::default()).await.unwrap(),
            Validation::NotFound
        );
        store.now().await.unwrap();
    }
    assert!(asks.iter().all(|ask| !ask.is_finished()), "others were answered while these still waited");
    for ask in asks {
        let error = ask.await.unwrap().unwrap_err();
        assert!(error.is_transient(), "{error}");
    }
    eventually("the server works on none of them any more", async || {
        let running: Vec<u64> = database
            .rows(
                "SELECT COUNT(*) FROM information_schema.processlist WHERE db = DATABASE() AND info LIKE 'UPDATE%'",
                (),
            )
            .await;
        (running == [0]).then_some(())
    })
    .await;
    holder.disconnect().await.unwrap();
    eventually("the card is activated", async || {
        let validation =
            store.validate(&code("VIP-HELD"), &machine("PC-1"), &Client::default()).await.ok()?;
        matches!(validation, Validation::Admitted { .. }).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_connection_that_went_silent_is_replaced_within_the_request() {
    let database = TestDatabase::create().await;
    database.insert_card("VIP", "ONE").await;
    let (store, proxy) = behind_proxy(&database).await;
    store.validate(&code("VIP-ONE"), &machine("PC-1"), &Client::default()).await.unwrap();
    proxy.silence();
    let validation = store.validate(&code("VIP-ONE"), &machine("PC-1"), &Client::default()).await.unwrap();
    assert!(matches!(validation, Validation::Admitted { .. }));
    assert_eq!(proxy.connections(), 2);
}

#[tokio::test]
async fn a_connection_to_a_server_that_only_reads_is_not_kept() {
    let server = start_private(&[]).await;
    let database = TestDatabase::create_on(&server.url()).await;
    database.insert_card("VIP", "ONE").await;
    database
        .execute("CREATE USER app@'127.0.0.1' IDENTIFIED BY 'app'; GRANT ALL ON *.* TO app@'127.0.0.1'")
        .await;
    database.execute("REVOKE ALL PRIVILEGES, GRANT OPTION FROM app@'127.0.0.1'").await;
    database.execute(&format!("GRANT SELECT, UPDATE ON {}.* TO app@'127.0.0.1'", database.name())).await;
    let proxy = Proxy::start(database.port()).await;
    let url = database.as_account("app", "app").url_through(proxy.port());
    let store = Store::new(&url.parse().unwrap());
    store.now().await.unwrap();

    database.execute("SET GLOBAL read_only = ON").await;
    let error = store.validate(&code("VIP-ONE"), &machine("PC-1"), &Client::default()).await.unwrap_err();
    assert!(error.is_transient() && error.to_string().contains("1290"), "{error}");
    let before = proxy.connections();
    assert!(before >= 2, "another connection was tried at once");
    database.execute("SET GLOBAL read_only = OFF").await;
    let validation = store.validate(&code("VIP-ONE"), &machine("PC-1"), &Client::default()).await.unwrap();
    assert!(matches!(validation, Validation::Admitted { .. }));
    assert!(proxy.connections() > before, "the address is asked again: it may lead elsewhere by now");
}

#[tokio::test]
async fn a_server_that_commits_nothing_by_itself_keeps_what_a_client_was_told() {
    let server = start_private(&["--autocommit=0"]).await;
    let database = TestDatabase::create_on(&server.url()).await;
    database
        .execute("INSERT INTO cards (prefix, code, full_code) VALUES ('VIP', 'ONE', 'VIP-ONE'); COMMIT")
        .await;
    let validation =
        database.store().validate(&code("VIP-ONE"), &machine("PC-1"), &Client::default()).await.unwrap();
    assert!(matches!(validation, Validation::Admitted { .. }));
    let bound: Vec<Option<String>> = database.rows("SELECT machine_code FROM cards", ()).await;
    assert_eq!(bound, [Some("PC-1".to_owned())]);
}

async fn start_private(options: &'static [&'static str]) -> PrivateServer {
    tokio::task::spawn_blocking(|| PrivateServer::start(options)).await.unwrap()
}

#[tokio::test]
async fn a_row_that_cannot_be_understood_fails_nobody_else() {
    let database = TestDatabase::create().await;
    database.insert_card("VIP", "GOOD").await;
    database.insert_card("VIP", "BAD").await;
    database.execute("SET sql_mode = ''; UPDATE cards SET used_at = '0000-00-00' WHERE code = 'BAD'").await;
    let (store, proxy) = behind_proxy(&database).await;
    store.now().await.unwrap();
    proxy.stall(true);
    let asks: Vec<_> = (0..40)
        .map(|number| {
            let store = store.clone();
            let card = if number % 2 == 0 { "VIP-GOOD" } else { "VIP-BAD" };
            tokio::spawn(async move { (card, store.status(&code(card), None, &Client::default()).await) })
        })
        .collect();
    tokio::task::yield_now().await;
    proxy.stall(false);
    for ask in asks {
        match ask.await.unwrap() {
            ("VIP-GOOD", found) => assert!(found.unwrap().is_ok()),
            (_, found) => assert!(matches!(found, Err(StoreError::UndecodableCard(2))), "{found:?}"),
        }
    }
}
