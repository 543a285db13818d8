//! Cards that customers move to another machine by themselves.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use chrono::TimeDelta;
use kami_core::gate::{Kind, Weight};
use kami_core::policy::PolicyPart;
use kami_core::rules::Refusal;
use kami_core::unbind::Paid;
use kami_store::{
    Client, NoCard, Recharge, Store, TrialCard, TrialStart, Unbinding, Unbound, Undo, Validation,
};
use kami_testkit::{Queryable as _, TestDatabase, eventually};
use mysql_async::Row;
use serde_json::json;
use tokio::task::JoinSet;

use crate::recharge::{self, take_back};
use crate::seats::{self, ask, is_in};
use crate::{code, machine};

/// A card for so many machines, whose policy says that, with so many points if any.
pub(crate) async fn with_card(seats: u16, policy: &str, points: Option<u32>) -> TestDatabase {
    let database = seats::with_card(seats, policy).await;
    if let Some(points) = points {
        database.execute(&format!("UPDATE cards SET points = {points}")).await;
    }
    database
}

pub(crate) async fn unbind(store: &Store, asker: &str) -> Unbinding {
    store.unbind(&code("VIP-A"), &machine(asker), &Client::default()).await.unwrap().unwrap()
}

/// Whether a seat was given up.
pub(crate) async fn frees(store: &Store, asker: &str) -> bool {
    matches!(unbind(store, asker).await.result, Ok(Unbound { was_bound: true, .. }))
}

async fn refusal(store: &Store, asker: &str) -> Refusal {
    unbind(store, asker).await.result.unwrap_err()
}

/// The machines that have a seat, the one in the card's row first.
async fn holders(database: &TestDatabase) -> Vec<String> {
    let query = "SELECT machine_code FROM (
            SELECT machine_code, 0 AS place FROM cards WHERE machine_code IS NOT NULL
            UNION ALL SELECT machine_code, 1 FROM card_seats) AS seats
        ORDER BY place, machine_code";
    database.rows(query, ()).await
}

/// Moves all that happened so many seconds back.
pub(crate) async fn let_pass(database: &TestDatabase, seconds: i64) {
    for (table, columns) in [
        ("cards", &["used_at", "expire_at", "seen_at", "lease_until"][..]),
        ("card_seats", &["bound_at", "seen_at", "lease_until"]),
        ("customer_log", &["done_at"]),
    ] {
        let moved: Vec<_> =
            columns.iter().map(|column| format!("{column} = {column} - INTERVAL {seconds} SECOND")).collect();
        database.execute(&format!("UPDATE {table} SET {}", moved.join(", "))).await;
    }
}

#[tokio::test]
async fn who_gives_his_seat_up_pays_for_it_and_another_machine_gets_it() {
    let policy = "unbind=machine unbind-cooldown=24h unbind-limit=3 unbind-cost=1h";
    let database = with_card(1, "", None).await;
    database.execute(&format!("UPDATE apps SET policy = '{}'", policy.parse::<PolicyPart>().unwrap())).await;
    let store = database.store();
    assert_eq!(unbind(&store, "PC-1").await.result.unwrap().remaining, Some(3), "an unused card");
    let Validation::Admitted { expire_at: Some(ends), .. } = ask(&store, "PC-1").await else { panic!() };

    let given_up = unbind(&store, "PC-1").await;
    let unbound = Unbound {
        was_bound: true,
        remaining: Some(2),
        paid: Some(Paid::Seconds(3_600)),
        expire_at: Some(ends - TimeDelta::hours(1)),
        points: None,
    };
    assert_eq!(given_up, Unbinding { result: Ok(unbound.clone()), is_known: Some(true) });
    assert_eq!(holders(&database).await, [""; 0]);
    let nothing = Unbound { was_bound: false, paid: None, ..unbound };
    assert_eq!(unbind(&store, "PC-1").await, Unbinding { result: Ok(nothing.clone()), is_known: None });

    let Validation::Refused(Refusal::CoolingDown { seconds }) = ask(&store, "PC-1").await else { panic!() };
    assert!((86_300..=86_400).contains(&seconds), "{seconds}");
    assert!(is_in(&store, "PC-2").await, "another machine gets it at once");
    assert_eq!(ask(&store, "PC-1").await, Validation::Refused(Refusal::MachineMismatch));
    assert_eq!(unbind(&store, "PC-1").await.result, Ok(nothing), "it asks for the same once more");
    assert_eq!(refusal(&store, "PC-3").await, Refusal::MachineMismatch);
    let Refusal::CoolingDown { seconds } = refusal(&store, "PC-2").await else { panic!() };
    assert!((86_300..=86_400).contains(&seconds), "{seconds}");
    assert_eq!(holders(&database).await, ["PC-2"]);

    database.execute("UPDATE customer_log SET done_at = done_at - INTERVAL 1 DAY").await;
    assert_eq!(unbind(&store, "PC-2").await.result.unwrap().remaining, Some(1));
    assert!(is_in(&store, "PC-1").await, "its own cooldown is over");
    database.execute("UPDATE cards SET expire_at = UTC_TIMESTAMP() + INTERVAL 59 MINUTE").await;
    database.execute("UPDATE customer_log SET done_at = done_at - INTERVAL 1 DAY").await;
    assert_eq!(refusal(&store, "PC-1").await, Refusal::UnbindTooExpensive);
    database.execute("UPDATE cards SET status = 'DISABLED'").await;
    assert_eq!(refusal(&store, "PC-1").await, Refusal::Disabled);
    database.execute("UPDATE cards SET status = 'ACTIVE', expire_at = '2020-01-01'").await;
    assert_eq!(refusal(&store, "PC-1").await, Refusal::Expired);
    let status: Vec<String> = database.rows("SELECT status FROM cards", ()).await;
    assert_eq!(status, ["EXPIRED"], "it is written down");
    let log: Vec<u64> = database.rows("SELECT COUNT(*) FROM customer_log", ()).await;
    assert_eq!(log, [2]);
    let of_another = Client { app: "demo".parse().unwrap(), ..Client::default() };
    let unbinding = store.unbind(&code("VIP-A"), &machine("PC-1"), &of_another).await.unwrap();
    assert_eq!(unbinding, Err(NoCard::NotFound));
}

#[tokio::test]
async fn who_gave_his_seat_up_gets_it_back_by_no_top_up_and_by_no_trial() {
    let database = with_card(1, "", None).await;
    database
        .execute(
            "UPDATE apps SET policy = 'trial=600 unbind=machine unbind-cooldown=3600';
             UPDATE policy_revision SET revision = revision + 1;
             INSERT INTO batches (id, card_count, operator, created_at, recharge) VALUES (1, 2, 'x', UTC_TIMESTAMP(), 1);
             INSERT INTO cards (prefix, code, full_code, duration_seconds, batch_id) VALUES
                ('UP', 'A', 'UP-A', 600, 1), ('UP', 'B', 'UP-B', 600, 1)",
        )
        .await;
    let store = database.store();
    let top_up = async |card: &str, with: &str| {
        let topped = store.recharge(&code(card), &code(with), None, &Client::default()).await.unwrap();
        assert!(matches!(topped, Recharge::ToppedUp { .. }), "{topped:?}");
    };
    let of = async |card: &str, asker: &str| {
        store.validate(&code(card), &machine(asker), &Client::default()).await.unwrap()
    };
    assert!(is_in(&store, "PC-1").await && frees(&store, "PC-1").await);
    top_up("VIP-A", "UP-A").await;
    assert_eq!(holders(&database).await, [""; 0]);
    assert!(matches!(ask(&store, "PC-1").await, Validation::Refused(Refusal::CoolingDown { .. })));
    assert!(is_in(&store, "PC-2").await);

    let try_it = async || match store.start_trial(&machine("PC-1"), &Client::default(), || ()).await {
        Ok(TrialStart::On(trial)) => trial.code,
        other => panic!("{other:?}"),
    };
    let trial = try_it().await;
    let unbind_trial = async || {
        let unbinding = store.unbind(&code(&trial), &machine("PC-1"), &Client::default()).await;
        unbinding.unwrap().unwrap().result.map(|unbound| unbound.was_bound)
    };
    assert_eq!(unbind_trial().await, Err(Refusal::UnbindNotAllowed), "it is its machine's");
    assert!(matches!(of(&trial, "PC-1").await, Validation::Admitted { .. }));
    top_up(&trial, "UP-B").await;
    assert_eq!(unbind_trial().await, Ok(true), "it was paid for");
    assert_eq!(try_it().await, trial, "it goes on, but not on this machine");
    assert!(matches!(of(&trial, "PC-1").await, Validation::Refused(Refusal::CoolingDown { .. })));
    assert!(matches!(of(&trial, "PC-3").await, Validation::Admitted { .. }));
}

#[tokio::test]
async fn a_trial_whose_top_ups_were_all_taken_back_is_its_machine_s_again() {
    let database = TestDatabase::create().await;
    database
        .execute(
            "UPDATE apps SET policy = 'trial=600 unbind=machine';
             UPDATE policy_revision SET revision = revision + 1;
             INSERT INTO batches (id, card_count, operator, created_at, recharge) VALUES (1, 2, 'x', UTC_TIMESTAMP(), 1);
             INSERT INTO cards (prefix, code, full_code, duration_seconds, batch_id) VALUES
                ('UP', 'A', 'UP-A', 600, 1), ('UP', 'B', 'UP-B', 600, 1)",
        )
        .await;
    let (store, asker) = (database.store(), machine("PC-1"));
    let started = store.start_trial(&asker, &Client::default(), || ()).await.unwrap();
    let TrialStart::On(TrialCard { code: trial, .. }) = started else { panic!("{started:?}") };
    // What may be unbound, is, and is its machine's again, as though it had not been.
    let moves = async || {
        let unbinding = store.unbind(&code(&trial), &asker, &Client::default()).await.unwrap().unwrap();
        let back = "DELETE FROM customer_log WHERE act = 'UNBIND'; UPDATE cards SET machine_code = 'PC-1' \
                    WHERE prefix = 'TRIAL'";
        database.execute(back).await;
        unbinding.result.map(|unbound| unbound.was_bound)
    };
    let top_up = async |with: &str| {
        let topped = store.recharge(&code(&trial), &code(with), None, &Client::default()).await.unwrap();
        assert!(matches!(topped, Recharge::ToppedUp { .. }), "{topped:?}");
        let newest = "SELECT MAX(id) FROM customer_log WHERE act = 'RECHARGE'";
        database.rows::<u64>(newest, ()).await.remove(0)
    };
    let not_allowed = Err(Refusal::UnbindNotAllowed);
    assert_eq!(moves().await, not_allowed);
    let (first, second) = (top_up("UP-A").await, top_up("UP-B").await);
    assert_eq!(take_back(&store, second).await.map(|_| ()).map_err(|_| ()), Ok(()));
    assert_eq!(moves().await, Ok(true), "the other one stands");
    let taken = take_back(&store, first).await.unwrap();
    assert_eq!(moves().await, not_allowed, "nothing was paid for it");
    let undo = recharge::agreed(Weight { cards: 2, kind: Kind::Delete }, Undo { act_id: taken.act_id });
    let undone = store.undo(&recharge::anna(), &undo, &|_| ControlFlow::Continue(())).await.unwrap();
    assert_eq!(moves().await, Ok(true), "it was paid for after all");
    let redo =
        recharge::agreed(Weight { cards: 2, kind: Kind::Delete }, Undo { act_id: undone.act_id.unwrap() });
    store.undo(&recharge::anna(), &redo, &|_| ControlFlow::Continue(())).await.unwrap();
    assert_eq!(moves().await, not_allowed, "and was not");
    let again = top_up("UP-A").await;
    assert_eq!(moves().await, Ok(true));
    take_back(&store, again).await.unwrap();
    assert_eq!(moves().await, not_allowed);
    database.execute("DELETE FROM cards WHERE prefix = 'UP'").await;
    assert_eq!(moves().await, not_allowed, "also where the card that is unused again was deleted");
    database.execute("DELETE FROM operator_log").await;
    assert_eq!(moves().await, Ok(true), "what nobody remembers to have taken back stands");
}

#[tokio::test]
async fn of_several_seats_the_one_that_was_given_up_is_free_and_the_log_says_which() {
    let database = with_card(3, "unbind=machine unbind-cooldown=3600 unbind-cost=5p", Some(12)).await;
    let store = database.store();
    for (asker, ago) in [("PC-1", 60), ("PC-2", 30), ("PC-3", 10)] {
        assert!(is_in(&store, asker).await);
        let_pass(&database, ago).await;
    }
    let further = unbind(&store, "PC-2").await.result.unwrap();
    assert_eq!((further.paid, further.points), (Some(Paid::Points(5)), Some(7)));
    assert_eq!(holders(&database).await, ["PC-1", "PC-3"]);
    assert!(matches!(ask(&store, "PC-2").await, Validation::Refused(Refusal::CoolingDown { .. })));
    assert!(is_in(&store, "PC-4").await, "who gave nothing up gets it");

    let_pass(&database, 3_600).await;
    assert!(is_in(&store, "PC-1").await && frees(&store, "PC-1").await);
    assert_eq!(holders(&database).await, ["PC-4", "PC-3"], "who was seen last moves into the card's row");
    assert!(matches!(ask(&store, "PC-1").await, Validation::Refused(Refusal::CoolingDown { .. })));
    let_pass(&database, 3_600).await;
    assert_eq!(refusal(&store, "PC-3").await, Refusal::UnbindTooExpensive, "2 points are left");
    assert!(is_in(&store, "PC-1").await);
    let before: Vec<Option<String>> =
        database.rows("SELECT CAST(values_before AS CHAR) FROM customer_log ORDER BY id", ()).await;
    let after: Vec<Option<String>> =
        database.rows("SELECT CAST(values_after AS CHAR) FROM customer_log ORDER BY id", ()).await;
    let parsed = |texts: Vec<Option<String>>| -> Vec<serde_json::Value> {
        texts.into_iter().map(|text| serde_json::from_str(&text.unwrap()).unwrap()).collect()
    };
    assert_eq!(
        parsed(before),
        [json!({"machines": ["PC-2"], "points": 12}), json!({"machine_code": "PC-1", "points": 7})]
    );
    assert_eq!(parsed(after), [json!({"points": 7}), json!({"machine_code": "PC-4", "points": 2})]);
}

#[tokio::test]
async fn for_a_machine_that_is_lost_the_seat_of_the_one_seen_longest_ago_is_given_up_at_twice_the_cost() {
    let database = with_card(2, "unbind=anyone unbind-limit=5 unbind-cost=100s", None).await;
    let store = database.store();
    assert!(is_in(&store, "PC-1").await);
    assert!(!frees(&store, "PC-NEW").await, "one is free");
    let_pass(&database, 60).await;
    assert!(is_in(&store, "PC-2").await);
    let lost = unbind(&store, "PC-NEW").await;
    let Unbinding { result: Ok(Unbound { was_bound: true, remaining: Some(3), paid, .. }), is_known } = lost
    else {
        panic!("{lost:?}")
    };
    assert_eq!((paid, is_known), (Some(Paid::Seconds(200)), None));
    assert_eq!(holders(&database).await, ["PC-2"], "PC-1 was in the card's row");
    assert!(!frees(&store, "PC-NEW").await, "a repeated request frees no second one");
    assert!(is_in(&store, "PC-NEW").await);
    let_pass(&database, 60).await;
    assert!(frees(&store, "PC-3").await);
    let lost: Vec<(String, String)> =
        database.rows("SELECT act, machine_code FROM customer_log ORDER BY id", ()).await;
    let lost: Vec<_> = lost.iter().map(|(act, machine)| (act.as_str(), machine.as_str())).collect();
    assert_eq!(lost, [("UNBIND_LOST", "PC-1"), ("UNBIND_LOST", "PC-2")]);
    assert!(is_in(&store, "PC-4").await);
    let Refusal::CoolingDown { seconds } = refusal(&store, "PC-5").await else { panic!() };
    assert!(
        (2_591_800..=2_592_000 - 60).contains(&seconds),
        "one of two, until the older counts no more: {seconds}"
    );
    assert!(matches!(refusal(&store, "PC-4").await, Refusal::CoolingDown { seconds: 1..=60 }));
    let_pass(&database, 60).await;
    assert!(frees(&store, "PC-4").await, "its own counts once");
}

#[tokio::test]
async fn who_asks_once_more_after_a_lost_answer_pays_once_though_somebody_came_meanwhile() {
    let database = with_card(1, "unbind=anyone unbind-limit=9 unbind-cost=1p", Some(10)).await;
    let store = database.store();
    assert!(is_in(&store, "PC-1").await && frees(&store, "PC-2").await);
    assert!(matches!(
        ask(&store, "PC-1").await,
        Validation::Refused(Refusal::CoolingDown { seconds: 1..=60 })
    ));
    assert!(is_in(&store, "PC-3").await);
    assert!(matches!(refusal(&store, "PC-2").await, Refusal::CoolingDown { seconds: 1..=60 }));
    let points: Vec<u32> = database.rows("SELECT points FROM cards", ()).await;
    assert_eq!(points, [8]);
}

#[tokio::test]
async fn who_has_come_by_a_code_uses_no_card_up_by_what_unbinding_costs() {
    let database = with_card(1, "unbind=anyone unbind-cost=1p", Some(10)).await;
    let store = database.store();
    assert!(is_in(&store, "PC-1").await && frees(&store, "PC-X").await && is_in(&store, "PC-X").await);
    let_pass(&database, 3_600).await;
    let Refusal::CoolingDown { seconds } = refusal(&store, "PC-Y").await else { panic!() };
    assert!((82_700..=82_800).contains(&seconds), "{seconds}");
    database.execute("UPDATE cards SET machine_code = NULL").await;
    assert!(is_in(&store, "PC-1").await, "an operator gives it back, and its hour is over");
}

#[tokio::test]
async fn a_machine_that_could_have_no_seat_frees_none_that_is_lost() {
    let database = with_card(1, "unbind=anyone", None).await;
    let store = database.store();
    assert!(is_in(&store, "PC-1").await);
    assert_eq!(refusal(&store, "PC\u{200b}").await, Refusal::Unbindable);
    let mut connection = database.connect().await;
    for routine in ["unbind_seat_2", "unbind_seat"] {
        for nobody in ["''", "NULL"] {
            let call = format!("CALL {routine}((SELECT id FROM cards), {nobody})");
            let row: Row = connection.query_first(call).await.unwrap().unwrap();
            assert_eq!(row.get::<String, _>(0).unwrap(), "OTHERS", "{routine} {nobody}");
        }
    }
    assert_eq!(holders(&database).await, ["PC-1"]);
}

#[tokio::test]
async fn who_repeats_a_request_while_it_waits_gives_up_no_second_seat() {
    let database = with_card(1, "unbind=anyone unbind-cost=1p", Some(10)).await;
    let store = database.store();
    assert!(is_in(&store, "PC-1").await);
    let mut holding = database.connect().await;
    holding.query_drop("START TRANSACTION; SELECT id FROM cards FOR UPDATE").await.unwrap();
    let mut askers = JoinSet::new();
    for asker in ["PC-1", "PC-1", "PC-2"] {
        let store = database.store();
        askers.spawn(async move { frees(&store, asker).await });
    }
    eventually("all wait for the card", async || {
        let query = "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE '%FOR UPDATE%'
            AND info NOT LIKE '%processlist%' AND db = DATABASE()";
        (database.rows::<u64>(query, ()).await[0] == 3).then_some(())
    })
    .await;
    holding.query_drop("COMMIT").await.unwrap();
    let freed = askers.join_all().await;
    assert_eq!(freed.into_iter().filter(|freed| *freed).count(), 1);
    let log: Vec<u64> = database.rows("SELECT COUNT(*) FROM customer_log", ()).await;
    assert_eq!(log, [1]);
}

#[tokio::test]
async fn of_any_number_that_unbind_and_validate_at_once_each_seat_is_given_up_and_paid_for_once() {
    for seats in [1_u16, 2, 5] {
        let policy = "unbind=machine unbind-cooldown=3600 unbind-cost=3p".parse::<PolicyPart>().unwrap();
        // The cooldown is that of the card: a machine a seat would wait for it, so that the log is of as many cards.
        let database = with_card(seats, &policy.to_string(), Some(100)).await;
        let stores = [database.store(), database.store()];
        for number in 0..seats {
            assert!(is_in(&stores[0], &format!("OLD-{number}")).await);
        }
        let mut racers = JoinSet::new();
        for number in 0..64_u16 {
            let store = stores[usize::from(number % 2)].clone();
            racers.spawn(async move {
                if number % 4 == 3 {
                    let name = format!("NEW-{number}");
                    (false, is_in(&store, &name).await.then_some(name))
                } else {
                    (frees(&store, "OLD-0").await, is_in(&store, "OLD-0").await.then(|| "OLD-0".to_owned()))
                }
            });
        }
        let came: Vec<(bool, Option<String>)> = racers.join_all().await;
        assert_eq!(came.iter().filter(|(freed, _)| *freed).count(), 1, "{seats} seats");
        let facts: Vec<(u64, u32)> =
            database.rows("SELECT (SELECT COUNT(*) FROM customer_log), points FROM cards", ()).await;
        assert_eq!(facts, [(1, 97)], "{seats} seats");
        let holders: BTreeSet<String> = holders(&database).await.into_iter().collect();
        assert!(holders.len() <= usize::from(seats) && !holders.contains("OLD-0"), "{holders:?}");
        let new: BTreeSet<String> =
            came.into_iter().filter_map(|(_, name)| name).filter(|name| name != "OLD-0").collect();
        assert!(new.len() <= 1 && new.is_subset(&holders), "{new:?} {holders:?}");
        assert!(!is_in(&stores[0], "OLD-0").await, "{seats} seats");
    }
}

#[tokio::test]
async fn who_is_kept_out_unbinds_nothing() {
    let database = with_card(1, "unbind=anyone", None).await;
    let store = database.store();
    assert!(is_in(&store, "PC-1").await);
    database
        .execute(
            "INSERT INTO blocks (kind, target, created_at) VALUES ('MACHINE', 'PC-1', UTC_TIMESTAMP());
             UPDATE policy_revision SET blocks = blocks + 1, revision = revision + 1",
        )
        .await;
    let unbinding = store.unbind(&code("VIP-A"), &machine("PC-1"), &Client::default()).await.unwrap();
    assert_eq!(unbinding, Err(NoCard::Blocked));
    assert_eq!(holders(&database).await, ["PC-1"]);
    assert!(frees(&store, "PC-2").await, "who is not kept out frees its seat");
}
