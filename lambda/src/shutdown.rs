//! When to stop: the signals by which people and process managers ask for it.

/// Waits for Ctrl-C or, on Unix, SIGTERM.
pub async fn requested() {
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
