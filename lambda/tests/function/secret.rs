//! The database's address from a secret of AWS, and from a file.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

use hyper::StatusCode;
use kami_testkit::{Client, Function, Program, TestDatabase, eventually, unique_name};
use serde_json::json;

use crate::runtime::{Runtime, url_event};
use crate::secrets_manager::{ARN, CREDENTIALS, Content, SecretsManager};
use crate::{API, EXPIRE};

/// An account of a test's own that may use one database.
struct Account {
    database: TestDatabase,
    name: String,
}

impl Account {
    async fn create(password: &str) -> Self {
        let database = TestDatabase::create().await;
        database.insert_card("VIP", "ONE").await;
        let name = unique_name("u");
        let account = format!("{name}@'127.0.0.1'");
        database.execute(&format!("CREATE USER {account} IDENTIFIED BY '{password}'")).await;
        database.execute(&format!("GRANT SELECT, UPDATE ON {}.* TO {account}", database.name())).await;
        Self { database, name }
    }

    fn url(&self, password: &str) -> String {
        self.database.as_account(&self.name, password).url()
    }

    /// What RDS keeps in a secret, and the name of the database.
    fn json(&self, password: &str) -> String {
        json!({
            "engine": "mysql", "username": self.name, "password": password, "host": "127.0.0.1",
            "port": self.database.port(), "dbname": self.database.name(),
            "get-server-public-key": true,
        })
        .to_string()
    }

    async fn set_password(&self, password: &str) {
        self.database
            .execute(&format!("ALTER USER {}@'127.0.0.1' IDENTIFIED BY '{password}'", self.name))
            .await;
    }

    /// Ends its sessions, so that each has to log in again.
    async fn end_sessions(&self) {
        let query = "SELECT id FROM information_schema.processlist WHERE user = ?";
        for session in self.database.rows::<u64>(query, (&self.name,)).await {
            // It may have ended by itself.
            let mut connection = self.database.connect().await;
            drop(
                mysql_async::prelude::Queryable::query_drop(&mut connection, format!("KILL {session}")).await,
            );
        }
    }
}

/// Asserts that a program printed none of what it has to keep to itself.
fn assert_discreet(program: &Program, passwords: &[&str]) {
    let output = program.output();
    let keys = CREDENTIALS.iter().map(|(_, value)| *value);
    for secret in keys.chain(passwords.iter().copied()) {
        assert!(!output.contains(secret), "{output}");
    }
}

#[tokio::test]
async fn both_forms_of_a_secret_lead_to_the_database_over_http_and_https() {
    let account = Account::create("first%41").await;
    for content in [account.url("first%2541"), account.json("first%41")] {
        let (service, authority) = SecretsManager::start_with_tls(Content::Text(content.clone())).await;
        let bundle = std::env::temp_dir().join(unique_name("kami_authority"));
        std::fs::write(&bundle, authority).unwrap();
        let trusted = [service.variables(), vec![("AWS_CA_BUNDLE", bundle.to_str().unwrap())]].concat();
        let function = Function::start_with(API, &trusted).await;
        assert_eq!(function.client().await.validate("VIP-ONE", "PC-1").await.status, StatusCode::OK);
        assert_eq!(service.asked(), 1, "fetched before the first request, and not again");
        std::fs::remove_file(bundle).unwrap();

        let untrusted = Function::start_with(API, &service.variables()).await;
        let refused = untrusted.client().await.validate("VIP-ONE", "PC-1").await;
        assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE, "an authority that nobody knows");
        untrusted.program.printed("Secrets Manager cannot be reached").await;

        let service = SecretsManager::start(Content::Text(content)).await;
        let function = Function::start_with(API, &service.variables()).await;
        assert_eq!(function.client().await.validate("VIP-ONE", "PC-1").await.status, StatusCode::OK);
        for program in [&function.program, &untrusted.program] {
            assert_discreet(program, &["first"]);
        }
    }
}

#[tokio::test]
async fn a_passing_fault_at_the_start_costs_no_request() {
    let account = Account::create("first").await;
    let service = SecretsManager::start(Content::FaultBefore(account.url("first"))).await;
    let function = Function::start_with(API, &service.variables()).await;
    assert_eq!(service.asked(), 2, "asked again at once");
    assert!(!function.program.output().contains("cannot be fetched"), "{}", function.program.output());
    assert_eq!(function.client().await.validate("VIP-ONE", "PC-1").await.status, StatusCode::OK);
}

#[tokio::test]
async fn both_functions_on_lambda_use_the_secret() {
    let account = Account::create("first").await;
    let service = SecretsManager::start(Content::Silence).await;
    let (runtime, api) = Runtime::start(API, &service.variables()).await;
    eventually("the secret is asked for before there is a request", async || {
        (service.asked() == 1).then_some(())
    })
    .await;
    service.set(Content::Text(account.json("first")));
    let health = runtime.invoke(url_event("GET", "/health", "", "")).await;
    assert_eq!(health["statusCode"], 200);

    let (runtime, expire) = Runtime::start(EXPIRE, &service.variables()).await;
    assert_eq!(runtime.invoke(json!({})).await, json!({"expired": 0, "complete": true}));
    assert_eq!(service.asked(), 2);
    assert_discreet(&api, &["first"]);
    assert_discreet(&expire, &["first"]);
}

#[tokio::test]
async fn a_secret_that_cannot_be_had_is_a_503_and_a_line_that_says_what_to_do() {
    let account = Account::create("first").await;
    let service = SecretsManager::start(Content::Error("ResourceNotFoundException")).await;
    let function = Function::start_with(API, &service.variables()).await;
    let mut client = function.client().await;
    for (content, advice) in [
        (Content::Error("ResourceNotFoundException"), "check DATABASE_SECRET_ARN"),
        (Content::Error("AccessDeniedException"), "secretsmanager:GetSecretValue"),
        (Content::Text(r#"{"username":"kami","password":"hidden"}"#.to_owned()), "its JSON has no host"),
        (Content::Text("hidden".to_owned()), "its address is wrong"),
    ] {
        service.set(content);
        let line = eventually(advice, async || {
            let answer = client.validate("VIP-ONE", "PC-1").await;
            assert_eq!((answer.status, answer.reason()), (StatusCode::SERVICE_UNAVAILABLE, "unavailable"));
            assert_eq!(answer.headers["retry-after"], "1");
            let output = function.program.output();
            output.lines().find(|line| line.contains(advice)).map(str::to_owned)
        })
        .await;
        assert!(line.contains(ARN), "{line}");
    }
    service.set(Content::Text(account.url("first")));
    eventually("it recovers by itself", async || {
        (client.validate("VIP-ONE", "PC-1").await.status == StatusCode::OK).then_some(())
    })
    .await;
    assert_discreet(&function.program, &["hidden", "first"]);
}

#[tokio::test]
async fn a_secret_that_does_not_come_holds_nothing_up_for_ever() {
    let account = Account::create("first").await;
    let service = SecretsManager::start(Content::Silence).await;
    let function = Function::start_with(API, &service.variables()).await;
    function.program.printed("did not answer within 5 s").await;
    let mut client = function.client().await;
    assert_eq!(client.get("/health").await.status, StatusCode::SERVICE_UNAVAILABLE);
    service.set(Content::Text(account.url("first")));
    eventually("it recovers by itself", async || {
        (client.get("/health").await.status == StatusCode::OK).then_some(())
    })
    .await;
}

/// Asks until told to stop; counts what was answered.
async fn load(mut client: Client, seen: Arc<Seen>) {
    while !seen.stop.load(Ordering::SeqCst) {
        match client.validate("VIP-ONE", "PC-1").await.status {
            StatusCode::OK => seen.admitted.fetch_add(1, Ordering::SeqCst),
            StatusCode::SERVICE_UNAVAILABLE => seen.unavailable.fetch_add(1, Ordering::SeqCst),
            other => panic!("{other}"),
        };
    }
}

#[derive(Debug, Default)]
struct Seen {
    admitted: AtomicUsize,
    unavailable: AtomicUsize,
    stop: AtomicBool,
}

impl Seen {
    async fn more(&self, counter: impl Fn(&Self) -> &AtomicUsize, what: &str) {
        let before = counter(self).load(Ordering::SeqCst);
        eventually(what, async || (counter(self).load(Ordering::SeqCst) > before + 50).then_some(())).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_is_rotated_under_load_without_a_restart() {
    let account = Account::create("first").await;
    let service = SecretsManager::start(Content::Text(account.json("first"))).await;
    let function = Function::start_with(API, &service.variables()).await;
    let seen = Arc::<Seen>::default();
    let mut clients = Vec::new();
    for _ in 0..8 {
        clients.push(tokio::spawn(load(function.client().await, Arc::clone(&seen))));
    }
    seen.more(|seen| &seen.admitted, "the load runs").await;
    assert_eq!(service.asked(), 1);

    // The order in which AWS rotates: first the account, then the secret.
    let begun = Instant::now();
    account.set_password("second").await;
    account.end_sessions().await;
    seen.more(|seen| &seen.unavailable, "in between nobody can log in").await;
    service.set(Content::Text(account.json("second")));
    seen.more(|seen| &seen.admitted, "the new password is used").await;
    let fetches = service.asked() - 1;
    let most = 2 + begun.elapsed().as_secs() / 3;
    assert!(u64::try_from(fetches).unwrap() <= most, "{fetches} fetches for {seen:?}");

    account.end_sessions().await;
    seen.more(|seen| &seen.admitted, "sessions that end are nothing").await;
    assert_eq!(service.asked() - 1, fetches);
    seen.stop.store(true, Ordering::SeqCst);
    for client in clients {
        client.await.unwrap();
    }
    assert_discreet(&function.program, &["first", "second"]);
}

#[tokio::test]
async fn an_address_in_a_file_is_as_good_and_two_settings_are_refused() {
    let account = Account::create("hush-hush").await;
    let file = std::env::temp_dir().join(unique_name("kami_url"));
    std::fs::write(&file, account.url("hush-hush") + "\n").unwrap();
    let path = file.to_str().unwrap();
    let function = Function::start_with(API, &[("DATABASE_URL_FILE", path)]).await;
    assert_eq!(function.client().await.get("/health").await.status, StatusCode::OK);
    let mut expire = Program::start(EXPIRE, &[], &[("DATABASE_URL_FILE", path)]);
    assert!(expire.ended().await.success());

    let url = account.url("hush-hush");
    let mut both = Program::start(API, &[], &[("DATABASE_URL_FILE", path), ("DATABASE_URL", &url)]);
    assert_eq!(both.ended().await.code(), Some(2));
    both.printed("DATABASE_URL and DATABASE_URL_FILE are set, but only one of them can count").await;
    std::fs::remove_file(&file).unwrap();
    let mut missing = Program::start(API, &[], &[("DATABASE_URL_FILE", path)]);
    assert_eq!(missing.ended().await.code(), Some(2));
    missing.printed("cannot be read: No such file").await;
    assert_discreet(&both, &["hush-hush"]);
}
