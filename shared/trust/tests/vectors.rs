//! Our own way to check proofs, on the cases that every client can test itself with.

use kami_trust::key::PublicKey;
use kami_trust::licence::Holder;
use kami_trust::nonce::Nonce;
use kami_trust::proof::{Lease, Question, Trust};
use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Deserialize)]
struct Case {
    name: String,
    kind: Kind,
    good: bool,
    roots: Vec<String>,
    app: String,
    #[serde(default)]
    route: String,
    #[serde(default)]
    nonce: String,
    code: String,
    machine: String,
    #[serde(default)]
    request: String,
    #[serde(default)]
    status: u16,
    clock: i64,
    latest: i64,
    device: Option<String>,
    body: Option<String>,
    proof: Option<String>,
    licence: Option<String>,
    answer: Option<Map<String, Value>>,
}

#[derive(PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Answer,
    Lease,
    Licence,
}

#[test]
fn each_case_is_told() {
    let text = include_str!("../../../clients/vectors.json");
    let cases: Vec<Case> = serde_json::from_str(text).unwrap();
    let count =
        |kind: Kind, good: bool| cases.iter().filter(|case| case.kind == kind && case.good == good).count();
    assert!(count(Kind::Answer, true) > 5 && count(Kind::Answer, false) > 40, "they are all there");
    assert!(count(Kind::Lease, true) > 1 && count(Kind::Lease, false) > 10);
    assert!(count(Kind::Licence, true) > 10 && count(Kind::Licence, false) > 30);
    for case in &cases {
        let roots: Vec<PublicKey> = case.roots.iter().map(|pin| PublicKey::parse(pin).unwrap()).collect();
        let trust = Trust { roots: &roots, clock: case.clock, latest: case.latest };
        match case.kind {
            Kind::Answer => {
                let nonce: Nonce = case.nonce.parse().unwrap();
                let question = Question {
                    code: Some(nonce.digest(&case.code)),
                    machine: Some(nonce.digest(&case.machine)),
                    request: Some(nonce.digest(&case.request)),
                    route: case.route.clone(),
                    app: case.app.clone(),
                    device: case.device.clone(),
                    nonce,
                };
                let believed = trust.believed(&question, case.status, case.body.as_ref().unwrap());
                assert_eq!(believed.as_ref().ok(), case.answer.as_ref(), "{}: {believed:?}", case.name);
                assert_eq!(believed.is_ok(), case.good, "{}", case.name);
            }
            Kind::Lease => {
                let proof = case.proof.as_ref().unwrap();
                let device = case.device.as_deref();
                let lease = Lease { proof, app: &case.app, code: &case.code, machine: &case.machine, device };
                let started = trust.lets_start(lease);
                assert_eq!(started.is_ok(), case.good, "{}: {started:?}", case.name);
            }
            Kind::Licence => {
                let device = case.device.as_deref();
                let holder = Holder { app: &case.app, code: &case.code, machine: &case.machine, device };
                let licensed = trust.licensed(holder, case.licence.as_ref().unwrap());
                assert_eq!(licensed.as_ref().ok(), case.answer.as_ref(), "{}: {licensed:?}", case.name);
                assert_eq!(licensed.is_ok(), case.good, "{}", case.name);
            }
        }
    }
}
