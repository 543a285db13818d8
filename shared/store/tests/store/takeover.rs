//! Taking over the database of a Flask installation in place.

use kami_core::card::CardStatus;
use kami_core::rules::Refusal;
use kami_store::{CardState, Client, Store, Validation};
use kami_testkit::{TestDatabase, migrations, tables};

use crate::{code, machine};

/// The table as the Flask service makes it, filled with what it leaves behind.
const FLASK: &str = "
    CREATE TABLE cards (
        id INT AUTO_INCREMENT PRIMARY KEY,
        prefix VARCHAR(16) NOT NULL,
        code VARCHAR(64) NOT NULL,
        full_code VARCHAR(128) NOT NULL UNIQUE,
        used_at DATETIME NULL,
        expire_at DATETIME NULL,
        machine_code VARCHAR(128) NULL,
        status ENUM('UNUSED','ACTIVE','EXPIRED') DEFAULT 'UNUSED',
        created_at DATETIME DEFAULT CURRENT_TIMESTAMP,
        updated_at DATETIME DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
        INDEX idx_full_code (full_code),
        INDEX idx_status (status),
        INDEX idx_prefix (prefix),
        INDEX idx_machine_code (machine_code),
        INDEX idx_expire_at (expire_at)
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
    INSERT INTO cards (id, prefix, code, full_code, used_at, expire_at, machine_code, status, created_at, updated_at)
    VALUES
        (7, 'VIP', 'FRESH', 'VIP-FRESH', NULL, NULL, NULL, 'UNUSED', '2024-01-01 00:00:00', '2024-01-01 00:00:00'),
        (8, 'VIP', 'INUSE', 'VIP-INUSE', UTC_TIMESTAMP() - INTERVAL 1 HOUR, UTC_TIMESTAMP() + INTERVAL 2 HOUR,
            'PC-Abc', 'ACTIVE', '2024-01-02 00:00:00', '2024-01-03 00:00:00'),
        (9, 'VIP', 'OVER', 'VIP-OVER', '2024-01-01 00:00:00', '2024-01-01 03:00:00', 'PC-Abc', 'ACTIVE',
            '2024-01-01 00:00:00', '2024-01-01 00:00:00'),
        (10, 'VIP', 'ENDED', 'VIP-ENDED', '2024-01-01 00:00:00', '2024-01-01 03:00:00', 'PC-Abc', 'EXPIRED',
            '2024-01-01 00:00:00', '2024-01-01 00:00:00'),
        (11, '季卡', '春天', '季卡-春天', NULL, NULL, NULL, 'UNUSED', '2024-01-01 00:00:00', NULL),
        (12, 'a-b c', 'X-Y', 'a-b c-X-Y', NULL, NULL, NULL, NULL, NULL, NULL),
        (13, '', 'BARE', '-BARE', NULL, NULL, NULL, NULL, NULL, '2023-05-05 00:00:00');
    SET sql_mode = '';
    INSERT INTO cards (id, prefix, code, full_code, status, created_at, updated_at)
    VALUES (14, 'VIP', 'LAX', 'VIP-LAX', 'nonsense', '0000-00-00', '2023-05-05 00:00:00');
";

async fn take_over() -> TestDatabase {
    let database = TestDatabase::absent();
    let made = database.store().migrate().await.unwrap();
    assert!(made.creates_database);
    let own = tables().collect::<Vec<_>>().join(", ");
    database
        .execute(&format!("DROP TABLE {own}, refinery_schema_history; SET time_zone = '+00:00'; {FLASK}"))
        .await;
    assert_eq!(database.store().migrate().await.unwrap().migrations.len(), migrations().len());
    database
}

async fn ask(store: &Store, card: &str, asker: &str) -> Validation {
    store.validate(&code(card), &machine(asker), &Client::default()).await.unwrap()
}

fn admitted(validation: &Validation) -> bool {
    matches!(validation, Validation::Admitted { .. })
}

#[tokio::test]
async fn each_card_still_answers_as_it_did() {
    let database = take_over().await;
    let store = database.store();
    assert!(admitted(&ask(&store, "VIP-INUSE", "PC-Abc").await));
    assert!(admitted(&ask(&store, "vip-inuse", "PC-Abc").await), "codes are matched whatever their case");
    assert_eq!(
        ask(&store, "VIP-INUSE", "PC-ABC").await,
        Validation::Refused(Refusal::MachineMismatch),
        "machine codes are compared with case"
    );
    assert_eq!(ask(&store, "VIP-OVER", "PC-Abc").await, Validation::Refused(Refusal::Expired));
    assert_eq!(ask(&store, "VIP-ENDED", "PC-Abc").await, Validation::Refused(Refusal::Expired));
    assert_eq!(ask(&store, "VIP-GONE", "PC-Abc").await, Validation::NotFound);
    for unused in ["VIP-FRESH", "季卡-春天", "a-b c-X-Y", "-BARE", "VIP-LAX"] {
        let Validation::Admitted { expire_at, now, .. } = ask(&store, unused, "PC-1").await else {
            panic!("{unused} is not activated");
        };
        assert_eq!((expire_at.unwrap() - now).num_seconds(), 10_800, "{unused} lasts its 3 hours");
        assert_eq!(ask(&store, unused, "PC-2").await, Validation::Refused(Refusal::MachineMismatch));
    }
}

#[tokio::test]
async fn nothing_is_lost() {
    type Times = (u64, String, Option<u32>, String, Option<String>);
    let database = take_over().await;
    let rows: Vec<Times> = database
        .rows(
            "SELECT id, status, duration_seconds, CAST(created_at AS CHAR), CAST(updated_at AS CHAR) FROM cards \
             WHERE id < 12 ORDER BY id",
            (),
        )
        .await;
    let row = |id, status: &str, created: &str, updated: Option<&str>| {
        let moment = |day: &str| format!("{day} 00:00:00");
        (id, status.to_owned(), Some(10_800), moment(created), updated.map(moment))
    };
    assert_eq!(
        rows,
        [
            row(7, "UNUSED", "2024-01-01", Some("2024-01-01")),
            row(8, "ACTIVE", "2024-01-02", Some("2024-01-03")),
            row(9, "ACTIVE", "2024-01-01", Some("2024-01-01")),
            row(10, "EXPIRED", "2024-01-01", Some("2024-01-01")),
            row(11, "UNUSED", "2024-01-01", None),
        ]
    );
    let store = database.store();
    let CardState { card, now, .. } =
        store.status(&code("a-b c-X-Y"), None, &Client::default()).await.unwrap().unwrap();
    assert_eq!(card.status, CardStatus::Unused, "an old card without a status is unused");
    assert!((now - card.created_at).num_seconds() < 600, "one without any time is dated today");
    let card = store.status(&code("-BARE"), None, &Client::default()).await.unwrap().unwrap().card;
    assert_eq!(card.created_at.to_string(), "2023-05-05 00:00:00 UTC");
}

#[tokio::test]
async fn a_taken_over_database_and_a_new_one_have_the_same_schema() {
    let shape = async |database: &TestDatabase| -> Vec<(String, String, String, Option<String>)> {
        database
            .rows(
                "SELECT column_name, column_type, is_nullable, collation_name FROM information_schema.columns \
                 WHERE table_schema = ? AND table_name = 'cards' ORDER BY ordinal_position",
                (database.name(),),
            )
            .await
    };
    let indexes = async |database: &TestDatabase| -> Vec<(String, String)> {
        database
            .rows(
                "SELECT index_name, GROUP_CONCAT(column_name ORDER BY seq_in_index) \
                 FROM information_schema.statistics WHERE table_schema = ? AND table_name = 'cards' \
                 GROUP BY index_name ORDER BY index_name",
                (database.name(),),
            )
            .await
    };
    let (old, new) = (take_over().await, TestDatabase::create().await);
    assert_eq!(shape(&old).await, shape(&new).await);
    assert_eq!(indexes(&old).await, indexes(&new).await);
    let names: Vec<_> = indexes(&new).await.into_iter().map(|(_, columns)| columns).collect();
    for needed in [
        "full_code",
        "status",
        "prefix,status",
        "status,expire_at",
        "machine_code",
        "batch_id",
        "used_at",
        "created_at",
    ] {
        assert!(names.iter().any(|columns| columns == needed), "{needed}: {names:?}");
    }
}

#[tokio::test]
async fn the_flask_service_can_go_on_working_beside_us() {
    let database = take_over().await;
    // What SQLAlchemy sends for a new card, an activation and its expiry.
    database
        .execute(
            "INSERT INTO cards (prefix, code, full_code, status) VALUES ('NEW', 'ONE', 'NEW-ONE', 'UNUSED');
             UPDATE cards SET status = 'ACTIVE', machine_code = 'PC-1', used_at = UTC_TIMESTAMP(),
                expire_at = UTC_TIMESTAMP() + INTERVAL 3 HOUR WHERE full_code = 'NEW-ONE'",
        )
        .await;
    assert!(admitted(&ask(&database.store(), "NEW-ONE", "PC-1").await));
    let statuses: Vec<String> = database.rows("SELECT DISTINCT status FROM cards ORDER BY 1", ()).await;
    assert_eq!(statuses, ["UNUSED", "ACTIVE", "EXPIRED"], "the very words it knows");
}
