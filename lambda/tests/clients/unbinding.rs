//! Giving up the seat of a machine, and what its user is told.

use serde_json::json;

use crate::language::Language;
use crate::server::{Reply, Server};
use crate::start;
use crate::user::User;

in_each_language! {
    tries_to_unbind_for_less_than_a_minute
    tells_what_was_paid_in_points
}

/// The code of a card of its own for each language.
fn code(language: Language) -> String {
    format!("VIP-{language:?}")
}

#[tokio::test]
async fn a_customer_moves_to_another_machine_and_is_told_what_that_costs() {
    let (database, function) = start().await;
    database
        .execute("UPDATE apps SET policy = 'unbind=machine unbind-cooldown=86400 unbind-limit=3 unbind-cost=3600s'")
        .await;
    for language in Language::ALL {
        database.insert_card("VIP", &format!("{language:?}")).await;
        let (code, user) = (code(language), User::new());
        let server = Server::start([Reply::Relay(function.address().to_owned())]).await;
        assert_eq!(user.run(language, &server.url, &[&code]).await.0, 0, "{language:?}");

        let (exit, line) = user.run(language, &server.url, &["--unbind", &code]).await;
        let until = line.strip_prefix("unbound, 2 more within 30 days, paid 60 min (20").map(str::to_owned);
        assert!(exit == 0 && until.is_some(), "{language:?}: {line}");
        let again = user.run(language, &server.url, &["--unbind", &code]).await;
        let nothing = format!("nothing left to unbind, 2 more within 30 days (20{}", until.unwrap());
        assert_eq!(again, (0, nothing), "{language:?}");
        assert_eq!(server.paths(), ["/api/validate", "/api/unbind", "/api/unbind"]);
        let asked = server.requests();
        assert_eq!(
            asked[1],
            json!({"code": code, "machine_code": asked[0]["machine_code"], "app": "default"})
        );

        let too_early = user.run(language, &server.url, &[&code]).await;
        assert_eq!(too_early, (1, "解绑后冷却中，请稍后再试 (24 h)".to_owned()), "{language:?}");
        let moved = function.client().await.validate(&code, "another machine").await;
        assert_eq!(moved.reason(), "", "{language:?}");
    }
}

#[tokio::test]
async fn who_cannot_unbind_is_told_why_and_asks_once() {
    let (database, function) = start().await;
    for (code, policy, rest) in [
        ("NOT", "", ""),
        ("POOR", "unbind=machine unbind-cost=5p", ", points = 4"),
        ("SOON", "unbind=machine unbind-cooldown=86400", ""),
    ] {
        database.insert_card("VIP", code).await;
        database.execute(&format!("UPDATE cards SET policy = '{policy}'{rest} WHERE code = '{code}'")).await;
    }
    let relay = Server::start([Reply::Relay(function.address().to_owned())]).await;
    for code in ["VIP-NOT", "VIP-POOR", "VIP-SOON"] {
        assert_eq!(User::new().run(Language::Rust, &relay.url, &[code]).await.0, 0);
    }
    database
        .execute(
            "INSERT INTO customer_log (card_id, act, done_at, machine_code)
                SELECT id, 'UNBIND', UTC_TIMESTAMP(), 'PC-0' FROM cards WHERE code = 'SOON'",
        )
        .await;
    let before = relay.requests().len();
    let refusals = [
        ("VIP-NOT", "该卡密不支持自助解绑"),
        ("VIP-POOR", "剩余时长或点数不足以解绑"),
        ("VIP-SOON", "解绑后冷却中，请稍后再试 (24 h)"),
    ];
    for language in Language::ALL {
        for (code, message) in refusals {
            let refused = User::new().run(language, &relay.url, &["--unbind", code]).await;
            assert_eq!(refused, (1, message.to_owned()), "{language:?}");
        }
    }
    assert_eq!(relay.requests().len() - before, refusals.len() * Language::ALL.len());
}

#[tokio::test]
async fn an_answer_that_was_lost_is_asked_for_again_and_paid_once() {
    let (database, function) = start().await;
    database.execute("UPDATE apps SET policy = 'unbind=machine unbind-limit=3 unbind-cost=3600s'").await;
    for language in Language::ALL {
        database.insert_card("VIP", &format!("{language:?}")).await;
        let (relay, lose) =
            (Reply::Relay(function.address().to_owned()), Reply::Lose(function.address().to_owned()));
        let server = Server::start([relay.clone(), lose, relay]).await;
        let user = User::new();
        assert_eq!(user.run(language, &server.url, &[&code(language)]).await.0, 0, "{language:?}");
        let (exit, line) = user.run(language, &server.url, &["--unbind", &code(language)]).await;
        assert!(
            line.starts_with("nothing left to unbind, 2 more within 30 days (20"),
            "{language:?}: {line}"
        );
        assert_eq!((exit, server.requests().len()), (0, 3), "{language:?}");
    }
    let paid: Vec<u64> = database.rows("SELECT COUNT(*) FROM customer_log", ()).await;
    assert_eq!(paid, [Language::ALL.len() as u64]);
}

async fn tries_to_unbind_for_less_than_a_minute(language: Language) {
    let script = [
        Reply::error(503, "unavailable"),
        Reply::page(502, ""),
        Reply::error(429, "too_many_misses").retry_after("5400"),
    ];
    let server = Server::start(script).await;
    let (exit, line) = User::new().run(language, &server.url, &["--unbind", "VIP-1"]).await;
    assert_eq!((exit, server.requests().len()), (2, 3), "{line}");
    assert!(line.ends_with("消息 too_many_misses (90 min)"), "{line}");
}

async fn tells_what_was_paid_in_points(language: Language) {
    let answer = json!({
        "status": "success", "unbound": true, "remaining_unbinds": null, "cost": {"points": 5}, "expire_at": null,
        "points": 7,
    });
    let server = Server::start([Reply::json(200, &answer)]).await;
    let told = User::new().run(language, &server.url, &["--unbind", r#""},{"a":"b"#]).await;
    assert_eq!(told, (0, "unbound, paid 5 points (7 points)".to_owned()));
    assert_eq!(server.requests()[0]["code"], r#""},{"a":"b"#);
}
