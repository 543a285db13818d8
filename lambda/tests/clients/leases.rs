//! Starting without a network, and for how long an app runs on.

use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use kami_testkit::skip_for_want_of;
use serde_json::{Value, json};

use crate::language::Language;
use crate::scene::{DAY, GRANTED, Scene, nowhere};
use crate::server::{Reply, Server, admission, error};
use crate::signer::now;
use crate::user::{HIDING, User, without_machine_id};

in_each_language! {
    starts_without_a_network_while_its_lease_lasts
    starts_without_a_network_by_no_lease_that_is_not_its_own
    keeps_no_lease_once_it_is_refused_or_gives_its_seat_up
    keeps_its_lease_whatever_is_said_of_another_card
    asks_again_halfway_after_a_start_by_its_lease
    is_told_when_it_has_to_end
}

async fn starts_without_a_network_while_its_lease_lasts(language: Language) {
    let scene = Scene::new();
    assert_eq!(scene.alone(language, "VIP-1").await, 2, "it keeps none yet");
    scene.admitted(language).await;
    let mode = std::fs::metadata(scene.lease()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "{language:?}");
    let told = scene.user.run(language, &nowhere().await, &["VIP-1"]).await;
    assert_eq!(told, (0, GRANTED.to_owned()), "{language:?}");
    // a proof that is none, and an outage that is proven
    let unproven = vec![Reply::error(403, "card_expired")];
    assert_eq!(scene.told(language, unproven, &["VIP-1"]).await.0, 0, "{language:?}");
    let busy = scene.reply(503, error("unavailable"), || json!({}));
    assert_eq!(scene.told(language, vec![busy], &["VIP-1"]).await.0, 0, "{language:?}");
    // the clock was turned back a year since it was last seen
    scene.change("latest", |latest| latest + 365 * DAY);
    assert_eq!(scene.alone(language, "VIP-1").await, 2, "{language:?}");
    // a clock that was a year ahead once keeps nobody from his seller
    scene.admitted(language).await;
    assert_eq!(scene.alone(language, "VIP-1").await, 0, "{language:?}");
    let over = scene.reply(200, admission(), || json!({"offline_until": now()}));
    assert_eq!(scene.told(language, vec![over], &["VIP-1"]).await.0, 0, "{language:?}");
    assert_eq!(scene.alone(language, "VIP-1").await, 2, "{language:?}");
}

async fn starts_without_a_network_by_no_lease_that_is_not_its_own(language: Language) {
    let scene = Scene::new();
    scene.admitted(language).await;
    assert_eq!(scene.alone(language, "VIP-2").await, 2, "{language:?}: another card");
    let (key, aside) = (scene.user.key(), scene.user.home.0.join("aside"));
    std::fs::rename(&key, &aside).unwrap();
    assert_eq!(scene.alone(language, "VIP-1").await, 2, "{language:?}: the lease without its key");
    std::fs::rename(&aside, &key).unwrap();
    assert_eq!(scene.alone(language, "VIP-1").await, 0, "{language:?}: with it again");
    let of_another_seller = Scene::new();
    copy(&scene, &of_another_seller);
    assert_eq!(of_another_seller.alone(language, "VIP-1").await, 2, "{language:?}: another seller's app");
    if without_machine_id().is_none() {
        return skip_for_want_of(HIDING);
    }
    let copied = User { has_machine_id: false, root_keys: scene.root_keys.clone(), ..User::new() };
    let copied = Scene { user: copied, ..Scene::new() };
    copy(&scene, &copied);
    assert_eq!(copied.alone(language, "VIP-1").await, 2, "{language:?}: a copied folder");
}

fn copy(from: &Scene, to: &Scene) {
    std::fs::create_dir_all(to.user.folder()).unwrap();
    for name in ["licence.json", "device.json"] {
        std::fs::copy(from.user.folder().join(name), to.user.folder().join(name)).unwrap();
    }
}

fn unbound() -> Value {
    json!({"status": "success", "unbound": true, "remaining_unbinds": null, "cost": null})
}

fn released() -> Value {
    json!({"status": "success", "released": true})
}

async fn keeps_no_lease_once_it_is_refused_or_gives_its_seat_up(language: Language) {
    let scene = Scene::new();
    for (status, answer, arguments, exit, line) in [
        (403, error("card_disabled"), &["VIP-1"][..], 1, "消息 card_disabled"),
        (200, admission(), &["VIP-1"], 0, GRANTED),
        (200, unbound(), &["--unbind", "VIP-1"], 0, "unbound"),
        (200, released(), &["--release", "VIP-1"], 0, "released"),
    ] {
        scene.admitted(language).await;
        let told = scene.told(language, vec![scene.reply(status, answer, || json!({}))], arguments).await;
        assert_eq!(told, (exit, line.to_owned()), "{language:?}");
        assert_eq!(scene.alone(language, "VIP-1").await, 2, "{language:?}: {line}");
    }
    scene.admitted(language).await;
    let nothing = scene.reply(200, json!({"status": "success", "released": false}), || json!({}));
    let told = scene.told(language, vec![nothing], &["--release", "VIP-1"]).await;
    assert_eq!(told, (0, "nothing to release".to_owned()), "{language:?}");
    assert_eq!(scene.alone(language, "VIP-1").await, 0, "{language:?}: it had no seat to give up");
}

/// Such as a code that was mistyped.
async fn keeps_its_lease_whatever_is_said_of_another_card(language: Language) {
    let scene = Scene::new();
    scene.admitted(language).await;
    for (status, answer, arguments, exit, line) in [
        (404, error("card_not_found"), &["VIP-2"][..], 1, "消息 card_not_found"),
        (403, error("card_disabled"), &["VIP-2"], 1, "消息 card_disabled"),
        (200, admission(), &["VIP-2"], 0, GRANTED),
        (200, unbound(), &["--unbind", "VIP-2"], 0, "unbound"),
        (200, released(), &["--release", "VIP-2"], 0, "released"),
    ] {
        let told = scene.told(language, vec![scene.reply(status, answer, || json!({}))], arguments).await;
        assert_eq!(told, (exit, line.to_owned()), "{language:?}");
        assert_eq!(scene.alone(language, "VIP-1").await, 0, "{language:?}: {arguments:?}: {line}");
    }
    scene.let_in(language, "VIP-2").await;
    let (former, latter) = (scene.alone(language, "VIP-1").await, scene.alone(language, "VIP-2").await);
    assert_eq!((former, latter), (2, 0), "{language:?}: it keeps the newest");
}

async fn asks_again_halfway_after_a_start_by_its_lease(language: Language) {
    if matches!(language, Language::Shell) {
        return;
    }
    let scene = Scene::new();
    let mut leased = admission();
    // it was to ask again long ago
    leased["renew_after"] = "2026-01-01T15:00:00+08:00".into();
    leased["lease_until"] = "2099-01-01T15:00:00+08:00".into();
    let reply = scene.reply(200, leased, || json!({"offline_until": now() + 10}));
    assert_eq!(scene.told(language, vec![reply], &["VIP-1"]).await.0, 0, "{language:?}");
    let mut script = vec![Reply::error(503, "unavailable"); 4];
    script.push(scene.reply(403, error("seats_full"), || json!({})));
    let server = Server::start(script).await;
    let told = scene.user.run(language, &server.url, &["--watch", "VIP-1"]).await;
    assert_eq!(told, (1, "消息 seats_full".to_owned()), "{language:?}");
    assert!(server.pauses()[3] >= Duration::from_secs(1), "{language:?}: {:?}", server.pauses());
}

async fn is_told_when_it_has_to_end(language: Language) {
    if matches!(language, Language::Shell) {
        return; // a command that ends asks nothing in the background
    }
    let scene = Scene::new();
    let for_a_second = || scene.reply(200, admission(), || json!({"exp": now() + 1}));
    let mut leased = admission();
    leased["lease_until"] = "2099-01-01T15:00:00+08:00".into();
    let leased = scene.reply(200, leased, || json!({"exp": now() + 1}));
    let refused = scene.reply(403, error("seats_full"), || json!({}));
    let script = vec![for_a_second(), leased, refused];
    let told = scene.told(language, script, &["--watch", "VIP-1"]).await;
    assert_eq!(told, (1, "消息 seats_full".to_owned()), "{language:?}");
    let script = vec![for_a_second(), Reply::admission()];
    let (exit, line) = scene.told(language, script, &["--watch", "VIP-1"]).await;
    assert!(exit == 2 && line.ends_with(", no proof"), "{language:?}: {line}");
}
