//! The job that marks cards whose time is over, batch by batch, and then clears away what need not be known any more.

use std::io::{self, Write};
use std::time::{Duration, SystemTime};

use kami_store::{ExpiryCursor, Store, StoreError};
use lambda_runtime::{LambdaEvent, service_fn};
use serde::Serialize;
use serde::de::IgnoredAny;
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use crate::metrics::{ExpiryMetrics, emf};
use crate::signing::Signer;

/// How long before Lambda would end us no further batch is begun.
pub const LAMBDA_RESERVE: Duration = Duration::from_secs(5);

/// How long the batch under way may still take once the job is to stop: less than Lambda is left with.
const STOP_LIMIT: Duration = Duration::from_secs(3);

/// How many requests that took points long ago, or counts of machines without a seat, one step clears away.
const FORGOTTEN_AT_ONCE: u32 = 1000;

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

/// Marks every overdue card as expired and clears away requests that took points, and counts of machines, long ago, until `stop` is cancelled: then
/// the batch under way may still end. `on_batch` is told how many cards each batch expired, as soon as it has: what a failed
/// run did before it failed stays done.
pub async fn run(
    store: &Store,
    stop: &CancellationToken,
    on_batch: impl Fn(u64),
) -> Result<Outcome, StoreError> {
    let mut cursor = Some(ExpiryCursor::default());
    let mut expired = 0;
    // What it had not done yet when it is cut off is found by the next run.
    while let Some(here) = cursor {
        let Some(batch) = until_cut_off(stop, store.expire_batch(here)).await else {
            return Ok(Outcome { expired, complete: false });
        };
        let batch = batch?;
        expired += batch.expired;
        on_batch(batch.expired);
        cursor = batch.next;
    }
    while let Some(forgotten) = until_cut_off(stop, store.forget_point_uses(FORGOTTEN_AT_ONCE)).await {
        if forgotten? < u64::from(FORGOTTEN_AT_ONCE) {
            break;
        }
    }
    while let Some(forgotten) = until_cut_off(stop, store.forget_mismatches(FORGOTTEN_AT_ONCE)).await {
        if forgotten? < u64::from(FORGOTTEN_AT_ONCE) {
            break;
        }
    }
    Ok(Outcome { expired, complete: true })
}

/// What a piece of work comes to; nothing once the job is to stop and that which is under way takes too long.
async fn until_cut_off<T>(stop: &CancellationToken, work: impl Future<Output = T>) -> Option<T> {
    if stop.is_cancelled() {
        return None;
    }
    let cut_off = async {
        stop.cancelled().await;
        tokio::time::sleep(STOP_LIMIT).await;
    };
    tokio::select! {
        done = work => Some(done),
        () = cut_off => None,
    }
}

/// Runs once and prints what it did.
pub async fn run_once(store: &Store, stop: &CancellationToken) -> anyhow::Result<()> {
    let Outcome { expired, complete } = run(store, stop, |_| {}).await?;
    let rest = if complete { "" } else { "; stopped before the end, the next run goes on" };
    writeln!(io::stdout(), "{expired} cards expired{rest}")?;
    Ok(())
}

/// Runs at once and then again every `interval`, until `stop` is cancelled; a failed run is logged and tried again.
pub async fn run_every(store: &Store, interval: Duration, metrics: &ExpiryMetrics, stop: &CancellationToken) {
    while !stop.is_cancelled() {
        let pause = match run(store, stop, |expired| metrics.expired_cards(expired)).await {
            Ok(Outcome { expired, complete }) => {
                metrics.succeeded();
                info!(expired, complete, "overdue cards were expired");
                interval
            }
            Err(cause) => {
                metrics.failed();
                error!(error = %cause, "overdue cards could not be expired");
                interval.min(RETRY)
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stop.cancelled() => {}
        }
    }
}

/// Handles scheduled events as the Lambda function of that name: each runs the job until it is done or the
/// invocation's time is nearly up, and tells how long answers are signed, since it runs when nobody asks anything as well.
pub async fn run_on_lambda(store: Store, signer: &Signer, function: &str) -> anyhow::Result<()> {
    // The event says only that it is time, so that any event will do, a hand-written `{}` too.
    let handler = service_fn(async |event: LambdaEvent<IgnoredAny>| {
        let time_left = event.context.deadline().duration_since(SystemTime::now()).unwrap_or_default();
        let stop = CancellationToken::new();
        let job = run(&store, &stop, |_| {});
        let watch = async {
            tokio::time::sleep(time_left.saturating_sub(LAMBDA_RESERVE)).await;
            stop.cancel();
            std::future::pending().await
        };
        let outcome = tokio::select! {
            outcome = job => outcome?,
            outcome = watch => outcome,
        };
        signer.refresh().await;
        let now = store.known_time().timestamp();
        let end = signer.keys().all_signed_until(now);
        emf::write_expiry(function, outcome.expired, end.map(|end| end - now));
        info!(expired = outcome.expired, complete = outcome.complete, "overdue cards were expired");
        Ok::<_, lambda_runtime::Error>(outcome)
    });
    lambda_runtime::run(handler).await.map_err(anyhow::Error::from_boxed)
}
