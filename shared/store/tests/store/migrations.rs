use kami_store::MigrateError;
use kami_testkit::{TestDatabase, migrations, schema_version, tables, test_server};

async fn schema(database: &TestDatabase) -> Vec<String> {
    let mut statements = Vec::new();
    for table in tables() {
        let rows: Vec<(String, String)> = database.rows(&format!("SHOW CREATE TABLE {table}"), ()).await;
        statements.push(rows.into_iter().next().unwrap().1);
    }
    statements
}

/// Everything that the migrations and the routines leave in a database, what differs by its name apart.
async fn everything(database: &TestDatabase) -> Vec<String> {
    let mut found = schema(database).await;
    for rows in [
        "SELECT CONCAT_WS(' ', version, name, checksum) FROM refinery_schema_history ORDER BY version",
        "SELECT CONCAT_WS(' ', name, title, policy) FROM apps ORDER BY name",
        "SELECT CONCAT_WS(' ', id, revision) FROM policy_revision",
        "SELECT CONCAT_WS(' ', routine_name, sql_mode, security_type, definer, database_collation, routine_definition)
         FROM information_schema.routines WHERE routine_schema = DATABASE() ORDER BY routine_name",
        "SELECT CONCAT_WS(' ', specific_name, ordinal_position, parameter_mode, parameter_name, dtd_identifier,
         collation_name) FROM information_schema.parameters WHERE specific_schema = DATABASE()
         ORDER BY specific_name, ordinal_position",
        "SELECT CONCAT_WS(' ', default_character_set_name, default_collation_name)
         FROM information_schema.schemata WHERE schema_name = DATABASE()",
    ] {
        found.extend(database.rows::<String>(rows, ()).await);
    }
    found
}

#[tokio::test]
async fn the_copy_that_tests_work_on_is_what_the_migrations_make() {
    let migrated = everything(&TestDatabase::create_on(&test_server()).await).await;
    let copied = everything(&TestDatabase::create().await).await;
    assert_eq!(copied.len(), migrated.len());
    for (copied, migrated) in copied.iter().zip(&migrated) {
        assert_eq!(copied, migrated);
    }
}

#[tokio::test]
async fn a_plan_says_everything_and_changes_nothing() {
    let database = TestDatabase::absent();
    let store = database.store();
    for _ in 0..2 {
        let plan = store.migration_plan().await.unwrap();
        assert!(plan.creates_database);
        let names: Vec<_> = plan.migrations.iter().map(|step| (step.version, step.name.clone())).collect();
        assert_eq!(names, migrations());
        assert!(plan.migrations[0].sql.contains("CREATE TABLE IF NOT EXISTS cards"));
    }
}

#[tokio::test]
async fn migrating_again_does_nothing() {
    let database = TestDatabase::absent();
    let store = database.store();
    let first = store.migrate().await.unwrap();
    assert_eq!(
        (first.creates_database, first.from_version, first.migrations.len()),
        (true, 0, migrations().len())
    );
    let before = schema(&database).await;
    let second = store.migrate().await.unwrap();
    assert_eq!((second.creates_database, second.migrations.len()), (false, 0));
    assert_eq!(second.from_version, schema_version());
    assert_eq!(schema(&database).await, before);
}

#[tokio::test]
async fn of_several_at_once_each_migration_is_applied_by_one() {
    let database = TestDatabase::absent();
    let runs = (0..4).map(|_| {
        let store = database.store();
        tokio::spawn(async move { store.migrate().await.unwrap().migrations.len() })
    });
    let mut applied = 0;
    for run in runs.collect::<Vec<_>>() {
        applied += run.await.unwrap();
    }
    assert_eq!(applied, migrations().len());
    let recorded: Vec<i32> =
        database.rows("SELECT version FROM refinery_schema_history ORDER BY 1", ()).await;
    assert_eq!(recorded, (1..=schema_version()).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_database_newer_than_this_kami_is_refused() {
    let database = TestDatabase::create().await;
    let (known, next) = (schema_version(), schema_version() + 1);
    database
        .execute(&format!(
            "INSERT INTO refinery_schema_history (version, name, applied_on, checksum) \
             SELECT {next}, 'future', applied_on, 1 FROM refinery_schema_history WHERE version = 3"
        ))
        .await;
    let refused = database.store().migrate().await.unwrap_err();
    assert!(
        matches!(&refused, MigrateError::Newer { found, known: own } if (*found, *own) == (next, known)),
        "{refused}"
    );
    assert_eq!(
        refused.to_string(),
        format!(
            "the database is at schema version {next}, newer than the {known} that this kami knows: install the newer kami"
        )
    );
}

#[tokio::test]
async fn a_migration_cut_off_before_it_was_recorded_is_resumed() {
    let database = TestDatabase::create().await;
    database.insert_card("VIP", "KEPT").await;
    let before = schema(&database).await;
    for version in (1..=schema_version()).rev() {
        database.execute(&format!("DELETE FROM refinery_schema_history WHERE version >= {version}")).await;
        let again = database.store().migrate().await.unwrap();
        assert_eq!(again.from_version, version - 1);
        assert_eq!(schema(&database).await, before);
    }
    assert_eq!(database.rows::<String>("SELECT full_code FROM cards", ()).await, ["VIP-KEPT"]);
}

/// The schema before the server wrote down which account it was, with an act of that time.
const BEFORE_ACCOUNTS: &str = concat!(
    include_str!("../../../../sql/V1__flask_cards.sql"),
    include_str!("../../../../sql/V2__cards.sql"),
    include_str!("../../../../sql/V3__batches_and_operator_log.sql")
);

/// What a program of that time writes about an act.
const OLD_ACT: &str = "
    INSERT INTO acts (act, operator, done_at, card_count, batch_id, undoes)
    VALUES ('note', 'li', UTC_TIMESTAMP(), 1, NULL, NULL);
    INSERT INTO operator_log (act_id, act, operator, done_at, card_id, batch_id, full_code, values_before, values_after)
    VALUES (LAST_INSERT_ID(), 'note', 'li', UTC_TIMESTAMP(), 1, NULL, 'VIP-A', '{}', '{}');
    INSERT INTO batches (origin, prefix, card_count, code_length, duration_seconds, note, operator, created_at)
    VALUES ('GENERATED', 'VIP', 1, 10, NULL, NULL, 'li', UTC_TIMESTAMP());";

#[tokio::test]
async fn what_was_done_before_is_of_no_known_account_and_older_programs_go_on_writing() {
    let database = TestDatabase::create_empty().await;
    database.execute(BEFORE_ACCOUNTS).await;
    database.execute(OLD_ACT).await;
    database.store().migrate().await.unwrap();
    database.execute(OLD_ACT).await;
    let here = database.rows::<String>("SELECT CURRENT_USER()", ()).await.pop();
    for table in ["acts", "operator_log", "batches"] {
        let accounts: Vec<Option<String>> =
            database.rows(&format!("SELECT account FROM {table} ORDER BY id"), ()).await;
        assert_eq!(accounts, [None, here.clone()], "{table}");
    }
}

#[tokio::test]
async fn sample_cards_go_into_an_empty_database_only() {
    let database = TestDatabase::create().await;
    let store = database.store();
    assert_eq!(store.load_demo().await.unwrap(), 3);
    assert_eq!(store.load_demo().await.unwrap(), 0);
    let cards: Vec<(String, String)> =
        database.rows("SELECT full_code, status FROM cards ORDER BY id", ()).await;
    let unused = |code: &str| (code.to_owned(), "UNUSED".to_owned());
    assert_eq!(cards, ["VIP-DEMO123456", "PREMIUM-TEST789012", "BASIC-SAMPLE345678"].map(unused));

    let in_use = TestDatabase::create().await;
    in_use.insert_card("SHOP", "SOLD").await;
    assert_eq!(in_use.store().load_demo().await.unwrap(), 0);
}
