//! Starting by the file of a licence, on a machine that is never online.

use kami_trust::licence::{Claims, Holder, write};
use serde_json::Value;

use crate::device::kept;
use crate::language::Language;
use crate::scene::{DAY, GRANTED, Scene, nowhere};
use crate::server::{Reply, Server, admission, error};
use crate::signer::now;

in_each_language! { starts_by_its_licence_where_nobody_answers }

const NO_LICENCE: &str = "no licence of this card for this machine";

/// The text of the file of a licence.
fn licence(scene: &Scene, code: &str, machine: &str, device: &str, until: i64) -> String {
    let Value::Object(answer) = admission() else { panic!("an object") };
    let holder = Holder { app: "default", code, machine, device: Some(device) };
    let nonce = "a-nonce-of-a-licence".parse().unwrap();
    let claims = Claims::new(holder, &nonce, answer, now(), Some(until));
    write(&claims.signed(&scene.root).unwrap())
}

async fn starts_by_its_licence_where_nobody_answers(language: Language) {
    let scene = Scene::new();
    let server = Server::start([Reply::error(503, "unavailable")]).await;
    assert_eq!(scene.user.run(language, &server.url, &["VIP-1"]).await.0, 2, "{language:?}: it has none");
    let machine = server.requests()[0]["machine_code"].as_str().unwrap().to_owned();
    let device = kept(&scene.user.key());
    let (mail, own) = (scene.user.home.0.join("mail.txt"), scene.user.folder().join("licence.txt"));
    let name = mail.to_str().unwrap();
    let nowhere = nowhere().await;
    for (what, text) in [
        ("another card's", licence(&scene, "VIP-2", &machine, &device, now() + DAY)),
        ("another machine's", licence(&scene, "VIP-1", "another", &device, now() + DAY)),
        ("another device's", licence(&scene, "VIP-1", &machine, "another", now() + DAY)),
        ("one that is over", licence(&scene, "VIP-1", &machine, &device, now())),
    ] {
        std::fs::write(&mail, text).unwrap();
        let told = scene.user.run(language, &nowhere, &["--licence", name, "VIP-1"]).await;
        assert_eq!((told, own.exists()), ((1, NO_LICENCE.to_owned()), false), "{language:?}: {what}");
    }
    std::fs::copy(&mail, &own).unwrap();
    assert_eq!(
        scene.alone(language, "VIP-1").await,
        2,
        "{language:?}: put there by hand, it is over as well"
    );
    let good = licence(&scene, "VIP-1", &machine, &device, now() + DAY).replace('\n', "\r\n");
    std::fs::write(&mail, format!("您好 Ann,\r\n\r\n{good}\r\n-- \r\nthe seller")).unwrap();
    let told = scene.user.run(language, &nowhere, &["--licence", name, "VIP-1"]).await;
    assert_eq!(told, (0, GRANTED.to_owned()), "{language:?}");
    std::fs::remove_file(mail).unwrap();
    let told = scene.user.run(language, &nowhere, &["VIP-1"]).await;
    assert_eq!(told, (0, GRANTED.to_owned()), "{language:?}");
    // while the server answers it decides, and the licence stays
    let refusal = || scene.reply(403, error("card_disabled"), || serde_json::json!({}));
    assert_eq!(scene.told(language, vec![refusal()], &["VIP-1"]).await.0, 1, "{language:?}");
    assert_eq!(scene.alone(language, "VIP-1").await, 0, "{language:?}");
    // the clock was turned back a year since it was last seen
    scene.change("latest", |latest| latest + 365 * DAY);
    assert_eq!(scene.alone(language, "VIP-1").await, 2, "{language:?}");
}
