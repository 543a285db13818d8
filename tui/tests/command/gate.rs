//! What changes much is shown and agreed to first, by every command alike.

use super::fixtures::Kami;

/// Sixty cards of one prefix and one of another, with `production` set or not.
async fn kami(production: bool) -> Kami {
    let kami = Kami::new().await;
    let rows: Vec<String> = (0..60).map(|card| format!("('VIP', '{card}', 'VIP-{card}')")).collect();
    let insert = format!("INSERT INTO cards (prefix, code, full_code) VALUES {}", rows.join(", "));
    kami.database.execute(&insert).await;
    kami.database.insert_card("GOLD", "ONE").await;
    if production {
        let folder = kami.folder.join(".config/kami");
        std::fs::create_dir_all(&folder).unwrap();
        let config = format!("[environments.shop]\nurl = \"{}\"\nproduction = true\n", kami.database.url());
        let file = folder.join("config.toml");
        std::fs::write(&file, config).unwrap();
        std::process::Command::new("chmod").arg("-R").arg("go-rwx").arg(&kami.folder).status().unwrap();
    }
    kami
}

/// Every command that acts on cards which a filter finds.
const ACTS: [&[&str]; 7] = [
    &["disable"],
    &["enable"],
    &["unbind"],
    &["extend", "--by", "1d"],
    &["note", "--set", "x"],
    &["note", "--clear"],
    &["delete"],
];

#[tokio::test]
async fn every_act_on_many_cards_says_what_it_would_touch_and_needs_a_yes() {
    let kami = kami(false).await;
    for act in ACTS {
        let ran = kami.run(&[act, &["--all"]].concat()).ends(4);
        assert!(ran.err.contains("61 cards"), "{ran:?}");
        assert!(ran.err.contains("Without a terminal to ask at, that needs --yes."), "{ran:?}");
        assert!(ran.err.contains("\n  unused 61\n  prefix GOLD 1, VIP 60"), "{ran:?}");
        assert_eq!(kami.database.rows::<u64>("SELECT COUNT(*) FROM acts", ()).await, [0], "{act:?}");
    }
    let named: Vec<String> = (0..51).map(|card| format!("VIP-{card}")).collect();
    let named: Vec<&str> = ["disable"].into_iter().chain(named.iter().map(String::as_str)).collect();
    kami.run(&named).ends(4);
    kami.run(&named[..51]).ends(0);
    kami.run(&["disable", "--prefix", "GOLD", "--all"]).ends(0);
    let ran = kami.run(&["disable", "--all", "--yes"]).ends(0);
    assert!(ran.err.starts_with("10 cards disabled."), "{ran:?}");
}

#[tokio::test]
async fn in_production_a_second_card_is_asked_about() {
    let kami = kami(true).await;
    let run = |arguments: &[&'static str]| {
        let mut command = kami.command(&[&["-e", "shop"], arguments].concat());
        command.env_remove("DATABASE_URL");
        super::fixtures::ran(command.output().unwrap())
    };
    run(&["disable", "VIP-1"]).ends(0);
    let ran = run(&["disable", "VIP-2", "VIP-3"]).ends(4);
    assert!(ran.err.contains("Disable 2 cards?") && ran.err.contains("\n  prefix VIP 2"), "{ran:?}");
    run(&["disable", "VIP-2", "VIP-3", "--yes"]).ends(0);
    run(&["extend", "--prefix", "GOLD", "--all", "--by", "1d"]).ends(0);
}

#[tokio::test]
async fn an_undo_without_a_number_says_what_it_takes_back_and_deletes_nothing_unasked() {
    let kami = Kami::with_cards().await;
    let account = kami.account().await;
    let generate = ["generate", "--prefix", "NEW", "--count", "3", "--duration", "1d"];
    kami.run(&generate).ends(0);
    for _ in 0..2 {
        let ran = kami.run(&["undo"]).ends(4);
        assert!(
            ran.err.contains(&format!("Take back #1 generated, 3 cards, tester ({account}), ")),
            "{ran:?}"
        );
        assert!(ran.err.contains("kami undo 1, or --yes"), "{ran:?}");
        assert!(ran.err.contains("\n  3 cards are deleted with it"), "{ran:?}");
        assert_eq!(kami.statuses().len(), 6);
    }
    kami.run(&["undo", "1"]).ends(0);
    assert_eq!(kami.statuses().len(), 3);
    kami.run(&generate).ends(0);
    let ran = kami.run(&["undo", "--yes"]).ends(0);
    assert!(ran.err.starts_with("Taking back #3 generated, 3 cards, tester ("), "{ran:?}");
    assert_eq!(kami.statuses().len(), 3);
    kami.run(&["delete", "VIP-A", "--yes"]).ends(0);
    let ran = kami.run(&["undo"]).ends(0);
    assert!(ran.err.starts_with("Taking back #5 deleted, one card, tester ("), "{ran:?}");
    assert_eq!(kami.statuses().len(), 3);
}
