//! Work that nobody waits for any more does not go on in the server.

use std::time::Duration;

use kami_core::filter::Filter;
use kami_store::{Store, StoreError};
use kami_testkit::{TestDatabase, eventually};

/// A database whose table of cards is a view that takes a minute to read.
async fn slow() -> TestDatabase {
    let database = TestDatabase::create().await;
    database.insert_card("VIP", "ONE").await;
    database
        .execute(
            "RENAME TABLE cards TO real_cards;
             CREATE VIEW cards AS SELECT real_cards.* FROM real_cards WHERE SLEEP(60) = 0",
        )
        .await;
    database
}

async fn running(database: &TestDatabase) -> u64 {
    let query = "SELECT COUNT(*) FROM information_schema.processlist \
                 WHERE db = DATABASE() AND id <> CONNECTION_ID() AND info LIKE '%COUNT(*)%'";
    database.rows::<u64>(query, ()).await[0]
}

#[tokio::test]
async fn a_count_that_is_given_up_is_ended_on_the_server() {
    let database = slow().await;
    let store: Store = database.store();
    let counting = tokio::spawn({
        let store = store.clone();
        async move { store.count_exact(&Filter::default()).await }
    });
    eventually("the count runs", async || (running(&database).await == 1).then_some(())).await;
    counting.abort();
    let started = std::time::Instant::now();
    eventually("the count is ended", async || (running(&database).await == 0).then_some(())).await;
    assert!(started.elapsed() < Duration::from_secs(20));
    store.now().await.unwrap();
}

#[tokio::test]
async fn the_server_keeps_the_limit_of_a_screen() {
    let database = slow().await;
    let store = database.store();
    let started = std::time::Instant::now();
    let error = store.search_start(&Filter::default()).await.unwrap_err();
    assert!(matches!(error, StoreError::TimedOut) && error.is_transient(), "{error}");
    // Ours is eight seconds; the server's three.
    assert!(started.elapsed() < Duration::from_secs(6), "{:?}", started.elapsed());
}
