//! `kami unrecharge`, and what is told of cards that were burnt.

use serde_json::json;

use super::fixtures::{Kami, ran};

/// A card in use, `VIP-A` with 7 points, which its customer topped up with `TOP-B`: an hour and 100 points.
async fn topped_up() -> Kami {
    let kami = Kami::new().await;
    kami.run(&[
        "preset",
        "add",
        "top-up",
        "--prefix",
        "TOP",
        "--duration",
        "1h",
        "--points",
        "100",
        "--recharge",
    ])
    .ends(0);
    for (prefix, code) in [("VIP", "A"), ("TOP", "B"), ("TOP", "C")] {
        kami.database.insert_card(prefix, code).await;
    }
    kami.database
        .execute(
            "INSERT INTO batches (id, card_count, operator, created_at, app, preset, recharge)
                VALUES (1, 2, 'tester', UTC_TIMESTAMP(), 'default', 'top-up', 1);
             UPDATE cards SET batch_id = 1, duration_seconds = 3600, points = 100 WHERE prefix = 'TOP';
             UPDATE cards SET status = 'ACTIVE', machine_code = 'PC', used_at = '2026-01-01',
                expire_at = '2090-01-01', points = 7 WHERE code = 'A';
             CALL recharge_card(1, 2)",
        )
        .await;
    assert_eq!(
        state(&kami).await,
        ["A ACTIVE 2090-01-01 01:00:00 107", "B EXPIRED burnt 0", "C UNUSED - 100"]
    );
    kami
}

/// How each card stands.
async fn state(kami: &Kami) -> Vec<String> {
    let query = "SELECT CONCAT_WS(' ', code, status, \
                 IF(used_at = expire_at, 'burnt', IFNULL(expire_at, '-')), points) FROM cards ORDER BY id";
    kami.database.rows(query, ()).await
}

const BEFORE: [&str; 3] = ["A ACTIVE 2090-01-01 00:00:00 7", "B UNUSED - 100", "C UNUSED - 100"];

#[tokio::test]
async fn a_top_up_is_taken_back_by_the_card_that_was_burnt_and_that_as_well() {
    let kami = topped_up().await;
    let after = state(&kami).await;
    let asked = kami.run(&["unrecharge", "top-b"]).ends(4);
    assert!(asked.err.starts_with("kami: Take back that TOP-B topped VIP-A up on 20"), "{asked:?}");
    assert!(asked.err.contains("--yes"), "{asked:?}");
    assert_eq!(state(&kami).await, after, "nobody agreed");
    let done = kami.run(&["unrecharge", "top-b", "--yes"]).ends(0);
    assert_eq!(
        (done.out.as_str(), done.err.as_str()),
        ("", "Top-up of VIP-A taken back; TOP-B is unused again. To undo it: kami undo 2\n")
    );
    assert_eq!(state(&kami).await, BEFORE);
    let logged = kami.run(&["log", "--act", "recharge_undo", "--json"]).ends(0).json().remove(0);
    assert_eq!((&logged["act_id"], &logged["cards"]), (&json!(2), &json!(2)), "{logged}");
    for card in kami.run(&["show", "VIP-A", "TOP-B", "--json"]).ends(0).json() {
        assert_eq!(card["history"][0]["act"], "recharge_undo", "{card}");
    }
    kami.run(&["undo", "2"]).ends(0);
    assert_eq!(state(&kami).await, after);
    let done = kami.run(&["unrecharge", "TOP-B", "--yes", "--json"]).ends(0).json();
    assert_eq!(done, [json!({ "act": "recharge_undo", "act_id": 4, "code": "VIP-A", "with": "TOP-B" })]);
    assert_eq!(state(&kami).await, BEFORE);
}

#[tokio::test]
async fn what_cannot_be_taken_back_stays() {
    let kami = topped_up().await;
    let refused = |code: &str, ends: i32| kami.run(&["unrecharge", code, "--yes"]).ends(ends).err;
    assert_eq!(refused("TOP-NONE", 3), "kami: there is no card TOP-NONE\n");
    for code in ["TOP-C", "VIP-A"] {
        let words = format!("kami: {code} has topped no card up. Name the card that was burnt.\n");
        assert_eq!(refused(code, 3), words);
    }
    kami.run(&["extend", "VIP-A", "--by", "1d"]).ends(0);
    let after = state(&kami).await;
    let changed = refused("TOP-B", 4);
    assert!(changed.contains("changed since"), "{changed}");
    assert_eq!(state(&kami).await, after);
    kami.run(&["undo"]).ends(0);
    assert!(refused("TOP-B", 0).starts_with("Top-up of VIP-A taken back"));
    let again = refused("TOP-B", 4);
    assert!(again.contains("changed since"), "{again}");
    assert_eq!(state(&kami).await, BEFORE);
}

#[tokio::test]
async fn a_card_that_was_burnt_is_called_so_in_each_language_and_expired_by_programs() {
    let kami = topped_up().await;
    for (language, word) in [("en", "burnt"), ("zh-CN", "已充值"), ("zh-TW", "已儲值")] {
        let said = |arguments: &[&str]| {
            ran(kami.command(arguments).env("LC_ALL", format!("{language}.UTF-8")).output().unwrap())
                .ends(0)
                .out
        };
        for arguments in [&["list"][..], &["show", "TOP-B"], &["stats"]] {
            let told = said(arguments);
            assert!(told.contains(word), "{language} {arguments:?}: {told}");
        }
        assert!(!said(&["list", "--prefix", "VIP"]).contains(word), "{language}");
    }
    assert_eq!(kami.statuses(), ["VIP-A active", "TOP-B expired", "TOP-C unused"]);
    let told = kami.run(&["stats"]).ends(0).out;
    let table = "app      preset  cards  unused  in use  over  burnt  sold  worth\n\
                 default  top-up  2      1       0       1     1      1     -\n";
    assert!(told.contains(table), "{told}");
    let json = kami.run(&["stats", "--json"]).ends(0).json().remove(0);
    assert_eq!(json["presets"][0]["burnt"], 1);
}
