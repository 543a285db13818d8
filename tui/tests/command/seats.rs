//! Cards for several machines, leases, and what an app or a card says of them.

use std::fs;

use kami_core::app::AppName;
use kami_core::card::{CardCode, MachineCode};
use kami_store::{Client, Validation};
use serde_json::{Value, json};

use super::fixtures::{Kami, ran};

/// A card of the prefix TEAM that is generated with these options; returns its code.
fn generated(kami: &Kami, options: &[&str]) -> String {
    let generate = ["generate", "--prefix", "TEAM", "--count", "1", "--duration", "30d"];
    kami.run(&[&generate, options].concat()).ends(0).out.trim().to_owned()
}

/// Whether a machine is let in.
async fn is_in(kami: &Kami, code: &str, machine: &str) -> bool {
    let (code, machine) = (CardCode::parse(code).unwrap(), MachineCode::parse(machine).unwrap());
    let client = Client { app: AppName::default(), ..Client::default() };
    let validation = kami.database.store().validate(&code, &machine, &client).await.unwrap();
    matches!(validation, Validation::Admitted { .. })
}

/// A card for so many machines that these use, each of them seen a second after the one before.
async fn used(kami: &Kami, options: &[&str], machines: &[&str]) -> String {
    let code = generated(kami, options);
    for machine in machines {
        assert!(is_in(kami, &code, machine).await, "{machine}");
        kami.database.execute("UPDATE card_seats SET seen_at = seen_at - INTERVAL 1 SECOND").await;
    }
    code
}

fn shown(kami: &Kami, code: &str) -> Value {
    kami.run(&["show", code, "--json"]).ends(0).json().remove(0)
}

/// The machines that `kami show` names.
fn machines(kami: &Kami, code: &str) -> Vec<String> {
    let shown = shown(kami, code);
    let machines = shown["machines"].as_array().unwrap();
    machines.iter().map(|seat| seat["machine"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn what_an_app_says_of_leases_and_full_cards_is_set_shown_logged_and_undone() {
    let kami = Kami::new().await;
    let said = || {
        let app = kami.run(&["app", "show", "demo", "--json"]).ends(0).json().remove(0);
        (app["lease_seconds"].clone(), app["when_full"].clone())
    };
    kami.run(&["app", "add", "demo", "--lease", "10m", "--when-full", "oldest"]).ends(0);
    assert_eq!(said(), (json!(600), json!("oldest")));
    let shown = kami.run(&["app", "show", "demo"]).ends(0).out;
    assert!(shown.contains("\nlease            10m\nwhen full        oldest gives way\n"), "{shown}");
    let listed = kami.run(&["app", "list"]).ends(0).out;
    assert_eq!(
        listed,
        "app      title  latest version  lowest version  cards  lease  when full\n\
         default  -      -               -               0      off    refuse\n\
         demo     -      -               -               0      10m    oldest gives way\n"
    );
    kami.run(&["app", "set", "demo", "--lease", "90", "--when-full", "refuse"]).ends(0);
    assert_eq!(said(), (json!(90), json!("refuse")));
    let log = kami.run(&["log", "2"]).ends(0).out;
    assert!(log.trim_end().ends_with("lease 10m → 90s, when full oldest gives way → -"), "{log}");
    kami.run(&["undo", "2"]).ends(0);
    assert_eq!(said(), (json!(600), json!("oldest")));
    kami.run(&["app", "set", "demo", "--lease", "off"]).ends(0);
    assert_eq!(said(), (Value::Null, json!("oldest")));
    kami.run(&["app", "set", "demo", "--lease", "30天"]).ends(0);
    kami.run(&["app", "set", "demo", "--lease", ""]).ends(0);
    assert_eq!(said(), (Value::Null, json!("oldest")));
    kami.run(&["app", "set", "demo", "--when-full", "refuse"]).ends(0);
    let listed = kami.run(&["app", "list"]).ends(0).out;
    assert!(listed.starts_with("app      title  latest version  lowest version  cards\n"), "{listed}");
    let unchanged = kami.run(&["app", "set", "demo", "--lease", "off"]).ends(4).err;
    assert_eq!(unchanged, "kami: The app demo is so already.\n");
}

#[tokio::test]
async fn what_later_versions_say_in_a_policy_is_kept_and_told() {
    let kami = Kami::with_cards().await;
    kami.run(&["app", "add", "demo"]).ends(0);
    kami.database.execute("UPDATE apps SET policy = 'later=1' WHERE name = 'demo'").await;
    kami.run(&["app", "set", "demo", "--lease", "1h"]).ends(0);
    let kept: Vec<String> = kami.database.rows("SELECT policy FROM apps WHERE name = 'demo'", ()).await;
    assert_eq!(kept, ["lease=3600 later=1"]);

    kami.database.execute("UPDATE cards SET policy = 'later=1 lease=60' WHERE full_code = 'VIP-A'").await;
    kami.run(&["edit", "VIP-A", "--when-full", "oldest"]).ends(0);
    assert_eq!(shown(&kami, "VIP-A")["policy"], "lease=1m when-full=oldest later=1");
    kami.run(&["edit", "VIP-A", "--lease", "app", "--when-full", "app"]).ends(0);
    assert_eq!(shown(&kami, "VIP-A")["policy"], "later=1");

    kami.database.execute("UPDATE cards SET policy = 'lease=never' WHERE full_code = 'VIP-B'").await;
    let refused = kami.run(&["edit", "VIP-B", "--lease", "10m", "--note", "x"]).ends(4);
    assert!(refused.err.contains("policy says what this version does not know"), "{refused:?}");
    assert_eq!(shown(&kami, "VIP-B")["note"], Value::Null);
    kami.run(&["edit", "VIP-B", "--note", "x"]).ends(0);
    let kept: Vec<String> =
        kami.database.rows("SELECT policy FROM cards WHERE full_code = 'VIP-B'", ()).await;
    assert_eq!(kept, ["lease=never"]);
}

#[tokio::test]
async fn what_can_be_no_seats_no_lease_and_no_rule_is_refused_and_nothing_is_changed() {
    let kami = Kami::with_cards().await;
    let generate = ["generate", "--prefix", "TEAM", "--count", "1"];
    let edit = ["edit", "VIP-A"];
    let set = ["app", "set", "default"];
    for (command, option, value, words) in [
        (&generate[..], "--seats", "0", "a card has 1 to 1,000 seats"),
        (&generate, "--seats", "1001", "a card has 1 to 1,000 seats"),
        (&generate, "--lease", "59s", "a lease lasts 60 seconds to 30 days"),
        (&generate, "--lease", "app", "a lease lasts 60 seconds to 30 days"),
        (&generate, "--when-full", "newest", "write refuse or oldest"),
        (&edit, "--seats", "two", "a card has 1 to 1,000 seats"),
        (&edit, "--lease", "31d", "a lease lasts 60 seconds to 30 days"),
        (&edit, "--when-full", "", "write refuse or oldest"),
        (&set, "--lease", "1s", "kami: --lease: off, or 60 seconds to 30 days, such as 10m"),
        (&set, "--when-full", "app", "write refuse or oldest"),
        (&["import", "codes.txt"], "--seats", "-", "a card has 1 to 1,000 seats"),
    ] {
        let refused = kami.run(&[command, &[option, value]].concat()).ends(2);
        assert!(refused.err.contains(words), "{command:?} {option} {value}: {refused:?}");
    }
    kami.run(&["log"]).ends(3);
    let chinese =
        ran(kami.command(&["edit", "VIP-A", "--seats", "0"]).env("LANG", "zh_CN.UTF-8").output().unwrap());
    assert!(
        chinese.err.starts_with("kami: --seats <NUMBER> 不能是 0：一张卡有 1 到 1,000 个席位\n"),
        "{chinese:?}"
    );
}

#[tokio::test]
async fn a_batch_is_generated_with_seats_and_a_policy_which_are_said_where_they_are_not_the_usual() {
    let kami = Kami::new().await;
    let usual = ["generate", "--prefix", "TEAM", "--count", "2", "--duration", "1d"];
    let made = kami.run(&[&usual[..], &["--json"]].concat()).ends(0);
    assert_eq!(made.err, "2 cards made. Batch #1.\n");
    assert_eq!((&made.json()[0]["seats"], &made.json()[0]["policy"]), (&json!(1), &Value::Null));
    let options = ["--seats", "3", "--lease", "10m", "--when-full", "oldest", "--json"];
    let made = kami.run(&[&usual[..], &options].concat()).ends(0);
    assert_eq!(made.err, "2 cards made. Batch #2. Each: 3 seats, lease=10m when-full=oldest.\n");
    let card = &made.json()[0];
    assert_eq!((&card["seats"], &card["policy"]), (&json!(3), &json!("lease=10m when-full=oldest")));
    let batch = kami.database.store().batch(2).await.unwrap().unwrap();
    assert_eq!((batch.seats, batch.policy.as_deref()), (Some(3), Some("lease=600 when-full=oldest")));
    let off = kami.run(&[&usual[..], &["--lease", "off"]].concat()).ends(0);
    assert!(off.err.ends_with("Batch #3. Each: lease=off.\n"), "{off:?}");
    let many = ["generate", "--prefix", "TEAM", "--count", "1001", "--duration", "1d", "--seats", "2"];
    let asked = kami.run(&many).ends(4).err;
    assert!(asked.contains("Generate 1,001 cards TEAM-…, 1d, 2 seats each?"), "{asked}");
}

#[tokio::test]
async fn an_export_keeps_seats_and_policies_and_an_import_gives_seats_to_what_names_none() {
    let kami = Kami::new().await;
    let code = generated(&kami, &["--seats", "3", "--lease", "10m"]);
    kami.run(&["export", "--output", "cards.csv"]).ends(0);
    let there = Kami::new().await;
    fs::copy(kami.folder.join("cards.csv"), there.folder.join("cards.csv")).unwrap();
    there.run(&["import", "cards.csv", "--seats", "9"]).ends(0);
    let card = shown(&there, &code);
    assert_eq!((&card["seats"], &card["policy"]), (&json!(3), &json!("lease=10m")));
    fs::write(there.folder.join("codes.txt"), "VIP-7KQ2M9XWTR4HP3ND\n").unwrap();
    there.run(&["import", "codes.txt", "--duration", "1d", "--seats", "2"]).ends(0);
    assert_eq!(shown(&there, "VIP-7KQ2M9XWTR4HP3ND")["seats"], 2);
}

#[tokio::test]
async fn an_edit_of_seats_and_policy_is_shown_logged_and_undone() {
    let kami = Kami::new().await;
    let code = used(&kami, &["--seats", "3"], &["PC-1", "PC-2", "PC-3"]).await;
    let options = ["--seats", "2", "--lease", "1h", "--when-full", "oldest", "--yes"];
    kami.run(&[&["edit", &code][..], &options].concat()).ends(0);
    let card = shown(&kami, &code);
    assert_eq!((&card["seats"], &card["policy"]), (&json!(2), &json!("lease=1h when-full=oldest")));
    assert_eq!(machines(&kami, &code), ["PC-1", "PC-3"]);
    let log = kami.run(&["log", "2"]).ends(0).out;
    for change in ["machines PC-2 → -", "seats 3 → 2", "policy - → lease=1h when-full=oldest"] {
        assert!(log.contains(change), "{change}: {log}");
    }
    kami.run(&["undo", "2"]).ends(0);
    let card = shown(&kami, &code);
    assert_eq!((&card["seats"], &card["policy"], &card["seats_taken"]), (&json!(3), &Value::Null, &json!(3)));
    let same = kami.run(&["edit", &code, "--seats", "3", "--lease", "app"]).ends(4).err;
    assert!(same.contains("nothing would change"), "{same}");
}

#[tokio::test]
async fn an_edit_takes_seats_from_machines_once_that_is_agreed_to_and_says_from_how_many() {
    let kami = Kami::new().await;
    let code = used(&kami, &["--seats", "4"], &["PC-1", "PC-2", "PC-3"]).await;
    let asked = kami.run(&["edit", &code, "--seats", "1", "--note", "x"]).ends(4).err;
    assert!(
        asked.starts_with("kami: Lower the seats to 1? Without a terminal to ask at, that needs --yes.\n")
    );
    let lines: Vec<_> = asked.lines().skip(1).collect();
    assert_eq!((lines.len(), lines[0]), (3, "  2 machines lose their seats."), "{asked}");
    assert!(lines[1..].iter().all(|line| line.starts_with("  PC-")), "{asked}");
    assert_eq!((&shown(&kami, &code)["seats"], machines(&kami, &code).len()), (&json!(4), 3));
    for (options, machines) in [
        (&["--seats", "3"][..], json!(0)),
        (&["--seats", "1", "--yes"], json!(2)),
        (&["--seats", "2"], json!(0)),
        (&["--note", "x"], Value::Null),
    ] {
        let edited = kami.run(&[&["edit", &code, "--json"], options].concat()).ends(0);
        assert_eq!(edited.json()[0]["machines"], machines, "{options:?}");
    }
    let code = used(&kami, &["--seats", "3"], &["PC-1", "PC-2", "PC-3"]).await;
    let edited = kami.run(&["edit", &code, "--seats", "2", "--yes"]).ends(0).err;
    assert!(edited.starts_with("Saved. One machine lost its seat. To undo it: kami undo "), "{edited}");
    assert_eq!(machines(&kami, &code).len(), 2);

    let leased = used(&kami, &["--seats", "2", "--lease", "10m"], &["PC-1", "PC-2"]).await;
    let late = "UPDATE card_seats SET lease_until = UTC_TIMESTAMP() - INTERVAL 1 MINUTE";
    kami.database.execute(late).await;
    let edited = kami.run(&["edit", &leased, "--seats", "1"]).ends(0).err;
    assert!(edited.starts_with("Saved. To undo it:"), "whose lease is over has nothing to lose: {edited}");
}

#[tokio::test]
async fn a_seat_without_a_lease_is_shown_with_since_when_it_is_taken() {
    let kami = Kami::new().await;
    let code = used(&kami, &["--seats", "2"], &["PC-1", "PC-2"]).await;
    for seat in shown(&kami, &code)["machines"].as_array().unwrap() {
        assert!(seat["since"].as_str().unwrap().ends_with('Z'), "{seat}");
        assert_eq!((&seat["seen_at"], &seat["lease_until"]), (&Value::Null, &Value::Null));
    }
    let headings = |code: &str| {
        let text = kami.run(&["show", code]).ends(0).out;
        let (_, seats) = text.split_once(" taken\n").unwrap();
        seats
            .lines()
            .next()
            .unwrap()
            .split("  ")
            .map(str::trim)
            .filter(|word| !word.is_empty())
            .collect::<Vec<_>>()
            .join(", ")
    };
    assert_eq!(headings(&code), "machine, since");
    // The lease that is set later begins for each machine with its next question.
    kami.run(&["edit", &code, "--lease", "10m"]).ends(0);
    assert!(is_in(&kami, &code, "PC-1").await);
    assert_eq!(headings(&code), "machine, since, last seen, lease until");
    let seats = shown(&kami, &code)["machines"].clone();
    assert_eq!((&seats[0]["since"], &seats[1]["seen_at"]), (&Value::Null, &Value::Null));
    assert!(seats[0]["seen_at"].is_string() && seats[1]["since"].is_string(), "{seats}");
}

#[tokio::test]
async fn the_machines_of_a_card_for_several_or_with_a_lease_are_shown_and_of_others_nothing_new() {
    let kami = Kami::with_cards().await;
    let empty = generated(&kami, &["--seats", "2"]);
    let card = shown(&kami, &empty);
    assert_eq!((&card["seats_taken"], &card["machines"]), (&json!(0), &json!([])));
    let text = kami.run(&["show", &empty]).ends(0).out;
    assert!(text.contains("\n0 of 2 taken\n") && !text.contains("last seen"), "{text}");

    kami.run(&["edit", "VIP-A", "--status", "active", "--machine", "PC-1"]).ends(0);
    for plain in ["VIP-A", "VIP-B"] {
        let card = shown(&kami, plain);
        assert!(card.get("seats_taken").is_none() && card.get("machines").is_none(), "{card}");
        let text = kami.run(&["show", plain]).ends(0).out;
        assert!(!text.contains(" taken\n"), "{text}");
    }

    let code = used(&kami, &["--seats", "3", "--lease", "10m"], &["PC-1", "PC-2"]).await;
    let late = "UPDATE card_seats SET lease_until = UTC_TIMESTAMP() - INTERVAL 1 MINUTE";
    kami.database.execute(late).await;
    let card = shown(&kami, &code);
    assert_eq!(card["seats_taken"], 1, "who lets his lease end leaves his seat to whoever asks");
    let seats = card["machines"].as_array().unwrap();
    let told: Vec<_> = seats.iter().map(|seat| (&seat["machine"], &seat["is_over"])).collect();
    assert_eq!(told, [(&json!("PC-1"), &json!(false)), (&json!("PC-2"), &json!(true))]);
    for seat in seats {
        assert!(seat["since"].is_null() && seat["seen_at"].as_str().unwrap().ends_with('Z'), "{seat}");
        assert!(seat["lease_until"].as_str().unwrap().ends_with('Z'), "{seat}");
    }
    let text = kami.run(&["show", &code]).ends(0).out;
    let (_, seats) = text.split_once("\n1 of 3 taken\n").unwrap();
    let lines: Vec<_> = seats.lines().take(3).collect();
    assert!(lines[0].starts_with("machine  last seen") && lines[0].ends_with("lease until"), "{text}");
    assert!(lines[1].starts_with("PC-1     ") && !lines[1].ends_with(", over"), "{text}");
    assert!(lines[2].starts_with("PC-2     ") && lines[2].ends_with(", over"), "{text}");

    let leased = used(&kami, &["--lease", "1h"], &["PC-9"]).await;
    assert_eq!(
        (&shown(&kami, &leased)["seats_taken"], machines(&kami, &leased)),
        (&json!(1), vec!["PC-9".to_owned()])
    );
}

#[tokio::test]
async fn one_machine_of_a_card_is_unbound_or_all_of_them() {
    let kami = Kami::new().await;
    let code = used(&kami, &["--seats", "3"], &["PC-1", "PC-2", "PC-3"]).await;
    let freed = kami.run(&["unbind", &code, "--machine", "PC-2"]).ends(0);
    assert_eq!(
        (freed.out.as_str(), freed.err.as_str()),
        ("", "One card unbound from its machine. To undo it: kami undo 2\n")
    );
    assert_eq!(machines(&kami, &code), ["PC-1", "PC-3"]);
    let again = kami.run(&["unbind", &code, "--machine", "PC-2", "--json"]).ends(4);
    let told = &again.json()[0];
    assert_eq!(
        (&told["refused"], &told["done"], &told["machines"]),
        (&json!({ "no_seat": 1 }), &json!(0), &json!(0))
    );
    assert_eq!(again.err, "kami: 1 left: that machine has no seat of it.\n");
    kami.run(&["undo", "2"]).ends(0);
    assert_eq!(shown(&kami, &code)["seats_taken"], 3);
    let first = kami.run(&["unbind", &code, "--machine", "PC-1", "--yes", "--json"]).ends(0);
    let told = &first.json()[0];
    assert_eq!((&told["act"], &told["done"], &told["machines"]), (&json!("unbind"), &json!(1), &json!(1)));
    assert_eq!(shown(&kami, &code)["machine"], "PC-2", "another stands in the row of the card");
    let all = kami.run(&["unbind", &code]).ends(0);
    assert!(all.err.starts_with("One card unbound from its 2 machines. To undo it:"), "{all:?}");
    assert_eq!(machines(&kami, &code), [""; 0]);
    kami.run(&["undo"]).ends(0);
    assert_eq!(machines(&kami, &code), ["PC-2", "PC-3"]);

    let other = used(&kami, &["--seats", "2"], &["PC-2"]).await;
    let both = kami.run(&["unbind", &code, &other, "--json"]).ends(0);
    assert_eq!((&both.json()[0]["done"], &both.json()[0]["machines"]), (&json!(2), &json!(3)));
    kami.run(&["undo"]).ends(0);
    let both = kami.run(&["unbind", &code, &other]).ends(0);
    assert!(both.err.starts_with("2 cards unbound from 3 machines in all."), "{both:?}");
}

#[tokio::test]
async fn a_machine_is_unbound_of_one_card_that_is_named_alone() {
    let kami = Kami::with_cards().await;
    let code = used(&kami, &["--seats", "2"], &["PC-1", "PC-2"]).await;
    let words = "--machine frees one machine of one card";
    for (arguments, ends, words) in [
        (&["unbind", &code, "VIP-A", "--machine", "PC-1"][..], 2, words),
        (&["unbind", &code, "--machine", "PC-1", "--status", "active"], 2, words),
        (&["unbind", &code, "--machine", "PC-1", "--all"], 2, "cannot be used with"),
        (&["unbind", &code, "--status", "active"], 2, "not by both"),
        (&["unbind", "VIP-X", "--machine", "PC-1"], 3, "there is no card VIP-X"),
        (&["unbind", "VIP-A", "--machine", "PC-1"], 4, "never used"),
        (&["unbind", &code, "--machine", ""], 4, "that machine has no seat of it"),
        (&["--read-only", "unbind", &code, "--machine", "PC-1"], 4, "Read-only by your settings."),
    ] {
        let refused = kami.run(arguments).ends(ends);
        assert!(refused.err.contains(words), "{arguments:?}: {refused:?}");
    }
    assert_eq!(machines(&kami, &code), ["PC-1", "PC-2"]);
}

#[tokio::test]
async fn a_card_is_found_by_each_of_its_machines() {
    let kami = Kami::with_cards().await;
    let code = used(&kami, &["--seats", "3"], &["PC-1", "PC-2", "PC-3"]).await;
    for machine in ["PC-1", "PC-3"] {
        for more in [&[][..], &["--status", "active"], &["--sort", "expires"]] {
            let listed = kami.run(&[&["list", "--machine", machine, "--json"], more].concat()).ends(0).json();
            assert_eq!((listed.len(), &listed[0]["code"]), (1, &json!(code)), "{machine} {more:?}");
        }
    }
    kami.run(&["list", "--machine", "PC-4"]).ends(3);
    let done = kami.run(&["unbind", "--machine", "PC-3", "--all"]).ends(0);
    assert!(done.err.starts_with("One card unbound from its 3 machines."), "{done:?}");
    kami.run(&["list", "--machine", "PC-3"]).ends(3);
}

#[tokio::test]
async fn an_account_that_may_not_read_seats_is_shown_all_else() {
    let kami = Kami::new().await;
    let code = used(&kami, &["--seats", "2"], &["PC-1", "PC-2"]).await;
    let (name, user) = (kami.database.name(), kami_testkit::unique_name("r"));
    kami.database.execute(&format!("CREATE USER '{user}'@'%' IDENTIFIED BY 'p'")).await;
    for table in ["cards", "batches", "acts", "operator_log", "apps"] {
        kami.database.execute(&format!("GRANT SELECT ON {name}.{table} TO '{user}'@'%'")).await;
    }
    let url = kami.database.as_account(&user, "p").url();
    let run =
        |arguments: &[&str]| ran(kami.command(arguments).env("DATABASE_URL", &url).output().unwrap()).ends(0);
    let card = run(&["show", &code, "--json"]).json().remove(0);
    assert_eq!((&card["seats"], card.get("seats_taken"), card.get("machines")), (&json!(2), None, None));
    let text = run(&["show", &code]);
    assert!(text.out.contains("PC-1") && !text.out.contains(" taken\n") && text.err.is_empty(), "{text:?}");
    assert_eq!(run(&["list", "--machine", "PC-1", "--json"]).json().len(), 1);
}
