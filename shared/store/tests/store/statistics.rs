use chrono::{DurationRound, TimeDelta};
use kami_store::{BucketWidth, Event, PrefixStock};
use kami_testkit::TestDatabase;

#[tokio::test]
async fn what_happens_is_counted_by_the_hour_and_by_the_day() {
    let database = TestDatabase::create().await;
    let store = database.store();
    let now = store.now().await.unwrap();
    let hour = now.duration_trunc(TimeDelta::hours(1)).unwrap();
    let start = (hour - TimeDelta::hours(23)).format("%F %T");
    database
        .execute(&format!(
            "INSERT INTO cards (prefix, code, full_code, status, created_at, used_at, expire_at) VALUES
             ('A', '1', 'A-1', 'ACTIVE', '{start}', '{start}', '{start}' + INTERVAL 30 HOUR),
             ('A', '2', 'A-2', 'ACTIVE', '{start}' - INTERVAL 1 SECOND, '{start}' + INTERVAL 3599 SECOND, NULL),
             ('A', '3', 'A-3', 'EXPIRED', '{start}', '{start}' + INTERVAL 1 HOUR, '{start}' + INTERVAL 2 HOUR),
             ('A', '4', 'A-4', 'DISABLED', '{start}', NULL, '{start}' + INTERVAL 2 HOUR),
             ('A', '5', 'A-5', 'UNUSED', '{start}' + INTERVAL 24 HOUR, NULL, NULL)"
        ))
        .await;
    let start = hour - TimeDelta::hours(23);
    for (event, step, count, expected) in [
        (Event::Activated, BucketWidth::Hour, 24, vec![(0, 2), (1, 1)]),
        (Event::Generated, BucketWidth::Hour, 24, vec![(0, 3)]),
        (Event::Generated, BucketWidth::Day, 2, vec![(0, 3), (1, 1)]),
        (Event::Activated, BucketWidth::Day, 1, vec![(0, 3)]),
        (Event::Expiring, BucketWidth::Hour, 48, vec![(2, 1), (30, 1)]),
        (Event::Expiring, BucketWidth::Day, 30, vec![(0, 1), (1, 1)]),
    ] {
        let histogram = store.histogram(event, start, step, count, None).await.unwrap();
        assert_eq!(histogram.counts.len(), usize::from(count));
        assert!(histogram.taken_at >= now);
        let found: Vec<_> =
            histogram.counts.into_iter().enumerate().filter(|(_, number)| *number > 0).collect();
        assert_eq!(found, expected, "{event:?} {step:?}");
    }
}

#[tokio::test]
async fn stock_is_what_is_unused_and_how_fast_it_goes() {
    let database = TestDatabase::create().await;
    for (prefix, code) in [("A", "1"), ("A", "2"), ("A", "3"), ("B", "1"), ("C", "1")] {
        database.insert_card(prefix, code).await;
    }
    database
        .execute(
            "UPDATE cards SET status = 'ACTIVE', used_at = UTC_TIMESTAMP() - INTERVAL 1 DAY WHERE full_code = 'A-1';
             UPDATE cards SET status = 'EXPIRED', used_at = UTC_TIMESTAMP() - INTERVAL 8 DAY WHERE prefix = 'C'",
        )
        .await;
    let stock = database.store().stock(7, None).await.unwrap();
    let prefix = |prefix: &str, unused, activated| PrefixStock { prefix: prefix.into(), unused, activated };
    assert_eq!(stock.prefixes, [prefix("A", 2, 1), prefix("B", 1, 0)]);
    assert_eq!(stock.prefixes[0].days_left(stock.days), Some(14.0));
}

#[tokio::test]
async fn the_cards_that_expire_next_come_soonest_first() {
    let database = TestDatabase::create().await;
    database
        .execute(
            "INSERT INTO cards (prefix, code, full_code, status, used_at, expire_at) VALUES
             ('A', '1', 'A-1', 'ACTIVE', UTC_TIMESTAMP(), UTC_TIMESTAMP() + INTERVAL 3 HOUR),
             ('A', '2', 'A-2', 'ACTIVE', UTC_TIMESTAMP(), UTC_TIMESTAMP() + INTERVAL 1 HOUR),
             ('A', '3', 'A-3', 'ACTIVE', UTC_TIMESTAMP(), UTC_TIMESTAMP() - INTERVAL 1 HOUR),
             ('A', '4', 'A-4', 'DISABLED', UTC_TIMESTAMP(), UTC_TIMESTAMP() + INTERVAL 2 HOUR),
             ('A', '5', 'A-5', 'ACTIVE', UTC_TIMESTAMP(), NULL),
             ('A', '6', 'A-6', 'ACTIVE', UTC_TIMESTAMP(), UTC_TIMESTAMP() + INTERVAL 2 HOUR)",
        )
        .await;
    for (count, expected) in [(10, &["A-2", "A-6", "A-1"][..]), (2, &["A-2", "A-6"])] {
        let cards = database.store().expiring_next(count, None).await.unwrap();
        let codes: Vec<&str> = cards.iter().map(|card| card.full_code.as_str()).collect();
        assert_eq!(codes, expected);
    }
}
