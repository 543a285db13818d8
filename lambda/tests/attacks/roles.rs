//! Accounts that try to do more than their role does: with the very statements that their programs are let do, and
//! values that no program sends.

use kami_store::{Account, Role, draw_password};
use kami_testkit::{TestDatabase, unique_name};

use crate::figure;

/// A new account of a role, with its name.
async fn log_in(database: &TestDatabase, role: Role) -> (TestDatabase, String) {
    let (name, password) = (unique_name("k"), draw_password().unwrap());
    let account = Account::new(&format!("{name}@127.0.0.1")).unwrap();
    for statement in account.creation(role, database.name(), &password, false).unwrap() {
        database.execute(&statement).await;
    }
    (database.as_account(&name, &password), name)
}

/// A card of each kind: 1 unused, 2 active, 3 active and unbound, 4 disabled, 5 expired, 6 overdue.
const CARDS: &str = "
    INSERT INTO cards (id, prefix, code, full_code, status, machine_code, used_at, expire_at, duration_seconds) VALUES
        (1, 'A', '1', 'A-1', 'UNUSED', NULL, NULL, NULL, 60),
        (2, 'A', '2', 'A-2', 'ACTIVE', 'PC', '2026-01-01', '2090-01-01', 60),
        (3, 'A', '3', 'A-3', 'ACTIVE', NULL, '2026-01-01', '2090-01-01', 60),
        (4, 'A', '4', 'A-4', 'DISABLED', 'PC', '2026-01-01', '2090-01-01', 60),
        (5, 'A', '5', 'A-5', 'EXPIRED', 'PC', '2026-01-01', '2026-01-02', 60),
        (6, 'A', '6', 'A-6', 'ACTIVE', 'PC', '2026-01-01', '2026-01-02', 60)";

/// A card of two seats, 7, both taken and leased.
const SEATS: &str = "
    INSERT INTO cards (id, prefix, code, full_code, status, machine_code, used_at, expire_at, seats, lease_until) VALUES
        (7, 'A', '7', 'A-7', 'ACTIVE', 'PC', '2026-01-01', '2090-01-01', 2, '2090-01-01');
    INSERT INTO card_seats VALUES (7, 'PC-2', '2026-01-01', '2026-01-01', '2090-01-01')";

/// Apps that offer a trial: one that is archived, one that the machine has tried, and one that it may try.
const TRIALS: &str = "
    INSERT INTO apps (name, policy, created_at, archived_at) VALUES
        ('gone', 'trial=60', UTC_TIMESTAMP(), UTC_TIMESTAMP()), ('tried', 'trial=60', UTC_TIMESTAMP(), NULL),
        ('tries', 'trial=20p', UTC_TIMESTAMP(), NULL);
    INSERT INTO trials VALUES ('tried', 'PC', 0, UTC_TIMESTAMP())";

/// A card, 8, that its machine may unbind, and one, 9, that is a trial; who may unbind others is stopped by what they are.
const UNBINDABLE: &str = "
    INSERT INTO cards (id, prefix, code, full_code, status, machine_code, used_at, expire_at, policy) VALUES
        (8, 'A', '8', 'A-8', 'ACTIVE', 'PC', '2026-01-01', '2090-01-01', 'unbind=machine'),
        (9, 'A', '9', 'A-9', 'ACTIVE', 'PC', '2026-01-01', '2090-01-01', 'unbind=machine');
    INSERT INTO customer_log (card_id, act, done_at) VALUES (9, 'TRIAL', '2026-01-01');
    UPDATE cards SET policy = 'unbind=anyone' WHERE id IN (1, 3, 4, 5, 6)";

/// Everything of each card but when it was last changed.
async fn cards(database: &TestDatabase) -> Vec<String> {
    let query = "SELECT CONCAT_WS(' ', id, full_code, status, IFNULL(machine_code, '-'), IFNULL(used_at, '-'), \
                 IFNULL(expire_at, '-'), IFNULL(duration_seconds, '-'), IFNULL(note, '-'), IFNULL(lease_until, '-'), \
                 (SELECT IFNULL(GROUP_CONCAT(seat.machine_code, seat.lease_until), '-') FROM card_seats AS seat \
                 WHERE seat.card_id = cards.id)) FROM cards ORDER BY id";
    database.rows(query, ()).await
}

/// Tries each; returns how many the server refused, the others having to change nothing.
async fn refused(account: &TestDatabase, statements: &[&str]) -> usize {
    let mut refused = 0;
    for statement in statements {
        refused += usize::from(account.try_execute(statement).await.is_err());
    }
    refused
}

#[tokio::test]
async fn the_function_does_to_a_card_what_its_state_allows_and_nothing_else() {
    let database = TestDatabase::create().await;
    database.execute(CARDS).await;
    database.execute(SEATS).await;
    let (function, _) = log_in(&database, Role::Function).await;
    let before = cards(&database).await;
    let escapes = [
        "CALL activate_card(1, 'PC', UTC_TIMESTAMP() + INTERVAL 1 HOUR, 60)",
        "CALL activate_card(1, 'PC', '2026-01-01', 60)",
        "CALL activate_card(1, 'PC', NULL, 60)",
        "CALL activate_card(1, 'PC', UTC_TIMESTAMP(), 4000000000)",
        "CALL activate_card(1, '', UTC_TIMESTAMP(), 60)",
        "CALL activate_card(1, NULL, UTC_TIMESTAMP(), 60)",
        "CALL activate_card(2, 'THIEF', UTC_TIMESTAMP(), 60)",
        "CALL activate_card(3, 'THIEF', UTC_TIMESTAMP(), 60)",
        "CALL activate_card(4, 'PC', UTC_TIMESTAMP(), 60)",
        "CALL activate_card(5, 'PC', UTC_TIMESTAMP(), 60)",
        "CALL bind_card(1, 'THIEF', NULL)",
        "CALL bind_card(2, 'THIEF', '2090-01-01')",
        "CALL bind_card(3, 'THIEF', NULL)",
        "CALL bind_card(3, '', '2090-01-01')",
        "CALL bind_card(4, 'THIEF', '2090-01-01')",
        "CALL activate_card_2(1, 'PC', '2026-01-01', 60)",
        "CALL activate_card_2(1, '', UTC_TIMESTAMP(), 60)",
        "CALL activate_card_2(2, 'THIEF', UTC_TIMESTAMP(), 60)",
        "CALL activate_card_2(4, 'PC', UTC_TIMESTAMP(), 60)",
        "CALL take_seat(1, 'THIEF')",
        "CALL take_seat(2, 'THIEF')",
        "CALL take_seat(3, '')",
        "CALL take_seat(3, NULL)",
        "CALL take_seat(4, 'THIEF')",
        "CALL take_seat(5, 'THIEF')",
        "CALL take_seat(6, 'THIEF')",
        "CALL renew_seat(2, 'THIEF')",
        "CALL renew_seat(3, 'THIEF')",
        "CALL release_seat(2, 'PC')",
        "CALL release_seat(4, 'PC')",
        "CALL release_seat(5, 'PC')",
        "CALL take_seat(7, 'THIEF')",
        "CALL renew_seat(7, 'THIEF')",
        "CALL release_seat(7, 'THIEF')",
        "CALL release_seat(7, '')",
        "CALL release_seat(7, NULL)",
        "CALL read_policy(2, @lease_seconds, @evicts)",
        "CALL begin_leases('[{\"id\": 2, \"machine\": \"PC\"}]')",
        "CALL take_points(1, 'PC', 1, 'a')",
        "CALL take_points(2, 'THIEF', 1, 'a')",
        "CALL take_points(2, 'PC', 0, 'a')",
        "CALL take_points(2, 'PC', -1, 'a')",
        "CALL take_points(2, 'PC', NULL, 'a')",
        "CALL take_points(2, 'PC', 1, NULL)",
        "CALL read_point_use(1, 'PC', 1, 'a')",
        "CALL read_point_use(2, 'THIEF', 1, 'a')",
        "CALL read_point_use(2, 'PC', 0, 'a')",
        "CALL read_point_use(2, 'PC', -1, 'a')",
        "CALL read_point_use(2, 'PC', NULL, 'a')",
        "CALL read_point_use(2, 'PC', 1, NULL)",
        "CALL recharge_card(2, 1)",
        "CALL recharge_card(2, 3)",
        "CALL recharge_card(1, 2)",
        "CALL recharge_card(2, 2)",
        "CALL recharge_card(4, 1)",
        "CALL recharge_card(2, 99)",
        "CALL recharge_card(99, 1)",
        "CALL recharge_card(NULL, NULL)",
        "INSERT INTO customer_log (card_id, act, done_at) VALUES (2, 'RECHARGE', UTC_TIMESTAMP())",
        "SELECT * FROM customer_log",
        "UPDATE batches SET recharge = 1",
        "CALL expire_cards_2('[1, 2, 3, 4, 5]')",
        "CALL forget_point_uses(1)",
        "CALL expire_cards('[1, 2, 3, 4, 5]')",
        "CALL expire_cards('1 OR 1 = 1')",
        "CALL expire_cards('[\"1 OR 1 = 1\"]')",
        "UPDATE cards SET status = 'UNUSED'",
        "UPDATE cards SET expire_at = '9999-01-01'",
        "UPDATE cards SET app = 'default', seats = 100, points = 100, policy = ''",
        "DELETE FROM cards",
    ];
    let refused = refused(&function, &escapes).await;
    assert_eq!(cards(&database).await, before);
    figure("function", format!("{} escapes, {refused} refused, no card changed", escapes.len()));
    for use_of_it in [
        "CALL activate_card(1, 'PC', UTC_TIMESTAMP(), 60)",
        "CALL bind_card(3, 'PC', '2090-01-01')",
        "CALL expire_cards('[6]')",
        "CALL take_seat(7, 'PC')",
        "CALL release_seat(7, 'PC')",
        "CALL take_seat(7, 'PC-3')",
    ] {
        function.execute(use_of_it).await;
    }
    let statuses: Vec<String> =
        database.rows("SELECT CONCAT(status, IFNULL(machine_code, '-')) FROM cards", ()).await;
    let expected = ["ACTIVEPC", "ACTIVEPC", "ACTIVEPC", "DISABLEDPC", "EXPIREDPC", "EXPIREDPC", "ACTIVEPC-2"];
    assert_eq!(statuses, expected);
    assert_eq!(database.rows::<String>("SELECT machine_code FROM card_seats", ()).await, ["PC-3"]);
}

/// Who asked for which card in vain.
async fn mismatches(database: &TestDatabase) -> Vec<String> {
    let query =
        "SELECT CONCAT_WS(' ', card_id, machine, requests) FROM mismatches ORDER BY card_id, hour, machine";
    database.rows(query, ()).await
}

#[tokio::test]
async fn the_function_counts_who_asks_for_cards_in_vain_and_reads_invents_and_forgets_nothing() {
    let database = TestDatabase::create().await;
    database.execute(CARDS).await;
    let (function, _) = log_in(&database, Role::Function).await;
    let (operator, _) = log_in(&database, Role::Operator).await;
    database.execute("CALL note_mismatches('[[2, 1, 1]]')").await;
    let before = (cards(&database).await, mismatches(&database).await);
    let escapes = [
        "CALL note_mismatches(NULL)",
        "CALL note_mismatches('[]')",
        "CALL note_mismatches('[[99, 1, 1]]')",
        "CALL note_mismatches('[[0, 1, 1], [null, 1, 1]]')",
        "CALL note_mismatches('[[2, null, 1]]')",
        "CALL note_mismatches('[[2, 2, null]]')",
        "CALL note_mismatches('[[2, 2]]')",
        "CALL note_mismatches('2 OR 1 = 1')",
        "CALL forget_mismatches(1)",
        "SELECT * FROM mismatches",
        "INSERT INTO mismatches VALUES (2, '2020-01-01', 2, 1)",
        "UPDATE mismatches SET requests = 0",
        "DELETE FROM mismatches",
    ];
    let refused = refused(&function, &escapes).await;
    for escape in [
        "CALL note_mismatches('[[2, 3, 1]]')",
        "CALL forget_mismatches(1)",
        "UPDATE mismatches SET requests = 0",
        "DELETE FROM mismatches",
    ] {
        let refused = operator.try_execute(escape).await;
        assert!(matches!(refused, Err(1142 | 1143 | 1370)), "{escape}: {refused:?}");
    }
    assert_eq!((cards(&database).await, mismatches(&database).await), before);
    figure(
        "function that counts",
        format!("{} escapes, {refused} refused, nothing counted or forgotten", escapes.len() + 4),
    );
    let inventions: Vec<String> = (0..100).map(|machine| format!("[2, {machine}, 4294967295]")).collect();
    for _ in 0..2 {
        function.execute(&format!("CALL note_mismatches('[{}]')", inventions.join(", "))).await;
    }
    let hours: Vec<u64> = database.rows("SELECT COUNT(*) FROM mismatches GROUP BY hour", ()).await;
    assert!(hours.iter().all(|machines| *machines <= 32), "{hours:?}");
    assert_eq!(cards(&database).await, before.0);
}

#[tokio::test]
async fn the_function_gives_keys_to_seats_that_have_none_and_to_no_others() {
    let database = TestDatabase::create().await;
    database.execute(CARDS).await;
    database.execute(SEATS).await;
    let key = "INSERT INTO device_keys (card_id, machine_code, thumbprint, bound_at) \
               VALUES (2, 'PC', REPEAT('o', 43), UTC_TIMESTAMP())";
    database.execute(key).await;
    let (function, _) = log_in(&database, Role::Function).await;
    let kept = async || -> Vec<String> {
        let query =
            "SELECT CONCAT_WS(' ', card_id, machine_code, thumbprint, sequence, copies) FROM device_keys";
        database.rows(query, ()).await
    };
    let before = (cards(&database).await, kept().await);
    let escapes = [
        "CALL activate_card_3(1, 'PC', '2026-01-01', 60, NULL, 0, 1)",
        "CALL activate_card_3(1, '', UTC_TIMESTAMP(), 60, NULL, 0, 1)",
        "CALL activate_card_3(2, 'THIEF', UTC_TIMESTAMP(), 60, REPEAT('k', 43), 0, 1)",
        "CALL activate_card_3(4, 'PC', UTC_TIMESTAMP(), 60, NULL, 0, 1)",
        "CALL bind_card_3(2, 'THIEF', '2090-01-01', REPEAT('k', 43), 0, 1)",
        "CALL bind_card_3(3, '', '2090-01-01', NULL, 0, 1)",
        "CALL bind_card_3(4, 'THIEF', '2090-01-01', NULL, 0, 1)",
        "CALL take_seat_3(1, 'THIEF', NULL, 0, 1)",
        "CALL take_seat_3(2, 'THIEF', REPEAT('k', 43), 0, 1)",
        "CALL take_seat_3(3, NULL, NULL, 0, 1)",
        "CALL take_seat_3(6, 'THIEF', NULL, 0, 1)",
        "CALL take_device_key(1, 'THIEF', REPEAT('k', 43), 0, 1)",
        "CALL take_device_key(2, 'THIEF', REPEAT('k', 43), 0, 1)",
        "CALL take_device_key(99, 'PC', REPEAT('k', 43), 0, 1)",
        "CALL note_sequence(2, 'PC', REPEAT('k', 43), 9, 10)",
        "CALL note_copy(2, 'PC', REPEAT('k', 43))",
        "CALL take_device_key(2, 'PC', 'k', 0, 1)",
        "CALL forget_device_keys(2)",
        "CALL keep_device_key(2, 'THIEF', REPEAT('k', 43), 0, 1)",
        "INSERT INTO device_keys (card_id, machine_code, thumbprint, bound_at) VALUES (2, 'PC', 'k', NOW())",
        "UPDATE device_keys SET thumbprint = 'k'",
        "DELETE FROM device_keys",
    ];
    let refused = refused(&function, &escapes).await;
    assert_eq!((cards(&database).await, kept().await), before);
    figure("keys of devices", format!("{} escapes, {refused} refused, no key changed", escapes.len()));
    for use_of_it in
        ["CALL note_sequence(2, 'PC', REPEAT('o', 43), 0, 9)", "CALL note_copy(2, 'PC', REPEAT('o', 43))"]
    {
        function.execute(use_of_it).await;
    }
    assert_eq!(kept().await, [format!("2 PC {} 0 1", "o".repeat(43))]);
}

#[tokio::test]
async fn the_function_begins_the_one_trial_of_a_machine_where_it_is_offered_and_nothing_else() {
    let database = TestDatabase::create().await;
    database.execute(CARDS).await;
    database.execute(TRIALS).await;
    let (function, _) = log_in(&database, Role::Function).await;
    let before = cards(&database).await;
    let escapes = [
        "CALL start_trial('default', 'PC')",
        "CALL start_trial('tried', 'PC')",
        "CALL start_trial_2('default', 'PC')",
        "CALL start_trial_2('none', 'PC')",
        "CALL start_trial_2('gone', 'PC')",
        "CALL start_trial_2('tried', 'PC')",
        "CALL start_trial_2('tried', 'PC ')",
        "CALL start_trial_2('tries', '')",
        "CALL start_trial_2('tries', NULL)",
        "CALL start_trial_2(NULL, 'PC')",
        "CALL start_trial_2('tries'' OR ''1'' = ''1', 'PC')",
    ];
    let refused = refused(&function, &escapes).await;
    assert_eq!(cards(&database).await, before);
    figure("function and trials", format!("{} escapes, {refused} refused, no card made", escapes.len()));
    for _ in 0..2 {
        function.execute("CALL start_trial_2('tries', 'PC-4')").await;
    }
    let made =
        "SELECT CONCAT_WS(' ', prefix, app, status, machine_code, points) FROM cards WHERE prefix = 'TRIAL'";
    assert_eq!(database.rows::<String>(made, ()).await, ["TRIAL tries ACTIVE PC-4 20"]);
    assert_eq!(cards(&database).await.len(), before.len() + 1);
}

#[tokio::test]
async fn the_function_moves_a_card_to_another_machine_as_its_policy_says_and_logs_it() {
    let database = TestDatabase::create().await;
    for cards in [CARDS, SEATS, UNBINDABLE] {
        database.execute(cards).await;
    }
    let (function, _) = log_in(&database, Role::Function).await;
    let before = cards(&database).await;
    let escapes = [
        "CALL bind_card_2(1, 'THIEF', NULL)",
        "CALL bind_card_2(2, 'THIEF', '2090-01-01')",
        "CALL bind_card_2(3, 'THIEF', NULL)",
        "CALL bind_card_2(3, '', '2090-01-01')",
        "CALL bind_card_2(3, NULL, '2090-01-01')",
        "CALL bind_card_2(4, 'THIEF', '2090-01-01')",
        "CALL take_seat_2(1, 'THIEF')",
        "CALL take_seat_2(2, 'THIEF')",
        "CALL take_seat_2(3, '')",
        "CALL take_seat_2(3, NULL)",
        "CALL take_seat_2(4, 'THIEF')",
        "CALL take_seat_2(5, 'THIEF')",
        "CALL take_seat_2(6, 'THIEF')",
        "CALL take_seat_2(7, 'THIEF')",
        "CALL unbind_seat(8, 'THIEF')",
        "CALL unbind_seat(9, 'PC')",
        "CALL unbind_seat_2(1, 'PC')",
        "CALL unbind_seat_2(2, 'PC')",
        "CALL unbind_seat_2(3, 'PC')",
        "CALL unbind_seat_2(4, 'PC')",
        "CALL unbind_seat_2(5, 'PC')",
        "CALL unbind_seat_2(6, 'PC')",
        "CALL unbind_seat_2(7, 'PC')",
        "CALL unbind_seat_2(8, 'THIEF')",
        "CALL unbind_seat_2(8, '')",
        "CALL unbind_seat_2(8, NULL)",
        "CALL unbind_seat_2(9, 'PC')",
        "CALL unbind_seat_2(10, 'PC')",
        "CALL read_unbinding(8, @allowed, @cooldown, @most, @seconds, @points)",
        "CALL read_wait(8, 'PC', @waits)",
        "SELECT * FROM customer_log",
        "INSERT INTO customer_log (card_id, act, done_at) VALUES (8, 'UNBIND', UTC_TIMESTAMP())",
        "UPDATE customer_log SET done_at = '2026-01-01'",
        "DELETE FROM customer_log",
    ];
    let refused = refused(&function, &escapes).await;
    let log = "SELECT CONCAT(card_id, act, machine_code) FROM customer_log WHERE act <> 'TRIAL'";
    assert_eq!(cards(&database).await, before);
    assert_eq!(database.rows::<String>(log, ()).await, [""; 0]);
    figure("function that unbinds", format!("{} escapes, {refused} refused, no card changed", escapes.len()));
    for use_of_it in [
        "CALL unbind_seat_2(8, 'PC')",
        "CALL bind_card_2(8, 'PC-8', '2090-01-01')",
        "CALL take_seat_2(3, 'PC-3')",
    ] {
        function.execute(use_of_it).await;
    }
    let machines = "SELECT machine_code FROM cards WHERE id IN (3, 8) ORDER BY id";
    assert_eq!(database.rows::<String>(machines, ()).await, ["PC-3", "PC-8"]);
    assert_eq!(database.rows::<String>(log, ()).await, ["8UNBINDPC"]);
}

/// What the function may read of apps, and nobody but an operator may write.
async fn apps(database: &TestDatabase) -> Vec<String> {
    let query = "SELECT CONCAT_WS(' ', name, title, policy, IFNULL(latest, '-'), IFNULL(minimum, '-'), \
                 IFNULL(url, '-'), IFNULL(notice, '-'), IFNULL(CAST(named_values AS CHAR), '-'), \
                 IFNULL(archived_at, '-'), (SELECT revision FROM policy_revision WHERE id = 1)) FROM apps ORDER BY name";
    database.rows(query, ()).await
}

#[tokio::test]
async fn the_function_reads_apps_and_changes_nothing_about_them_nor_what_cards_are_of() {
    let database = TestDatabase::create().await;
    database.execute(CARDS).await;
    let app = "INSERT INTO apps (name, title, minimum, named_values, created_at)
        VALUES ('demo', 'Demo', '2.0', '[{\"name\": \"a\", \"value\": \"1\", \"public\": false}]', UTC_TIMESTAMP())";
    database.execute(app).await;
    let (function, _) = log_in(&database, Role::Function).await;
    let (operator, _) = log_in(&database, Role::Operator).await;
    let act = begin(&operator, "app_set", None).await;
    let before = (cards(&database).await, apps(&database).await);
    assert_eq!(apps(&function).await, before.1);
    let edited = r#"{"title":"","policy":"","values":[]}"#;
    let card = r#"[{"id":1,"prefix":"A","full_code":"A-1","status":"active","app":"demo"}]"#;
    let escapes = [
        "UPDATE apps SET minimum = '0', url = 'https://example.com'",
        "UPDATE apps SET archived_at = UTC_TIMESTAMP()",
        "INSERT INTO apps (name, created_at) VALUES ('mine', UTC_TIMESTAMP())",
        "DELETE FROM apps",
        "UPDATE policy_revision SET revision = revision + 1",
        "UPDATE policy_revision SET revision = 0",
        "DELETE FROM policy_revision",
        "INSERT INTO card_seats VALUES (1, 'PC', UTC_TIMESTAMP(), UTC_TIMESTAMP(), NULL)",
        "UPDATE card_seats SET machine_code = 'THIEF'",
        "DELETE FROM card_seats",
        "INSERT INTO cards (prefix, code, full_code) VALUES ('TRIAL', 'A', 'TRIAL-A')",
        "INSERT INTO trials VALUES ('demo', 'PC', 1, UTC_TIMESTAMP())",
        "UPDATE trials SET machine_code = 'PC-2'",
        "DELETE FROM trials",
        "INSERT INTO customer_log (card_id, act, done_at) VALUES (1, 'TRIAL', UTC_TIMESTAMP())",
        "DELETE FROM customer_log",
        "SELECT * FROM operator_log",
        "INSERT INTO acts (act, operator) VALUES ('app_set', 'boss')",
        "CALL hold_app('demo')",
        &format!("CALL save_app({act}, 'demo', '{edited}')"),
        &format!("CALL save_app({act}, 'demo', NULL)"),
        &format!("CALL save_app({act}, 'mine', '{edited}')"),
        "SELECT * FROM presets",
        "UPDATE presets SET recharge = 1",
        "INSERT INTO presets (app, name, prefix) VALUES ('default', 'mine', 'A')",
        &format!("CALL save_preset_2({act}, 'default', 'mine', '{{\"prefix\":\"A\"}}')"),
        &format!("CALL make_batch_3({act}, '{{}}', UTC_TIMESTAMP())"),
        &format!("CALL change_cards_2({act}, '{card}')"),
        &format!("CALL delete_cards_2({act}, '[1]')"),
        &format!("CALL delete_cards_3({act}, '[1]')"),
        &format!("CALL certify_card({act}, 1, 'PC', NULL, 'kid', 'lease=off', NULL)"),
        "SELECT * FROM licences",
        "INSERT INTO licences VALUES (1, 1, 'PC', NULL, 'kid', NULL, UTC_TIMESTAMP(), 1)",
        "DELETE FROM licences",
        &format!("CALL restore_cards_2({act}, '[1]')"),
        &format!("CALL make_batch_2({act}, '{{}}', UTC_TIMESTAMP())"),
        &format!("CALL add_cards_2({act}, '[]')"),
        &format!("CALL change_cards({act}, '{card}')"),
        &format!("CALL close_act({act})"),
    ];
    for escape in escapes {
        let refused = function.try_execute(escape).await;
        assert!(matches!(refused, Err(1142 | 1143 | 1370)), "{escape}: {refused:?}");
    }
    assert_eq!((cards(&database).await, apps(&database).await), before);
    figure(
        "function and apps",
        format!("{} escapes, all refused, no card and no app changed", escapes.len()),
    );
}

#[tokio::test]
async fn the_expiry_job_expires_what_is_overdue_and_nothing_else() {
    let database = TestDatabase::create().await;
    database.execute(CARDS).await;
    database.execute(TRIALS).await;
    let (expire, _) = log_in(&database, Role::Expire).await;
    let before = cards(&database).await;
    let escapes = [
        "UPDATE cards SET status = 'UNUSED'",
        "UPDATE cards SET status = 'ACTIVE' WHERE id = 4",
        "CALL expire_cards('[1, 2, 3, 4, 5]')",
        "CALL expire_cards_2('[1, 2, 3, 4, 5]')",
        "CALL forget_point_uses(4294967295)",
        "CALL forget_mismatches(4294967295)",
        "CALL note_mismatches('[[2, 1, 1]]')",
        "CALL take_points(2, 'PC', 1, 'a')",
        "CALL read_point_use(2, 'PC', 1, 'a')",
        "CALL start_trial_2('tries', 'PC')",
        "CALL activate_card(1, 'PC', UTC_TIMESTAMP(), 60)",
        "CALL bind_card(3, 'PC', '2090-01-01')",
        "CALL bind_card_2(3, 'PC', '2090-01-01')",
        "CALL unbind_seat_2(2, 'PC')",
        "CALL delete_cards(1, '[1]')",
    ];
    let refused = refused(&expire, &escapes).await;
    assert_eq!(cards(&database).await, before);
    figure("expire", format!("{} escapes, {refused} refused, no card changed", escapes.len()));
}

/// An act that the account begins under a name of its choice; returns its number.
async fn begin(account: &TestDatabase, act: &str, undoes: Option<u64>) -> u64 {
    let undoes = undoes.map_or("NULL".to_owned(), |act| act.to_string());
    account
        .execute(&format!("INSERT INTO acts (act, operator, undoes) VALUES ('{act}', 'boss', {undoes})"))
        .await;
    account.rows("SELECT MAX(id) FROM acts", ()).await.remove(0)
}

const NOTE: &str =
    r#"[{"id":1,"prefix":"A","full_code":"A-1","status":"unused","duration_seconds":60,"note":"paid"}]"#;

/// What makes a batch of so many cards, after its act.
fn batch(cards: u32) -> String {
    format!(
        r#"'{{"origin":"GENERATED","prefix":"A","card_count":{cards},"code_length":10,"app":"default"}}', UTC_TIMESTAMP()"#
    )
}

/// What an operator gives an app.
const APP: &str = r#"'{"title":"Mine","policy":"","values":[]}'"#;

/// What an operator gives a preset.
const PRESET: &str = r#"'{"prefix":"A"}'"#;

#[tokio::test]
async fn whatever_name_an_operator_gives_the_log_has_the_account() {
    let database = TestDatabase::create().await;
    database.execute(CARDS).await;
    let (operator, name) = log_in(&database, Role::Operator).await;
    let (other, _) = log_in(&database, Role::Operator).await;
    let act = begin(&operator, "note", None).await;
    operator.execute(&format!("CALL change_cards_2({act}, '{NOTE}')")).await;
    let query =
        "SELECT operator, account, CAST(values_before AS CHAR), CAST(values_after AS CHAR) FROM operator_log";
    let logged: Vec<(String, String, String, String)> = database.rows(query, ()).await;
    let (operator_name, account, before, after) = &logged[0];
    assert_eq!((logged.len(), operator_name.as_str()), (1, "boss"));
    assert_eq!(account, &format!("{name}@127.0.0.1"));
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    assert_eq!(json(before), serde_json::json!({ "note": null }));
    assert_eq!(json(after), serde_json::json!({ "note": "paid" }));

    let (seen, log) = (cards(&database).await, "SELECT COUNT(*) FROM operator_log");
    let rows = database.rows::<u64>(log, ()).await;
    let undo = begin(&operator, "undo", Some(act)).await;
    let (twice, batch) = (NOTE.replace(']', ",") + &NOTE[1..], batch(1));
    let escapes = [
        format!("CALL change_cards_2({act}, '{NOTE}')"),
        format!("CALL delete_cards_2({act}, '[1, 2]')"),
        format!("CALL delete_cards_3({act}, '[1, 2]')"),
        format!("CALL certify_card({act}, 1, 'PC', NULL, 'kid', 'lease=off', NULL)"),
        "CALL certify_card(NULL, 1, 'PC', NULL, 'kid', 'lease=off', NULL)".to_owned(),
        "INSERT INTO licences VALUES (1, 1, 'PC', NULL, 'kid', NULL, UTC_TIMESTAMP(), 1)".to_owned(),
        "UPDATE licences SET `until` = NULL".to_owned(),
        "DELETE FROM licences".to_owned(),
        format!("CALL restore_cards_2({undo}, '[1]')"),
        format!("CALL make_batch_2({act}, {batch})"),
        format!("CALL add_cards_2({act}, '[]')"),
        format!("CALL save_app({act}, 'default', {APP})"),
        format!("CALL save_app({act}, 'mine', {APP})"),
        format!("CALL save_app({undo}, 'default', {APP})"),
        "CALL save_app(NULL, 'default', NULL)".to_owned(),
        format!("CALL save_preset_2({act}, 'default', 'mine', {PRESET})"),
        format!("CALL save_preset_2({undo}, 'default', 'mine', {PRESET})"),
        "CALL save_preset_2(NULL, 'default', 'mine', NULL)".to_owned(),
        format!("CALL make_batch_3({act}, {batch})"),
        "UPDATE presets SET price = 0".to_owned(),
        "DELETE FROM presets".to_owned(),
        "UPDATE batches SET recharge = 1".to_owned(),
        format!("CALL clear_device_keys({act}, '[1, 2]')"),
        "CALL clear_device_keys(NULL, '[1, 2]')".to_owned(),
        "UPDATE device_keys SET thumbprint = ''".to_owned(),
        "DELETE FROM device_keys".to_owned(),
        "INSERT INTO device_keys (card_id, machine_code, thumbprint, bound_at) VALUES (1, 'PC', '', UTC_TIMESTAMP())"
            .to_owned(),
        "UPDATE apps SET url = 'https://example.com'".to_owned(),
        "UPDATE policy_revision SET revision = 0".to_owned(),
        "INSERT INTO card_seats VALUES (1, 'PC', UTC_TIMESTAMP(), UTC_TIMESTAMP(), NULL)".to_owned(),
        "UPDATE card_seats SET machine_code = 'THIEF'".to_owned(),
        "DELETE FROM card_seats".to_owned(),
        "CALL start_trial_2('default', 'PC')".to_owned(),
        "DELETE FROM trials".to_owned(),
        "INSERT INTO customer_log (card_id, act, done_at) VALUES (1, 'TRIAL', UTC_TIMESTAMP())".to_owned(),
        "CALL unbind_seat_2(2, 'PC')".to_owned(),
        "INSERT INTO customer_log (card_id, act, done_at) VALUES (2, 'UNBIND', UTC_TIMESTAMP())".to_owned(),
        "DELETE FROM customer_log".to_owned(),
        format!("CALL close_act({undo})"),
        format!("CALL close_act({act})"),
        "CALL change_cards_2(0, '[]')".to_owned(),
        "CALL change_cards_2(NULL, '[]')".to_owned(),
        "UPDATE operator_log SET account = 'boss@%'".to_owned(),
        "INSERT INTO operator_log (act_id, act, operator, account) VALUES (1, 'note', 'boss', 'boss@%')"
            .to_owned(),
    ];
    for escape in &escapes {
        assert!(other.try_execute(escape).await.is_err(), "{escape}");
    }
    // What is the account's own has to be right as well.
    let own = [
        format!("CALL change_cards_2({act}, '{twice}')"),
        format!("CALL make_batch_2({act}, {batch})"),
        format!("CALL make_batch_3({act}, {batch})"),
        format!("CALL save_preset_2({act}, 'none', 'mine', {PRESET})"),
        format!("CALL save_preset_2({act}, 'default', 'mine', 'x'' OR ''1'' = ''1')"),
        format!("CALL save_preset_2({act}, 'default', 'mine', '{{\"prefix\":\"A\",\"price\":\"free\"}}')"),
        format!("CALL save_preset_2({act}, 'default', 'mine', '{{\"prefix\":\"A\",\"seats\":70000}}')"),
        format!("CALL save_preset_2({act}, 'default', 'mine', '{{\"prefix\":\"A\",\"free\":1}}')"),
        format!("CALL add_cards_2({act}, '[{{\"prefix\":\"A\",\"code\":\"9\",\"full_code\":\"A-9\"}}]')"),
        format!("CALL change_cards_2({act}, 'x'' OR ''1'' = ''1')"),
        format!("CALL clear_device_keys({act}, 'x'' OR ''1'' = ''1')"),
        format!("CALL save_app({act}, 'default', NULL)"),
        format!("CALL save_app({act}, 'mine', 'x'' OR ''1'' = ''1')"),
        format!(
            "CALL change_cards_2({act}, '[{{\"id\":1,\"prefix\":\"A\",\"full_code\":\"A-1\",\"status\":\"KING\"}}]')"
        ),
    ];
    for escape in &own {
        assert!(operator.try_execute(&format!("START TRANSACTION; {escape}")).await.is_err(), "{escape}");
    }
    operator.execute(&format!("CALL restore_cards_2({undo}, '[1, 2, 3]')")).await;
    operator.execute(&format!("CALL close_act({undo})")).await;
    assert_eq!(database.rows::<u64>(log, ()).await, rows, "nothing more stands in the log");
    assert_eq!(cards(&database).await, seen);
    let undone: Vec<Option<u64>> = database.rows("SELECT undone_by FROM acts WHERE undoes IS NULL", ()).await;
    assert_eq!(undone, [None], "nothing was undone, so that nothing counts as undone");
    figure("operator", format!("{} escapes, all refused, no card changed", escapes.len() + own.len()));
}

/// Who is kept out, and how often that was changed.
async fn blocks(database: &TestDatabase) -> Vec<String> {
    let query = "SELECT CONCAT_WS(' ', app, kind, target, IFNULL(reason, '-'), IFNULL(`until`, '-'), \
                 (SELECT blocks FROM policy_revision WHERE id = 1)) FROM blocks ORDER BY target";
    database.rows(query, ()).await
}

#[tokio::test]
async fn nobody_lets_himself_in_again_or_keeps_others_out_without_an_act_of_his_own() {
    let database = TestDatabase::create().await;
    let [(function, _), (operator, name), (other, _), (viewer, _)] = [
        log_in(&database, Role::Function).await,
        log_in(&database, Role::Operator).await,
        log_in(&database, Role::Operator).await,
        log_in(&database, Role::Viewer).await,
    ];
    let act = begin(&operator, "block_add", None).await;
    let (machine, network) = (
        r#"{"app":"","kind":"MACHINE","target":"PC","reason":"chargeback"}"#,
        r#"{"app":"","kind":"NETWORK","target":"0.0.0.0/0"}"#,
    );
    operator.execute(&format!("CALL save_blocks({act}, '[{machine}]')")).await;
    let before = blocks(&database).await;
    assert_eq!(before, [" MACHINE PC chargeback - 1"]);
    let escapes = [
        "DELETE FROM blocks".to_owned(),
        "UPDATE blocks SET `until` = '2020-01-01'".to_owned(),
        "UPDATE blocks SET app = 'none'".to_owned(),
        "INSERT INTO blocks (kind, target, created_at) VALUES ('NETWORK', '0.0.0.0/0', UTC_TIMESTAMP())"
            .to_owned(),
        "UPDATE policy_revision SET blocks = 0".to_owned(),
        format!("CALL save_blocks({act}, '[{network}]')"),
        format!("CALL remove_blocks({act}, '[{machine}]')"),
        format!("CALL save_blocks(NULL, '[{network}]')"),
        "CALL remove_blocks(0, '[]')".to_owned(),
    ];
    for account in [&function, &viewer, &other] {
        for escape in &escapes {
            let refused = account.try_execute(escape).await;
            assert!(matches!(refused, Err(1142 | 1143 | 1370)), "{escape}: {refused:?}");
        }
    }
    let of_function = ["SELECT reason FROM blocks", "SELECT * FROM blocks", "CALL hold_blocks()"];
    for escape in of_function {
        let refused = function.try_execute(escape).await;
        assert!(matches!(refused, Err(1142 | 1143 | 1370)), "{escape}: {refused:?}");
    }
    // What is the account's own has to be right as well.
    let own = [
        format!("CALL save_blocks({act}, '[{network}, {network}]')"),
        format!("CALL save_blocks({act}, '[{{\"kind\":\"MACHINE\",\"target\":\"PC\"}}]')"),
        format!("CALL save_blocks({act}, '[{{\"app\":\"\",\"kind\":\"MACHINE\"}}]')"),
        format!("CALL save_blocks({act}, 'x'' OR ''1'' = ''1')"),
        format!("CALL remove_blocks({act}, 'x'' OR ''1'' = ''1')"),
    ];
    for escape in &own {
        assert!(operator.try_execute(&format!("START TRANSACTION; {escape}")).await.is_err(), "{escape}");
    }
    assert_eq!(blocks(&database).await, before);
    let logged: Vec<(String, String)> = database.rows("SELECT account, subject FROM operator_log", ()).await;
    assert_eq!(logged, [(format!("{name}@127.0.0.1"), "machine PC".to_owned())]);
    let tried = escapes.len() + of_function.len() + own.len();
    figure("blocks", format!("{tried} escapes, all refused, nobody let in or kept out"));
}

#[tokio::test]
async fn an_operator_makes_no_more_cards_than_its_batch_says() {
    let database = TestDatabase::create().await;
    let (operator, _) = log_in(&database, Role::Operator).await;
    let act = begin(&operator, "generate", None).await;
    operator.execute(&format!("CALL make_batch_2({act}, {})", batch(2))).await;
    let add = |codes: &[u32]| {
        let cards =
            codes.iter().map(|code| format!(r#"{{"prefix":"A","code":"{code}","full_code":"A-{code}"}}"#));
        format!("CALL add_cards_2({act}, '[{}]')", cards.collect::<Vec<_>>().join(","))
    };
    assert!(operator.try_execute(&add(&[1, 2, 3])).await.is_err());
    operator.execute(&add(&[1])).await;
    assert_eq!(operator.try_execute(&add(&[1])).await, Err(1062), "others may be tried");
    operator.execute(&add(&[2])).await;
    assert!(operator.try_execute(&add(&[3])).await.is_err());
    assert!(operator.try_execute(&add(&[3]).replace(['[', ']'], "")).await.is_err());
    assert_eq!(database.rows::<String>("SELECT full_code FROM cards ORDER BY 1", ()).await, ["A-1", "A-2"]);
}
