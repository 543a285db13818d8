//! Tables that are not in the form that kami works with: fixed step by step, or refused by name.

use kami_core::filter::Filter;
use kami_store::{Cause, Client, ManyAct, MigrateError, Refusal, RepairKind, Selection, Takeover};
use kami_testkit::{Queryable, TestDatabase, agreed};

use crate::code;

/// The table of the Flask service, as an older server may have it.
const FLASK: &str = "
    CREATE TABLE cards (
        id INT NOT NULL AUTO_INCREMENT, prefix VARCHAR(16) NOT NULL, code VARCHAR(64) NOT NULL,
        full_code VARCHAR(128) NOT NULL, used_at DATETIME NULL, expire_at DATETIME NULL,
        machine_code VARCHAR(128) NULL, status ENUM('unused', 'active', 'expired') DEFAULT 'unused',
        created_at DATETIME DEFAULT CURRENT_TIMESTAMP,
        updated_at DATETIME DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
        PRIMARY KEY (id), UNIQUE KEY full_code (full_code), KEY idx_full_code (full_code), KEY idx_status (status)
    ) ENGINE = MyISAM DEFAULT CHARSET = utf8mb3 COLLATE = utf8mb3_bin;
    SET sql_mode = 'ALLOW_INVALID_DATES';
    INSERT INTO cards (prefix, code, full_code, used_at, expire_at, status, machine_code, created_at, updated_at) VALUES
        ('VIP', 'A1', 'VIP-A1', '0000-00-00', '0000-00-00', 'unused', NULL, '2020-01-01', '2020-01-01'),
        ('VIP', 'A2', 'VIP-A2', '2020-01-01', '2020-01-01 03:00:00', 'active', 'PC', '0000-00-00', '0000-00-00'),
        ('VIP', 'A3', 'VIP-A3', NULL, NULL, '', NULL, '2020-00-00', '2020-00-15'),
        ('VIP', 'A4', 'VIP-A4', '2020-02-31', '2020-02-31 03:00:00', 'expired', 'PC', NULL, NULL),
        ('VIP', 'A5', 'VIP-A5', '2020-01-01', '0000-00-00', 'active', 'PC', '2020-01-01', '2020-01-01');";

async fn flask() -> TestDatabase {
    let database = TestDatabase::create_empty().await;
    database.execute(FLASK).await;
    database
}

async fn definition(database: &TestDatabase) -> String {
    let rows: Vec<mysql_async::Row> = database.rows("SHOW CREATE TABLE cards", ()).await;
    rows[0].get(1).unwrap()
}

type Moments = (u64, String, Option<String>, Option<String>, String, Option<String>);

async fn moments(database: &TestDatabase) -> Vec<Moments> {
    let query = "SELECT id, status, CAST(used_at AS CHAR), CAST(expire_at AS CHAR), CAST(created_at AS CHAR), \
                 CAST(updated_at AS CHAR) FROM cards ORDER BY id";
    database.rows(query, ()).await
}

#[tokio::test]
async fn the_form_is_what_the_migrations_make() {
    let database = TestDatabase::create().await;
    assert_eq!(database.store().inspect_tables().await.unwrap(), Some(Takeover::default()));
}

#[tokio::test]
async fn what_is_fixed_is_planned_counted_and_done_once() {
    let database = flask().await;
    let store = database.store();
    let planned = store.migration_plan().await.unwrap().takeover;
    let kinds: Vec<_> = planned.repairs.iter().map(|repair| repair.kind).collect();
    let dates = |column, cards| RepairKind::Dates { column, cards };
    assert_eq!(
        kinds,
        [
            dates("used_at", 2),
            dates("expire_at", 3),
            RepairKind::Statuses(1),
            dates("created_at", 2),
            RepairKind::Undated(1),
            dates("updated_at", 2),
        ]
    );
    assert_eq!(store.migrate().await.unwrap().takeover, planned);
    let at = |text: &str| Some(text.to_owned());
    assert_eq!(
        moments(&database).await,
        [
            (1, "UNUSED".to_owned(), None, None, "2020-01-01 00:00:00".to_owned(), at("2020-01-01 00:00:00")),
            (
                2,
                "ACTIVE".to_owned(),
                at("2020-01-01 00:00:00"),
                at("2020-01-01 03:00:00"),
                "2020-01-01 00:00:00".to_owned(),
                None
            ),
            (3, "UNUSED".to_owned(), None, None, "2019-12-31 23:59:59".to_owned(), at("2019-12-31 23:59:59")),
            (
                4,
                "EXPIRED".to_owned(),
                at("2020-02-29 23:59:59"),
                at("2020-02-29 23:59:59"),
                "2020-02-29 23:59:59".to_owned(),
                None
            ),
            (
                5,
                "ACTIVE".to_owned(),
                at("2020-01-01 00:00:00"),
                at("2020-01-01 03:00:00"),
                "2020-01-01 00:00:00".to_owned(),
                at("2020-01-01 00:00:00")
            ),
        ]
    );
    assert_eq!(store.migrate().await.unwrap().takeover, Takeover::default());
}

/// Each of its steps may be the last: what was done until then is found done.
#[tokio::test]
async fn a_takeover_that_was_cut_off_is_resumed() {
    let whole = flask().await;
    whole.store().migrate().await.unwrap();
    let (form, rows) = (definition(&whole).await, moments(&whole).await);
    let plan = flask().await.store().migration_plan().await.unwrap();
    let repairs = plan.takeover.repairs.iter().filter_map(|repair| repair.statement.clone());
    let tables = plan.takeover.tables.iter().map(|change| change.statement.clone());
    let steps: Vec<String> =
        plan.takeover.database.clone().into_iter().chain(repairs).chain(tables).collect();
    assert!(steps.len() >= 3, "{steps:?}");
    for done in 1..=steps.len() {
        let database = flask().await;
        let mut connection = database.connect().await;
        connection.query_drop("SET sql_mode = 'STRICT_ALL_TABLES,ALLOW_INVALID_DATES'").await.unwrap();
        for step in &steps[..done] {
            connection.query_drop(step).await.unwrap();
        }
        connection.disconnect().await.unwrap();
        database.store().migrate().await.unwrap();
        assert_eq!(
            (definition(&database).await, moments(&database).await),
            (form.clone(), rows.clone()),
            "{done}"
        );
    }
}

/// Dates that were put in beside kami, or that an older kami left on a lax server.
#[tokio::test]
async fn a_database_of_today_is_mended_as_well() {
    let database = TestDatabase::create().await;
    for card in ["A", "B", "C"] {
        database.insert_card("VIP", card).await;
    }
    database
        .execute(
            "SET sql_mode = 'ALLOW_INVALID_DATES';
             UPDATE cards SET created_at = '0000-00-00', updated_at = '2024-02-31' WHERE full_code = 'VIP-B';
             ALTER TABLE cards MODIFY full_code VARCHAR(128) CHARACTER SET utf8mb3 NOT NULL, DROP INDEX idx_used_at",
        )
        .await;
    let store = database.store();
    assert!(store.inspect_tables().await.unwrap().is_some_and(|takeover| takeover != Takeover::default()));
    let done = store.migrate().await.unwrap();
    assert_eq!((done.migrations.len(), done.takeover.tables[0].faults.len()), (0, 2), "{:?}", done.takeover);
    assert_eq!(store.inspect_tables().await.unwrap(), Some(Takeover::default()));
    assert!(store.status(&code("vip-b"), None, &Client::default()).await.unwrap().is_ok());
}

/// What is done to the table, and whether it is refused for that.
type Case = (&'static str, fn(&Refusal) -> bool);

/// Whoever restores a dump into a lax server may bring such dates along anywhere.
#[tokio::test]
async fn dates_that_no_calendar_has_are_mended_in_the_tables_of_acts_too() {
    let database = TestDatabase::create().await;
    database
        .execute(
            "SET sql_mode = 'ALLOW_INVALID_DATES';
             INSERT INTO acts (id, act, operator, done_at) VALUES (1, 'note', 'li', '0000-00-00'),
                (2, 'note', 'li', '2024-01-02'), (3, 'note', 'li', '2024-02-31'), (4, 'note', 'li', '0000-00-00');
             INSERT INTO operator_log (act_id, act, operator, done_at) VALUES (2, 'note', 'li', '2024-00-02');
             INSERT INTO batches (card_count, operator, created_at) VALUES (1, 'li', '2024-01-02'), (1, 'li', 0)",
        )
        .await;
    let store = database.store();
    assert_eq!(store.migrate().await.unwrap().takeover.repairs.len(), 3);
    assert_eq!(store.inspect_tables().await.unwrap(), Some(Takeover::default()));
    let query = "SELECT CAST(done_at AS CHAR) FROM acts WHERE id > 1 ORDER BY id";
    assert_eq!(database.rows::<String>(query, ()).await, ["2024-01-02 00:00:00"; 3]);
    let query = "SELECT CAST(created_at AS CHAR) FROM batches ORDER BY id";
    assert_eq!(database.rows::<String>(query, ()).await, ["2024-01-02 00:00:00"; 2]);
    let now = store.now().await.unwrap();
    let acts = store.acts_step(&kami_store::ActFilter::default(), None, 10).await.unwrap().acts;
    assert!((now - acts[3].done_at).num_seconds() < 600, "the first is dated today: {acts:?}");
}

#[tokio::test]
async fn what_nobody_but_its_owner_can_decide_is_refused_before_the_first_change() {
    let refusals: [Case; 22] = [
        (
            "INSERT INTO cards (prefix, code, full_code) VALUES ('vip', 'a1', 'vip-a1')",
            |refusal| matches!(refusal, Refusal::Collisions { codes: 1, pairs } if pairs == &[(1, 6, "VIP****".to_owned())]),
        ),
        (
            "ALTER TABLE cards ADD order_number VARCHAR(40) NOT NULL",
            |refusal| matches!(refusal, Refusal::Required { column, .. } if column == "order_number"),
        ),
        ("ALTER TABLE cards ADD note TEXT", |refusal| {
            matches!(refusal, Refusal::OwnColumn { column: "note" })
        }),
        ("ALTER TABLE cards MODIFY code INT NOT NULL", |refusal| {
            matches!(refusal, Refusal::ColumnType { column: "code", .. })
        }),
        (
            "ALTER TABLE cards ADD UNIQUE INDEX uq_code (code)",
            |refusal| matches!(refusal, Refusal::UniqueIndex { index } if index == "uq_code"),
        ),
        ("ALTER TABLE cards DROP COLUMN full_code", |refusal| {
            matches!(refusal, Refusal::NoColumn { column: "full_code" })
        }),
        (
            "ALTER TABLE cards MODIFY status VARCHAR(20); UPDATE cards SET status = 'BANNED' WHERE id = 2",
            |refusal| matches!(refusal, Refusal::Status { word, cards: 1 } if word == "BANNED"),
        ),
        ("UPDATE cards SET id = -7 WHERE id = 3", |refusal| matches!(refusal, Refusal::Numbers { cards: 1 })),
        (
            "ALTER TABLE cards MODIFY full_code VARCHAR(200) NOT NULL; \
             UPDATE cards SET full_code = REPEAT('x', 129) WHERE id = 2",
            |refusal| matches!(refusal, Refusal::TooLong { column: "full_code", most: 128, ids, .. } if ids == &[2]),
        ),
        (
            "ALTER TABLE cards MODIFY prefix VARCHAR(16) NULL; UPDATE cards SET prefix = NULL WHERE id = 2",
            |refusal| matches!(refusal, Refusal::Empty { column: "prefix", cards: 1 }),
        ),
        (
            "ALTER TABLE cards ENGINE = InnoDB; \
             CREATE TABLE orders (card INT, CONSTRAINT of_card FOREIGN KEY (card) REFERENCES cards (id)) ENGINE = InnoDB",
            |refusal| matches!(refusal, Refusal::ForeignKey { name, column: "id", .. } if name == "of_card"),
        ),
        (
            "RENAME TABLE cards TO old; CREATE VIEW cards AS SELECT * FROM old",
            |refusal| matches!(refusal, Refusal::NoTable { table: "cards", found } if found == "VIEW"),
        ),
        ("ALTER TABLE cards MODIFY machine_code VARBINARY(128)", |refusal| {
            matches!(refusal, Refusal::ColumnType { column: "machine_code", .. })
        }),
        (
            "ALTER TABLE cards DROP INDEX full_code; INSERT INTO cards (prefix, code, full_code) VALUES ('', '', 'VIP-A1')",
            |refusal| matches!(refusal, Refusal::Collisions { codes: 1, .. }),
        ),
        (
            "INSERT INTO cards (prefix, code, full_code) VALUES ('VIP', 'A1', 'VIP–A1')",
            |refusal| matches!(refusal, Refusal::Collisions { codes: 1, pairs } if pairs == &[(1, 6, "VIP****".to_owned())]),
        ),
        (
            "ALTER TABLE cards ADD UNIQUE INDEX uq_start (full_code(6))",
            |refusal| matches!(refusal, Refusal::UniqueIndex { index } if index == "uq_start"),
        ),
        (
            "ALTER TABLE cards ENGINE = InnoDB, ADD CONSTRAINT known CHECK (status <> 'disabled')",
            |refusal| matches!(refusal, Refusal::Check { name, column: "status" } if name == "known"),
        ),
        (
            "CREATE TABLE prefixes (prefix VARCHAR(16) CHARACTER SET utf8mb3 COLLATE utf8mb3_bin PRIMARY KEY) \
                ENGINE = InnoDB; INSERT INTO prefixes VALUES ('VIP'); \
             ALTER TABLE cards ENGINE = InnoDB, ADD CONSTRAINT known FOREIGN KEY (prefix) REFERENCES prefixes (prefix)",
            |refusal| matches!(refusal, Refusal::LeadsOut { name, column } if name == "known" && column == "prefix"),
        ),
        (
            "CREATE TRIGGER watcher BEFORE UPDATE ON cards FOR EACH ROW SET NEW.machine_code = 'PC'",
            |refusal| matches!(refusal, Refusal::Trigger { name } if name == "watcher"),
        ),
        (
            "ALTER TABLE cards ADD duration_seconds INT NULL, ADD batch_id INT NULL, ADD note TEXT NULL; \
             UPDATE cards SET duration_seconds = -1 WHERE id = 2",
            |refusal| matches!(refusal, Refusal::OutOfRange { column: "duration_seconds", cards: 1 }),
        ),
        (
            "ALTER TABLE cards MODIFY prefix VARCHAR(16) CHARACTER SET latin1 NOT NULL; \
             INSERT INTO cards (prefix, code, full_code) VALUES (_latin1 X'E5ADA3E58DA1', 'A6', 'VIP-A6')",
            |refusal| matches!(refusal, Refusal::OtherBytes { column: "prefix", set, cards: 1 } if set == "latin1"),
        ),
        ("CREATE TABLE batches (id INT PRIMARY KEY)", |refusal| {
            matches!(refusal, Refusal::OtherTable { table: "batches", column: "origin" })
        }),
    ];
    for (change, is_meant) in refusals {
        let database = flask().await;
        database.execute(&format!("SET sql_mode = 'ALLOW_INVALID_DATES'; {change}")).await;
        let before = (definition(&database).await, tables(&database).await);
        let refused = database.store().migrate().await.unwrap_err();
        let MigrateError::Unfit(refusals) = &refused else { panic!("{change}: {refused}") };
        assert!(refusals.iter().any(is_meant), "{change}: {refusals:?}");
        assert_eq!((definition(&database).await, tables(&database).await), before, "{change}");
    }
}

/// What the catalogue does not tell, the server does on an empty copy.
#[tokio::test]
async fn what_the_server_cannot_do_is_known_before_the_first_change() {
    let own = |number| format!("ADD INDEX own_{number} (created_at, updated_at)");
    let indexes = (0..56).map(own).collect::<Vec<_>>().join(", ");
    for (change, number) in [
        ("ADD FULLTEXT INDEX words (full_code, machine_code)".to_owned(), 1283),
        (format!("ENGINE = InnoDB, {indexes}"), 1069),
        ("ADD long_text VARCHAR(64000) CHARACTER SET latin1 NULL".to_owned(), 1118),
    ] {
        let database = flask().await;
        database.execute(&format!("SET sql_mode = 'ALLOW_INVALID_DATES'; ALTER TABLE cards {change}")).await;
        let before = (definition(&database).await, sum(&database).await, tables(&database).await);
        let done = database.store().migrate().await;
        let Err(MigrateError::Unchangeable { table: "cards", cause }) = done else {
            panic!("{change}: {done:?}")
        };
        let is_that =
            |cause: &Cause<'_>| matches!(cause, Cause::Server { number: found, .. } if *found == number);
        assert!(cause.cause().is_some_and(|cause| is_that(&cause)), "{change}: {cause}");
        assert_eq!((definition(&database).await, sum(&database).await, tables(&database).await), before);
    }
}

#[tokio::test]
async fn a_table_that_has_the_name_of_the_empty_copy_keeps_its_rows() {
    for (rows, is_kept) in [("VALUES (7)", true), ("SELECT 1 FROM DUAL WHERE FALSE", false)] {
        let database = flask().await;
        let table = format!("CREATE TABLE kami_rehearsal (id INT); INSERT INTO kami_rehearsal {rows}");
        database.execute(&table).await;
        database.store().migrate().await.unwrap();
        assert_eq!(tables(&database).await.iter().any(|name| name == "kami_rehearsal"), is_kept, "{rows}");
    }
}

#[tokio::test]
async fn an_account_that_may_not_change_tables_changes_no_row_either() {
    let database = flask().await;
    let account = kami_testkit::unique_name("k")[..16].to_owned();
    let grant = format!("GRANT SELECT, UPDATE ON {}.* TO '{account}'@'%'", database.name());
    database.execute(&format!("CREATE USER '{account}'@'%' IDENTIFIED BY 'secret'; {grant}")).await;
    let before = (definition(&database).await, sum(&database).await);
    let refused = database.as_account(&account, "secret").store().migrate().await;
    assert!(matches!(refused, Err(MigrateError::Unchangeable { table: "cards", .. })), "{refused:?}");
    assert_eq!((definition(&database).await, sum(&database).await), before);
}

async fn sum(database: &TestDatabase) -> i64 {
    let rows: Vec<(String, i64)> = database.rows("CHECKSUM TABLE cards EXTENDED", ()).await;
    rows[0].1
}

/// What is done to a table that kami can undo by itself.
#[tokio::test]
async fn however_a_table_was_built_it_is_brought_into_its_form() {
    for change in [
        "ALTER TABLE cards ENGINE = InnoDB, ROW_FORMAT = REDUNDANT",
        "ALTER TABLE cards ENGINE = MEMORY",
        "ALTER TABLE cards ENGINE = InnoDB, DROP INDEX full_code, ADD INDEX (full_code) \
            PARTITION BY HASH (id) PARTITIONS 3",
        "ALTER TABLE cards ADD shop INT NULL FIRST, MODIFY full_code CHAR(128) NOT NULL AFTER shop",
        "ALTER TABLE cards MODIFY machine_code TEXT NULL, MODIFY id INT NOT NULL, DROP PRIMARY KEY",
        "ALTER TABLE cards MODIFY id INT NOT NULL, DROP PRIMARY KEY, ADD PRIMARY KEY (full_code)",
        "ALTER TABLE cards MODIFY status VARCHAR(10) NULL, MODIFY used_at DATETIME NULL, \
            ADD INDEX idx_created_at (updated_at), ADD INDEX idx_used_at (status(2))",
        "ALTER TABLE cards DROP INDEX full_code, ADD UNIQUE INDEX full_code (full_code(20))",
        "CREATE TABLE refinery_schema_history (version INT PRIMARY KEY, name VARCHAR(255), applied_on VARCHAR(255), \
            checksum VARCHAR(255)) ENGINE = MyISAM",
        "CREATE TRIGGER watcher BEFORE INSERT ON cards FOR EACH ROW SET NEW.updated_at = NULL",
    ] {
        let database = flask().await;
        database.execute(&format!("SET sql_mode = 'ALLOW_INVALID_DATES'; {change}")).await;
        let store = database.store();
        store.migrate().await.unwrap_or_else(|error| panic!("{change}: {error}"));
        assert_eq!(store.inspect_tables().await.unwrap(), Some(Takeover::default()), "{change}");
        let codes: Vec<String> = database.rows("SELECT full_code FROM cards ORDER BY full_code", ()).await;
        assert_eq!(codes, ["VIP-A1", "VIP-A2", "VIP-A3", "VIP-A4", "VIP-A5"], "{change}");
    }
}

/// A condition in a column's own definition goes with it, as MariaDB has it; MySQL makes one of the table of it.
#[tokio::test]
async fn a_condition_on_a_column_is_refused_or_goes_with_its_definition() {
    let database = flask().await;
    let change = "ALTER TABLE cards ENGINE = InnoDB, MODIFY machine_code VARCHAR(128) NULL CHECK (machine_code <> 'X')";
    database.execute(&format!("SET sql_mode = 'ALLOW_INVALID_DATES'; {change}")).await;
    match database.store().migrate().await {
        Ok(_) => assert!(!definition(&database).await.contains("CHECK"), "{}", definition(&database).await),
        Err(MigrateError::Unfit(refusals)) => {
            assert!(matches!(&refusals[..], [Refusal::Check { column: "machine_code", .. }]), "{refusals:?}");
        }
        Err(error) => panic!("{error}"),
    }
}

/// Servers on Linux tell them apart: kami would make an empty table beside the seller's.
#[tokio::test]
async fn a_table_whose_name_is_written_in_another_case_is_not_passed_over() {
    let database = flask().await;
    database.execute("RENAME TABLE cards TO Cards").await;
    let refused = database.store().migrate().await;
    let Err(MigrateError::Unfit(refusals)) = refused else { panic!("{refused:?}") };
    assert_eq!(refusals, [Refusal::OtherCase { table: "cards", found: "Cards".to_owned() }]);
    assert_eq!(tables(&database).await, ["Cards"]);
}

/// The numbers of an old table may have gaps that no search could go through step by step.
#[tokio::test]
async fn a_gap_between_the_numbers_of_cards_is_passed_at_once() {
    let database = flask().await;
    database
        .execute("SET sql_mode = 'ALLOW_INVALID_DATES'; ALTER TABLE cards MODIFY id BIGINT AUTO_INCREMENT; UPDATE cards SET id = 9000000000000000000 WHERE id = 5")
        .await;
    let store = database.store();
    store.migrate().await.unwrap();
    let operator = kami_core::operator::Operator::new("li").unwrap();
    let note = kami_core::acts::Act::SetNote { note: kami_core::operator::Note::parse("old").unwrap() };
    let many = ManyAct { act: note, selection: Selection::Filter(Filter::default()) };
    let quiet = |_| std::ops::ControlFlow::Continue(());
    assert_eq!(store.act_on(&operator, &agreed(many), &quiet).await.unwrap().done, 5);
    let all = Selection::Filter(Filter::default());
    assert_eq!(store.survey(&all, &quiet).await.unwrap().map(|survey| survey.cards), Some(5));
}

async fn tables(database: &TestDatabase) -> Vec<String> {
    let query = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY 1";
    database.rows(query, ()).await
}

/// MariaDB reads what a routine is given in the character set of the database in which it was made.
#[tokio::test]
async fn routines_made_for_another_character_set_are_made_anew_and_may_be_called_as_before() {
    let database = TestDatabase::create_empty().await;
    database.execute(&format!("ALTER DATABASE {} CHARACTER SET utf8mb3", database.name())).await;
    // As an older kami did it, which left the database as it was.
    for routine in include_str!("../../../../sql/routines.sql").split("-- routine: ").skip(1) {
        let made = database.try_execute(routine.split_once('\n').unwrap().1).await;
        assert_eq!(made, Ok(()), "{routine}");
    }
    let account = kami_testkit::unique_name("k")[..16].to_owned();
    let grant = "GRANT EXECUTE ON PROCEDURE";
    database
        .execute(&format!(
            "CREATE USER '{account}'@'%' IDENTIFIED BY 'secret'; {grant} {}.expire_cards TO '{account}'@'%'",
            database.name()
        ))
        .await;
    let store = database.store();
    let is_maria = database.rows::<String>("SELECT VERSION()", ()).await[0].contains("MariaDB");
    let done = store.migrate().await.unwrap();
    assert!(done.takeover.database.is_some());
    assert_eq!(!done.takeover.routines.is_empty(), is_maria);
    assert_eq!(database.as_account(&account, "secret").try_execute("CALL expire_cards('[]')").await, Ok(()));
    let operator = kami_core::operator::Operator::new("li").unwrap();
    database.insert_card("VIP", "A").await;
    let note =
        kami_core::acts::Act::SetNote { note: kami_core::operator::Note::parse("春天 😀").unwrap() };
    let many = ManyAct { act: note, selection: Selection::Filter(Filter::default()) };
    let quiet = |_| std::ops::ControlFlow::Continue(());
    assert_eq!(store.act_on(&operator, &agreed(many), &quiet).await.unwrap().done, 1);
    assert_eq!(database.rows::<String>("SELECT note FROM cards", ()).await, ["春天 😀"]);
    assert_eq!(store.migrate().await.unwrap().takeover, Takeover::default());
}
