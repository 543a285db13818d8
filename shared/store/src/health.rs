//! Whether the database answers: asked once for all who want to know at a time.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::watch;
use tokio::time::Instant;

use super::StoreError;
use super::clock::Now;
use super::pool::Pool;

/// How long the health check waits for the database.
pub const HEALTH_LIMIT: Duration = Duration::from_secs(1);

/// How long an answer is good for, a bad one too: health checks do not crowd a database that is in trouble.
pub const HEALTH_KEPT: Duration = Duration::from_secs(1);

type Answer = Result<DateTime<Utc>, StoreError>;

/// One question: nothing while it is being asked, afterwards when it was answered and how.
type Question = watch::Receiver<Option<(Instant, Answer)>>;

/// The part that clones of a store share.
#[derive(Clone, Debug)]
pub(super) struct Health {
    pool: Pool,
    last: Arc<Mutex<Option<Question>>>,
}

impl Health {
    /// Checks on the connections of a pool.
    pub(super) fn new(pool: Pool) -> Self {
        Self { pool, last: Arc::default() }
    }

    /// The database's clock, asked for at most [`HEALTH_KEPT`] ago.
    pub(super) async fn check(&self) -> Answer {
        let mut question = self.question();
        let answered = question.wait_for(Option::is_some).await;
        // Only a question that panicked answers nothing at all.
        let answer = answered.map_or(None, |answered| answered.clone());
        answer.map_or(Err(StoreError::Abandoned), |(_, answer)| answer)
    }

    /// The question under way or answered lately, or else a new one: a task of its own, which no client's hanging up
    /// ends.
    fn question(&self) -> Question {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(question) = last.as_ref().filter(|question| is_good(question)) {
            return question.clone();
        }
        let (answer, question) = watch::channel(None);
        let pool = self.pool.clone();
        tokio::spawn(async move {
            let now = pool.run(HEALTH_LIMIT, Now { counters: pool.counters() }).await;
            answer.send_replace(Some((Instant::now(), now)));
        });
        *last = Some(question.clone());
        question
    }
}

/// Whether a question need not be asked again.
fn is_good(question: &Question) -> bool {
    match &*question.borrow() {
        Some((answered, _)) => answered.elapsed() < HEALTH_KEPT,
        // Closed without an answer, it never gets one.
        None => question.has_changed().is_ok(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::address::{AddressError, AddressFuture, AddressSource};
    use crate::database_url::DatabaseUrl;

    /// Never finds out where the database is, and counts how often it was asked.
    #[derive(Debug, Default)]
    struct Nowhere(AtomicUsize);

    impl AddressSource for Nowhere {
        fn pool(&self) -> usize {
            1
        }

        fn address(&self, _: Option<&DatabaseUrl>) -> AddressFuture<'_> {
            self.0.fetch_add(1, Ordering::SeqCst);
            Box::pin(std::future::ready(Err(AddressError("nowhere".to_owned()))))
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_is_kept_for_a_moment_whoever_asked_for_it() {
        let nowhere = Arc::<Nowhere>::default();
        let health = Health::new(Pool::new(nowhere.clone()));
        // Whoever asks first hangs up at once.
        drop(health.question());
        for _ in 0..50 {
            assert!(matches!(health.check().await, Err(StoreError::NoAddress(_))));
        }
        assert_eq!(nowhere.0.load(Ordering::SeqCst), 1);
        tokio::time::advance(HEALTH_KEPT).await;
        health.check().await.unwrap_err();
        assert_eq!(nowhere.0.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_question_that_came_to_nothing_is_asked_anew() {
        let health = Health::new(Pool::new(Arc::<Nowhere>::default()));
        *health.last.lock().unwrap() = Some(watch::channel(None).1);
        assert!(matches!(health.check().await, Err(StoreError::NoAddress(_))));
    }
}
