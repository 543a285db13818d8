//! Cards whose uses are counted, as client apps meet them.

use hyper::StatusCode;
use kami_testkit::{Answer, Client, Function, Proxy, TestDatabase};
use serde_json::{Value, json};

use crate::{API, start};

/// Adds a card `VIP-CODE` with so many points.
async fn add_card(database: &TestDatabase, code: &str, points: u32) {
    database.insert_card("VIP", code).await;
    database.execute(&format!("UPDATE cards SET points = {points} WHERE code = '{code}'")).await;
}

/// The points that a validation and a status tell of.
async fn told(client: &mut Client, code: &str) -> [Value; 2] {
    let validated = client.validate(code, "PC-1").await;
    assert_eq!(validated.status, StatusCode::OK, "{}", validated.body);
    let shown = client.get(&format!("/api/status/{code}")).await;
    [&validated.body, &shown.body["data"]].map(|said| said.get("points").unwrap_or(&json!("absent")).clone())
}

/// That so many are left once points were taken.
fn assert_left(answer: &Answer, points: u32) {
    assert_eq!((answer.status, &answer.body["points"]), (StatusCode::OK, &json!(points)), "{}", answer.body);
}

/// That the points do not suffice, and so many are there.
fn assert_exhausted(answer: &Answer, points: u32) {
    let refusal = json!({
        "status": "error", "reason": "points_exhausted", "message": "点数不足", "points": points,
    });
    assert_eq!((answer.status, &answer.body), (StatusCode::FORBIDDEN, &refusal));
}

#[tokio::test]
async fn points_are_taken_until_there_are_too_few_and_once_for_each_request() {
    let (database, function) = start().await;
    add_card(&database, "TEN", 10).await;
    let mut client = function.client().await;
    let first = client.consume(" vip-ten\n", " PC-1 ", 4, "a").await;
    assert_left(&first, 6);
    let members: Vec<_> = first.body.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!((members, &first.body["status"]), (vec!["expire_at", "points", "status"], &json!("success")));
    let validated = client.validate("VIP-TEN", "PC-1").await;
    assert_eq!(validated.body["expire_at"], first.body["expire_at"], "the first use activated the card");
    assert_exhausted(&client.consume("VIP-TEN", "PC-1", 7, "b").await, 6);
    assert_left(&client.consume("VIP-TEN", "PC-1", 6, "b").await, 0);
    for (amount, request_id, left) in [(4, "a", 6), (6, "b", 0)] {
        assert_left(&client.consume("VIP-TEN", "PC-1", amount, request_id).await, left);
    }
    assert_exhausted(&client.consume("VIP-TEN", "PC-1", 1, "c").await, 0);
    assert_eq!(told(&mut client, "VIP-TEN").await, [0, 0], "who has used them up is let in all the same");
    let taken = "SELECT CAST(SUM(amount) AS UNSIGNED) FROM point_uses";
    assert_eq!(database.rows::<u64>(taken, ()).await, [10]);
}

#[tokio::test]
async fn points_are_told_where_there_are_any_and_nowhere_else() {
    let (database, function) = start().await;
    add_card(&database, "SOME", 3).await;
    database.insert_card("VIP", "PLAIN").await;
    let mut client = function.client().await;
    assert_eq!(told(&mut client, "VIP-SOME").await, [3, 3]);
    assert_eq!(told(&mut client, "VIP-PLAIN").await, ["absent", "absent"]);
    assert_exhausted(&client.consume("VIP-PLAIN", "PC-1", 1, "a").await, 0);
}

#[tokio::test]
async fn a_machine_that_is_not_let_in_takes_no_points() {
    let (database, function) = start().await;
    for code in ["MINE", "OVER", "OFF", "OTHER", "NEW"] {
        add_card(&database, code, 5).await;
    }
    let mut client = function.client().await;
    for code in ["MINE", "OVER", "OFF"] {
        assert_left(&client.consume(&format!("VIP-{code}"), "PC-1", 1, "a").await, 4);
    }
    database
        .execute(
            "UPDATE cards SET expire_at = UTC_TIMESTAMP() - INTERVAL 1 SECOND WHERE code = 'OVER';
             UPDATE cards SET status = 'DISABLED' WHERE code = 'OFF';
             INSERT INTO apps (name, minimum, created_at) VALUES ('demo', '2.0', UTC_TIMESTAMP());
             UPDATE policy_revision SET revision = revision + 1;
             UPDATE cards SET app = 'demo' WHERE code = 'OTHER'",
        )
        .await;
    for (code, machine, said, reason) in [
        ("MINE", "PC-2", json!({}), "machine_mismatch"),
        ("OVER", "PC-1", json!({}), "card_expired"),
        ("OFF", "PC-1", json!({}), "card_disabled"),
        ("OTHER", "PC-1", json!({}), "card_not_found"),
        ("OTHER", "PC-1", json!({"app": "demo", "version": "1.9"}), "version_too_old"),
        ("NEW", "PC\u{200b}1", json!({}), "invalid_fields"),
        ("NONE", "PC-1", json!({}), "card_not_found"),
    ] {
        let mut body = json!({
            "code": format!("VIP-{code}"), "machine_code": machine, "amount": 1, "request_id": "b",
        });
        body.as_object_mut().unwrap().extend(said.as_object().unwrap().clone());
        let answer = client.send("POST", "/api/consume", &[], &body.to_string()).await;
        assert_eq!(answer.reason(), reason, "{body}");
        assert_eq!(answer.body.get("field"), (code == "NEW").then_some(&json!("machine_code")), "{body}");
    }
    let points: Vec<u32> = database.rows("SELECT points FROM cards ORDER BY id", ()).await;
    assert_eq!(points, [4, 4, 4, 5, 5]);
    assert_eq!(database.rows::<u64>("SELECT COUNT(*) FROM point_uses", ()).await, [3]);
}

#[tokio::test]
async fn a_request_that_is_repeated_is_answered_as_it_was_once_the_card_is_refused() {
    let (database, function) = start().await;
    for code in ["OVER", "OFF", "MOVED", "UNCOUNTED"] {
        add_card(&database, code, 5).await;
    }
    let mut client = function.client().await;
    let mut answers = Vec::new();
    for code in ["OVER", "OFF", "MOVED", "UNCOUNTED"] {
        answers.push((code, client.consume(&format!("VIP-{code}"), "PC-1", 2, "a").await));
    }
    database
        .execute(
            "UPDATE cards SET status = 'EXPIRED' WHERE code = 'OVER';
             UPDATE cards SET status = 'DISABLED' WHERE code = 'OFF';
             UPDATE cards SET machine_code = 'PC-2' WHERE code = 'MOVED';
             UPDATE cards SET points = NULL WHERE code = 'UNCOUNTED'",
        )
        .await;
    for (code, before) in answers {
        let again = client.consume(&format!("VIP-{code}"), "PC-1", 2, "a").await;
        assert_eq!((again.status, &again.body), (StatusCode::OK, &before.body), "{code}");
        assert_left(&again, 3);
        let more = client.consume(&format!("VIP-{code}"), "PC-1", 2, "b").await;
        assert_eq!(more.status, StatusCode::FORBIDDEN, "{code}: {}", more.body);
    }
}

#[tokio::test]
async fn what_cannot_be_taken_is_refused_by_its_name_and_nothing_is_changed() {
    let (database, function) = start().await;
    add_card(&database, "TEN", 10).await;
    let mut client = function.client().await;
    assert_left(&client.consume("VIP-TEN", "PC-1", 1, "used").await, 9);
    let unnamed =
        "request_id is not 1 to 64 of a-z, A-Z, 0-9, . _ : and -, or took another number of points before";
    let uncounted = "amount is not a whole number from 1 to 1,000,000,000";
    for (said, reason, field, message) in [
        (json!({"amount": 2, "request_id": "used"}), "invalid_fields", "request_id", unnamed),
        (json!({"amount": 1, "request_id": "two words"}), "invalid_fields", "request_id", unnamed),
        (json!({"amount": "1", "request_id": "a"}), "invalid_fields", "amount", uncounted),
        (json!({"amount": 0, "request_id": "a"}), "invalid_fields", "amount", uncounted),
        (json!({"amount": -1, "request_id": "a"}), "invalid_fields", "amount", uncounted),
        (json!({"amount": 1.5, "request_id": "a"}), "invalid_fields", "amount", uncounted),
        (json!({"amount": 1_000_000_001, "request_id": "a"}), "invalid_fields", "amount", uncounted),
        (json!({"request_id": "a"}), "missing_fields", "amount", "amount is required"),
        (json!({"amount": 1}), "missing_fields", "request_id", "request_id is required"),
    ] {
        let mut body = json!({"code": "VIP-TEN", "machine_code": "PC-1"});
        body.as_object_mut().unwrap().extend(said.as_object().unwrap().clone());
        let answer =
            client.send("POST", "/api/consume", &[("accept-language", "en")], &body.to_string()).await;
        let refusal = json!({"status": "error", "reason": reason, "message": message, "field": field});
        assert_eq!((answer.status, answer.body), (StatusCode::BAD_REQUEST, refusal), "{body}");
    }
    assert_eq!(told(&mut client, "VIP-TEN").await, [9, 9]);
}

#[tokio::test]
async fn points_whose_answer_is_lost_are_taken_once() {
    let database = TestDatabase::create().await;
    add_card(&database, "TEN", 10).await;
    let proxy = Proxy::start(database.port()).await;
    let function = Function::start(API, &database.url_through(proxy.port())).await;
    let mut client = function.client().await;
    assert_eq!(client.validate("VIP-TEN", "PC-1").await.status, StatusCode::OK);
    proxy.lose_answer_to("order-7");
    let answer = client.consume("VIP-TEN", "PC-1", 3, "order-7").await;
    assert!([StatusCode::OK, StatusCode::SERVICE_UNAVAILABLE].contains(&answer.status), "{}", answer.body);
    assert!(!proxy.is_to_lose(), "nothing was lost");
    assert_left(&client.consume("VIP-TEN", "PC-1", 3, "order-7").await, 7);
    proxy.stall(true);
    let answer = client.consume("VIP-TEN", "PC-1", 1, "order-8").await;
    assert_eq!((answer.status, answer.reason()), (StatusCode::SERVICE_UNAVAILABLE, "unavailable"));
    proxy.stall(false);
    assert_left(&client.consume("VIP-TEN", "PC-1", 1, "order-8").await, 6);
}
