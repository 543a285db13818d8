//! `kami import`.

use std::fs;

use serde_json::{Value, json};

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
        "3  new            VIP-NEW1\n4  there already  vip-a\n5  malformed      a code? Name a prefix or none, \
         or put code in line 1\n6  new            季卡-NEW2\n"
    );
    assert_eq!(ran.err, "kami: 1 there already, 1 malformed, 2 new\n");
    let ran = kami.run(&[&arguments[..], &["--json"]].concat()).ends(4);
    assert_eq!(
        ran.json()[1],
        json!({
            "line": 4, "code": "vip-a", "prefix": "vip", "app": "default", "state": "exists", "reason": null,
        })
    );
    assert_eq!(kami.statuses().len(), 3);
}

#[tokio::test]
async fn codes_that_the_database_takes_for_one_are_named_by_line() {
    let kami = Kami::new().await;
    fs::write(kami.folder.join("codes.txt"), "VIP-CAFE01\nVIP-CAFÉ01\nVIP-OTHER\nvip-ＣＡＦＥ01\n").unwrap();
    let lines =
        "2  malformed  the database does not tell its code from the one in line 1 (accents do not count)\n";
    let repeated = "4  malformed  the same code as in line 1\n";
    for (options, out) in [
        (
            ["--dry-run"].as_slice(),
            format!("1  new        VIP-CAFE01\n{lines}3  new        VIP-OTHER\n{repeated}"),
        ),
        (&[], format!("{lines}{repeated}")),
    ] {
        let ran = kami.run(&[&["import", "codes.txt", "--duration", "30d"], options].concat()).ends(4);
        assert_eq!(ran.out, out);
    }
    assert_eq!(kami.statuses().len(), 0);
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
    let ignored =
        "Columns that are not taken over: status, machine, created_at, used_at, expire_at, batch.\n";
    assert!(ran.err.starts_with(ignored), "{ran:?}");
    assert!(ran.err.ends_with(" a second.\n3 cards imported. Batch #1.\n"), "{ran:?}");
    let cards = there.run(&["list", "--batch", "1", "--json"]).ends(0).json();
    assert_eq!(cards.len(), 3);
    assert!(cards.iter().all(|card| card["duration"] == "3h"), "{cards:?}");
}

#[tokio::test]
async fn codes_of_any_groups_go_in_and_out_as_they_are_with_a_prefix_or_without() {
    const KEYS: &str = "A1B2C3-D4E5F6-G7H8I9-J1K2L3-M4N5O6-P7Q8R9\n550e8400-e29b-41d4-a716-446655440000\n\
                        ABCD1234EFGH5678\nVIP_ABC_123\n";
    let (here, there) = (Kami::new().await, Kami::new().await);
    let codes = |cards: &[Value]| cards.iter().map(|card| card["code"].clone()).collect::<Vec<_>>();
    fs::write(here.folder.join("keys.txt"), KEYS).unwrap();
    fs::write(here.folder.join("others.txt"), "QWERTYUIOPAS\nGOLD-A1B2-C3D4\n").unwrap();
    let dry = here.run(&["import", "keys.txt", "--duration", "1d", "--dry-run", "--json"]).ends(0);
    assert!(dry.json().iter().all(|line| line["prefix"] == "" && line["state"] == "new"), "{dry:?}");
    assert!(dry.err.starts_with("4 codes have no prefix and are taken whole"), "{dry:?}");
    here.run(&["import", "keys.txt", "--duration", "1d"]).ends(0);
    here.run(&["import", "others.txt", "--duration", "1d"]).ends(4);
    let filed = here.run(&["import", "others.txt", "--duration", "1d", "--prefix", "GOLD"]).ends(0);
    assert!(filed.err.starts_with("One code does not begin with its prefix"), "{filed:?}");

    let bare = here.run(&["list", "--no-prefix", "--sort", "code", "--json"]).ends(0).json();
    assert_eq!((bare.len(), &bare[0]["prefix"]), (4, &json!("")));
    let gold = here.run(&["list", "--prefix", "gold", "--reverse", "--json"]).ends(0).json();
    assert_eq!(codes(&gold), ["QWERTYUIOPAS", "GOLD-A1B2-C3D4"]);
    let out = here.run(&["export", "--no-prefix", "--for", "shop"]).ends(0).out;
    assert!(out.starts_with("exports/shop_unused_cards_no-prefix_"), "{out}");
    let shop = fs::read_to_string(here.folder.join(out.trim_end())).unwrap();
    assert_eq!(shop.lines().rev().collect::<Vec<_>>(), KEYS.lines().collect::<Vec<_>>());

    let file = there.folder.join("cards.csv");
    here.run(&["export", "--output", file.to_str().unwrap()]).ends(0);
    there.run(&["import", "cards.csv"]).ends(0);
    let both = [&here, &there].map(|kami| {
        let cards = kami.run(&["list", "--json"]).ends(0).json();
        let mut cards: Vec<_> =
            cards.iter().map(|card| (card["code"].to_string(), card["prefix"].to_string())).collect();
        cards.sort();
        cards
    });
    assert_eq!((both[0].len(), &both[0]), (6, &both[1]));
}

#[tokio::test]
async fn a_card_without_a_prefix_is_edited_and_filed_and_its_code_stays() {
    let kami = Kami::new().await;
    fs::write(kami.folder.join("keys.txt"), "ABCD1234EFGH5678\nVIP-7KQ2M9XWTR4HP3ND\n").unwrap();
    kami.run(&["import", "keys.txt", "--duration", "1d"]).ends(0);
    for (arguments, code, prefix) in [
        (["ABCD1234EFGH5678", "--note=first", "--json"], "ABCD1234EFGH5678", ""),
        (["ABCD1234EFGH5678", "--prefix=GOLD", "--json"], "ABCD1234EFGH5678", "GOLD"),
        (["ABCD1234EFGH5678", "--no-prefix", "--json"], "ABCD1234EFGH5678", ""),
        (["VIP-7KQ2M9XWTR4HP3ND", "--no-prefix", "--json"], "VIP-7KQ2M9XWTR4HP3ND", ""),
        (["VIP-7KQ2M9XWTR4HP3ND", "--prefix=VIP", "--json"], "VIP-7KQ2M9XWTR4HP3ND", "VIP"),
        (["VIP-7KQ2M9XWTR4HP3ND", "--prefix=GOLD", "--json"], "GOLD-7KQ2M9XWTR4HP3ND", "GOLD"),
    ] {
        let card = &kami.run(&[&["edit"], &arguments[..]].concat()).ends(0).json()[0]["card"];
        assert_eq!((&card["code"], &card["prefix"]), (&json!(code), &json!(prefix)), "{arguments:?}");
    }
    kami.run(&["disable", "--no-prefix", "--all"]).ends(0);
    assert_eq!(kami.statuses(), ["ABCD1234EFGH5678 disabled", "GOLD-7KQ2M9XWTR4HP3ND unused"]);
    let stats = kami.run(&["stats"]).ends(0);
    assert!(stats.out.contains("GOLD") && !stats.out.contains("no prefix"), "{stats:?}");
    kami.run(&["enable", "ABCD1234EFGH5678"]).ends(0);
    for arguments in [&["stats"][..], &["show", "ABCD1234EFGH5678"]] {
        let ran = kami.run(arguments).ends(0);
        assert!(ran.out.contains("no prefix"), "{ran:?}");
    }
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
    assert_eq!(
        imported.json(),
        [json!({ "act": "import", "batch": 1, "done": 1, "apps": { "default": 1 } })]
    );
    assert_eq!(kami.statuses(), ["VIP-A unused"]);
}

#[tokio::test]
async fn a_tilde_is_the_home_and_reasons_are_in_the_readers_language() {
    let kami = Kami::new().await;
    fs::write(kami.folder.join("codes.txt"), "NOHYPHEN\n").unwrap();
    let mut command = kami.command(&["import", "~/codes.txt", "--duration", "1d", "--dry-run"]);
    command.env("HOME", &kami.folder).env("LANG", "zh_CN.UTF-8");
    let ran = ran(command.output().unwrap()).ends(4);
    assert_eq!(ran.out, "1  格式错误  不一定是卡密：请指定前缀或“无前缀”，或首行写“卡密”\n");
    fs::write(kami.folder.join("bytes.txt"), b"VIP-\xff\n").unwrap();
    let refused = kami.run(&["import", "bytes.txt", "--duration", "1d"]).ends(4);
    assert_eq!(refused.out, "1  malformed  not readable as text: save the file as UTF-8\n");
}

/// A dry run of a file in the reader's language, ended with a code.
async fn dry_run(bytes: &[u8], language: &str, code: i32) -> (String, String) {
    let kami = Kami::new().await;
    fs::write(kami.folder.join("cards.csv"), bytes).unwrap();
    let mut command = kami.command(&["import", "cards.csv", "--duration", "1d", "--dry-run"]);
    let ran = ran(command.env("LANG", language).output().unwrap()).ends(code);
    (ran.out, ran.err.lines().filter(|line| !line.contains("guess") && !line.contains("猜")).collect())
}

#[tokio::test]
async fn what_was_guessed_about_a_file_is_said_before_its_import() {
    // 卡密;有效期;备注;状态 in GBK, as Chinese Windows writes it.
    let gbk = b"\xbf\xa8\xc3\xdc;\xd3\xd0\xd0\xa7\xc6\xda;\xb1\xb8\xd7\xa2;\xd7\xb4\xcc\xac\r\n\
        VIP-GB0001;1\xb8\xf6\xd4\xc2;\xc0\xcf\xbf\xcd\xbb\xa7;\xd2\xd1\xca\xb9\xd3\xc3\r\n;;;\r\n'VIP-GB0002;30D;;\r\n";
    let (out, err) = dry_run(gbk, "C", 0).await;
    assert_eq!(out, "2  new  VIP-GB0001\n4  new  VIP-GB0002\n");
    assert_eq!(
        err,
        "Read as GB18030 (GBK): if it is another encoding, save the file as UTF-8.Read as columns: code = 卡密, duration = 有效期, \
         note = 备注.Columns that are not taken over: 状态.One empty row was passed over.A spreadsheet's mark was taken \
         off one row.One duration is in months or years: a month counts as 30 days, a year as 365.One row says that its \
         card was used or disabled: it would be imported as unused."
    );
    let (_, err) = dry_run(gbk, "zh_CN.UTF-8", 0).await;
    assert!(
        err.starts_with("按 GB18030（GBK）编码读取：若文件是其他编码，请先另存为 UTF-8。识别的列：卡密＝卡密、时长＝有效期、备注＝备注。"),
        "{err}"
    );
}

#[tokio::test]
async fn a_quotation_mark_that_is_not_closed_is_named_and_nothing_is_taken() {
    let (out, err) =
        dry_run(b"code,duration,note\r\nVIP-QA0001,30d,\"a\r\nVIP-QA0002,30d,b\r\n", "C", 1).await;
    assert_eq!(out, "");
    assert!(err.contains("the quotation mark that opens a cell in line 2 is not closed"), "{err}");
}

#[tokio::test]
async fn a_table_without_rows_is_empty() {
    for bytes in [&b""[..], b"\r\n", "卡密,备注\r\n,\r\n".as_bytes()] {
        assert_eq!(dry_run(bytes, "C", 3).await.0, "");
    }
}

#[tokio::test]
async fn a_workbook_is_refused_with_the_way_on() {
    let (_, err) = dry_run(b"PK\x03\x04\x14\0", "zh_CN.UTF-8", 1).await;
    assert!(err.contains("请另存为“CSV UTF-8”后再导入"), "{err}");
}
