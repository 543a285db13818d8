//! Upgrading under load: old and new processes side by side behind a reverse proxy, and a migration meanwhile. Before and
//! after each step, clients of old are answered by all of them what the old ones answered at the start.
//! `scripts/check-upgrade` gives the programs of an older version; without them, old and new are the same programs, and
//! what differs is the schema that they meet.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use kami_store::{Account, MigrateError, Role};
use kami_testkit::{Client, Function, Program, TestDatabase, eventually, schema_version, unique_name};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::load::{Asker, Seen, insert_cards};
use crate::old_clients::OldClients;
use crate::{API, EXPIRE};

const CARDS: usize = 3000;
const CLIENTS: usize = 16;

/// How many requests are answered at the least before, during and after each step.
const REQUESTS: usize = 500;

/// The second schema of kami as a database without a history: what one migrated halfway looks like.
const OLD_SCHEMA: &str =
    concat!(include_str!("../../../sql/V1__flask_cards.sql"), include_str!("../../../sql/V2__cards.sql"));

/// What 0.1.0 makes of a database, but for its routines.
const RELEASED_SCHEMA: &str = concat!(
    include_str!("../../../sql/V1__flask_cards.sql"),
    include_str!("../../../sql/V2__cards.sql"),
    include_str!("../../../sql/V3__batches_and_operator_log.sql"),
    include_str!("../../../sql/V4__accounts.sql")
);

/// The routines through which 0.1.0's API writes.
const RELEASED_ROUTINES: [&str; 3] = ["activate_card", "bind_card", "expire_cards"];

/// What a later version might do: only add, so that this version's programs can go on.
const FUTURE_MIGRATION: &str = "
    ALTER TABLE cards ADD COLUMN region VARCHAR(8) NOT NULL DEFAULT 'cn', ADD INDEX idx_region (region, id);
    INSERT INTO refinery_schema_history (version, name, applied_on, checksum)
    VALUES (1000, 'regions', '2030-01-01T00:00:00Z', '1')";

/// Clients behind a reverse proxy, which knows the addresses that it may send them to.
struct Load {
    backends: watch::Sender<Arc<Vec<String>>>,
    seen: Arc<Seen>,
    clients: Vec<JoinHandle<()>>,
    old: Arc<OldClients>,
}

impl Load {
    async fn start(database: &TestDatabase, functions: &[&Function]) -> Self {
        insert_cards(database, CARDS).await;
        let old = OldClients::of(database, functions[0]).await;
        let (backends, watched) = watch::channel(addresses(functions));
        let seen = Arc::<Seen>::default();
        let clients = (0..CLIENTS)
            .map(|number| tokio::spawn(ask(Asker::new(number, CARDS), watched.clone(), Arc::clone(&seen))));
        Self { backends, clients: clients.collect(), seen: Arc::clone(&seen), old }
    }

    /// Waits until many requests more are answered, and has clients of old ask each of these meanwhile.
    async fn answered(&self, functions: &[&Function]) {
        tokio::join!(self.seen.answered(REQUESTS), self.old.ask(functions));
    }

    /// Sends requests to these from now on; returns when none is on its way to another.
    async fn move_to(&self, functions: &[&Function]) {
        let before = self.backends.send_replace(addresses(functions));
        eventually("no request is on its old way", async || (Arc::strong_count(&before) == 1).then_some(()))
            .await;
    }

    /// Ends it; every request must have been answered, and every answer right.
    async fn end(self, database: &TestDatabase) {
        self.seen.stop();
        for client in self.clients {
            client.await.unwrap();
        }
        assert_eq!(self.seen.unavailable(), 0, "requests were answered with 503");
        self.seen.check(database).await;
    }
}

fn addresses(functions: &[&Function]) -> Arc<Vec<String>> {
    Arc::new(functions.iter().map(|function| function.address().to_owned()).collect())
}

/// Asks each backend in turn until told to stop. It holds the list that it goes by as long as its request is under way.
async fn ask(mut asker: Asker, backends: watch::Receiver<Arc<Vec<String>>>, seen: Arc<Seen>) {
    let mut connections = HashMap::<String, Client>::new();
    for turn in 0.. {
        if seen.is_stopped() {
            return;
        }
        let backends = Arc::clone(&backends.borrow());
        connections.retain(|address, _| backends.contains(address));
        let address = &backends[turn % backends.len()];
        if !connections.contains_key(address) {
            connections.insert(address.clone(), Client::connect(address).await);
        }
        asker.ask(connections.get_mut(address).unwrap(), &seen).await;
    }
}

/// A new account of the API with what 0.1.0 and the versions before it gave one.
async fn released_account(database: &TestDatabase) -> (TestDatabase, Account) {
    let name = unique_name("k");
    let account = format!("'{name}'@'127.0.0.1'");
    let mut statements = vec![
        format!("CREATE USER {account} IDENTIFIED BY 'secret'"),
        format!(
            "GRANT SELECT, UPDATE (status, machine_code, used_at, expire_at, updated_at) ON {}.cards TO {account}",
            database.name()
        ),
    ];
    let may_run = |routine| format!("GRANT EXECUTE ON PROCEDURE {}.{routine} TO {account}", database.name());
    statements.extend(RELEASED_ROUTINES.map(may_run));
    for statement in statements {
        database.execute(&statement).await;
    }
    let seen = database.as_account(&name, "secret");
    // Older programs send a password to no server that does not know the account yet.
    seen.store().now().await.unwrap();
    (seen, Account::new(&format!("{name}@127.0.0.1")).unwrap())
}

/// The statement that makes a routine.
fn routine(name: &str) -> &'static str {
    let mut parts = include_str!("../../../sql/routines.sql").split("-- routine: ").skip(1);
    parts.find_map(|part| part.strip_prefix(name)?.strip_prefix('\n')).unwrap()
}

/// A program that believes whom a request says it is from.
async fn start(binary: &str, database: &TestDatabase) -> Function {
    let url = url_for(binary, database);
    Function::start_with(binary, &[("DATABASE_URL", &url), ("KAMI_TRUSTED_PROXIES", "127.0.0.1")]).await
}

async fn two(binary: &str, database: &TestDatabase) -> [Function; 2] {
    [start(binary, database).await, start(binary, database).await]
}

/// The address as a program takes it: those of before did not have to be told to trust the server, and could not be.
fn url_for(binary: &str, database: &TestDatabase) -> String {
    if [API, EXPIRE].contains(&binary) { database.url() } else { database.url_with("") }
}

/// A program of the older version that `KAMI_TEST_OLDER_PROGRAMS` is the folder of, else of this one.
fn older(binary: &str) -> String {
    match std::env::var_os("KAMI_TEST_OLDER_PROGRAMS") {
        Some(folder) => Path::new(&folder).join(Path::new(binary).file_name().unwrap()).display().to_string(),
        None => binary.to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rolling_upgrade_and_the_way_back_lose_no_request() {
    let database = TestDatabase::create_empty().await;
    database.execute(OLD_SCHEMA).await;
    upgrade_and_back(&database, &database, async || {}).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_of_the_release_before_loses_no_request_and_is_given_more_under_load() {
    let database = TestDatabase::create_empty().await;
    database.execute(RELEASED_SCHEMA).await;
    for name in RELEASED_ROUTINES {
        database.execute(routine(name)).await;
    }
    let (seen, account) = released_account(&database).await;
    upgrade_and_back(&database, &seen, async || {
        for statement in Role::Function.grants(&account, database.name()) {
            database.execute(&statement).await;
        }
    })
    .await;
}

/// Goes from older programs to these and back, on a database of an older version, by the account that `seen` is; `grant`
/// gives it what it lacks once the schema is this version's.
async fn upgrade_and_back(database: &TestDatabase, seen: &TestDatabase, grant: impl AsyncFnOnce()) {
    let [mut first, mut second] = two(&older(API), seen).await;
    let [mut third, mut fourth] = two(API, seen).await;
    let load = Load::start(database, &[&first, &second]).await;
    load.answered(&[&first, &second]).await;
    // Processes that find the old schema and others that will find the new one, side by side while it changes.
    load.move_to(&[&first, &second, &third]).await;
    load.answered(&[&first, &second, &third]).await;

    let plan = database.store().migrate().await.unwrap();
    assert_eq!(plan.migrations.last().unwrap().version, schema_version());
    load.answered(&[&first, &second, &third]).await;
    grant().await;
    load.answered(&[&first, &second, &third, &fourth]).await;

    load.move_to(&[&first, &third]).await;
    stop(&mut second).await;
    load.answered(&[&first, &third]).await;
    load.move_to(&[&third, &fourth]).await;
    stop(&mut first).await;
    load.answered(&[&third, &fourth]).await;

    let fifth = start(&older(API), seen).await;
    load.move_to(&[&fourth, &fifth]).await;
    load.answered(&[&third, &fourth, &fifth]).await;
    stop(&mut third).await;
    load.move_to(&[&fifth]).await;
    stop(&mut fourth).await;
    load.answered(&[&fifth]).await;
    load.end(database).await;
    expires_a_card(&older(EXPIRE), database, seen).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_later_version_that_only_adds_to_the_schema_does_not_disturb_this_one() {
    let database = TestDatabase::create().await;
    let [first, second] = two(API, &database).await;
    let load = Load::start(&database, &[&first, &second]).await;
    load.answered(&[&first, &second]).await;
    database.execute(FUTURE_MIGRATION).await;
    load.answered(&[&first, &second]).await;

    load.end(&database).await;

    expires_a_card(EXPIRE, &database, &database).await;
    let refused = database.store().migrate().await.unwrap_err();
    assert!(matches!(refused, MigrateError::Newer { found: 1000, .. }), "{refused}");
}

/// Has the expiry job find the one card whose time is over, by the account that `seen` is.
async fn expires_a_card(job: &str, database: &TestDatabase, seen: &TestDatabase) {
    database
        .execute(
            "INSERT INTO cards (prefix, code, full_code, status, used_at, expire_at, machine_code)
             VALUES ('OLD', 'ONE', 'OLD-ONE', 'ACTIVE', UTC_TIMESTAMP() - INTERVAL 1 DAY,
                UTC_TIMESTAMP() - INTERVAL 1 HOUR, 'PC-1')",
        )
        .await;
    let mut expire = Program::start(job, &[], &[("DATABASE_URL", &url_for(job, seen))]);
    assert!(expire.ended().await.success(), "{}", expire.output());
    expire.printed("1 cards expired").await;
}

/// Stops a process as its manager does.
async fn stop(function: &mut Function) {
    function.program.terminate();
    assert!(function.program.ended().await.success());
    assert!(!function.program.output().contains("were cut off"), "{}", function.program.output());
}
