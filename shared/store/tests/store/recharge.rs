//! Cards that are topped up with others.

use std::ops::ControlFlow;

use kami_core::acts::ActRefusal;
use kami_core::app::AppName;
use kami_core::gate::{Answer, Confirmed, Gate, Weight};
use kami_core::operator::Operator;
use kami_core::recharge::RechargeRefusal;
use kami_store::{ActError, Client, Recharge, RechargeActed, RechargeUndo, Store, Undo, Validation};
use kami_testkit::{Queryable as _, TestDatabase, eventually};
use tokio::task::JoinSet;

use crate::{code, machine};

/// A database with a batch, 1, whose cards top others up.
async fn database() -> TestDatabase {
    let database = TestDatabase::create().await;
    database
        .execute(
            "INSERT INTO batches (id, card_count, operator, created_at, preset, recharge) VALUES
             (1, 9, 'x', UTC_TIMESTAMP(), 'gone', 1), (2, 9, 'x', UTC_TIMESTAMP(), 'gone', 0),
             (3, 9, 'x', UTC_TIMESTAMP(), NULL, NULL)",
        )
        .await;
    database
}

/// Adds a card of batch 1, and gives it these values, of which the last counts.
async fn add(database: &TestDatabase, name: &str, values: &str) {
    database
        .execute(&format!(
            "INSERT INTO cards (prefix, code, full_code, batch_id) VALUES ('A', '{name}', 'A-{name}', 1);
             UPDATE cards SET {values} WHERE code = '{name}'"
        ))
        .await;
}

const HOUR: &str = "duration_seconds = 3600";

const IN_USE: &str =
    "status = 'ACTIVE', machine_code = 'PC', used_at = '2026-01-01', expire_at = '2090-01-01'";

async fn recharge(store: &Store, name: &str, with: &str) -> Recharge {
    let (name, with) = (format!("A-{name}"), format!("A-{with}"));
    store.recharge(&code(&name), &code(&with), None, &Client::default()).await.unwrap()
}

fn points(recharge: Recharge) -> Option<u32> {
    match recharge {
        Recharge::ToppedUp { points, .. } => points,
        other => panic!("{other:?}"),
    }
}

/// Everything of each card that a top-up changes.
async fn cards(database: &TestDatabase) -> Vec<String> {
    let query = "SELECT CONCAT_WS(' ', code, status, IFNULL(machine_code, '-'), IFNULL(expire_at, '-'), \
                 used_at IS NOT NULL, IFNULL(points, '-')) FROM cards ORDER BY code";
    database.rows(query, ()).await
}

/// What stands in the customers' log.
async fn log(database: &TestDatabase) -> Vec<String> {
    let query = "SELECT CONCAT_WS(' ', act, card_id, other_card_id, IFNULL(machine_code, '-')) FROM customer_log \
                 ORDER BY id";
    database.rows(query, ()).await
}

pub(crate) fn anna() -> Operator {
    Operator::new("anna").unwrap()
}

pub(crate) fn agreed<T>(weight: Weight, what: T) -> Confirmed<T> {
    Gate::new(true).pass(what, weight, Answer::Agreed).ok().unwrap()
}

pub(crate) async fn take_back(store: &Store, record: u64) -> Result<RechargeActed, ActError> {
    let undo = RechargeUndo { record };
    store.undo_recharge(&anna(), &agreed(undo.weight(), undo)).await
}

#[tokio::test]
async fn a_card_is_topped_up_once_and_both_histories_say_so() {
    let database = database().await;
    let store = database.store();
    add(&database, "1", &format!("{IN_USE}, points = 7")).await;
    add(&database, "2", &format!("{HOUR}, points = 100")).await;
    let topped = recharge(&store, "1", "2").await;
    let Recharge::ToppedUp { expire_at: Some(end), points: Some(107) } = topped else { panic!("{topped:?}") };
    assert_eq!(end.to_rfc3339(), "2090-01-01T01:00:00+00:00");
    let now = database.rows::<String>("SELECT CAST(used_at AS CHAR) FROM cards WHERE code = '2'", ()).await;
    let burnt = format!("2 EXPIRED - {} 1 0", now[0]);
    let after = ["1 ACTIVE PC 2090-01-01 01:00:00 1 107".to_owned(), burnt];
    assert_eq!(cards(&database).await, after);
    // Who asks again, as his answer was lost, is told the same, and nobody else gets anything of it.
    assert_eq!(recharge(&store, "1", "2").await, topped);
    add(&database, "3", IN_USE).await;
    assert_eq!(recharge(&store, "3", "2").await, Recharge::Refused(RechargeRefusal::NotUnused));
    assert_eq!(cards(&database).await[..2], after);
    assert_eq!(log(&database).await, ["RECHARGE 1 2 -", "BURN 2 1 -"]);
    let values: Vec<(String, String)> = database
        .rows(
            "SELECT CAST(values_before AS CHAR), CAST(values_after AS CHAR) FROM customer_log ORDER BY id",
            (),
        )
        .await;
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    assert_eq!(json(&values[0].0), serde_json::json!({ "expire_at": "2090-01-01 00:00:00", "points": 7 }));
    assert_eq!(json(&values[0].1), serde_json::json!({ "expire_at": "2090-01-01 01:00:00", "points": 107 }));
    let unused = serde_json::json!({ "status": "unused", "used_at": null, "expire_at": null, "points": 100 });
    assert_eq!(json(&values[1].0), unused);
    // The burnt card is no card any more, and what was topped up goes on.
    let refused = store.validate(&code("A-2"), &machine("PC"), &Client::default()).await.unwrap();
    assert!(matches!(refused, Validation::Refused(_)), "{refused:?}");
    let admitted = store.validate(&code("A-1"), &machine("PC"), &Client::default()).await.unwrap();
    assert!(matches!(admitted, Validation::Admitted { points: Some(107), .. }), "{admitted:?}");
}

#[tokio::test]
async fn one_that_is_over_is_in_use_again_from_now_on_with_its_machine() {
    let database = database().await;
    let store = database.store();
    add(&database, "1", &format!("{IN_USE}, points = 3")).await;
    add(&database, "2", HOUR).await;
    for status in ["EXPIRED", "ACTIVE"] {
        let over = "expire_at = '2026-01-02' WHERE code = '1'";
        database.execute(&format!("UPDATE cards SET status = '{status}', {over}")).await;
        let topped = recharge(&store, "1", "2").await;
        let Recharge::ToppedUp { expire_at: Some(end), points: Some(3) } = topped else {
            panic!("{topped:?}")
        };
        let away = (end - store.now().await.unwrap()).num_seconds();
        assert!((3_590..=3_600).contains(&away), "{status}: {away}");
        let found = cards(&database).await.remove(0);
        assert!(found.starts_with("1 ACTIVE PC 20"), "{found}");
        database
            .execute("UPDATE cards SET status = 'UNUSED', used_at = NULL, expire_at = NULL WHERE code = '2'")
            .await;
    }
}

#[tokio::test]
async fn the_routine_decides_as_the_rule_does_and_a_refusal_changes_nothing() {
    let database = database().await;
    let store = database.store();
    let in_use = |more: &str| format!("{IN_USE}, {more}");
    for (card, other, refusal) in [
        (in_use("points = 1"), "duration_seconds = NULL, points = 5", None),
        (in_use("points = NULL"), "duration_seconds = NULL, points = 5", None),
        (in_use("expire_at = NULL"), "duration_seconds = NULL, points = 5", None),
        (in_use("valid_until = '2090-01-01 00:00:05'"), HOUR, None),
        (
            in_use("points = 1"),
            "duration_seconds = NULL, valid_until = '2089-01-01', expire_at = '2089-01-01'",
            None,
        ),
        (in_use("expire_at = NULL"), HOUR, Some(RechargeRefusal::Pointless)),
        (in_use("points = 1"), "duration_seconds = NULL", Some(RechargeRefusal::Pointless)),
        (in_use("points = 1"), "duration_seconds = NULL, points = 0", Some(RechargeRefusal::Pointless)),
        (in_use("valid_until = expire_at"), HOUR, Some(RechargeRefusal::Pointless)),
        (
            in_use("expire_at = '2026-01-02'"),
            "duration_seconds = NULL, points = 5",
            Some(RechargeRefusal::Pointless),
        ),
        (
            in_use("points = 999999996"),
            "duration_seconds = NULL, points = 5",
            Some(RechargeRefusal::TooManyPoints),
        ),
        (in_use("expire_at = '9999-12-31 23:00:00'"), HOUR, Some(RechargeRefusal::TooLong)),
        (in_use("status = 'DISABLED'"), HOUR, Some(RechargeRefusal::Disabled)),
        (HOUR.to_owned(), HOUR, Some(RechargeRefusal::NeverUsed)),
        (
            "status = 'EXPIRED', valid_until = '2026-01-01', expire_at = '2026-01-01'".to_owned(),
            HOUR,
            Some(RechargeRefusal::NeverUsed),
        ),
        (in_use("points = 1"), IN_USE, Some(RechargeRefusal::NotUnused)),
        (in_use("points = 1"), "status = 'DISABLED'", Some(RechargeRefusal::NotUnused)),
        (
            in_use("points = 1"),
            "valid_until = '2026-01-01', expire_at = '2026-01-01'",
            Some(RechargeRefusal::NotUnused),
        ),
        (in_use("points = 1"), "batch_id = 2, points = 5", Some(RechargeRefusal::NotAllowed)),
        (in_use("points = 1"), "batch_id = 3, points = 5", Some(RechargeRefusal::NotAllowed)),
        (in_use("points = 1"), "batch_id = NULL, points = 5", Some(RechargeRefusal::NotAllowed)),
    ] {
        database.execute("DELETE FROM cards; DELETE FROM customer_log").await;
        add(&database, "1", &card).await;
        add(&database, "2", other).await;
        let before = cards(&database).await;
        let ids: Vec<u64> = database.rows("SELECT id FROM cards ORDER BY code", ()).await;
        // The routine by itself, as whoever goes round this program calls it.
        let call = format!("START TRANSACTION; CALL recharge_card({}, {})", ids[0], ids[1]);
        if refusal.is_some() {
            database.execute(&call).await;
            assert_eq!(cards(&database).await, before, "{card}, {other}");
        }
        let found = recharge(&store, "1", "2").await;
        match refusal {
            Some(refusal) => assert_eq!(found, Recharge::Refused(refusal), "{card}, {other}"),
            None => assert!(matches!(found, Recharge::ToppedUp { .. }), "{card}, {other}: {found:?}"),
        }
        assert_eq!(cards(&database).await == before, refusal.is_some(), "{card}, {other}");
        assert_eq!(log(&database).await.len(), if refusal.is_some() { 0 } else { 2 }, "{card}, {other}");
    }
}

#[tokio::test]
async fn a_preset_that_is_there_says_whether_its_cards_top_others_up() {
    let database = database().await;
    let store = database.store();
    add(&database, "1", IN_USE).await;
    add(&database, "2", &format!("{HOUR}, batch_id = 2")).await;
    let not_allowed = Recharge::Refused(RechargeRefusal::NotAllowed);
    assert_eq!(recharge(&store, "1", "2").await, not_allowed);
    let preset = "INSERT INTO presets (app, name, prefix, recharge) VALUES";
    database.execute(&format!("{preset} ('other', 'gone', 'A', 1)")).await;
    assert_eq!(recharge(&store, "1", "2").await, not_allowed, "it is another app's");
    database.execute(&format!("{preset} ('default', 'gone', 'A', 1)")).await;
    assert!(matches!(recharge(&store, "1", "2").await, Recharge::ToppedUp { .. }));
    add(&database, "3", HOUR).await;
    database.execute("UPDATE presets SET recharge = 0").await;
    assert_eq!(recharge(&store, "1", "3").await, not_allowed);
}

#[tokio::test]
async fn cards_of_another_app_do_not_exist() {
    let database = database().await;
    let store = database.store();
    add(&database, "1", IN_USE).await;
    add(&database, "2", &format!("{HOUR}, app = 'other'")).await;
    assert_eq!(recharge(&store, "1", "2").await, Recharge::NoOther);
    assert_eq!(recharge(&store, "1", "9").await, Recharge::NoOther);
    assert_eq!(recharge(&store, "9", "1").await, Recharge::NotFound);
    let of_other = Client { app: "other".parse::<AppName>().unwrap(), ..Client::default() };
    let found = store.recharge(&code("A-1"), &code("A-2"), None, &of_other).await.unwrap();
    assert_eq!(found, Recharge::NotFound);
    assert_eq!(recharge(&store, "1", "1").await, Recharge::Refused(RechargeRefusal::Itself));
}

#[tokio::test]
async fn of_many_that_burn_the_same_cards_each_is_burnt_into_one() {
    let database = database().await;
    let stores = [database.store(), database.store()];
    for number in 0..8 {
        add(&database, &format!("T{number}"), &format!("{IN_USE}, points = 0")).await;
        add(&database, &format!("P{number}"), "duration_seconds = NULL, points = 1").await;
    }
    let mut racers = JoinSet::new();
    for number in 0..64 {
        let (store, target, with) =
            (stores[number % 2].clone(), format!("T{}", number / 8), format!("P{}", number % 8));
        racers.spawn(
            async move { matches!(recharge(&store, &target, &with).await, Recharge::ToppedUp { .. }) },
        );
    }
    let won = racers.join_all().await.into_iter().filter(|won| *won).count();
    let left: Vec<(u32, u32)> = database
        .rows(
            "SELECT CAST(SUM(points) AS UNSIGNED), CAST(SUM(status = 'EXPIRED') AS UNSIGNED) FROM cards",
            (),
        )
        .await;
    assert_eq!((won, left), (8, vec![(8, 8)]));
    assert_eq!(log(&database).await.len(), 16);
}

#[tokio::test]
async fn two_cards_that_are_burnt_into_each_other_do_not_wait_for_each_other() {
    let database = database().await;
    let stores = [database.store(), database.store()];
    for _ in 0..20 {
        database.execute("DELETE FROM cards").await;
        add(&database, "1", IN_USE).await;
        add(&database, "2", HOUR).await;
        add(&database, "3", HOUR).await;
        database.execute("UPDATE cards SET machine_code = 'PC' WHERE code = '2'").await;
        let (one, other) = tokio::join!(recharge(&stores[0], "1", "2"), recharge(&stores[1], "2", "1"));
        assert!(matches!(one, Recharge::ToppedUp { .. }), "{one:?}");
        let refused = [RechargeRefusal::NotUnused, RechargeRefusal::NeverUsed].map(Recharge::Refused);
        assert!(refused.contains(&other), "{other:?}");
    }
}

#[tokio::test]
async fn a_top_up_is_taken_back_and_that_as_well() {
    let database = database().await;
    let store = database.store();
    add(&database, "1", &format!("{IN_USE}, points = 7")).await;
    add(&database, "2", &format!("{HOUR}, points = 100")).await;
    let before = cards(&database).await;
    assert_eq!(points(recharge(&store, "1", "2").await), Some(107));
    let after = cards(&database).await;
    let acted = take_back(&store, 1).await.unwrap();
    assert_eq!(cards(&database).await, before);
    assert!(matches!(take_back(&store, 1).await, Err(ActError::Refused(ActRefusal::ChangedSince))));
    let rows: Vec<String> =
        database.rows("SELECT CONCAT(act, ' ', full_code) FROM operator_log ORDER BY id", ()).await;
    assert_eq!(rows, ["recharge_undo A-1", "recharge_undo A-2"]);
    // The taking back is an act as any other.
    let undoable = store.undoable(acted.act_id).await.unwrap().unwrap();
    let undo = agreed(undoable.weight(true), Undo { act_id: acted.act_id });
    let outcome = store.undo(&anna(), &undo, &|_| ControlFlow::Continue(())).await.unwrap();
    assert_eq!((outcome.done, outcome.refused.len()), (2, 0));
    assert_eq!(cards(&database).await, after);
    // What was taken of the points since stays taken.
    database.execute("UPDATE cards SET points = 101 WHERE code = '1'").await;
    take_back(&store, 1).await.unwrap();
    assert_eq!(cards(&database).await[0], "1 ACTIVE PC 2090-01-01 00:00:00 1 1");
    assert_eq!(points(recharge(&store, "1", "2").await), Some(101), "it may be burnt again");
}

#[tokio::test]
async fn the_last_top_up_is_found_by_the_card_that_was_burnt() {
    let database = database().await;
    let store = database.store();
    for name in ["1", "2"] {
        add(&database, name, IN_USE).await;
    }
    for name in ["3", "4"] {
        add(&database, name, HOUR).await;
    }
    assert_eq!(store.top_up_with(3).await.unwrap(), None);
    for (into, with) in [("1", "4"), ("1", "3")] {
        assert!(matches!(recharge(&store, into, with).await, Recharge::ToppedUp { .. }));
    }
    let found = store.top_up_with(3).await.unwrap().unwrap();
    assert_eq!((found.record, found.card), (3, 1));
    assert_eq!(store.top_up_with(1).await.unwrap(), None, "it was topped up itself");
    take_back(&store, found.record).await.unwrap();
    assert!(matches!(recharge(&store, "2", "3").await, Recharge::ToppedUp { .. }));
    let found = store.top_up_with(3).await.unwrap().unwrap();
    assert_eq!((found.record, found.card), (5, 2), "the last one");
}

#[tokio::test]
async fn what_was_changed_since_or_was_no_top_up_is_not_taken_back() {
    let database = database().await;
    let store = database.store();
    add(&database, "1", IN_USE).await;
    add(&database, "2", &format!("{HOUR}, points = 5")).await;
    assert_eq!(points(recharge(&store, "1", "2").await), Some(5));
    for change in [
        "points = 4 WHERE code = '1'",
        "expire_at = '2091-01-01' WHERE code = '1'",
        "points = 1 WHERE code = '2'",
    ] {
        database.execute(&format!("UPDATE cards SET {change}")).await;
        let refused = take_back(&store, 1).await;
        assert!(matches!(refused, Err(ActError::Refused(ActRefusal::ChangedSince))), "{change}: {refused:?}");
        database
            .execute("UPDATE cards SET points = IF(code = '1', 5, 0); UPDATE cards SET expire_at = '2090-01-01 01:00:00' WHERE code = '1'")
            .await;
    }
    for record in [2, 99] {
        assert!(matches!(take_back(&store, record).await, Err(ActError::NotFound)), "{record}");
    }
}

#[tokio::test]
async fn what_a_machine_did_while_the_taking_back_waits_for_the_card_is_not_logged_as_its() {
    let database = database().await;
    let store = database.store();
    add(&database, "1", &format!("{IN_USE}, seats = 2")).await;
    add(&database, "2", HOUR).await;
    database.execute("INSERT INTO card_seats VALUES (1, 'PC-2', '2026-01-01', '2026-01-01', NULL)").await;
    recharge(&store, "1", "2").await;
    let record: u64 = database.rows("SELECT id FROM customer_log WHERE act = 'RECHARGE'", ()).await[0];
    let mut leaving = database.connect().await;
    leaving.query_drop("START TRANSACTION; SELECT id FROM cards FOR UPDATE").await.unwrap();
    let taking = tokio::spawn(async move { take_back(&store, record).await.unwrap() });
    eventually("it waits for the card", async || {
        let query = "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE '%FOR UPDATE%'
            AND info NOT LIKE '%processlist%' AND db = DATABASE()";
        (database.rows::<u64>(query, ()).await[0] == 1).then_some(())
    })
    .await;
    // The first machine gives its seat up, and the other moves into it.
    let moved = "UPDATE cards SET machine_code = 'PC-2' WHERE code = '1'; DELETE FROM card_seats; COMMIT";
    leaving.query_drop(moved).await.unwrap();
    let act = taking.await.unwrap().act_id;
    let logged: Vec<String> = database
        .rows(
            "SELECT JSON_KEYS(values_before) FROM operator_log WHERE act_id = ? AND full_code = 'A-1'",
            (act,),
        )
        .await;
    assert_eq!(logged, [r#"["expire_at"]"#]);
}
