//! Devices that sign what they ask.

use std::time::{SystemTime, UNIX_EPOCH};

use hyper::StatusCode;
use kami_store::Role;
use kami_testkit::{Answer, Client, Function, KeyFile, TestDatabase};
use kami_trust::base64url::decode;
use kami_trust::device::{HEADER, sign};
use kami_trust::key::PrivateKey;
use kami_trust::nonce::Nonce;
use kami_trust::proof::{MEMBER, Question};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::API;
use crate::metrics::samples;
use crate::rights::log_in_without;

const NONCE: &str = "a-nonce-of-a-device_0";

/// A machine with a key of its own.
struct Machine {
    client: Client,
    key: PrivateKey,
    code: &'static str,
    /// The number that it brings back.
    sequence: u32,
    /// How far its clock is ahead, in seconds.
    ahead: i64,
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    since.as_secs().try_into().unwrap()
}

fn new_key() -> PrivateKey {
    PrivateKey::from_pkcs8(&PrivateKey::generate().unwrap()).unwrap()
}

fn question(route: &str, body: &str) -> Question {
    let nonce: Nonce = NONCE.parse().unwrap();
    let request = Some(nonce.digest(body));
    let (app, route) = ("default".to_owned(), route.to_owned());
    Question { nonce, route, app, code: None, machine: None, request, device: None }
}

impl Machine {
    async fn new(function: &Function, code: &'static str) -> Self {
        Self { client: function.client().await, key: new_key(), code, sequence: 0, ahead: 0 }
    }

    /// Another with the same key and the same number.
    async fn copy(&self, function: &Function, key: &PrivateKeyBytes) -> Self {
        let client = function.client().await;
        Self { client, key: key.key(), code: self.code, sequence: self.sequence, ahead: 0 }
    }

    async fn asks(&mut self, path: &str, card: &str, more: Value) -> Answer {
        let body = self.body(card, more);
        let asked = question(&format!("POST {path}"), &body);
        let signature = sign(&asked, now() + self.ahead, self.sequence, &self.key).unwrap();
        let answer = self.client.send("POST", path, &[(HEADER, &signature)], &body).await;
        if let Some(sequence) = answer.body["device_sequence"].as_u64() {
            self.sequence = sequence.try_into().unwrap();
        }
        answer
    }

    async fn asks_unsigned(&mut self, path: &str, card: &str, more: Value) -> Answer {
        let body = self.body(card, more);
        self.client.send("POST", path, &[], &body).await
    }

    async fn validates(&mut self, card: &str) -> Answer {
        self.asks("/api/validate", card, json!({})).await
    }

    fn body(&self, card: &str, more: Value) -> String {
        let mut body = json!({"code": card, "machine_code": self.code, "nonce": NONCE});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body.to_string()
    }
}

/// A key that can be copied.
struct PrivateKeyBytes(Vec<u8>);

impl PrivateKeyBytes {
    fn key(&self) -> PrivateKey {
        PrivateKey::from_pkcs8(&self.0).unwrap()
    }
}

async fn with_policy(policy: &str) -> (TestDatabase, Function) {
    let database = TestDatabase::create().await;
    for code in ["ONE", "TWO"] {
        database.insert_card("VIP", code).await;
    }
    says(&database, policy).await;
    let function = Function::start(API, &database.url()).await;
    (database, function)
}

async fn says(database: &TestDatabase, policy: &str) {
    database
        .execute(&format!(
            "UPDATE apps SET policy = '{policy}' WHERE name = 'default';
             UPDATE policy_revision SET revision = revision + 1"
        ))
        .await;
}

async fn number(database: &TestDatabase, query: &str) -> i64 {
    let [number] = database.rows(query, ()).await[..] else { panic!("one number") };
    number
}

fn outcome(answer: &Answer) -> (StatusCode, &str) {
    (answer.status, answer.body["reason"].as_str().unwrap_or_default())
}

const OK: (StatusCode, &str) = (StatusCode::OK, "");
const MISMATCH: (StatusCode, &str) = (StatusCode::FORBIDDEN, "device_mismatch");
const REQUIRED: (StatusCode, &str) = (StatusCode::FORBIDDEN, "device_required");
const EXPIRED: (StatusCode, &str) = (StatusCode::FORBIDDEN, "signature_expired");

#[tokio::test]
async fn a_machine_code_that_was_read_off_a_screen_is_worth_nothing() {
    let (database, function) = with_policy("device=allowed").await;
    database.execute("UPDATE cards SET points = 9, seats = 2").await;
    let mut owner = Machine::new(&function, "PC-1").await;
    let mut thief = Machine::new(&function, "PC-1").await;
    let admitted = owner.validates("VIP-ONE").await;
    assert_eq!((outcome(&admitted), &admitted.body["device_sequence"]), (OK, &json!(1)));
    let consume = || json!({"amount": 1, "request_id": "a"});
    assert_eq!(outcome(&owner.asks("/api/consume", "VIP-ONE", consume()).await), OK);
    for (path, more) in [
        ("/api/validate", json!({})),
        ("/api/consume", consume()),
        ("/api/release", json!({})),
        ("/api/unbind", json!({})),
    ] {
        assert_eq!(outcome(&thief.asks(path, "VIP-ONE", more.clone()).await), MISMATCH, "{path}");
        assert_eq!(outcome(&thief.asks_unsigned(path, "VIP-ONE", more).await), MISMATCH, "{path}");
    }
    let seen = thief.asks("/api/status", "VIP-ONE", json!({})).await;
    assert_eq!(seen.body["data"]["machine_code"], "PC****");
    let seen = thief.client.get("/api/status/VIP-ONE?machine_code=PC-1").await;
    assert_eq!(seen.body["data"]["machine_code"], "PC****");
    let seen = owner.asks("/api/status", "VIP-ONE", json!({})).await;
    assert_eq!(seen.body["data"]["machine_code"], "PC-1");

    // A further seat is that of its device as well.
    let mut second = Machine::new(&function, "PC-2").await;
    thief.code = "PC-2";
    assert_eq!(outcome(&second.validates("VIP-ONE").await), OK);
    assert_eq!(outcome(&second.validates("VIP-ONE").await), OK);
    assert_eq!(outcome(&thief.validates("VIP-ONE").await), MISMATCH);
    assert_eq!(outcome(&owner.validates("VIP-ONE").await), OK);
}

#[tokio::test]
async fn who_signs_nothing_goes_on_until_all_have_to() {
    let (database, function) = with_policy("").await;
    let mut old = Machine::new(&function, "PC-1").await;
    let mut new = Machine::new(&function, "PC-2").await;
    assert_eq!(outcome(&old.asks_unsigned("/api/validate", "VIP-ONE", json!({})).await), OK);
    // Nobody looks at a signature, however old.
    new.ahead = 86_400;
    let admitted = new.validates("VIP-TWO").await;
    assert_eq!((outcome(&admitted), admitted.body.get("device_sequence")), (OK, None));
    new.ahead = 0;

    says(&database, "device=allowed").await;
    assert_eq!(outcome(&old.asks_unsigned("/api/validate", "VIP-ONE", json!({})).await), OK);
    assert_eq!(outcome(&new.validates("VIP-TWO").await), OK, "its seat gets its key");
    assert_eq!(outcome(&new.asks_unsigned("/api/validate", "VIP-TWO", json!({})).await), MISMATCH);

    says(&database, "device=required").await;
    database.insert_card("VIP", "NEW").await;
    for card in ["VIP-ONE", "VIP-NEW"] {
        for path in ["/api/validate", "/api/unbind"] {
            assert_eq!(outcome(&old.asks_unsigned(path, card, json!({})).await), REQUIRED, "{card} {path}");
        }
    }
    let stock = "SELECT COUNT(*) FROM cards WHERE status = 'UNUSED' AND code = 'NEW'";
    assert_eq!(number(&database, stock).await, 1);
    assert_eq!(outcome(&old.validates("VIP-ONE").await), OK);
    assert_eq!(outcome(&old.validates("VIP-NEW").await), OK);
}

#[tokio::test]
async fn a_seat_that_was_given_up_is_the_next_devices() {
    let (database, function) = with_policy("device=required unbind=machine unbind-cooldown=60").await;
    let mut lost = Machine::new(&function, "PC-1").await;
    assert_eq!(outcome(&lost.validates("VIP-ONE").await), OK);
    // The same machine with another key, since its system was installed anew: an operator unbinds it.
    let mut anew = Machine::new(&function, "PC-1").await;
    assert_eq!(outcome(&anew.validates("VIP-ONE").await), MISMATCH);
    database.execute("UPDATE cards SET machine_code = NULL WHERE code = 'ONE'").await;
    assert_eq!(outcome(&anew.validates("VIP-ONE").await), OK);
    assert_eq!(outcome(&lost.validates("VIP-ONE").await), MISMATCH);
    // It gives the card up for another.
    let mut next = Machine::new(&function, "PC-2").await;
    assert_eq!(outcome(&anew.asks("/api/unbind", "VIP-ONE", json!({})).await), OK);
    assert_eq!(outcome(&next.validates("VIP-ONE").await), OK);
    assert_eq!(outcome(&next.validates("VIP-ONE").await), OK);
}

#[tokio::test]
async fn of_two_machines_with_one_key_the_one_that_falls_behind_shows() {
    let database = TestDatabase::create().await;
    database.insert_card("VIP", "ONE").await;
    says(&database, "device=required offline=1h").await;
    let url = database.url();
    let variables = [("DATABASE_URL", url.as_str()), ("KAMI_METRICS", "127.0.0.1:0")];
    let function = Function::start_with(API, &variables).await;
    let metrics = function.program.printed_after("serving metrics on http://").await;
    let metrics = metrics.trim_end_matches("/metrics").to_owned();
    let key = PrivateKeyBytes(PrivateKey::generate().unwrap());
    let mut owner = Machine { key: key.key(), ..Machine::new(&function, "PC-1").await };
    assert_eq!(outcome(&owner.validates("VIP-ONE").await), OK);
    let mut copy = owner.copy(&function, &key).await;
    let mut bare = Machine { sequence: 0, ..owner.copy(&function, &key).await };
    assert_eq!(outcome(&owner.validates("VIP-ONE").await), OK, "it brings 1 back");
    // What was just the last number still is, for processes that ask at once.
    assert_eq!(outcome(&bare.validates("VIP-ONE").await), OK);
    bare.sequence = 0;
    let copies = "SELECT CAST(COALESCE(SUM(copies), 0) AS SIGNED) FROM device_keys";
    assert_eq!(number(&database, copies).await, 0);

    let a_third_passes = "UPDATE device_keys SET sequence_at = sequence_at - INTERVAL 20 MINUTE";
    database.execute(a_third_passes).await;
    assert_eq!(owner.validates("VIP-ONE").await.body["device_sequence"], 2);
    assert_eq!(owner.validates("VIP-ONE").await.body["device_sequence"], 2, "which came back");
    database.execute(a_third_passes).await;
    assert_eq!(outcome(&copy.validates("VIP-ONE").await), OK, "nobody refuses it");
    assert_eq!(number(&database, copies).await, 1);
    for _ in 0..3 {
        copy.sequence = 1;
        assert_eq!(outcome(&copy.validates("VIP-ONE").await), OK);
    }
    assert_eq!(number(&database, copies).await, 1, "it is written once a minute");
    let history = "SELECT COUNT(*) FROM customer_log WHERE act = 'COPY' AND machine_code = 'PC-1'";
    assert_eq!(number(&database, history).await, 1);
    assert_eq!(samples(&metrics).await["kami_copied_keys_total"].to_string(), "4");

    says(&database, "device=required offline=1h when-copied=refuse").await;
    for machine in [&mut bare, &mut copy] {
        machine.sequence = machine.sequence.min(1);
        assert_eq!(outcome(&machine.validates("VIP-ONE").await), MISMATCH);
    }
    assert_eq!(outcome(&owner.validates("VIP-ONE").await), OK);
}

#[tokio::test]
async fn a_signature_is_of_this_request_and_of_now() {
    let (database, keys) = (TestDatabase::create().await, KeyFile::create());
    database.insert_card("VIP", "ONE").await;
    says(&database, "device=allowed").await;
    let url = database.url();
    let variables = [("DATABASE_URL", url.as_str()), ("KAMI_SIGNING_KEY_FILE", keys.name())];
    let function = Function::start_with(API, &variables).await;
    let mut machine = Machine::new(&function, "PC-1").await;
    for ahead in [-400, 400] {
        machine.ahead = ahead;
        let answer = machine.validates("VIP-ONE").await;
        assert_eq!(outcome(&answer), EXPIRED, "{ahead}");
        let proof = answer.body[MEMBER].as_str().unwrap().split('.').nth(1).unwrap().to_owned();
        let claims: Value = serde_json::from_slice(&decode(&proof).unwrap()).unwrap();
        assert!((claims["iat"].as_i64().unwrap() - now()).abs() < 60, "it tells the server's moment");
        assert_eq!(claims["device"], machine.key.public().thumbprint());
    }
    let body = machine.body("VIP-ONE", json!({}));
    let asked = question("POST /api/validate", &body);
    let good = sign(&asked, now(), 0, &machine.key).unwrap();
    let other_body = sign(&question("POST /api/validate", "{}"), now(), 0, &machine.key).unwrap();
    let other_route = sign(&question("POST /api/release", &body), now(), 0, &machine.key).unwrap();
    for (name, headers) in [
        ("another request's", vec![(HEADER, other_body.as_str())]),
        ("another route's", vec![(HEADER, &other_route)]),
        ("none", vec![(HEADER, "")]),
        ("cut off", vec![(HEADER, &good[..good.len() - 2])]),
        ("two", vec![(HEADER, &good), (HEADER, &good)]),
    ] {
        let answer = machine.client.send("POST", "/api/validate", &headers, &body).await;
        assert_eq!(outcome(&answer), (StatusCode::BAD_REQUEST, "invalid_fields"), "{name}");
        assert_eq!(answer.body["field"], "device", "{name}");
    }
    let without_nonce = json!({"code": "VIP-ONE", "machine_code": "PC-1"}).to_string();
    let answer = machine.client.send("POST", "/api/validate", &[(HEADER, &good)], &without_nonce).await;
    assert_eq!((answer.status, &answer.body["field"]), (StatusCode::BAD_REQUEST, &json!("device")));
    assert_eq!(number(&database, "SELECT COUNT(*) FROM cards WHERE status = 'UNUSED'").await, 1);
    let answer = machine.client.send("POST", "/api/validate", &[(HEADER, &good)], &body).await;
    assert_eq!(outcome(&answer), OK);
}

#[tokio::test]
async fn of_devices_that_race_with_one_machine_code_one_wins() {
    let (database, function) = with_policy("device=allowed").await;
    for (card, was_in_use) in [("VIP-ONE", false), ("VIP-TWO", true)] {
        if was_in_use {
            let mut old = Machine::new(&function, "PC-1").await;
            assert_eq!(outcome(&old.asks_unsigned("/api/validate", card, json!({})).await), OK);
        }
        let mut racing = JoinSet::new();
        for _ in 0..8 {
            let mut machine = Machine::new(&function, "PC-1").await;
            racing.spawn(async move {
                let answer = machine.validates(card).await;
                (machine, outcome(&answer) == OK)
            });
        }
        let mut winners = 0;
        for (mut machine, has_won) in racing.join_all().await {
            winners += usize::from(has_won);
            let expected = if has_won { OK } else { MISMATCH };
            assert_eq!(outcome(&machine.validates(card).await), expected);
        }
        assert_eq!(winners, 1, "{card}");
    }
    assert_eq!(number(&database, "SELECT COUNT(*) FROM device_keys").await, 2);
}

#[tokio::test]
async fn a_signed_validation_costs_one_round_trip() {
    let database = TestDatabase::create().await;
    database.insert_card("VIP", "ONE").await;
    says(&database, "device=required offline=7d").await;
    let url = database.url();
    let variables = [("DATABASE_URL", url.as_str()), ("KAMI_METRICS", "127.0.0.1:0")];
    let function = Function::start_with(API, &variables).await;
    let metrics = function.program.printed_after("serving metrics on http://").await;
    let metrics = metrics.trim_end_matches("/metrics").to_owned();
    let trips = async || samples(&metrics).await["kami_database_round_trips_total"];
    let mut machine = Machine::new(&function, "PC-1").await;
    // It gets the card, and brings the number back that it was told.
    for _ in 0..2 {
        assert_eq!(outcome(&machine.validates("VIP-ONE").await), OK);
    }
    for (name, expected) in [("usually", 1.0), ("and again", 1.0)] {
        let before = trips().await;
        assert_eq!(outcome(&machine.validates("VIP-ONE").await), OK);
        assert!((trips().await - before - expected).abs() < f64::EPSILON, "{name}");
    }
    database.execute("UPDATE device_keys SET sequence_at = sequence_at - INTERVAL 3 DAY").await;
    let before = trips().await;
    for _ in 0..4 {
        assert_eq!(outcome(&machine.validates("VIP-ONE").await), OK);
    }
    assert!((trips().await - before - 5.0).abs() < f64::EPSILON, "one write a lease");
}

#[tokio::test]
async fn an_account_of_the_last_version_looks_at_no_key_until_it_is_given_the_rights() {
    let database = TestDatabase::create().await;
    for code in ["ONE", "TWO"] {
        database.insert_card("VIP", code).await;
    }
    says(&database, "device=required").await;
    let rights = ["device_keys", "_card_3", "take_seat_3", "take_device_key", "note_sequence", "note_copy"];
    let older = log_in_without(&database, Role::Function, &rights).await;
    let function = Function::start(API, &older.url()).await;
    let mut machine = Machine::new(&function, "PC-1").await;
    for _ in 0..2 {
        assert_eq!(outcome(&machine.validates("VIP-ONE").await), OK, "{}", function.program.output());
        assert_eq!(outcome(&machine.asks_unsigned("/api/validate", "VIP-ONE", json!({})).await), OK);
    }
    function.program.printed("nobody looks at keys of devices").await;
    let output = function.program.output();
    assert!(!output.contains("WARN") && !output.contains("ERROR"), "{output}");

    let current = log_in_without(&database, Role::Function, &[]).await;
    let function = Function::start(API, &current.url()).await;
    let mut machine = Machine::new(&function, "PC-1").await;
    for card in ["VIP-ONE", "VIP-TWO", "VIP-TWO"] {
        assert_eq!(outcome(&machine.validates(card).await), OK, "{}", function.program.output());
    }
    database.execute("UPDATE cards SET machine_code = NULL").await;
    let mut other = Machine::new(&function, "PC-1").await;
    assert_eq!(outcome(&other.validates("VIP-TWO").await), OK, "{}", function.program.output());
    assert_eq!(outcome(&machine.validates("VIP-TWO").await), MISMATCH);
    assert_eq!(outcome(&other.asks("/api/release", "VIP-TWO", json!({})).await), OK);
}
