//! The job that expires cards: on a schedule under AWS Lambda, once or at an interval by itself.

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser as _;

use crate::metrics::ExpiryMetrics;
use crate::{ExpiryArguments, Settings, expire, manager, prometheus, startup, stop_on_request};

/// Runs `kami-expire` to its end; returns the code to exit with.
pub fn kami_expire() -> ExitCode {
    let arguments = ExpiryArguments::parse();
    startup::run(Settings::from_env(), async |settings| run(settings, arguments).await)
}

async fn run(settings: Settings, arguments: ExpiryArguments) -> anyhow::Result<()> {
    let (store, signer) = settings.database.store().await;
    if let Some(function) = settings.lambda_function {
        return expire::run_on_lambda(store, &signer, &function).await;
    }
    let stop = stop_on_request();
    match arguments.every {
        Some(interval) => {
            let metrics = Arc::<ExpiryMetrics>::default();
            let served = prometheus::expiry(Arc::clone(&metrics), store.clone());
            let served = prometheus::start(settings.metrics, served, &stop).await?;
            manager::tell(manager::State::Ready);
            expire::run_every(&store, interval, &metrics, &stop).await;
            served.await?;
        }
        None => expire::run_once(&store, &stop).await?,
    }
    store.close().await;
    Ok(())
}
