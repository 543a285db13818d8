//! Values that mean something to SQL: `%`, `_`, quotes and the like.

use hyper::StatusCode;
use serde_json::json;

use crate::{figure, start};

const CODES: [&str; 10] = [
    "VIP-%",
    "VIP-ON_",
    "%",
    "___-___",
    "' OR '1'='1",
    "\" OR \"1\"=\"1",
    "VIP-ONE'; DROP TABLE cards; -- ",
    "VIP-ONE' -- ",
    "VIP-ONE\\",
    "VIP-ONE' UNION SELECT * FROM cards #",
];

/// A value as it stands in a path.
fn encoded(value: &str) -> String {
    value.bytes().fold(String::new(), |text, byte| format!("{text}%{byte:02X}"))
}

#[tokio::test]
async fn what_means_something_to_sql_finds_no_card() {
    let (database, function) = start().await;
    database.insert_card("VIP", "ONE").await;
    let mut client = function.client().await;
    let mut found = 0;
    for code in CODES {
        let validated = client.validate(code, "PC-1").await;
        let shown = client.get(&format!("/api/status/{}", encoded(code))).await;
        let body = json!({ "code": code }).to_string();
        let posted = client.send("POST", "/api/status", &[("content-type", "application/json")], &body).await;
        let consumed = client.consume(code, "PC-1", 1, "a").await;
        let topped_up = client.recharge(code, "VIP-ONE").await;
        let burnt = client.recharge("VIP-ONE", code).await;
        let released = client.release(code, "PC-1").await;
        let unbound = client.unbind(code, "PC-1").await;
        for answer in [validated, shown, posted, consumed, topped_up, burnt, released, unbound] {
            assert!(answer.status.is_client_error() || answer.status.is_success(), "{code}: {}", answer.body);
            found += usize::from(answer.status.is_success());
        }
    }
    figure("70 requests for codes that mean something to SQL", format!("{found} found a card"));
    assert_eq!(found, 0);
    let cards: Vec<String> = database.rows("SELECT CONCAT(full_code, status) FROM cards", ()).await;
    assert_eq!(cards, ["VIP-ONEUNUSED"]);
}

#[tokio::test]
async fn a_machine_code_that_means_something_to_sql_is_bound_as_it_is_and_equals_no_other() {
    let (database, function) = start().await;
    database.insert_card("VIP", "ONE").await;
    let mut client = function.client().await;
    let machine = "PC' OR '1'='1";
    assert_eq!(client.validate("VIP-ONE", machine).await.status, StatusCode::OK);
    let mut admitted = 0;
    for other in ["PC%", "PC_ OR _1_=_1", "%", "PC", "' OR '1'='1", "pc' or '1'='1"] {
        admitted += usize::from(client.validate("VIP-ONE", other).await.status != StatusCode::FORBIDDEN);
    }
    figure("machine codes that mean something to SQL", format!("{admitted} others admitted"));
    assert_eq!(admitted, 0);
    assert_eq!(database.rows::<String>("SELECT machine_code FROM cards", ()).await, [machine]);
}
