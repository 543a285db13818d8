//! The schema of today as statements that copy it, since a database for each test takes them a third of the time that all
//! migrations take.

use kami_store::Store;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row};
use tokio::sync::OnceCell;

/// The tables whose rows the migrations wrote.
const FILLED: [&str; 3] = ["refinery_schema_history", "apps", "policy_revision"];

/// What makes the schema in an empty database on the server of the tests.
static STATEMENTS: OnceCell<Vec<String>> = OnceCell::const_new();

/// Makes the schema in the empty database of a connection, as the migrations made it in `original`, which is migrated by
/// whoever comes first.
pub(crate) async fn make(connection: &mut Conn, original: impl AsyncFnOnce() -> (Store, String)) {
    let statements = STATEMENTS.get_or_init(async || {
        let (store, name) = original().await;
        store.migrate().await.unwrap();
        read(connection, &name).await
    });
    for statement in statements.await {
        connection.query_drop(statement.as_str()).await.unwrap();
    }
}

/// What makes the same schema again.
async fn read(connection: &mut Conn, original: &str) -> Vec<String> {
    let mut statements = Vec::new();
    let tables: Vec<String> = connection.query(format!("SHOW TABLES FROM {original}")).await.unwrap();
    for table in tables {
        statements.push(format!("CREATE TABLE {table} LIKE {original}.{table}"));
    }
    statements.extend(FILLED.map(|table| format!("INSERT INTO {table} SELECT * FROM {original}.{table}")));
    let query =
        format!("SELECT routine_name FROM information_schema.routines WHERE routine_schema = '{original}'");
    let routines: Vec<String> = connection.query(query).await.unwrap();
    for routine in routines {
        let row: Option<Row> =
            connection.query_first(format!("SHOW CREATE PROCEDURE {original}.{routine}")).await.unwrap();
        let row = row.unwrap();
        let [mode, definition]: [String; 2] =
            [row.get("sql_mode").unwrap(), row.get("Create Procedure").unwrap()];
        statements.push(format!("SET sql_mode = '{mode}'"));
        statements.push(definition);
    }
    statements
}
