//! Who is kept out, by two programs at once.

use kami_core::block::{Block, BlockKey};
use kami_core::operator::{Note, Operator};
use kami_store::{BlockOrder, Store};
use kami_testkit::{Answer, Client, Function, TestDatabase, agreed};
use serde_json::{Value, json};

use crate::API;

const SECRET: &str = "chargeback of order 12345";

fn key(app: &str, target: &str) -> BlockKey {
    let app = (!app.is_empty()).then(|| app.parse().unwrap());
    BlockKey { app, target: target.parse().unwrap() }
}

async fn act(store: &Store, order: BlockOrder) {
    store.act_on_blocks(&Operator::new("anna").unwrap(), &agreed(order)).await.unwrap();
}

async fn block(store: &Store, app: &str, target: &str) {
    let reason = Note::parse(SECRET).unwrap();
    act(store, BlockOrder::Add(vec![Block { key: key(app, target), reason, until: None }])).await;
}

async fn unblock(store: &Store, app: &str, target: &str) {
    act(store, BlockOrder::Remove(vec![key(app, target)])).await;
}

/// A database with a card for many machines, which has points, and two functions on it that believe this machine's proxies.
async fn start() -> (TestDatabase, [Function; 2]) {
    let database = TestDatabase::create().await;
    database.insert_card("VIP", "ONE").await;
    database.execute("UPDATE cards SET seats = 100, points = 1000").await;
    let url = database.url();
    let variables = [("DATABASE_URL", url.as_str()), ("KAMI_TRUSTED_PROXIES", "127.0.0.1")];
    let functions =
        [Function::start_with(API, &variables).await, Function::start_with(API, &variables).await];
    (database, functions)
}

/// Asks every route that answers of a card, for a machine that comes from there; returns the reasons of the answers, empty
/// where it is no refusal.
async fn ask(client: &mut Client, code: &str, machine: &str, from: &str) -> [String; 7] {
    let body = json!({
        "code": code, "machine_code": machine, "with": code, "amount": 1, "request_id": format!("{machine}-{from}"),
    });
    let by_path = format!("/api/status/{code}?machine_code={machine}");
    let mut reasons = Vec::new();
    for (method, path, body) in [
        ("POST", "/api/validate", &body),
        ("POST", "/api/consume", &body),
        ("POST", "/api/recharge", &body),
        ("POST", "/api/status", &body),
        ("POST", "/api/release", &body),
        ("POST", "/api/unbind", &body),
        ("GET", &*by_path, &Value::Null),
    ] {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = client.send(method, path, &[("x-forwarded-for", from)], &body).await;
        check(&answer, path);
        reasons.push(answer.reason().to_owned());
    }
    reasons.try_into().unwrap()
}

/// That an answer says what one that refuses has to, and nothing of the reason that operators wrote down.
fn check(answer: &Answer, path: &str) {
    assert!(!answer.body.to_string().contains("chargeback"), "{path}: {answer:?}");
    if answer.reason() == "blocked" {
        let body = json!({"status": "error", "reason": "blocked", "message": "该设备或网络已被禁止使用"});
        assert_eq!((answer.status.as_u16(), &answer.body), (403, &body), "{path}");
    }
}

/// A card that is to top itself up, and one that nobody may unbind, are told so to who is not kept out.
const LET_IN: [&str; 7] = ["", "", "same_card", "", "", "unbind_not_allowed", ""];
const KEPT_OUT: [&str; 7] = ["blocked"; 7];

#[tokio::test]
async fn who_is_kept_out_is_refused_by_every_program_with_the_next_request() {
    let (database, functions) = start().await;
    database.execute("INSERT INTO apps (name, created_at) VALUES ('other', UTC_TIMESTAMP())").await;
    let store = database.store();
    let mut clients = [functions[0].client().await, functions[1].client().await];
    for round in 0..5 {
        let machine = format!("PC-{round}");
        for client in &mut clients {
            assert_eq!(ask(client, "VIP-ONE", &machine, "203.0.113.7").await, LET_IN);
        }
        block(&store, "", &machine).await;
        for client in &mut clients {
            assert_eq!(ask(client, "VIP-ONE", &machine, "203.0.113.7").await, KEPT_OUT);
            assert_eq!(ask(client, "VIP-ONE", "PC-9", "203.0.113.7").await, LET_IN, "another machine");
        }
        unblock(&store, "", &machine).await;
        block(&store, "default", "203.0.113.0/24").await;
        for client in &mut clients {
            assert_eq!(ask(client, "VIP-ONE", &machine, "203.0.113.7").await, KEPT_OUT);
            assert_eq!(ask(client, "VIP-ONE", &machine, "203.0.114.7").await, LET_IN, "from elsewhere");
            assert_eq!(ask(client, "VIP-ONE", &machine, "::ffff:203.0.113.7").await, KEPT_OUT);
        }
        unblock(&store, "default", "203.0.113.0/24").await;
        block(&store, "other", &machine).await;
        for client in &mut clients {
            assert_eq!(ask(client, "VIP-ONE", &machine, "203.0.113.7").await, LET_IN, "of another app");
        }
        unblock(&store, "other", &machine).await;
    }
}

#[tokio::test]
async fn whoever_does_not_say_which_machine_he_is_is_kept_out_by_his_network_alone() {
    let (database, [function, _]) = start().await;
    let store = database.store();
    let mut client = function.client().await;
    block(&store, "", "PC-1").await;
    let status = async |client: &mut Client, from: &str| {
        let answer = client.send("GET", "/api/status/VIP-ONE", &[("x-forwarded-for", from)], "").await;
        answer.reason().to_owned()
    };
    assert_eq!(status(&mut client, "203.0.113.7").await, "");
    block(&store, "", "2001:db8::/32").await;
    assert_eq!(status(&mut client, "2001:db8::7").await, "blocked");
    assert_eq!(status(&mut client, "203.0.113.7").await, "");
    for path in ["/api/apps/default", "/api/health", "/health"] {
        let answer = client.send("GET", path, &[("x-forwarded-for", "2001:db8::7")], "").await;
        assert_eq!(answer.status, 200, "{path} asks nothing of who is kept out");
    }
}

#[tokio::test]
async fn a_card_that_there_is_not_is_none_for_who_is_kept_out_and_a_miss() {
    let (database, [function, _]) = start().await;
    let mut client = function.client().await;
    block(&database.store(), "", "203.0.113.7").await;
    let missed = ask(&mut client, "VIP-NONE", "PC-1", "203.0.113.7").await;
    assert_eq!(missed, ["card_not_found"; 7]);
    let mut reasons = std::collections::BTreeSet::new();
    for _ in 0..40 {
        reasons.extend(ask(&mut client, "VIP-NONE", "PC-1", "203.0.113.7").await);
    }
    assert!(reasons.contains("too_many_misses"), "misses are charged: {reasons:?}");
    // Who has guessed too often may not even try to unbind.
    let mut told = KEPT_OUT;
    told[5] = "too_many_misses";
    assert_eq!(ask(&mut client, "VIP-ONE", "PC-1", "203.0.113.7").await, told, "and nothing else");
}

#[tokio::test]
async fn who_is_kept_out_activates_no_card_and_is_told_so_before_his_version() {
    let (database, [function, _]) = start().await;
    let mut client = function.client().await;
    database
        .execute("UPDATE apps SET minimum = '2.0'; UPDATE policy_revision SET revision = revision + 1")
        .await;
    block(&database.store(), "", "PC-1").await;
    let body = json!({"code": "VIP-ONE", "machine_code": "PC-1", "version": "1.0"}).to_string();
    let answer = client.send("POST", "/api/validate", &[], &body).await;
    assert_eq!(answer.reason(), "blocked");
    let body = body.replace("PC-1", "PC-2");
    let answer = client.send("POST", "/api/validate", &[], &body).await;
    assert_eq!(answer.reason(), "version_too_old");
    assert_eq!(database.rows::<String>("SELECT status FROM cards", ()).await, ["UNUSED"]);
    let english = [("accept-language", "en")];
    let answer = client.send("POST", "/api/validate", &english, &body.replace("PC-2", "PC-1")).await;
    assert_eq!(answer.body["message"], "This device or network is blocked");
}

#[tokio::test]
async fn who_is_kept_out_begins_no_trial_and_does_not_go_on_with_one() {
    let (database, functions) = start().await;
    let store = database.store();
    database
        .execute("UPDATE apps SET policy = 'trial=60'; UPDATE policy_revision SET revision = revision + 1")
        .await;
    let mut clients = [functions[0].client().await, functions[1].client().await];
    let try_it = async |client: &mut Client, machine: &str, from: &str| {
        let body = json!({ "machine_code": machine }).to_string();
        let answer = client.send("POST", "/api/trial", &[("x-forwarded-for", from)], &body).await;
        check(&answer, "/api/trial");
        answer.reason().to_owned()
    };
    for (round, client) in clients.iter_mut().enumerate() {
        let (machine, other) = (format!("PC-{round}"), format!("PC-{round}-OTHER"));
        assert_eq!(try_it(client, &machine, "203.0.113.7").await, "");
        block(&store, "", &machine).await;
        assert_eq!(try_it(client, &machine, "203.0.113.7").await, "blocked", "one that has begun");
        block(&store, "default", "203.0.113.0/24").await;
        assert_eq!(try_it(client, &other, "203.0.113.7").await, "blocked", "one that has not");
        let made = database.rows::<u64>("SELECT COUNT(*) FROM trials", ()).await;
        assert_eq!(made, [2 * round as u64 + 1]);
        unblock(&store, "", &machine).await;
        unblock(&store, "default", "203.0.113.0/24").await;
        for machine in [&machine, &other] {
            assert_eq!(try_it(client, machine, "203.0.113.7").await, "");
        }
    }
    block(&store, "", "PC-NEW").await;
    database
        .execute("UPDATE apps SET minimum = '2.0'; UPDATE policy_revision SET revision = revision + 1")
        .await;
    for (machine, reason) in [("PC-NEW", "blocked"), ("PC-0", "version_too_old")] {
        let body = json!({"machine_code": machine, "version": "1.0"}).to_string();
        assert_eq!(clients[0].send("POST", "/api/trial", &[], &body).await.reason(), reason);
    }
    assert_eq!(database.rows::<u64>("SELECT COUNT(*) FROM trials", ()).await, [4]);
}
