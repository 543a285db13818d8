//! The function that client apps call: under AWS Lambda when its runtime API is there, by itself otherwise.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser;
use kami_lambda::api::{Api, router};
use kami_lambda::{Settings, serve, shutdown_requested, startup};
use kami_shared::store::Store;
use tokio::net::TcpListener;
use tracing::info;

/// Serves the HTTP API of kami: validate, status and health.
#[derive(Debug, Parser)]
#[command(version, after_help = Settings::HELP)]
struct Arguments {}

fn main() -> ExitCode {
    let Arguments {} = Arguments::parse();
    startup::run(run)
}

async fn run(settings: Settings) -> anyhow::Result<()> {
    let store = Store::new(&settings.database);
    let router = router(Api { store: store.clone(), zone: settings.zone });
    if settings.on_lambda {
        return lambda_http::run(router).await.map_err(anyhow::Error::from_boxed);
    }
    let listener = TcpListener::bind(settings.listen).await.with_context(|| {
        format!("cannot listen on {}: choose another address with KAMI_LISTEN", settings.listen)
    })?;
    info!("listening on http://{}", listener.local_addr()?);
    serve(listener, router, shutdown_requested()).await;
    store.close().await;
    info!("stopped");
    Ok(())
}
