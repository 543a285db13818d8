//! What the server is, and what we may do there.

use kami_shared::store::{Privilege, ServerKind, Store};
use kami_testkit::{TestDatabase, unique_name};

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
    let url = format!("mysql://{name}:secret@127.0.0.1:{}/{}", database.port(), database.name());
    Store::new(&url.parse().unwrap())
}

#[tokio::test]
async fn a_server_is_described() {
    let database = TestDatabase::create().await;
    let found = database.store().inspect().await.unwrap();
    let maria = found.version.contains("MariaDB");
    assert_eq!(found.kind == ServerKind::MariaDb, maria, "{}", found.version);
    assert_eq!(found.account, "kami@127.0.0.1");
    assert_eq!((found.schema_version, found.known_schema), (Some(3), 3));
    assert_eq!((found.tls_cipher, found.takes_no_writes), (None, false));
    assert!(!found.time_zone.is_empty());
    assert!(found.grants.may_write() && found.grants.may_read());
    let now = database.store().now().await.unwrap();
    assert!((now - found.clock).num_seconds().abs() < 60);
}

#[tokio::test]
async fn rights_are_known_before_they_are_needed() {
    let database = TestDatabase::create().await;
    for (grants, may_read, lacking) in [
        (&["GRANT SELECT ON {db}.* TO {user}"][..], true, 7),
        (&["GRANT SELECT, INSERT, UPDATE, DELETE ON {db}.* TO {user}"], true, 0),
        (&["GRANT ALL ON {db}.* TO {user}"], true, 0),
        (&["GRANT SELECT, INSERT ON {db}.cards TO {user}"], true, 9),
    ] {
        let store = account(&database, grants).await;
        let found = store.grants().await.unwrap();
        assert_eq!((found.may_read(), found.missing().len()), (may_read, lacking), "{grants:?}");
        let cards: Vec<_> = found.missing().into_iter().filter(|grant| grant.table == "cards").collect();
        assert!(cards.iter().all(|grant| grant.privilege != Privilege::Select));
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
            &format!("GRANT SELECT, INSERT, UPDATE, DELETE ON {{db}}.* TO '{role}'"),
            &format!("GRANT '{role}' TO {{user}}"),
            &activate,
        ],
    )
    .await;
    assert!(store.grants().await.unwrap().may_write());
}
