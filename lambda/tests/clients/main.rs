//! The examples in `clients/`, each run as its users run it: against the function, and against servers that
//! misbehave as a script says.

#![expect(clippy::unwrap_used, reason = "in a test the panic is the report")]

/// One test for each scenario and language.
macro_rules! in_each_language {
    ($scenario:ident: $($test:ident $language:ident),*) => {
        $(#[tokio::test]
        async fn $test() {
            super::$scenario(crate::language::Language::$language).await;
        })*
    };
    ($($scenario:ident)*) => {
        $(mod $scenario {
            in_each_language! {
                $scenario: shell Shell, python Python, rust Rust, javascript JavaScript, csharp CSharp, go Go, java Java,
                cpp Cpp
            }
        })*
    };
}

mod attackers;
mod copies;
mod device;
mod device_keys;
mod language;
mod leases;
mod licences;
mod machine_codes;
mod outages;
mod pages;
mod proofs;
mod scene;
mod server;
mod signer;
mod topping_up;
mod trials;
mod unbinding;
mod user;
mod validating;

use kami_testkit::{Function, TestDatabase};

/// A new database and a function on it. Starting them takes longer than an example runs: one test has all languages do in turn
/// what is done against the function.
async fn start() -> (TestDatabase, Function) {
    let database = TestDatabase::create().await;
    let function = Function::start(env!("CARGO_BIN_EXE_kami-api"), &database.url()).await;
    (database, function)
}
