//! What apps and cards say of unbinding by customers, and what customers did by it.

use kami_core::card::{CardCode, MachineCode};
use kami_store::Client;
use serde_json::{Value, json};

use crate::fixtures::{Kami, ran};

/// Has a machine use a card and unbind it.
async fn use_and_unbind(kami: &Kami, code: &str, machine: &str) {
    let store = kami.database.store();
    let (code, machine) = (CardCode::parse(code).unwrap(), MachineCode::parse(machine).unwrap());
    store.validate(&code, &machine, &Client::default()).await.unwrap();
    let unbinding = store.unbind(&code, &machine, &Client::default()).await.unwrap().unwrap();
    assert!(unbinding.result.unwrap().was_bound);
}

#[tokio::test]
async fn what_an_app_says_of_unbinding_is_set_shown_logged_and_undone() {
    let kami = Kami::new().await;
    let said = || {
        let app = kami.run(&["app", "show", "demo", "--json"]).ends(0).json().remove(0);
        ["unbind", "unbind_cooldown_seconds", "unbind_limit", "unbind_cost"].map(|member| app[member].clone())
    };
    kami.run(&["app", "add", "demo"]).ends(0);
    let nothing = [json!("off"), Value::Null, Value::Null, Value::Null];
    assert_eq!(said(), nothing);
    let shown = kami.run(&["app", "show", "demo"]).ends(0).out;
    let lines = "unbinding        off\nunbind cooldown  none\nunbind limit     none\nunbind cost      none\n";
    assert!(shown.contains(lines), "{shown}");

    let options =
        ["--unbind", "anyone", "--unbind-cooldown", "24h", "--unbind-limit", "3", "--unbind-cost", "5p"];
    kami.run(&[&["app", "set", "demo"][..], &options].concat()).ends(0);
    let all = [json!("anyone"), json!(86_400), json!(3), json!({"points": 5})];
    assert_eq!(said(), all);
    let shown = kami.run(&["app", "show", "demo"]).ends(0).out;
    let lines = "unbinding        from any machine\nunbind cooldown  1d\nunbind limit     3 in 30 days\n\
                 unbind cost      5 points\n";
    assert!(shown.contains(lines), "{shown}");
    let log = kami.run(&["log", "2"]).ends(0).out;
    let changes = "unbinding - → from any machine, unbind cooldown - → 1d, unbind limit - → 3 in 30 days, \
                   unbind cost - → 5 points";
    assert!(log.trim_end().ends_with(changes), "{log}");
    let listed = kami.run(&["app", "list"]).ends(0).out;
    assert_eq!(
        listed,
        "app      title  latest version  lowest version  cards  unbinding\n\
         default  -      -               -               0      off\n\
         demo     -      -               -               0      from any machine\n"
    );
    kami.run(&["undo", "2"]).ends(0);
    assert_eq!(said(), nothing);
    kami.run(&["undo", "3"]).ends(0);
    assert_eq!(said(), all);
    kami.run(&["app", "set", "demo", "--unbind-cost", "90m", "--unbind-limit", ""]).ends(0);
    assert_eq!(said(), [json!("anyone"), json!(86_400), Value::Null, json!({"seconds": 5_400})]);
    // There is always one, which is told where nobody has said it.
    let without = ["app", "set", "demo", "--unbind-cooldown", "off"];
    for (more, seconds, told) in [
        (&[][..], 86_400, "none (1d at the least)"),
        (&["--unbind-limit", "3"], 60, "none (1m at the least)"),
        (&["--unbind", "machine", "--unbind-limit", "off"], 60, "none (1m at the least)"),
    ] {
        kami.run(&[&without[..], more].concat()).ends(0);
        let app = kami.run(&["app", "show", "demo", "--json"]).ends(0).json().remove(0);
        let waits = [&app["unbind_cooldown_seconds"], &app["unbind_wait_seconds"]];
        assert_eq!(waits, [&Value::Null, &json!(seconds)], "{more:?}");
        let shown = kami.run(&["app", "show", "demo"]).ends(0).out;
        assert!(shown.contains(&format!("\nunbind cooldown  {told}\n")), "{shown}");
    }
    kami.run(&["app", "set", "demo", "--unbind", "off", "--unbind-cooldown", "off", "--unbind-cost", "off"])
        .ends(0);
    assert_eq!(said(), nothing);
}

#[tokio::test]
async fn a_card_departs_from_its_app_when_it_is_made_and_later() {
    let kami = Kami::with_cards().await;
    let options =
        ["--unbind", "machine", "--unbind-cooldown", "1h", "--unbind-limit", "off", "--unbind-cost", "30m"];
    let made = kami.run(&[&["generate", "--prefix", "MOVE", "--count", "1"][..], &options].concat()).ends(0);
    let policy = "unbind=machine unbind-cooldown=1h unbind-limit=off unbind-cost=30m";
    assert!(made.err.contains(policy), "{}", made.err);
    let stored =
        || async { kami.database.rows::<String>("SELECT policy FROM cards WHERE prefix = 'MOVE'", ()).await };
    assert_eq!(stored().await, ["unbind=machine unbind-cooldown=3600 unbind-limit=off unbind-cost=1800s"]);
    let code = made.out.trim();
    kami.run(&["edit", code, "--unbind", "off", "--unbind-limit", "2", "--unbind-cost", "app"]).ends(0);
    assert_eq!(stored().await, ["unbind=off unbind-cooldown=3600 unbind-limit=2"]);
    kami.run(&["undo"]).ends(0);
    assert_eq!(stored().await, ["unbind=machine unbind-cooldown=3600 unbind-limit=off unbind-cost=1800s"]);

    let full = format!("later={}", "x".repeat(240));
    kami.database.execute(&format!("UPDATE cards SET policy = '{full}' WHERE full_code = 'VIP-A'")).await;
    let refused = kami.run(&["edit", "VIP-A", "--unbind", "machine"]).ends(4).err;
    assert_eq!(refused, "kami: with what later versions say, the policy has more than 255 bytes\n");
}

#[tokio::test]
async fn what_can_be_no_rule_is_refused_and_nothing_is_changed() {
    let kami = Kami::with_cards().await;
    let generate = ["generate", "--prefix", "TEAM", "--count", "1"];
    let edit = ["edit", "VIP-A"];
    let set = ["app", "set", "default"];
    for (command, option, value, words) in [
        (&generate[..], "--unbind", "nobody", "write off, machine or anyone"),
        (&generate, "--unbind-cooldown", "59s", "a cooldown lasts 60 seconds to 30 days"),
        (&edit, "--unbind-limit", "1001", "there are 1 to 1,000 unbindings in 30 days"),
        (&edit, "--unbind-cost", "5", "an unbinding costs 1 second to 365 days"),
        (&set, "--unbind", "app", "write off, machine or anyone"),
        (
            &set,
            "--unbind-cooldown",
            "31d",
            "kami: --unbind-cooldown: off, or 60 seconds to 30 days, such as 24h",
        ),
        (&set, "--unbind-limit", "0", "kami: --unbind-limit: off, or a number from 1 to 1,000"),
        (&set, "--unbind-cost", "366d", "kami: --unbind-cost: off, 1 second to 365 days such as 1h"),
    ] {
        let refused = kami.run(&[command, &[option, value]].concat()).ends(2);
        assert!(refused.err.contains(words), "{command:?} {option} {value}: {refused:?}");
    }
    kami.run(&["log"]).ends(3);
}

#[tokio::test]
async fn what_a_customer_did_stands_in_the_history_of_the_card_as_his() {
    let kami = Kami::with_cards().await;
    kami.run(&["edit", "VIP-A", "--unbind", "machine", "--unbind-cost", "1h"]).ends(0);
    use_and_unbind(&kami, "VIP-A", "PC-1").await;
    kami.database.execute("UPDATE customer_log SET done_at = done_at + INTERVAL 1 MINUTE").await;
    let card = &kami.run(&["show", "VIP-A", "--json"]).ends(0).json()[0];
    let history = card["history"].as_array().unwrap();
    assert_eq!(history.len(), 2);
    let mut own = history[0].clone();
    for moment in ["done_at", "before", "after"] {
        assert!(!own[moment].take().is_null(), "{moment}");
    }
    assert_eq!(
        own,
        json!({
            "act_id": null, "act": "customer_unbind", "operator": null, "account": null, "done_at": null,
            "machine": "PC-1", "other_card": null, "other_code": null, "before": null, "after": null,
        })
    );
    let values = (&history[0]["before"]["machine_code"], &history[0]["after"]["machine_code"]);
    assert_eq!(values, (&json!("PC-1"), &Value::Null));
    assert_eq!(history[1]["act"], "edit");

    for (locale, word, machine) in [
        ("en_US.UTF-8", "customer unbound", "machine PC-1 → -"),
        ("zh_CN.UTF-8", "客户解绑", "机器码 PC-1 → -"),
        ("zh_TW.UTF-8", "客戶解綁", "機器碼 PC-1 → -"),
    ] {
        let shown = ran(kami.command(&["show", "VIP-A"]).env("LC_ALL", locale).output().unwrap()).ends(0).out;
        let line = shown.lines().find(|line| line.contains(word));
        assert!(line.is_some_and(|line| line.contains(machine) && !line.contains('#')), "{shown}");
    }
}
