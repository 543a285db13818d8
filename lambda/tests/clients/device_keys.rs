//! The key of its device by which an app signs what it asks.

use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use serde_json::{Value, json};

use crate::device::{SHORT, Signed, kept};
use crate::language::Language;
use crate::scene::{GRANTED, Scene};
use crate::server::{Reply, Server, admission, error};
use crate::signer::now;
use crate::user::User;

in_each_language! {
    signs_what_it_asks_and_says_the_number_that_it_was_told_last
    signs_again_by_the_moment_of_the_server
    asks_unsigned_where_it_has_no_key
}

/// What a seller answers at any address.
fn answer(path: &str) -> Value {
    match path {
        "/api/validate" => admission(),
        "/api/unbind" => {
            json!({"status": "success", "unbound": true, "remaining_unbinds": null, "cost": null})
        }
        "/api/release" => json!({"status": "success", "released": true}),
        "/api/trial" => json!({"status": "success", "code": "TRIAL-1", "message": "", "expire_at": null}),
        "/api/recharge" => json!({"status": "success", "expire_at": null}),
        _ => panic!("{path}"),
    }
}

impl Scene {
    /// A server that answers everything, and tells this number with an admission.
    fn seller(&self, sequence: i64) -> Reply {
        let signer = self.signer.clone();
        Reply::made(move |asked| {
            let mut answer = answer(asked.path);
            if asked.path == "/api/validate" {
                answer["device_sequence"] = sequence.into();
            }
            (200, signer.proven(answer.clone(), &asked.claims(200, &answer)))
        })
    }

    /// A server whose clock is wrong by some seconds, and that takes a signature only of its own moment.
    fn at_another_moment(&self, ahead: i64, takes_any: bool) -> Reply {
        let signer = self.signer.clone();
        Reply::made(move |asked| {
            let is_of_its_moment = |signed: &Signed| (signed.at - now() - ahead).abs() <= 300;
            let is_taken = takes_any && asked.signed.is_some_and(is_of_its_moment);
            let (status, answer) =
                if is_taken { (200, admission()) } else { (403, error("signature_expired")) };
            let mut claims = asked.claims(status, &answer);
            claims["iat"] = (now() + ahead).into();
            (status, signer.proven(answer, &claims))
        })
    }
}

fn place_key(user: &User, text: &str) {
    std::fs::create_dir_all(user.folder()).unwrap();
    std::fs::write(user.key(), text).unwrap();
}

async fn signs_what_it_asks_and_says_the_number_that_it_was_told_last(language: Language) {
    let scene = Scene::new();
    let server = Server::start([scene.seller(7)]).await;
    let asks: [(&[&str], &str); 5] = [
        (&["VIP-1"], GRANTED),
        (&["--unbind", "VIP-1"], "unbound"),
        (&["--release", "VIP-1"], "released"),
        (&["--trial"], "TRIAL-1"),
        (&["--recharge", "VIP-1", "VIP-2"], "topped up"),
    ];
    for (arguments, line) in asks {
        let told = scene.user.run(language, &server.url, arguments).await;
        assert_eq!(told, (0, line.to_owned()), "{language:?}");
    }
    let device = kept(&scene.user.key());
    let mode = std::fs::metadata(scene.user.key()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "{language:?}");
    for (signed, (sequence, (arguments, _))) in
        server.signed().into_iter().zip([0, 7, 7, 7, 7].iter().zip(asks))
    {
        let signed = signed.unwrap_or_else(|| panic!("{language:?} signs {arguments:?}"));
        assert!((signed.at - now()).abs() <= 300, "{language:?}, {arguments:?}: {signed:?}");
        assert_eq!(
            signed,
            Signed { device: device.clone(), at: signed.at, sequence: *sequence },
            "{language:?}"
        );
    }
    // another process of the app was told another one meanwhile
    let lease = scene.lease();
    let busy = Reply::made(move |_| {
        let mut kept: Value = serde_json::from_slice(&std::fs::read(&lease).unwrap()).unwrap();
        assert_eq!(kept["sequence"], 7);
        kept["sequence"] = 9.into();
        std::fs::write(&lease, kept.to_string()).unwrap();
        (503, error("unavailable"))
    });
    let server = Server::start([busy, scene.seller(9)]).await;
    assert_eq!(scene.user.run(language, &server.url, &["VIP-1"]).await.0, 0, "{language:?}");
    let sequences: Vec<i64> = server.signed().into_iter().map(|signed| signed.unwrap().sequence).collect();
    assert_eq!(sequences, [7, 9], "{language:?}: of the file, at each try");
}

async fn signs_again_by_the_moment_of_the_server(language: Language) {
    let mut scene = Scene::new();
    // who waits takes longer than this
    scene.user.wait = "20";
    place_key(&scene.user, SHORT);
    for (ahead, takes_any, told) in
        [(3600, true, (0, GRANTED)), (-3000, false, (1, "消息 signature_expired"))]
    {
        let server = Server::start([scene.at_another_moment(ahead, takes_any)]).await;
        let found = scene.user.run(language, &server.url, &["VIP-1"]).await;
        let signed: Vec<_> = server.signed().into_iter().map(|signed| signed.expect("it signs")).collect();
        assert_eq!(found, (told.0, told.1.to_owned()), "{language:?}");
        assert_eq!(signed.len(), 2, "{language:?}: once more");
        assert!(server.pauses()[0] < Duration::from_secs(15), "{language:?}: at once");
        assert!((signed[0].at - now()).abs() <= 300, "{language:?}: by its clock");
        assert!((signed[1].at - now() - ahead).abs() <= 300, "{language:?}: by the server's");
        assert!(signed.iter().all(|signed| signed.device == kept(&scene.user.key())), "{language:?}");
    }
}

/// What another writes of a key, and what nobody can keep.
async fn asks_unsigned_where_it_has_no_key(language: Language) {
    let public = SHORT.replace(r#""d":"#, r#""e":"#);
    let of_another = SHORT.replace("sQPg", "sQPk");
    let mut scene = Scene::new();
    // a proof for a signed request is none of an unsigned one
    let to_another = scene.reply(
        200,
        json!({"status": "success", "message": "to another"}),
        || json!({"device": "thumbprint"}),
    );
    for broken in [Some(""), Some(&public), Some(&of_another), None] {
        scene.user = User { root_keys: scene.root_keys.clone(), ..User::new() };
        match broken {
            Some(text) => place_key(&scene.user, text),
            None => std::fs::write(scene.user.home.0.join(".config"), "").unwrap(),
        }
        let server = Server::start([to_another.clone(), scene.seller(7)]).await;
        let told = scene.user.run(language, &server.url, &["VIP-1"]).await;
        assert_eq!(told, (0, GRANTED.to_owned()), "{language:?} with {broken:?}");
        assert_eq!(server.signed(), [None, None], "{language:?} with {broken:?}");
        let found = std::fs::read_to_string(scene.user.key()).ok();
        assert_eq!(found.as_deref(), broken, "{language:?} leaves it as it is");
    }
    let user = User::new();
    let server = Server::start([Reply::admission()]).await;
    assert_eq!(user.run(language, &server.url, &["VIP-1"]).await.0, 0, "{language:?}");
    assert_eq!((server.signed(), user.key().exists()), (vec![None], false), "{language:?} without root keys");
}

#[tokio::test]
async fn each_example_signs_by_the_key_that_another_made() {
    let readers = Language::ALL.into_iter().cycle().skip(1);
    for (maker, reader) in Language::ALL.into_iter().zip(readers) {
        let scene = Scene::new();
        let server = Server::start([scene.seller(7)]).await;
        for language in [maker, reader] {
            assert_eq!(scene.user.run(language, &server.url, &["VIP-1"]).await.0, 0, "{language:?}");
        }
        let signed: Vec<_> = server
            .signed()
            .into_iter()
            .map(|signed| signed.map(|signed| (signed.device, signed.sequence)))
            .collect();
        let device = kept(&scene.user.key());
        assert_eq!(signed, [Some((device.clone(), 0)), Some((device, 7))], "{reader:?} after {maker:?}");
    }
}
