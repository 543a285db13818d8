//! Keeping one cause from filling the log: a lost database fails thousands of requests a second.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often one cause is logged at the most.
const INTERVAL: Duration = Duration::from_secs(1);

/// Lets one event a second through, with the number of those that it stands for.
#[derive(Debug)]
pub(crate) struct Throttle(Mutex<State>);

#[derive(Debug)]
struct State {
    admitted: Option<Instant>,
    held_back: u64,
}

impl Throttle {
    /// A throttle that has let nothing through yet.
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(State { admitted: None, held_back: 0 }))
    }

    /// How many events an event at `now` speaks for, itself included; `None` if it is held back.
    pub(crate) fn admit(&self, now: Instant) -> Option<u64> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.admitted.is_some_and(|admitted| now.duration_since(admitted) < INTERVAL) {
            state.held_back += 1;
            return None;
        }
        state.admitted = Some(now);
        Some(1 + std::mem::take(&mut state.held_back))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_event_a_second_speaks_for_the_others() {
        let throttle = Throttle::new();
        let start = Instant::now();
        let at = |milliseconds| throttle.admit(start + Duration::from_millis(milliseconds));
        assert_eq!(
            [at(0), at(1), at(999), at(1000), at(1500), at(5000)],
            [Some(1), None, None, Some(3), None, Some(2)]
        );
    }
}
