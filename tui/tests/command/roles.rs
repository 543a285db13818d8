//! `kami grants`: an account of each role, made with the very statements that it prints, can do what its role needs and
//! nothing else.

use kami_testkit::{TestDatabase, unique_name};

use super::fixtures::{Kami, Ran, ran};

/// The numbers with which both servers refuse what there is no right to: on a database, a table, a column,
/// the server, a routine.
const DENIED: [u16; 5] = [1044, 1142, 1143, 1227, 1370];

/// The database as a new account of that role sees it.
async fn log_in(kami: &Kami, role: &str) -> TestDatabase {
    let name = unique_name("k");
    let printed = kami.run(&["grants", "--for", role, &format!("{name}@127.0.0.1")]).ends(0);
    let password = printed.err.lines().find_map(|line| line.strip_prefix("password: ")).unwrap();
    assert_eq!(printed.err.lines().count(), 2, "{printed:?}");
    for statement in printed.out.lines() {
        server(kami).execute(statement).await;
    }
    kami.database.as_account(&name, password)
}

/// The server of the database, which need not be there.
fn server(kami: &Kami) -> TestDatabase {
    TestDatabase::at(&kami.database.url().replace(kami.database.name(), "information_schema"))
}

/// Runs a subcommand as the account.
fn run_as(kami: &Kami, account: &TestDatabase, arguments: &[&str]) -> Ran {
    ran(kami.command(arguments).env("DATABASE_URL", account.url()).output().unwrap())
}

/// That the server lets the account do all of the first and none of the second.
async fn may(account: &TestDatabase, allowed: &[&str], denied: &[&str]) {
    for statement in allowed {
        assert_eq!(account.try_execute(statement).await, Ok(()), "{statement}");
    }
    for statement in denied {
        let refused = account.try_execute(statement).await.unwrap_err();
        assert!(DENIED.contains(&refused), "{statement}: {refused}");
    }
}

/// What only reads, and the exit code of each where there are three cards and no act yet.
const READS: [(&[&str], i32); 15] = [
    (&["list"], 0),
    (&["list", "--app", "default"], 0),
    (&["app", "list"], 0),
    (&["app", "show", "default"], 0),
    (&["preset", "list"], 0),
    (&["block", "list"], 3),
    (&["block", "add", "PC-1", "--dry-run"], 0),
    (&["list", "--prefix", "VIP", "--json"], 0),
    (&["show", "VIP-A"], 0),
    (&["stats"], 0),
    (&["log"], 3),
    (&["export", "--prefix", "VIP"], 0),
    (&["info"], 0),
    (&["migrate", "--dry-run"], 0),
    (&["import", "codes.txt", "--duration", "3h", "--dry-run"], 0),
];

/// Every act, in an order in which each can be done, with what it needs beside the log.
const ACTS: [(&[&str], &str); 26] = [
    (&["app", "add", "demo", "--minimum", "1.0"], "INSERT (act"),
    (&["app", "set", "demo", "--minimum", "2.0", "--yes"], "INSERT (act"),
    (&["app", "archive", "demo", "--yes"], "INSERT (act"),
    (&["app", "unarchive", "demo"], "INSERT (act"),
    (&["undo", "4"], "UPDATE (updated_at"),
    (&["app", "remove", "demo", "--yes"], "INSERT (act"),
    (&["preset", "add", "month", "--prefix", "VIP", "--duration", "30d"], "INSERT (act"),
    (&["preset", "set", "month", "--price", "9.90", "--currency", "CNY"], "INSERT (act"),
    (&["preset", "remove", "month"], "INSERT (act"),
    (&["generate", "--prefix", "NEW", "--count", "3", "--duration", "30d", "--note", "batch"], "INSERT (act"),
    (&["import", "codes.txt", "--duration", "3h"], "INSERT (act"),
    (&["edit", "VIP-A", "--status", "active", "--machine", "PC", "--note", "sold"], "UPDATE (updated_at"),
    (&["edit", "VIP-A", "--prefix", "GOLD"], "UPDATE (updated_at"),
    (&["extend", "GOLD-A", "--by", "1h"], "UPDATE (updated_at"),
    (&["unbind", "GOLD-A"], "UPDATE (updated_at"),
    (&["disable", "--prefix", "NEW", "--all"], "UPDATE (updated_at"),
    (&["enable", "--prefix", "NEW", "--all"], "UPDATE (updated_at"),
    (&["delete", "VIP-B", "--yes"], "UPDATE (updated_at"),
    (&["undo"], "UPDATE (updated_at"),
    (&["undo"], "UPDATE (updated_at"),
    (&["block", "add", "PC-1", "203.0.113.0/24"], "INSERT (act"),
    (&["block", "remove", "PC-1"], "INSERT (act"),
    (&["undo"], "UPDATE (updated_at"),
    (&["block", "import", "blocks.csv"], "INSERT (act"),
    (&["unrecharge", "TOP-B", "--yes"], "UPDATE (updated_at"),
    (&["certify", "TOP-B", "--machine", "PC-8", "--root", "root.pem", "--yes"], "UPDATE (updated_at"),
];

async fn kami() -> Kami {
    let kami = Kami::with_cards().await;
    kami.database
        .execute(
            "INSERT INTO batches (id, card_count, operator, created_at, recharge) VALUES (1, 1, 'x', UTC_TIMESTAMP(), 1);
             INSERT INTO cards (id, prefix, code, full_code, status, expire_at, batch_id) VALUES
                (4, 'TOP', 'A', 'TOP-A', 'ACTIVE', '2090-01-01', NULL), (5, 'TOP', 'B', 'TOP-B', 'UNUSED', NULL, 1);
             CALL recharge_card(4, 5)",
        )
        .await;
    std::fs::write(kami.folder.join("codes.txt"), "OTHER-1\nOTHER-2\n").unwrap();
    std::fs::write(kami.folder.join("blocks.csv"), "target\nPC-7\n").unwrap();
    kami.run(&["keys", "new", "--output", "root.pem"]).ends(0);
    kami
}

#[tokio::test]
async fn a_viewer_sees_everything_and_changes_nothing() {
    let kami = kami().await;
    let viewer = log_in(&kami, "viewer").await;
    for (arguments, code) in READS {
        run_as(&kami, &viewer, arguments).ends(code);
    }
    for (arguments, lacks) in ACTS {
        let refused = run_as(&kami, &viewer, arguments).ends(4);
        assert!(refused.err.contains(&format!("it lacks {lacks}")), "{refused:?}");
    }
    run_as(&kami, &viewer, &["doctor", "--for", "viewer"]).ends(0);
    run_as(&kami, &viewer, &["doctor", "--read-only"]).ends(0);
    run_as(&kami, &viewer, &["migrate"]).ends(0); // nothing to do
    may(
        &viewer,
        &[
            "SELECT * FROM operator_log",
            "SELECT * FROM blocks",
            "SELECT * FROM mismatches",
            "SELECT * FROM device_keys",
            "SELECT * FROM licences",
        ],
        &[
            "INSERT INTO cards (prefix, code, full_code) VALUES ('A', 'B', 'A-B')",
            "UPDATE cards SET note = ''",
            "DELETE FROM cards",
            "INSERT INTO acts (act, operator, done_at, card_count) VALUES ('x', 'x', '2026-01-01', 0)",
            "UPDATE acts SET undone_by = 1",
            "DELETE FROM operator_log",
            "UPDATE apps SET minimum = '9'",
            "CALL save_app(1, 'default', NULL)",
            "INSERT INTO presets (app, name, prefix) VALUES ('default', 'month', 'VIP')",
            "CALL save_preset_2(1, 'default', 'month', NULL)",
            "DELETE FROM blocks",
            "DELETE FROM mismatches",
            "DELETE FROM device_keys",
            "CALL clear_device_keys(1, '[1]')",
            "DELETE FROM licences",
            "CALL certify_card(1, 1, 'PC', NULL, 'kid', 'lease=off', NULL)",
            "CALL note_mismatches('[]')",
            "CALL forget_mismatches(1)",
            "CALL save_blocks(1, '[]')",
            "CREATE TABLE another (id INT)",
            "DROP TABLE cards",
        ],
    )
    .await;
}

#[tokio::test]
async fn an_operator_does_every_act_and_cannot_touch_schema_or_log() {
    let kami = kami().await;
    let operator = log_in(&kami, "operator").await;
    for (arguments, code) in READS {
        run_as(&kami, &operator, arguments).ends(code);
    }
    for (arguments, _) in ACTS {
        run_as(&kami, &operator, arguments).ends(0);
    }
    run_as(&kami, &operator, &["doctor"]).ends(0);
    may(
        &operator,
        &["SELECT * FROM operator_log"],
        &[
            "INSERT INTO cards (prefix, code, full_code) VALUES ('A', 'B', 'A-B')",
            "UPDATE cards SET note = 'x'",
            "UPDATE cards SET status = 'UNUSED', machine_code = NULL",
            "DELETE FROM cards",
            "INSERT INTO operator_log (act_id, act, operator, values_after) VALUES (1, 'delete', 'boss', '{}')",
            "INSERT INTO acts (act, operator, account) VALUES ('note', 'boss', 'boss@%')",
            "INSERT INTO acts (act, operator, done_at) VALUES ('note', 'boss', '2026-01-01')",
            "INSERT INTO acts (act, operator, card_count) VALUES ('note', 'boss', 1000)",
            "INSERT INTO acts (act, operator, batch_id) VALUES ('generate', 'boss', 1)",
            "INSERT INTO batches (card_count, operator, created_at) VALUES (1, 'boss', '2026-01-01')",
            "UPDATE acts SET card_count = 0",
            "UPDATE acts SET undone_by = 1",
            "INSERT INTO apps (name, created_at) VALUES ('demo', '2026-01-01')",
            "UPDATE apps SET minimum = '9'",
            "DELETE FROM apps",
            "UPDATE policy_revision SET revision = 0",
            "INSERT INTO presets (app, name, prefix) VALUES ('default', 'month', 'VIP')",
            "UPDATE presets SET price = 1",
            "DELETE FROM presets",
            "UPDATE batches SET price = 1",
            "DELETE FROM card_seats",
            "INSERT INTO blocks (kind, target, created_at) VALUES ('MACHINE', 'PC', '2026-01-01')",
            "UPDATE blocks SET reason = ''",
            "DELETE FROM blocks",
            "INSERT INTO licences VALUES (9, 1, 'PC', NULL, 'kid', NULL, UTC_TIMESTAMP(), 1)",
            "UPDATE licences SET `until` = NULL",
            "DELETE FROM licences",
            "CALL change_cards(1, '[]')",
            "DROP PROCEDURE change_cards_2",
            "ALTER PROCEDURE change_cards_2 SQL SECURITY INVOKER",
            "CREATE PROCEDURE another() DELETE FROM cards",
            "UPDATE operator_log SET operator = 'somebody else'",
            "DELETE FROM operator_log",
            "UPDATE acts SET operator = 'somebody else'",
            "DELETE FROM acts",
            "UPDATE batches SET card_count = 0",
            "DELETE FROM batches",
            "UPDATE cards SET created_at = '2026-01-01'",
            "UPDATE cards SET id = id + 1",
            "TRUNCATE TABLE operator_log",
            "ALTER TABLE cards ADD COLUMN more INT",
            "CREATE INDEX more ON cards (note)",
            "DROP TABLE cards",
            "CREATE TABLE another (id INT)",
            "UPDATE refinery_schema_history SET version = 9",
            "CREATE USER another",
        ],
    )
    .await;
}

#[tokio::test]
async fn an_admin_also_upgrades_and_prunes_the_log_and_cannot_rewrite_it() {
    let kami = kami().await;
    let admin = log_in(&kami, "admin").await;
    for (arguments, _) in ACTS {
        run_as(&kami, &admin, arguments).ends(0);
    }
    run_as(&kami, &admin, &["doctor", "--for", "admin"]).ends(0);
    may(
        &admin,
        &[
            "ALTER TABLE cards ADD COLUMN more INT",
            "DELETE FROM operator_log WHERE done_at < '2000-01-01'",
            "DELETE FROM acts WHERE done_at < '2000-01-01'
                AND NOT EXISTS (SELECT 1 FROM operator_log WHERE act_id = acts.id) LIMIT 10000",
        ],
        &[
            "DELETE FROM customer_log",
            "DELETE FROM trials",
            "DELETE FROM batches",
            "UPDATE operator_log SET operator = 'somebody else'",
            "DROP TABLE cards",
            "DROP PROCEDURE change_cards_2",
            "CREATE USER another",
            "GRANT SELECT ON cards TO another",
        ],
    )
    .await;
}

#[tokio::test]
async fn what_migrates_makes_one_database_and_keeps_out_of_the_others() {
    let mut kami = kami().await;
    let other = std::mem::replace(&mut kami.database, TestDatabase::absent());
    let migrate = log_in(&kami, "migrate").await;
    run_as(&kami, &migrate, &["migrate", "--demo"]).ends(0);
    run_as(&kami, &migrate, &["migrate"]).ends(0);
    run_as(&kami, &migrate, &["doctor", "--for", "migrate"]).ends(0);
    // The routines have its rights, so that it can do what they do; that stands in the log as well.
    run_as(&kami, &migrate, &["delete", "VIP-DEMO123456", "--yes"]).ends(0);
    let elsewhere = other.name();
    may(
        &migrate,
        &[
            "ALTER TABLE cards ADD COLUMN more INT, ADD INDEX more (more)",
            "CREATE INDEX note ON cards (note)",
        ],
        &[
            "DELETE FROM operator_log",
            "UPDATE operator_log SET operator = 'somebody else'",
            "DROP TABLE cards",
            &format!("ALTER TABLE {elsewhere}.cards ADD COLUMN more INT"),
            &format!("SELECT * FROM {elsewhere}.cards"),
            &format!("CREATE TABLE {elsewhere}.another (id INT)"),
            &format!("CREATE DATABASE {elsewhere}_2"),
            // The name's underscores mean themselves.
            &format!("CREATE DATABASE {}", migrate.name().replace('_', "x")),
            "CREATE USER another",
        ],
    )
    .await;
}

#[tokio::test]
async fn what_migrates_takes_the_flask_services_table_over() {
    let mut kami = kami().await;
    kami.database = TestDatabase::absent();
    server(&kami).execute(&format!("CREATE DATABASE {}", kami.database.name())).await;
    kami.database.execute(include_str!("../../../sql/V1__flask_cards.sql")).await;
    kami.database.execute("INSERT INTO cards (prefix, code, full_code) VALUES ('VIP', 'A', 'VIP-A')").await;
    let migrate = log_in(&kami, "migrate").await;
    let ran = run_as(&kami, &migrate, &["migrate"]).ends(0);
    assert!(ran.out.contains("applied 2"), "{ran:?}");
    assert_eq!(kami.statuses(), ["VIP-A unused"]);
}

#[tokio::test]
async fn the_function_and_the_expiry_job_reach_only_what_they_change() {
    let kami = kami().await;
    let function = log_in(&kami, "function").await;
    run_as(&kami, &function, &["doctor", "--for", "function"]).ends(0);
    may(
        &function,
        &[
            "SELECT * FROM cards",
            "SELECT * FROM apps",
            "SELECT * FROM policy_revision",
            "SELECT app, kind, target, `until` FROM blocks",
            "CALL note_mismatches('[[1, 1, 1]]')",
        ],
        &[
            "UPDATE cards SET status = 'UNUSED'",
            "UPDATE cards SET machine_code = 'm'",
            "UPDATE cards SET expire_at = '9999-01-01'",
            "CALL change_cards_2(1, '[]')",
            "CALL delete_cards_3(1, '[1]')",
            "CALL add_cards_2(1, '[]')",
            "CALL hold_app('default')",
            "CALL save_app(1, 'default', NULL)",
            "CALL save_preset_2(1, 'default', 'month', NULL)",
            "SELECT * FROM presets",
            "SELECT reason FROM blocks",
            "SELECT * FROM mismatches",
            "INSERT INTO mismatches VALUES (1, UTC_TIMESTAMP(), 1, 1)",
            "DELETE FROM mismatches",
            "CALL forget_mismatches(1)",
            "DELETE FROM blocks",
            "CALL hold_blocks()",
            "CALL remove_blocks(1, '[]')",
            "UPDATE apps SET minimum = NULL",
            "UPDATE policy_revision SET revision = 0",
            "CALL must_own_act(1)",
            "DROP PROCEDURE activate_card",
            "INSERT INTO cards (prefix, code, full_code) VALUES ('A', 'B', 'A-B')",
            "DELETE FROM cards",
            "UPDATE cards SET prefix = 'A'",
            "UPDATE cards SET full_code = 'A'",
            "UPDATE cards SET note = 'A'",
            "UPDATE cards SET duration_seconds = NULL",
            "UPDATE cards SET created_at = '2026-01-01'",
            "SELECT * FROM operator_log",
            "SELECT * FROM customer_log",
            "INSERT INTO customer_log (card_id, act, done_at) VALUES (4, 'RECHARGE', UTC_TIMESTAMP())",
            "UPDATE batches SET recharge = 1",
            "SELECT * FROM acts",
            "SELECT * FROM batches",
            "ALTER TABLE cards ADD COLUMN more INT",
        ],
    )
    .await;
    let expire = log_in(&kami, "expire").await;
    run_as(&kami, &expire, &["doctor", "--for", "expire"]).ends(0);
    may(
        &expire,
        &["SELECT id, status, expire_at FROM cards", "CALL forget_mismatches(1)"],
        &[
            "SELECT full_code FROM cards",
            "SELECT machine_code FROM cards",
            "UPDATE cards SET status = 'UNUSED'",
            "UPDATE cards SET status = 'EXPIRED'",
            "UPDATE cards SET machine_code = NULL",
            "UPDATE cards SET expire_at = NULL",
            "CALL activate_card(1, 'PC', UTC_TIMESTAMP(), 10800)",
            "CALL bind_card(1, 'PC', NULL)",
            "DELETE FROM cards",
            "SELECT * FROM mismatches",
            "CALL note_mismatches('[[1, 1, 1]]')",
            "SELECT * FROM apps",
            "SELECT * FROM operator_log",
        ],
    )
    .await;
}

#[tokio::test]
async fn the_doctor_names_what_a_role_lacks_and_the_command_that_gives_it() {
    let kami = kami().await;
    let viewer = log_in(&kami, "viewer").await;
    let ran = run_as(&kami, &viewer, &["doctor"]).ends(1);
    assert!(ran.out.contains("for the role operator it lacks UPDATE (updated_at) on cards, INSERT (act, operator, undoes) on acts, EXECUTE on change_cards_2"), "{ran:?}");
    let fix = ran.out.lines().find_map(|line| line.split_once("kami grants ").map(|(_, rest)| rest)).unwrap();
    let (arguments, _) = fix.split_once(" | mysql").unwrap();
    let words: Vec<&str> = arguments.split(' ').map(|word| word.trim_matches('\'')).collect();
    let printed = kami.run(&[&["grants"], &words[..]].concat()).ends(0);
    for statement in printed.out.lines() {
        kami.database.execute(statement).await;
    }
    run_as(&kami, &viewer, &["doctor"]).ends(0);
}

/// What an operator's account had before there were routines, and a right of it that is none any more.
const BEFORE_ROUTINES: (&[&str], &str) = (
    &[
        "SELECT, INSERT, DELETE, UPDATE (prefix, full_code, status, duration_seconds, machine_code, note, used_at, \
         expire_at, updated_at) ON {db}.cards",
        "SELECT, INSERT ON {db}.batches",
        "SELECT, INSERT, UPDATE (card_count, undone_by) ON {db}.acts",
        "SELECT, INSERT ON {db}.operator_log",
        "SELECT ON {db}.refinery_schema_history",
    ],
    "INSERT on operator_log",
);

/// The same before there were apps.
const BEFORE_APPS: (&[&str], &str) = (
    &[
        "SELECT, UPDATE (updated_at) ON {db}.cards",
        "SELECT ON {db}.batches",
        "SELECT, INSERT (act, operator, undoes) ON {db}.acts",
        "SELECT ON {db}.operator_log",
        "SELECT ON {db}.refinery_schema_history",
        "EXECUTE ON PROCEDURE {db}.change_cards",
        "EXECUTE ON PROCEDURE {db}.delete_cards",
        "EXECUTE ON PROCEDURE {db}.restore_cards",
        "EXECUTE ON PROCEDURE {db}.make_batch",
        "EXECUTE ON PROCEDURE {db}.add_cards",
        "EXECUTE ON PROCEDURE {db}.hold_act",
        "EXECUTE ON PROCEDURE {db}.close_act",
    ],
    "EXECUTE on change_cards",
);

/// A new account with these rights.
async fn account_with(kami: &Kami, grants: &[&str]) -> (String, TestDatabase) {
    let (name, password) = (unique_name("k"), "Kami-1-password");
    kami.database.execute(&format!("CREATE USER '{name}'@'127.0.0.1' IDENTIFIED BY '{password}'")).await;
    for grant in grants {
        let grant = grant.replace("{db}", kami.database.name());
        kami.database.execute(&format!("GRANT {grant} TO '{name}'@'127.0.0.1'")).await;
    }
    (format!("{name}@127.0.0.1"), kami.database.as_account(&name, password))
}

#[tokio::test]
async fn an_account_of_an_older_version_is_told_what_it_lacks_and_then_what_it_has_outgrown() {
    for (grants, outgrown) in [BEFORE_ROUTINES, BEFORE_APPS] {
        let kami = kami().await;
        let (account, operator) = account_with(&kami, grants).await;
        for (arguments, lacks) in [
            (&["disable", "VIP-A"][..], "it lacks SELECT on card_seats, EXECUTE on change_cards_2."),
            (&["app", "add", "demo"], "SELECT on apps, EXECUTE on hold_app, EXECUTE on save_app."),
            (&["generate", "--prefix", "A", "--count", "1"], "SELECT on apps, EXECUTE on make_batch_2, "),
            (
                &["block", "add", "PC-1"],
                "SELECT on blocks, EXECUTE on hold_blocks, EXECUTE on save_blocks, EXECUTE on remove_blocks.",
            ),
        ] {
            let refused = run_as(&kami, &operator, arguments).ends(4);
            assert!(refused.err.contains(lacks), "{refused:?}");
        }
        // What it could see it still sees.
        for arguments in [&["list"][..], &["show", "VIP-A"], &["stats"], &["export"]] {
            run_as(&kami, &operator, arguments).ends(0);
        }
        for (how, says, right) in
            [("--existing", "lacks", "EXECUTE on change_cards_2"), ("--narrow", "more than", outgrown)]
        {
            let ran = run_as(&kami, &operator, &["doctor"]).ends(1);
            assert!(ran.out.lines().any(|line| line.contains(says) && line.contains(right)), "{ran:?}");
            assert!(ran.out.contains(&format!("kami grants {how} ")), "{ran:?}");
            let printed = kami.run(&["grants", how, "--for", "operator", &account]).ends(0);
            for statement in printed.out.lines() {
                kami.database.execute(statement).await;
            }
            for act in [
                &["disable", "VIP-A"][..],
                &["undo"],
                &["app", "add", "demo"],
                &["undo", "--yes"],
                &["block", "add", "PC-1"],
                &["undo"],
            ] {
                run_as(&kami, &operator, act).ends(0);
            }
        }
        run_as(&kami, &operator, &["doctor"]).ends(0);
        may(
            &operator,
            &["SELECT * FROM cards"],
            &[
                "UPDATE cards SET note = 'x'",
                "DELETE FROM cards",
                "INSERT INTO operator_log (act_id, act, operator) VALUES (1, 'note', 'boss')",
                "INSERT INTO acts (act, operator, account) VALUES ('note', 'boss', 'boss@%')",
                "UPDATE acts SET undone_by = 1",
                "CALL change_cards(1, '[]')",
            ],
        )
        .await;
    }
}

#[tokio::test]
async fn an_account_of_the_last_version_deletes_as_it_did_and_is_told_what_it_lacks() {
    let kami = kami().await;
    let operator = log_in(&kami, "operator").await;
    let account: Vec<String> = operator.rows("SELECT CURRENT_USER()", ()).await;
    let (name, host) = account[0].split_once('@').unwrap();
    let database = kami.database.name();
    let procedure = |routine| format!("EXECUTE ON PROCEDURE {database}.{routine}");
    kami.database
        .execute(&format!(
            "REVOKE {} FROM '{name}'@'{host}'; GRANT {} TO '{name}'@'{host}'",
            procedure("delete_cards_3"),
            procedure("delete_cards_2")
        ))
        .await;
    for (act, left) in [(&["delete", "VIP-A", "--yes"][..], 0), (&["undo"], 1)] {
        run_as(&kami, &operator, act).ends(0);
        let query = "SELECT COUNT(*) FROM cards WHERE full_code = 'VIP-A'";
        assert_eq!(kami.database.rows::<u64>(query, ()).await, [left]);
    }
    let told = run_as(&kami, &operator, &["doctor"]).ends(1);
    assert!(told.out.contains("EXECUTE on delete_cards_3"), "{told:?}");
}

#[tokio::test]
async fn the_doctor_misses_the_account_whose_rights_the_routines_have() {
    let mut kami = kami().await;
    kami.database = TestDatabase::absent();
    let maker = log_in(&kami, "migrate").await;
    run_as(&kami, &maker, &["migrate"]).ends(0);
    let operator = log_in(&kami, "operator").await;
    run_as(&kami, &operator, &["doctor"]).ends(0);
    let maker = maker.rows::<String>("SELECT CURRENT_USER()", ()).await.remove(0);
    let (name, host) = maker.split_once('@').unwrap();
    let is_maria = server(&kami).rows::<String>("SELECT VERSION()", ()).await[0].contains("MariaDB");
    for (role, table) in [("operator", "apps"), ("function", "card_seats")] {
        if is_maria && role == "operator" {
            // It wants no right for locking a row, which is all that an operator can call without an act.
            continue;
        }
        // As an account has it that an older version gave its rights to.
        kami.database
            .execute(&format!(
                "REVOKE CREATE, UPDATE, DELETE ON {}.{table} FROM '{name}'@'{host}'",
                kami.database.name()
            ))
            .await;
        let account = log_in(&kami, role).await;
        let ran = run_as(&kami, &account, &["doctor", "--for", role]).ends(1);
        assert!(ran.out.contains(&format!("kami grants --existing --for migrate '{maker}'")), "{ran:?}");
    }
    kami.database.execute(&format!("DROP USER '{name}'@'{host}'")).await;
    let ran = run_as(&kami, &operator, &["doctor"]).ends(1);
    assert!(ran.out.contains(&format!("the rights of {maker}, which is gone")), "{ran:?}");
    assert!(ran.out.contains(&format!("kami grants --for migrate '{maker}'")), "{ran:?}");
}

#[test]
fn what_is_printed_needs_no_database_and_no_password_stands_in_an_argument() {
    let kami = Kami::nowhere();
    let mut command = kami.command(&["grants", "--for", "viewer", "li"]);
    let nameless = ran(command.env_remove("DATABASE_URL").output().unwrap()).ends(2);
    assert!(nameless.err.contains("set DATABASE_URL"), "{nameless:?}");
    // As Notepad saves it.
    std::fs::write(kami.folder.join("pw"), "\u{feff}it's\r\n").unwrap();
    let on = ["--database", "ka_mi"];
    let given = |arguments: &[&str]| kami.run(&[&["grants"], arguments, &on].concat());
    let made = given(&["--for", "expire", "job", "--password-file", "pw"]).ends(0);
    assert_eq!((made.out.lines().count(), made.err.as_str()), (6, ""));
    assert!(made.out.starts_with("CREATE USER `job`@`%` IDENTIFIED BY 'it''s' REQUIRE SSL;\n"), "{made:?}");
    assert!(made.out.contains(" ON `ka_mi`.`cards` TO `job`@`%`;\n"), "{made:?}");
    let migrate = given(&["--for", "migrate", "job", "--existing"]).ends(0);
    assert!(
        migrate.out.starts_with(
            "GRANT SELECT, INSERT, CREATE, ALTER, INDEX, CREATE ROUTINE, EXECUTE ON `ka\\_mi`.* TO"
        ),
        "{migrate:?}"
    );
    let plain = given(&["--for", "viewer", "li", "--plaintext", "--password-file", "pw"]).ends(0);
    assert!(!plain.out.contains("REQUIRE") && plain.err.contains("without TLS"), "{plain:?}");
    let local = given(&["--for", "viewer", "li@localhost", "--password-file", "pw"]).ends(0);
    assert!(!local.out.contains("REQUIRE") && local.err.is_empty(), "{local:?}");
    let json = given(&["--for", "viewer", "li", "--json"]).ends(0).json().remove(0);
    let password = json["password"].as_str().unwrap();
    assert!(json["statements"][0].as_str().unwrap().contains(password) && password.len() == 40, "{json}");
    let other = given(&["--for", "viewer", "li", "--json"]).ends(0).json().remove(0);
    assert_ne!(other["password"], json["password"]);
    let drop = kami.run(&["grants", "--drop", "li"]).ends(0);
    assert_eq!(drop.out, "DROP USER `li`@`%`;\n");
    for wrong in [&["--for", "viewer", "li@;"][..], &["--for", "king", "li"], &["li"]] {
        given(wrong).ends(2);
    }
}

#[tokio::test]
async fn an_administrator_lets_kami_make_change_and_remove_an_account_itself() {
    let kami = kami().await;
    let name = unique_name("k");
    let account = format!("{name}@127.0.0.1");
    let given = |arguments: &[&str]| kami.run(&[&["grants", "--apply"], arguments, &[&account]].concat());
    std::fs::write(kami.folder.join("pw"), "it's\n").unwrap();
    let made = given(&["--for", "function", "--password-file", "pw"]).ends(0);
    assert_eq!(made.out, format!("The account `{name}`@`127.0.0.1` has the role function.\n"));
    assert_eq!(made.err, "", "a password that was given is not shown");
    let function = kami.database.as_account(&name, "it's");
    run_as(&kami, &function, &["doctor", "--for", "function"]).ends(0);
    may(&function, &["SELECT * FROM cards"], &["DELETE FROM cards", "SELECT * FROM operator_log"]).await;

    let twice = given(&["--for", "operator"]).ends(1);
    assert!(twice.err.contains("MySQL 1396: CREATE USER") && !twice.err.contains("password:"), "{twice:?}");
    may(&function, &["SELECT * FROM cards"], &["SELECT * FROM operator_log"]).await;
    given(&["--for", "viewer", "--existing"]).ends(0);
    may(&function, &["SELECT * FROM operator_log"], &["DELETE FROM cards"]).await;

    assert_eq!(given(&["--drop"]).ends(0).out, format!("The account `{name}`@`127.0.0.1` is gone.\n"));
    given(&["--drop"]).ends(1);
    let nowhere = given(&["--for", "viewer", "--database", "kami_that_is_not_there"]).ends(1);
    assert!(!nowhere.err.contains("password:"), "{nowhere:?}");
    let drawn = given(&["--for", "viewer"]).ends(0); // nothing of the failure before is left
    let password = drawn.err.lines().find_map(|line| line.strip_prefix("password: ")).unwrap();
    let viewer = kami.database.as_account(&name, password);
    may(&viewer, &["SELECT * FROM operator_log"], &["DELETE FROM cards"]).await;
    let denied = run_as(&kami, &viewer, &["grants", "--apply", "--for", "admin", &unique_name("k")]).ends(1);
    assert!(denied.err.contains("CREATE USER") && !denied.err.contains("password:"), "{denied:?}");
    given(&["--for", "viewer", "--existing", "--read-only"]).ends(4);
}
