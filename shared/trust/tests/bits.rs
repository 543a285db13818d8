//! No bit of what is signed can be changed unnoticed.

#![expect(clippy::unwrap_used, reason = "in a test the panic is the report")]

use kami_trust::certificate::Certificate;
use kami_trust::key::{PrivateKey, PublicKey};
use kami_trust::licence::{self, Holder};
use kami_trust::nonce::Nonce;
use kami_trust::online::OnlineKey;
use kami_trust::pem_file::StoredKey;
use kami_trust::proof::{Answered, Bounds, Claims, Lease, MEMBER, Question, Trust};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

const NOW: i64 = 1_800_000_000;
const DAY: i64 = 24 * 3600;

/// An answer with its proof, and who may believe it.
struct Signed {
    root: PublicKey,
    question: Question,
    answer: Map<String, Value>,
    certificate: String,
    proof: String,
}

impl Signed {
    fn new() -> Self {
        let root = PrivateKey::from_pkcs8(&PrivateKey::generate().unwrap()).unwrap();
        let online = PrivateKey::generate().unwrap();
        let public = PrivateKey::from_pkcs8(&online).unwrap().public();
        let certificate = Certificate::at(NOW - DAY, public, None, 90 * DAY).signed(&root).unwrap();
        let key = OnlineKey::of(StoredKey::new(online, certificate.clone())).unwrap();
        let nonce: Nonce = "0123456789abcdef".parse().unwrap();
        let question = Question {
            code: Some(nonce.digest("VIP-1")),
            machine: Some(nonce.digest("PC")),
            request: None,
            device: None,
            route: "POST /api/validate".to_owned(),
            app: "demo".to_owned(),
            nonce,
        };
        let Value::Object(answer) = json!({"status": "success", "notice": "n".repeat(200)}) else { panic!() };
        let answered = Answered { status: 200, members: answer.clone() };
        let bounds = Bounds { until: None, offline_until: Some(NOW + 9 * DAY) };
        let claims = Claims::new(question.clone(), answered, bounds, NOW, key.certificate.until);
        Self { root: root.public(), question, answer, certificate, proof: key.sign(&claims).unwrap() }
    }

    /// What is still taken of a proof: as one of the answer, and as a kept lease.
    fn taken(&self, proof: &str) -> [bool; 2] {
        let trust = Trust { roots: &[self.root], clock: NOW, latest: 0 };
        let mut body = self.answer.clone();
        body.insert(MEMBER.to_owned(), proof.into());
        let body = Value::Object(body).to_string();
        let lease = Lease { proof, app: "demo", code: "VIP-1", machine: "PC", device: None };
        [trust.believed(&self.question, 200, &body).is_ok(), trust.lets_start(lease).is_ok()]
    }
}

/// Every text that differs from another in one bit; bytes that are no text reach no parser.
fn neighbours(text: &str) -> impl Iterator<Item = String> {
    let bits = (0..text.len()).flat_map(|place| (0..8).map(move |bit| (place, 1 << bit)));
    bits.filter_map(|(place, bit)| {
        let mut bytes = text.as_bytes().to_vec();
        bytes[place] ^= bit;
        String::from_utf8(bytes).ok()
    })
}

#[test]
fn no_bit_can_be_changed() {
    let signed = Signed::new();
    assert_eq!(signed.taken(&signed.proof), [true; 2]);
    for proof in neighbours(&signed.proof) {
        assert_eq!(signed.taken(&proof), [false; 2], "{proof}");
    }
    let verified = |text: &str| Certificate::verified(text, &[signed.root]).is_ok();
    assert!(verified(&signed.certificate));
    for certificate in neighbours(&signed.certificate) {
        assert!(!verified(&certificate), "{certificate}");
    }
}

/// The two kinds of licences: one by an online key and one by a root key, and the root key.
fn licences() -> (PublicKey, [String; 2]) {
    let root = PrivateKey::from_pkcs8(&PrivateKey::generate().unwrap()).unwrap();
    let online = PrivateKey::generate().unwrap();
    let public = PrivateKey::from_pkcs8(&online).unwrap().public();
    let certificate = Certificate::at(NOW - DAY, public, None, 90 * DAY).signed(&root).unwrap();
    let key = OnlineKey::of(StoredKey::new(online, certificate)).unwrap();
    let Value::Object(answer) = json!({"status": "success", "expire_at": null}) else { panic!() };
    let claims = licence::Claims::new(HOLDER, &"0123456789abcdef".parse().unwrap(), answer, NOW, None);
    (root.public(), [key.license(&claims).unwrap(), claims.signed(&root).unwrap()])
}

const HOLDER: Holder<'_> = Holder { app: "demo", code: "VIP-1", machine: "PC", device: None };

/// Whether a licence is still taken.
fn is_taken(root: PublicKey, licence: &str) -> bool {
    let trust = Trust { roots: &[root], clock: NOW, latest: 0 };
    trust.licensed(HOLDER, &licence::write(licence)).is_ok()
}

#[test]
fn no_bit_of_a_licence_can_be_changed() {
    let (root, licences) = licences();
    for licence in licences {
        assert!(is_taken(root, &licence));
        // What parts a licence in its file says nothing.
        for changed in neighbours(&licence).filter(|changed| !changed.contains([' ', '\t', '\r', '\n'])) {
            assert!(!is_taken(root, &changed), "{changed}");
        }
    }
}

proptest! {
    /// Nor of a licence, in whose file it may be parted by white space.
    #[test]
    fn no_piece_of_a_licence_can_be_replaced(
        start: prop::sample::Index, length in 0..40_usize, piece in "[A-Za-z0-9_.=-]{0,40}", is_of_root: bool,
    ) {
        let (root, licences) = licences();
        let mut licence = licences[usize::from(is_of_root)].clone();
        let start = start.index(licence.len());
        let end = (start + length).min(licence.len());
        prop_assume!(licence[start..end] != piece);
        licence.replace_range(start..end, &piece);
        prop_assert!(!is_taken(root, &licence), "{}", licence);
    }

    /// Nor can a piece be replaced, cut out or put in.
    #[test]
    fn no_piece_can_be_replaced(start: prop::sample::Index, length in 0..40_usize, piece in "[A-Za-z0-9_.=-]{0,40}") {
        let signed = Signed::new();
        let start = start.index(signed.proof.len());
        let end = (start + length).min(signed.proof.len());
        prop_assume!(signed.proof[start..end] != piece);
        let mut proof = signed.proof.clone();
        proof.replace_range(start..end, &piece);
        prop_assert_eq!(signed.taken(&proof), [false; 2], "{}", proof);
    }
}
