//! Sixty-four customers at work for a while, in the middle of everything that strangers try.
//!
//! `scripts/soak` builds the programs and runs this on each server. It prints what came of it, and fails when a customer
//! was refused or waited, or when the function's memory, files or connections to the database grew. All of its traffic goes to
//! the loopback.

#![expect(clippy::unwrap_used, reason = "as in a test, the panic is the report")]
#![expect(clippy::print_stdout, reason = "the report is what this program is for")]

mod customers;
mod strangers;
mod tally;
mod watch;

use std::process::ExitCode;
use std::time::Duration;

use kami_testkit::{Function, PrivateServer, TestDatabase};
use tokio::time::Instant;

use crate::customers::Customers;
use crate::strangers::Strangers;
use crate::watch::Watch;

/// The most connections that the function may have to its database.
const POOL: usize = 16;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(api), Some(Ok(seconds))) = (arguments.next(), arguments.next().map(|text| text.parse())) else {
        println!("usage: soak PATH-OF-KAMI-API SECONDS");
        return ExitCode::from(2);
    };
    let server = PrivateServer::start(&[]);
    let database = TestDatabase::create_on(&server.url()).await;
    customers::insert_cards(&database).await;
    let url = database.url();
    let url = format!("{url}{}pool={POOL}", if url.contains('?') { '&' } else { '?' });
    let function = Function::start_with(&api, &[("DATABASE_URL", &url)]).await;

    let until = Instant::now() + Duration::from_secs(seconds);
    let watch = Watch::start(&function, &database, until).await;
    let strangers = Strangers::start(function.address(), until);
    let customers = Customers::start(function.address(), until).await;
    let all_served = customers.end().await;
    strangers.end().await;
    let kept = watch.end().await;
    println!("log of the function: {} bytes", function.program.output().len());
    if all_served && kept { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
