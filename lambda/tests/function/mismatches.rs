//! Machines that ask for cards which others have: counted whatever runs the function, and without a word to the client.

use kami_testkit::{Function, TestDatabase};
use serde_json::{Value, json};

use crate::runtime::{Runtime, url_event};
use crate::{API, EXPIRE};

/// A card that a machine has.
async fn with_card() -> TestDatabase {
    let database = TestDatabase::create().await;
    database.insert_card("VIP", "ONE").await;
    database.execute("UPDATE cards SET status = 'ACTIVE', machine_code = 'PC-0'").await;
    database
}

/// How many machines asked for it, and how often.
async fn counted(database: &TestDatabase) -> (u64, u64) {
    let query =
        "SELECT COUNT(DISTINCT machine), CAST(COALESCE(SUM(requests), 0) AS UNSIGNED) FROM mismatches";
    database.rows(query, ()).await.remove(0)
}

#[tokio::test]
async fn what_was_counted_is_written_when_it_stops() {
    let database = with_card().await;
    let mut api = Function::start(API, &database.url()).await;
    let mut client = api.client().await;
    for machine in ["PC-1", "PC-2", "PC-1", "PC-0"] {
        client.validate("VIP-ONE", machine).await;
    }
    client.consume("VIP-ONE", "PC-3", 1, "a").await;
    assert_eq!(counted(&database).await, (0, 0), "the minute is not over");
    api.program.terminate();
    assert!(api.program.ended().await.success());
    assert_eq!(counted(&database).await, (3, 4));
}

#[tokio::test]
async fn on_lambda_the_first_is_written_before_its_answer_and_the_next_within_a_minute_wait() {
    let database = with_card().await;
    let (runtime, _program) = Runtime::start(API, &[("DATABASE_URL", &database.url())]).await;
    let ask = async |machine: &str| {
        let body = json!({ "code": "VIP-ONE", "machine_code": machine }).to_string();
        let answer = runtime.invoke(url_event("POST", "/api/validate", "", &body)).await;
        let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
        body["reason"].clone()
    };
    assert_eq!(ask("PC-0").await, Value::Null);
    assert_eq!(counted(&database).await, (0, 0));
    for machine in ["PC-1", "PC-2", "PC-3"] {
        assert_eq!(ask(machine).await, "machine_mismatch");
        assert_eq!(counted(&database).await, (1, 1));
    }
}

#[tokio::test]
async fn an_account_of_the_last_version_refuses_as_it_did_and_says_once_what_it_does_not_count() {
    let database = with_card().await;
    let last =
        crate::rights::log_in_without(&database, kami_store::Role::Function, &["note_mismatches"]).await;
    let (runtime, program) = Runtime::start(API, &[("DATABASE_URL", &last.url())]).await;
    for machine in ["PC-1", "PC-2"] {
        let body = json!({ "code": "VIP-ONE", "machine_code": machine }).to_string();
        let answer = runtime.invoke(url_event("POST", "/api/validate", "", &body)).await;
        assert_eq!(answer["statusCode"], 403);
    }
    program.printed("nobody counts the machines that cards are refused to").await;
    let output = program.output();
    assert_eq!(output.matches("nobody counts").count(), 1, "{output}");
    assert!(!output.contains("ERROR") && !output.contains("WARN"), "{output}");
}

#[tokio::test]
async fn the_expiry_job_clears_away_what_is_older_than_a_day() {
    let database = with_card().await;
    database
        .execute(
            "INSERT INTO mismatches VALUES (1, UTC_TIMESTAMP() - INTERVAL 25 HOUR, 1, 1), (1, UTC_TIMESTAMP(), 2, 2)",
        )
        .await;
    let mut program = kami_testkit::Program::start(EXPIRE, &[], &[("DATABASE_URL", &database.url())]);
    assert!(program.ended().await.success());
    assert_eq!(counted(&database).await, (1, 2));
}
