//! Answers that are signed for whoever asks for it, and the keys that sign them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use hyper::StatusCode;
use kami_testkit::{Answer, Client, Function, KeyFile, NINETY_DAYS, TestDatabase, eventually, unique_name};
use kami_trust::base64url::decode;
use kami_trust::key::PublicKey;
use kami_trust::nonce::Nonce;
use kami_trust::online::HANDED_OVER;
use kami_trust::pem_file;
use kami_trust::proof::{Lease, MEMBER, Question, Trust};
use serde_json::{Map, Value, json};

use crate::metrics::samples;
use crate::runtime::{Runtime, url_event};
use crate::secrets_manager::{Content, SecretsManager};
use crate::{API, EXPIRE};

const NONCE: &str = "a-nonce-of-a-test_0";

/// A client that knows which keys to believe.
struct Believer {
    client: Client,
    root: PublicKey,
}

/// What a client sends.
struct Sent<'a> {
    route: &'a str,
    app: &'a str,
    code: Option<&'a str>,
    machine: Option<&'a str>,
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    since.as_secs().try_into().unwrap()
}

/// What a proof says, whoever signed it.
fn claims(answer: &Answer) -> Value {
    let proof = answer.body[MEMBER].as_str().unwrap_or_else(|| panic!("no proof: {answer:?}"));
    serde_json::from_slice(&decode(proof.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

/// The members of an answer but its proof.
fn bare(answer: &Answer) -> Map<String, Value> {
    let mut members = answer.body.as_object().unwrap().clone();
    members.remove(MEMBER);
    members
}

impl Believer {
    async fn of(function: &Function, keys: &KeyFile) -> Self {
        Self { client: function.client().await, root: keys.root() }
    }

    /// Posts a body with a nonce, and holds the answer against its proof.
    async fn post(&mut self, path: &str, mut body: Value) -> Answer {
        body["nonce"] = NONCE.into();
        let text = body.to_string();
        let answer = self.client.send("POST", path, &[], &text).await;
        let word = |name: &str| body[name].as_str().map(str::to_owned);
        let (app, code, machine) = (word("app"), word("code"), word("machine_code"));
        let sent = Sent {
            route: &format!("POST {path}"),
            app: app.as_deref().unwrap_or("default"),
            code: code.as_deref(),
            machine: machine.as_deref(),
        };
        self.assert_believed(&sent, Some(&text), &answer);
        answer
    }

    async fn get(&mut self, path: &str, sent: &Sent<'_>) -> Answer {
        let mark = if path.contains('?') { '&' } else { '?' };
        let target = format!("{path}{mark}nonce={NONCE}");
        let answer = self.client.get(&target).await;
        self.assert_believed(sent, target.split_once('?').map(|(_, query)| query), &answer);
        answer
    }

    fn assert_believed(&self, sent: &Sent<'_>, request: Option<&str>, answer: &Answer) {
        let nonce: Nonce = NONCE.parse().unwrap();
        let question = Question {
            device: None,
            route: sent.route.to_owned(),
            app: sent.app.to_owned(),
            code: sent.code.map(|code| nonce.digest(code)),
            machine: sent.machine.map(|machine| nonce.digest(machine)),
            request: request.map(|request| nonce.digest(request)),
            nonce,
        };
        let trust = Trust { roots: &[self.root], clock: now(), latest: 0 };
        let believed = trust.believed(&question, answer.status.as_u16(), &answer.body.to_string());
        assert_eq!(believed, Ok(bare(answer)), "{}", sent.route);
        let mut another = question.clone();
        another.nonce = "another-nonce-of-a-test".parse().unwrap();
        assert!(trust.believed(&another, answer.status.as_u16(), &answer.body.to_string()).is_err());
    }
}

async fn signing() -> (TestDatabase, KeyFile, Function) {
    let (database, keys) = (TestDatabase::create().await, KeyFile::create());
    let url = database.url();
    let variables = [("DATABASE_URL", url.as_str()), ("KAMI_SIGNING_KEY_FILE", keys.name())];
    let function = Function::start_with(API, &variables).await;
    (database, keys, function)
}

#[tokio::test]
async fn every_answer_is_proven_to_whoever_asks_for_it_and_to_nobody_else() {
    let (database, keys, function) = signing().await;
    for code in ["ONE", "TWO"] {
        database.insert_card("VIP", code).await;
    }
    let long = "长".repeat(100);
    database
        .execute(&format!(
            "INSERT INTO apps (name, title, notice, created_at) VALUES ('demo', '', '{long}', UTC_TIMESTAMP());
             UPDATE policy_revision SET revision = revision + 1"
        ))
        .await;
    let mut client = Believer::of(&function, &keys).await;
    let asked = |code: &str, machine: &str| json!({"code": code, "machine_code": machine});
    let admitted = client.post("/api/validate", asked("VIP-ONE", "PC-1")).await;
    assert_eq!(admitted.status, StatusCode::OK);
    assert_eq!(client.post("/api/validate", asked(" vip-one ", "PC-2")).await.reason(), "machine_mismatch");
    assert_eq!(client.post("/api/validate", asked("VIP-NONE", "PC-1")).await.reason(), "card_not_found");
    assert_eq!(client.post("/api/validate", json!({"code": 7})).await.reason(), "invalid_fields");
    assert_eq!(client.post("/api/validate", json!({"x": 1})).await.reason(), "missing_fields");
    let mut of_no_app = asked("VIP-ONE", "PC-1");
    of_no_app["app"] = "No App".into();
    assert_eq!(client.post("/api/validate", of_no_app).await.body["field"], "app");
    assert_eq!(
        client.post("/api/status", asked("VIP-ONE", "PC-1")).await.body["data"]["full_code"],
        "VIP-ONE"
    );
    assert_eq!(client.post("/api/release", asked("VIP-ONE", "PC-1")).await.body["released"], false);
    assert_eq!(client.post("/api/unbind", asked("VIP-ONE", "PC-1")).await.reason(), "unbind_not_allowed");
    assert_eq!(
        client.post("/api/trial", json!({"machine_code": "PC-1"})).await.reason(),
        "trial_not_offered"
    );
    let mut take = asked("VIP-ONE", "PC-1");
    (take["amount"], take["request_id"]) = (1.into(), "a".into());
    assert_eq!(client.post("/api/consume", take).await.reason(), "points_exhausted");
    let burn = json!({"code": "VIP-ONE", "with": "VIP-TWO"});
    assert_eq!(client.post("/api/recharge", burn).await.reason(), "recharge_not_allowed");

    let nobody = Sent { route: "GET /health", app: "default", code: None, machine: None };
    assert_eq!(client.get("/health", &nobody).await.status, StatusCode::OK);
    client.get("/api/keys", &Sent { route: "GET /api/keys", ..nobody }).await;
    let (mark, route) = ("machine_code=PC-1&app=default", "GET /api/status/{code}");
    let by_path = Sent { route, code: Some("VIP-ONE"), machine: Some("PC-1"), ..nobody };
    client.get(&format!("/api/status/VIP%2DONE?{mark}"), &by_path).await;
    let demo =
        client.get("/api/apps/demo", &Sent { route: "GET /api/apps/{name}", app: "demo", ..nobody }).await;
    assert_eq!(demo.body["app"]["notice"], long);
    client.get("/nowhere", &Sent { route: "none", ..nobody }).await;
    let by_get = Sent { route: "GET /api/validate", ..nobody };
    assert_eq!(client.get("/api/validate", &by_get).await.reason(), "method_not_allowed");

    for (nonce, field) in [(json!("short"), "nonce"), (json!(7), "nonce"), (json!("x".repeat(65)), "nonce")] {
        let mut body = asked("VIP-ONE", "PC-1");
        body["nonce"] = nonce;
        let refused = client.client.send("POST", "/api/validate", &[], &body.to_string()).await;
        assert_eq!((refused.reason(), &refused.body["field"]), ("invalid_fields", &json!(field)));
        assert_eq!(refused.body.get(MEMBER), None);
    }
    let twice = client.client.get(&format!("/health?nonce={NONCE}&nonce={NONCE}")).await;
    assert_eq!(twice.body["field"], "nonce");
    for body in [asked("VIP-ONE", "PC-1"), json!({"code": "VIP-ONE", "machine_code": "PC-1", "nonce": null})]
    {
        let plain = client.client.send("POST", "/api/validate", &[], &body.to_string()).await;
        assert_eq!(plain.body.get(MEMBER), None);
        assert_eq!(plain.body.as_object().unwrap().len(), 4, "{plain:?}");
    }
    let elsewhere = client.client.get("/nowhere?nonce=x").await;
    assert_eq!((elsewhere.reason(), elsewhere.body.get(MEMBER)), ("not_found", None));
    let output = function.program.output();
    for secret in ["VIP-ONE", "PC-1", NONCE, "PRIVATE KEY"] {
        assert!(!output.contains(secret), "{output}");
    }
}

#[tokio::test]
async fn a_proof_tells_how_long_it_is_good_and_no_code() {
    let (database, keys, function) = signing().await;
    for code in ["ONE", "LEASED", "FOREVER"] {
        database.insert_card("VIP", code).await;
    }
    database
        .execute(
            "UPDATE cards SET policy = 'lease=600 offline=7d' WHERE code = 'LEASED';
             UPDATE cards SET policy = 'offline=30d', duration_seconds = NULL WHERE code = 'FOREVER'",
        )
        .await;
    let mut client = Believer::of(&function, &keys).await;
    let mut validate = async |code: &str| {
        let body = json!({"code": code, "machine_code": "PC-1"});
        client.post("/api/validate", body).await
    };
    let moment = |value: &Value| {
        value.as_str().unwrap().parse::<chrono::DateTime<chrono::FixedOffset>>().unwrap().timestamp()
    };
    let plain = claims(&validate("VIP-ONE").await);
    assert_eq!(plain["exp"].as_i64().unwrap() - plain["iat"].as_i64().unwrap(), 3600);
    assert_eq!(plain.get("offline_until"), None, "nobody said so");
    for secret in ["VIP-ONE", "PC-1"] {
        assert!(!plain.to_string().contains(secret), "{plain}");
    }
    let answer = validate("VIP-LEASED").await;
    let leased = claims(&answer);
    let end = moment(&answer.body["lease_until"]) + 1;
    assert_eq!(
        (&leased["exp"], &leased["offline_until"]),
        (&json!(end), &json!(end)),
        "no longer than the lease"
    );
    let answer = validate("VIP-FOREVER").await;
    let forever = claims(&answer);
    let offline = forever["offline_until"].as_i64().unwrap() - forever["iat"].as_i64().unwrap();
    assert!((30 * 86_400 - 5..=30 * 86_400).contains(&offline), "{forever}");
    let proof = answer.body[MEMBER].as_str().unwrap();
    let root = [keys.root()];
    for (code, machine, days, starts) in [
        ("VIP-FOREVER", "PC-1", 29, true),
        ("VIP-FOREVER", "PC-1", 31, false),
        ("VIP-FOREVER", "PC-2", 29, false),
        ("VIP-ONE", "PC-1", 29, false),
    ] {
        let trust = Trust { roots: &root, clock: now() + days * 86_400, latest: 0 };
        let lease = Lease { proof, app: "default", code, machine, device: None };
        assert_eq!(trust.lets_start(lease).is_ok(), starts, "{code} {machine} {days}");
    }
    keys.put(&[keys.issue(None, 86_400)]);
    function.program.printed("read the signing keys again").await;
    let brief = claims(&validate("VIP-FOREVER").await);
    let offline = brief["offline_until"].as_i64().unwrap() - brief["iat"].as_i64().unwrap();
    assert!((0..=86_400).contains(&offline), "no longer than the certificate: {brief}");
}

#[tokio::test]
async fn a_proof_costs_no_round_trip() {
    let (database, keys) = (TestDatabase::create().await, KeyFile::create());
    database.insert_card("VIP", "ONE").await;
    let url = database.url();
    let variables = [
        ("DATABASE_URL", url.as_str()),
        ("KAMI_SIGNING_KEY_FILE", keys.name()),
        ("KAMI_METRICS", "127.0.0.1:0"),
    ];
    let function = Function::start_with(API, &variables).await;
    let mut client = Believer::of(&function, &keys).await;
    let asked = || json!({"code": "VIP-ONE", "machine_code": "PC-1"});
    client.post("/api/validate", asked()).await;
    let metrics = function.program.printed_after("serving metrics on http://").await;
    let metrics = metrics.trim_end_matches("/metrics");
    let before = samples(metrics).await["kami_database_round_trips_total"];
    client.post("/api/validate", asked()).await;
    let after = samples(metrics).await;
    let counted = |name: &str| after[name].to_string();
    assert_eq!((after["kami_database_round_trips_total"] - before).to_string(), "1");
    assert_eq!(counted("kami_proofs_total{outcome=\"signed\"}"), "2");
    assert_eq!(counted("kami_proofs_total{outcome=\"unsigned\"}"), "0");
    let end: i64 = counted("kami_signing_end_timestamp_seconds").parse().unwrap();
    assert!((now() + NINETY_DAYS - 60..=now() + NINETY_DAYS).contains(&end), "{end}");
}

/// Clients that are let in again and again, and believe nothing without a proof.
struct Load {
    proven: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    clients: tokio::task::JoinSet<()>,
}

impl Load {
    async fn start(function: &Function, keys: &KeyFile) -> Self {
        let (proven, stop) = (Arc::<AtomicUsize>::default(), Arc::<AtomicBool>::default());
        let mut clients = tokio::task::JoinSet::new();
        for app in ["default", "demo", "default", "demo"] {
            let mut believer = Believer::of(function, keys).await;
            let (proven, stop) = (Arc::clone(&proven), Arc::clone(&stop));
            let code = if app == "demo" { "OF-DEMO" } else { "OF-DEFAULT" };
            clients.spawn(async move {
                while !stop.load(Ordering::SeqCst) {
                    let asked = json!({"code": code, "machine_code": "PC", "app": app});
                    let answer = believer.post("/api/validate", asked).await;
                    assert_eq!(answer.status, StatusCode::OK);
                    proven.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        Self { proven, stop, clients }
    }

    /// Waits for so many more answers that were believed.
    async fn believed(&mut self, more: usize) {
        let before = self.proven.load(Ordering::SeqCst);
        eventually("answers are believed", async || {
            (self.proven.load(Ordering::SeqCst) >= before + more).then_some(())
        })
        .await;
        assert!(self.clients.try_join_next().is_none(), "a client was refused, or did not believe");
    }

    async fn end(self) {
        self.stop.store(true, Ordering::SeqCst);
        self.clients.join_all().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_rotated_run_out_and_are_stolen_and_no_customer_is_refused() {
    let (database, keys, function) = signing().await;
    for code in ["DEFAULT", "DEMO"] {
        database.insert_card("OF", code).await;
    }
    database
        .execute(
            "INSERT INTO apps (name, title, created_at) VALUES ('demo', '', UTC_TIMESTAMP());
             UPDATE cards SET app = 'demo' WHERE code = 'DEMO';
             UPDATE policy_revision SET revision = revision + 1",
        )
        .await;
    let mut load = Load::start(&function, &keys).await;
    load.believed(50).await;
    let reads = || function.program.output().matches("read the signing keys again").count();
    let put = async |stored: &[pem_file::StoredKey]| {
        let before = reads();
        keys.put(stored);
        eventually("the keys are read again", async || (reads() > before).then_some(())).await;
    };
    let kids = async || {
        let set = function.client().await.get("/api/keys").await.body;
        let kids = set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned());
        kids.collect::<Vec<_>>()
    };
    let first = kids().await;

    // Rotation: the next one in the place of the last.
    put(&[keys.issue(None, NINETY_DAYS)]).await;
    load.believed(50).await;
    assert_eq!((kids().await.len(), kids().await == first), (1, false));

    // One whose last day begins meanwhile, and another takes its place by itself.
    let (lasting, brief) = (keys.issue(None, NINETY_DAYS), keys.issue(Some("demo"), HANDED_OVER + 5));
    let stolen = lasting.clone();
    put(&[brief, lasting]).await;
    let mut customer = Believer::of(&function, &keys).await;
    let mut signs = async || {
        let asked = json!({"code": "OF-DEMO", "machine_code": "PC", "app": "demo"});
        let answer = customer.post("/api/validate", asked).await;
        answer.body[MEMBER].as_str().unwrap().split('.').next().unwrap().to_owned()
    };
    let brief = signs().await;
    eventually("the lasting one signs", async || (signs().await != brief).then_some(())).await;
    load.believed(50).await;

    // What was broken, half written or readable by all is not taken.
    let warned = |text: &'static str| function.program.printed(text);
    keys.put_text("-----BEGIN PRIVATE KEY-----\nhalf");
    warned("it is no file of keys").await;
    load.believed(50).await;
    keys.put_text_for(&pem_file::write(&[keys.issue(None, NINETY_DAYS)]), 0o644);
    warned("chmod 600").await;
    let before = reads();
    std::fs::set_permissions(keys.path(), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    eventually("the keys are read again", async || (reads() > before).then_some(())).await;
    load.believed(50).await;

    // The lasting one was stolen: another takes its place, and the thief's answers die with its certificate.
    put(&[keys.issue(None, NINETY_DAYS)]).await;
    load.believed(50).await;
    load.end().await;
    let thief = KeyFile::create();
    thief.put(&[stolen]);
    let url = database.url();
    let variables = [("DATABASE_URL", url.as_str()), ("KAMI_SIGNING_KEY_FILE", thief.name())];
    let fake = Function::start_with(API, &variables).await;
    let body = json!({"code": "OF-DEFAULT", "machine_code": "PC", "nonce": NONCE}).to_string();
    let answer = fake.client().await.send("POST", "/api/validate", &[], &body).await;
    let nonce: Nonce = NONCE.parse().unwrap();
    let question = Question {
        device: None,
        route: "POST /api/validate".to_owned(),
        app: "default".to_owned(),
        code: Some(nonce.digest("OF-DEFAULT")),
        machine: Some(nonce.digest("PC")),
        request: Some(nonce.digest(&body)),
        nonce,
    };
    let root = [keys.root()];
    for (latest, is_believed) in [(now(), true), (now() + NINETY_DAYS, false)] {
        let trust = Trust { roots: &root, clock: now(), latest };
        let believed = trust.believed(&question, 200, &answer.body.to_string());
        assert_eq!(believed.is_ok(), is_believed, "{believed:?}");
    }
}

#[tokio::test]
async fn without_a_key_for_its_app_an_answer_has_no_proof_and_that_is_told() {
    let (database, keys, function) = signing().await;
    database.insert_card("VIP", "ONE").await;
    keys.put(&[keys.issue(Some("demo"), NINETY_DAYS)]);
    function.program.printed("read the signing keys again").await;
    let body = json!({"code": "VIP-ONE", "machine_code": "PC-1", "nonce": NONCE}).to_string();
    let mut client = function.client().await;
    let answer = client.send("POST", "/api/validate", &[], &body).await;
    assert_eq!((answer.status, answer.body.get(MEMBER)), (StatusCode::OK, None));
    function.program.printed("no signing key may sign answers of this app").await;
    keys.put(&[keys.issue(None, 13 * 86_400)]);
    function.program.printed("answers are signed until then").await;
    keys.put(&[KeyFile::create().issue(None, NINETY_DAYS)]);
    function.program.printed("another root key certifies the signing keys").await;
}

#[tokio::test]
async fn a_file_that_others_can_read_or_with_a_root_key_is_not_started_with() {
    use std::os::unix::fs::PermissionsExt as _;
    let database = TestDatabase::create().await;
    let keys = KeyFile::create();
    let url = database.url();
    let variables = [("DATABASE_URL", url.as_str()), ("KAMI_SIGNING_KEY_FILE", keys.name())];
    let refused = async |why: &str| {
        let mut program = kami_testkit::Program::start(API, &[], &variables);
        assert_eq!(program.ended().await.code(), Some(2));
        assert!(program.output().contains(why), "{}", program.output());
        assert!(!program.output().contains("BEGIN PRIVATE KEY-----\n"), "{}", program.output());
    };
    std::fs::set_permissions(keys.path(), std::fs::Permissions::from_mode(0o644)).unwrap();
    refused("chmod 600").await;
    keys.put_text(&pem_file::write_root(&kami_trust::key::PrivateKey::generate().unwrap()));
    refused("a root key stays offline").await;
}

#[tokio::test]
async fn the_keys_of_a_secret_sign_on_lambda_and_the_expiry_job_tells_their_end() {
    let (database, keys) = (TestDatabase::create().await, KeyFile::create());
    database.insert_card("VIP", "ONE").await;
    let name = unique_name("u");
    let account = format!("{name}@'127.0.0.1'");
    database.execute(&format!("CREATE USER {account} IDENTIFIED BY 'first'")).await;
    database.execute(&format!("GRANT ALL ON {}.* TO {account}", database.name())).await;
    let secret = json!({
        "username": name, "password": "first", "host": "127.0.0.1", "port": database.port(),
        "dbname": database.name(), "get-server-public-key": true,
        "signing_keys": std::fs::read_to_string(keys.path()).unwrap(),
    });
    let service = SecretsManager::start(Content::Text(secret.to_string())).await;
    let (runtime, api) = Runtime::start(API, &service.variables()).await;
    let body = json!({"code": "VIP-ONE", "machine_code": "PC-1", "nonce": NONCE});
    let answer = runtime.invoke(url_event("POST", "/api/validate", "", &body.to_string())).await;
    let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    assert_eq!((body["status"].as_str(), body[MEMBER].is_string()), (Some("success"), true), "{answer}");
    let (runtime, expiry) = Runtime::start(EXPIRE, &service.variables()).await;
    runtime.invoke(json!({})).await;
    let line = expiry.printed("signing_seconds_left").await;
    let line: Value = serde_json::from_str(&line).unwrap();
    let left = line["signing_seconds_left"].as_i64().unwrap();
    assert!((NINETY_DAYS - 120..=NINETY_DAYS).contains(&left), "{left}");
    for program in [&api, &expiry] {
        assert!(!program.output().contains("PRIVATE"), "{}", program.output());
    }
    database.execute(&format!("DROP USER {account}")).await;
}
