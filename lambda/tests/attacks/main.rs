//! What a stranger tries against the running programs, each with the figure that shows how far it got.
//!
//! All of it goes to the loopback, is bounded in count and time, and ends by itself.

#![expect(clippy::unwrap_used, reason = "in a test the panic is the report")]

mod connections;
mod guesses;
mod hang_ups;
mod http_heads;
mod logs;
mod machine_codes;
mod one_winner;
mod readers;
mod rogue_answers;
mod rogue_database;
mod roles;
mod values;

use std::fmt::Display;
use std::io::{self, Write as _};

use kami_testkit::{Function, TestDatabase};

const API: &str = env!("CARGO_BIN_EXE_kami-api");

/// A new database and a function on it.
async fn start() -> (TestDatabase, Function) {
    let database = TestDatabase::create().await;
    let function = Function::start(API, &database.url()).await;
    (database, function)
}

/// The same with settings besides, and the address of its metrics.
async fn start_counted(settings: &[(&str, &str)]) -> (TestDatabase, Function, String) {
    let database = TestDatabase::create().await;
    let url = database.url();
    let common = [("DATABASE_URL", url.as_str()), ("KAMI_METRICS", "127.0.0.1:0")];
    let function = Function::start_with(API, &[&common, settings].concat()).await;
    let metrics = function.program.printed_after("serving metrics on http://").await;
    let metrics = metrics.trim_end_matches("/metrics").to_owned();
    (database, function, metrics)
}

/// Prints what an attack came to, past the test runner, which keeps what a test that passes prints to itself.
fn figure(attack: &str, figure: impl Display) {
    let _: io::Result<()> = writeln!(io::stderr(), "attack: {attack}: {figure}");
}

#[tokio::test]
async fn a_customer_is_served() {
    let (database, function) = start().await;
    database.insert_card("VIP", "ONE").await;
    let mut client = function.client().await;
    let answer = client.validate("VIP-ONE", "PC-1").await;
    figure("none", answer.status);
    assert_eq!(answer.status, 200);
}
