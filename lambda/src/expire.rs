//! The job that marks cards whose time is over, batch by batch.

use std::io::{self, Write};
use std::pin::pin;
use std::time::{Duration, SystemTime};

use kami_shared::store::{ExpiryCursor, Store, StoreError};
use lambda_runtime::{LambdaEvent, service_fn};
use serde::Serialize;
use serde::de::IgnoredAny;
use tracing::{error, info};

/// How long before Lambda would end us no further batch is begun.
const LAMBDA_RESERVE: Duration = Duration::from_secs(5);

/// How soon the job is tried again, at the latest, after it failed.
const RETRY: Duration = Duration::from_mins(1);

/// What one run did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// How many cards were marked as expired.
    pub expired: u64,
    /// Whether no overdue card was left; otherwise the next run goes on.
    pub complete: bool,
}

/// Marks every overdue card as expired, unless `stop` is ready first: then the batch under way is the last.
pub async fn run(store: &Store, stop: impl Future<Output = ()>) -> Result<Outcome, StoreError> {
    let mut stop = pin!(stop);
    let mut cursor = ExpiryCursor::default();
    let mut expired = 0;
    loop {
        let mut batch = pin!(store.expire_batch(cursor));
        let (done, stopping) = tokio::select! {
            done = &mut batch => (done?, false),
            () = &mut stop => (batch.await?, true),
        };
        expired += done.expired;
        match done.next {
            None => return Ok(Outcome { expired, complete: true }),
            Some(_) if stopping => return Ok(Outcome { expired, complete: false }),
            Some(next) => cursor = next,
        }
    }
}

/// Runs once and prints what it did.
pub async fn run_once(store: &Store, stop: impl Future<Output = ()>) -> anyhow::Result<()> {
    let Outcome { expired, complete } = run(store, stop).await?;
    let rest = if complete { "" } else { "; stopped before the end, the next run goes on" };
    writeln!(io::stdout(), "{expired} cards expired{rest}")?;
    Ok(())
}

/// Runs at once and then again every `interval`, until `stop` is ready; a failed run is logged and tried again.
pub async fn run_every(store: &Store, interval: Duration, stop: impl Future<Output = ()>) {
    let mut stop = pin!(stop);
    loop {
        let pause = match run(store, &mut stop).await {
            Ok(Outcome { expired, complete: true }) => {
                info!(expired, "overdue cards were expired");
                interval
            }
            Ok(Outcome { expired, complete: false }) => {
                info!(expired, "stopped before every overdue card was expired; the next run goes on");
                return;
            }
            Err(cause) => {
                error!(error = %cause, "overdue cards could not be expired");
                interval.min(RETRY)
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = &mut stop => return,
        }
    }
}

/// Handles scheduled events under Lambda: each runs the job until it is done or the invocation's time is nearly up.
pub async fn run_on_lambda(store: Store) -> anyhow::Result<()> {
    // The event says only that it is time, so that any event will do, a hand-written `{}` too.
    let handler = service_fn(async |event: LambdaEvent<IgnoredAny>| {
        let time_left = event.context.deadline().duration_since(SystemTime::now()).unwrap_or_default();
        let stop = tokio::time::sleep(time_left.saturating_sub(LAMBDA_RESERVE));
        let outcome = run(&store, stop).await?;
        info!(expired = outcome.expired, complete = outcome.complete, "overdue cards were expired");
        Ok::<_, lambda_runtime::Error>(outcome)
    });
    lambda_runtime::run(handler).await.map_err(anyhow::Error::from_boxed)
}
