//! Machine codes that hold what nobody sees: no card is bound to one, and none that was bound to one is lost.

use kami_testkit::TestDatabase;

use crate::{figure, start};

/// One of each kind of what nobody sees, within a text, for trimming takes some of them off its ends.
const ODD: [&str; 20] = [
    "PC\u{0}1",
    "PC\t1",
    "PC\n1",
    "PC\u{1b}[2J1",
    "PC\u{7f}1",
    "PC\u{9b}1",
    "PC\u{ad}1",
    "PC\u{34f}1",
    "PC\u{115f}1",
    "PC\u{180e}1",
    "PC\u{200b}1",
    "PC\u{202e}1",
    "PC\u{2028}1",
    "PC\u{2800}1",
    "PC\u{3164}1",
    "PC\u{e000}1",
    "PC\u{fe0f}1",
    "PC\u{fff9}1",
    "PC\u{378}1",
    "PC\u{e0041}1",
];

/// The machine that a card is bound to, by the database.
async fn bound(database: &TestDatabase, code: &str) -> Option<String> {
    let rows: Vec<Option<String>> =
        database.rows("SELECT machine_code FROM cards WHERE full_code = ?", (code,)).await;
    rows.into_iter().next().unwrap()
}

#[tokio::test]
async fn no_card_is_bound_to_what_nobody_sees() {
    let (database, function) = start().await;
    database.insert_card("VIP", "NEW").await;
    database.insert_card("VIP", "UNBOUND").await;
    database
        .execute(
            "UPDATE cards SET status = 'ACTIVE', used_at = UTC_TIMESTAMP(), \
             expire_at = UTC_TIMESTAMP() + INTERVAL 1 HOUR WHERE full_code = 'VIP-UNBOUND'",
        )
        .await;
    let mut client = function.client().await;
    for machine in ODD {
        for code in ["VIP-NEW", "VIP-UNBOUND"] {
            let answer = client.validate(code, machine).await;
            assert_eq!(answer.status, 400, "{machine:?}");
            assert_eq!(answer.reason(), "invalid_fields", "{machine:?}");
            assert_eq!(bound(&database, code).await, None, "{machine:?}");
        }
        assert_eq!(client.validate("VIP-NONE", machine).await.status, 404);
    }
    figure("machine codes that hold what nobody sees, refused", ODD.len());
    for code in ["VIP-NEW", "VIP-UNBOUND"] {
        assert_eq!(client.validate(code, "电脑 1 – é").await.status, 200);
    }
}

#[tokio::test]
async fn a_card_that_is_bound_to_one_stays_in_use_on_its_machine_alone() {
    let (database, function) = start().await;
    let mut client = function.client().await;
    for (number, machine) in ODD.into_iter().enumerate() {
        let code = format!("C{number}");
        database.insert_card("OLD", &code).await;
        let hex: String = machine.bytes().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
        database
            .execute(&format!(
                "UPDATE cards SET status = 'ACTIVE', machine_code = CONVERT(x'{hex}' USING utf8mb4), \
                 used_at = UTC_TIMESTAMP(), expire_at = UTC_TIMESTAMP() + INTERVAL 1 HOUR \
                 WHERE full_code = 'OLD-{code}'"
            ))
            .await;
        let code = format!("OLD-{code}");
        assert_eq!(client.validate(&code, machine).await.status, 200, "{machine:?}");
        for other in ["PC1", "PC\u{2060}1"] {
            assert_eq!(client.validate(&code, other).await.status, 403, "{machine:?}");
        }
        assert_eq!(client.get(&format!("/api/status/{code}")).await.status, 200, "{machine:?}");
        assert_eq!(bound(&database, &code).await.as_deref(), Some(machine));
    }
    figure("cards of old with such machine codes, still in use", ODD.len());
}

#[tokio::test]
async fn the_last_second_of_the_calendar_is_one_that_every_client_reads() {
    let (database, function) = start().await;
    database.insert_card("VIP", "LAST").await;
    database
        .execute(
            "UPDATE cards SET status = 'ACTIVE', machine_code = 'PC-1', used_at = UTC_TIMESTAMP(), \
             expire_at = '9999-12-31 23:59:59'",
        )
        .await;
    let mut client = function.client().await;
    let validated = client.validate("VIP-LAST", "PC-1").await;
    let status = client.get("/api/status/VIP-LAST").await;
    assert_eq!(validated.body["expire_at"], "9999-12-31T23:59:59+00:00");
    assert_eq!(status.body["data"]["expire_at"], "9999-12-31T23:59:59+00:00");
    figure("the last second of the calendar", &validated.body["expire_at"]);
}
