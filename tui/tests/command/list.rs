//! `kami list` and `kami show`.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;

use super::fixtures::Kami;

#[tokio::test]
async fn cards_are_listed_newest_first_and_harmless() {
    let kami = Kami::with_cards().await;
    let ran = kami.run(&["list"]).ends(0);
    let lines: Vec<&str> = ran.out.lines().collect();
    assert_eq!(lines.len(), 4, "{ran:?}");
    assert!(lines[0].starts_with("code    status  machine  duration  left  expires      created"), "{ran:?}");
    assert!(lines[1].starts_with("GOLD-C  unused  -        3h        -     3h from use  20"), "{ran:?}");
    assert!(lines[1].ends_with("  ␛[31mred"), "{ran:?}");
    assert!(lines[3].starts_with("VIP-A "), "{ran:?}");
    assert_eq!(ran.err, "");
}

#[tokio::test]
async fn json_has_stable_names_and_moments_in_utc() {
    let kami = Kami::with_cards().await;
    kami.database
        .execute(
            "UPDATE cards SET status = 'ACTIVE', machine_code = 'PC', used_at = '2026-01-01 04:00:00', \
             expire_at = '2126-01-01 04:00:00', created_at = '2025-12-31 16:00:00' WHERE full_code = 'VIP-A'",
        )
        .await;
    let ran = kami.run(&["list", "--status", "active", "--json"]).ends(0);
    let card = &ran.json()[0];
    assert_eq!(
        *card,
        serde_json::json!({
            "id": 1, "code": "VIP-A", "prefix": "VIP", "status": "active", "machine": "PC", "duration": "3h",
            "duration_seconds": 10_800, "created_at": "2025-12-31T16:00:00Z",
            "used_at": "2026-01-01T04:00:00Z", "expire_at": "2126-01-01T04:00:00Z", "batch": null,
            "note": null, "app": "default", "seats": 1, "policy": null, "points": null, "valid_until": null,
            "shared": false, "mismatches": { "machines": 0, "requests": 0 },
        })
    );
}

#[tokio::test]
async fn filters_orders_and_limits() {
    let kami = Kami::with_cards().await;
    kami.database
        .execute(
            "UPDATE cards SET created_at = '2026-01-30 16:00:00', used_at = '2026-02-01 15:59:59' \
             WHERE full_code = 'VIP-B'",
        )
        .await;
    for (arguments, codes) in [
        (&["--prefix", "vip"][..], "VIP-B VIP-A"),
        (&["--prefix", "vip", "--reverse"], "VIP-A VIP-B"),
        (&["--sort", "code"], "GOLD-C VIP-A VIP-B"),
        (&["--limit", "2"], "GOLD-C VIP-B"),
        (&["--limit", "0"], "GOLD-C VIP-B VIP-A"),
        (&["--code-prefix", "gold"], "GOLD-C"),
        (&["--contains", "ip-a"], "VIP-A"),
        (&["--note", "RED"], "GOLD-C"),
        (&["--codes-in", "张三 2026-01-31：vip–b坏了，还有“ＧＯＬＤ－Ｃ”"], "GOLD-C VIP-B"),
        (&["--created", "2026-01-31"], "VIP-B"),
        (&["--used", "2026-02-01"], "VIP-B"),
        (&["--used", "2000..", "--prefix", "VIP"], "VIP-B"),
        (&["--created", "..2026-01-31", "--prefix", "VIP", "--limit", "1"], "VIP-B"),
    ] {
        let ran = kami.run(&[&["list", "--json"], arguments].concat()).ends(0);
        let found: Vec<String> =
            ran.json().iter().map(|card| card["code"].as_str().unwrap().to_owned()).collect();
        assert_eq!(found.join(" "), codes, "{arguments:?}");
    }
    let ran = kami.run(&["list", "--limit", "2"]).ends(0);
    assert_eq!(ran.err, "The first 2 cards; --limit 0 lists all.\n");
    let ran = kami.run(&["list", "--prefix", "VIP", "--sort", "code"]).ends(0);
    assert_eq!(
        (ran.out.find("VIP-A") < ran.out.find("VIP-B"), ran.err.as_str()),
        (true, ""),
        "few are sorted"
    );
    // Which cards a part of a code finds is not known before all were looked at.
    let ran = kami.run(&["list", "--contains", "ip", "--sort", "code", "--json"]).ends(4);
    assert!(ran.out.is_empty() && ran.err.contains("leave --sort and --reverse out"), "{ran:?}");
    kami.run(&["list", "--contains", "ip", "--reverse"]).ends(4);
    kami.run(&["list", "--contains", "ip", "--sort", "newest"]).ends(0);
    let ran = kami.run(&["list", "--codes-in", "VIP-A DAY-7KQ2M9XW 2026-01-31"]).ends(3);
    assert!(ran.out.contains("VIP-A"), "{ran:?}");
    assert_eq!(ran.err, "kami: there is no card DAY-7KQ2M9XW\n");
    let ran = kami.run(&["list", "--prefix", "NONE"]).ends(3);
    assert_eq!((ran.out.as_str(), ran.err.as_str()), ("", "kami: No card matches.\n"));
}

#[tokio::test]
async fn messages_are_in_the_readers_language() {
    let kami = Kami::with_cards().await;
    let output = kami.command(&["list", "--prefix", "NONE"]).env("LANG", "zh_CN.UTF-8").output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "kami: 没有符合条件的卡。\n");
}

#[tokio::test]
async fn wrong_arguments_end_with_2_and_a_database_away_with_1() {
    let kami = Kami::new().await;
    for arguments in [
        &["list", "--status", "lost"][..],
        &["list", "--created", "some day"],
        &["list", "--created", "2026-02..2026-01"],
        &["list", "--contains", "A", "--note", "B"],
        &["show"],
        &["-e", "nowhere", "list"],
    ] {
        kami.run(arguments).ends(2);
    }
    let away =
        kami.command(&["list"]).env("DATABASE_URL", "mysql://k:secret@127.0.0.1:1/d").output().unwrap();
    assert_eq!(away.status.code(), Some(1));
    assert!(!String::from_utf8(away.stderr).unwrap().contains("secret"));
}

#[tokio::test]
async fn a_reader_that_has_seen_enough_ends_the_list_quietly() {
    let kami = Kami::new().await;
    kami.run(&["generate", "--prefix", "VIP", "--count", "5000", "--duration", "1d", "--yes"]).ends(0);
    let mut child = kami
        .command(&["list", "--limit", "0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut first).unwrap();
    assert!(first.starts_with("code"), "{first}");
    drop(out);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!(err, "");
}

#[tokio::test]
async fn a_card_is_shown_with_its_history() {
    let kami = Kami::with_cards().await;
    kami.run(&["disable", "VIP-A"]).ends(0);
    let ran = kami.run(&["show", "vip-a"]).ends(0);
    let account = kami.account().await;
    let act = format!("disabled  tester  {account}  status unused → disabled\n");
    for part in ["code      VIP-A\n", "status    disabled\n", &*act] {
        assert!(ran.out.contains(part), "{part:?} in {}", ran.out);
    }
    let card = &kami.run(&["show", "VIP-A", "--json"]).ends(0).json()[0];
    assert_eq!(card["history"][0]["act"], "disable");
    assert_eq!(card["history"][0]["account"], *account);
    assert_eq!(card["history"][0]["before"]["status"], "unused");
    let ran = kami.run(&["show", "VIP-A", "VIP-X", "--json"]).ends(3);
    assert_eq!((ran.json().len(), ran.err.as_str()), (1, "kami: there is no card VIP-X\n"));
}

#[tokio::test]
async fn what_means_something_to_sql_is_looked_for_as_it_is() {
    let kami = Kami::with_cards().await;
    kami.run(&["note", "VIP-B", "--set", r#"100%_\'" sure"#]).ends(0);
    for text in ["%", "_", "'", "\"", "\\", "0%_"] {
        let found = kami.run(&["list", "--note", text, "--json"]).ends(0).json();
        let codes: Vec<_> = found.iter().map(|card| card["code"].as_str().unwrap()).collect();
        assert_eq!(codes, ["VIP-B"], "{text}");
    }
    for filter in ["--contains", "--code-prefix", "--machine", "--prefix"] {
        for text in ["%", "_", "VIP_", "' OR '1'='1", "\" OR \"1\"=\"1", "VIP-A' -- ", "\\"] {
            let ran = kami.run(&["list", filter, text, "--json"]);
            assert_eq!(ran.out, "", "{filter} {text}: {ran:?}");
            assert!([2, 3].contains(&ran.code), "{filter} {text}: {ran:?}");
        }
    }
}

/// A card in use that never expires, and one that is past its time, as no row says yet.
#[tokio::test]
async fn tables_speak_the_readers_language_and_clock_and_json_neither() {
    let kami = Kami::with_cards().await;
    kami.run(&["disable", "GOLD-C"]).ends(0);
    kami.database
        .execute(
            "UPDATE cards SET status = 'ACTIVE', machine_code = 'PC', used_at = '2026-01-01 20:00:00', \
             duration_seconds = NULL WHERE full_code = 'VIP-A'",
        )
        .await;
    kami.database
        .execute(
            "UPDATE cards SET status = 'ACTIVE', machine_code = 'PC', used_at = '2026-01-01 04:00:00', \
             expire_at = '2026-01-01 07:00:00' WHERE full_code = 'VIP-B'",
        )
        .await;
    let chinese = |arguments: &[&str]| {
        let ran = kami.command(arguments).env("LC_ALL", "zh_CN.UTF-8").output().unwrap();
        String::from_utf8(ran.stdout).unwrap()
    };
    let listed = chinese(&["list"]);
    for line in [
        "VIP-A   使用中",
        "永久   ∞     永久",
        "VIP-B   已过期",
        "3小时  -     2026-01-01 15:00:00",
        "GOLD-C  已禁用",
    ] {
        assert!(listed.contains(line), "{line:?} in {listed}");
    }
    let shown = chinese(&["show", "VIP-A"]);
    for line in ["状态      使用中\n", "剩余      ∞\n", "2026-01-02 04:00:00\n", "永久\n"] {
        assert!(shown.contains(line), "{line:?} in {shown}");
    }
    for arguments in [&["show", "GOLD-C"][..], &["log", "1"]] {
        let history = chinese(arguments);
        assert!(history.contains("状态 未使用 → 已禁用"), "{history}");
    }
    let json = kami.command(&["show", "VIP-A", "--json"]).env("LC_ALL", "zh_CN.UTF-8").output().unwrap();
    let card: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!((&card["status"], &card["used_at"]), (&"active".into(), &"2026-01-01T20:00:00Z".into()));
    assert_eq!((&card["duration"], &card["expire_at"]), (&"forever".into(), &serde_json::Value::Null));
}
