//! Cards that end with a last moment, with their points, or with both.

use std::fs;

use serde_json::{Value, json};

use super::fixtures::{Kami, ran};

const GENERATE: [&str; 5] = ["generate", "--prefix", "VIP", "--count", "1"];

/// Generates a card with these options; returns its code.
fn generated(kami: &Kami, options: &[&str]) -> String {
    kami.run(&[&GENERATE, options].concat()).ends(0).out.trim().to_owned()
}

/// How long each card lasts, how many points it has and its last moment, by its code.
fn kinds(kami: &Kami) -> Vec<(String, [Value; 3])> {
    let cards = kami.run(&["list", "--json"]).ends(0).json();
    let of = |card: &Value, name: &str| card[name].clone();
    let kind = |card: &Value| ["duration", "points", "valid_until"].map(|name| of(card, name));
    let mut kinds: Vec<_> =
        cards.iter().map(|card| (card["code"].as_str().unwrap().to_owned(), kind(card))).collect();
    kinds.sort_by(|one, other| one.0.cmp(&other.0));
    kinds
}

fn kind(kami: &Kami, code: &str) -> [Value; 3] {
    kinds(kami).into_iter().find_map(|(found, kind)| (found == code).then_some(kind)).unwrap()
}

/// What `kami show` says of a card, by what that is called.
fn shown(kami: &Kami, code: &str) -> Vec<(String, String)> {
    let text = kami.run(&["show", code]).ends(0).out;
    let lines = text.lines().take_while(|line| !line.is_empty());
    let told = lines.map(|line| line.split_once("  ").unwrap());
    told.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect()
}

fn told<'a>(shown: &'a [(String, String)], name: &str) -> Option<&'a str> {
    shown.iter().find_map(|(found, value)| (found == name).then_some(value.as_str()))
}

#[tokio::test]
async fn each_kind_of_card_is_generated_said_and_kept_of_its_batch() {
    let kami = Kami::new().await;
    for (batch, (options, each, kind)) in (1..).zip([
        (&["--duration", "3h"][..], "", ["3h".into(), Value::Null, Value::Null]),
        (&["--points", "100"], " Each: 100 points.", ["forever".into(), 100.into(), Value::Null]),
        (&["--points", "1"], " Each: 1 point.", ["forever".into(), 1.into(), Value::Null]),
        (
            &["--until", "2126-12-31"],
            " Each: until 2126-12-31 23:59:59.",
            ["forever".into(), Value::Null, "2126-12-31T15:59:59Z".into()],
        ),
        (
            &[
                "--until",
                "2126-12-31T18:00",
                "--duration",
                "30d",
                "--points",
                "1,000,000,000",
                "--seats",
                "2",
            ],
            " Each: until 2126-12-31 18:00:00, 1,000,000,000 points, 2 seats.",
            ["30d".into(), 1_000_000_000.into(), "2126-12-31T10:00:00Z".into()],
        ),
    ]) {
        let made = kami.run(&[&GENERATE[..], options, &["--json"]].concat()).ends(0);
        assert_eq!(made.err, format!("One card made. Batch #{batch}.{each}\n"));
        let card = &made.json()[0];
        assert_eq!(["duration", "points", "valid_until"].map(|name| card[name].clone()), kind, "{options:?}");
        let log = kami.run(&["log", &batch.to_string(), "--json"]).ends(0).json().remove(0);
        assert_eq!((&log["batch"], &log["after"]["points"]), (&json!(batch), &kind[1]), "{log}");
        let utc = kind[2].as_str().map(|moment| moment.replace('T', " ").replace('Z', ""));
        assert_eq!(log["after"]["valid_until"], json!(utc), "{log}");
    }
    let many = ["generate", "--prefix", "VIP", "--count", "1001", "--until", "2126", "--points", "5"];
    let asked = kami.run(&many).ends(4).err;
    assert!(
        asked.contains("Generate 1,001 cards VIP-…, until 2126-12-31 23:59:59, 5 points each?"),
        "{asked}"
    );
}

#[tokio::test]
async fn a_day_is_one_of_the_zone_of_the_settings_and_lasts_through_its_last_second() {
    let kami = Kami::new().await;
    for (zone, until, expected) in [
        ("UTC", "2126-12-31", "2126-12-31T23:59:59Z"),
        ("America/New_York", "2126-12", "2127-01-01T04:59:59Z"),
        ("UTC", "2126-12-31T18:00:00+08:00", "2126-12-31T10:00:00Z"),
    ] {
        let mut command = kami.command(&[&GENERATE[..], &["--until", until, "--json"]].concat());
        let made = ran(command.env("KAMI_TIMEZONE", zone).output().unwrap()).ends(0);
        assert_eq!(made.json()[0]["valid_until"], expected, "{zone} {until}");
    }
    let edited = kami.run(&["list", "--limit", "1", "--json"]).ends(0).json().remove(0);
    let code = edited["code"].as_str().unwrap();
    let mut command = kami.command(&["edit", code, "--until", "2126-01-01"]);
    ran(command.env("KAMI_TIMEZONE", "UTC").output().unwrap()).ends(0);
    assert_eq!(kind(&kami, code)[2], "2126-01-01T23:59:59Z");
}

#[tokio::test]
async fn what_ends_no_card_is_refused_and_nothing_is_made_or_changed() {
    let kami = Kami::with_cards().await;
    let (edit, import) = (["edit", "VIP-A"], ["import", "codes.txt"]);
    fs::write(kami.folder.join("codes.txt"), "VIP-7KQ2M9XWTR4HP3ND\n").unwrap();
    for (command, option, value, words) in [
        (&GENERATE[..], "--until", "2026-01-01", "--until is over already"),
        (&GENERATE, "--until", "yesterday", "--until is over already"),
        (&GENERATE, "--until", "soon", "not a moment"),
        (&GENERATE, "--until", "off", "not a moment"),
        (&GENERATE, "--until", "9999-12-31", "before the year 9999"),
        (&GENERATE, "--until", "10000-01-01", "not a moment"),
        (&GENERATE, "--points", "0", "points are 1 to 1,000,000,000"),
        (&GENERATE, "--points", "1000000001", "points are 1 to 1,000,000,000"),
        (&GENERATE, "--points", "off", "points are 1 to 1,000,000,000"),
        (&edit, "--until", "2026-01-01", "--until is over already"),
        (&edit, "--until", "", "not a moment"),
        (&edit, "--until", "9999-01-01", "before the year 9999"),
        (&edit, "--points", "1000000001", "points are 1 to 1,000,000,000"),
        (&edit, "--points", "", "points are 1 to 1,000,000,000"),
        (&import, "--until", "2026-01-01", "--until is over already"),
        (&import, "--points", "0", "points are 1 to 1,000,000,000"),
    ] {
        let refused = kami.run(&[command, &[option, value]].concat()).ends(2);
        assert!(refused.err.contains(words), "{command:?} {option} {value}: {refused:?}");
    }
    kami.run(&["log"]).ends(3);
    assert_eq!(kami.statuses().len(), 3);
    let mut command = kami.command(&[&GENERATE[..], &["--until", "昨天"]].concat());
    let chinese = ran(command.env("LANG", "zh_CN.UTF-8").output().unwrap()).ends(2);
    assert_eq!(chinese.err, "kami: --until 的时间已经过了\n");
}

#[tokio::test]
async fn points_and_a_last_moment_are_shown_of_cards_that_have_them_and_of_no_others() {
    let kami = Kami::new().await;
    let (plain, of_points) =
        (generated(&kami, &["--duration", "1d"]), generated(&kami, &["--points", "1234"]));
    let until = generated(&kami, &["--until", "2126-12-31"]);
    for (code, points, last, expires) in [
        (&plain, None, None, "1d from use"),
        (&of_points, Some("1,234"), None, "in 1,234 points"),
        (&until, None, Some("2126-12-31 23:59:59"), "2126-12-31 23:59:59"),
    ] {
        let shown = shown(&kami, code);
        assert_eq!((told(&shown, "points"), told(&shown, "last moment")), (points, last), "{shown:?}");
        assert_eq!(told(&shown, "expires"), Some(expires), "{shown:?}");
    }
    let heads = |filter: &[&str]| {
        let listed = kami.run(&[&["list"], filter].concat()).ends(0).out;
        let line = listed.lines().next().unwrap().to_owned();
        let names = line.split("  ").map(str::trim).filter(|name| !name.is_empty());
        names.collect::<Vec<_>>().join(", ")
    };
    let usual = "code, status, machine, duration, left, expires, created, note";
    assert_eq!(heads(&["--contains", &plain]), usual);
    let both = "code, status, machine, duration, last moment, points, left, expires, created, note";
    assert_eq!(heads(&[]), both);
    assert_eq!(heads(&["--contains", &of_points]), both.replace("last moment, ", ""));
    assert_eq!(heads(&["--contains", &until]), both.replace("points, ", ""));
    let mut command = kami.command(&["list"]);
    let chinese = ran(command.env("LANG", "zh_CN.UTF-8").output().unwrap()).ends(0).out;
    assert!(chinese.contains("截止时间") && chinese.contains("用完 1,234 点"), "{chinese}");
}

#[tokio::test]
async fn an_edit_of_points_and_a_last_moment_is_logged_and_undone() {
    let kami = Kami::new().await;
    let code = generated(&kami, &["--points", "100", "--until", "2126-12-31"]);
    let made = kind(&kami, &code);
    let until = json!("2126-12-31T15:59:59Z");
    for (options, after, change) in [
        (&["--points", "0"][..], [json!(0), until.clone()], "points 100 → 0"),
        (&["--points", "off"], [Value::Null, until.clone()], "points 100 → -"),
        (&["--until", "off"], [json!(100), Value::Null], "last moment 2126-12-31 23:59:59 → -"),
        (
            &["--until", "2127-01-01T08:00", "--points", "1,500"],
            [json!(1500), json!("2127-01-01T00:00:00Z")],
            "points 100 → 1,500, last moment 2126-12-31 23:59:59 → 2127-01-01 08:00:00",
        ),
    ] {
        let edited = kami.run(&[&["edit", &code, "--json"], options].concat()).ends(0).json().remove(0);
        assert_eq!(kind(&kami, &code)[1..], after, "{options:?}");
        assert_eq!(edited["card"]["points"], after[0]);
        let log = kami.run(&["log", &edited["act_id"].to_string()]).ends(0).out;
        assert!(log.contains(change), "{change}: {log}");
        kami.run(&["undo"]).ends(0);
        assert_eq!(kind(&kami, &code), made, "{options:?}");
    }
    let same = kami.run(&["edit", &code, "--points", "100", "--until", "2126-12-31"]).ends(4).err;
    assert!(same.contains("nothing would change"), "{same}");
}

#[tokio::test]
async fn more_time_moves_a_last_moment_and_adds_no_points() {
    let kami = Kami::new().await;
    let until = generated(&kami, &["--until", "2126-12-31", "--points", "5"]);
    kami.run(&["extend", &until, "--by", "1d"]).ends(0);
    assert_eq!(kind(&kami, &until)[1..], [json!(5), json!("2127-01-01T15:59:59Z")]);
    let of_points = generated(&kami, &["--points", "5"]);
    let refused = kami.run(&["extend", &of_points, "--by", "1d"]).ends(4).err;
    assert!(refused.contains("never expires"), "{refused}");
    assert_eq!(kind(&kami, &of_points)[1], 5);
}

#[tokio::test]
async fn a_table_that_was_exported_brings_each_kind_elsewhere_and_an_undo_takes_them_back() {
    let (here, there) = (Kami::new().await, Kami::new().await);
    for options in [
        &["--duration", "1d"][..],
        &["--points", "100"],
        &["--until", "2126-12-31"],
        &["--points", "7", "--until", "2126-12-31T18:00:30", "--duration", "30d"],
    ] {
        generated(&here, options);
    }
    let spent = generated(&here, &["--points", "1"]);
    here.run(&["edit", &spent, "--points", "0"]).ends(0);
    for file in ["cards.csv", "cards.jsonl"] {
        here.run(&["export", "--output", file]).ends(0);
    }
    let lines = fs::read_to_string(here.folder.join("cards.jsonl")).unwrap();
    let exported: Vec<_> = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).collect();
    assert!(exported.iter().any(|card| card["points"] == 7 && card["valid_until"] == "2126-12-31T10:00:30Z"));
    let csv = fs::read_to_string(here.folder.join("cards.csv")).unwrap();
    assert!(csv.lines().next().unwrap().ends_with(",app,seats,policy,points,valid_until"), "{csv}");
    assert!(csv.lines().any(|line| line.ends_with(",7,2126-12-31T10:00:30Z")), "{csv}");

    fs::copy(here.folder.join("cards.csv"), there.folder.join("cards.csv")).unwrap();
    there.run(&["import", "cards.csv", "--points", "9"]).ends(0);
    let imported = kinds(&there);
    for ((code, before), (_, after)) in kinds(&here).iter().zip(&imported) {
        let points = if before[1].is_null() { json!(9) } else { before[1].clone() };
        assert_eq!((&after[0], &after[1], &after[2]), (&before[0], &points, &before[2]), "{code}");
    }
    there.run(&["undo", "1"]).ends(0);
    there.run(&["list"]).ends(3);
    there.run(&["import", "cards.csv"]).ends(0);
    assert_eq!(kinds(&there), kinds(&here));
}

#[tokio::test]
async fn a_shops_table_says_points_and_what_says_nothing_gets_what_was_asked_for() {
    let kami = Kami::new().await;
    fs::write(kami.folder.join("shop.csv"), "卡密,次数,到期时间\nVIP-A1,50,2020-01-01\nVIP-A2,,\n").unwrap();
    let unsaid = kami.run(&["import", "shop.csv"]).ends(2);
    assert!(unsaid.err.contains("give --duration"), "a card without points needs one: {unsaid:?}");
    let imported = kami.run(&["import", "shop.csv", "--points", "10", "--until", "2126-12-31"]).ends(0);
    assert!(imported.err.contains("到期时间"), "the end of a card in use is not taken over: {imported:?}");
    let until = json!("2126-12-31T15:59:59Z");
    let expected = |points: u32| [json!("forever"), json!(points), until.clone()];
    assert_eq!(kinds(&kami), [("VIP-A1".into(), expected(50)), ("VIP-A2".into(), expected(10))]);

    fs::write(kami.folder.join("codes.txt"), "VIP-7KQ2M9XWTR4HP3ND\n").unwrap();
    kami.run(&["import", "codes.txt", "--points", "5"]).ends(0);
    assert_eq!(kind(&kami, "VIP-7KQ2M9XWTR4HP3ND"), [json!("forever"), json!(5), Value::Null]);
    for none in ["0", "-1", "many"] {
        fs::write(kami.folder.join("bad.csv"), format!("卡密,点数\nVIP-B1,{none}\n")).unwrap();
        let refused = kami.run(&["import", "bad.csv"]).ends(4);
        assert!(refused.out.starts_with("2  malformed  "), "{none}: {refused:?}");
    }
    assert_eq!(kinds(&kami).len(), 3);
}
