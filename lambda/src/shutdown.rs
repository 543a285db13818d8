//! When to stop: the signals by which people and process managers ask for it.

use tokio_util::sync::CancellationToken;

use crate::manager::{self, State};

/// Is cancelled once we are asked to stop, so that whatever runs stops at the same time; our manager is told so. Needs a
/// runtime of tokio.
pub fn on_request() -> CancellationToken {
    let stop = CancellationToken::new();
    let asked = stop.clone();
    // Before anybody is told that we run: a signal that nobody waits for ends the process at once.
    let requested = requested();
    tokio::spawn(async move {
        requested.await;
        manager::tell(State::Stopping);
        asked.cancel();
    });
    stop
}

/// Waits for Ctrl-C or SIGTERM, of which none is missed that comes after the call.
#[cfg(unix)]
fn requested() -> impl Future<Output = ()> {
    use tokio::signal::unix::{Signal, SignalKind, signal};

    /// Without a handler there is no signal to wait for: only a kill ends the process.
    async fn arrived(signal: Option<Signal>) {
        match signal {
            Some(mut signal) => drop(signal.recv().await),
            None => std::future::pending().await,
        }
    }

    let [interrupt, terminate] =
        [SignalKind::interrupt(), SignalKind::terminate()].map(|kind| signal(kind).ok());
    async {
        tokio::select! {
            () = arrived(interrupt) => {}
            () = arrived(terminate) => {}
        }
    }
}

/// Waits for Ctrl-C.
#[cfg(not(unix))]
async fn requested() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
