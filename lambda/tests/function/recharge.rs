//! Cards that are topped up with others, as client apps meet them.

use hyper::StatusCode;
use kami_testkit::{Answer, Client, Function, Proxy, TestDatabase};
use serde_json::{Value, json};

use crate::{API, start};

/// Adds a card `VIP-CODE` with these values, of a batch, 1, whose cards top others up.
async fn add_card(database: &TestDatabase, code: &str, values: &str) {
    database.insert_card("VIP", code).await;
    database
        .execute(&format!(
            "INSERT IGNORE INTO batches (id, card_count, operator, created_at, recharge)
                VALUES (1, 9, 'x', UTC_TIMESTAMP(), 1), (2, 9, 'x', UTC_TIMESTAMP(), 0);
             UPDATE cards SET batch_id = 1, {values} WHERE code = '{code}'"
        ))
        .await;
}

const IN_USE: &str =
    "status = 'ACTIVE', machine_code = 'PC-1', used_at = '2026-01-01', expire_at = '2090-01-01'";

const HOUR: &str = "duration_seconds = 3600";

/// What a request that says this is refused with.
fn refusal(reason: &str, message: &str) -> (StatusCode, Value) {
    (StatusCode::FORBIDDEN, json!({"status": "error", "reason": reason, "message": message}))
}

fn said(answer: Answer) -> (StatusCode, Value) {
    (answer.status, answer.body)
}

async fn post(client: &mut Client, body: &Value) -> Answer {
    client.send("POST", "/api/recharge", &[("accept-language", "en")], &body.to_string()).await
}

#[tokio::test]
async fn time_and_points_of_one_card_are_anothers_from_then_on() {
    let (database, function) = start().await;
    add_card(&database, "ONE", IN_USE).await;
    add_card(&database, "HOUR", HOUR).await;
    add_card(&database, "POINTS", "duration_seconds = NULL, points = 100").await;
    let mut client = function.client().await;
    let hour_more = json!({"status": "success", "expire_at": "2090-01-01T09:00:00+08:00"});
    assert_eq!(said(client.recharge(" vip-one\n", "ｖｉｐ－hour").await), (StatusCode::OK, hour_more));
    let points_more = json!({"status": "success", "expire_at": "2090-01-01T09:00:00+08:00", "points": 100});
    for _ in 0..3 {
        let answer = client.recharge("VIP-ONE", "VIP-POINTS").await;
        assert_eq!(said(answer), (StatusCode::OK, points_more.clone()), "once, and the same is told again");
    }
    let validated = client.validate("VIP-ONE", "PC-1").await;
    assert_eq!(validated.body["expire_at"], points_more["expire_at"]);
    assert_eq!(validated.body["points"], 100);
    for burnt in ["VIP-HOUR", "VIP-POINTS"] {
        assert_eq!(client.validate(burnt, "PC-1").await.reason(), "card_expired", "{burnt}");
        assert_eq!(client.get(&format!("/api/status/{burnt}")).await.body["data"]["status"], "expired");
    }
    assert_eq!(client.recharge("VIP-HOUR", "VIP-POINTS").await.reason(), "recharge_used");
    assert_eq!(database.rows::<u64>("SELECT COUNT(*) FROM customer_log", ()).await, [4]);
}

#[tokio::test]
async fn a_card_that_is_over_lasts_again_from_now_on_and_its_machine_is_let_in() {
    let (database, function) = start().await;
    add_card(&database, "OVER", &IN_USE.replace("2090", "2026")).await;
    add_card(&database, "HOUR", HOUR).await;
    let mut client = function.client().await;
    assert_eq!(client.validate("VIP-OVER", "PC-1").await.reason(), "card_expired");
    assert_eq!(client.recharge("VIP-OVER", "VIP-HOUR").await.status, StatusCode::OK);
    let validated = client.validate("VIP-OVER", "PC-1").await;
    assert_eq!(validated.status, StatusCode::OK, "{}", validated.body);
    let hours = validated.body["remaining_hours"].as_f64().unwrap();
    assert!((0.9..=1.0).contains(&hours), "{hours}");
    assert_eq!(client.validate("VIP-OVER", "PC-2").await.reason(), "machine_mismatch");
}

#[tokio::test]
async fn what_tops_nothing_up_is_refused_by_a_reason_of_its_own_and_nothing_is_burnt() {
    let (database, function) = start().await;
    for (code, values) in [
        ("ONE", IN_USE.to_owned()),
        ("FULL", format!("{IN_USE}, points = 1000000000")),
        ("LAST", IN_USE.replace("2090-01-01", "9999-12-31")),
        ("OFF", "status = 'DISABLED'".to_owned()),
        ("NEW", HOUR.to_owned()),
        ("HOUR", HOUR.to_owned()),
        ("DAYS", "duration_seconds = 864000".to_owned()),
        ("POINT", "duration_seconds = NULL, points = 1".to_owned()),
        ("NOTHING", "duration_seconds = NULL".to_owned()),
        ("SOLD", format!("{HOUR}, batch_id = 2")),
        ("MADE", format!("{HOUR}, batch_id = NULL")),
    ] {
        add_card(&database, code, &values).await;
    }
    let cards = "SELECT CONCAT_WS(' ', code, status, IFNULL(expire_at, '-'), IFNULL(points, '-')) FROM cards";
    let before: Vec<String> = database.rows(cards, ()).await;
    let mut client = function.client().await;
    let not_for_that = "That card is not for topping others up";
    for (code, with, reason, message) in [
        ("ONE", "ONE", "same_card", "A card cannot top itself up"),
        ("ONE", "FULL", "recharge_used", "The card to top up with is used or no longer valid"),
        ("ONE", "OFF", "recharge_used", "The card to top up with is used or no longer valid"),
        ("OFF", "HOUR", "card_disabled", "The card is disabled"),
        ("NEW", "HOUR", "card_unused", "The card was never used and needs no top-up"),
        ("ONE", "NOTHING", "recharge_pointless", "The card would gain nothing from it"),
        ("FULL", "POINT", "recharge_too_much", "The card would exceed the most time or points of a card"),
        ("LAST", "DAYS", "recharge_too_much", "The card would exceed the most time or points of a card"),
        ("ONE", "SOLD", "recharge_not_allowed", not_for_that),
        ("ONE", "MADE", "recharge_not_allowed", not_for_that),
    ] {
        let body = json!({"code": format!("VIP-{code}"), "with": format!("VIP-{with}")});
        assert_eq!(said(post(&mut client, &body).await), refusal(reason, message), "{code} with {with}");
    }
    assert_eq!(database.rows::<String>(cards, ()).await, before);
    assert_eq!(database.rows::<u64>("SELECT COUNT(*) FROM customer_log", ()).await, [0]);
}

#[tokio::test]
async fn the_code_that_no_card_of_the_app_has_is_named_and_so_is_what_cannot_be() {
    let (database, function) = start().await;
    add_card(&database, "ONE", IN_USE).await;
    add_card(&database, "HOUR", HOUR).await;
    add_card(&database, "OTHER", &format!("{HOUR}, app = 'other'")).await;
    let mut client = function.client().await;
    let long = "x".repeat(129);
    for (said, status, reason, field) in [
        (json!({"with": "VIP-NONE"}), 404, "card_not_found", "with"),
        (json!({"with": "VIP-OTHER"}), 404, "card_not_found", "with"),
        (json!({"code": "VIP-NONE"}), 404, "card_not_found", "code"),
        (json!({"code": "VIP-NONE", "with": "VIP-NONE"}), 404, "card_not_found", "code"),
        (json!({"app": "other"}), 404, "card_not_found", "code"),
        (json!({"with": 7}), 400, "invalid_fields", "with"),
        (json!({"with": long}), 400, "invalid_fields", "with"),
        (json!({"with": null}), 400, "missing_fields", "with"),
        (json!({"machine_code": ["PC-1"]}), 400, "invalid_fields", "machine_code"),
        (json!({"app": "Other App"}), 400, "invalid_fields", "app"),
    ] {
        let mut body = json!({"code": "VIP-ONE", "with": "VIP-HOUR"});
        body.as_object_mut().unwrap().extend(said.as_object().unwrap().clone());
        let answer = post(&mut client, &body).await;
        assert_eq!((answer.status.as_u16(), answer.reason()), (status, reason), "{body}");
        assert_eq!(answer.body["field"], field, "{body}");
    }
    let other = json!({"code": "VIP-ONE", "with": "VIP-NONE"});
    assert_eq!(post(&mut client, &other).await.body["message"], "There is no such card to top up with");
    assert_eq!(database.rows::<u64>("SELECT COUNT(*) FROM customer_log", ()).await, [0]);
}

#[tokio::test]
async fn a_machine_that_is_kept_out_burns_nothing_and_any_other_need_not_say_who_it_is() {
    let (database, function) = start().await;
    add_card(&database, "ONE", IN_USE).await;
    add_card(&database, "HOUR", HOUR).await;
    database
        .execute(
            "INSERT INTO blocks (kind, target, created_at) VALUES ('MACHINE', 'PC-9', UTC_TIMESTAMP());
             UPDATE policy_revision SET blocks = blocks + 1, revision = revision + 1",
        )
        .await;
    let mut client = function.client().await;
    let by = |machine: Value| json!({"code": "VIP-ONE", "with": "VIP-HOUR", "machine_code": machine});
    assert_eq!(post(&mut client, &by(json!("PC-9"))).await.reason(), "blocked");
    for machine in [json!("PC-2"), json!(null)] {
        let answer = post(&mut client, &by(machine)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    }
}

#[tokio::test]
async fn a_card_whose_answer_is_lost_is_burnt_once() {
    let database = TestDatabase::create().await;
    add_card(&database, "ONE", &format!("{IN_USE}, points = 1")).await;
    add_card(&database, "POINTS", "duration_seconds = NULL, points = 100").await;
    let proxy = Proxy::start(database.port()).await;
    let function = Function::start(API, &database.url_through(proxy.port())).await;
    let mut client = function.client().await;
    assert_eq!(client.get("/api/status/VIP-ONE").await.status, StatusCode::OK);
    // The numbers of the cards, as they are sent.
    let numbers = [1_u64, 2].map(u64::to_le_bytes).concat();
    proxy.lose_answer_to(std::str::from_utf8(&numbers).unwrap());
    let answer = client.recharge("VIP-ONE", "VIP-POINTS").await;
    assert!([StatusCode::OK, StatusCode::SERVICE_UNAVAILABLE].contains(&answer.status), "{}", answer.body);
    assert!(!proxy.is_to_lose(), "nothing was lost");
    let answer = client.recharge("VIP-ONE", "VIP-POINTS").await;
    assert_eq!((answer.status, &answer.body["points"]), (StatusCode::OK, &json!(101)), "{}", answer.body);
    assert_eq!(database.rows::<u64>("SELECT COUNT(*) FROM customer_log", ()).await, [2]);
}
