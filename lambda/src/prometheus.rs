//! Metrics as the text that Prometheus reads, at `GET /metrics` on an address of its own.
//!
//! Only the text is prometheus-client's: its own histogram takes a lock for each value, and looking up a label set
//! takes another, where the collectors here read plain atomics, and only when they are asked.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use kami_store::Store;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::prometheus_text::{CONTENT_TYPE, encode};
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::{Registry, Unit};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::api::no_route;
use crate::brake::Brake;
use crate::metrics::{ExpiryMetrics, Outcome, RequestMetrics, Route};
use crate::proxies::TrustedProxies;
use crate::server::{Bounds, Connections, listen, serve};
use crate::signing::Signer;

/// How many may ask for metrics at once.
const MAX_CONNECTIONS: usize = 16;

/// The metrics of the API.
pub fn api(
    requests: Arc<RequestMetrics>,
    connections: Connections,
    brake: Arc<Brake>,
    signer: Arc<Signer>,
    store: Store,
) -> Router {
    router(vec![
        Box::new(Api { requests, connections }),
        Box::new(Guesses(brake)),
        Box::new(Proofs(signer, store.clone())),
        Box::new(Database(store)),
    ])
}

/// The metrics of the expiry job.
pub fn expiry(metrics: Arc<ExpiryMetrics>, store: Store) -> Router {
    router(vec![Box::new(Expiry(metrics)), Box::new(Database(store))])
}

/// Serves metrics on an address, if there is one, until `stop` is cancelled; the task ends when that is done.
pub async fn start(
    address: Option<SocketAddr>,
    metrics: Router,
    stop: &CancellationToken,
) -> anyhow::Result<JoinHandle<()>> {
    let Some(address) = address else { return Ok(tokio::spawn(async {})) };
    let listener = listen(address, "KAMI_METRICS").await?;
    info!("serving metrics on http://{}/metrics", listener.local_addr()?);
    let stopped = stop.clone().cancelled_owned();
    let connections = Connections::new(Bounds::of(MAX_CONNECTIONS), TrustedProxies::default());
    Ok(tokio::spawn(async move { serve(listener, metrics, &connections, stopped).await }))
}

fn router(collectors: Vec<Box<dyn Collector>>) -> Router {
    let mut registry = Registry::with_prefix("kami");
    registry.register_collector(Box::new(Build));
    for collector in collectors {
        registry.register_collector(collector);
    }
    let registry = Arc::new(registry);
    Router::new().route("/metrics", get(async move || answer(&registry))).fallback(no_route)
}

fn answer(registry: &Registry) -> Response {
    let mut text = String::new();
    match encode(&mut text, registry) {
        Ok(()) => ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response(),
        Err(fmt::Error) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Which version runs.
#[derive(Debug)]
struct Build;

impl Collector for Build {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let help = "The version of kami that runs, always 1";
        let mut build = encoder.encode_descriptor("build_info", help, None, MetricType::Gauge)?;
        build.encode_family(&[("version", env!("CARGO_PKG_VERSION"))])?.encode_gauge(&1)
    }
}

/// The requests and the connections that they come over.
#[derive(Debug)]
struct Api {
    requests: Arc<RequestMetrics>,
    connections: Connections,
}

impl Collector for Api {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let help = "Requests by route and outcome";
        let mut requests = encoder.encode_descriptor("requests", help, None, MetricType::Counter)?;
        for route in Route::ALL {
            for outcome in Outcome::all() {
                let labels = [("route", route.as_str()), ("outcome", outcome.as_str())];
                counter(&mut requests.encode_family(&labels)?, self.requests.count(route, outcome))?;
            }
        }
        let help = "How long requests took to be answered, or to be given up by their clients";
        let mut durations = encoder.encode_descriptor(
            "request_duration",
            help,
            Some(&Unit::Seconds),
            MetricType::Histogram,
        )?;
        for route in Route::ALL {
            let found = self.requests.durations(route);
            durations.encode_family(&[("route", route.as_str())])?.encode_histogram::<NoLabelSet>(
                found.sum,
                found.count,
                &found.buckets,
                None,
            )?;
        }
        let help = "Connections of clients that are open";
        encoder
            .encode_descriptor("http_connections", help, None, MetricType::Gauge)?
            .encode_gauge(&gauge(self.connections.count() as u64))?;
        let help =
            "Connections that were refused, or closed to make room or because their client did not read";
        let mut turned_away =
            encoder.encode_descriptor("http_connections_turned_away", help, None, MetricType::Counter)?;
        for (reason, count) in self.connections.turned_away() {
            counter(&mut turned_away.encode_family(&[("reason", reason)])?, count)?;
        }
        Ok(())
    }
}

/// The brake on guessing; the requests that it refused are those of outcome `too_many_misses`.
#[derive(Debug)]
struct Guesses(Arc<Brake>);

impl Collector for Guesses {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let help = "Neighbourhoods (IPv4 addresses and IPv6 networks of 64 bits) that missed too often";
        encoder
            .encode_descriptor("braked_neighbourhoods", help, None, MetricType::Gauge)?
            .encode_gauge(&gauge(self.0.braked() as u64))
    }
}

/// The answers that clients wanted signed, and until when they are.
#[derive(Debug)]
struct Proofs(Arc<Signer>, Store);

impl Collector for Proofs {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let help = "Answers that were to be signed: signed, or unsigned as no key may sign for their app";
        let mut proofs = encoder.encode_descriptor("proofs", help, None, MetricType::Counter)?;
        counter(&mut proofs.encode_family(&[("outcome", "signed")])?, self.0.signed())?;
        counter(&mut proofs.encode_family(&[("outcome", "unsigned")])?, self.0.unsigned())?;
        let Some(end) = self.0.keys().all_signed_until(self.1.known_time().timestamp()) else {
            return Ok(());
        };
        let help = "When answers of some app are signed no more, in seconds since 1970; absent without a signing key";
        encoder
            .encode_descriptor("signing_end_timestamp", help, Some(&Unit::Seconds), MetricType::Gauge)?
            .encode_gauge(&end)
    }
}

/// What the store counts.
#[derive(Debug)]
struct Database(Store);

impl Collector for Database {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let counted = self.0.counters();
        let help = "Round trips to the database: statements, and sessions of new connections";
        let mut trips = encoder.encode_descriptor("database_round_trips", help, None, MetricType::Counter)?;
        counter(&mut trips, counted.round_trips)?;
        let help = "Waits for a connection to the database, or for a turn to write";
        let mut waits = encoder.encode_descriptor("database_pool_waits", help, None, MetricType::Counter)?;
        counter(&mut waits, counted.pool_waits)?;
        let help = "How long those waits took";
        encoder
            .encode_descriptor("database_pool_wait", help, Some(&Unit::Seconds), MetricType::Counter)?
            .encode_counter::<NoLabelSet, _, f64>(&counted.pool_wait_time.as_secs_f64(), None)?;
        let help = "Requests of machines whose card others have that are not counted with it";
        let mut lost = encoder.encode_descriptor("mismatches_lost", help, None, MetricType::Counter)?;
        counter(&mut lost, counted.mismatches_lost)?;
        let help = "Requests by the key of a device that is on two machines";
        let mut copied = encoder.encode_descriptor("copied_keys", help, None, MetricType::Counter)?;
        counter(&mut copied, counted.copied_keys)?;
        let help = "Connections to the database that are open";
        encoder
            .encode_descriptor("database_connections", help, None, MetricType::Gauge)?
            .encode_gauge(&gauge(counted.connections))
    }
}

/// The runs of the expiry job.
#[derive(Debug)]
struct Expiry(Arc<ExpiryMetrics>);

impl Collector for Expiry {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let help = "Cards that were marked as expired";
        let mut expired = encoder.encode_descriptor("expired_cards", help, None, MetricType::Counter)?;
        counter(&mut expired, self.0.expired())?;
        let (succeeded, failed) = self.0.runs();
        let help = "Runs of the expiry job by outcome";
        let mut runs = encoder.encode_descriptor("expiry_runs", help, None, MetricType::Counter)?;
        counter(&mut runs.encode_family(&[("outcome", "success")])?, succeeded)?;
        counter(&mut runs.encode_family(&[("outcome", "failure")])?, failed)?;
        let help = "When the last run succeeded, in seconds since 1970; 0 if none has";
        encoder
            .encode_descriptor(
                "expiry_last_success_timestamp",
                help,
                Some(&Unit::Seconds),
                MetricType::Gauge,
            )?
            .encode_gauge(&gauge(self.0.last_success()))
    }
}

fn counter(encoder: &mut MetricEncoder<'_>, value: u64) -> fmt::Result {
    encoder.encode_counter::<NoLabelSet, _, f64>(&value, None)
}

fn gauge(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
