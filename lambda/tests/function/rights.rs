//! The binaries under accounts that have the rights of their role and no others.

use kami_store::{Account, Role, draw_password};
use kami_testkit::{Function, Program, TestDatabase, eventually, unique_name};
use serde_json::json;

/// The database as a new account of that role sees it, made with what `kami grants` prints.
async fn log_in(database: &TestDatabase, role: Role) -> TestDatabase {
    log_in_without(database, role, &[]).await
}

/// The same as an account that was made before there was that routine.
pub(crate) async fn log_in_without(database: &TestDatabase, role: Role, routines: &[&str]) -> TestDatabase {
    let (name, password) = (unique_name("k"), draw_password().unwrap());
    let account = Account::new(&format!("{name}@127.0.0.1")).unwrap();
    for statement in account.creation(role, database.name(), &password, false).unwrap() {
        if !routines.iter().any(|routine| statement.contains(&format!("`{routine}`"))) {
            database.execute(&statement).await;
        }
    }
    database.as_account(&name, &password)
}

#[tokio::test]
async fn the_api_and_its_expiry_work_with_the_rights_of_the_function() {
    let database = TestDatabase::create().await;
    let function = log_in(&database, Role::Function).await;
    serves_with(&database, &function).await;
}

#[tokio::test]
async fn the_api_works_with_the_rights_of_older_versions_with_routines_and_without() {
    for routines in [true, false] {
        let database = TestDatabase::create().await;
        if !routines {
            for routine in ["activate_card", "bind_card", "expire_cards"] {
                database.execute(&format!("DROP PROCEDURE {routine}")).await;
            }
        }
        serves_with(&database, &older_account(&database).await).await;
    }
}

/// The database as a new account sees it that has what older versions gave one.
async fn older_account(database: &TestDatabase) -> TestDatabase {
    let name = unique_name("k");
    database
        .execute(&format!(
            "CREATE USER '{name}'@'127.0.0.1' IDENTIFIED BY 'secret'; GRANT SELECT, UPDATE (status, machine_code, \
             used_at, expire_at, updated_at) ON {}.cards TO '{name}'@'127.0.0.1'",
            database.name()
        ))
        .await;
    database.as_account(&name, "secret")
}

/// A card for two machines that leases their seats, and one for one.
async fn insert_seats(database: &TestDatabase) {
    for code in ["TWO", "ONE"] {
        database.insert_card("VIP", code).await;
    }
    database.execute("UPDATE cards SET seats = 2, policy = 'lease=600' WHERE code = 'TWO'").await;
}

#[tokio::test]
async fn the_api_gives_and_takes_seats_with_the_rights_of_the_function() {
    let database = TestDatabase::create().await;
    insert_seats(&database).await;
    let function = log_in(&database, Role::Function).await;
    let api = Function::start(env!("CARGO_BIN_EXE_kami-api"), &function.url()).await;
    let mut client = api.client().await;
    for machine in ["PC-1", "PC-2"] {
        assert_eq!(client.validate("VIP-TWO", machine).await.status, 200, "{}", api.program.output());
    }
    assert_eq!(client.validate("VIP-TWO", "PC-3").await.reason(), "seats_full");
    let renewed =
        "UPDATE cards SET lease_until = UTC_TIMESTAMP(); UPDATE card_seats SET lease_until = UTC_TIMESTAMP()";
    database.execute(renewed).await;
    for machine in ["PC-1", "PC-2"] {
        assert_eq!(client.validate("VIP-TWO", machine).await.status, 200, "{}", api.program.output());
    }
    assert_eq!(client.get("/api/status/VIP-TWO").await.body["data"]["seats_taken"], 2);
    for machine in ["PC-2", "PC-1"] {
        assert_eq!(client.release("VIP-TWO", machine).await.body["released"], true, "{machine}");
    }
    assert_eq!(client.get("/api/status/VIP-TWO").await.body["data"]["seats_taken"], 0);
    assert!(!api.program.output().contains("WARN"), "{}", api.program.output());
}

#[tokio::test]
async fn an_account_of_older_versions_tells_how_cards_of_several_seats_stand_without_them() {
    let database = TestDatabase::create().await;
    insert_seats(&database).await;
    let older = older_account(&database).await;
    let api = Function::start(env!("CARGO_BIN_EXE_kami-api"), &older.url()).await;
    let mut client = api.client().await;
    for code in ["TWO", "ONE"] {
        let by_path = client.get(&format!("/api/status/VIP-{code}")).await;
        let body = json!({ "code": format!("VIP-{code}"), "machine_code": "PC" }).to_string();
        let by_body = client.send("POST", "/api/status", &[], &body).await;
        for answer in [by_path, by_body] {
            assert_eq!(answer.status, 200, "{}", api.program.output());
            let data = answer.body["data"].as_object().unwrap();
            let members: Vec<_> = data.keys().map(String::as_str).collect();
            let as_before = ["created_at", "expire_at", "full_code", "machine_code", "status", "used_at"];
            assert_eq!(members, as_before, "{code}");
        }
        assert_eq!(client.release(&format!("VIP-{code}"), "PC").await.body["released"], false);
    }
    let output = api.program.output();
    assert!(!output.contains("WARN") && !output.contains("ERROR"), "{output}");
}

#[tokio::test]
async fn the_api_takes_points_with_the_rights_of_the_function() {
    let database = TestDatabase::create().await;
    database.insert_card("VIP", "A").await;
    database.execute("UPDATE cards SET points = 10").await;
    let function = log_in(&database, Role::Function).await;
    let api = Function::start(env!("CARGO_BIN_EXE_kami-api"), &function.url()).await;
    let mut client = api.client().await;
    for _ in 0..2 {
        let answer = client.consume("VIP-A", "PC", 3, "a").await;
        assert_eq!(
            (answer.status.as_u16(), &answer.body["points"]),
            (200, &json!(7)),
            "{}",
            api.program.output()
        );
    }
    assert_eq!(client.consume("VIP-A", "PC", 8, "b").await.reason(), "points_exhausted");
    assert!(!api.program.output().contains("WARN"), "{}", api.program.output());
}

#[tokio::test]
async fn the_api_begins_trials_with_the_rights_of_the_function() {
    let database = TestDatabase::create().await;
    database.execute("UPDATE apps SET policy = 'trial=60'").await;
    let function = log_in(&database, Role::Function).await;
    let api = Function::start(env!("CARGO_BIN_EXE_kami-api"), &function.url()).await;
    let mut client = api.client().await;
    let begun = client.trial("default", "PC").await;
    assert_eq!(begun.status, 200, "{}", api.program.output());
    let code = begun.body["code"].as_str().unwrap();
    assert_eq!(client.trial("default", "PC").await.body["code"], code);
    assert_eq!(client.validate(code, "PC").await.status, 200);
    assert!(!api.program.output().contains("WARN"), "{}", api.program.output());
}

#[tokio::test]
async fn the_api_tops_cards_up_with_the_rights_of_the_function() {
    let database = TestDatabase::create().await;
    insert_top_up(&database).await;
    let function = log_in(&database, Role::Function).await;
    let api = Function::start(env!("CARGO_BIN_EXE_kami-api"), &function.url()).await;
    let mut client = api.client().await;
    client.validate("VIP-A", "PC").await;
    for _ in 0..2 {
        let answer = client.recharge("VIP-A", "VIP-B").await;
        assert_eq!((answer.status.as_u16(), &answer.body["points"]), (200, &json!(5)), "{}", answer.body);
    }
    assert!(!api.program.output().contains("WARN"), "{}", api.program.output());
}

#[tokio::test]
async fn an_account_or_a_schema_of_the_last_version_begins_no_trial_and_does_all_else() {
    for has_routine in [true, false] {
        let database = TestDatabase::create().await;
        database.insert_card("VIP", "A").await;
        let last = log_in_without(&database, Role::Function, &["start_trial", "start_trial_2"]).await;
        if !has_routine {
            database.execute("DROP PROCEDURE start_trial; DROP PROCEDURE start_trial_2").await;
        }
        let api = Function::start(env!("CARGO_BIN_EXE_kami-api"), &last.url()).await;
        let mut client = api.client().await;
        assert_eq!(client.trial("default", "PC").await.reason(), "trial_not_offered");
        assert!(!api.program.output().contains("ERROR"), "{}", api.program.output());
        database
            .execute(
                "UPDATE apps SET policy = 'trial=60'; UPDATE policy_revision SET revision = revision + 1",
            )
            .await;
        let offered = client.trial("default", "PC").await;
        assert_eq!(
            (offered.status.as_u16(), offered.reason()),
            (500, "internal"),
            "an operator has to grant"
        );
        assert_eq!(client.validate("VIP-A", "PC").await.status, 200, "{}", api.program.output());
        assert_eq!(database.rows::<u64>("SELECT COUNT(*) FROM cards", ()).await, [1]);
    }
}

#[tokio::test]
async fn an_account_that_was_not_given_the_successors_begins_trials_and_unbinds_as_it_did() {
    let database = TestDatabase::create().await;
    database.insert_card("VIP", "A").await;
    database
        .execute("UPDATE apps SET policy = 'trial=60 unbind=machine'; UPDATE policy_revision SET revision = revision + 1")
        .await;
    let last = log_in_without(&database, Role::Function, &["start_trial_2", "unbind_seat_2"]).await;
    let api = Function::start(env!("CARGO_BIN_EXE_kami-api"), &last.url()).await;
    let mut client = api.client().await;
    assert_eq!(client.trial("default", "PC").await.status, 200, "{}", api.program.output());
    assert_eq!(client.validate("VIP-A", "PC").await.status, 200);
    assert_eq!(client.unbind("VIP-A", "PC").await.body["unbound"], true, "{}", api.program.output());
    assert!(!api.program.output().contains("ERROR"), "{}", api.program.output());
}

#[tokio::test]
async fn an_account_of_the_last_version_takes_points_as_it_did_and_repeats_them_once_it_is_given_the_rest() {
    let database = TestDatabase::create().await;
    database.insert_card("VIP", "A").await;
    database.execute("UPDATE cards SET points = 5").await;
    let last = log_in_without(&database, Role::Function, &["read_point_use"]).await;
    let api = Function::start(env!("CARGO_BIN_EXE_kami-api"), &last.url()).await;
    let mut client = api.client().await;
    for _ in 0..2 {
        assert_eq!(client.consume("VIP-A", "PC", 2, "a").await.body["points"], 3, "{}", api.program.output());
    }
    database.execute("UPDATE cards SET status = 'DISABLED'").await;
    assert_eq!(client.consume("VIP-A", "PC", 2, "a").await.reason(), "card_disabled");
    assert!(!api.program.output().contains("ERROR"), "{}", api.program.output());

    let account: Vec<String> = last.rows("SELECT CURRENT_USER()", ()).await;
    let (name, host) = account[0].split_once('@').unwrap();
    let database_name = database.name();
    database
        .execute(&format!("GRANT EXECUTE ON PROCEDURE {database_name}.read_point_use TO '{name}'@'{host}'"))
        .await;
    eventually("it is told what it took", async || {
        let answer = client.consume("VIP-A", "PC", 2, "a").await;
        (answer.status == 200 && answer.body["points"] == 3).then_some(())
    })
    .await;
    assert_eq!(database.rows::<u32>("SELECT points FROM cards", ()).await, [3]);
}

#[tokio::test]
async fn an_account_of_older_versions_tops_nothing_up_and_serves_all_else() {
    let database = TestDatabase::create().await;
    insert_top_up(&database).await;
    let older = older_account(&database).await;
    let api = Function::start(env!("CARGO_BIN_EXE_kami-api"), &older.url()).await;
    let mut client = api.client().await;
    assert_eq!(client.validate("VIP-A", "PC").await.status, 200, "{}", api.program.output());
    let answer = client.recharge("VIP-A", "VIP-B").await;
    assert_eq!((answer.status.as_u16(), answer.reason()), (500, "internal"));
    assert_eq!(client.validate("VIP-A", "PC").await.status, 200, "{}", api.program.output());
    assert_eq!(client.validate("VIP-B", "PC").await.status, 200, "nothing was burnt");
}

/// Adds a card, and one that tops it up with five points.
async fn insert_top_up(database: &TestDatabase) {
    for code in ["A", "B"] {
        database.insert_card("VIP", code).await;
    }
    let batch = "INSERT INTO batches (id, card_count, operator, created_at, recharge)
        VALUES (1, 1, 'x', UTC_TIMESTAMP(), 1)";
    let top_up = "UPDATE cards SET batch_id = 1, duration_seconds = NULL, points = 5 WHERE code = 'B'";
    database.execute(&format!("{batch}; {top_up}")).await;
}

#[tokio::test]
async fn an_account_of_the_last_version_gives_seats_as_it_did_and_unbinds_once_it_is_given_the_rest() {
    const NEW: [&str; 4] = ["bind_card_2", "take_seat_2", "unbind_seat", "unbind_seat_2"];
    let database = TestDatabase::create().await;
    insert_seats(&database).await;
    database.execute("UPDATE cards SET policy = 'unbind=machine unbind-cooldown=600'").await;
    let (name, password) = (unique_name("k"), draw_password().unwrap());
    let account = Account::new(&format!("{name}@127.0.0.1")).unwrap();
    let is_new = |grant: &String| NEW.iter().any(|routine| grant.contains(routine));
    let (new, old): (Vec<_>, Vec<_>) = account
        .creation(Role::Function, database.name(), &password, false)
        .unwrap()
        .into_iter()
        .partition(is_new);
    assert_eq!(new.len(), NEW.len());
    for statement in old {
        database.execute(&statement).await;
    }
    let api =
        Function::start(env!("CARGO_BIN_EXE_kami-api"), &database.as_account(&name, &password).url()).await;
    let mut client = api.client().await;
    for (code, machine) in [("VIP-TWO", "PC-1"), ("VIP-TWO", "PC-2"), ("VIP-ONE", "PC-1")] {
        assert_eq!(
            client.validate(code, machine).await.status,
            200,
            "{code} {machine}: {}",
            api.program.output()
        );
    }
    database.execute("UPDATE cards SET machine_code = NULL WHERE code = 'ONE'").await;
    assert_eq!(client.validate("VIP-ONE", "PC-2").await.status, 200, "an operator unbound it");
    assert_eq!(client.validate("VIP-TWO", "PC-3").await.reason(), "seats_full");
    let told = async |words: &str| {
        eventually("it is logged", async || {
            Some(api.program.output()).filter(|output| output.contains(words))
        })
        .await
    };
    let output = told("as the version before gave them").await;
    assert!(!output.contains("WARN") && !output.contains("ERROR"), "{output}");
    assert_eq!(output.matches("as the version before gave them").count(), 1, "it is told once: {output}");
    assert_eq!(client.unbind("VIP-ONE", "PC-2").await.status, 500);
    told("answered with 500").await;

    for statement in new {
        database.execute(&statement).await;
    }
    assert_eq!(client.unbind("VIP-ONE", "PC-2").await.body["unbound"], true, "{}", api.program.output());
    eventually("it is given a seat as this version gives them", async || {
        let free = "UPDATE cards SET machine_code = NULL WHERE code = 'ONE'";
        database.execute(free).await;
        (client.validate("VIP-ONE", "PC-2").await.reason() == "unbind_cooling_down").then_some(())
    })
    .await;
}

/// That the programs do all of their work through that account.
async fn serves_with(database: &TestDatabase, function: &TestDatabase) {
    database.insert_card("VIP", "A").await;
    let api = Function::start(env!("CARGO_BIN_EXE_kami-api"), &function.url()).await;
    let mut client = api.client().await;
    let validate = json!({ "code": "VIP-A", "machine_code": "PC" }).to_string();
    for (method, path, body, status) in [
        ("GET", "/api/health", "", 200),
        ("POST", "/api/validate", &*validate, 200),
        ("POST", "/api/validate", &*validate, 200),
        ("GET", "/api/status/VIP-A", "", 200),
    ] {
        let answer = client.send(method, path, &[], body).await;
        assert_eq!(answer.status, status, "{path}: {}", api.program.output());
    }
    let unbind = "UPDATE cards SET machine_code = NULL";
    database.execute(unbind).await;
    assert_eq!(
        client.send("POST", "/api/validate", &[], &validate).await.status,
        200,
        "an operator unbound the card"
    );
    database.execute("UPDATE cards SET expire_at = UTC_TIMESTAMP() - INTERVAL 1 SECOND").await;
    assert_eq!(client.send("POST", "/api/validate", &[], &validate).await.status, 403);
    let overdue = database.rows::<String>("SELECT status FROM cards", ()).await;
    assert_eq!(
        (overdue.as_slice(), api.program.output().contains("WARN")),
        (&["EXPIRED".to_owned()][..], false)
    );
    expires_with(database, function).await;
}

#[tokio::test]
async fn the_expiry_job_works_with_its_rights() {
    let database = TestDatabase::create().await;
    database.insert_card("VIP", "A").await;
    let expire = log_in(&database, Role::Expire).await;
    expires_with(&database, &expire).await;
}

/// That `kami-expire` marks an overdue card through that account.
async fn expires_with(database: &TestDatabase, account: &TestDatabase) {
    database
        .execute("UPDATE cards SET status = 'ACTIVE', expire_at = UTC_TIMESTAMP() - INTERVAL 1 SECOND")
        .await;
    let url = account.url();
    let mut job = Program::start(env!("CARGO_BIN_EXE_kami-expire"), &[], &[("DATABASE_URL", &url)]);
    assert!(job.ended().await.success(), "{}", job.output());
    assert_eq!(database.rows::<String>("SELECT status FROM cards", ()).await, ["EXPIRED"]);
}
