//! Signals that end a start: whoever waits looks here, so that what was begun is undone first.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::Failure;

static SIGNAL: OnceLock<Arc<AtomicUsize>> = OnceLock::new();

/// From now on the signals that end a process are only noted, for [`pause`] to find.
pub(crate) fn heed() {
    let noted = SIGNAL.get_or_init(Arc::default);
    for signal in [SIGHUP, SIGINT, SIGTERM] {
        let value = usize::try_from(signal).unwrap_or_default();
        // where a signal cannot be caught it ends the process, as it would have
        drop(signal_hook::flag::register_usize(signal, Arc::clone(noted), value));
    }
}

/// Waits for a moment; fails once a signal asked for the end.
pub(crate) fn pause() -> Result<(), Failure> {
    thread::sleep(Duration::from_millis(20));
    check()
}

/// Fails once a signal asked for the end.
pub(crate) fn check() -> Result<(), Failure> {
    let noted = SIGNAL.get().map_or(0, |signal| signal.load(Ordering::Relaxed));
    match u8::try_from(noted) {
        Ok(0) | Err(_) => Ok(()),
        Ok(signal) => Err(Failure::interrupted(signal)),
    }
}
