//! A database of a test's own, and `kami` run on it in an empty home.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use kami_testkit::{TestDatabase, unique_name};
use serde_json::Value;

/// What a run of `kami` came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// The lines of standard output as JSON.
    pub(crate) fn json(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// That it ended with this code.
    #[track_caller]
    pub(crate) fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        self
    }
}

/// A database, and an empty folder to work in.
pub(crate) struct Kami {
    pub(crate) database: TestDatabase,
    pub(crate) folder: PathBuf,
}

impl Kami {
    pub(crate) async fn new() -> Self {
        Self::on(TestDatabase::create().await)
    }

    /// An empty folder to work in on a database that is there already.
    pub(crate) fn on(database: TestDatabase) -> Self {
        let folder = std::env::temp_dir().join(unique_name("kami_command"));
        std::fs::create_dir(&folder).unwrap();
        Self { database, folder }
    }

    /// `kami` without any database.
    pub(crate) fn nowhere() -> Self {
        Self::on(TestDatabase::at("mysql://nobody@127.0.0.1:1/nowhere"))
    }

    /// The same with three cards: VIP-A and VIP-B of 3 hours, and GOLD-C with a note that no terminal should run.
    pub(crate) async fn with_cards() -> Self {
        let kami = Self::new().await;
        for (prefix, code) in [("VIP", "A"), ("VIP", "B"), ("GOLD", "C")] {
            kami.database.insert_card(prefix, code).await;
        }
        kami.database.execute("UPDATE cards SET note = '\u{1b}[31mred' WHERE full_code = 'GOLD-C'").await;
        kami
    }

    /// The account that `kami` logs in with, as the server knows it.
    pub(crate) async fn account(&self) -> String {
        self.database.rows("SELECT CURRENT_USER()", ()).await.remove(0)
    }

    /// `kami` on the database, spoken to in English by nobody at a terminal.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kami"));
        command
            .args(arguments)
            .current_dir(&self.folder)
            .env_clear()
            .env("PATH", std::env::var("PATH").unwrap_or_default())
            .env("HOME", &self.folder)
            .env("USER", "tester")
            .env("DATABASE_URL", self.database.url())
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        ran(self.command(arguments).output().unwrap())
    }

    /// The codes of all cards with their statuses, oldest first.
    pub(crate) fn statuses(&self) -> Vec<String> {
        let mut cards: Vec<String> = self
            .run(&["list", "--json"])
            .json()
            .iter()
            .map(|card| format!("{} {}", card["code"].as_str().unwrap(), card["status"].as_str().unwrap()))
            .collect();
        cards.reverse();
        cards
    }
}

impl Drop for Kami {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

pub(crate) fn ran(output: Output) -> Ran {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}
