//! What the tests of kami share: databases of their own, servers to break, the function as a process.
//!
//! `./test.sh` starts the servers and says where they are; without it the tests fail and say so.

#![expect(clippy::unwrap_used, reason = "in a test the panic is the report")]

mod agreed;
mod certificates;
mod copy;
mod database;
mod function;
mod http;
mod key_file;
mod lack;
mod line;
mod proxy;
mod rogue;
mod rogue_reply;
mod schema;
mod server;
mod signal;

pub use self::agreed::agreed;
pub use self::certificates::Certificates;
pub use self::database::{TestDatabase, test_server, unique_name};
pub use self::function::{Function, Program};
pub use self::http::{Answer, Client};
pub use self::key_file::{KeyFile, NINETY_DAYS};
pub use self::lack::skip_for_want_of;
pub use self::line::line_from;
pub use self::proxy::{CommitLost, Proxy};
pub use self::rogue::{Demand, ROGUE_KEY, RogueServer};
pub use self::rogue_reply::{RogueDatabase, RogueReply};
pub use self::schema::{migrations, schema_version, tables};
pub use self::server::PrivateServer;
pub use self::signal::{Signal, send_signal};

/// What a connection of [`TestDatabase::connect`] is asked with.
pub use mysql_async::prelude::Queryable;

use std::time::Duration;

/// How long a test waits for a state before it calls the state lost.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// Waits until `attempt` returns something, asking again and again; panics with `what` after [`PATIENCE`].
pub async fn eventually<T>(what: &str, mut attempt: impl AsyncFnMut() -> Option<T>) -> T {
    let attempts = async {
        loop {
            if let Some(found) = attempt().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, attempts).await.unwrap_or_else(|_| panic!("waited in vain: {what}"))
}
