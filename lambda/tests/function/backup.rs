//! A backup made while cards are activated, and what is restored from it.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use kami_testkit::{Function, TestDatabase, unique_name};

use crate::API;
use crate::load::{Asker, Seen, ask, insert_cards};

const CARDS: usize = 3000;
const CLIENTS: usize = 8;

/// The options that `docs/one-machine.md` backs up with.
const OPTIONS: [&str; 3] = ["--single-transaction", "--no-tablespaces", "--default-character-set=utf8mb4"];

/// Where sellers are told how to back up: for Docker and for a server of their own.
const GUIDE: &str = include_str!("../../../docs/one-machine.md");

/// A note as operators write them: what a dump that mistakes the character set or forgets to escape would spoil.
const NOTE: &str = "老客户 🎁 it's \"50%\"\\ off\n-- done; \u{1b}[31m";

/// A folder with the address of the server as its client programs read it.
struct Clients(PathBuf);

impl Clients {
    fn new(database: &TestDatabase) -> Self {
        let folder = std::env::temp_dir().join(unique_name("kami_backup"));
        std::fs::create_dir(&folder).unwrap();
        let url = database.url();
        let (user, rest) = url.strip_prefix("mysql://").unwrap().split_once(':').unwrap();
        let (password, _) = rest.split_once('@').unwrap();
        let port = database.port();
        let text = format!("[client]\nuser={user}\npassword={password}\nhost=127.0.0.1\nport={port}\n");
        std::fs::write(folder.join("kami.cnf"), text).unwrap();
        Self(folder)
    }

    fn program(&self, name: &str) -> Command {
        let mut program = Command::new(name);
        program.arg(format!("--defaults-extra-file={}", self.0.join("kami.cnf").display()));
        program
    }

    /// Writes a backup of a database to a file of this name.
    fn back_up(&self, database: &TestDatabase, name: &str) -> PathBuf {
        let path = self.0.join(name);
        let file = File::create_new(&path).unwrap();
        let mut dump = self.program("mysqldump");
        let status = dump.args(OPTIONS).arg(database.name()).stdout(file).status();
        assert!(status.expect("mysqldump is on this machine").success());
        path
    }

    /// A new database with what a backup holds.
    async fn restore(&self, backup: &Path) -> TestDatabase {
        let database = TestDatabase::create_empty().await;
        let mut client = self.program("mysql");
        client.arg("--default-character-set=utf8mb4").arg(database.name()).stdout(Stdio::null());
        assert!(client.stdin(File::open(backup).unwrap()).status().unwrap().success());
        database
    }
}

impl Drop for Clients {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// Each card with all that it has, by its code.
async fn cards(database: &TestDatabase) -> BTreeMap<String, Vec<Option<String>>> {
    type Row = (String, Option<String>, String, Option<u32>, Option<String>, Option<String>, String);
    let columns = "code, note, status, duration_seconds, machine_code, \
                   CONCAT(used_at, ' ', expire_at), CONCAT_WS(' ', id, prefix, full_code, created_at, updated_at)";
    let rows: Vec<Row> = database.rows(&format!("SELECT {columns} FROM cards"), ()).await;
    rows.into_iter()
        .map(|(code, note, status, duration, machine, times, rest)| {
            let duration = duration.map(|seconds| seconds.to_string());
            (code, vec![Some(status), machine, note, duration, times, Some(rest)])
        })
        .collect()
}

/// The migrations that were applied, in order.
async fn history(database: &TestDatabase) -> Vec<(i32, String, String, String)> {
    let query = "SELECT version, name, applied_on, checksum FROM refinery_schema_history ORDER BY version";
    database.rows(query, ()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_made_under_load_restores_to_one_moment() {
    assert_eq!(GUIDE.matches(&OPTIONS.join(" ")).count(), 2, "the guide backs up as this test does");
    let database = TestDatabase::create().await;
    insert_cards(&database, CARDS).await;
    let note = NOTE.replace('\\', "\\\\").replace('\'', "''");
    database.execute(&format!("UPDATE cards SET note = '{note}'")).await;
    let function = Function::start(API, &database.url()).await;
    let seen = Arc::<Seen>::default();
    let mut load = Vec::new();
    for number in 0..CLIENTS {
        let client = function.client().await;
        load.push(tokio::spawn(ask(Asker::new(number, CARDS), client, Arc::clone(&seen))));
    }
    seen.activated(150).await;

    let clients = Arc::new(Clients::new(&database));
    let backing_up = {
        let (clients, database) = (Arc::clone(&clients), database.clone());
        tokio::task::spawn_blocking(move || clients.back_up(&database, "under-load.sql"))
    };
    let backup = backing_up.await.unwrap();
    seen.answered(500).await;
    seen.stop();
    for client in load {
        client.await.unwrap();
    }
    seen.check(&database).await;
    assert_eq!(seen.unavailable(), 0, "the backup made clients wait");

    let restored = clients.restore(&backup).await;
    let (then, now) = (cards(&restored).await, cards(&database).await);
    assert_eq!(then.len(), CARDS);
    let active = then.iter().filter(|(_, card)| card[0].as_deref() == Some("ACTIVE"));
    let active: Vec<_> = active.collect();
    assert!(active.len() >= 150, "{}", active.len());
    for (code, card) in active {
        assert_eq!(card, &now[code], "card {code} is as it was activated");
    }
    for (code, card) in &then {
        assert_eq!(card[2].as_deref(), Some(NOTE), "card {code} keeps its note");
    }
    assert_eq!(history(&restored).await, history(&database).await);
    assert!(restored.store().migrate().await.unwrap().migrations.is_empty());

    let whole = clients.restore(&clients.back_up(&database, "at-rest.sql")).await;
    assert_eq!(cards(&whole).await, now);
    let stand_in = Function::start(API, &whole.url()).await;
    let (mut here, mut there) = (function.client().await, stand_in.client().await);
    for card in (0..CARDS).step_by(100) {
        let path = format!("/api/status/LOAD-{card}?machine_code=PC-0");
        let (live, copy) = (here.get(&path).await, there.get(&path).await);
        assert_eq!(
            (live.status, live.body["expire_at"].clone()),
            (copy.status, copy.body["expire_at"].clone())
        );
        let validated = (
            here.validate(&format!("LOAD-{card}"), "PC-0").await.status,
            there.validate(&format!("LOAD-{card}"), "PC-0").await.status,
        );
        assert_eq!(validated.0, validated.1, "card {card}");
    }
}
