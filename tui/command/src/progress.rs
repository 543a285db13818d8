//! How far work is: a bar on the terminal that goes when the work ends, and Ctrl-C that breaks the work off.

use std::io::{self, IsTerminal as _, Write as _};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use kami_common::words::{Language, number, say};
use kami_store::ActProgress;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::AbortHandle;

/// The cells of the bar.
const CELLS: u8 = 24;

/// How often it is drawn: no terminal needs more.
const PAUSE: Duration = Duration::from_millis(100);

/// The exit code when a second Ctrl-C does not wait for the work.
const IMPATIENT: i32 = 1;

/// Work that is being done.
pub(super) struct Work {
    /// What is done, in words.
    doing: String,
    is_shown: bool,
    drawn_at: Mutex<Option<Instant>>,
    broken_off: Arc<AtomicBool>,
    listener: Option<AbortHandle>,
}

impl Work {
    /// Begins work of the kind that `act` names; from now on Ctrl-C breaks it off at its next step.
    pub(super) fn begin(language: Language, act: &str) -> io::Result<Self> {
        let broken_off: Arc<AtomicBool> = Arc::default();
        let is_shown = io::stderr().is_terminal();
        let listener = listen(Arc::clone(&broken_off), say!(language, "work.breaking_off"))?;
        let doing = say!(language, format!("work.{act}"));
        Ok(Self { doing, is_shown, drawn_at: Mutex::default(), broken_off, listener: Some(listener) })
    }

    /// Tells how many cards are done and how much of the way that is; the answer says whether to go on.
    pub(super) fn step(&self, done: u64, share: f64) -> ControlFlow<()> {
        self.draw(done, share);
        if self.broken_off.load(Ordering::Relaxed) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    /// The same for an act on many cards.
    pub(super) fn act_step(&self, progress: ActProgress) -> ControlFlow<()> {
        self.step(progress.done, progress.share)
    }

    /// The same for a batch of which so many cards are made.
    #[expect(clippy::cast_precision_loss, reason = "a bar has no use for the last of 53 bits")]
    pub(super) fn batch_step(&self, made: u64, of: u64) -> ControlFlow<()> {
        self.step(made, made as f64 / of.max(1) as f64)
    }

    fn draw(&self, done: u64, share: f64) {
        if !self.is_shown {
            return;
        }
        let mut drawn_at = self.drawn_at.lock().unwrap_or_else(PoisonError::into_inner);
        if drawn_at.is_some_and(|at| at.elapsed() < PAUSE) {
            return;
        }
        *drawn_at = Some(Instant::now());
        let share = share.clamp(0.0, 1.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is from 0 to 100")]
        let percent = (share * 100.0) as u8;
        let full = usize::from(percent) * usize::from(CELLS) / 100;
        let bar = "━".repeat(full) + &"─".repeat(usize::from(CELLS) - full);
        let line = format!("\r{} {bar} {percent:>3}%  {}\x1b[K", self.doing, number(done));
        let mut terminal = io::stderr();
        // A terminal that is gone sees no bar.
        drop(terminal.write_all(line.as_bytes()).and_then(|()| terminal.flush()));
    }
}

/// The bar goes, and Ctrl-C means again what it always means.
impl Drop for Work {
    fn drop(&mut self) {
        if let Some(listener) = self.listener.take() {
            listener.abort();
        }
        let drawn = self.drawn_at.get_mut().unwrap_or_else(PoisonError::into_inner).is_some();
        if self.is_shown && drawn {
            drop(io::stderr().write_all(b"\r\x1b[K"));
        }
    }
}

fn listen(broken_off: Arc<AtomicBool>, words: String) -> io::Result<AbortHandle> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let listening = tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
                _ = hang_up.recv() => {}
            }
            if broken_off.swap(true, Ordering::Relaxed) {
                // Whoever asks twice does not want to wait; an open transaction goes with its connection.
                std::process::exit(IMPATIENT);
            }
            super::output::message(&words);
        }
    });
    Ok(listening.abort_handle())
}
