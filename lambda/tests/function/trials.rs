//! Trials, as client apps meet them.

use hyper::StatusCode;
use kami_testkit::{Answer, Function, Proxy, TestDatabase};
use serde_json::{Value, json};

use crate::{API, start};

/// Lets the app `default` offer this.
async fn offer(database: &TestDatabase, policy: &str) {
    database
        .execute(&format!(
            "UPDATE apps SET policy = '{policy}'; UPDATE policy_revision SET revision = revision + 1"
        ))
        .await;
}

/// The code of a trial that goes on.
fn code(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.body["code"].as_str().unwrap().to_owned()
}

fn members(answer: &Answer) -> Vec<&str> {
    answer.body.as_object().unwrap().keys().map(String::as_str).collect()
}

fn refusal(reason: &str, message: &str) -> Value {
    json!({"status": "error", "reason": reason, "message": message})
}

#[tokio::test]
async fn a_machine_tries_an_app_once_and_validates_its_trial_like_any_card() {
    let (database, function) = start().await;
    offer(&database, "trial=86400").await;
    let mut client = function.client().await;
    let begun = client.trial("default", " PC-1 ").await;
    let card = code(&begun);
    assert_eq!(members(&begun), ["code", "expire_at", "remaining_hours", "status"]);
    assert_eq!((&begun.body["status"], &begun.body["remaining_hours"]), (&json!("success"), &json!(24.0)));
    let validated = client.validate(&card, "PC-1").await;
    assert_eq!((validated.status, &validated.body["expire_at"]), (StatusCode::OK, &begun.body["expire_at"]));
    assert_eq!(client.validate(&card, "PC-2").await.reason(), "machine_mismatch");
    assert_eq!(client.get(&format!("/api/status/{card}")).await.body["data"]["status"], "active");
    assert_eq!(code(&client.trial("default", "PC-1").await), card);
    assert_ne!(code(&client.trial("default", "PC-2").await), card);

    database.execute("UPDATE cards SET expire_at = UTC_TIMESTAMP() - INTERVAL 1 SECOND").await;
    let over = client.trial("default", "PC-1").await;
    assert_eq!((over.status, over.body), (StatusCode::FORBIDDEN, refusal("trial_over", "试用已结束")));
    assert_eq!(client.validate(&card, "PC-1").await.reason(), "card_expired");
}

#[tokio::test]
async fn a_trial_of_points_lasts_until_they_are_used_up() {
    let (database, function) = start().await;
    offer(&database, "trial=3p").await;
    let mut client = function.client().await;
    let begun = client.trial("default", "PC-1").await;
    let card = code(&begun);
    assert_eq!(members(&begun), ["code", "expire_at", "points", "remaining_hours", "status"]);
    let said = ["expire_at", "points", "remaining_hours"].map(|name| begun.body[name].clone());
    assert_eq!(said, [json!(null), json!(3), json!(null)]);
    assert_eq!(client.consume(&card, "PC-1", 2, "a").await.body["points"], 1);
    assert_eq!(client.trial("default", "PC-1").await.body["points"], 1);
    assert_eq!(client.consume(&card, "PC-1", 1, "b").await.body["points"], 0);
    assert_eq!(client.trial("default", "PC-1").await.reason(), "trial_over");
}

#[tokio::test]
async fn where_none_is_offered_nobody_learns_whether_there_is_such_an_app() {
    let (database, function) = start().await;
    database
        .execute(
            "INSERT INTO apps (name, policy, created_at) VALUES ('off', 'trial=off', UTC_TIMESTAMP());
             INSERT INTO apps (name, policy, created_at, archived_at)
                 VALUES ('gone', 'trial=60', UTC_TIMESTAMP(), UTC_TIMESTAMP())",
        )
        .await;
    let mut client = function.client().await;
    for app in ["default", "off", "gone", "none"] {
        let answer = client.trial(app, "PC-1").await;
        let refused = refusal("trial_not_offered", "未提供试用");
        assert_eq!((answer.status, answer.body), (StatusCode::FORBIDDEN, refused), "{app}");
    }
    assert_eq!(database.rows::<u64>("SELECT COUNT(*) FROM cards", ()).await, [0]);
}

#[tokio::test]
async fn what_cannot_be_begins_no_trial() {
    let (database, function) = start().await;
    offer(&database, "trial=60").await;
    database.execute("UPDATE apps SET minimum = '2.0'").await;
    let mut client = function.client().await;
    for (body, status, reason, field) in [
        (json!({"app": "default"}), 400, "missing_fields", Some("machine_code")),
        (json!({"machine_code": 7}), 400, "invalid_fields", Some("machine_code")),
        (json!({"machine_code": "PC\u{200b}1"}), 400, "invalid_fields", Some("machine_code")),
        (json!({"machine_code": "x".repeat(129)}), 400, "invalid_fields", Some("machine_code")),
        (json!({"machine_code": "PC-1", "app": "My App"}), 400, "invalid_fields", Some("app")),
        (json!({"machine_code": "PC-1", "version": "new"}), 400, "invalid_fields", Some("version")),
        (json!({"machine_code": "PC-1", "version": "1.9"}), 403, "version_too_old", None),
    ] {
        let answer = client.send("POST", "/api/trial", &[], &body.to_string()).await;
        assert_eq!((answer.status.as_u16(), answer.reason()), (status, reason), "{body}");
        assert_eq!(answer.body["field"].as_str(), field, "{body}");
    }
    assert_eq!(database.rows::<u64>("SELECT COUNT(*) FROM trials", ()).await, [0]);
    for said in [json!({}), json!({"version": "2.0", "app": null, "code": 7})] {
        let mut body = json!({"machine_code": "PC-1"});
        body.as_object_mut().unwrap().extend(said.as_object().unwrap().clone());
        code(&client.send("POST", "/api/trial", &[], &body.to_string()).await);
    }
}

#[tokio::test]
async fn a_trial_whose_answer_is_lost_has_begun_once() {
    let database = TestDatabase::create().await;
    offer(&database, "trial=60").await;
    let proxy = Proxy::start(database.port()).await;
    let function = Function::start(API, &database.url_through(proxy.port())).await;
    let mut client = function.client().await;
    code(&client.trial("default", "PC-1").await);
    proxy.lose_answer_to("PC-SECRET");
    let answer = client.trial("default", "PC-SECRET").await;
    assert!([StatusCode::OK, StatusCode::SERVICE_UNAVAILABLE].contains(&answer.status), "{}", answer.body);
    assert!(!proxy.is_to_lose(), "nothing was lost");
    let card = code(&client.trial("default", "PC-SECRET").await);
    assert_eq!(database.rows::<u64>("SELECT COUNT(*) FROM cards", ()).await, [2]);
    proxy.stall(true);
    let answer = client.trial("default", "PC-SECRET").await;
    assert_eq!((answer.status, answer.reason()), (StatusCode::SERVICE_UNAVAILABLE, "unavailable"));
    proxy.stall(false);
    assert_eq!(code(&client.trial("default", "PC-SECRET").await), card);
    let output = function.program.output();
    assert!(!output.contains("PC-SECRET") && !output.contains(&card), "{output}");
}
