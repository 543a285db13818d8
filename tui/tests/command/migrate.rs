//! `kami migrate` as its user runs it.

use std::process::{Command, Output};

use kami_testkit::{TestDatabase, migrations, schema_version};

fn nothing_to_do() -> String {
    format!("nothing to do: the database is at schema version {}\n", schema_version())
}

fn kami(database: &TestDatabase, arguments: &[&str]) -> (i32, String, String) {
    let Output { status, stdout, stderr } = Command::new(env!("CARGO_BIN_EXE_kami"))
        .args(arguments)
        .env("DATABASE_URL", database.url())
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

#[test]
fn a_dry_run_shows_the_statements_and_migrating_twice_is_harmless() {
    let database = TestDatabase::absent();
    for _ in 0..2 {
        let (code, plan, _) = kami(&database, &["migrate", "--dry-run"]);
        assert_eq!(code, 0);
        assert!(plan.starts_with("-- the database is missing and would be made\n-- 1 flask_cards"), "{plan}");
        assert!(plan.contains("CREATE TABLE IF NOT EXISTS batches"), "{plan}");
    }
    let planned = || {
        let (code, plan, _) = kami(&database, &["migrate", "--dry-run", "--json"]);
        assert_eq!(code, 0);
        let plan: serde_json::Value = serde_json::from_str(&plan).unwrap();
        (plan["creates_database"].clone(), plan["migrations"].as_array().unwrap().len())
    };
    assert_eq!(planned(), (true.into(), migrations().len()));
    let migrations = migrations();
    let applied: Vec<_> =
        migrations.iter().map(|(version, name)| format!("applied {version} {name}\n")).collect();
    let applied = applied.concat();
    let made = format!(
        "made the database\n{applied}made the routines activate_card, bind_card, expire_cards, must_own_act, \
         change_cards, delete_cards, restore_cards, make_batch, add_cards, hold_act, close_act, begin_leases, change_cards_2, \
         delete_cards_2, restore_cards_2, make_batch_2, add_cards_2, hold_app, save_app, \
         read_policy, activate_card_2, renew_seat, take_seat, release_seat, expire_cards_2, take_points, \
         forget_point_uses, save_preset, make_batch_3, hold_blocks, save_blocks, remove_blocks, recharge_card, \
         start_trial, read_unbinding, read_wait, bind_card_2, take_seat_2, unbind_seat, \
         save_preset_2, start_trial_2, unbind_seat_2, read_point_use, delete_cards_3, note_mismatches, forget_mismatches, \
         keep_device_key, forget_device_keys, activate_card_3, bind_card_3, take_seat_3, take_device_key, note_sequence, \
         note_copy, clear_device_keys, certify_card\n"
    );
    let (code, done, _) = kami(&database, &["migrate", "--demo"]);
    assert_eq!((code, done), (0, format!("{made}added 3 sample cards\n")));
    let (code, done, _) = kami(&database, &["migrate", "--demo"]);
    assert_eq!((code, done), (0, nothing_to_do() + "added 0 sample cards\n"));
    assert_eq!(planned(), (false.into(), 0));
}

#[test]
fn a_database_that_is_away_is_said_in_one_line_without_the_password() {
    let output = Command::new(env!("CARGO_BIN_EXE_kami"))
        .arg("migrate")
        .env("DATABASE_URL", "mysql://kami:secret@127.0.0.1:1/kamisystem")
        .output()
        .unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(message.starts_with("kami: the database is unavailable"), "{message}");
    assert_eq!((message.lines().count(), message.matches("refused").count()), (1, 1), "{message}");
    assert!(!message.contains("secret"), "{message}");
}

#[test]
fn it_speaks_the_readers_language() {
    let database = TestDatabase::absent();
    let run = |url: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kami"));
        let output = command.arg("migrate").env("DATABASE_URL", url).env("LC_ALL", "zh_CN.UTF-8").output();
        let Output { stdout, stderr, .. } = output.unwrap();
        String::from_utf8([stdout, stderr].concat()).unwrap()
    };
    assert!(run(&database.url()).starts_with("已创建数据库\n已执行 1 flask_cards\n"));
    let nothing = format!("无需操作：数据库结构已是版本 {}\n", schema_version());
    assert_eq!(run(&database.url()), nothing);
    assert!(run("mysql://kami@127.0.0.1:1/kamisystem").starts_with("kami: 数据库不可用："));
}

/// What a Flask installation may have beside the usual: an old engine, an old character set and a date of zeros.
pub(crate) const OLD: &str = "
    CREATE TABLE cards (
        id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, prefix VARCHAR(16) NOT NULL, code VARCHAR(64) NOT NULL,
        full_code VARCHAR(128) NOT NULL UNIQUE, used_at DATETIME NULL, expire_at DATETIME NULL,
        machine_code VARCHAR(128) NULL, status ENUM('UNUSED', 'ACTIVE', 'EXPIRED') DEFAULT 'UNUSED',
        created_at DATETIME DEFAULT CURRENT_TIMESTAMP,
        updated_at DATETIME DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP
    ) ENGINE = MyISAM DEFAULT CHARSET = utf8mb3;
    SET sql_mode = '';
    INSERT INTO cards (prefix, code, full_code, used_at) VALUES ('VIP', 'A', 'VIP-A', '0000-00-00');";

#[tokio::test]
async fn what_is_fixed_in_an_old_table_is_said_before_and_afterwards() {
    let database = TestDatabase::create_empty().await;
    database.execute(OLD).await;
    let engine = "cards: the engine MyISAM has no transactions";
    let dates = "impossible dates in used_at (1): an unused card gets none, another the last real second before, and none for zeros";
    let (code, plan, _) = kami(&database, &["migrate", "--dry-run"]);
    assert_eq!(code, 0);
    for line in [engine, dates] {
        assert!(plan.contains(&format!("-- to fix: {line}\n")), "{plan}");
    }
    assert!(plan.contains("\nALTER TABLE cards\n    ENGINE = InnoDB, ROW_FORMAT = DYNAMIC,\n"), "{plan}");
    let (code, checks, _) = kami(&database, &["doctor", "--json"]);
    let checks: serde_json::Value = serde_json::from_str(&checks).unwrap();
    let mut checks = checks["checks"].as_array().unwrap().iter();
    let check = checks.find(|check| check["found"] == engine).unwrap();
    let fix = "kami migrate: ALTER TABLE cards ENGINE = InnoDB, ROW_FORMAT = DYNAMIC";
    assert_eq!((code, check["mend"].as_str(), check["name"].as_str()), (1, Some(fix), Some("tables")));
    let (code, done, _) = kami(&database, &["migrate", "--json"]);
    let done: serde_json::Value = serde_json::from_str(&done).unwrap();
    let fixed = done["repairs"].as_array().unwrap();
    assert!(code == 0 && fixed.iter().any(|one| one["what"] == dates), "{done}");
    let (_, done, _) = kami(&database, &["migrate"]);
    assert_eq!(done, nothing_to_do());
}

#[tokio::test]
async fn what_its_owner_has_to_decide_is_named_with_a_remedy_in_his_language() {
    let database = TestDatabase::create_empty().await;
    database.execute(&format!("{OLD} ALTER TABLE cards ADD shop VARCHAR(9) NOT NULL")).await;
    let refused = "kami: the tables cannot be taken over as they are, and nothing was changed:\n  \
                   cards.shop must have a value, which cards that kami makes do not have: let it be empty \
                   (ALTER TABLE cards MODIFY shop varchar(9) NULL) or give it a default\n";
    for arguments in [&["migrate", "--dry-run"][..], &["migrate"]] {
        let (code, _, said) = kami(&database, arguments);
        assert_eq!((code, said.as_str()), (4, refused));
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_kami"));
    let ran =
        command.arg("migrate").env("DATABASE_URL", database.url()).env("LC_ALL", "zh_CN.UTF-8").output();
    let said = String::from_utf8(ran.unwrap().stderr).unwrap();
    assert!(said.starts_with("kami: 这些表无法直接接管，未作任何更改：\n  cards.shop 不允许为空"), "{said}");
    database.execute("SET sql_mode = ''; ALTER TABLE cards MODIFY shop varchar(9) NULL").await;
    assert_eq!(kami(&database, &["migrate"]).0, 0);
}
