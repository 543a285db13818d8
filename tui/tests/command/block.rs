//! `kami block`: who is kept out, by hand and by tables.

use std::fs;

use kami_core::card::{CardCode, MachineCode};
use kami_store::{Client, Validation};
use kami_testkit::unique_name;
use serde_json::{Value, json};

use super::fixtures::{Kami, Ran, ran};

/// The three cards of the app default, and an app demo.
async fn kami() -> Kami {
    let kami = Kami::with_cards().await;
    kami.run(&["app", "add", "demo"]).ends(0);
    kami
}

/// Who is kept out, oldest first, of what, why and until when.
fn blocks(kami: &Kami) -> Vec<(String, Value, Value, Value)> {
    let ran = kami.run(&["block", "list", "--limit", "0", "--json"]);
    let blocks = ran.json().into_iter().rev();
    blocks
        .map(|mut block| {
            let target = block["target"].as_str().unwrap().to_owned();
            (target, block["app"].take(), block["reason"].take(), block["until"].take())
        })
        .collect()
}

fn targets(kami: &Kami) -> String {
    blocks(kami).into_iter().map(|(target, ..)| target).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn who_is_blocked_is_listed_with_his_end_and_shown_by_his_card() {
    let kami = kami().await;
    let added = kami
        .run(&[
            "block",
            "add",
            "电脑 1",
            "203.0.113.9/24",
            "--app",
            "demo",
            "--until",
            "2099-12-31",
            "--reason",
            "退款",
        ])
        .ends(0);
    assert_eq!((added.out.as_str(), added.err.as_str()), ("", "2 blocked. To undo it: kami undo 2\n"));
    let added = kami.run(&["block", "add", "PC-1", "--for", "30d", "--json"]).ends(0).json().remove(0);
    let one =
        json!({"act": "block_add", "act_id": 3, "added": 1, "replaced": 0, "unchanged": 0, "removed": 0});
    assert_eq!(added, one);
    let listed = kami.run(&["block", "list"]).ends(0);
    let lines: Vec<&str> = listed.out.lines().collect();
    assert!(
        lines[0].starts_with("target          kind     app       until                reason  since"),
        "{listed:?}"
    );
    assert!(lines[1].starts_with("PC-1            machine  all apps  20") && lines.len() == 4, "{listed:?}");
    assert!(
        lines[2].starts_with("203.0.113.0/24  network  demo      2099-12-31 23:59:59  退款    20"),
        "{listed:?}"
    );
    let listed = kami.run(&["block", "list", "--json"]).ends(0).json();
    assert_eq!(
        (
            &listed[1]["target"],
            &listed[1]["kind"],
            &listed[1]["app"],
            &listed[1]["until"],
            &listed[1]["in_force"]
        ),
        (
            &json!("203.0.113.0/24"),
            &json!("network"),
            &json!("demo"),
            &json!("2099-12-31T15:59:59Z"),
            &json!(true)
        )
    );
    let end: chrono::DateTime<chrono::Utc> = listed[0]["until"].as_str().unwrap().parse().unwrap();
    let since: chrono::DateTime<chrono::Utc> = listed[0]["created_at"].as_str().unwrap().parse().unwrap();
    assert!((end - since - chrono::TimeDelta::days(30)).num_seconds().abs() < 5, "{listed:?}");
    let first = kami.run(&["block", "list", "--limit", "1"]).ends(0);
    assert!(first.err.contains("The newest 1; --limit 0 lists all.") && first.out.lines().count() == 2);
    assert_eq!(kami.run(&["block", "list", "--limit", "3"]).ends(0).err, "");

    let set = "UPDATE cards SET status = 'ACTIVE', machine_code = 'PC-1', used_at = UTC_TIMESTAMP() WHERE code = 'A'";
    kami.database.execute(set).await;
    let shown = kami.run(&["show", "VIP-A"]).ends(0);
    assert!(shown.out.contains("The machine PC-1 is blocked: all apps, until 20"), "{shown:?}");
    assert_eq!(kami.run(&["show", "VIP-A", "--json"]).ends(0).json()[0]["blocked"], json!(["PC-1"]));
    let other = kami.run(&["show", "VIP-B", "--json"]).ends(0).json().remove(0);
    assert_eq!(other.get("blocked"), None);
}

#[tokio::test]
async fn what_is_blocked_is_in_force_when_the_command_returns_and_let_in_when_it_is_taken_back() {
    let kami = kami().await;
    let store = kami.database.store();
    let (card, machine) = (CardCode::parse("VIP-A").unwrap(), MachineCode::parse("PC-1").unwrap());
    let is_out = async || {
        let answer = store.validate(&card, &machine, &Client::default()).await.unwrap();
        answer == Validation::Blocked
    };
    assert!(!is_out().await);
    kami.run(&["block", "add", "PC-1"]).ends(0);
    assert!(is_out().await);
    let undone = kami.run(&["undo"]).ends(0);
    assert!(undone.err.contains("Taking back #2 blocked, machine PC-1"), "{undone:?}");
    assert!(undone.err.contains("Undone for one block. To undo it: kami undo 3"), "{undone:?}");
    assert!(!is_out().await);
    kami.run(&["undo", "3"]).ends(0);
    assert!(is_out().await);
    let removed = kami.run(&["block", "remove", "PC-1"]).ends(0);
    assert_eq!(removed.err, "One unblocked. To undo it: kami undo 5\n");
    assert!(!is_out().await);
    let refused = kami.run(&["block", "remove", "PC-1"]).ends(3);
    assert_eq!(refused.err, "kami: Not blocked there, so that nothing was changed: PC-1.\n");
    assert!(kami.run(&["block", "list"]).ends(3).err.contains("Nobody is blocked."));
    let logged = kami.run(&["log"]).ends(0);
    for line in ["blocked", "unblocked", "undone", "machine PC-1"] {
        assert!(logged.out.contains(line), "{line}: {logged:?}");
    }
    let logged = kami.run(&["log", "2"]).ends(0);
    assert!(logged.out.contains("machine PC-1") && logged.out.contains("app - → all apps"), "{logged:?}");
    let logged = kami.run(&["log", "--json", "--act", "block_add"]).ends(0).json().remove(0);
    assert_eq!((&logged["app"], &logged["cards"], &logged["blocks"]), (&Value::Null, &json!(0), &json!(1)));
}

#[tokio::test]
async fn what_keeps_somebody_out_is_listed_and_nothing_else() {
    let kami = kami().await;
    kami.run(&["block", "add", "PC-1", "203.0.113.0/24", "2001:db8::/32", "--reason", "refund"]).ends(0);
    kami.run(&["block", "add", "PC-1", "203.0.0.0/16", "--app", "demo"]).ends(0);
    kami.run(&["block", "add", "203.0.113.7", "PC-2", "--for", "1d"]).ends(0);
    kami.run(&["block", "add", "203.0.113.7", "--machine"]).ends(0);
    let over = "UPDATE blocks SET `until` = '2026-01-01' WHERE target = 'PC-2'";
    kami.database.execute(over).await;
    for (arguments, targets) in [
        (&["PC-1"][..], "PC-1 of demo, PC-1"),
        (&["PC-1", "--app", "demo"], "PC-1 of demo, PC-1"),
        (&["PC-1", "--app", "default"], "PC-1"),
        (&["203.0.113.7"], "203.0.113.7/32, 203.0.0.0/16 of demo, 203.0.113.0/24"),
        (&["203.0.113.7", "--limit", "1"], "203.0.113.7/32"),
        (&["203.0.113.0/25"], "203.0.0.0/16 of demo, 203.0.113.0/24"),
        (&["203.0.113.7", "--machine"], "203.0.113.7"),
        (&["::ffff:203.0.112.1"], "203.0.0.0/16 of demo"),
        (&["2001:db8::1"], "2001:db8::/32"),
    ] {
        let listed = kami.run(&[&["block", "list", "--json"], arguments].concat()).ends(0).json();
        let listed = listed.iter().map(|block| {
            let app = block["app"].as_str().map(|app| format!(" of {app}")).unwrap_or_default();
            block["target"].as_str().unwrap().to_owned() + &app
        });
        assert_eq!(listed.collect::<Vec<_>>().join(", "), targets, "{arguments:?}");
    }
    let first = kami.run(&["block", "list", "203.0.113.7", "--limit", "1"]).ends(0);
    assert!(first.err.contains("The newest 1; --limit 0 lists all."), "{first:?}");
    assert_eq!(kami.run(&["block", "list", "203.0.113.7", "--limit", "3"]).ends(0).err, "");
    for (target, named) in
        [("PC-2", "PC-2"), ("pc-1", "pc-1"), ("198.51.100.1", "198.51.100.1/32"), ("::/0", "::/0")]
    {
        let nobody = kami.run(&["block", "list", target]).ends(3);
        assert_eq!(nobody.err, format!("kami: Nothing blocks {named}.\n"));
    }
}

#[tokio::test]
async fn what_cannot_be_is_refused_and_changes_nothing() {
    let kami = kami().await;
    kami.run(&["block", "add", "PC-1"]).ends(0);
    let long = "x".repeat(256);
    for (arguments, code, words) in [
        (&["add", "203.0.113.0/33"][..], 2, "203.0.113.0/33: no network: write 203.0.113.0/24"),
        (&["add", "PC-2", "10.0.0.1:80"], 2, "10.0.0.1:80: no network"),
        (&["add", "PC\u{200b}2"], 2, "the machine's code, at most 128 characters, none invisible"),
        (&["add", "PC-2", "--app", "none"], 3, "There is no app none."),
        (&["add", "PC-2", "--app", "My App"], 2, "My App"),
        (&["add", "PC-2", "--for", "0d"], 2, "0d"),
        (&["add", "PC-2", "--for", "forever"], 2, "forever"),
        (&["add", "PC-2", "--until", "2020-01-01"], 2, "--until is over already"),
        (&["add", "PC-2", "--until", "9999-12-31"], 2, "before the year 9999"),
        (&["add", "PC-2", "--for", "1d", "--until", "2030"], 2, "--until"),
        (&["add", "PC-2", "--reason", &long], 2, "255"),
        (&["add", "PC-1"], 4, "Just so they are blocked already."),
        (&["add", "0.0.0.0/0"], 4, "Block 0.0.0.0/0? Without a terminal to ask at, that needs --yes."),
        (&["add", "PC-2", "2000::/15"], 4, "2000::/15 shuts nearly every customer out."),
        (&["remove", "PC-1", "PC-2"], 3, "Not blocked there, so that nothing was changed: PC-2."),
        (&["remove", "PC-1", "--app", "demo"], 3, "Not blocked there"),
        (&["remove", "--ended"], 3, "No block is over."),
        (&["remove"], 2, "TARGET"),
        (&["list", "--app", "none"], 3, "There is no app none."),
        (&["list", "203.0.113.0/33"], 2, "203.0.113.0/33: no network"),
        (&["list", "--machine"], 2, "TARGET"),
        (&["export", "there.csv"], 4, "there.csv is there already: choose another name."),
    ] {
        fs::write(kami.folder.join("there.csv"), "").unwrap();
        let ran = kami.run(&[&["block"], arguments].concat());
        assert!(ran.code == code && ran.err.contains(words), "{arguments:?}: {ran:?}");
        assert_eq!(targets(&kami), "PC-1", "{arguments:?}");
    }
    let acts = kami.run(&["log", "--json"]).ends(0).json();
    assert_eq!(acts.len(), 2, "none of them is in the log");
    let near = kami.run(&["block", "add", "192.168.1.0/24", "--json"]).ends(0);
    assert!(near.err.contains("No part of the internet: 192.168.1.0/24."), "{near:?}");
    kami.run(&["block", "add", "0.0.0.0/0", "--yes"]).ends(0);
    let asks_nothing = kami.run(&["block", "remove", "0.0.0.0/0", "--yes"]).ends(2);
    assert!(asks_nothing.err.contains("--yes"), "{asks_nothing:?}");
    kami.run(&["block", "remove", "0.0.0.0/0"]).ends(0);
    let undo = kami.run(&["undo"]).ends(4);
    assert!(undo.err.contains("0.0.0.0/0 shuts nearly every customer out."), "{undo:?}");
    let read_only = kami.run(&["--read-only", "block", "add", "PC-9"]).ends(4);
    assert!(read_only.err.contains("Read-only"), "{read_only:?}");
}

#[tokio::test]
async fn one_that_is_there_gets_another_reason_and_end_and_a_dry_run_says_so() {
    let kami = kami().await;
    kami.run(&["block", "add", "PC-1", "PC-2", "--reason", "refund", "--until", "2099-01-01"]).ends(0);
    let change = ["block", "add", "PC-1", "PC-3", "--reason", "chargeback"];
    let before = blocks(&kami);
    let dry = kami.run(&[&change[..], &["--dry-run"]].concat()).ends(0);
    let said = "One blocked. Of one the reason or the end was changed.";
    assert_eq!(dry.err, format!("{said} Nothing was done: this is what would be.\n"));
    let dry = kami.run(&[&change[..], &["--dry-run", "--json"]].concat()).ends(0).json().remove(0);
    assert_eq!((&dry["act_id"], &dry["added"], &dry["replaced"]), (&Value::Null, &json!(1), &json!(1)));
    assert_eq!(blocks(&kami), before);
    let done = kami.run(&change).ends(0);
    assert_eq!(done.err, format!("{said} To undo it: kami undo 3\n"));
    assert_eq!(blocks(&kami)[0], ("PC-1".to_owned(), Value::Null, json!("chargeback"), Value::Null));
    let logged = kami.run(&["log", "3"]).ends(0);
    assert!(logged.out.contains("reason refund → chargeback"), "{logged:?}");
    assert!(logged.out.contains("until 2099-01-01 23:59:59 → -"), "{logged:?}");
    kami.run(&["undo"]).ends(0);
    assert_eq!(blocks(&kami), before);
    kami.database.execute("UPDATE blocks SET `until` = '2020-01-01' WHERE target = 'PC-2'").await;
    assert!(kami.run(&["block", "list"]).ends(0).out.contains(", over"));
    kami.run(&["block", "remove", "--ended"]).ends(0);
    assert_eq!(targets(&kami), "PC-1");
}

#[tokio::test]
async fn what_is_exported_is_imported_as_it_was() {
    let kami = kami().await;
    assert!(kami.run(&["block", "export", "none.csv"]).ends(3).err.contains("Nobody is blocked."));
    kami.run(&[
        "block",
        "add",
        "10.1.2.3",
        "=cmd",
        "868533012345678",
        "--machine",
        "--reason",
        "a, \"b\"\n;=1",
    ])
    .ends(0);
    kami.run(&[
        "block",
        "add",
        "10.1.2.3",
        "2001:db8::/32",
        "--app",
        "demo",
        "--until",
        "2099-01-02T03:04:05",
    ])
    .ends(0);
    let before = blocks(&kami);
    let written = kami.run(&["block", "export", "blocks.csv"]).ends(0);
    assert!(
        written.err.starts_with("5 blocks written into ") && written.err.ends_with("blocks.csv\n"),
        "{written:?}"
    );
    let text = fs::read_to_string(kami.folder.join("blocks.csv")).unwrap();
    assert!(text.starts_with("\u{feff}target,kind,app,reason,until\n'10.1.2.3,machine,,"), "{text}");
    assert!(text.ends_with("2001:db8::/32,network,demo,,2099-01-01T19:04:05Z\n"), "{text}");
    assert_eq!(kami.run(&["block", "export", "-"]).ends(0).out, text);
    let same = kami.run(&["block", "import", "blocks.csv"]).ends(4);
    assert!(same.err.contains("Just so they are blocked already."), "{same:?}");
    kami.database.execute("DELETE FROM blocks").await;
    let dry = kami.run(&["block", "import", "blocks.csv", "--dry-run"]).ends(0);
    assert!(
        dry.out.starts_with("2  new  machine 10.1.2.3 · all apps · a, \"b\"")
            && dry.out.contains("\n6  new  network 2001:db8::/32 · demo · until 2099-01-02 03:04:05\n"),
        "{dry:?}"
    );
    assert_eq!(targets(&kami), "");
    let done = kami.run(&["block", "import", "blocks.csv"]).ends(0);
    assert!(done.err.starts_with("5 blocked. To undo it: kami undo "), "{done:?}");
    assert!(done.err.ends_with("Of these kinds: machine 3, network 2.\n"), "{done:?}");
    assert_eq!(blocks(&kami), before);
}

/// Imports a table of this text.
fn import(kami: &Kami, text: &[u8], options: &[&str]) -> Ran {
    let name = format!("{}.csv", unique_name("blocks"));
    fs::write(kami.folder.join(&name), text).unwrap();
    ran(kami.command(&[&["block", "import", &name], options].concat()).output().unwrap())
}

#[tokio::test]
async fn a_table_is_taken_whole_or_not_at_all() {
    let kami = kami().await;
    kami.run(&["block", "add", "PC-1", "PC-2", "--reason", "old"]).ends(0);
    let wrong =
        "target,app,reason,until\nPC-9,,,\n203.0.113.0/33,,,\nPC-3,none,,\nPC-4,,,soon\nPC-9,,again,\n";
    let refused = import(&kami, wrong.as_bytes(), &[]).ends(4);
    for line in [
        "3  malformed  no network: write 203.0.113.0/24",
        "4  malformed  There is no app none.",
        "5  malformed  until: a moment such as 2026-12-31",
        "6  malformed  the same as in line 2",
    ] {
        assert!(refused.out.contains(line), "{line}: {refused:?}");
    }
    assert_eq!(refused.err, "kami: 4 malformed: nothing was imported\n");
    let dry = import(&kami, wrong.as_bytes(), &["--dry-run", "--json"]).ends(4);
    assert_eq!(dry.json().len(), 5);
    assert_eq!(
        dry.json()[0],
        json!({"line": 2, "state": "new", "target": "PC-9", "kind": "machine", "reason": null})
    );
    assert_eq!(targets(&kami), "PC-1 PC-2");
    for (text, code, words) in [
        (&b""[..], 3, "The file names nobody."),
        (b"PC-1\n", 4, "the first line has to name the columns, one of them target"),
        (b"PK\x03\x04", 1, "it is a workbook"),
        (b"target\n\"PC", 1, "not closed"),
    ] {
        let refused = import(&kami, text, &[]).ends(code);
        assert!(format!("{}{}", refused.out, refused.err).contains(words), "{refused:?}");
    }
    let broad = import(&kami, b"target\n0.0.0.0/0\n", &[]).ends(4);
    assert!(broad.err.contains("that needs --yes"), "{broad:?}");
    // As Excel saves a table in Unicode, with a date that it made its own.
    let excel = "\u{feff}机器码\t备注\t截止时间\t金额\r\nPC-1\t退款\t2099/1/2\t1\r\n电脑\t\t\t\r\n";
    let excel: Vec<u8> = excel.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let done = import(&kami, &excel, &[]).ends(0);
    assert!(done.err.contains("One blocked. Of one the reason or the end was changed."), "{done:?}");
    assert!(done.err.contains("金额"), "what is not taken over is said: {done:?}");
    assert_eq!(
        blocks(&kami)[0],
        ("PC-1".to_owned(), Value::Null, json!("退款"), json!("2099-01-02T15:59:59Z"))
    );
    kami.run(&["undo"]).ends(0);
    assert_eq!(blocks(&kami)[0].2, json!("old"));
    let by_pipe = kami.command(&["block", "import", "/dev/null"]).output().unwrap();
    ran(by_pipe).ends(3);
}

#[tokio::test]
async fn what_stands_in_the_database_reaches_no_terminal_raw() {
    let kami = kami().await;
    let insert = "INSERT INTO blocks (app, kind, target, reason, created_at)
        VALUES ('', 'MACHINE', 'PC1', '\u{1b}[31mred', UTC_TIMESTAMP()), ('', 'NETWORK', '\u{1b}[2J', NULL, UTC_TIMESTAMP())";
    kami.database.execute(insert).await;
    let listed = kami.run(&["block", "list"]).ends(0);
    assert!(listed.out.contains("␛[31mred") && !listed.out.contains('\u{1b}'), "{listed:?}");
    assert!(listed.err.contains("1 rows of the table blocks cannot be understood"), "{listed:?}");
    let listed = kami.run(&["block", "list", "--json"]).ends(0);
    assert!(!listed.out.contains('\u{1b}'), "{listed:?}");
}
