//! Cards that seem to be shared: found, shown, counted and acted upon.

use serde_json::json;

use super::fixtures::Kami;

/// The cards, of which VIP-A was asked for by three machines without a seat within the last day, and VIP-B by one; GOLD-C was
/// before.
async fn kami() -> Kami {
    let kami = Kami::with_cards().await;
    kami.database
        .execute(
            "UPDATE cards SET status = 'ACTIVE', machine_code = 'PC-0', used_at = UTC_TIMESTAMP();
             INSERT INTO mismatches VALUES
                (1, UTC_TIMESTAMP(), 1, 100), (1, UTC_TIMESTAMP() - INTERVAL 5 HOUR, 1, 10), (1, UTC_TIMESTAMP(), 2, 9),
                (1, UTC_TIMESTAMP() - INTERVAL 23 HOUR, 3, 1), (2, UTC_TIMESTAMP(), 1, 1),
                (3, UTC_TIMESTAMP() - INTERVAL 25 HOUR, 1, 1), (3, UTC_TIMESTAMP() - INTERVAL 25 HOUR, 2, 1),
                (3, UTC_TIMESTAMP() - INTERVAL 25 HOUR, 3, 1)",
        )
        .await;
    kami
}

#[tokio::test]
async fn a_card_that_many_machines_ask_for_is_told_in_lists_and_of_itself() {
    let kami = kami().await;
    let listed = kami.run(&["list", "--shared"]).ends(0).out;
    let lines: Vec<&str> = listed.lines().collect();
    assert_eq!(lines.len(), 2, "{listed}");
    assert!(lines[0].contains("  shared?     ") && lines[1].contains("VIP-A  active  PC-0     3 machines  "));
    let all = kami.run(&["list"]).ends(0).out;
    assert!(all.contains("VIP-B   active  PC-0     -           "), "{all}");
    kami.run(&["list", "--shared", "--prefix", "GOLD"]).ends(3);
    let listed = kami.run(&["list", "--shared", "--json"]).ends(0).json();
    let found = (&listed[0]["code"], &listed[0]["shared"], &listed[0]["mismatches"]);
    assert_eq!(found, (&json!("VIP-A"), &json!(true), &json!({ "machines": 3, "requests": 120 })));

    let shown = kami.run(&["show", "VIP-A", "VIP-B", "GOLD-C"]).ends(0).out;
    for line in [
        "shared?   3 machines without a seat, 120 refusals in 24 h",
        "1 machine without a seat, 1 refusal in 24 h",
    ] {
        assert!(shown.contains(line), "{shown}");
    }
    assert_eq!(shown.matches("shared?").count(), 2, "{shown}");
    let shown = kami.run(&["show", "VIP-B", "--json"]).ends(0).json();
    let found = (&shown[0]["shared"], &shown[0]["mismatches"]["machines"]);
    assert_eq!(found, (&json!(false), &json!(1)));
}

#[tokio::test]
async fn how_many_there_are_is_told_with_other_figures() {
    let kami = kami().await;
    let stats = kami.run(&["stats"]).ends(0).out;
    assert!(
        stats.contains("\nshared?  asked for in vain  refusals in 24 h\n1        2                  121\n"),
        "{stats}"
    );
    let stats = kami.run(&["stats", "--json"]).ends(0).json();
    assert_eq!(stats[0]["sharing"], json!({ "shared": 1, "cards": 2, "requests": 121 }));
    kami.database.execute("DELETE FROM mismatches").await;
    assert!(!kami.run(&["stats"]).ends(0).out.contains("shared?"));
}

#[tokio::test]
async fn all_that_seem_to_be_shared_are_exported_and_acted_upon() {
    let kami = kami().await;
    let exported =
        kami.run(&["export", "--shared", "--any-status", "--for", "shop", "--output", "-"]).ends(0).out;
    assert_eq!(exported, "VIP-A\n");
    kami.run(&["disable", "--shared", "--all", "--yes"]).ends(0);
    assert_eq!(kami.statuses(), ["VIP-A disabled", "VIP-B active", "GOLD-C active"]);
}

#[tokio::test]
async fn a_schema_of_the_last_version_lists_all_but_what_it_does_not_have() {
    let kami = kami().await;
    kami.database.execute("DROP TABLE mismatches").await;
    for arguments in [&["list"][..], &["show", "VIP-A"], &["stats"]] {
        assert!(!kami.run(arguments).ends(0).out.contains("shared?"));
    }
    assert_eq!(kami.run(&["stats", "--json"]).ends(0).json()[0]["sharing"], json!(null));
    assert!(kami.run(&["list", "--shared"]).ends(1).err.contains("kami migrate"));
}
