//! Keeping requests from filling the log: each place in the program that logs has a few lines a second.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tracing::callsite::Identifier;
use tracing::field::{Field, Visit};
use tracing::{Event, Level};

use super::cut::shortened;

/// How often a place may write a line in the long run.
const INTERVAL: Duration = Duration::from_secs(1);

/// How many lines a place that was quiet may write at once.
const BURST: u32 = 5;

/// How long a place has to be quiet before its flood counts as over.
const QUIET: Duration = Duration::from_secs(1);

/// The longest message that is kept to say later what was held back, in bytes.
const MAX_MESSAGE: usize = 256;

/// Lets a few lines a second of each place through and counts the others.
///
/// A place is a call of a logging macro, of which a program has so many: no text of a request makes another one, so that
/// neither the lines nor what is kept here can be made to grow. What differs between the lines of one place, such as the
/// code of an error, is seen as far as lines are let through.
#[derive(Debug, Default)]
pub(super) struct Throttle(Mutex<HashMap<Identifier, Place>>);

/// A place that has logged something.
#[derive(Debug)]
struct Place {
    level: Level,
    message: String,
    /// When its next line would be due if it wrote one each interval; the burst is how far that may lie ahead.
    due: Instant,
    last: Instant,
    held_back: u64,
}

/// What becomes of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    /// It is written, and speaks for so many held back before it.
    Written { repeated: u64 },
    /// It is only counted, as the first since its place last told a count or not.
    HeldBack { first: bool },
}

/// Lines of one place that were counted and are to be told of.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct HeldBack {
    pub(super) level: Level,
    pub(super) message: String,
    pub(super) repeated: u64,
}

impl Throttle {
    /// Decides about an event at `now`.
    pub(super) fn admit(&self, event: &Event<'_>, now: Instant) -> Admission {
        let metadata = event.metadata();
        let mut places = self.places();
        let place = places.entry(metadata.callsite()).or_insert_with(|| {
            let mut message = Message::default();
            event.record(&mut message);
            Place::new(*metadata.level(), message.0, now)
        });
        place.admit(now)
    }

    /// What was held back where a flood is over by `now`; it is then told.
    pub(super) fn take_ended(&self, now: Instant) -> Vec<HeldBack> {
        self.take(|place| now.saturating_duration_since(place.last) >= QUIET)
    }

    /// All that was held back; it is then told.
    pub(super) fn take_all(&self) -> Vec<HeldBack> {
        self.take(|_| true)
    }

    /// Whether anything is held back that was not told yet.
    pub(super) fn holds_back(&self) -> bool {
        self.places().values().any(|place| place.held_back > 0)
    }

    fn take(&self, is_due: impl Fn(&Place) -> bool) -> Vec<HeldBack> {
        let mut places = self.places();
        let due = places.values_mut().filter(|place| place.held_back > 0 && is_due(place));
        due.map(Place::take).collect()
    }

    fn places(&self) -> MutexGuard<'_, HashMap<Identifier, Place>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    fn new(level: Level, message: String, now: Instant) -> Self {
        Self { level, message, due: now, last: now, held_back: 0 }
    }

    fn admit(&mut self, now: Instant) -> Admission {
        self.last = now;
        let due = self.due.max(now);
        if due - now > INTERVAL * (BURST - 1) {
            self.held_back += 1;
            return Admission::HeldBack { first: self.held_back == 1 };
        }
        self.due = due + INTERVAL;
        Admission::Written { repeated: std::mem::take(&mut self.held_back) }
    }

    fn take(&mut self) -> HeldBack {
        let repeated = std::mem::take(&mut self.held_back);
        HeldBack { level: self.level, message: self.message.clone(), repeated }
    }
}

/// The message of an event, without its other fields.
#[derive(Default)]
struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0 = shortened(&format!("{value:?}"), MAX_MESSAGE);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tracing::Subscriber;
    use tracing_subscriber::Layer;
    use tracing_subscriber::layer::{Context, SubscriberExt as _};

    use super::*;

    /// Shows every event to a throttle, as if at that moment.
    struct Seeing(Arc<Throttle>, Instant);

    impl<S: Subscriber> Layer<S> for Seeing {
        fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
            self.0.admit(event, self.1);
        }
    }

    #[test]
    fn a_few_lines_at_once_and_one_a_second_speak_for_the_others() {
        let start = Instant::now();
        let mut place = Place::new(Level::WARN, String::new(), start);
        let mut at = |milliseconds| place.admit(start + Duration::from_millis(milliseconds));
        let written = |repeated| Admission::Written { repeated };
        assert_eq!([0; BURST as usize].map(&mut at), [written(0); BURST as usize]);
        let held_back = [true, false, false].map(|first| Admission::HeldBack { first });
        assert_eq!([0, 1, 999].map(&mut at), held_back);
        assert_eq!(
            [1000, 1001, 2000].map(&mut at),
            [written(3), Admission::HeldBack { first: true }, written(1)]
        );
        assert_eq!([60_000; BURST as usize].map(&mut at), [written(0); BURST as usize], "it was quiet");
        assert_eq!(at(60_000), Admission::HeldBack { first: true });
    }

    #[test]
    fn what_is_held_back_is_told_once_its_flood_is_over() {
        let start = Instant::now();
        let throttle = Arc::<Throttle>::default();
        let seeing = tracing_subscriber::registry().with(Seeing(Arc::clone(&throttle), start));
        tracing::subscriber::with_default(seeing, || {
            (0..100).for_each(|number| tracing::warn!(number, "{}", "away"));
            tracing::error!("seen once");
        });
        assert_eq!(throttle.take_ended(start + QUIET / 2), [], "it may go on");
        assert!(throttle.holds_back());
        let told = HeldBack { level: Level::WARN, message: "away".to_owned(), repeated: 95 };
        assert_eq!(throttle.take_ended(start + QUIET), [told]);
        assert!(!throttle.holds_back());
        assert_eq!(throttle.take_all(), []);
    }
}
