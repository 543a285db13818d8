//! Cards for several machines and leased seats, as client apps meet them.

use chrono::{DateTime, FixedOffset};
use hyper::StatusCode;
use kami_testkit::{Answer, Client, Function, Proxy, TestDatabase};
use serde_json::{Value, json};

use crate::{API, start};

/// Adds a card `VIP-CODE` of so many seats with that policy of its own.
async fn add_card(database: &TestDatabase, code: &str, seats: u16, policy: &str) {
    database.insert_card("VIP", code).await;
    let card = format!("UPDATE cards SET seats = {seats}, policy = '{policy}' WHERE code = '{code}'");
    database.execute(&card).await;
}

/// The seats that a status tells of, and how many of them are taken.
async fn seats(client: &mut Client, code: &str) -> (Option<u64>, Option<u64>) {
    let data = client.get(&format!("/api/status/{code}")).await.body["data"].clone();
    (data["seats"].as_u64(), data["seats_taken"].as_u64())
}

/// Moves every lease so many seconds back.
async fn let_pass(database: &TestDatabase, seconds: u32) {
    for table in ["cards", "card_seats"] {
        let move_back = format!("UPDATE {table} SET lease_until = lease_until - INTERVAL {seconds} SECOND");
        database.execute(&move_back).await;
    }
}

fn moment(value: &Value) -> DateTime<FixedOffset> {
    value.as_str().unwrap().parse().unwrap()
}

/// The names of an answer's members, in the order in which JSON objects are kept.
fn members(answer: &Answer) -> Vec<&str> {
    answer.body.as_object().unwrap().keys().map(String::as_str).collect()
}

const PLAIN: [&str; 4] = ["expire_at", "message", "remaining_hours", "status"];
const LEASED: [&str; 6] = ["expire_at", "lease_until", "message", "remaining_hours", "renew_after", "status"];

fn released(was: bool) -> Value {
    json!({"status": "success", "released": was})
}

#[tokio::test]
async fn of_three_machines_two_have_the_seats_until_one_gives_its_own_back() {
    let (database, function) = start().await;
    add_card(&database, "TWO", 2, "lease=600").await;
    let mut client = function.client().await;
    assert_eq!(seats(&mut client, "VIP-TWO").await, (Some(2), Some(0)));
    for machine in ["PC-1", "PC-2", "PC-1"] {
        let answer = client.validate("VIP-TWO", machine).await;
        assert_eq!((answer.status, members(&answer)), (StatusCode::OK, LEASED.to_vec()), "{machine}");
        let [until, renew_after] =
            ["lease_until", "renew_after"].map(|moment_of| moment(&answer.body[moment_of]));
        assert_eq!((until - renew_after).num_seconds(), 400, "{machine}");
    }
    assert_eq!(seats(&mut client, "VIP-TWO").await, (Some(2), Some(2)));
    assert_eq!(client.validate("VIP-TWO", "PC-3").await.reason(), "seats_full");
    assert_eq!(client.release("VIP-TWO", "PC-3").await.body, released(false), "it has none");

    for was in [true, false, false] {
        let answer = client.release(" vip-two\n", "  PC-1 ").await;
        assert_eq!((answer.status, answer.body), (StatusCode::OK, released(was)));
    }
    assert_eq!(seats(&mut client, "VIP-TWO").await, (Some(2), Some(1)));
    assert_eq!(client.validate("VIP-TWO", "PC-3").await.status, StatusCode::OK);
    assert_eq!(client.validate("VIP-TWO", "PC-1").await.reason(), "seats_full");
    assert_eq!(client.validate("VIP-TWO", "PC-2").await.status, StatusCode::OK, "nobody took its seat");

    let_pass(&database, 601).await;
    assert_eq!(seats(&mut client, "VIP-TWO").await, (Some(2), Some(0)), "no job has run");
    assert_eq!(client.validate("VIP-TWO", "PC-1").await.status, StatusCode::OK);
    assert_eq!(client.release("VIP-TWO", "PC-1").await.body, released(true));
}

#[tokio::test]
async fn a_lease_is_told_where_one_is_used_and_nowhere_else() {
    let (database, function) = start().await;
    for (code, seats, policy) in [
        ("PLAIN", 1, ""),
        ("SEVERAL", 2, ""),
        ("FLOATING", 1, "when-full=oldest"),
        ("NOT", 2, "lease=off"),
        ("OWN", 1, "lease=600"),
    ] {
        add_card(&database, code, seats, policy).await;
    }
    let mut client = function.client().await;
    for (code, members_of, seats_of) in [
        ("VIP-PLAIN", &PLAIN[..], (None, None)),
        ("VIP-SEVERAL", &PLAIN, (Some(2), Some(1))),
        ("VIP-FLOATING", &PLAIN, (None, None)),
        ("VIP-NOT", &PLAIN, (Some(2), Some(1))),
        ("VIP-OWN", &LEASED, (Some(1), Some(1))),
    ] {
        for _ in 0..2 {
            assert_eq!(members(&client.validate(code, "PC-1").await), members_of, "{code}");
        }
        assert_eq!(seats(&mut client, code).await, seats_of, "{code}");
        let was_leased = members_of == LEASED;
        assert_eq!(client.release(code, "PC-1").await.body, released(was_leased), "{code}");
        let refused = if code == "VIP-PLAIN" { "machine_mismatch" } else { "" };
        assert_eq!(client.validate(code, "PC-2").await.reason(), refused, "{code}");
    }

    // The app leases from now on, and the card that says otherwise does not.
    database
        .execute("UPDATE apps SET policy = 'lease=60'; UPDATE policy_revision SET revision = revision + 1")
        .await;
    for (code, members_of, seats_of) in
        [("VIP-PLAIN", &LEASED[..], (Some(1), Some(1))), ("VIP-NOT", &PLAIN, (Some(2), Some(2)))]
    {
        assert_eq!(members(&client.validate(code, "PC-1").await), members_of, "{code}");
        assert_eq!(seats(&mut client, code).await, seats_of, "{code}");
    }
}

#[tokio::test]
async fn no_lease_outlasts_its_card() {
    let (database, function) = start().await;
    add_card(&database, "SHORT", 1, "lease=2592000").await;
    let mut client = function.client().await;
    let answer = client.validate("VIP-SHORT", "PC-1").await;
    for moment in ["lease_until", "renew_after"] {
        assert_eq!(answer.body[moment], answer.body["expire_at"], "{moment}");
    }
}

#[tokio::test]
async fn who_gets_no_seat_is_told_so_in_his_language() {
    let (database, function) = start().await;
    add_card(&database, "ONE", 1, "lease=600").await;
    let mut client = function.client().await;
    assert_eq!(client.validate("VIP-ONE", "PC-1").await.status, StatusCode::OK);
    let body = r#"{"code":"VIP-ONE","machine_code":"PC-2"}"#;
    for (language, message) in [
        ("", "已达到可用设备数上限"),
        ("zh-CN", "已达到可用设备数上限"),
        ("zh-TW", "已達可用裝置數上限"),
        ("en", "All seats of the card are taken"),
    ] {
        let answer = client.send("POST", "/api/validate", &[("accept-language", language)], body).await;
        let refusal = json!({"status": "error", "reason": "seats_full", "message": message});
        assert_eq!((answer.status, answer.body), (StatusCode::FORBIDDEN, refusal));
    }
}

#[tokio::test]
async fn what_cannot_be_released_is_refused_by_its_name_and_nothing_is_changed() {
    let (database, function) = start().await;
    add_card(&database, "ONE", 1, "lease=600").await;
    let mut client = function.client().await;
    assert_eq!(client.validate("VIP-ONE", "PC-1").await.status, StatusCode::OK);
    let malformed = "The card code or the machine code is malformed";
    let long = "x".repeat(129);
    for (body, status, reason, field, message) in [
        (json!([1]), 400, "invalid_json", None, "The request is not valid JSON"),
        (
            json!({"code": "VIP-ONE"}),
            400,
            "missing_fields",
            None,
            "The card code and the machine code are required",
        ),
        (json!({"code": 1, "machine_code": "PC-1"}), 400, "invalid_fields", Some("code"), malformed),
        (json!({"code": long, "machine_code": "PC-1"}), 400, "invalid_fields", Some("code"), malformed),
        (
            json!({"code": "VIP-ONE", "machine_code": long}),
            400,
            "invalid_fields",
            Some("machine_code"),
            malformed,
        ),
        (
            json!({"code": "VIP-ONE", "machine_code": "PC-1", "app": "My App"}),
            400,
            "invalid_fields",
            Some("app"),
            "The name of the app is malformed",
        ),
        (
            json!({"code": "VIP-ONE", "machine_code": "PC-1", "app": "demo"}),
            404,
            "card_not_found",
            None,
            "There is no such card",
        ),
        (
            json!({"code": "x".repeat(16 * 1024), "machine_code": "PC-1"}),
            413,
            "body_too_large",
            None,
            "The request is too large",
        ),
    ] {
        let english = [("accept-language", "en")];
        let answer = client.send("POST", "/api/release", &english, &body.to_string()).await;
        let mut refusal = json!({"status": "error", "reason": reason, "message": message});
        if let Some(field) = field {
            refusal["field"] = field.into();
        }
        assert_eq!((answer.status.as_u16(), answer.body), (status, refusal), "{body}");
    }
    assert_eq!(seats(&mut client, "VIP-ONE").await, (Some(1), Some(1)));
    // What nobody sees in a machine code binds no card, and is nobody's seat.
    assert_eq!(client.release("VIP-ONE", "PC\u{200b}1").await.body, released(false));
    // Whatever else a client of validations says is passed over.
    let said = json!({"code": "VIP-ONE", "machine_code": "PC-1", "app": null, "version": 7, "app_mark": []});
    let answer =
        client.send("POST", "/api/release", &[("content-type", "nonsense")], &said.to_string()).await;
    assert_eq!((answer.status, answer.body), (StatusCode::OK, released(true)));
}

#[tokio::test]
async fn a_seat_that_cannot_be_given_back_in_an_outage_is_given_back_after_it() {
    let database = TestDatabase::create().await;
    add_card(&database, "ONE", 1, "lease=600").await;
    let proxy = Proxy::start(database.port()).await;
    let function = Function::start(API, &database.url_through(proxy.port())).await;
    let mut client = function.client().await;
    assert_eq!(client.validate("VIP-ONE", "PC-SECRET").await.status, StatusCode::OK);
    proxy.stall(true);
    let answer = client.release("VIP-ONE", "PC-SECRET").await;
    assert_eq!((answer.status, answer.reason()), (StatusCode::SERVICE_UNAVAILABLE, "unavailable"));
    assert_eq!(answer.headers["retry-after"], "1");
    proxy.stall(false);
    assert_eq!(client.release("VIP-ONE", "PC-SECRET").await.body, released(true));
    let output = function.program.output();
    assert!(output.contains("answered with 503"), "{output}");
    for secret in ["VIP-ONE", "PC-SECRET"] {
        assert!(!output.contains(secret), "{output}");
    }
}

#[tokio::test]
async fn a_release_whose_answer_is_lost_has_happened_once() {
    let database = TestDatabase::create().await;
    add_card(&database, "ONE", 1, "lease=600").await;
    let proxy = Proxy::start(database.port()).await;
    let function = Function::start(API, &database.url_through(proxy.port())).await;
    let mut client = function.client().await;
    assert_eq!(client.validate("VIP-ONE", "PC-1").await.status, StatusCode::OK);
    proxy.lose_answer_to("PC-1");
    let answer = client.release("VIP-ONE", "PC-1").await;
    assert!([StatusCode::OK, StatusCode::SERVICE_UNAVAILABLE].contains(&answer.status), "{}", answer.body);
    assert!(!proxy.is_to_lose(), "nothing was lost");
    assert_eq!(client.release("VIP-ONE", "PC-1").await.body, released(false));
    assert_eq!(seats(&mut client, "VIP-ONE").await, (Some(1), Some(0)));
}
