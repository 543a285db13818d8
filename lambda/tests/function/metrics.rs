//! Metrics, held against what was called: Prometheus's text by itself, embedded metrics under Lambda.

#![expect(clippy::float_cmp, reason = "what is compared are counts, which are whole")]

use std::collections::{BTreeMap, HashSet};

use hyper::StatusCode;
use kami_store::EXPIRY_BATCH;
use kami_testkit::{Client, Function, Program, Proxy, TestDatabase, eventually};
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::load::insert_cards;
use crate::runtime::{Runtime, url_event};
use crate::{API, EXPIRE};

/// The samples of Prometheus's text format, by name and labels as they are written.
pub(crate) async fn samples(address: &str) -> BTreeMap<String, f64> {
    let (headers, text) = Client::connect(address).await.text("/metrics").await;
    assert_eq!(headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    assert_eq!(headers["cache-control"], "no-store");
    let mut typed = HashSet::new();
    let mut samples = BTreeMap::new();
    for line in text.lines() {
        if let Some(described) = line.strip_prefix("# TYPE ") {
            typed.insert(described.split(' ').next().unwrap());
        } else if !line.starts_with('#') {
            let (series, value) = line.rsplit_once(' ').unwrap();
            let name = series.split('{').next().unwrap();
            let family = ["_bucket", "_sum", "_count"].iter().find_map(|suffix| name.strip_suffix(suffix));
            assert!(name.starts_with("kami_"), "{line}");
            assert!(typed.contains(name) || family.is_some_and(|family| typed.contains(family)), "{line}");
            assert!(
                samples.insert(series.to_owned(), value.parse().unwrap()).is_none(),
                "{line} is there twice"
            );
        }
    }
    samples
}

/// The samples once so many requests are counted, which is known of each only after its answer has left.
async fn samples_of(requests: f64, address: &str) -> BTreeMap<String, f64> {
    eventually(&format!("{requests} requests are counted"), async || {
        let samples = samples(address).await;
        let counts = samples.iter().filter(|(series, _)| series.starts_with("kami_requests_total"));
        let counted: f64 = counts.map(|(_, count)| count).sum();
        Some(samples).filter(|_| counted >= requests)
    })
    .await
}

/// A function that serves metrics, and where.
pub(crate) async fn start_with_metrics(database_url: &str) -> (Function, String) {
    let variables = [("DATABASE_URL", database_url), ("KAMI_METRICS", "127.0.0.1:0")];
    let function = Function::start_with(API, &variables).await;
    let address = function.program.printed_after("serving metrics on http://").await;
    (function, address.strip_suffix("/metrics").unwrap().to_owned())
}

/// How many requests were counted, by route and outcome.
fn requests(samples: &BTreeMap<String, f64>) -> BTreeMap<&str, f64> {
    let counted = samples.iter().filter(|(_, count)| **count > 0.0);
    counted
        .filter_map(|(series, count)| Some((series.strip_prefix("kami_requests_total")?, *count)))
        .collect()
}

/// Asks each route for what ends well and for what does not: 27 requests.
async fn call_each_route(database: &TestDatabase, client: &mut Client) {
    for machine in ["PC-1", "PC-1", "PC-2"] {
        client.validate("VIP-ONE", machine).await;
    }
    client.validate("VIP-TWO", "PC-1").await;
    client.send("POST", "/api/validate", &[], "nonsense").await;
    for fields in [json!({"version": "1.0"}), json!({"app": "My App"})] {
        let mut body = json!({"code": "VIP-ONE", "machine_code": "PC-1"});
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        client.send("POST", "/api/validate", &[], &body.to_string()).await;
    }
    client.get("/api/validate").await;
    database.execute("UPDATE cards SET points = 1").await;
    for request_id in ["a", "b"] {
        client.consume("VIP-ONE", "PC-1", 1, request_id).await;
    }
    client.recharge("VIP-ONE", "VIP-ONE").await;
    client.recharge("VIP-ONE", "VIP-TWO").await;
    client.release("VIP-ONE", "PC-1").await;
    client.release("VIP-TWO", "PC-1").await;
    client.trial("default", "PC-1").await;
    database.execute("UPDATE apps SET policy = 'trial=60'").await;
    client.trial("default", "PC-1").await;
    client.unbind("VIP-ONE", "PC-1").await;
    client.unbind("VIP-TWO", "PC-1").await;
    database.execute("UPDATE cards SET policy = 'lease=600'").await;
    client.validate("VIP-ONE", "PC-3").await;
    client.get("/api/apps/default").await;
    client.get("/api/apps/none").await;
    client.get("/api/status/VIP-ONE").await;
    client.get("/health").await;
    client.get("/api/health").await;
    for path in ["/VIP-ONE", "/api/status/VIP-ONE/more", "/metrics"] {
        assert_eq!(client.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn what_was_called_is_what_prometheus_reads() {
    let database = TestDatabase::create().await;
    database.insert_card("VIP", "ONE").await;
    database.execute("UPDATE apps SET minimum = '2.0'").await;
    let proxy = Proxy::start(database.port()).await;
    let (function, metrics) = start_with_metrics(&database.url_through(proxy.port())).await;
    let before = samples(&metrics).await;
    assert_eq!(before["kami_build_info{version=\"0.1.0\"}"], 1.0);
    assert_eq!((before["kami_database_round_trips_total"], before["kami_database_connections"]), (0.0, 0.0));

    let mut client = function.client().await;
    call_each_route(&database, &mut client).await;
    let after = samples_of(27.0, &metrics).await;
    assert_eq!(
        requests(&after),
        BTreeMap::from([
            ("{route=\"validate\",outcome=\"valid\"}", 2.0),
            ("{route=\"validate\",outcome=\"machine_mismatch\"}", 1.0),
            ("{route=\"validate\",outcome=\"card_not_found\"}", 1.0),
            ("{route=\"validate\",outcome=\"invalid_json\"}", 1.0),
            ("{route=\"validate\",outcome=\"version_too_old\"}", 1.0),
            ("{route=\"validate\",outcome=\"invalid_fields\"}", 1.0),
            ("{route=\"validate\",outcome=\"method_not_allowed\"}", 1.0),
            ("{route=\"validate\",outcome=\"seats_full\"}", 1.0),
            ("{route=\"consume\",outcome=\"valid\"}", 1.0),
            ("{route=\"consume\",outcome=\"points_exhausted\"}", 1.0),
            ("{route=\"recharge\",outcome=\"same_card\"}", 1.0),
            ("{route=\"recharge\",outcome=\"card_not_found\"}", 1.0),
            ("{route=\"release\",outcome=\"valid\"}", 1.0),
            ("{route=\"release\",outcome=\"card_not_found\"}", 1.0),
            ("{route=\"trial\",outcome=\"valid\"}", 1.0),
            ("{route=\"trial\",outcome=\"trial_not_offered\"}", 1.0),
            ("{route=\"unbind\",outcome=\"unbind_not_allowed\"}", 1.0),
            ("{route=\"unbind\",outcome=\"card_not_found\"}", 1.0),
            ("{route=\"app\",outcome=\"valid\"}", 1.0),
            ("{route=\"app\",outcome=\"app_not_found\"}", 1.0),
            ("{route=\"status\",outcome=\"valid\"}", 1.0),
            ("{route=\"health\",outcome=\"valid\"}", 2.0),
            ("{route=\"other\",outcome=\"not_found\"}", 3.0),
        ])
    );
    check_durations(&after);
    // Six validations, an activation, two uses of points at two each, two top-ups that come to nothing, two releases, two
    // trials at two each, two unbindings of which one was decided, a status, health, the apps and the session; eight
    // statements were prepared besides.
    // An answer of health is kept for a second: on a slow machine the second check asks as well.
    let prepared = 8.0;
    assert!([26.0, 27.0].contains(&after["kami_database_round_trips_total"]));
    assert_eq!(
        after["kami_database_round_trips_total"] + prepared,
        f64::from(u32::try_from(proxy.commands()).unwrap())
    );
    assert_eq!((after["kami_database_connections"], after["kami_mismatches_lost_total"]), (1.0, 0.0));
    assert_eq!(
        (after["kami_database_pool_waits_total"], after["kami_database_pool_wait_seconds_total"]),
        (0.0, 0.0)
    );
    assert_eq!(
        before.keys().collect::<Vec<_>>(),
        after.keys().collect::<Vec<_>>(),
        "no client makes a series"
    );
}

/// That the duration of each request of [`what_was_called_is_what_prometheus_reads`] was taken.
fn check_durations(after: &BTreeMap<String, f64>) {
    for (route, count) in [
        ("validate", 9.0),
        ("consume", 2.0),
        ("recharge", 2.0),
        ("release", 2.0),
        ("trial", 2.0),
        ("unbind", 2.0),
        ("status", 1.0),
        ("app", 2.0),
        ("health", 2.0),
        ("other", 3.0),
    ] {
        assert_eq!(
            after[&format!("kami_request_duration_seconds_count{{route=\"{route}\"}}")],
            count,
            "{route}"
        );
        let all = format!("kami_request_duration_seconds_bucket{{route=\"{route}\",le=\"+Inf\"}}");
        assert_eq!(after[&all], count, "{route}");
        assert!(after[&format!("kami_request_duration_seconds_sum{{route=\"{route}\"}}")] > 0.0, "{route}");
    }
}

/// Cards that PC-1 uses, others to top them up with, trials for all, and PC-0 that is kept out.
async fn insert_cards_for_customers(database: &TestDatabase) {
    let in_use = "status = 'ACTIVE', machine_code = 'PC-1', used_at = '2026-01-01', expire_at = '2090-01-01'";
    let hour = "duration_seconds = 3600, batch_id = 1";
    for (code, values) in [
        ("ONE", in_use.to_owned()),
        ("MOVED", format!("{in_use}, policy = 'unbind=machine unbind-cooldown=600'")),
        ("POOR", format!("{in_use}, points = 4, policy = 'unbind=machine unbind-cost=5p'")),
        ("FULL", format!("{in_use}, points = 1000000000")),
        ("NEW", hour.to_owned()),
        ("POINT", "duration_seconds = NULL, points = 1, batch_id = 1".to_owned()),
        ("NOTHING", "duration_seconds = NULL, batch_id = 1".to_owned()),
        ("SOLD", "duration_seconds = 3600".to_owned()),
    ] {
        database.insert_card("VIP", code).await;
        database.execute(&format!("UPDATE cards SET {values} WHERE code = '{code}'")).await;
    }
    database
        .execute(
            "INSERT INTO batches (id, card_count, operator, created_at, recharge) VALUES (1, 9, 'x', UTC_TIMESTAMP(), 1);
             UPDATE apps SET policy = 'trial=60';
             INSERT INTO blocks (app, kind, target, created_at) VALUES ('', 'MACHINE', 'PC-0', UTC_TIMESTAMP());
             UPDATE policy_revision SET revision = revision + 1, blocks = blocks + 1",
        )
        .await;
}

#[tokio::test]
async fn each_refusal_of_what_customers_do_by_themselves_is_counted_by_its_reason() {
    let database = TestDatabase::create().await;
    insert_cards_for_customers(&database).await;
    let (function, metrics) = start_with_metrics(&database.url()).await;
    let mut client = function.client().await;
    client.validate("VIP-ONE", "PC-0").await;
    client.consume("VIP-ONE", "PC-0", 1, "a").await;
    client.unbind("VIP-ONE", "PC-0").await;
    client.trial("default", "PC-0").await;
    client.trial("default", "PC-2").await;
    database.execute("UPDATE cards SET status = 'EXPIRED' WHERE machine_code = 'PC-2'").await;
    client.trial("default", "PC-2").await;
    client.unbind("VIP-POOR", "PC-1").await;
    client.unbind("VIP-MOVED", "PC-1").await;
    client.validate("VIP-MOVED", "PC-1").await;
    client.validate("VIP-MOVED", "PC-3").await;
    client.unbind("VIP-MOVED", "PC-3").await;
    for (code, with) in [
        ("ONE", "FULL"),
        ("ONE", "SOLD"),
        ("ONE", "NOTHING"),
        ("FULL", "POINT"),
        ("NEW", "POINT"),
        ("ONE", "NEW"),
    ] {
        client.recharge(&format!("VIP-{code}"), &format!("VIP-{with}")).await;
    }
    assert_eq!(
        requests(&samples_of(17.0, &metrics).await),
        BTreeMap::from([
            ("{route=\"validate\",outcome=\"blocked\"}", 1.0),
            ("{route=\"validate\",outcome=\"unbind_cooling_down\"}", 1.0),
            ("{route=\"validate\",outcome=\"valid\"}", 1.0),
            ("{route=\"consume\",outcome=\"blocked\"}", 1.0),
            ("{route=\"unbind\",outcome=\"blocked\"}", 1.0),
            ("{route=\"unbind\",outcome=\"unbind_too_expensive\"}", 1.0),
            ("{route=\"unbind\",outcome=\"valid\"}", 1.0),
            ("{route=\"unbind\",outcome=\"unbind_cooling_down\"}", 1.0),
            ("{route=\"trial\",outcome=\"blocked\"}", 1.0),
            ("{route=\"trial\",outcome=\"valid\"}", 1.0),
            ("{route=\"trial\",outcome=\"trial_over\"}", 1.0),
            ("{route=\"recharge\",outcome=\"recharge_used\"}", 1.0),
            ("{route=\"recharge\",outcome=\"recharge_not_allowed\"}", 1.0),
            ("{route=\"recharge\",outcome=\"recharge_pointless\"}", 1.0),
            ("{route=\"recharge\",outcome=\"recharge_too_much\"}", 1.0),
            ("{route=\"recharge\",outcome=\"card_unused\"}", 1.0),
            ("{route=\"recharge\",outcome=\"valid\"}", 1.0),
        ])
    );
}

#[tokio::test]
async fn an_outage_and_open_connections_are_seen() {
    let database = TestDatabase::create().await;
    let proxy = Proxy::start(database.port()).await;
    let url = format!("{}&pool=1", database.url_through(proxy.port()));
    let (function, metrics) = start_with_metrics(&url).await;
    let mut client = function.client().await;
    assert_eq!(client.validate("VIP-ONE", "PC-1").await.status, StatusCode::NOT_FOUND);
    let mut other = function.client().await;
    let idle = TcpStream::connect(function.address()).await.unwrap();
    eventually("three connections are counted", async || {
        (samples(&metrics).await["kami_http_connections"] == 3.0).then_some(())
    })
    .await;
    drop(idle);
    eventually("and two once one is closed", async || {
        (samples(&metrics).await["kami_http_connections"] == 2.0).then_some(())
    })
    .await;

    proxy.stall(true);
    let (health, validate) = tokio::join!(client.get("/health"), other.validate("VIP-ONE", "PC-1"));
    assert_eq!(health.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(validate.status, StatusCode::SERVICE_UNAVAILABLE);
    let samples = samples_of(3.0, &metrics).await;
    for route in ["health", "validate"] {
        let series = format!("kami_requests_total{{route=\"{route}\",outcome=\"unavailable\"}}");
        assert_eq!(samples[&series], 1.0, "{route}");
    }
    assert!(samples["kami_database_pool_waits_total"] >= 1.0, "the two had one connection");
    assert!(samples["kami_database_pool_wait_seconds_total"] > 0.0);
}

#[tokio::test]
async fn metrics_are_served_nowhere_unless_they_are_asked_for() {
    let database = TestDatabase::create().await;
    let function = Function::start(API, &database.url()).await;
    assert_eq!(function.client().await.get("/metrics").await.status, StatusCode::NOT_FOUND);
    assert!(!function.program.output().contains("metrics"), "{}", function.program.output());

    let taken = [("DATABASE_URL", database.url()), ("KAMI_METRICS", function.address().to_owned())];
    let taken: Vec<_> = taken.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut second = Program::start(API, &[], &taken);
    assert_eq!(second.ended().await.code(), Some(1));
    second.printed("choose another address with KAMI_METRICS").await;
}

#[tokio::test]
async fn the_expiry_job_counts_its_runs() {
    let database = TestDatabase::create().await;
    database.insert_card("OLD", "ONE").await;
    database
        .execute("UPDATE cards SET status = 'ACTIVE', machine_code = 'PC', expire_at = '2020-01-01'")
        .await;
    let url = database.url();
    let variables = [("DATABASE_URL", url.as_str()), ("KAMI_METRICS", "127.0.0.1:0")];
    let program = Program::start(EXPIRE, &["--every", "1h"], &variables);
    program.printed("expired=1").await;
    let address = program.printed_after("serving metrics on http://").await;
    let counted = samples(address.strip_suffix("/metrics").unwrap()).await;
    assert_eq!(counted["kami_expired_cards_total"], 1.0);
    assert_eq!(counted["kami_expiry_runs_total{outcome=\"success\"}"], 1.0);
    assert_eq!(counted["kami_expiry_runs_total{outcome=\"failure\"}"], 0.0);
    assert!(counted["kami_expiry_last_success_timestamp_seconds"] > 1.7e9);
    assert!(counted["kami_database_round_trips_total"] >= 3.0);
}

#[tokio::test]
async fn what_a_run_expired_before_it_failed_is_counted() {
    let database = TestDatabase::create().await;
    insert_cards(&database, EXPIRY_BATCH + 1).await;
    // The last in the order of the batches is one that cannot be expired.
    database
        .execute(&format!(
            "UPDATE cards SET status = 'ACTIVE', machine_code = 'PC',
                expire_at = IF(code = '{EXPIRY_BATCH}', '2021-01-01', '2020-01-01');
             ALTER TABLE cards ADD CONSTRAINT stays CHECK (code <> '{EXPIRY_BATCH}' OR status <> 'EXPIRED')"
        ))
        .await;
    let url = database.url();
    let variables = [("DATABASE_URL", url.as_str()), ("KAMI_METRICS", "127.0.0.1:0")];
    let program = Program::start(EXPIRE, &["--every", "1h"], &variables);
    program.printed("overdue cards could not be expired").await;
    let address = program.printed_after("serving metrics on http://").await;
    let counted = samples(address.strip_suffix("/metrics").unwrap()).await;
    assert_eq!(counted["kami_expired_cards_total"], f64::from(u32::try_from(EXPIRY_BATCH).unwrap()));
    assert_eq!(counted["kami_expiry_runs_total{outcome=\"success\"}"], 0.0);
    assert!(counted["kami_expiry_runs_total{outcome=\"failure\"}"] >= 1.0);
}

/// The embedded metrics among the lines of a program, each checked against the format's rules.
fn embedded(program: &Program) -> Vec<Value> {
    let output = program.output();
    let documents = output.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let embedded: Vec<_> = documents.filter(|document| document.get("_aws").is_some()).collect();
    for document in &embedded {
        let metadata = &document["_aws"];
        assert!(metadata["Timestamp"].as_u64().unwrap() > 1_700_000_000_000, "in milliseconds: {document}");
        for directive in metadata["CloudWatchMetrics"].as_array().unwrap() {
            assert_eq!(directive["Namespace"], "kami");
            for set in directive["Dimensions"].as_array().unwrap() {
                let names = set.as_array().unwrap();
                assert!((1..=30).contains(&names.len()), "{document}");
                for name in names {
                    let value = document[name.as_str().unwrap()].as_str().unwrap();
                    assert!((1..=1024).contains(&value.len()), "{document}");
                }
            }
            let metrics = directive["Metrics"].as_array().unwrap();
            assert!((1..=100).contains(&metrics.len()), "{document}");
            for metric in metrics {
                assert!(document[metric["Name"].as_str().unwrap()].is_number(), "{document}");
                assert!(["Count", "Milliseconds"].contains(&metric["Unit"].as_str().unwrap()), "{document}");
            }
        }
    }
    embedded
}

#[tokio::test]
async fn each_request_on_lambda_is_one_line_of_embedded_metrics() {
    let database = TestDatabase::create().await;
    database.insert_card("VIP", "ONE").await;
    let proxy = Proxy::start(database.port()).await;
    let (runtime, program) =
        Runtime::start(API, &[("DATABASE_URL", &database.url_through(proxy.port()))]).await;
    let request = r#"{"code":"VIP-ONE","machine_code":"PC-1"}"#;
    let other = request.replace("PC-1", "PC-2");
    for (method, path, body) in [
        ("POST", "/api/validate", request),
        ("POST", "/api/validate", request),
        ("POST", "/api/validate", other.as_str()),
        ("GET", "/api/status/VIP-ONE", ""),
        ("GET", "/api/apps/default", ""),
        ("GET", "/api/apps/none", ""),
        ("GET", "/VIP-ONE", ""),
    ] {
        runtime.invoke(url_event(method, path, "", body)).await;
    }
    assert_eq!(proxy.connections(), 1, "an instance has one request at a time, and one connection");
    proxy.stall(true);
    runtime.invoke(url_event("GET", "/health", "", "")).await;

    let lines =
        eventually("eight lines", async || Some(embedded(&program)).filter(|lines| lines.len() >= 8)).await;
    let told: Vec<_> = lines
        .iter()
        .map(|line| {
            json!([
                line["function"],
                line["route"],
                line["outcome"],
                line["unavailable"],
                line["round_trips"]
            ])
        })
        .collect();
    assert_eq!(
        told,
        [
            json!(["kami", "validate", "valid", 0, 3]),
            json!(["kami", "validate", "valid", 0, 1]),
            // It is counted for the card, once a minute before the answer.
            json!(["kami", "validate", "machine_mismatch", 0, 2]),
            json!(["kami", "status", "valid", 0, 1]),
            json!(["kami", "app", "valid", 0, 1]),
            json!(["kami", "app", "app_not_found", 0, 0]),
            json!(["kami", "other", "not_found", 0, 0]),
            // A new connection is tried when the old one stays silent, and gets no further than its handshake.
            json!(["kami", "health", "unavailable", 1, 1]),
        ]
    );
    let mut ids = HashSet::new();
    for line in &lines {
        let directive = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(directive["Dimensions"], json!([["function"], ["function", "route", "outcome"]]));
        assert!(line["latency"].as_f64().unwrap() > 0.0);
        assert_eq!((&line["requests"], &line["pool_waits"]), (&json!(1), &json!(0)));
        ids.insert(line["request_id"].as_str().unwrap());
    }
    assert_eq!(ids.len(), lines.len(), "each request is found by its id");
    for secret in ["VIP-ONE", "PC-1"] {
        assert!(!program.output().contains(secret), "{}", program.output());
    }
}

#[tokio::test]
async fn only_a_run_of_the_expiry_job_that_succeeded_is_told() {
    let database = TestDatabase::create().await;
    database.insert_card("OLD", "ONE").await;
    database
        .execute("UPDATE cards SET status = 'ACTIVE', machine_code = 'PC', expire_at = '2020-01-01'")
        .await;
    let (runtime, program) = Runtime::start(EXPIRE, &[("DATABASE_URL", &database.url())]).await;
    runtime.invoke(json!({})).await;
    runtime.invoke(json!({})).await;
    database.execute("RENAME TABLE cards TO elsewhere").await;
    runtime.fail(json!({})).await;
    database.execute("RENAME TABLE elsewhere TO cards").await;
    runtime.invoke(json!({})).await;
    let lines =
        eventually("three lines", async || Some(embedded(&program)).filter(|lines| lines.len() >= 3)).await;
    let told: Vec<_> = lines.iter().map(|line| json!([line["function"], line["expired_cards"]])).collect();
    assert_eq!(told, [json!(["kami", 1]), json!(["kami", 0]), json!(["kami", 0])]);
    assert!(
        lines.iter().all(|line| line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == json!([["function"]]))
    );
}
