//! `kami migrate` as its user runs it.

use std::process::{Command, Output};

use kami_testkit::TestDatabase;

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
    assert_eq!(planned(), (true.into(), 4));
    let made = "made the database\napplied 1 flask_cards\napplied 2 cards\napplied 3 batches_and_operator_log\n\
                applied 4 accounts\nmade the routines activate_card, bind_card, expire_cards, must_own_act, change_cards, \
                delete_cards, restore_cards, make_batch, add_cards, hold_act, close_act\n";
    let (code, done, _) = kami(&database, &["migrate", "--demo"]);
    assert_eq!((code, done), (0, format!("{made}added 3 sample cards\n")));
    let (code, done, _) = kami(&database, &["migrate", "--demo"]);
    assert_eq!(
        (code, done.as_str()),
        (0, "nothing to do: the database is at schema version 4\nadded 0 sample cards\n")
    );
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
    assert_eq!(run(&database.url()), "无需操作：数据库结构已是版本 4\n");
    assert!(run("mysql://kami@127.0.0.1:1/kamisystem").starts_with("kami: 数据库不可用："));
}
