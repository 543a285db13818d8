//! Lines on their way to standard error, at a distance from whoever has something else to do than wait for its reader.

use std::io::{self, Write};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How many lines may wait to be written; those beyond are counted and lost.
const MAX_LINES: usize = 256;

/// How often the thread that writes looks after what is held back.
const LOOK: Duration = Duration::from_secs(1);

/// A bounded queue: whoever logs never waits, and one thread takes what there is.
#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    work: Work,
    awake: bool,
    ended: bool,
}

/// What is to be done next.
#[derive(Debug, Default)]
pub(super) struct Work {
    /// What to write, each with its line break.
    pub(super) lines: Vec<Vec<u8>>,
    /// How many lines found the queue full after these.
    pub(super) lost: u64,
    /// Whether nothing follows.
    pub(super) ending: bool,
}

impl Queue {
    /// Waits for something to do; with `watching`, no longer than a moment.
    pub(super) fn next(&self, watching: bool) -> Work {
        let idle = |state: &mut State| state.work.lines.is_empty() && !state.work.ending && !state.awake;
        let state = self.state();
        let mut state = if watching {
            let waited = self.changed.wait_timeout_while(state, LOOK, idle);
            waited.unwrap_or_else(PoisonError::into_inner).0
        } else {
            self.changed.wait_while(state, idle).unwrap_or_else(PoisonError::into_inner)
        };
        state.awake = false;
        std::mem::take(&mut state.work)
    }

    /// Has the thread that writes look after what is held back.
    pub(super) fn wake(&self) {
        self.state().awake = true;
        self.changed.notify_all();
    }

    /// Has everything written that waits, for up to `limit`: a reader that has stopped does not hold up the end.
    pub(super) fn end(&self, limit: Duration) {
        let mut state = self.state();
        state.work.ending = true;
        self.changed.notify_all();
        drop(self.changed.wait_timeout_while(state, limit, |state| !state.ended));
    }

    pub(super) fn ended(&self) {
        self.state().ended = true;
        self.changed.notify_all();
    }

    fn push(&self, line: &[u8]) {
        let mut state = self.state();
        if state.work.lines.len() < MAX_LINES {
            state.work.lines.push(line.to_vec());
            self.changed.notify_all();
        } else {
            state.work.lost += 1;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes a whole line at a time, as it is given one, and never blocks.
impl Write for &Queue {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.push(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_out_in_order_and_those_beyond_are_counted() {
        let queue = Queue::default();
        let log = |line: String| (&queue).write_all(line.as_bytes()).unwrap();
        (0..MAX_LINES + 3).for_each(|number| log(format!("{number}\n")));
        let Work { lines, lost, ending } = queue.next(false);
        let wanted: Vec<_> = (0..MAX_LINES).map(|number| format!("{number}\n").into_bytes()).collect();
        assert_eq!((lines, lost, ending), (wanted, 3, false));
        log("later\n".to_owned());
        assert_eq!(queue.next(false).lines, [b"later\n"]);
    }

    #[test]
    fn the_end_waits_for_what_is_written_and_not_for_ever() {
        let queue = Queue::default();
        queue.end(Duration::ZERO);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                assert!(queue.next(false).ending);
                queue.ended();
            });
            queue.end(Duration::from_mins(1));
        });
        assert!(queue.state().ended);
    }

    #[test]
    fn who_watches_is_not_kept_waiting() {
        let work = Queue::default().next(true);
        assert!(work.lines.is_empty() && !work.ending);
        let queue = Queue::default();
        queue.wake();
        assert!(queue.next(false).lines.is_empty());
    }
}
