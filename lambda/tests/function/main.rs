//! The function and the expiry job as processes, called as client apps, Lambda and process managers call them.

#![expect(clippy::unwrap_used, reason = "in a test the panic is the report")]

mod apps;
mod backup;
mod blocks;
mod contract;
mod devices;
mod events;
mod expire;
mod half_closed;
mod hostile;
mod http;
mod ids;
mod lambda;
mod load;
mod metrics;
mod mismatches;
mod old_clients;
mod origins;
mod outage;
mod points;
mod process;
mod proofs;
mod property;
mod race;
mod recharge;
mod rights;
mod runtime;
mod seats;
mod secret;
mod secrets_manager;
mod trials;
mod unbind;
mod upgrade;

use kami_testkit::{Function, TestDatabase};

const API: &str = env!("CARGO_BIN_EXE_kami-api");
const EXPIRE: &str = env!("CARGO_BIN_EXE_kami-expire");

/// A new database and a function on it.
async fn start() -> (TestDatabase, Function) {
    let database = TestDatabase::create().await;
    let function = Function::start(API, &database.url()).await;
    (database, function)
}
