//! The line to the terminal: that it is gone is noticed whatever the rest of the console does.
//!
//! crossterm 0.29 reads a terminal that is gone over and over and does not give its task back, so that the console's own
//! loop would neither see the end nor a signal that tells of it.

use std::convert::Infallible;
use std::io;
use std::process;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use tokio::sync::Notify;

/// How long the console may take to end by itself when the line is gone.
const GRACE: Duration = Duration::from_secs(2);

/// A watch over the line, as long as the console runs.
#[derive(Debug)]
pub(super) struct Line {
    gone: Arc<Notify>,
    /// Dropped with the console, which tells the watch that it has ended.
    _runs: Sender<Infallible>,
}

impl Line {
    /// Begins to watch, and ends the process if it has not ended [`GRACE`] after the line.
    pub(super) fn watch() -> io::Result<Self> {
        let gone = Arc::new(Notify::new());
        let (runs, ended) = mpsc::channel();
        let watched = Arc::clone(&gone);
        thread::Builder::new().name("line".to_owned()).spawn(move || {
            if hangs_up() {
                watched.notify_one();
                if ended.recv_timeout(GRACE) == Err(RecvTimeoutError::Timeout) {
                    process::exit(1);
                }
            }
        })?;
        Ok(Self { gone, _runs: runs })
    }

    /// Waits until it is gone.
    pub(super) async fn gone(&self) {
        self.gone.notified().await;
    }
}

/// Waits until the terminal is gone; false where that cannot be known.
fn hangs_up() -> bool {
    let terminal = io::stdin();
    loop {
        // Asked for nothing, it answers with a hang-up alone.
        let mut line = [PollFd::new(&terminal, PollFlags::empty())];
        match poll(&mut line, None) {
            Ok(_) => return line[0].revents().contains(PollFlags::HUP),
            Err(Errno::INTR) => {}
            Err(_) => return false,
        }
    }
}
