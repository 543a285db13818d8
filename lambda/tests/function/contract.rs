//! What the field's clients rely on, to the letter.

use hyper::StatusCode;
use serde_json::{Value, json};

use crate::start;

/// Seconds since the epoch of a moment in the form the API shows.
fn moment(value: &Value) -> i64 {
    let text = value.as_str().unwrap();
    assert!(text.len() == 25 && text.ends_with("+08:00"), "{text}");
    text.parse::<chrono::DateTime<chrono::FixedOffset>>().unwrap().timestamp()
}

#[tokio::test]
async fn a_card_is_activated_then_admitted_and_other_machines_are_refused() {
    let (database, function) = start().await;
    database.insert_card("VIP", "ONE").await;
    let mut client = function.client().await;

    let first = client.validate(" VIP-ONE\n", "  PC-1 ").await;
    assert_eq!(first.status, StatusCode::OK);
    assert_eq!(first.headers["content-type"], "application/json");
    assert_eq!(first.body["remaining_hours"].to_string(), "3.0", "exactly the card's hours on activation");
    let keys: Vec<_> = first.body.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["expire_at", "message", "remaining_hours", "status"]);
    assert_eq!((&first.body["status"], &first.body["message"]), (&json!("success"), &json!("授权成功")));

    let again = client.validate("vip-one", "PC-1").await;
    assert_eq!((again.status, &again.body["expire_at"]), (StatusCode::OK, &first.body["expire_at"]));

    let other = client.validate("VIP-ONE", "PC-2").await;
    assert_eq!(other.status, StatusCode::FORBIDDEN);
    assert_eq!(
        other.body,
        json!({"status": "error", "reason": "machine_mismatch", "message": "机器码不匹配"})
    );

    database.execute("UPDATE cards SET expire_at = UTC_TIMESTAMP() + INTERVAL 9900 SECOND").await;
    let later = client.validate("VIP-ONE", "PC-1").await;
    assert!([2.74, 2.75].contains(&later.body["remaining_hours"].as_f64().unwrap()), "{}", later.body);
}

#[tokio::test]
async fn each_refusal_has_its_status_reason_and_words_in_two_languages() {
    let (database, function) = start().await;
    for name in ["BOUND", "EXPIRED", "OVERDUE", "DISABLED"] {
        database.insert_card("VIP", name).await;
    }
    database
        .execute(
            "UPDATE cards SET status = 'ACTIVE', machine_code = 'PC-9', expire_at = '2099-01-01' WHERE code = 'BOUND';
             UPDATE cards SET status = 'EXPIRED' WHERE code = 'EXPIRED';
             UPDATE cards SET status = 'ACTIVE', machine_code = 'PC-9', expire_at = '2020-01-01' WHERE code = 'OVERDUE';
             UPDATE cards SET status = 'DISABLED' WHERE code = 'DISABLED'",
        )
        .await;
    let mut client = function.client().await;
    let body = |code: &str| json!({"code": code, "machine_code": "PC-1"}).to_string();
    let long = "x".repeat(129);
    for (body, status, reason, chinese, english) in [
        (String::new(), 400, "invalid_json", "无效的JSON数据", "The request is not valid JSON"),
        ("{}".into(), 400, "invalid_json", "无效的JSON数据", "The request is not valid JSON"),
        ("[1]".into(), 400, "invalid_json", "无效的JSON数据", "The request is not valid JSON"),
        (
            r#"{"code":"VIP-BOUND"}"#.into(),
            400,
            "missing_fields",
            "卡密和机器码不能为空",
            "The card code and the machine code are required",
        ),
        (
            r#"{"code":1,"machine_code":"PC-1"}"#.into(),
            400,
            "invalid_fields",
            "卡密或机器码格式错误",
            "The card code or the machine code is malformed",
        ),
        (
            body(&long),
            400,
            "invalid_fields",
            "卡密或机器码格式错误",
            "The card code or the machine code is malformed",
        ),
        (body("VIP-NONE"), 404, "card_not_found", "卡密不存在", "There is no such card"),
        (body("VIP-BOUND"), 403, "machine_mismatch", "机器码不匹配", "The card is bound to another machine"),
        (body("VIP-EXPIRED"), 403, "card_expired", "卡密已过期", "The card has expired"),
        (body("VIP-OVERDUE"), 403, "card_expired", "卡密已过期", "The card has expired"),
        (body("VIP-DISABLED"), 403, "card_disabled", "卡密已禁用", "The card is disabled"),
        (body(&"x".repeat(16 * 1024)), 413, "body_too_large", "请求过大", "The request is too large"),
    ] {
        for (language, message) in
            [(None, chinese), (Some("zh-CN,zh;q=0.9"), chinese), (Some("en-GB,en;q=0.8"), english)]
        {
            let headers: Vec<_> =
                language.map(|language| ("accept-language", language)).into_iter().collect();
            let answer = client.send("POST", "/api/validate", &headers, &body).await;
            assert_eq!(answer.status.as_u16(), status, "{body}");
            assert_eq!(
                answer.body,
                json!({"status": "error", "reason": reason, "message": message}),
                "{body}"
            );
        }
    }
    let statuses: Vec<String> = database.rows("SELECT status FROM cards WHERE code = 'OVERDUE'", ()).await;
    assert_eq!(statuses, ["EXPIRED"], "the row says what the client was told");
}

#[tokio::test]
async fn any_content_type_is_read_as_json() {
    let (database, function) = start().await;
    database.insert_card("VIP", "ONE").await;
    let mut client = function.client().await;
    let body = r#"{"code":"VIP-ONE","machine_code":"PC-1"}"#;
    for headers in [
        &[][..],
        &[("content-type", "text/plain")],
        &[("content-type", "application/x-www-form-urlencoded")],
        &[("content-type", "nonsense")],
    ] {
        assert_eq!(client.send("POST", "/api/validate", headers, body).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_card_that_never_expires_has_no_times() {
    let (database, function) = start().await;
    database.insert_card("VIP", "FOREVER").await;
    database.execute("UPDATE cards SET duration_seconds = NULL").await;
    let mut client = function.client().await;
    for _ in 0..2 {
        let answer = client.validate("VIP-FOREVER", "PC-1").await;
        let admitted =
            json!({"status": "success", "message": "授权成功", "expire_at": null, "remaining_hours": null});
        assert_eq!((answer.status, answer.body), (StatusCode::OK, admitted));
    }
    let status = client.get("/api/status/VIP-FOREVER").await;
    assert_eq!(status.body["data"]["remaining_hours"], Value::Null);
    assert!(status.body["data"].as_object().unwrap().contains_key("remaining_hours"));
}

#[tokio::test]
async fn status_shows_a_card_in_each_state() {
    let (database, function) = start().await;
    database.insert_card("VIP", "ONE").await;
    let mut client = function.client().await;

    let unused = client.get("/api/status/vip-one").await;
    assert_eq!(unused.status, StatusCode::OK);
    let created = unused.body["data"]["created_at"].clone();
    assert_eq!(
        unused.body,
        json!({"status": "success", "data": {
            "full_code": "VIP-ONE", "status": "unused", "created_at": created,
            "used_at": null, "expire_at": null, "machine_code": null,
        }})
    );
    assert!((chrono::Utc::now().timestamp() - moment(&created)).abs() < 600, "{created}");

    client.validate("VIP-ONE", "MACHINE-0001").await;
    let active = client.get("/api/status/VIP-ONE").await.body["data"].clone();
    assert_eq!((&active["status"], &active["remaining_hours"]), (&json!("active"), &json!(3.0)));
    assert_eq!(moment(&active["expire_at"]) - moment(&active["used_at"]), 10_800);

    database.execute("UPDATE cards SET expire_at = '2020-01-01'").await;
    let expired = client.get("/api/status/VIP-ONE").await.body["data"].clone();
    assert_eq!(
        (&expired["status"], &expired["expire_at"]),
        (&json!("expired"), &json!("2020-01-01T08:00:00+08:00"))
    );
    assert!(!expired.as_object().unwrap().contains_key("remaining_hours"));

    database.execute("UPDATE cards SET status = 'DISABLED'").await;
    assert_eq!(client.get("/api/status/VIP-ONE").await.body["data"]["status"], "disabled");
}

#[tokio::test]
async fn only_the_machine_itself_sees_its_machine_code() {
    let (database, function) = start().await;
    database.insert_card("VIP", "ONE").await;
    database.insert_card("VIP", "SHORT").await;
    let mut client = function.client().await;
    client.validate("VIP-ONE", "机器 A+B/0001").await;
    client.validate("VIP-SHORT", "PC1").await;
    for (path, shown) in [
        ("/api/status/VIP-ONE", "机器 A****"),
        ("/api/status/VIP-ONE?machine_code=wrong", "机器 A****"),
        ("/api/status/VIP-ONE?machine_code=", "机器 A****"),
        ("/api/status/VIP-ONE?machine_code=%ff", "机器 A****"),
        ("/api/status/VIP-ONE?machine_code=%E6%9C%BA%E5%99%A8%20a%2BB%2F0001", "机器 A****"),
        ("/api/status/VIP-ONE?machine_code=%E6%9C%BA%E5%99%A8%20A%2BB%2F0001", "机器 A+B/0001"),
        ("/api/status/VIP-ONE?x=1&machine_code=+%E6%9C%BA%E5%99%A8+A%2BB%2F0001+", "机器 A+B/0001"),
        ("/api/status/VIP-SHORT", "P****"),
        ("/api/status/VIP-SHORT?machine_code=PC1", "PC1"),
    ] {
        let answer = client.get(path).await;
        assert_eq!(answer.body["data"]["machine_code"], shown, "{path}");
    }
}

#[tokio::test]
async fn status_reads_percent_encoded_codes_and_knows_no_others() {
    let (database, function) = start().await;
    database.insert_card("季卡", "A B/%41").await;
    let mut client = function.client().await;
    let found = client.get("/api/status/%E5%AD%A3%E5%8D%A1-A%20B%2F%2541").await;
    assert_eq!(found.body["data"]["full_code"], "季卡-A B/%41");
    for path in ["/api/status/VIP-NONE", "/api/status/%ff%fe", "/api/status/%20", "/api/status/%00"] {
        let answer = client.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(
            answer.body,
            json!({"status": "error", "reason": "card_not_found", "message": "卡密不存在"})
        );
    }
    let long = format!("/api/status/{}", "x".repeat(129));
    assert_eq!(client.get(&long).await.reason(), "card_not_found");
}

#[tokio::test]
async fn health_speaks_for_the_database_too() {
    let (_database, function) = start().await;
    let mut client = function.client().await;
    for path in ["/api/health", "/health"] {
        let answer = client.get(path).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!((chrono::Utc::now().timestamp() - moment(&answer.body["timestamp"])).abs() < 600);
        let mut rest = answer.body;
        rest.as_object_mut().unwrap().remove("timestamp");
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(
            rest,
            json!({"status": "ok", "service": "kamisystem", "database": "ok", "version": version})
        );
    }
}
