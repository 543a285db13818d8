//! What the server is, and what we may do there.

use kami_store::{Permission, Role, ServerKind, Store};
use kami_testkit::{TestDatabase, schema_version, unique_name};

/// The store of a new account with these rights on the database.
async fn account(database: &TestDatabase, grants: &[&str]) -> Store {
    let name = &unique_name("k")[..16];
    database.execute(&format!("CREATE USER '{name}'@'%' IDENTIFIED BY 'secret'")).await;
    for grant in grants {
        let grant = grant
            .replace("{db}", &format!("`{}`", database.name()))
            .replace("{user}", &format!("'{name}'@'%'"));
        database.execute(&grant).await;
    }
    database.as_account(name, "secret").store()
}

#[tokio::test]
async fn a_server_is_described() {
    let database = TestDatabase::create().await;
    let found = database.store().inspect().await.unwrap();
    let maria = found.version.contains("MariaDB");
    assert_eq!(found.kind == ServerKind::MariaDb, maria, "{}", found.version);
    assert_eq!(found.account, "kami@127.0.0.1");
    assert_eq!((found.schema_version, found.known_schema), (Some(schema_version()), schema_version()));
    assert_eq!((found.tls_cipher, found.takes_no_writes), (None, false));
    assert!(!found.time_zone.is_empty());
    assert_eq!(found.grants.missing(Role::Operator), []);
    let now = database.store().now().await.unwrap();
    assert!((now - found.clock).num_seconds().abs() < 60);
}

#[tokio::test]
async fn rights_are_known_before_they_are_needed() {
    let database = TestDatabase::create().await;
    let cannot_be_done = |grants: &kami_store::Grants| {
        Permission::ALL
            .into_iter()
            .filter(|permission| !grants.missing_for(*permission).is_empty())
            .collect::<Vec<_>>()
    };
    for (grants, may_view, impossible) in [
        (&["GRANT SELECT ON {db}.* TO {user}"][..], true, &Permission::ALL[..]),
        (&["GRANT SELECT, INSERT, UPDATE, DELETE ON {db}.* TO {user}"], true, &Permission::ALL),
        (&["GRANT SELECT, INSERT, UPDATE, EXECUTE ON {db}.* TO {user}"], true, &[]),
        (&["GRANT ALL ON {db}.* TO {user}"], true, &[]),
        (
            &[
                "GRANT SELECT, INSERT, UPDATE ON {db}.* TO {user}",
                "GRANT EXECUTE ON PROCEDURE {db}.change_cards_2 TO {user}",
            ],
            true,
            &[
                Permission::Make,
                Permission::Delete,
                Permission::Certify,
                Permission::Configure,
                Permission::Price,
                Permission::Block,
                Permission::Undo,
            ],
        ),
        (&["GRANT SELECT (id, code), INSERT ON {db}.cards TO {user}"], false, &Permission::ALL),
    ] {
        let found = account(&database, grants).await.grants().await.unwrap();
        assert_eq!(found.missing(Role::Viewer).is_empty(), may_view, "{grants:?}");
        assert_eq!(cannot_be_done(&found), impossible, "{grants:?}");
    }
}

#[tokio::test]
async fn rights_of_an_active_role_count() {
    let database = TestDatabase::create().await;
    let role = &unique_name("r")[..16];
    let is_maria = database.rows::<String>("SELECT VERSION()", ()).await[0].contains("MariaDB");
    let activate = if is_maria {
        format!("SET DEFAULT ROLE '{role}' FOR {{user}}")
    } else {
        format!("SET DEFAULT ROLE '{role}' TO {{user}}")
    };
    let store = account(
        &database,
        &[
            &format!("CREATE ROLE '{role}'"),
            &format!("GRANT SELECT, INSERT, UPDATE, EXECUTE ON {{db}}.* TO '{role}'"),
            &format!("GRANT '{role}' TO {{user}}"),
            &activate,
        ],
    )
    .await;
    assert_eq!(store.grants().await.unwrap().missing(Role::Operator), []);
}
