//! Whom an app that has pinned its seller's root keys believes.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use kami_testkit::{Function, TestDatabase};
use kami_trust::certificate::Certificate;
use kami_trust::key::PrivateKey;
use kami_trust::pem_file::{self, StoredKey};
use serde_json::{Value, json};

use crate::language::Language;
use crate::server::{Reply, Server, admission, error};
use crate::signer::{Asked, Signer, new_key, now};
use crate::user::User;

in_each_language! {
    believes_its_seller_alone
    says_that_there_was_no_proof
}

const DAY: i64 = 24 * 3600;

use Makes::{Admission, Nothing, Refusal};

/// The keys that are in play.
struct Keys {
    honest: Signer,
    /// The seller's, for another of his apps.
    of_another_app: Signer,
    /// The seller's, and copied since: the certificate is over.
    old: Signer,
    strangers: Signer,
}

type Play = fn(&Keys, Asked<'_>) -> (u16, Value);

/// What an app makes of an answer.
#[derive(Clone, Copy)]
enum Makes {
    Admission,
    Refusal,
    /// It is none: the app asks on.
    Nothing,
}

/// Who answers, how, and what the app makes of it.
const PLAYS: [(&str, Play, Makes); 16] = [
    ("the seller", |keys, asked| admitted(&keys.honest, &asked.claims(200, &admission())), Admission),
    ("the seller, refusing", |keys, asked| refused(keys, asked, "card_expired"), Refusal),
    ("the seller, by a relay that alters the message", |keys, asked| altered(keys, asked), Admission),
    (
        "the seller, by a relay that makes an admission of a refusal",
        |keys, asked| upheld(keys, asked),
        Refusal,
    ),
    ("a host without a key", |_, _| (200, admission()), Nothing),
    ("a host without a key, refusing", |_, _| (403, error("card_expired")), Nothing),
    ("a host with a key of its own", |keys, asked| admitted(&keys.strangers, &honest(asked)), Nothing),
    ("a seller's key for another app", |keys, asked| admitted(&keys.of_another_app, &honest(asked)), Nothing),
    ("a copied key after its end", |keys, asked| backdated(keys, asked), Nothing),
    (
        "an answer replayed",
        |keys, asked| claiming(keys, asked, "nonce", json!("a-nonce-of-yesterday")),
        Nothing,
    ),
    ("another card's answer", |keys, asked| claiming(keys, asked, "code", json!("digest")), Nothing),
    (
        "an answer for another machine",
        |keys, asked| claiming(keys, asked, "machine", json!("digest")),
        Nothing,
    ),
    (
        "an answer to another device",
        |keys, asked| claiming(keys, asked, "device", json!("thumbprint")),
        Nothing,
    ),
    ("an answer to whoever signs nothing", |keys, asked| admitted(&keys.honest, &to_nobody(asked)), Nothing),
    (
        "a refusal's proof with an admission",
        |keys, asked| (200, refused(keys, asked, "card_expired").1),
        Nothing,
    ),
    ("alg none", |keys, asked| unsigned(keys, asked), Nothing),
];

fn honest(asked: Asked<'_>) -> Value {
    asked.claims(200, &admission())
}

fn admitted(signer: &Signer, claims: &Value) -> (u16, Value) {
    (200, signer.proven(admission(), claims))
}

fn refused(keys: &Keys, asked: Asked<'_>, reason: &str) -> (u16, Value) {
    let answer = error(reason);
    (403, keys.honest.proven(answer.clone(), &asked.claims(403, &answer)))
}

fn claiming(keys: &Keys, asked: Asked<'_>, name: &str, value: Value) -> (u16, Value) {
    let mut claims = honest(asked);
    claims[name] = value;
    admitted(&keys.honest, &claims)
}

fn to_nobody(asked: Asked<'_>) -> Value {
    let mut claims = honest(asked);
    claims.as_object_mut().unwrap().remove("device");
    claims
}

fn backdated(keys: &Keys, asked: Asked<'_>) -> (u16, Value) {
    let mut claims = honest(asked);
    claims["iat"] = json!(now() - 60);
    admitted(&keys.old, &claims)
}

fn altered(keys: &Keys, asked: Asked<'_>) -> (u16, Value) {
    let (status, mut answer) = admitted(&keys.honest, &honest(asked));
    answer["message"] = json!("altered");
    (status, answer)
}

fn upheld(keys: &Keys, asked: Asked<'_>) -> (u16, Value) {
    let (status, refusal) = refused(keys, asked, "card_expired");
    let mut answer = admission();
    answer["proof"] = refusal["proof"].clone();
    (status, answer)
}

fn unsigned(keys: &Keys, asked: Asked<'_>) -> (u16, Value) {
    let (status, mut answer) = admitted(&keys.honest, &honest(asked));
    let proof = answer["proof"].as_str().unwrap();
    let (_, payload) = proof.split_once('.').unwrap();
    let header = kami_trust::base64url::encode(r#"{"alg":"none","typ":"kami-proof+jws","kid":"","crt":""}"#);
    answer["proof"] = format!("{header}.{payload}").into();
    (status, answer)
}

async fn believes_its_seller_alone(language: Language) {
    let (root, next) = (new_key(), new_key());
    let root_keys = format!("{} {}", next.public().pin(), root.public().pin());
    for (who, play, makes) in PLAYS {
        let keys = Keys {
            honest: Signer::new(&root, Some("default"), DAY),
            of_another_app: Signer::new(&root, Some("other"), DAY),
            old: Signer::new(&root, None, 3590),
            strangers: Signer::new(&new_key(), None, DAY),
        };
        let keys = Arc::new(keys);
        let seller = Arc::clone(&keys);
        let script = [
            Reply::made(move |asked| play(&keys, asked)),
            Reply::made(move |asked| refused(&seller, asked, "card_disabled")),
        ];
        let server = Server::start(script).await;
        let user = User { root_keys: root_keys.clone(), ..User::new() };
        let told = user.run(language, &server.url, &["VIP-1"]).await;
        let wanted = match makes {
            Admission => (0, "授权成功 (2026-01-01T15:00:00+08:00)"),
            Refusal => (1, "消息 card_expired"),
            // it asks on, and hears its seller
            Nothing => (1, "消息 card_disabled"),
        };
        assert_eq!(told, (wanted.0, wanted.1.to_owned()), "{language:?}, {who}");
        let asked = server.requests();
        let nonces: BTreeSet<&str> = asked.iter().filter_map(|asked| asked["nonce"].as_str()).collect();
        assert_eq!(
            nonces.len(),
            if let Nothing = makes { 2 } else { 1 },
            "{language:?}, {who}: one for each try"
        );
    }
}

async fn says_that_there_was_no_proof(language: Language) {
    let server = Server::start([Reply::admission()]).await;
    let user = User { root_keys: new_key().public().pin(), ..User::new() };
    let (exit, line) = user.run(language, &server.url, &["VIP-1"]).await;
    assert_eq!((exit, server.requests().len()), (2, 4), "{language:?}: {line}");
    assert!(line.ends_with(": HTTP 200, no proof"), "{language:?}: {line}");
}

/// A nonce that is none would prove nothing: the page in shell makes its own with a program that may be missing.
#[tokio::test]
async fn shell_asks_nothing_without_random_numbers() {
    let server = Server::start([Reply::admission()]).await;
    let mut user = User::new();
    let own = user.home.0.join(".config/my-app");
    std::fs::create_dir_all(&own).unwrap();
    std::fs::write(own.join("machine-id"), "0".repeat(32)).unwrap();
    for od in ["exit 127", "printf ' 12 34\\n'"] {
        let tools = user.home.0.join("tools");
        std::fs::create_dir_all(&tools).unwrap();
        std::fs::write(tools.join("od"), format!("#!/bin/sh\n{od}\n")).unwrap();
        std::fs::set_permissions(tools.join("od"), std::fs::Permissions::from_mode(0o755)).unwrap();
        user.tools = Some(tools);
        user.root_keys = new_key().public().pin();
        let asked = server.requests().len();
        let (exit, line) = user.run(Language::Shell, &server.url, &["VIP-1"]).await;
        assert_eq!((exit, server.requests().len()), (2, asked), "{od}: {line}");
        assert!(line.contains("random"), "{od}: {line}");
        user.root_keys.clear();
        assert_eq!(user.run(Language::Shell, &server.url, &["VIP-1"]).await.0, 0, "{od}: it needs none");
    }
}

#[tokio::test]
async fn the_function_is_believed_by_who_has_pinned_its_root_key() {
    let database = TestDatabase::create().await;
    database
        .execute("UPDATE apps SET policy = 'unbind=machine offline=3600', notice = REPEAT('n', 200)")
        .await;
    let (root, online) = (new_key(), PrivateKey::generate().unwrap());
    let public = PrivateKey::from_pkcs8(&online).unwrap().public();
    let certificate = Certificate::at(now(), public, None, DAY).signed(&root).unwrap();
    let seller = User::new();
    let file = seller.home.0.join("signing.pem");
    std::fs::write(&file, pem_file::write(&[StoredKey::new(online, certificate)])).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let variables = [("DATABASE_URL", &*database.url()), ("KAMI_SIGNING_KEY_FILE", file.to_str().unwrap())];
    let function = Function::start_with(env!("CARGO_BIN_EXE_kami-api"), &variables).await;
    for language in Language::ALL {
        let code = format!("VIP-{language:?}");
        database.insert_card("VIP", &format!("{language:?}")).await;
        let user = User { root_keys: root.public().pin(), ..User::new() };
        for (arguments, exit, start) in [
            (&["VIP-NONE"][..], 1, "卡密不存在"),
            (&[&code], 0, "授权成功 (20"),
            (&["--release", &code], 0, "nothing to release"),
            (&["--recharge", &code, "VIP-NONE"], 1, "充值卡不存在"),
            (&["--unbind", &code], 0, "unbound"),
            (&["--trial"], 1, ""),
        ] {
            let (found, line) = user.run(language, &function.base_url(), arguments).await;
            assert!(found == exit && line.starts_with(start), "{language:?}, {arguments:?}: {line}");
        }
    }
}
