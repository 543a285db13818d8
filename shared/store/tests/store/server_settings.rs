//! Servers whose own settings are not the usual ones: they make no difference.

use std::ops::ControlFlow;

use kami_core::acts::Act;
use kami_core::filter::Filter;
use kami_core::operator::Operator;
use kami_store::{ActProgress, Client, ExpiryCursor, ManyAct, Selection, Takeover, Undo, Validation};
use kami_testkit::{PrivateServer, TestDatabase, agreed};

use crate::{code, machine};

/// What the test itself needs to write where servers log statements.
const USUAL: &str = "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ";

/// A card's whole life, and what operators do to it.
async fn live(database: &TestDatabase) {
    let store = database.store();
    let go_on = |_: ActProgress| ControlFlow::Continue(());
    let operator = Operator::new("li").unwrap();
    database
        .execute(&format!("{USUAL}; INSERT INTO cards (prefix, code, full_code) VALUES ('VIP', 'A', 'VIP-A'), ('VIP', 'B', 'VIP-B')"))
        .await;
    let admitted = store.validate(&code("vip-a"), &machine("PC"), &Client::default()).await.unwrap();
    assert!(matches!(admitted, Validation::Admitted { .. }), "{admitted:?}");
    let all = Selection::Filter(Filter::default());
    for act in [Act::Disable, Act::Enable, Act::Delete] {
        let many = agreed(ManyAct { act: act.clone(), selection: all.clone() });
        let done = store.act_on(&operator, &many, &go_on).await.unwrap();
        assert_eq!(done.done, 2, "{act:?}");
        if act == Act::Delete {
            let undone =
                store.undo(&operator, &agreed(Undo { act_id: done.act_id.unwrap() }), &go_on).await.unwrap();
            assert_eq!(undone.done, 2);
        }
    }
    let over = "UPDATE cards SET expire_at = '2020-01-01' WHERE status = 'ACTIVE'";
    database.execute(&format!("{USUAL}; {over}")).await;
    assert_eq!(store.expire_batch(ExpiryCursor::default()).await.unwrap().expired, 1);
    assert_eq!(store.inspect_tables().await.unwrap(), Some(Takeover::default()));
}

#[tokio::test]
async fn a_server_that_logs_statements_and_reads_committed_rows_is_migrated_and_worked_with() {
    let server = PrivateServer::start(&[
        "--log-bin=log",
        "--server-id=1",
        "--binlog-format=STATEMENT",
        "--transaction-isolation=READ-COMMITTED",
    ]);
    live(&TestDatabase::create_on(&server.url()).await).await;
}

#[tokio::test]
async fn a_server_that_takes_anything_and_makes_tables_without_transactions_is_no_other() {
    let server = PrivateServer::start(&[
        "--sql-mode=ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT,IGNORE_SPACE",
        "--transaction-isolation=SERIALIZABLE",
        "--default-storage-engine=MyISAM",
        "--character-set-server=latin1",
    ]);
    let database = TestDatabase::create_on(&server.url()).await;
    live(&database).await;
    let engines: Vec<String> = database
        .rows("SELECT DISTINCT engine FROM information_schema.tables WHERE table_schema = DATABASE()", ())
        .await;
    assert_eq!(engines, ["InnoDB"]);
}
