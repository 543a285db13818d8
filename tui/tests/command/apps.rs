//! `kami app`, and what else goes by app: `--app`.

use std::fs;

use kami_core::card::MachineCode;
use kami_store::{Client, TrialStart};
use serde_json::{Value, json};

use super::fixtures::{Kami, Ran, ran};

/// The three cards of the app default, and an app demo with one of its own.
async fn kami() -> Kami {
    let kami = Kami::with_cards().await;
    kami.run(&["app", "add", "demo"]).ends(0);
    kami.database.insert_card("DEMO", "D").await;
    kami.database.execute("UPDATE cards SET app = 'demo' WHERE full_code = 'DEMO-D'").await;
    kami
}

/// The codes that a command lists, newest first.
fn codes(ran: &Ran) -> String {
    let codes: Vec<_> = ran.json().iter().map(|card| card["code"].as_str().unwrap().to_owned()).collect();
    codes.join(" ")
}

/// What the log has of the newest act.
fn last_act(kami: &Kami) -> Value {
    kami.run(&["log", "--limit", "1", "--json"]).ends(0).json().remove(0)
}

#[tokio::test]
async fn an_app_is_made_with_what_it_tells_and_shown() {
    let kami = Kami::new().await;
    let made = kami
        .run(&[
            "app",
            "add",
            "demo",
            "--title",
            "演示",
            "--latest",
            "1.2",
            "--minimum",
            "1.0",
            "--url",
            "https://example.com/demo",
            "--notice",
            "a\nb",
            "--value",
            "server=api=1",
            "--public-value",
            "forum=f",
        ])
        .ends(0);
    assert_eq!((made.out.as_str(), made.err.as_str()), ("", "App demo added. To undo it: kami undo 1\n"));
    let shown = kami.run(&["app", "show", "demo"]).ends(0);
    for line in [
        "app              demo\n",
        "title            演示\n",
        "lease            off\n",
        "when full        refuse\n",
        "trial            off\n",
        "latest version   1.2\n",
        "lowest version   1.0\n",
        "download         https://example.com/demo\n",
        "notice           a␊b\n",
        "archived         No\n",
        "value forum      f (public)\n",
        "value server     api=1\n",
    ] {
        assert!(shown.out.contains(line), "{line:?} in {}", shown.out);
    }
    let mut app = kami.run(&["app", "show", "demo", "--json"]).ends(0).json().remove(0);
    assert!(app["created_at"].take().as_str().unwrap().ends_with('Z'));
    assert_eq!(
        app,
        json!({
            "name": "demo", "title": "演示", "lease_seconds": null, "when_full": "refuse", "trial_seconds": null,
            "trial_points": null, "unbind": "off", "unbind_cooldown_seconds": null, "unbind_wait_seconds": null,
            "unbind_limit": null, "unbind_cost": null, "offline_seconds": null,
            "device": "off", "when_copied": "allow", "latest": "1.2", "minimum": "1.0", "url": "https://example.com/demo",
            "notice": "a\nb", "archived": false, "created_at": null,
            "values": {
                "forum": { "value": "f", "public": true },
                "server": { "value": "api=1", "public": false },
            },
        })
    );
}

#[tokio::test]
async fn what_is_not_named_stays_and_what_is_empty_goes() {
    let kami = kami().await;
    let set = |options: &[&str]| {
        let acted = kami.run(&[&["app", "set", "demo", "--json"], options].concat()).ends(0).json().remove(0);
        assert_eq!(acted["act"], "app_set");
        acted["app"].clone()
    };
    let app = set(&["--title", "Demo", "--notice", "n", "--value", "a=1", "--value", "b=2"]);
    assert_eq!((&app["title"], &app["notice"]), (&json!("Demo"), &json!("n")));
    let app = set(&["--notice", "", "--value", "a=", "--public-value", "b=2"]);
    assert_eq!((&app["title"], &app["notice"]), (&json!("Demo"), &Value::Null));
    assert_eq!(app["values"], json!({ "b": { "value": "2", "public": true } }));
}

#[tokio::test]
async fn what_cannot_be_is_told_by_its_option_and_changes_nothing() {
    let kami = kami().await;
    kami.run(&["app", "set", "demo", "--minimum", "2.0", "--yes"]).ends(0);
    let act = last_act(&kami);
    let long = format!("a={}", "x".repeat(4097));
    for (arguments, code, words) in [
        (
            &["set", "demo"][..],
            2,
            "--title <TEXT>|--lease <SPAN>|--when-full <RULE>|--trial <SPAN|POINTS>|--unbind",
        ),
        (
            &["set", "demo", "--title", "a\u{202e}b"],
            2,
            "kami: --title: at most 64 characters, none invisible",
        ),
        (&["set", "demo", "--trial", "59s"], 2, "kami: --trial: off, 60 seconds to 365 days"),
        (&["set", "demo", "--trial", "0p"], 2, "kami: --trial: off, 60 seconds to 365 days"),
        (&["set", "demo", "--latest", "new"], 2, "kami: --latest: one to four numbers"),
        (&["set", "demo", "--minimum", "1.x"], 2, "kami: --minimum: one to four numbers"),
        (&["set", "demo", "--url", "ftp://example.com"], 2, "kami: --url: an address behind https://"),
        (&["set", "demo", "--value", "a"], 2, "write KEY=TEXT"),
        (&["set", "demo", "--value", "a b=c"], 2, "kami: --value: a value is called by 1 to 64"),
        (
            &["set", "demo", "--public-value", &long],
            2,
            "kami: --public-value: the value a has more than 4096",
        ),
        (&["set", "demo", "--value", "a=1", "--public-value", "a=2"], 2, "the value a is given twice"),
        (&["add", "My_App"], 2, "an app's name is 1 to 32 of a-z, 0-9 and -"),
        (&["add", "other", "--latest", "1", "--minimum", "2"], 4, "comes after the latest one"),
        (&["set", "demo", "--latest", "1.9"], 4, "comes after the latest one"),
        (&["set", "demo", "--minimum", "2.0"], 4, "The app demo is so already."),
        (&["unarchive", "demo"], 4, "The app demo is so already."),
        (&["add", "demo"], 4, "There is an app demo already."),
        (&["remove", "demo", "--yes"], 4, "The app demo has cards"),
        (&["remove", "default", "--yes"], 4, "The app default has cards, or is the one that there always is"),
        (&["set", "none", "--title", "x"], 3, "There is no app none."),
        (&["show", "none"], 3, "There is no app none."),
        (&["archive", "none", "--yes"], 3, "There is no app none."),
        (&["remove", "none", "--yes"], 3, "There is no app none."),
        (&["--read-only", "add", "other"], 4, "Read-only by your settings."),
    ] {
        let ran = kami.run(&[&["app"], arguments].concat()).ends(code);
        assert!(ran.err.contains(words), "{arguments:?}: {ran:?}");
        assert_eq!(last_act(&kami), act, "{arguments:?}");
    }
    let chinese = |arguments: &[&str]| {
        ran(kami.command(&[&["app"], arguments].concat()).env("LANG", "zh_CN.UTF-8").output().unwrap()).err
    };
    for (arguments, words) in [
        (&["set", "demo", "--latest", "new"][..], "kami: --latest 不正确：1 到 4 个用点隔开的数字"),
        (&["set", "demo", "--value", "a"], "kami: --value <KEY=TEXT> 不能是 a：请写成 KEY=TEXT\n"),
        (&["add", "demo"], "kami: 应用 demo 已经存在。\n"),
        (&["add", "Demo"], "kami: <NAME> 不能是 Demo：应用的名称为 1 到 32 个 a-z、0-9 或 -\n"),
    ] {
        let said = chinese(arguments);
        assert!(said.starts_with(words), "{arguments:?}: {said}");
    }
}

#[tokio::test]
async fn what_turns_customers_away_is_asked_about_and_says_whom() {
    let kami = Kami::with_cards().await;
    kami.run(&["app", "add", "demo", "--minimum", "1.5"]).ends(0);
    let act = last_act(&kami);
    for (arguments, question, consequence) in [
        (
            &["set", "demo", "--minimum", "2.0"][..],
            "Change the app demo?",
            "Clients below 2.0 will be refused.\n  No address says where to get a newer one.",
        ),
        (
            &["archive", "demo"],
            "Archive the app demo?",
            "No more cards are made for it; those that there are go on.",
        ),
        (&["remove", "demo"], "Remove the app demo?", "It goes with all that it tells its clients."),
    ] {
        let ran = kami.run(&[&["app"], arguments].concat()).ends(4);
        let needs = "Without a terminal to ask at, that needs --yes.";
        assert_eq!(ran.err, format!("kami: {question} {needs}\n  {consequence}\n"));
        assert_eq!(last_act(&kami), act, "{arguments:?}");
    }
    for arguments in [
        &["set", "demo", "--minimum", "1.0", "--latest", "3.0"][..],
        &["set", "demo", "--minimum", ""],
        &["set", "demo", "--minimum", "2.0", "--yes"],
        &["archive", "demo", "--yes"],
        &["unarchive", "demo"],
        &["remove", "demo", "--yes"],
    ] {
        kami.run(&[&["app"], arguments].concat()).ends(0);
    }
    kami.run(&["app", "show", "demo"]).ends(3);
}

#[tokio::test]
async fn an_undo_that_turns_customers_away_is_asked_about_unless_it_is_named() {
    let kami = Kami::with_cards().await;
    kami.run(&["app", "add", "demo", "--minimum", "1.5", "--url", "https://example.com"]).ends(0);
    kami.run(&["app", "archive", "demo", "--yes"]).ends(0);
    for (arguments, consequence) in [
        (&["set", "demo", "--minimum", ""][..], "Clients below 1.5 will be refused."),
        (&["unarchive", "demo"], "No more cards are made for it; those that there are go on."),
    ] {
        let taken = kami.run(&[&["app"], arguments, &["--json"]].concat()).ends(0).json().remove(0);
        let asked = kami.run(&["undo"]).ends(4).err;
        let id = taken["act_id"].to_string();
        let needs = format!("\n  {consequence}\n");
        assert!(asked.contains(&format!("#{id} ")) && asked.ends_with(&needs), "{asked}");
        assert_eq!(last_act(&kami)["act_id"], taken["act_id"], "nothing is done");
        kami.run(&["undo", &id]).ends(0);
    }
}

#[tokio::test]
async fn every_act_on_an_app_stands_in_the_log_before_and_after() {
    let kami = Kami::new().await;
    let account = kami.account().await;
    for (arguments, act, told) in [
        (&["add", "demo", "--latest", "1.0"][..], "app_add", "latest version - → 1.0"),
        (
            &["set", "demo", "--latest", "1.2", "--value", "a=b"],
            "app_set",
            "latest version 1.0 → 1.2, value a - → b",
        ),
        (&["archive", "demo", "--yes"], "app_archive", "archived - → Yes"),
        (&["unarchive", "demo"], "app_unarchive", "archived Yes → -"),
        (&["remove", "demo", "--yes"], "app_remove", "latest version 1.2 → -, value a b → -"),
    ] {
        let acted = kami.run(&[&["app"], arguments, &["--json"]].concat()).ends(0).json();
        let id = acted[0]["act_id"].to_string();
        assert_eq!(acted[0]["act"], act);
        assert_eq!(acted[0]["app"].is_null(), act == "app_remove");
        let listed = last_act(&kami);
        assert_eq!(
            (&listed["act"], &listed["app"], &listed["cards"]),
            (&json!(act), &json!("demo"), &json!(0))
        );
        let log = kami.run(&["log", &id]).ends(0).out;
        let line = log.lines().nth(1).unwrap();
        assert!(line.ends_with(&format!("tester    {account}  app demo  {told}")), "{log}");
        let record = kami.run(&["log", "--act", act, "--json", &id]).ends(0).json().remove(0);
        assert_eq!((&record["app"], &record["code"]), (&json!("demo"), &Value::Null));
        assert_eq!(record["before"].is_null(), act == "app_add");
    }
    let acts = kami.run(&["log"]).ends(0).out;
    let words: Vec<_> = acts.lines().skip(1).map(|line| line.split("  ").nth(2).unwrap().trim()).collect();
    assert_eq!(words, ["removed", "restored", "archived", "changed", "added"], "{acts}");
    assert_eq!(acts.matches("  app demo  ").count(), 5, "{acts}");
    let chinese = ran(kami.command(&["log", "3"]).env("LANG", "zh_CN.UTF-8").output().unwrap()).ends(0).out;
    assert!(chinese.ends_with("应用 demo  已归档 - → 是\n"), "{chinese}");
}

#[tokio::test]
async fn every_act_on_an_app_is_undone_by_its_number_and_so_is_that() {
    let kami = Kami::new().await;
    let account = kami.account().await;
    let title = || kami.run(&["app", "show", "demo", "--json"]).json().pop().map(|app| app["title"].clone());
    kami.run(&["app", "add", "demo", "--title", "one"]).ends(0);
    kami.run(&["app", "set", "demo", "--title", "two"]).ends(0);
    let undone = kami.run(&["undo"]).ends(0);
    let taken = format!("Taking back #2 changed, app demo, tester ({account}), ");
    assert!(undone.err.starts_with(&taken), "{undone:?}");
    assert!(undone.err.ends_with("\nUndone for the app demo.\n"), "{undone:?}");
    assert_eq!(title(), Some(json!("one")));
    let again = kami.run(&["undo", "3", "--json"]).ends(0).json().remove(0);
    assert_eq!((&again["act"], &again["act_id"], &again["app"]), (&json!("undo"), &json!(4), &json!("demo")));
    assert_eq!(title(), Some(json!("two")));
    // What was changed since stays, and is not told of as so many cards.
    let refused = kami.run(&["undo", "1"]).ends(4);
    assert_eq!(refused.err, "kami: Not undone, as the app demo is not as it was left: changed since.\n");
    kami.run(&["undo", "4"]).ends(0);
    let asked = kami.run(&["undo"]).ends(4);
    assert!(asked.err.contains("Take back #1 added, app demo, tester"), "{asked:?}");
    // One that has cards by now stays.
    kami.run(&["generate", "--prefix", "A", "--count", "1", "--app", "demo"]).ends(0);
    let needed = kami.run(&["undo", "1"]).ends(4);
    assert!(needed.err.starts_with("kami: The app demo has cards"), "{needed:?}");
    kami.run(&["undo", "--yes"]).ends(0);
    kami.run(&["undo", "1"]).ends(0);
    assert_eq!(title(), None);
    kami.run(&["undo", "1"]).ends(4);
}

#[tokio::test]
async fn apps_are_listed_with_their_cards_and_archived_ones_where_asked() {
    let kami = kami().await;
    kami.run(&["app", "set", "demo", "--title", "演示", "--latest", "2"]).ends(0);
    kami.run(&["app", "add", "old"]).ends(0);
    kami.run(&["app", "archive", "old", "--yes"]).ends(0);
    let listed = kami.run(&["app", "list"]).ends(0);
    assert_eq!(
        listed.out,
        "app      title  latest version  lowest version  cards\n\
         default  -      -               -               3\n\
         demo     演示   2               -               1\n"
    );
    let all = kami.run(&["app", "list", "--all"]).ends(0);
    assert!(all.out.contains("cards  archived\n") && all.out.ends_with("0      Yes\n"), "{all:?}");
    let json = kami.run(&["app", "list", "--all", "--json"]).ends(0).json();
    let told: Vec<_> =
        json.iter().map(|app| (&app["name"], &app["cards"]["unused"], &app["archived"])).collect();
    let expected = [("default", 3, false), ("demo", 1, false), ("old", 0, true)];
    let expected = expected.map(|(name, cards, archived)| (json!(name), json!(cards), json!(archived)));
    assert_eq!(told, expected.each_ref().map(|(name, cards, archived)| (name, cards, archived)));
}

#[tokio::test]
async fn what_the_database_holds_of_an_app_never_reaches_a_terminal_raw_and_an_unreadable_one_hides_no_other()
{
    let kami = kami().await;
    kami.database
        .execute(
            "UPDATE apps SET title = '\u{1b}[31mred', notice = '\u{1b}]0;x', named_values = \
             '[{\"name\": \"a\", \"value\": \"\\\\u001b[2J\", \"public\": false}]' WHERE name = 'demo'; \
             INSERT INTO apps (name, latest, created_at) VALUES ('odd', 'newest', UTC_TIMESTAMP())",
        )
        .await;
    let listed = kami.run(&["app", "list"]).ends(0);
    assert!(listed.out.contains("demo     ␛[31mred") && !listed.out.contains("odd"), "{listed:?}");
    assert_eq!(listed.err, "Cannot be understood, as if of a later kami: odd\n");
    kami.run(&["app", "show", "odd"]).ends(1);
    for format in [&["app", "show", "demo"][..], &["app", "show", "demo", "--json"]] {
        let shown = kami.run(format).ends(0);
        assert!(!shown.out.contains('\u{1b}'), "{shown:?}");
    }
}

#[tokio::test]
async fn new_cards_are_of_the_app_that_is_named_and_otherwise_it_is_said() {
    let kami = Kami::new().await;
    let generate = ["generate", "--prefix", "VIP", "--count", "2", "--duration", "1d"];
    let alone = kami.run(&generate).ends(0);
    assert_eq!(alone.err, "2 cards made. Batch #1.\n");
    kami.run(&["app", "add", "demo"]).ends(0);
    let said = kami.run(&generate).ends(0);
    assert_eq!(said.err, "2 cards made. Batch #2.\nThey are of the app default: --app says otherwise.\n");
    let named = kami.run(&[&generate[..], &["--app", "demo", "--json"]].concat()).ends(0);
    assert!(named.json().iter().all(|card| card["app"] == "demo"), "{named:?}");
    assert_eq!(named.err, "2 cards made. Batch #3.\n");
    kami.run(&["app", "archive", "demo", "--yes"]).ends(0);
    let refused = kami.run(&[&generate[..], &["--app", "demo"]].concat()).ends(4);
    assert_eq!(refused.err, "kami: The app demo is archived: no cards are made for it.\n");
    assert_eq!(kami.run(&generate).ends(0).err, "2 cards made. Batch #4.\n", "there is one alone again");
    kami.run(&[&generate[..], &["--app", "none"]].concat()).ends(3);
    assert_eq!(kami.statuses().len(), 8);
}

#[tokio::test]
async fn lists_exports_and_acts_go_by_app() {
    let kami = kami().await;
    for (app, found) in [("demo", "DEMO-D"), ("default", "GOLD-C VIP-B VIP-A")] {
        assert_eq!(codes(&kami.run(&["list", "--app", app, "--json"]).ends(0)), found);
        let exported = kami.run(&["export", "--app", app, "--format", "shop", "--output", "-"]).ends(0);
        assert_eq!(exported.out.lines().collect::<Vec<_>>().join(" "), found);
    }
    assert_eq!(
        codes(&kami.run(&["list", "--app", "default", "--prefix", "VIP", "--json"]).ends(0)),
        "VIP-B VIP-A"
    );
    kami.run(&["list", "--app", "demo", "--prefix", "VIP"]).ends(3);
    for act in [
        &["disable"][..],
        &["enable"],
        &["extend", "--by", "1d"],
        &["note", "--set", "x"],
        &["delete", "--yes"],
    ] {
        kami.run(&[act, &["--app", "demo", "--all"]].concat());
        let none = kami.run(&[act, &["--app", "none", "--all"]].concat()).ends(3);
        assert_eq!(none.err, "kami: There is no app none.\n", "{act:?}");
    }
    assert_eq!(kami.statuses(), ["VIP-A unused", "VIP-B unused", "GOLD-C unused"]);
    let touched = kami.database.rows::<u64>("SELECT COUNT(DISTINCT card_id) FROM operator_log", ()).await;
    assert_eq!(touched, [1], "of the other app nothing was touched");
    for arguments in
        [&["list", "--app", "none"][..], &["export", "--app", "none"], &["stats", "--app", "none"]]
    {
        let ran = kami.run(arguments).ends(3);
        assert_eq!(
            (ran.out.as_str(), ran.err.as_str()),
            ("", "kami: There is no app none.\n"),
            "{arguments:?}"
        );
    }
    kami.run(&["disable", "VIP-A", "--app", "default"]).ends(2);
    kami.run(&["list", "--app", "No Name"]).ends(2);
}

#[tokio::test]
async fn a_list_names_the_apps_of_its_cards_from_the_first_on_that_is_not_of_the_default_one() {
    let kami = kami().await;
    let listed = kami.run(&["list"]).ends(0).out;
    let lines: Vec<_> = listed.lines().collect();
    assert!(lines[0].starts_with("code    status  app      machine"), "{listed}");
    assert!(lines[1].starts_with("DEMO-D  unused  demo     -"), "{listed}");
    assert!(lines[2].starts_with("GOLD-C  unused  default  -"), "{listed}");
    let plain = kami.run(&["list", "--app", "default"]).ends(0).out;
    assert!(plain.starts_with("code    status  machine"), "{plain}");
    assert!(kami.run(&["show", "VIP-A"]).ends(0).out.contains("app       default\n"));
    // More than is read at a time: the table begins anew with the column.
    kami.run(&["generate", "--prefix", "NEW", "--count", "1000", "--duration", "1d"]).ends(0);
    let long = kami.run(&["list", "--limit", "0"]).ends(0).out;
    let heads: Vec<_> = long.lines().filter(|line| line.starts_with("code  ")).collect();
    assert_eq!((heads.len(), long.lines().count()), (2, 1_006), "{heads:?}");
    assert!(!heads[0].contains("  app  ") && heads[1].contains("  app  "), "{heads:?}");
}

#[tokio::test]
async fn statistics_count_one_app_or_tell_what_each_has() {
    let kami = kami().await;
    kami.run(&["disable", "VIP-A"]).ends(0);
    let stats = kami.run(&["stats", "--days", "2"]).ends(0);
    assert!(
        stats.out.contains("\n\napp      cards  unused\ndefault  3      2\ndemo     1      1\n\n"),
        "{stats:?}"
    );
    let all = kami.run(&["stats", "--json"]).ends(0).json().remove(0);
    assert_eq!((&all["app"], &all["cards"]["all"]), (&Value::Null, &json!(4)));
    assert_eq!(
        all["apps"],
        json!({
            "default": { "all": 3, "unused": 2, "active": 0, "expired": 0, "disabled": 1 },
            "demo": { "all": 1, "unused": 1, "active": 0, "expired": 0, "disabled": 0 },
        })
    );
    let demo = kami.run(&["stats", "--app", "demo", "--json"]).ends(0).json().remove(0);
    assert_eq!((&demo["app"], &demo["cards"]["all"], &demo["apps"]), (&json!("demo"), &json!(1), &json!({})));
    let stock: Vec<_> = demo["stock"].as_array().unwrap().iter().map(|prefix| &prefix["prefix"]).collect();
    assert_eq!(stock, [&json!("DEMO")], "{demo}");
    let generated = |stats: &Value| stats["generated"].as_array().unwrap().last().unwrap()["cards"].clone();
    assert_eq!((generated(&all), generated(&demo)), (json!(4), json!(1)));
    let shown = kami.run(&["stats", "--app", "demo"]).ends(0).out;
    assert!(shown.starts_with("app  demo\n\nstatus "), "{shown}");
    // One that has no card is told of as well, also where the cards of all are those of one app.
    kami.run(&["delete", "DEMO-D", "--yes"]).ends(0);
    let sold_out = kami.run(&["stats"]).ends(0).out;
    assert!(
        sold_out.contains("\n\napp      cards  unused\ndefault  3      2\ndemo     0      0\n\n"),
        "{sold_out}"
    );
    let apps = kami.run(&["stats", "--json"]).ends(0).json().remove(0)["apps"].take();
    assert_eq!((&apps["default"]["all"], &apps["demo"]["all"]), (&json!(3), &json!(0)), "{apps}");
    kami.run(&["app", "remove", "demo", "--yes"]).ends(0);
    let one = kami.run(&["stats"]).ends(0);
    assert!(!one.out.contains("app "), "where there is one alone it is not told: {one:?}");
}

#[tokio::test]
async fn a_table_that_was_exported_is_imported_app_by_app_where_these_are() {
    let (here, there) = (kami().await, Kami::new().await);
    let file = there.folder.join("cards.csv");
    here.run(&["export", "--output", file.to_str().unwrap()]).ends(0);
    assert!(
        fs::read_to_string(&file).unwrap().contains("DEMO,demo,1,,,\n"),
        "the app stands behind the prefix"
    );
    let import = ["import", "cards.csv"];
    let dry = [&import[..], &["--dry-run"]].concat();
    for arguments in [&dry[..], &import] {
        let missing = there.run(arguments).ends(3);
        assert!(missing.err.ends_with("kami: Line 2: There is no app demo.\n"), "{missing:?}");
    }
    let strangers = fs::read_to_string(&file).unwrap().replace(",default,", ",another,");
    fs::write(there.folder.join("strangers.csv"), strangers).unwrap();
    let first = there.run(&["import", "strangers.csv"]).ends(3);
    assert!(first.err.ends_with("kami: Line 2: There is no app demo.\n"), "{first:?}");
    there.run(&["app", "add", "demo"]).ends(0);
    there.run(&["app", "archive", "demo", "--yes"]).ends(0);
    for arguments in [&dry[..], &import] {
        let archived = there.run(arguments).ends(4);
        assert!(
            archived.err.ends_with("kami: Line 2: The app demo is archived: no cards are made for it.\n"),
            "{archived:?}"
        );
    }
    there.run(&["app", "unarchive", "demo"]).ends(0);
    let said = there.run(&dry).ends(0);
    assert!(said.err.contains("\nBy app: default 3, demo 1.\n"), "{said:?}");
    let lines = there.run(&[&dry[..], &["--json"]].concat()).ends(0).json();
    assert_eq!((&lines[0]["app"], &lines[1]["app"]), (&json!("demo"), &json!("default")));
    assert_eq!(there.statuses().len(), 0);
    let imported = there.run(&import).ends(0);
    assert!(
        imported.err.ends_with("4 cards imported. Batch #1.\nBy app: default 3, demo 1.\n"),
        "{imported:?}"
    );
    let apps = |kami: &Kami| {
        let cards = kami.run(&["list", "--json"]).ends(0).json();
        let mut apps: Vec<_> =
            cards.iter().map(|card| (card["code"].to_string(), card["app"].clone())).collect();
        apps.sort_by(|one, other| one.0.cmp(&other.0));
        apps
    };
    assert_eq!(apps(&there), apps(&here));
}

#[tokio::test]
async fn an_import_for_an_app_refuses_what_names_another() {
    let kami = kami().await;
    kami.run(&["export", "--output", "cards.csv"]).ends(0);
    kami.run(&["delete", "--all", "--yes"]).ends(0);
    let refused = kami.run(&["import", "cards.csv", "--app", "demo"]).ends(4);
    let reason = "of another app than the one that is named: remove this line, or name none";
    let lines = [3, 4, 5].map(|line| format!("{line}  malformed  {reason}\n")).concat();
    assert_eq!(refused.out, lines);
    let text = fs::read_to_string(kami.folder.join("cards.csv")).unwrap();
    fs::write(kami.folder.join("wrong.csv"), text.replace(",demo,", ",De mo,")).unwrap();
    let wrong = kami.run(&["import", "wrong.csv"]).ends(4);
    assert_eq!(wrong.out, "2  malformed  app: 1 to 32 of a-z, 0-9 and -\n");
    for (app, code) in [("none", 3), ("No Name", 2)] {
        kami.run(&["import", "cards.csv", "--app", app]).ends(code);
    }
    assert_eq!(kami.statuses().len(), 0);
    fs::write(kami.folder.join("codes.txt"), "VIP-7KQ2M9XWTR4HP3ND\n").unwrap();
    let list = ["import", "codes.txt", "--duration", "1d"];
    let unsaid = kami.run(&list).ends(0);
    assert_eq!(unsaid.err, "One card imported. Batch #1.\nBy app: default 1.\n");
    kami.run(&["undo", "--yes"]).ends(0);
    kami.run(&[&list[..], &["--app", "demo"]].concat()).ends(0);
    assert_eq!(codes(&kami.run(&["list", "--app", "demo", "--json"]).ends(0)), "VIP-7KQ2M9XWTR4HP3ND");
    kami.run(&["app", "archive", "default", "--yes"]).ends(0);
    let closed = kami.run(&list).ends(4);
    let why = "kami: The app default is archived: no cards are made for it.\n";
    assert_eq!(closed.err, why, "no line is named, as none names it");
}

#[tokio::test]
async fn what_a_stranger_puts_under_app_is_passed_over_and_told() {
    let kami = kami().await;
    fs::write(kami.folder.join("shop.csv"), "卡密,天数,app\nVIP-7KQ2M9XWTR4HP3ND,30,My Shop\n").unwrap();
    let imported = kami.run(&["import", "shop.csv", "--app", "demo"]).ends(0);
    assert!(imported.err.contains("Columns that are not taken over: app.\n"), "{imported:?}");
    assert_eq!(codes(&kami.run(&["list", "--app", "demo", "--json"]).ends(0)), "VIP-7KQ2M9XWTR4HP3ND DEMO-D");
}

#[tokio::test]
async fn an_app_offers_a_trial_until_that_is_taken_back_and_its_cards_are_cards() {
    let kami = kami().await;
    let shown = || {
        let app = kami.run(&["app", "show", "demo", "--json"]).ends(0).json().remove(0);
        let line = kami.run(&["app", "show", "demo"]).ends(0).out;
        let line = line.lines().find_map(|line| line.strip_prefix("trial ")).unwrap().trim().to_owned();
        (app["trial_seconds"].as_u64(), app["trial_points"].as_u64(), line)
    };
    for (said, seconds, points, line) in [
        ("1d", Some(86_400), None, "1d"),
        ("20p", None, Some(20), "20 points"),
        ("off", None, None, "off"),
        ("1p", None, Some(1), "1 point"),
        ("", None, None, "off"),
        ("90m", Some(5_400), None, "90m"),
    ] {
        kami.run(&["app", "set", "demo", "--trial", said]).ends(0);
        assert_eq!(shown(), (seconds, points, line.to_owned()), "{said}");
    }
    let act = last_act(&kami)["act_id"].to_string();
    let log = kami.run(&["log", &act]).ends(0).out;
    assert!(log.trim_end().ends_with("trial - → 90m"), "{log}");
    assert!(kami.run(&["app", "list"]).ends(0).out.contains("trial"));
    kami.run(&["undo", &act, "--yes"]).ends(0);
    assert_eq!(shown().2, "off");
    assert!(!kami.run(&["app", "list"]).ends(0).out.contains("trial"));

    kami.run(&["app", "set", "demo", "--trial", "1d"]).ends(0);
    kami.database.execute("CALL start_trial('demo', 'PC-1')").await;
    let listed = kami.run(&["list", "--prefix", "TRIAL", "--json"]).ends(0).json();
    assert_eq!((listed.len(), &listed[0]["app"], &listed[0]["machine"]), (1, &json!("demo"), &json!("PC-1")));
    let card = listed[0]["code"].as_str().unwrap();
    for command in [
        &["unbind", card, "--yes"][..],
        &["edit", card, "--note", "a customer"],
        &["extend", card, "--by", "1d", "--yes"],
        &["disable", card, "--yes"],
        &["delete", card, "--yes"],
    ] {
        kami.run(command).ends(0);
    }
    assert_eq!(kami.database.rows::<u64>("SELECT COUNT(*) FROM trials", ()).await, [1]);
}

#[tokio::test]
async fn an_app_says_for_how_long_it_starts_without_a_network_until_that_is_taken_back() {
    let kami = kami().await;
    let shown = || {
        let app = kami.run(&["app", "show", "demo", "--json"]).ends(0).json().remove(0);
        let line = kami.run(&["app", "show", "demo"]).ends(0).out;
        let line = line.lines().find_map(|line| line.strip_prefix("offline ")).unwrap().trim().to_owned();
        (app["offline_seconds"].as_u64(), line)
    };
    for (said, seconds, line) in [
        ("7d", Some(604_800), "7d"),
        ("off", None, "off"),
        ("1h", Some(3_600), "1h"),
        ("", None, "off"),
        ("90天", Some(7_776_000), "90d"),
    ] {
        kami.run(&["app", "set", "demo", "--offline", said]).ends(0);
        assert_eq!(shown(), (seconds, line.to_owned()), "{said}");
    }
    let act = last_act(&kami)["act_id"].to_string();
    let log = kami.run(&["log", &act]).ends(0).out;
    assert!(log.trim_end().ends_with("offline - → 90d"), "{log}");
    assert!(kami.run(&["app", "list"]).ends(0).out.contains("offline"));
    for wrong in ["59m", "91d", "forever"] {
        let refused = kami.run(&["app", "set", "demo", "--offline", wrong]).ends(2);
        assert!(refused.err.contains("--offline") && refused.err.contains("90 days"), "{refused:?}");
    }
    kami.run(&["undo", &act, "--yes"]).ends(0);
    assert_eq!(shown().1, "off");
    assert!(!kami.run(&["app", "list"]).ends(0).out.contains("offline"));
}

#[tokio::test]
async fn an_app_says_whether_devices_have_keys_and_what_becomes_of_copies() {
    let kami = Kami::new().await;
    kami.run(&["app", "add", "demo"]).ends(0);
    let shown = || {
        let app = kami.run(&["app", "show", "demo", "--json"]).ends(0).json().remove(0);
        let table = kami.run(&["app", "show", "demo"]).ends(0).out;
        let line = |label| table.lines().find_map(|line| line.strip_prefix(label)).unwrap().trim().to_owned();
        let [key, copied] = ["device key ", "when copied "].map(line);
        ([app["device"].clone(), app["when_copied"].clone()], [key, copied])
    };
    for (options, json, lines) in [
        (&["--device", "allowed"][..], ["allowed", "allow"], ["allowed", "let in"]),
        (&["--when-copied", "refuse"], ["allowed", "refuse"], ["allowed", "refuse"]),
        (&["--device", "required", "--when-copied", "allow"], ["required", "allow"], ["required", "let in"]),
        (&["--device", "off", "--when-copied", "refuse"], ["off", "refuse"], ["off", "refuse"]),
        (&["--device", "required"], ["required", "refuse"], ["required", "refuse"]),
    ] {
        kami.run(&[&["app", "set", "demo"], options].concat()).ends(0);
        assert_eq!(shown(), (json.map(Into::into), lines.map(String::from)), "{options:?}");
    }
    let act = last_act(&kami)["act_id"].to_string();
    let log = kami.run(&["log", &act]).ends(0).out;
    assert!(log.trim_end().ends_with("device key - → required"), "{log}");
    let listed = kami.run(&["app", "list"]).ends(0).out;
    assert!(listed.contains("device key") && listed.contains("required"), "{listed}");
    for (option, word, why) in [
        ("--device", "on", "write off, allowed or required"),
        ("--device", "", "write off, allowed or required"),
        ("--when-copied", "oldest", "write allow or refuse"),
    ] {
        let refused = kami.run(&["app", "set", "demo", option, word]).ends(2);
        assert!(refused.err.contains(option) && refused.err.contains(why), "{refused:?}");
    }
    kami.run(&["undo", &act, "--yes"]).ends(0);
    assert_eq!(shown().0, ["off", "refuse"].map(Value::from));
    assert!(!kami.run(&["app", "list"]).ends(0).out.contains("device key"));
}

#[tokio::test]
async fn trials_are_counted_among_the_cards_and_files_keep_their_cards_but_not_who_has_tried() {
    let kami = Kami::new().await;
    kami.run(&["app", "set", "default", "--trial", "20p"]).ends(0);
    let (store, client) = (kami.database.store(), Client::default());
    let [first, second] = ["PC-1", "PC-2"].map(|machine| MachineCode::parse(machine).unwrap());
    for machine in [&first, &second] {
        let started = store.start_trial(machine, &client, || {}).await.unwrap();
        assert!(matches!(started, TrialStart::On(_)), "{started:?}");
    }
    let stats = kami.run(&["stats", "--json"]).ends(0).json().remove(0);
    assert_eq!(stats["cards"]["active"], 2, "{stats}");
    assert_eq!((&stats["stock"][0]["prefix"], &stats["stock"][0]["activated"]), (&json!("TRIAL"), &json!(2)));

    let listed = || kami.run(&["list", "--json"]).ends(0).json();
    let tried = listed();
    kami.run(&["export", "--output", "unused.csv"]).ends(3);
    kami.run(&["export", "--any-status", "--output", "trials.csv"]).ends(0);
    kami.run(&["delete", "--prefix", "TRIAL", "--all", "--yes"]).ends(0);
    kami.run(&["import", "trials.csv"]).ends(0);
    let mut codes = [Vec::new(), Vec::new()];
    for (of, cards) in codes.iter_mut().zip([&tried, &listed()]) {
        *of = cards.iter().map(|card| (card["code"].clone(), card["points"].clone())).collect();
        of.sort_by_key(|(code, _)| code.to_string());
    }
    assert_eq!(codes[0], codes[1]);
    assert!(
        listed().iter().all(|card| (&card["prefix"], &card["status"]) == (&json!("TRIAL"), &json!("unused")))
    );
    let again = store.start_trial(&first, &client, || {}).await.unwrap();
    assert_eq!(again, TrialStart::Over, "a card that is made anew is no trial");
}
