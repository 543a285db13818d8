//! The count of one request, from its beginning until it is known how it ended.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{Outcome, RequestMetrics, Route};

/// A request under way or answered. It is counted when this is dropped: while it has no answer as cancelled, since hyper
/// drops the future that answers a client whose line breaks.
#[derive(Debug)]
pub(crate) struct Counted {
    metrics: Arc<RequestMetrics>,
    route: Route,
    begun: Instant,
    answered: Option<(Outcome, Duration)>,
}

impl Counted {
    /// A request that begins now.
    pub(crate) fn begin(metrics: Arc<RequestMetrics>, route: Route) -> Self {
        Self { metrics, route, begun: Instant::now(), answered: None }
    }

    /// Notes its answer; how long that took.
    pub(crate) fn answer(&mut self, outcome: Outcome) -> Duration {
        let took = self.begun.elapsed();
        self.answered = Some((outcome, took));
        took
    }

    /// Counts it as cancelled: nobody was there to take the answer.
    fn cancel(mut self) {
        if let Some((outcome, _)) = &mut self.answered {
            *outcome = Outcome::Cancelled;
        }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let (outcome, took) = self.answered.unwrap_or_else(|| (Outcome::Cancelled, self.begun.elapsed()));
        self.metrics.record(self.route, outcome, took);
    }
}

/// Where the count of a line's last request is held back until it is known whether its client was there to take the
/// answer; clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unsettled(Arc<Mutex<Option<Counted>>>);

impl Unsettled {
    /// Holds back the count of a request that was answered.
    pub(crate) fn hold(&self, counted: Counted) {
        *self.held() = Some(counted);
    }

    pub(crate) fn is_held(&self) -> bool {
        self.held().is_some()
    }

    /// Counts the request as it was answered.
    pub(crate) fn settle(&self) {
        *self.held() = None;
    }

    pub(crate) fn cancel(&self) {
        if let Some(counted) = self.held().take() {
            counted.cancel();
        }
    }

    fn held(&self) -> MutexGuard<'_, Option<Counted>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTCOMES: [Outcome; 2] = [Outcome::Valid, Outcome::Cancelled];

    fn counts(metrics: &RequestMetrics) -> [u64; 2] {
        OUTCOMES.map(|outcome| metrics.count(Route::Health, outcome))
    }

    #[test]
    fn a_request_is_counted_once_and_only_when_it_is_known_how_it_ended() {
        let metrics = Arc::<RequestMetrics>::default();
        let begin = || Counted::begin(Arc::clone(&metrics), Route::Health);
        drop(begin());
        assert_eq!(counts(&metrics), [0, 1], "it has no answer");

        let unsettled = Unsettled::default();
        let hold = || {
            let mut counted = begin();
            counted.answer(Outcome::Valid);
            unsettled.hold(counted);
        };
        hold();
        assert_eq!((counts(&metrics), unsettled.is_held()), ([0, 1], true));
        unsettled.settle();
        assert_eq!((counts(&metrics), unsettled.is_held()), ([1, 1], false));
        hold();
        unsettled.cancel();
        assert_eq!(counts(&metrics), [1, 2]);
        hold();
        hold();
        assert_eq!(counts(&metrics), [2, 2], "a line has one at a time");
        drop(unsettled);
        assert_eq!(counts(&metrics), [3, 2]);
    }
}
