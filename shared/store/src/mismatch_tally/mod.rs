//! What a store has counted of machines that cards are refused to, until it is written down.

mod tally;

use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use self::tally::Tally;
use super::StoreError;
use super::routines::Successor;

/// How long what is counted waits at the least until it is written down.
pub const MISMATCHES_KEPT: Duration = Duration::from_mins(1);

/// What a store has counted and not written yet; its clones share it.
#[derive(Debug)]
pub(super) struct Counting {
    state: Mutex<State>,
    routine: Successor,
}

#[derive(Debug, Default)]
struct State {
    tally: Tally,
    /// When it was last begun to write.
    begun: Option<Instant>,
    /// Whether a task waits for the time to write.
    is_waited_for: bool,
}

impl Default for Counting {
    fn default() -> Self {
        Self {
            state: Mutex::default(),
            routine: Successor::new("nobody counts the machines that cards are refused to"),
        }
    }
}

/// What is to be done behind a refusal that was counted.
pub(super) enum Then {
    /// Nothing: somebody will write it, or the minute is not over.
    Nothing,
    /// What was counted is to be written now.
    Write,
    /// It is to be written in a minute.
    WriteLater,
}

impl Counting {
    /// Counts a refusal, of a process that may be stopped after its answer or not; says whether there was room.
    pub(super) fn add(&self, card: u64, machine: &str, may_be_stopped: bool) -> (bool, Then) {
        let mut state = self.state();
        let has_room = state.tally.add(card, machine);
        let is_due = || state.begun.is_none_or(|begun| begun.elapsed() >= MISMATCHES_KEPT);
        let then = match may_be_stopped {
            true if is_due() => Then::Write,
            false if !mem::replace(&mut state.is_waited_for, true) => Then::WriteLater,
            _ => Then::Nothing,
        };
        (has_room, then)
    }

    /// What was counted until now.
    pub(super) fn take(&self) -> Tally {
        let mut state = self.state();
        (state.begun, state.is_waited_for) = (Some(Instant::now()), false);
        mem::take(&mut state.tally)
    }

    /// Whether it was written, as the routine answered; not where that is not for the account to call, or the schema has none.
    pub(super) fn written(&self, answer: Result<(), StoreError>) -> Result<bool, StoreError> {
        Ok(self.routine.answered(answer)?.is_some())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
