//! `kami preset`.

use serde_json::{Value, json};

use super::fixtures::{Kami, Ran, ran};

const MONTH: [&str; 11] = [
    "preset",
    "add",
    "month",
    "--prefix",
    "VIP",
    "--duration",
    "30d",
    "--price",
    "9.90",
    "--currency",
    "CNY",
];

/// What the log has of the newest act.
fn last_act(kami: &Kami) -> Option<Value> {
    kami.run(&["log", "--limit", "1", "--json"]).json().pop()
}

#[tokio::test]
async fn a_preset_is_made_changed_listed_and_removed() {
    let kami = Kami::new().await;
    assert_eq!(kami.run(&["preset", "list"]).ends(0).out, "");
    let made = kami.run(&MONTH).ends(0);
    assert_eq!((made.out.as_str(), made.err.as_str()), ("", "Preset month added. To undo it: kami undo 1\n"));
    let listed = kami.run(&["preset", "list"]).ends(0);
    assert_eq!(
        listed.out,
        "app      preset  prefix  duration  price\n\
         default  month   VIP     30d       9.90 CNY\n"
    );
    kami.run(&["app", "add", "demo"]).ends(0);
    let calls = [
        "preset",
        "add",
        "calls",
        "--app",
        "demo",
        "--prefix",
        "API",
        "--points",
        "1000",
        "--until",
        "2099-01-31",
        "--seats",
        "5",
        "--price",
        "1500",
        "--currency",
        "jpy",
        "--recharge",
        "--json",
    ];
    let acted = kami.run(&calls).ends(0).json().remove(0);
    let preset = json!({
        "app": "demo", "name": "calls", "prefix": "API", "duration_seconds": null, "points": 1000, "seats": 5,
        "valid_until": "2099-01-31T15:59:59Z", "price": 1500, "currency": "JPY", "recharge": true,
    });
    assert_eq!(acted, json!({ "act": "preset_add", "act_id": 3, "preset": preset }));
    let all = kami.run(&["preset", "list"]).ends(0).out;
    assert_eq!(
        all,
        "app      preset  prefix  duration  last moment          points  seats  price     tops up\n\
         default  month   VIP     30d       -                    -       -      9.90 CNY  -\n\
         demo     calls   API     forever   2099-01-31 23:59:59  1,000   5      1500 JPY  Yes\n"
    );
    assert_eq!(kami.run(&["preset", "list", "--app", "demo", "--json"]).ends(0).json(), [preset]);
    let set = |options: &[&str]| {
        let arguments = [&["preset", "set", "calls", "--app", "demo", "--json"], options].concat();
        kami.run(&arguments).ends(0).json().remove(0)["preset"].clone()
    };
    let changed =
        set(&["--until", "off", "--points", "off", "--duration", "7d", "--recharge=no", "--price", "9"]);
    let told = ["valid_until", "points", "duration_seconds", "recharge", "price", "currency", "seats"];
    let told = told.map(|key| changed[key].to_string()).join(" ");
    assert_eq!(told, "null null 604800 false 9 \"JPY\" 5");
    let free = set(&["--price", "off", "--prefix", "NEW"]);
    assert_eq!(
        (&free["price"], &free["currency"], &free["prefix"]),
        (&Value::Null, &Value::Null, &json!("NEW"))
    );
    let removed = kami.run(&["preset", "remove", "calls", "--app", "demo"]).ends(0);
    assert_eq!(removed.err, "Preset calls removed. To undo it: kami undo 6\n");
    assert_eq!(kami.run(&["preset", "list", "--app", "demo"]).ends(0).out, "");
}

#[tokio::test]
async fn what_cannot_be_is_told_by_its_option_and_changes_nothing() {
    let kami = Kami::new().await;
    kami.run(&["app", "add", "demo"]).ends(0);
    kami.run(&MONTH).ends(0);
    let act = last_act(&kami);
    for (arguments, code, words) in [
        (
            &["add", "year", "--prefix", "VIP"][..],
            2,
            "--duration <DURATION>|--until <MOMENT>|--points <NUMBER>",
        ),
        (&["add", "year", "--duration", "1y"], 2, "--prefix <PREFIX>"),
        (
            &["add", "Year", "--prefix", "VIP", "--duration", "1y"],
            2,
            "a preset's name is 1 to 32 of a-z, 0-9 and -",
        ),
        (&["add", "year", "--prefix", "V P", "--duration", "1y"], 2, "--prefix <PREFIX>"),
        (&["set", "month"], 2, "--price <AMOUNT>|--currency <CURRENCY>"),
        (&["set", "month", "--duration", "soon"], 2, "not a duration"),
        (&["set", "month", "--until", "soon"], 2, "not a moment"),
        (&["set", "month", "--until", "9999-01-01"], 2, "before the year 9999"),
        (&["set", "month", "--points", "0"], 2, "points are 1 to 1,000,000,000"),
        (&["set", "month", "--points", "1000000001"], 2, "points are 1 to 1,000,000,000"),
        (&["set", "month", "--seats", "1001"], 2, "a card has 1 to 1,000 seats"),
        (&["set", "month", "--price", "-1"], 2, "'-1'"),
        (&["set", "month", "--price", "nine"], 2, "kami: --price: a number, such as 9.90"),
        (&["set", "month", "--price", "9.901"], 2, "kami: --price: CNY has 2 decimals"),
        (&["set", "month", "--price", "100000000"], 2, "kami: --price: at most 99999999.99 CNY"),
        (&["set", "month", "--price", "1.5", "--currency", "KRW"], 2, "kami: --price: KRW has 0 decimals"),
        (&["set", "month", "--currency", "yuan"], 2, "kami: --currency: three letters, such as CNY"),
        (&["set", "month", "--currency", "USD"], 2, "kami: --currency: another currency needs a price"),
        (&["set", "month", "--recharge=maybe"], 2, "write yes or no"),
        (
            &["set", "month", "--recharge", "--duration", "forever"],
            2,
            "kami: --recharge: cards that last for ever",
        ),
        (
            &["add", "free", "--prefix", "A", "--duration", "1d", "--price", "1"],
            2,
            "kami: --price: a price needs a currency",
        ),
        (&["set", "month", "--duration", "30d"], 4, "The preset month is so already."),
        (&["add", "month", "--prefix", "A", "--duration", "1d"], 4, "There is a preset month already."),
        (&["set", "year", "--seats", "2"], 3, "There is no preset year. There are: month."),
        (&["remove", "year"], 3, "There is no preset year. There are: month."),
        (
            &["remove", "month", "--app", "demo"],
            3,
            "There is no preset month. There are none: kami preset add --app demo makes one.",
        ),
        (&["remove", "month", "--app", "none"], 3, "There is no app none."),
        (&["list", "--app", "none"], 3, "There is no app none."),
        (&["add", "a", "--app", "none", "--prefix", "A", "--duration", "1d"], 3, "There is no app none."),
        (&["--read-only", "remove", "month"], 4, "Read-only by your settings."),
    ] {
        let ran = kami.run(&[&["preset"], arguments].concat()).ends(code);
        assert!(ran.err.contains(words), "{arguments:?}: {ran:?}");
        assert_eq!(last_act(&kami), act, "{arguments:?}");
    }
    let chinese = |arguments: &[&str]| {
        ran(kami.command(&[&["preset"], arguments].concat()).env("LANG", "zh_CN.UTF-8").output().unwrap()).err
    };
    for (arguments, words) in [
        (&["set", "month", "--price", "9.901"][..], "kami: --price 不正确：CNY 有 2 位小数"),
        (&["set", "month", "--until", "soon"], "kami: --until <MOMENT> 不能是 soon：不是时刻"),
        (&["remove", "year"], "kami: 没有预设 year。现有：month。\n"),
    ] {
        let said = chinese(arguments);
        assert!(said.starts_with(words), "{arguments:?}: {said}");
    }
}

#[tokio::test]
async fn every_act_on_a_preset_stands_in_the_log_and_is_undone() {
    let kami = Kami::new().await;
    let account = kami.account().await;
    for (arguments, act, told) in [
        (&MONTH[..], "preset_add", "prefix - → VIP, duration - → 30d, seats - → 1, price - → 9.90 CNY"),
        (&["preset", "set", "month", "--price", "12.9"], "preset_set", "price 9.90 CNY → 12.90 CNY"),
        (
            &["preset", "remove", "month"],
            "preset_remove",
            "prefix VIP → -, duration 30d → -, seats 1 → -, price 12.90 CNY → -",
        ),
    ] {
        let acted = kami.run(&[arguments, &["--json"]].concat()).ends(0).json().remove(0);
        assert_eq!((&acted["act"], acted["preset"].is_null()), (&json!(act), act == "preset_remove"));
        let id = acted["act_id"].to_string();
        let log = kami.run(&["log", &id]).ends(0).out;
        let line = log.lines().nth(1).unwrap();
        assert!(line.ends_with(&format!("tester    {account}  preset default/month  {told}")), "{log}");
        let listed = last_act(&kami).unwrap();
        assert_eq!((&listed["app"], &listed["preset"]), (&json!("default"), &json!("month")));
        let record = kami.run(&["log", "--act", act, "--json", &id]).ends(0).json().remove(0);
        assert_eq!((&record["app"], &record["preset"]), (&json!("default"), &json!("month")));
    }
    let price = || kami.run(&["preset", "list", "--json"]).json().pop().map(|preset| preset["price"].clone());
    let undone = kami.run(&["undo"]).ends(0);
    assert!(
        undone.err.starts_with(&format!("Taking back #3 removed, preset default/month, tester ({account})")),
        "{undone:?}"
    );
    assert!(undone.err.ends_with("\nUndone for the preset month.\n"), "{undone:?}");
    assert_eq!(price(), Some(json!(1290)));
    let refused = kami.run(&["undo", "1"]).ends(4);
    assert_eq!(refused.err, "kami: Not undone, as the preset month is not as it was left: changed since.\n");
    let again = kami.run(&["undo", "2", "--json"]).ends(0).json().remove(0);
    assert_eq!((&again["app"], &again["preset"]), (&json!("default"), &json!("month")));
    assert_eq!(price(), Some(json!(990)));
    let stays = kami.run(&["app", "add", "demo"]).ends(0);
    assert_eq!(stays.err, "App demo added. To undo it: kami undo 6\n");
    kami.run(&["preset", "add", "a", "--app", "demo", "--prefix", "A", "--duration", "1d"]).ends(0);
    let refused = kami.run(&["app", "remove", "demo", "--yes"]).ends(4);
    assert_eq!(
        refused.err,
        "kami: The app demo has presets: remove them first (kami preset list --app demo).\n"
    );
    kami.run(&["undo"]).ends(0);
    kami.run(&["app", "remove", "demo", "--yes"]).ends(0);
}

/// What is told of the first card that was made: `prefix duration points seats batch's preset`.
fn first(made: &Ran) -> String {
    let card = &made.json()[0];
    ["prefix", "duration", "points", "seats", "preset"]
        .map(|key| card[key].to_string())
        .join(" ")
        .replace('"', "")
}

#[tokio::test]
async fn cards_are_made_by_a_preset_and_what_is_said_beside_it_comes_before_it() {
    let kami = Kami::new().await;
    kami.run(&MONTH).ends(0);
    kami.run(&["preset", "add", "calls", "--prefix", "API", "--points", "1000", "--seats", "3"]).ends(0);
    let generate = |options: &[&str]| kami.run(&[&["generate", "--count", "2", "--json"], options].concat());
    for (options, expected) in [
        (&["--preset", "month"][..], "VIP 30d null 1 month"),
        (&["--preset", "calls"], "API forever 1000 3 calls"),
        (&["--preset", "calls", "--points", "5", "--seats", "1"], "API forever 5 1 calls"),
        (&["--preset", "month", "--duration", "7d", "--prefix", "NEW"], "NEW 7d null 1 month"),
        (&["--prefix", "A"], "A 3h null 1 null"),
        (&["--prefix", "A", "--duration", "1d"], "A 1d null 1 null"),
    ] {
        let made = generate(options).ends(0);
        assert_eq!(first(&made), expected, "{options:?}");
        assert!(!made.err.contains("by the preset"), "{made:?}");
    }
    for (options, code, words) in [
        (&["--preset", "year"][..], 3, "There is no preset year. There are: calls, month."),
        (&["--preset", "Year"], 2, "a preset's name is"),
        (&["--duration", "1d"], 2, "Say the prefix with --prefix, or a preset with --preset."),
        (&[], 2, "Say the prefix with --prefix, or a preset with --preset."),
    ] {
        let refused = generate(options).ends(code);
        assert!(refused.err.contains(words), "{options:?}: {refused:?}");
    }
    assert_eq!(kami.statuses().len(), 12);
}

#[tokio::test]
async fn a_preset_whose_last_moment_is_over_makes_no_card() {
    let kami = Kami::new().await;
    kami.run(&["preset", "add", "fair", "--prefix", "FAIR", "--until", "2099-06-30"]).ends(0);
    kami.database.execute("UPDATE presets SET valid_until = '2020-01-01'").await;
    for named in [&["--preset", "fair"][..], &[]] {
        let refused = kami.run(&[&["generate", "--count", "1"], named].concat()).ends(4);
        assert!(refused.err.contains("The last moment of the preset fair is over"), "{refused:?}");
    }
    assert!(kami.statuses().is_empty());
    kami.run(&["generate", "--preset", "fair", "--count", "1", "--until", "2099-06-30"]).ends(0);
}

#[tokio::test]
async fn without_a_preset_the_apps_own_is_taken_and_it_says_so() {
    let kami = Kami::new().await;
    kami.run(&MONTH).ends(0);
    let said =
        "They are made by the preset month: --preset, --duration, --until or --points says otherwise.\n";
    let made = kami.run(&["generate", "--count", "1"]).ends(0);
    assert_eq!(made.err, format!("One card made. Batch #1.\n{said}"));
    assert!(made.out.starts_with("VIP-"), "{made:?}");
    let made = kami.run(&["generate", "--count", "1", "--prefix", "OWN", "--json"]).ends(0);
    assert_eq!((first(&made).as_str(), made.err.ends_with(said)), ("OWN 30d null 1 month", true));
    kami.run(&["preset", "add", "default", "--prefix", "DAY", "--duration", "1d"]).ends(0);
    let made = kami.run(&["generate", "--count", "1", "--json"]).ends(0);
    assert_eq!(first(&made), "DAY 1d null 1 default");
    let made = kami.run(&["generate", "--count", "1", "--prefix", "A", "--points", "5", "--json"]).ends(0);
    assert_eq!(first(&made), "A forever 5 1 null");
    kami.run(&["app", "add", "demo"]).ends(0);
    let made = kami.run(&["generate", "--count", "1", "--prefix", "A", "--app", "demo", "--json"]).ends(0);
    assert_eq!(first(&made), "A 3h null 1 null", "presets are of one app");
    assert!(
        made.err.ends_with("Each lasts 3h from its activation: --duration says otherwise.\n"),
        "{made:?}"
    );
}

#[tokio::test]
async fn what_a_preset_sold_stands_in_the_statistics_and_at_each_card() {
    let kami = Kami::new().await;
    kami.run(&MONTH).ends(0);
    let codes = kami.run(&["generate", "--count", "3"]).ends(0).out;
    kami.run(&["preset", "set", "month", "--price", "1500", "--currency", "JPY"]).ends(0);
    kami.run(&["generate", "--count", "1"]).ends(0);
    kami.run(&["preset", "add", "year", "--prefix", "Y", "--duration", "1y"]).ends(0);
    kami.database
        .execute("UPDATE cards SET status = 'ACTIVE', used_at = UTC_TIMESTAMP() WHERE id IN (1, 2, 4)")
        .await;
    let told = kami.run(&["stats"]).ends(0).out;
    let table = "app      preset  cards  unused  in use  over  sold  worth\n\
                 default  month   4      1       3       0     3     19.80 CNY, 1500 JPY\n\
                 default  year    0      0       0       0     0     -\n";
    assert!(told.contains(table), "{told}");
    let json = kami.run(&["stats", "--app", "default", "--json"]).ends(0).json().remove(0);
    let month = &json["presets"][0];
    assert_eq!((&month["preset"], &month["sold"]), (&json!("month"), &json!(3)));
    assert_eq!((&month["cards"]["all"], &month["worth"]), (&json!(4), &json!({ "CNY": 1980, "JPY": 1500 })));
    let code = codes.lines().next().unwrap();
    let shown = kami.run(&["show", code]).ends(0).out;
    assert!(shown.contains("\npreset  ") && shown.contains("9.90 CNY"), "{shown}");
    let card = kami.run(&["show", code, "--json"]).ends(0).json().remove(0);
    let kept = ["preset", "price", "currency"].map(|key| card[key].to_string()).join(" ");
    assert_eq!(kept, "\"month\" 990 \"CNY\"");
}
