//! The function that client apps call: under AWS Lambda when its runtime API is there, by itself otherwise.

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser as _;
use tracing::info;

use crate::api::{Api, Observer, router, share};
use crate::metrics::emf::RequestLines;
use crate::signing::{KeyFile, WatchedFile};
use crate::{
    ApiArguments, ApiSettings, Brake, Connections, bounds_for_files, gateway, listen, manager, prometheus,
    serve, startup, stop_on_request,
};

/// Runs `kami-api` to its end; returns the code to exit with.
pub fn kami_api() -> ExitCode {
    let ApiArguments { health } = ApiArguments::parse();
    if health { startup::check_health() } else { startup::run(ApiSettings::from_env(), run) }
}

async fn run(settings: ApiSettings) -> anyhow::Result<()> {
    let ApiSettings {
        common: settings,
        listen: address,
        zone,
        trusted_proxies,
        bounds,
        origins,
        signing_keys,
    } = settings;
    let is_on_lambda = settings.lambda_function.is_some();
    let (store, signer) = settings.database.store().await;
    let store = store.stopped_between_requests(is_on_lambda);
    let brake = Arc::new(Brake::new(trusted_proxies.clone()));
    let signing_keys = signing_keys.map(KeyFile::open).transpose()?;
    let signer = signing_keys.as_ref().map_or(signer, WatchedFile::signer);
    let api = Api {
        store: store.clone(),
        zone,
        brake: Arc::clone(&brake),
        apps: Arc::default(),
        signer: Arc::clone(&signer),
    };
    let mut observer = Observer::default();
    if let Some(function) = settings.lambda_function {
        observer.lines = Some(Arc::new(RequestLines::new(&function, store)));
        return gateway::run(router(api, observer)).await;
    }
    let api = router(api, observer.clone());
    // On Lambda the function's address does that, by the rules of its own.
    let api = match origins {
        Some(origins) => share(api, origins),
        None => api,
    };
    let connections = Connections::new(bounds_for_files(bounds, store.max_connections()), trusted_proxies);
    let stop = stop_on_request();
    let watching = signing_keys.map(|file| tokio::spawn(file.watch(store.clone())));
    let requests = Arc::clone(&observer.metrics);
    let metrics = prometheus::api(requests, connections.clone(), brake, signer, store.clone());
    let metrics = prometheus::start(settings.metrics, metrics, &stop).await?;
    let listener = listen(address, "KAMI_LISTEN").await?;
    info!("listening on http://{}", listener.local_addr()?);
    manager::tell(manager::State::Ready);
    // The metrics stop at the same time, so that the two limits on it do not add up.
    serve(listener, api, &connections, stop.cancelled()).await;
    metrics.await?;
    watching.inspect(tokio::task::JoinHandle::abort);
    store.close().await;
    info!("stopped");
    Ok(())
}
