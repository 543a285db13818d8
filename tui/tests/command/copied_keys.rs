//! Keys of devices that were copied: shown with their seats, found and counted.

use serde_json::json;

use super::fixtures::Kami;

/// The cards, of which VIP-A is for two machines, one of whose keys was copied within the last day, and VIP-B has a key; that of
/// GOLD-C was copied before, and is unkind to a terminal.
async fn kami() -> Kami {
    let kami = Kami::with_cards().await;
    kami.database
        .execute(
            "UPDATE cards SET status = 'ACTIVE', machine_code = 'PC-0', used_at = '2026-01-01 00:00:00';
             UPDATE cards SET seats = 2 WHERE id = 1;
             INSERT INTO card_seats VALUES (1, 'PC-1', '2026-01-01 00:00:00', '2026-01-01 00:00:00', NULL);
             INSERT INTO device_keys (card_id, machine_code, thumbprint, bound_at, copies, copied_at) VALUES
                (1, 'PC-1', REPEAT('hnO7dUFr', 5), UTC_TIMESTAMP(), 1200, UTC_TIMESTAMP()),
                (2, 'PC-0', REPEAT('cVJyaX8k', 5), UTC_TIMESTAMP(), 0, NULL),
                (3, 'PC-0', REPEAT('\u{1b}[31m', 5), UTC_TIMESTAMP(), 1, '2026-01-02 00:00:00')",
        )
        .await;
    kami
}

#[tokio::test]
async fn each_seat_tells_its_key_and_that_it_was_copied() {
    let kami = kami().await;
    let shown = kami.run(&["show", "VIP-A"]).ends(0).out;
    let lines: Vec<&str> = shown.lines().skip_while(|line| !line.starts_with("2 of 2 taken")).collect();
    assert!(lines[1].ends_with("  key       copied key"), "{shown}");
    assert!(lines[2].starts_with("PC-0") && lines[2].ends_with("  -         -"), "{shown}");
    assert!(
        lines[3].starts_with("PC-1") && lines[3].contains("  hnO7dUFr  in 1,200 minutes, last 2"),
        "{shown}"
    );
    let shown = kami.run(&["show", "VIP-B"]).ends(0).out;
    assert!(shown.contains("1 of 1 taken") && shown.contains("  cVJyaX8k\n"), "{shown}");
    assert!(!shown.contains("copied key"), "{shown}");
    let shown = kami.run(&["show", "GOLD-C"]).ends(0).out;
    assert!(shown.contains("in 1 minute, last 2026-01-02") && !shown.contains('\u{1b}'), "{shown:?}");

    let cards = kami.run(&["show", "VIP-A", "VIP-B", "--json"]).ends(0).json();
    let of = |card: usize, seat: usize, name: &str| cards[card]["machines"][seat][name].clone();
    assert_eq!(
        (of(0, 0, "key"), of(0, 0, "copies"), of(0, 0, "copied_at")),
        (json!(null), json!(null), json!(null))
    );
    assert_eq!((of(0, 1, "key"), of(0, 1, "copies")), (json!("hnO7dUFr".repeat(5)), json!(1_200)));
    assert!(of(0, 1, "copied_at").as_str().is_some_and(|at| at.ends_with('Z')));
    assert_eq!((of(1, 0, "copies"), of(1, 0, "copied_at")), (json!(0), json!(null)));
}

#[tokio::test]
async fn cards_with_a_copied_key_are_listed_counted_and_acted_upon() {
    let kami = kami().await;
    let listed = kami.run(&["list", "--copied", "--json"]).ends(0).json();
    assert_eq!(listed.iter().map(|card| card["code"].clone()).collect::<Vec<_>>(), [json!("VIP-A")]);
    kami.run(&["list", "--copied", "--prefix", "GOLD"]).ends(3);
    let stats = kami.run(&["stats", "--json"]).ends(0).json();
    assert_eq!(stats[0]["copied_keys"], json!(1));
    let stats = kami.run(&["stats"]).ends(0).out;
    assert!(stats.contains("\n\ncards with a copied key  1\n\n"), "{stats}");

    kami.run(&["unbind", "--copied", "--all", "--yes"]).ends(0);
    kami.run(&["list", "--copied"]).ends(3);
    let stats = kami.run(&["stats", "--json"]).ends(0).json();
    assert_eq!(stats[0]["copied_keys"], json!(0));
    assert!(!kami.run(&["stats"]).ends(0).out.contains("copied"));
    let left: Vec<u64> = kami.database.rows("SELECT card_id FROM device_keys ORDER BY card_id", ()).await;
    assert_eq!(left, [2, 3]);
    kami.database.execute("DROP TABLE device_keys").await;
    assert_eq!(kami.run(&["stats", "--json"]).ends(0).json()[0]["copied_keys"], json!(null));
    kami.run(&["show", "VIP-A", "VIP-B"]).ends(0);
}
