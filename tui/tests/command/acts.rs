//! Acts on cards, and taking them back.

use serde_json::json;

use super::fixtures::Kami;

#[tokio::test]
async fn each_act_is_done_and_undone() {
    let kami = Kami::with_cards().await;
    let unused = ["VIP-A unused", "VIP-B unused", "GOLD-C unused"];
    let ran = kami.run(&["disable", "vip-a", "VIP-B"]).ends(0);
    assert_eq!((ran.out.as_str(), ran.err.as_str()), ("", "2 cards disabled. To undo it: kami undo 1\n"));
    assert_eq!(kami.statuses(), ["VIP-A disabled", "VIP-B disabled", "GOLD-C unused"]);
    let ran = kami.run(&["enable", "VIP-A"]).ends(0);
    assert_eq!(ran.err, "One card enabled. To undo it: kami undo 2\n");
    for _ in 0..2 {
        let ran = kami.run(&["undo"]).ends(0);
        assert!(ran.err.contains("\nUndone for "), "{ran:?}");
    }
    assert_eq!(kami.statuses(), unused);
    kami.run(&["delete", "--prefix", "VIP", "--all", "--yes"]).ends(0);
    assert_eq!(kami.statuses(), ["GOLD-C unused"]);
    let ran = kami.run(&["undo", "5", "--json"]).ends(0);
    assert_eq!(ran.json()[0]["done"], 2);
    assert_eq!(kami.statuses(), unused);
    kami.run(&["extend", "VIP-A", "--by", "1h"]).ends(0);
    assert_eq!(kami.run(&["show", "VIP-A", "--json"]).json()[0]["duration"], "4h");
    kami.run(&["undo"]).ends(0);
    assert_eq!(kami.run(&["show", "VIP-A", "--json"]).json()[0]["duration"], "3h");
}

#[tokio::test]
async fn the_cards_that_a_chat_speaks_of_are_acted_on_and_no_others() {
    let kami = Kami::with_cards().await;
    let chat = "张三 2026-11-25 21:03\n老板，ＶＩＰ－Ａ 退一下\n“vip–b”/DAY-7KQ2M9XW 也退，电话 13800138000";
    let ran = kami.run(&["disable", "--all", "--codes-in", chat]).ends(3);
    assert!(ran.err.starts_with("2 cards disabled.") && ran.err.contains("DAY-7KQ2M9XW"), "{ran:?}");
    assert_eq!(kami.statuses(), ["VIP-A disabled", "VIP-B disabled", "GOLD-C unused"]);
    let ran = kami.run(&["disable", "--all", "--codes-in", chat]).ends(3);
    assert!(ran.err.contains("disabled already") && ran.err.contains("DAY-7KQ2M9XW"), "{ran:?}");
    let ran = kami.run(&["disable", "--all", "--codes-in", "你好，我的卡用不了了"]).ends(3);
    assert_eq!(ran.err, "kami: No card matches.\n");
}

/// Cards of old may have been made with another kind of hyphen, by which alone the database finds them.
#[tokio::test]
async fn a_card_is_found_under_the_spelling_in_which_it_is_stored() {
    let kami = Kami::with_cards().await;
    kami.database.insert_card("OLD–DASH", "É").await;
    for arguments in [
        &["show", "old–dash-é"][..],
        &["note", "--set", "x", "OLD–DASH-É"],
        &["edit", "OLD–DASH-É", "--duration", "1d"],
        &["export", "OLD–DASH-É", "-o", "-"],
        &["disable", "OLD–DASH-É"],
    ] {
        kami.run(arguments).ends(0);
    }
    kami.run(&["show", "OLD–DASH-E"]).ends(3);
}

#[tokio::test]
async fn unbinding_frees_the_machine_until_it_is_undone() {
    let kami = Kami::with_cards().await;
    kami.run(&["edit", "VIP-A", "--status", "active", "--machine", "PC 1"]).ends(0);
    kami.run(&["unbind", "--machine", "PC 1", "--all"]).ends(0);
    let card = || kami.run(&["show", "VIP-A", "--json"]).ends(0).json().remove(0);
    assert_eq!((&card()["machine"], &card()["status"]), (&json!(null), &json!("active")));
    kami.run(&["undo"]).ends(0);
    assert_eq!(card()["machine"], "PC 1");
}

#[tokio::test]
async fn an_act_tells_programs_what_it_came_to() {
    let kami = Kami::with_cards().await;
    kami.run(&["disable", "VIP-A"]).ends(0);
    let ran = kami.run(&["disable", "VIP-A", "VIP-B", "VIP-X", "--json"]).ends(3);
    assert_eq!(
        ran.json(),
        [json!({
            "act": "disable", "act_id": 2, "done": 1, "refused": { "already_disabled": 1 }, "missing": 1,
            "missing_codes": ["VIP-X"], "unreadable": [], "cancelled": false, "failed": null,
        })]
    );
}

#[tokio::test]
async fn a_card_whose_row_cannot_be_read_is_named_and_the_others_are_done() {
    let kami = Kami::with_cards().await;
    kami.database
        .execute("SET sql_mode = ''; UPDATE cards SET used_at = '0000-00-00' WHERE full_code = 'VIP-B'")
        .await;
    let named = "left out, because their rows cannot be understood: the cards numbered 2";
    let ran = kami.run(&["disable", "VIP-A", "VIP-B"]).ends(0);
    assert_eq!(ran.err, format!("One card disabled. To undo it: kami undo 1\n{named}\n"));
    let ran = kami.run(&["disable", "VIP-B", "--json"]).ends(1);
    assert_eq!((&ran.json()[0]["unreadable"], ran.err.as_str()), (&json!([2]), &*format!("kami: {named}\n")));
    kami.run(&["migrate"]).ends(0);
    kami.run(&["disable", "VIP-B"]).ends(0);
}

#[tokio::test]
async fn what_is_not_there_ends_with_3_and_what_is_refused_with_4() {
    let kami = Kami::with_cards().await;
    for (arguments, code, words) in [
        (&["disable", "VIP-X"][..], 3, "there is no card VIP-X"),
        (&["disable", "--prefix", "NONE", "--all"], 3, "No card matches."),
        (&["delete", "--prefix", "NONE", "--all"], 3, "No card matches."),
        (&["enable", "VIP-A"], 4, "1 left: not disabled."),
        (&["unbind", "--all"], 4, "3 left: never used."),
        (&["undo"], 3, "You have done nothing that could be undone."),
        (&["undo", "77"], 3, "The log knows no such act."),
        (&["disable"], 2, "name cards by their codes"),
        (&["disable", "VIP-A", "--status", "unused"], 2, "not by both"),
        (&["delete", "VIP-A"], 4, "Delete one card? Without a terminal to ask at, that needs --yes."),
        (&["delete", "--all"], 4, "Delete 3 cards? Without a terminal to ask at, that needs --yes."),
        (&["edit", "VIP-A", "--prefix", "GOLD", "--status", "active"], 2, "an active card needs --machine"),
        (&["edit", "VIP-X", "--note", "x"], 3, "there is no card VIP-X"),
        (&["edit", "VIP-A", "--note", ""], 4, "nothing would change"),
    ] {
        let ran = kami.run(arguments).ends(code);
        assert!(ran.err.contains(words), "{arguments:?}: {ran:?}");
        assert_eq!(ran.out, "", "{arguments:?}");
    }
    assert_eq!(kami.statuses().len(), 3);
}

#[tokio::test]
async fn an_edit_keeps_the_card_whole_and_its_code_its_own() {
    let kami = Kami::with_cards().await;
    let ran = kami.run(&["edit", "VIP-A", "--prefix", "GOLD", "--note", "new", "--json"]).ends(0);
    let edited = &ran.json()[0];
    assert_eq!((&edited["card"]["code"], &edited["card"]["note"]), (&json!("GOLD-A"), &json!("new")));
    kami.database.insert_card("VIP", "C").await;
    let ran = kami.run(&["edit", "VIP-C", "--prefix", "GOLD"]).ends(4);
    assert_eq!(ran.err, "kami: Another card has that code.\n");
    kami.run(&["undo"]).ends(0);
    kami.run(&["show", "VIP-A"]).ends(0);
}

#[tokio::test]
async fn a_read_only_connection_changes_nothing() {
    let kami = Kami::with_cards().await;
    for arguments in [
        &["disable", "VIP-A"][..],
        &["delete", "VIP-A", "--yes"],
        &["edit", "VIP-A", "--note", "x"],
        &["extend", "VIP-A", "--by", "1d"],
        &["undo"],
        &["generate", "--prefix", "VIP", "--count", "1", "--duration", "1d"],
        &["migrate"],
    ] {
        let ran = kami.run(&[&["--read-only"], arguments].concat()).ends(4);
        assert_eq!(ran.err, "kami: Read-only by your settings.\n", "{arguments:?}");
    }
    assert_eq!(kami.statuses(), ["VIP-A unused", "VIP-B unused", "GOLD-C unused"]);
}

#[tokio::test]
async fn an_account_without_the_rights_changes_nothing() {
    let kami = Kami::with_cards().await;
    let name = kami.database.name();
    let user = kami_testkit::unique_name("r");
    kami.database
        .execute(&format!(
            "CREATE USER '{user}'@'%' IDENTIFIED BY 'p'; GRANT SELECT ON {name}.* TO '{user}'@'%'"
        ))
        .await;
    let url = kami.database.as_account(&user, "p").url();
    let output = kami.command(&["disable", "VIP-A"]).env("DATABASE_URL", &url).output().unwrap();
    let words = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(4));
    assert!(words.starts_with("kami: Your database account may not do that: it lacks UPDATE ("), "{words}");
    assert!(kami.command(&["list"]).env("DATABASE_URL", &url).output().unwrap().status.success());
}
