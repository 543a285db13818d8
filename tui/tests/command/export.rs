//! `kami export`.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::fixtures::Kami;

#[tokio::test]
async fn the_text_form_is_what_sellers_tools_read() {
    let kami = Kami::with_cards().await;
    kami.run(&["disable", "VIP-A"]).ends(0);
    kami.database.insert_card("VIP", "D").await;
    let ran = kami.run(&["export", "--prefix", "VIP"]).ends(0);
    let path = ran.out.trim_end();
    assert_eq!(ran.err, format!("2 cards written to {path}\n"));
    let stamp = path.strip_prefix("exports/unused_cards_VIP_").unwrap().strip_suffix(".txt").unwrap();
    let (day, time) = stamp.split_once('_').unwrap();
    let moment =
        format!("{}-{}-{} {}:{}:{}", &day[..4], &day[4..6], &day[6..], &time[..2], &time[2..4], &time[4..]);
    let file = kami.folder.join(path);
    assert_eq!(
        fs::read_to_string(&file).unwrap(),
        format!(
            "# Unused card codes\n# Exported: {moment} (Asia/Shanghai)\n# Prefix: VIP\n# Total: 2\n# Form: one code a line\n# {}\n\n\
             VIP-D\nVIP-B\n",
            "=".repeat(50)
        )
    );
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(kami.folder.join("exports")).unwrap().count(), 1, "nothing else is left");
}

#[tokio::test]
async fn a_shop_gets_codes_and_nothing_else() {
    let kami = Kami::with_cards().await;
    let ran = kami.run(&["export", "--for", "shop", "--prefix", "VIP"]).ends(0);
    let path = ran.out.trim_end();
    assert!(path.starts_with("exports/shop_unused_cards_VIP_"), "{path}");
    assert_eq!(fs::read(kami.folder.join(path)).unwrap(), b"VIP-B\nVIP-A\n");
    for arguments in [["--for", "shop"], ["--format", "shop"]] {
        let ran = kami.run(&[&["export", "VIP-A", "--output", "-"], &arguments[..]].concat()).ends(0);
        assert_eq!(ran.out, "VIP-A\n");
    }
    let seller = kami.run(&["export", "VIP-A", "--output", "-", "--for", "seller"]).ends(0);
    assert!(seller.out.starts_with("# "), "{seller:?}");
    kami.run(&["export", "--for", "shop", "--format", "csv"]).ends(2);
    kami.run(&["generate", "--prefix", "NEW", "--count", "1", "--output", "n", "--format", "shop"]).ends(0);
    let made = fs::read_to_string(kami.folder.join("n")).unwrap();
    assert!(made.starts_with("NEW-") && made.lines().count() == 1, "{made}");
}

#[tokio::test]
async fn nothing_to_export_is_no_file() {
    let kami = Kami::with_cards().await;
    let ran = kami.run(&["export", "--prefix", "NONE", "--output", "none.txt"]).ends(3);
    assert_eq!(ran.err, "kami: There is no such card, so no file was written.\n");
    assert!(!kami.folder.join("none.txt").exists());
    kami.run(&["export", "VIP-X"]).ends(3);
}

#[tokio::test]
async fn a_file_that_is_there_stays_what_it_is() {
    let kami = Kami::with_cards().await;
    fs::write(kami.folder.join("cards.csv"), "mine").unwrap();
    let ran = kami.run(&["export", "--output", "cards.csv"]).ends(4);
    assert_eq!(ran.err, "kami: cards.csv is there already: choose another name.\n");
    assert_eq!(fs::read_to_string(kami.folder.join("cards.csv")).unwrap(), "mine");
}

#[tokio::test]
async fn a_link_in_a_files_place_is_not_followed() {
    let kami = Kami::with_cards().await;
    fs::write(kami.folder.join("other"), "not ours").unwrap();
    for target in ["other", "nothing"] {
        let link = kami.folder.join("cards.csv");
        symlink(kami.folder.join(target), &link).unwrap();
        let ran = kami.run(&["export", "--output", "cards.csv"]).ends(4);
        assert_eq!(ran.err, "kami: cards.csv is there already: choose another name.\n");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        fs::remove_file(link).unwrap();
    }
    assert_eq!(fs::read_to_string(kami.folder.join("other")).unwrap(), "not ours");
    assert!(!kami.folder.join("nothing").exists());
}

#[tokio::test]
async fn every_form_and_every_status_to_file_and_standard_output() {
    let kami = Kami::with_cards().await;
    kami.run(&["disable", "GOLD-C"]).ends(0);
    let ran = kami.run(&["export", "--output", "-"]).ends(0);
    assert!(
        ran.out.starts_with("# Unused card codes\n") && ran.out.ends_with("\n\nVIP-B\nVIP-A\n"),
        "{ran:?}"
    );
    let ran = kami.run(&["export", "--any-status", "--output", "-", "--format", "jsonl"]).ends(0);
    let cards = ran.json();
    assert_eq!((cards.len(), &cards[0]["note"]), (3, &serde_json::json!("\u{1b}[31mred")));
    let ran = kami.run(&["export", "gold-c", "--format", "csv", "--json"]).ends(0);
    let written = &ran.json()[0];
    assert_eq!((&written["count"], &written["format"]), (&serde_json::json!(1), &serde_json::json!("csv")));
    assert!(written["path"].as_str().unwrap().starts_with("exports/cards_"), "{written}");
}

#[tokio::test]
async fn nothing_that_a_machine_code_of_old_holds_gets_out_as_it_is() {
    let kami = Kami::with_cards().await;
    kami.database
        .execute(
            "UPDATE cards SET status = 'ACTIVE', machine_code = CONCAT('PC;=1', x'09e280ae', '\\\\u{61}'), \
             expire_at = '9999-12-31 23:59:59' WHERE full_code = 'VIP-A'",
        )
        .await;
    let csv = kami.run(&["export", "VIP-A", "--format", "csv", "--output", "-"]).ends(0).out;
    assert!(csv.contains(r",PC\u{3b}=1\u{9}\u{202e}\u{5c}u{61},"), "{csv}");
    for json in [
        kami.run(&["export", "VIP-A", "--format", "jsonl", "--output", "-"]).ends(0).out,
        kami.run(&["list", "--prefix", "VIP", "--status", "active", "--json"]).ends(0).out,
    ] {
        assert!(json.contains(r#""PC;=1\t\u202e\\u{61}""#), "{json}");
    }
    let shown = kami.run(&["show", "VIP-A"]).ends(0).out;
    assert!(shown.contains("PC;=1␉\u{fffd}\\u{61}") && shown.contains("9999-12-31 23:59:59"), "{shown}");
}
