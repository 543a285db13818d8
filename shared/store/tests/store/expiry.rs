use kami_store::{EXPIRY_BATCH, ExpiryBatch, ExpiryCursor, Store};
use kami_testkit::TestDatabase;

const OVERDUE: usize = 2 * EXPIRY_BATCH + 500;

/// Overdue cards, several to a second; besides them one of each kind that must stay as it is.
async fn filled() -> TestDatabase {
    let database = TestDatabase::create().await;
    let overdue = (0..OVERDUE).map(|card| {
        let age = 1 + card / 300;
        format!("('OLD', '{card}', 'OLD-{card}', 'ACTIVE', UTC_TIMESTAMP() - INTERVAL {age} SECOND)")
    });
    let kept = [
        "('KEEP', 'UNUSED', 'KEEP-UNUSED', 'UNUSED', NULL)",
        "('KEEP', 'ACTIVE', 'KEEP-ACTIVE', 'ACTIVE', UTC_TIMESTAMP() + INTERVAL 1 HOUR)",
        "('KEEP', 'FOREVER', 'KEEP-FOREVER', 'ACTIVE', NULL)",
        "('KEEP', 'DISABLED', 'KEEP-DISABLED', 'DISABLED', '2020-01-01')",
    ];
    let cards = overdue.chain(kept.map(str::to_owned)).collect::<Vec<_>>().join(", ");
    database
        .execute(&format!("INSERT INTO cards (prefix, code, full_code, status, expire_at) VALUES {cards}"))
        .await;
    database
}

async fn expire_all(store: Store) -> u64 {
    let mut expired = 0;
    let mut cursor = Some(ExpiryCursor::default());
    while let Some(here) = cursor {
        let batch = store.expire_batch(here).await.unwrap();
        expired += batch.expired;
        cursor = batch.next;
    }
    expired
}

async fn counts(database: &TestDatabase) -> Vec<(String, String, u64)> {
    database.rows("SELECT prefix, status, COUNT(*) FROM cards GROUP BY 1, 2 ORDER BY 1, 2", ()).await
}

fn expected() -> Vec<(String, String, u64)> {
    [
        ("KEEP", "UNUSED", 1),
        ("KEEP", "ACTIVE", 2),
        ("KEEP", "DISABLED", 1),
        ("OLD", "EXPIRED", OVERDUE as u64),
    ]
    .map(|(prefix, status, count)| (prefix.to_owned(), status.to_owned(), count))
    .to_vec()
}

#[tokio::test]
async fn every_overdue_card_is_expired_and_no_other() {
    let database = filled().await;
    assert_eq!(expire_all(database.store()).await, OVERDUE as u64);
    assert_eq!(counts(&database).await, expected());
    assert_eq!(expire_all(database.store()).await, 0);
}

#[tokio::test]
async fn a_run_that_was_cut_off_is_resumed_by_the_next() {
    let database = filled().await;
    let first = database.store().expire_batch(ExpiryCursor::default()).await.unwrap();
    assert!(matches!(first, ExpiryBatch { expired, next: Some(_) } if expired == EXPIRY_BATCH as u64));
    assert_eq!(expire_all(database.store()).await, (OVERDUE - EXPIRY_BATCH) as u64);
    assert_eq!(counts(&database).await, expected());
}

#[tokio::test]
async fn two_at_once_do_the_work_once() {
    let database = filled().await;
    let runs = [(); 2].map(|()| tokio::spawn(expire_all(database.store())));
    let mut expired = 0;
    for run in runs {
        expired += run.await.unwrap();
    }
    assert_eq!(expired, OVERDUE as u64);
    assert_eq!(counts(&database).await, expected());
}

#[tokio::test]
async fn a_time_that_cannot_be_understood_stops_nothing() {
    let database = filled().await;
    database
        .execute("SET sql_mode = 'ALLOW_INVALID_DATES'; UPDATE cards SET expire_at = '2020-02-31' WHERE prefix = 'OLD' AND id % 2")
        .await;
    assert_eq!(expire_all(database.store()).await, OVERDUE as u64);
    assert_eq!(counts(&database).await, expected());
}
