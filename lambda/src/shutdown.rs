//! When to stop: the signals by which people and process managers ask for it.

use tokio_util::sync::CancellationToken;

use crate::manager::{self, State};

/// Is cancelled once we are asked to stop, so that whatever runs stops at the same time; our manager is told so. Needs a
/// runtime of tokio.
pub fn on_request() -> CancellationToken {
    let stop = CancellationToken::new();
    let asked = stop.clone();
    tokio::spawn(async move {
        requested().await;
        manager::tell(State::Stopping);
        asked.cancel();
    });
    stop
}

/// Waits for Ctrl-C or, on Unix, SIGTERM.
async fn requested() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        // Without a handler there is no signal to wait for: only a kill ends the process.
        std::future::pending::<()>().await;
    }
}
