//! Moving a card to another machine, as client apps meet it.

use chrono::{DateTime, FixedOffset};
use hyper::StatusCode;
use kami_testkit::{Answer, Client, Function, Proxy, TestDatabase};
use serde_json::{Value, json};

use crate::{API, start};

/// Adds a card `VIP-CODE` of so many seats with that policy of its own, and points if any.
async fn add_card(database: &TestDatabase, code: &str, seats: u16, policy: &str, points: Option<u32>) {
    database.insert_card("VIP", code).await;
    let points = points.map_or("NULL".to_owned(), |points| points.to_string());
    let card = format!(
        "UPDATE cards SET seats = {seats}, policy = '{policy}', points = {points} WHERE code = '{code}'"
    );
    database.execute(&card).await;
}

async fn is_in(client: &mut Client, code: &str, machine: &str) -> bool {
    client.validate(code, machine).await.status == StatusCode::OK
}

fn moment(value: &Value) -> DateTime<FixedOffset> {
    value.as_str().unwrap().parse().unwrap()
}

/// The seconds that a refusal tells its client to wait.
fn wait(answer: &Answer) -> u32 {
    assert_eq!((answer.status, answer.reason()), (StatusCode::FORBIDDEN, "unbind_cooling_down"));
    answer.headers["retry-after"].to_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_customer_moves_to_another_machine_for_an_hour_of_his_time() {
    let (database, function) = start().await;
    database.insert_card("VIP", "ONE").await;
    database
        .execute(
            "UPDATE apps SET policy = 'unbind=machine unbind-cooldown=86400 unbind-limit=3 unbind-cost=3600s';
             UPDATE policy_revision SET revision = revision + 1",
        )
        .await;
    let mut client = function.client().await;
    let admitted = client.validate("VIP-ONE", "PC-1").await;
    let answer = client.unbind(" vip-one\n", "  PC-1 ").await;
    let hours = moment(&admitted.body["expire_at"]) - moment(&answer.body["expire_at"]);
    assert_eq!((answer.status, hours.num_seconds()), (StatusCode::OK, 3_600));
    let mut told = json!({
        "status": "success", "unbound": true, "remaining_unbinds": 2, "cost": {"seconds": 3600},
        "expire_at": answer.body["expire_at"],
    });
    assert_eq!(answer.body, told);
    (told["unbound"], told["cost"]) = (json!(false), json!(null));
    assert_eq!(client.unbind("VIP-ONE", "PC-1").await.body, told, "nothing is bound any more");

    assert!((86_300..=86_400).contains(&wait(&client.validate("VIP-ONE", "PC-1").await)));
    assert!(is_in(&mut client, "VIP-ONE", "PC-2").await);
    assert_eq!(client.unbind("VIP-ONE", "PC-1").await.body, told, "the new machine keeps its seat");
    assert_eq!(client.unbind("VIP-ONE", "PC-3").await.reason(), "machine_mismatch");
    assert!((86_300..=86_400).contains(&wait(&client.unbind("VIP-ONE", "PC-2").await)));
    assert!(is_in(&mut client, "VIP-ONE", "PC-2").await);

    let of_day = "UPDATE customer_log SET done_at = done_at - INTERVAL 1 DAY";
    database.execute(of_day).await;
    database.execute("UPDATE cards SET expire_at = UTC_TIMESTAMP() + INTERVAL 3599 SECOND").await;
    assert_eq!(client.unbind("VIP-ONE", "PC-2").await.reason(), "unbind_too_expensive");
    database.execute("UPDATE cards SET status = 'DISABLED'").await;
    assert_eq!(client.unbind("VIP-ONE", "PC-2").await.reason(), "card_disabled");
    database
        .execute("UPDATE cards SET status = 'ACTIVE', expire_at = UTC_TIMESTAMP() - INTERVAL 1 SECOND")
        .await;
    assert_eq!(client.unbind("VIP-ONE", "PC-2").await.reason(), "card_expired");
}

#[tokio::test]
async fn what_a_card_says_comes_before_what_its_app_says_and_by_default_nobody_unbinds() {
    let (database, function) = start().await;
    add_card(&database, "PLAIN", 1, "", None).await;
    add_card(&database, "OWN", 1, "unbind=machine unbind-cost=5p", Some(12)).await;
    add_card(&database, "FREE", 2, "unbind=anyone unbind-cost=5p", None).await;
    let mut client = function.client().await;
    for code in ["VIP-PLAIN", "VIP-OWN"] {
        assert!(is_in(&mut client, code, "PC-1").await);
    }
    for machine in ["PC-1", "PC-2"] {
        assert_eq!(client.unbind("VIP-PLAIN", machine).await.reason(), "unbind_not_allowed");
    }
    let paid = client.unbind("VIP-OWN", "PC-1").await.body;
    let of_points = (&json!({"points": 5}), &json!(7), &json!(null));
    assert_eq!((&paid["cost"], &paid["points"], &paid["remaining_unbinds"]), of_points);
    let again = client.validate("VIP-OWN", "PC-1").await;
    let seconds: u32 = again.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert_eq!(
        (again.reason(), (1..=60).contains(&seconds)),
        ("unbind_cooling_down", true),
        "a minute at the least"
    );

    // Of a card that has no points, none are told, and none are taken.
    for machine in ["PC-1", "PC-2"] {
        assert!(is_in(&mut client, "VIP-FREE", machine).await);
    }
    let lost = client.unbind("VIP-FREE", "PC-3").await.body;
    assert_eq!((&lost["unbound"], &lost["cost"], lost.get("points")), (&json!(true), &json!(null), None));
    assert_eq!(client.unbind("VIP-FREE", "PC-3").await.body["unbound"], false, "a seat is free for it");
    assert!(is_in(&mut client, "VIP-FREE", "PC-3").await);
}

#[tokio::test]
async fn who_may_not_unbind_is_told_so_in_his_language() {
    let (database, function) = start().await;
    add_card(&database, "NOT", 1, "", None).await;
    add_card(&database, "POOR", 1, "unbind=machine unbind-cost=5p", Some(4)).await;
    add_card(&database, "SOON", 1, "unbind=machine unbind-cooldown=600", None).await;
    let mut client = function.client().await;
    for code in ["VIP-NOT", "VIP-POOR", "VIP-SOON"] {
        assert!(is_in(&mut client, code, "PC-1").await);
    }
    let earlier = "INSERT INTO customer_log (card_id, act, done_at, machine_code)
        SELECT id, 'UNBIND', UTC_TIMESTAMP(), 'PC-0' FROM cards WHERE code = 'SOON'";
    database.execute(earlier).await;
    let body = |code: &str| json!({"code": code, "machine_code": "PC-1"}).to_string();
    for (code, reason, messages) in [
        (
            "VIP-NOT",
            "unbind_not_allowed",
            ["该卡密不支持自助解绑", "此序號不支援自助解綁", "This card cannot be unbound by its user"],
        ),
        (
            "VIP-POOR",
            "unbind_too_expensive",
            [
                "剩余时长或点数不足以解绑",
                "剩餘時間或點數不足以解綁",
                "The card has too little left to pay for unbinding",
            ],
        ),
        (
            "VIP-SOON",
            "unbind_cooling_down",
            [
                "解绑后冷却中，请稍后再试",
                "解綁後冷卻中，請稍後再試",
                "The card was unbound too recently; try again later",
            ],
        ),
    ] {
        for (language, message) in ["zh-CN", "zh-TW", "en"].into_iter().zip(messages) {
            let answer =
                client.send("POST", "/api/unbind", &[("accept-language", language)], &body(code)).await;
            let refusal = json!({"status": "error", "reason": reason, "message": message});
            assert_eq!((answer.status, &answer.body), (StatusCode::FORBIDDEN, &refusal));
            assert_eq!(answer.headers.contains_key("retry-after"), code == "VIP-SOON", "{reason}");
        }
    }
}

#[tokio::test]
async fn what_cannot_be_unbound_is_refused_by_its_name_and_nothing_is_changed() {
    let (database, function) = start().await;
    add_card(&database, "ONE", 1, "unbind=anyone", None).await;
    let mut client = function.client().await;
    assert!(is_in(&mut client, "VIP-ONE", "PC-1").await);
    let long = "x".repeat(129);
    for (body, status, reason, field) in [
        (json!([1]), 400, "invalid_json", None),
        (json!({"code": "VIP-ONE"}), 400, "missing_fields", None),
        (json!({"code": 1, "machine_code": "PC-1"}), 400, "invalid_fields", Some("code")),
        (json!({"code": "VIP-ONE", "machine_code": long}), 400, "invalid_fields", Some("machine_code")),
        (
            json!({"code": "VIP-ONE", "machine_code": "PC-1", "app": "My App"}),
            400,
            "invalid_fields",
            Some("app"),
        ),
        (json!({"code": "VIP-ONE", "machine_code": "PC-1", "app": "demo"}), 404, "card_not_found", None),
        (json!({"code": "VIP-NONE", "machine_code": "PC-1"}), 404, "card_not_found", None),
        (json!({"code": "x".repeat(16 * 1024), "machine_code": "PC-1"}), 413, "body_too_large", None),
    ] {
        let answer = client.send("POST", "/api/unbind", &[], &body.to_string()).await;
        assert_eq!((answer.status.as_u16(), answer.reason()), (status, reason), "{body}");
        assert_eq!(answer.body["field"], json!(field), "{body}");
    }
    let logged: Vec<u64> = database.rows("SELECT COUNT(*) FROM customer_log", ()).await;
    let bound: Vec<String> = database.rows("SELECT machine_code FROM cards", ()).await;
    assert_eq!((logged.as_slice(), bound), (&[0][..], vec!["PC-1".to_owned()]));
    let said = json!({"code": "VIP-ONE", "machine_code": "PC-1", "app": null, "version": 7});
    let answer = client.send("POST", "/api/unbind", &[("content-type", "nonsense")], &said.to_string()).await;
    assert_eq!((answer.status, &answer.body["unbound"]), (StatusCode::OK, &json!(true)));
}

#[tokio::test]
async fn an_unbinding_that_fails_in_an_outage_has_changed_nothing_and_goes_on_after_it() {
    let database = TestDatabase::create().await;
    add_card(&database, "ONE", 1, "unbind=machine", None).await;
    let proxy = Proxy::start(database.port()).await;
    let function = Function::start(API, &database.url_through(proxy.port())).await;
    let mut client = function.client().await;
    assert!(is_in(&mut client, "VIP-ONE", "PC-SECRET").await);
    proxy.stall(true);
    let answer = client.unbind("VIP-ONE", "PC-SECRET").await;
    assert_eq!((answer.status, answer.reason()), (StatusCode::SERVICE_UNAVAILABLE, "unavailable"));
    proxy.stall(false);
    assert_eq!(client.unbind("VIP-ONE", "PC-SECRET").await.body["unbound"], true);
    let output = function.program.output();
    for secret in ["VIP-ONE", "PC-SECRET"] {
        assert!(!output.contains(secret), "{output}");
    }
}

#[tokio::test]
async fn an_unbinding_whose_answer_is_lost_has_happened_and_is_paid_for_once() {
    let database = TestDatabase::create().await;
    add_card(&database, "ONE", 1, "unbind=machine unbind-cost=5p", Some(12)).await;
    let proxy = Proxy::start(database.port()).await;
    let function = Function::start(API, &database.url_through(proxy.port())).await;
    let mut client = function.client().await;
    assert!(is_in(&mut client, "VIP-ONE", "PC-1").await);
    proxy.lose_answer_to("PC-1");
    let answer = client.unbind("VIP-ONE", "PC-1").await;
    assert!([StatusCode::OK, StatusCode::SERVICE_UNAVAILABLE].contains(&answer.status), "{}", answer.body);
    assert!(!proxy.is_to_lose(), "nothing was lost");
    let again = client.unbind("VIP-ONE", "PC-1").await.body;
    assert_eq!((&again["unbound"], &again["points"]), (&json!(false), &json!(7)));
    let log: Vec<u64> = database.rows("SELECT COUNT(*) FROM customer_log", ()).await;
    assert_eq!(log, [1]);
}
