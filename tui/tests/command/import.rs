//! `kami import`.

use std::fs;

use serde_json::json;

use super::fixtures::{Kami, ran};

const FILE: &str = "# 未使用卡密导出\n\nVIP-NEW1\nvip-a\nNOHYPHEN\n季卡-NEW2\n";

#[tokio::test]
async fn a_dry_run_says_what_each_line_would_do() {
    let kami = Kami::with_cards().await;
    fs::write(kami.folder.join("codes.txt"), FILE).unwrap();
    let arguments = ["import", "codes.txt", "--duration", "30d", "--dry-run"];
    let ran = kami.run(&arguments).ends(4);
    assert_eq!(
        ran.out,
        "3  new            VIP-NEW1\n4  there already  vip-a\n5  malformed      not of the form PREFIX-CODE\n\
         6  new            季卡-NEW2\n"
    );
    assert_eq!(ran.err, "kami: 1 there already, 1 malformed, 2 new\n");
    let ran = kami.run(&[&arguments[..], &["--json"]].concat()).ends(4);
    assert_eq!(ran.json()[1], json!({ "line": 4, "code": "vip-a", "state": "exists", "reason": null }));
    assert_eq!(kami.statuses().len(), 3);
}

#[tokio::test]
async fn a_file_with_a_wrong_line_is_refused_whole() {
    let kami = Kami::with_cards().await;
    fs::write(kami.folder.join("codes.txt"), FILE).unwrap();
    let ran = kami.run(&["import", "codes.txt", "--duration", "30d"]).ends(4);
    assert_eq!(ran.out.lines().count(), 2, "the wrong lines alone: {ran:?}");
    assert_eq!(ran.err, "kami: 1 there already, 1 malformed: nothing was imported\n");
    assert_eq!(kami.statuses().len(), 3);
}

#[tokio::test]
async fn what_was_exported_is_imported_elsewhere() {
    let (here, there) = (Kami::with_cards().await, Kami::new().await);
    let file = there.folder.join("cards.csv");
    here.run(&["export", "--output", file.to_str().unwrap()]).ends(0);
    there.run(&["import", "cards.csv", "--dry-run"]).ends(0);
    let ran = there.run(&["import", "cards.csv", "--note", "from here"]).ends(0);
    assert_eq!(ran.out, "");
    assert!(ran.err.ends_with(" a second.\n3 cards imported. Batch #1.\n"), "{ran:?}");
    let cards = there.run(&["list", "--batch", "1", "--json"]).ends(0).json();
    assert_eq!(cards.len(), 3);
    assert!(cards.iter().all(|card| card["duration"] == "3h"), "{cards:?}");
}

#[tokio::test]
async fn codes_that_are_easy_to_guess_are_imported_with_a_warning() {
    let kami = Kami::new().await;
    fs::write(kami.folder.join("easy.txt"), "VIP-ABCDEF\nVIP-7KQ2M9XWTR4HP3ND\nVIP-GHJKLM\n").unwrap();
    fs::write(kami.folder.join("hard.txt"), "VIP-9D3KTR4HP3NDM2QX\n").unwrap();
    let easy = ["import", "easy.txt", "--duration", "1d"];
    let warning = "Some are easy to guess: one hit in 536,870,912 guesses, 31d 1h at 200 a second.\n";
    let dry = kami.run(&[&easy[..], &["--dry-run"]].concat()).ends(0);
    assert_eq!(dry.err, warning);
    let chinese =
        ran(kami.command(&easy).arg("--dry-run").env("LANG", "zh_CN.UTF-8").output().unwrap()).ends(0);
    assert!(chinese.err.starts_with("有些卡密容易被猜中：平均猜 536,870,912 次就中一张"), "{chinese:?}");
    assert_eq!(kami.run(&easy).ends(0).err, format!("{warning}3 cards imported. Batch #1.\n"));
    let hard = kami.run(&["import", "hard.txt", "--duration", "1d"]).ends(0);
    assert_eq!(hard.err, "One card imported. Batch #2.\n");
}

#[tokio::test]
async fn no_duration_is_guessed_and_standard_input_is_read() {
    let kami = Kami::new().await;
    fs::write(kami.folder.join("codes.txt"), "VIP-A\n").unwrap();
    let refused = kami.run(&["import", "codes.txt"]).ends(2);
    assert!(refused.err.contains("give --duration"), "{refused:?}");
    kami.run(&["import", "codes.jsonl", "--duration", "1d"]).ends(1);
    fs::write(kami.folder.join("empty.txt"), "# nothing\n").unwrap();
    kami.run(&["import", "empty.txt", "--duration", "1d"]).ends(3);
    kami.run(&["--read-only", "import", "codes.txt", "--duration", "1d"]).ends(4);
    let mut command = kami.command(&["import", "-", "--duration", "forever", "--json"]);
    let stdin = fs::File::open(kami.folder.join("codes.txt")).unwrap();
    let imported = ran(command.stdin(stdin).output().unwrap()).ends(0);
    assert_eq!(imported.json(), [json!({ "act": "import", "batch": 1, "done": 1 })]);
    assert_eq!(kami.statuses(), ["VIP-A unused"]);
}

#[tokio::test]
async fn a_tilde_is_the_home_and_reasons_are_in_the_readers_language() {
    let kami = Kami::new().await;
    fs::write(kami.folder.join("codes.txt"), "NOHYPHEN\n").unwrap();
    let mut command = kami.command(&["import", "~/codes.txt", "--duration", "1d", "--dry-run"]);
    command.env("HOME", &kami.folder).env("LANG", "zh_CN.UTF-8");
    let ran = ran(command.output().unwrap()).ends(4);
    assert_eq!(ran.out, "1  格式错误  不是“前缀-卡密”的形式\n");
    fs::write(kami.folder.join("bytes.txt"), b"VIP-\xff\n").unwrap();
    let refused = kami.run(&["import", "bytes.txt", "--duration", "1d"]).ends(1);
    assert_eq!(refused.err, "kami: bytes.txt cannot be read: it is not UTF-8 text\n");
}
