//! Both binaries under the Lambda runtime API, with the events that AWS sends.

use kami_testkit::TestDatabase;
use serde_json::{Value, json};

use crate::runtime::{Runtime, url_event};
use crate::{API, EXPIRE};

fn body(answer: &Value) -> Value {
    serde_json::from_str(answer["body"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn the_function_answers_a_function_url() {
    let database = TestDatabase::create().await;
    database.insert_card("VIP", "ONE").await;
    database.insert_card("季卡", "A B").await;
    let (runtime, program) = Runtime::start(API, &[("DATABASE_URL", &database.url())]).await;
    let request = r#"{"code":"VIP-ONE","machine_code":"PC-1"}"#;

    let first = runtime.invoke(url_event("POST", "/api/validate", "", request)).await;
    assert_eq!((&first["statusCode"], &body(&first)["message"]), (&json!(200), &json!("Authorised")));
    assert_eq!(first["headers"]["content-type"], "application/json");
    assert_eq!(first["headers"]["cache-control"], "no-store");

    // "VIP-ONE" again, as a client's body arrives when its content type is not text.
    let mut encoded =
        url_event("POST", "/api/validate", "", "eyJjb2RlIjoiVklQLU9ORSIsIm1hY2hpbmVfY29kZSI6IlBDLTIifQ==");
    encoded["isBase64Encoded"] = json!(true);
    let refused = runtime.invoke(encoded).await;
    assert_eq!(
        (&refused["statusCode"], &body(&refused)["reason"]),
        (&json!(403), &json!("machine_mismatch"))
    );

    let status = runtime.invoke(url_event("GET", "/api/status/VIP-ONE", "machine_code=PC-1", "")).await;
    assert_eq!(body(&status)["data"]["machine_code"], "PC-1");
    for path in ["/api/status/%E5%AD%A3%E5%8D%A1-A%20B", "/api/status/季卡-A B"] {
        let status = runtime.invoke(url_event("GET", path, "", "")).await;
        assert_eq!(body(&status)["data"]["full_code"], "季卡-A B", "{path}");
    }

    let health = runtime.invoke(url_event("GET", "/api/health", "", "")).await;
    assert_eq!(body(&health)["database"], "ok");
    let missing = runtime.invoke(url_event("GET", "/nothing", "", "")).await;
    assert_eq!((&missing["statusCode"], &body(&missing)["reason"]), (&json!(404), &json!("not_found")));
    let wrong = runtime.invoke(url_event("GET", "/api/validate", "", "")).await;
    assert_eq!((&wrong["statusCode"], &wrong["headers"]["allow"]), (&json!(405), &json!("POST")));
    assert!(!program.output().contains("PC-1"), "{}", program.output());
}

#[tokio::test]
async fn the_expiry_job_handles_scheduled_events() {
    let database = TestDatabase::create().await;
    for name in ["ONE", "TWO"] {
        database.insert_card("OLD", name).await;
    }
    database
        .execute("UPDATE cards SET status = 'ACTIVE', machine_code = 'PC', expire_at = '2020-01-01'")
        .await;
    let (runtime, program) = Runtime::start(EXPIRE, &[("DATABASE_URL", &database.url())]).await;
    let scheduled = json!({
        "version": "0", "id": "1", "detail-type": "Scheduled Event", "source": "aws.scheduler",
        "account": "1", "time": "2026-01-01T00:00:00Z", "region": "eu-central-1", "resources": [], "detail": "{}",
    });
    assert_eq!(runtime.invoke(scheduled).await, json!({"expired": 2, "complete": true}));
    assert_eq!(runtime.invoke(json!({})).await, json!({"expired": 0, "complete": true}));
    let line = program.printed("overdue cards were expired").await;
    let logged: Value = serde_json::from_str(&line).expect("JSON lines are the default on Lambda");
    assert_eq!(logged["expired"], 2);
}
