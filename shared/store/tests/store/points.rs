//! Cards whose uses are counted, and cards that nobody may begin after a moment.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use chrono::DateTime;
use kami_core::acts::Act;
use kami_core::card::{Card, CardStatus, Seat};
use kami_core::consume::{self, PointsTaken, PointsVerdict};
use kami_core::operator::Operator;
use kami_core::points::{Points, RequestId};
use kami_core::policy::PolicyPart;
use kami_core::rules::Refusal;
use kami_store::{Client, Consumption, ExpiryCursor, OneAct, PointUse, Store, Undo, Validation};
use kami_testkit::{Queryable as _, TestDatabase, agreed, eventually};
use tokio::task::JoinSet;

use crate::{code, machine};

async fn with_points(points: u32) -> TestDatabase {
    let database = TestDatabase::create().await;
    let card = format!(
        "INSERT INTO cards (prefix, code, full_code, duration_seconds, points)
         VALUES ('VIP', 'A', 'VIP-A', 10000, {points})"
    );
    database.execute(&card).await;
    database
}

async fn take(store: &Store, asker: &str, amount: u32, request: &str) -> Consumption {
    let (amount, request) = (Points::new(amount).unwrap(), request.parse::<RequestId>().unwrap());
    let wanted = PointUse { amount, request };
    store.consume(&code("VIP-A"), &machine(asker), &Client::default(), &wanted).await.unwrap()
}

fn balance(consumption: &Consumption) -> Option<u32> {
    match consumption {
        Consumption::Taken { balance, .. } => Some(*balance),
        _ => None,
    }
}

#[tokio::test]
async fn points_are_taken_once_for_each_request_and_never_below_none() {
    let database = with_points(10).await;
    let store = database.store();
    // The first use activates the card, as a validation does.
    assert_eq!(balance(&take(&store, "PC-1", 3, "a").await), Some(7));
    for _ in 0..2 {
        assert_eq!(balance(&take(&store, "PC-1", 3, "a").await), Some(7), "the same again takes nothing");
    }
    assert_eq!(take(&store, "PC-1", 4, "a").await, Consumption::Reused);
    assert_eq!(balance(&take(&store, "PC-1", 7, "A").await), Some(0), "names differ by case");
    assert_eq!(take(&store, "PC-1", 1, "b").await, Consumption::Exhausted { balance: 0 });
    assert_eq!(balance(&take(&store, "PC-1", 3, "a").await), Some(7), "as it was answered before");
    let refused = Consumption::Refused(Refusal::MachineMismatch);
    assert_eq!(take(&store, "PC-2", 1, "c").await, refused);
    // Who got more meanwhile may ask by the same name again: what is refused takes no name.
    database.execute("UPDATE cards SET points = 1").await;
    assert_eq!(balance(&take(&store, "PC-1", 1, "b").await), Some(0));
    let validation = store.validate(&code("VIP-A"), &machine("PC-1"), &Client::default()).await.unwrap();
    assert!(matches!(validation, Validation::Admitted { points: Some(0), .. }), "{validation:?}");
}

#[tokio::test]
async fn of_a_card_without_points_none_can_be_taken() {
    let database = with_points(1).await;
    database.execute("UPDATE cards SET points = NULL").await;
    assert_eq!(take(&database.store(), "PC-1", 1, "a").await, Consumption::Exhausted { balance: 0 });
}

#[tokio::test]
async fn of_requests_that_race_as_many_are_served_as_there_are_points_each_once() {
    let database = with_points(40).await;
    let stores = [database.store(), database.store()];
    let mut racers = JoinSet::new();
    for number in 0..128 {
        // Each name comes twice.
        let (store, name) = (stores[number % 2].clone(), format!("r{}", number / 2));
        racers.spawn(async move { (name.clone(), balance(&take(&store, "PC-1", 1, &name).await)) });
    }
    let served: BTreeSet<(String, u32)> =
        racers.join_all().await.into_iter().filter_map(|(name, left)| Some((name, left?))).collect();
    let left: BTreeSet<u32> = served.iter().map(|(_, left)| *left).collect();
    assert_eq!((served.len(), left), (40, (0..40).collect()), "who asks twice is told the same twice");
    let rows: Vec<(u32, u64)> =
        database.rows("SELECT points, (SELECT SUM(amount) FROM point_uses) FROM cards", ()).await;
    assert_eq!(rows, [(0, 40)]);
}

#[tokio::test]
async fn who_repeats_a_request_while_it_waits_is_told_what_it_did() {
    let database = with_points(100).await;
    let store = database.store();
    assert!(balance(&take(&store, "PC-1", 1, "first").await).is_some());
    let mut holding = database.connect().await;
    holding.query_drop("START TRANSACTION; SELECT id FROM cards FOR UPDATE").await.unwrap();
    let mut waiting = JoinSet::new();
    for _ in 0..3 {
        let store = database.store();
        waiting.spawn(async move { balance(&take(&store, "PC-1", 10, "again").await) });
    }
    eventually("all of them wait for the card", async || {
        let query = "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE '%FOR UPDATE%'
            AND info NOT LIKE '%processlist%' AND db = DATABASE()";
        (database.rows::<u64>(query, ()).await[0] == 3).then_some(())
    })
    .await;
    holding.query_drop("COMMIT").await.unwrap();
    assert_eq!(waiting.join_all().await, [Some(89); 3]);
}

#[tokio::test]
async fn who_repeats_a_request_is_told_what_it_did_whatever_became_of_the_card() {
    let database = with_points(10).await;
    let store = database.store();
    database.execute("UPDATE cards SET seats = 2").await;
    for asker in ["PC-1", "PC-2"] {
        assert!(balance(&take(&store, asker, 1, asker).await).is_some());
    }
    assert_eq!(balance(&take(&store, "PC-1", 3, "a").await), Some(5));
    let was = "UPDATE cards SET status = 'ACTIVE', machine_code = 'PC-1', points = 5, expire_at = '2090-01-01', seats = 2";
    let refused = |refusal| Consumption::Refused(refusal);
    for (change, refusal) in [
        ("expire_at = '2026-01-01'", refused(Refusal::Expired)),
        ("status = 'EXPIRED'", refused(Refusal::Expired)),
        ("status = 'DISABLED'", refused(Refusal::Disabled)),
        ("machine_code = 'PC-3', seats = 1", refused(Refusal::MachineMismatch)),
        ("machine_code = 'PC-3', seats = 2", refused(Refusal::SeatsFull)),
        ("points = NULL", Consumption::Exhausted { balance: 0 }),
        ("points = 0", Consumption::Exhausted { balance: 0 }),
    ] {
        database.execute(&format!("{was}; UPDATE cards SET {change}")).await;
        let ends: Vec<Option<chrono::NaiveDateTime>> = database.rows("SELECT expire_at FROM cards", ()).await;
        let repeated = Consumption::Taken { balance: 5, expire_at: ends[0].map(|end| end.and_utc()) };
        assert_eq!(take(&store, "PC-1", 3, "a").await, repeated, "{change}");
        assert_eq!(take(&store, "PC-1", 1, "b").await, refusal, "{change}: nothing more");
        let other = take(&store, "PC-4", 3, "a").await;
        assert!(matches!(other, Consumption::Refused(_)), "{change}: {other:?}");
        if refusal != (Consumption::Exhausted { balance: 0 }) {
            assert_eq!(take(&store, "PC-1", 4, "a").await, refusal, "{change}: it took another number");
        }
    }
    // Whoever is kept out, and of what is not there, is told nothing.
    database
        .execute(
            "INSERT INTO blocks (app, kind, target, created_at) VALUES ('', 'MACHINE', 'PC-1', UTC_TIMESTAMP());
             UPDATE policy_revision SET revision = revision + 1, blocks = blocks + 1",
        )
        .await;
    assert_eq!(take(&store, "PC-1", 3, "a").await, Consumption::Blocked);
    database
        .execute(
            "DELETE FROM blocks; UPDATE policy_revision SET revision = revision + 1, blocks = blocks + 1",
        )
        .await;
    assert_eq!(balance(&take(&store, "PC-1", 3, "a").await), Some(5));
    database.execute("DELETE FROM cards").await;
    assert_eq!(take(&store, "PC-1", 3, "a").await, Consumption::NotFound);
}

#[tokio::test]
async fn a_card_that_was_deleted_and_came_back_tells_what_was_taken() {
    let database = with_points(10).await;
    let store = database.store();
    assert_eq!(balance(&take(&store, "PC-1", 3, "a").await), Some(7));
    let anna = Operator::new("anna").unwrap();
    let seen = store.card_by_code(&code("VIP-A")).await.unwrap().unwrap().0;
    let deleted = store.act_on_one(&anna, &agreed(OneAct { seen, act: Act::Delete })).await.unwrap();
    assert_eq!(take(&store, "PC-1", 3, "a").await, Consumption::NotFound);
    let undo = agreed(Undo { act_id: deleted.act_id });
    store.undo(&anna, &undo, &|_| ControlFlow::Continue(())).await.unwrap();
    assert_eq!(balance(&take(&store, "PC-1", 3, "a").await), Some(7));
    assert_eq!(balance(&take(&store, "PC-1", 1, "b").await), Some(6), "nothing was taken twice");
    // Of a card that stays away the job forgets them as of any.
    database.execute("DELETE FROM cards; UPDATE point_uses SET used_at = used_at - INTERVAL 49 HOUR").await;
    assert_eq!(store.forget_point_uses(10).await.unwrap(), 2);
}

#[tokio::test]
async fn who_repeats_a_request_while_its_card_is_disabled_is_told_what_it_did() {
    let database = with_points(100).await;
    let store = database.store();
    assert_eq!(balance(&take(&store, "PC-1", 10, "again").await), Some(90));
    let mut holding = database.connect().await;
    holding.query_drop("START TRANSACTION; UPDATE cards SET status = 'DISABLED'").await.unwrap();
    let waiting = tokio::spawn(async move { take(&store, "PC-1", 10, "again").await });
    eventually("it waits for the card", async || {
        let query = "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE '%FOR UPDATE%'
            AND info NOT LIKE '%processlist%'";
        (database.rows::<u64>(query, ()).await[0] == 1).then_some(())
    })
    .await;
    holding.query_drop("COMMIT").await.unwrap();
    assert_eq!(balance(&waiting.await.unwrap()), Some(90));
}

#[tokio::test]
async fn this_version_and_the_last_take_points_side_by_side_once_for_each_request() {
    let database = with_points(10).await;
    let store = database.store();
    assert_eq!(balance(&take(&store, "PC-1", 1, "new").await), Some(9));
    let last = async |name: &str| -> Vec<(String, u32)> {
        database.rows(&format!("CALL take_points(1, 'PC-1', 1, '{name}')"), ()).await
    };
    assert_eq!(last("old").await, [("TAKEN".to_owned(), 8)]);
    for name in ["new", "old"] {
        let left = if name == "new" { 9 } else { 8 };
        assert_eq!(last(name).await, [("TAKEN".to_owned(), left)]);
        assert_eq!(balance(&take(&store, "PC-1", 1, name).await), Some(left));
    }
    let rows: Vec<(u32, u64)> =
        database.rows("SELECT points, (SELECT SUM(amount) FROM point_uses) FROM cards", ()).await;
    assert_eq!(rows, [(8, 2)]);
}

/// A row of `cards` and of `point_uses`, and the same as the rules have it.
struct Case {
    card: Card,
    before: Option<PointsTaken>,
}

impl Case {
    /// Everything that tells cases apart, in each combination.
    fn all() -> Vec<Self> {
        let mut cases = Vec::new();
        let ends = [None, Some("2026-01-01T00:00:00Z"), Some("2090-01-01T00:00:00Z")];
        let took_at = |at: &str, amount, was_its_own| {
            let (amount, at) = (Points::new(amount).unwrap(), at.parse().unwrap());
            Some(PointsTaken { amount, balance: 7, was_its_own, at })
        };
        let took = |amount, was_its_own| took_at("2090-01-01T00:00:00Z", amount, was_its_own);
        let long_ago = took_at("2026-01-01T00:00:00Z", 3, true);
        for status in CardStatus::ALL {
            for expire_at in ends {
                for (first, is_further) in [("PC-1", false), ("PC-2", false), ("PC-2", true)] {
                    for points in [None, Some(2), Some(3), Some(1_000_000_000)] {
                        for before in
                            [None, took(3, true), took(2, true), took(3, false), took(2, false), long_ago]
                        {
                            let id = cases.len() as u64 + 1;
                            let card = Card {
                                id,
                                full_code: format!("VIP-{id}"),
                                app: "default".into(),
                                status,
                                duration_seconds: None,
                                seats: 2,
                                machine_code: Some(first.to_owned()),
                                lease_until: None,
                                further_seat: is_further.then_some(Seat { lease_until: None }),
                                policy: PolicyPart::default(),
                                created_at: DateTime::UNIX_EPOCH,
                                used_at: None,
                                expire_at: expire_at.map(|end| end.parse().unwrap()),
                                valid_until: None,
                                points,
                            };
                            cases.push(Self { card, before });
                        }
                    }
                }
            }
        }
        cases
    }

    /// The statements that make the rows.
    fn rows(&self) -> String {
        let Card { id, status, machine_code, expire_at, points, .. } = &self.card;
        let null = || "NULL".to_owned();
        let end = expire_at.map_or_else(null, |end| format!("'{}'", end.format("%Y-%m-%d")));
        let points = points.map_or_else(null, |points| points.to_string());
        let (status, machine) = (status.to_string().to_uppercase(), machine_code.as_deref().unwrap());
        let card = format!(
            "INSERT INTO cards (id, prefix, code, full_code, status, machine_code, seats, expire_at, points)
             VALUES ({id}, 'VIP', '{id}', 'VIP-{id}', '{status}', '{machine}', 2, {end}, {points});"
        );
        let seat = self.card.further_seat.map(|_| {
            format!("INSERT INTO card_seats VALUES ({id}, 'PC-1', UTC_TIMESTAMP(), UTC_TIMESTAMP(), NULL);")
        });
        let before = self.before.map(|PointsTaken { amount, balance, was_its_own, at }| {
            let (by, at) = (if was_its_own { "PC-1" } else { "PC-2" }, at.format("%Y-%m-%d"));
            format!("INSERT INTO point_uses VALUES ({id}, 'a', {amount}, {balance}, '{by}', '{at}');")
        });
        card + &seat.unwrap_or_default() + &before.unwrap_or_default()
    }
}

#[tokio::test]
async fn the_routine_decides_as_the_rule_does_and_takes_nothing_otherwise() {
    let database = TestDatabase::create().await;
    let (cases, wanted) = (Case::all(), Points::new(3).unwrap());
    for cases in cases.chunks(100) {
        database.execute(&cases.iter().map(Case::rows).collect::<Vec<_>>().concat()).await;
    }
    let now = database.store().now().await.unwrap();
    let mut connection = database.connect().await;
    let mut left = Vec::new();
    for Case { card, before } in &cases {
        let call = format!("CALL read_point_use({}, 'PC-1', {wanted}, 'a')", card.id);
        let repeated: Option<u32> = connection.query_first(call).await.unwrap();
        assert_eq!(repeated, consume::repeated(wanted, *before, now), "{card:?} {before:?}");
        let call = format!("CALL take_points({}, 'PC-1', {wanted}, 'a')", card.id);
        let said: (String, u32) = connection.query_first(call).await.unwrap().unwrap();
        let verdict = consume::take(card, &machine("PC-1"), wanted, *before, now);
        let expected = match verdict {
            PointsVerdict::Take { balance } | PointsVerdict::Repeated { balance } => ("TAKEN", Some(balance)),
            PointsVerdict::Short { balance } => ("SHORT", Some(balance)),
            PointsVerdict::Other => ("OTHER", None),
            PointsVerdict::Lost => ("LOST", None),
        };
        let said = (said.0.as_str(), expected.1.map(|_| said.1));
        assert_eq!(said, expected, "{card:?} {before:?}");
        left.push(match verdict {
            PointsVerdict::Take { balance } => Some(balance),
            _ => card.points,
        });
    }
    assert_eq!(database.rows::<Option<u32>>("SELECT points FROM cards ORDER BY id", ()).await, left);
}

#[tokio::test]
async fn what_was_taken_long_ago_is_forgotten_and_nothing_else() {
    let database = with_points(100).await;
    let store = database.store();
    for request in ["a", "b", "c"] {
        take(&store, "PC-1", 1, request).await;
    }
    database
        .execute("UPDATE point_uses SET used_at = used_at - INTERVAL 49 HOUR WHERE request_id <> 'b'")
        .await;
    for expected in [1, 1, 0] {
        assert_eq!(store.forget_point_uses(1).await.unwrap(), expected);
    }
    let left: Vec<String> = database.rows("SELECT request_id FROM point_uses", ()).await;
    assert_eq!(left, ["b"]);
}

/// A card that nobody has used, with a last moment so many seconds from now.
async fn ending(seconds: i64, duration: &str) -> TestDatabase {
    let database = TestDatabase::create().await;
    let card = format!(
        "INSERT INTO cards (prefix, code, full_code, duration_seconds, valid_until, expire_at)
         VALUES ('VIP', 'A', 'VIP-A', {duration}, UTC_TIMESTAMP() + INTERVAL {seconds} SECOND, valid_until)"
    );
    database.execute(&card).await;
    database
}

async fn status(database: &TestDatabase) -> String {
    database.rows::<String>("SELECT status FROM cards", ()).await.pop().unwrap()
}

#[tokio::test]
async fn no_activation_outlasts_the_last_moment() {
    for (seconds, duration, lasts) in [(100, "10000", 100), (20_000, "10000", 10_000), (100, "NULL", 100)] {
        let database = ending(seconds, duration).await;
        let store = database.store();
        let validation = store.validate(&code("VIP-A"), &machine("PC-1"), &Client::default()).await.unwrap();
        let Validation::Admitted { expire_at: Some(end), now, .. } = validation else {
            panic!("{validation:?}")
        };
        let left = (end - now).num_seconds();
        assert!((lasts - 5..=lasts).contains(&left), "{left} of {lasts}");
        let stored: Vec<i64> =
            database.rows("SELECT TIMESTAMPDIFF(SECOND, used_at, expire_at) FROM cards", ()).await;
        assert!((lasts - 5..=lasts).contains(&stored[0]), "{stored:?} of {lasts}");
    }
}

#[tokio::test]
async fn a_card_that_nobody_used_up_to_its_last_moment_has_expired() {
    let database = ending(-1, "10000").await;
    let store = database.store();
    let card = store.status(&code("VIP-A"), None, &Client::default()).await.unwrap().unwrap().card;
    assert_eq!(card.status, CardStatus::Expired);
    assert_eq!(status(&database).await, "EXPIRED", "who is told so writes it down");
    database.execute("UPDATE cards SET status = 'UNUSED'").await;
    let validation = store.validate(&code("VIP-A"), &machine("PC-1"), &Client::default()).await.unwrap();
    assert_eq!(validation, Validation::Refused(Refusal::Expired));
    assert_eq!(status(&database).await, "EXPIRED");
    // One that a Flask service left with a time before its first use is used all the same.
    database.execute("UPDATE cards SET status = 'UNUSED', valid_until = NULL").await;
    let card = store.status(&code("VIP-A"), None, &Client::default()).await.unwrap().unwrap().card;
    assert_eq!(card.status, CardStatus::Unused);
}

#[tokio::test]
async fn the_job_expires_what_nobody_used_in_time_too() {
    let database = ending(-100, "10000").await;
    database
        .execute(
            "INSERT INTO cards (prefix, code, full_code, status, expire_at, valid_until) VALUES
             ('VIP', 'B', 'VIP-B', 'UNUSED', UTC_TIMESTAMP() - INTERVAL 1 DAY, NULL),
             ('VIP', 'C', 'VIP-C', 'UNUSED', UTC_TIMESTAMP() + INTERVAL 1 DAY, UTC_TIMESTAMP() + INTERVAL 1 DAY),
             ('VIP', 'D', 'VIP-D', 'ACTIVE', UTC_TIMESTAMP() - INTERVAL 1 DAY, NULL)",
        )
        .await;
    let store = database.store();
    let (mut cursor, mut expired) = (Some(ExpiryCursor::default()), 0);
    while let Some(here) = cursor {
        let batch = store.expire_batch(here).await.unwrap();
        expired += batch.expired;
        cursor = batch.next;
    }
    let statuses: Vec<String> = database.rows("SELECT status FROM cards ORDER BY full_code", ()).await;
    assert_eq!(
        (expired, statuses),
        (2, ["EXPIRED", "UNUSED", "UNUSED", "EXPIRED"].map(String::from).to_vec())
    );
}
