//! Whether a machine is let in, and what its user is told.

use serde_json::json;

use crate::language::Language;
use crate::server::{Reply, Server, admission};
use crate::start;
use crate::user::User;

in_each_language! {
    shows_what_a_card_has_left
    says_its_app_and_its_version_and_sends_the_code_as_it_was_typed
    takes_a_reason_of_a_later_version_as_final
    shows_nothing_that_a_terminal_obeys
    tells_people_how_long_to_wait
    reads_a_long_answer
}

#[tokio::test]
async fn the_machine_that_it_binds_is_admitted() {
    let (database, function) = start().await;
    database.insert_card("VIP", "TESTCODE1").await;
    for language in Language::ALL {
        for typed in ["VIP-TESTCODE1", "  VIP-TESTCODE1 "] {
            let (exit, line) = User::new().run(language, &function.base_url(), &[typed]).await;
            assert_eq!((exit, line.starts_with("授权成功 (20")), (0, true), "{language:?}: {line}");
        }
    }
    let other = function.client().await.validate("VIP-TESTCODE1", "another machine").await;
    assert_eq!(other.reason(), "machine_mismatch");
}

#[tokio::test]
async fn a_refusal_is_final() {
    let (database, function) = start().await;
    database.insert_card("VIP", "TESTCODE1").await;
    function.client().await.validate("VIP-TESTCODE1", "another machine").await;
    for language in Language::ALL {
        for (code, message) in [("VIP-TESTCODE1", "机器码不匹配"), (&"X".repeat(129), "卡密或机器码格式错误")]
        {
            let server = Server::start([Reply::Relay(function.address().to_owned())]).await;
            let refused = User::new().run(language, &server.url, &[code]).await;
            assert_eq!(refused, (1, message.to_owned()), "{language:?}");
            assert_eq!(server.requests().len(), 1, "{language:?}");
        }
    }
}

async fn takes_a_reason_of_a_later_version_as_final(language: Language) {
    let server = Server::start([Reply::error(451, "new")]).await;
    assert_eq!(User::new().run(language, &server.url, &["VIP-1"]).await, (1, "消息 new".to_owned()));
    assert_eq!(server.requests().len(), 1);
}

async fn shows_what_a_card_has_left(language: Language) {
    let until = admission()["expire_at"].clone();
    for (expire_at, points, shown) in [
        (json!(null), None, ""),
        (until, Some(0), " (2026-01-01T15:00:00+08:00, 0 points)"),
        (json!(null), Some(100), " (100 points)"),
    ] {
        let mut answer = admission();
        answer["expire_at"] = expire_at;
        if let Some(points) = points {
            answer["points"] = json!(points);
        }
        let server = Server::start([Reply::json(200, &answer)]).await;
        let told = User::new().run(language, &server.url, &["VIP-1"]).await;
        assert_eq!(told, (0, format!("授权成功{shown}")));
    }
}

#[tokio::test]
async fn a_version_too_old_is_sent_for_a_newer_one() {
    let (database, function) = start().await;
    database.insert_card("VIP", "TESTCODE1").await;
    let relay = Server::start([Reply::Relay(function.address().to_owned())]).await;
    let url = "https://example.com/%E4%B8%8B%E8%BD%BD?a=b&c={d}";
    for (app, shown) in [("minimum = '1.0.1'", String::new()), (&format!("url = '{url}'"), format!(" {url}"))]
    {
        let change = format!("UPDATE apps SET {app}; UPDATE policy_revision SET revision = revision + 1");
        database.execute(&change).await;
        for language in Language::ALL {
            let refused = User::new().run(language, &relay.url, &["VIP-TESTCODE1"]).await;
            assert_eq!(refused, (1, format!("当前版本过旧，请更新后再使用{shown}")), "{language:?}");
        }
    }
    assert_eq!(relay.requests().len(), 2 * Language::ALL.len(), "each asked once");
}

/// An app that says things in which every bracket and quote of JSON stands, and what a terminal would obey.
const TALKATIVE: &str = r#"UPDATE apps SET latest = '2.0', url = 'https://example.com',
    notice = CONCAT('第一行\n"第二行"\t{a} [\\n], b', CHAR(27 USING utf8mb4), '[31m',
        CHAR(0xC29B USING utf8mb4), '1m'),
    named_values = JSON_ARRAY(
        JSON_OBJECT('name', 'notice', 'value', '"},"notice":"no"', 'public', TRUE),
        JSON_OBJECT('name', 'status', 'value', '{"status":"error"}\\', 'public', FALSE)),
    minimum = '0.1'"#;

#[tokio::test]
async fn the_notice_of_its_app_is_shown() {
    let (database, function) = start().await;
    database.insert_card("VIP", "TESTCODE1").await;
    database.execute(TALKATIVE).await;
    // in the function's own order, and in that of the alphabet
    let relay = Server::start([Reply::Relay(function.address().to_owned())]).await;
    for language in Language::ALL {
        for url in [&function.base_url(), &relay.url] {
            let (exit, line) = User::new().run(language, url, &["VIP-TESTCODE1"]).await;
            let said = line.split_once(") ").map(|(_, notice)| notice);
            let notice = r#"第一行 "第二行" {a} [\n], b [31m 1m"#;
            assert_eq!((exit, said), (0, Some(notice)), "{language:?}: {line}");
            assert!(line.starts_with("授权成功 (20"), "{language:?}: {line}");
        }
    }
    database
        .execute("UPDATE apps SET notice = NULL; UPDATE policy_revision SET revision = revision + 1")
        .await;
    for language in Language::ALL {
        let (exit, line) = User::new().run(language, &function.base_url(), &["VIP-TESTCODE1"]).await;
        assert!(exit == 0 && line.ends_with(')'), "{language:?}: {line}");
    }
}

async fn says_its_app_and_its_version_and_sends_the_code_as_it_was_typed(language: Language) {
    let server = Server::start([Reply::admission()]).await;
    let typed = [r#""},{"a":"b a\b\\c\n\u0041 卡密😀é $(id) `id` %s & ' * ~"#, "-n", "@/etc/passwd"];
    for code in typed {
        assert_eq!(User::new().run(language, &server.url, &[code]).await.0, 0);
    }
    for (request, code) in server.requests().iter().zip(typed) {
        let said = (&request["code"], &request["app"], &request["version"]);
        assert_eq!(said, (&json!(code), &json!("default"), &json!("1.0.0")));
    }
    // A control character may be made a space, which no card has either.
    User::new().run(language, &server.url, &["a\tb\nc\u{7f}"]).await;
    let sent = server.requests().pop().unwrap()["code"].as_str().unwrap().to_owned();
    assert!(["a\tb\nc\u{7f}", "a b c "].contains(&sent.as_str()), "{sent:?}");
}

async fn shows_nothing_that_a_terminal_obeys(language: Language) {
    let refusal = json!({
        "status": "error", "reason": "new", "message": "消息\u{9b}31m", "url": "https://example.com/\u{9b}1m",
    });
    let server = Server::start([Reply::json(403, &refusal)]).await;
    let refused = User::new().run(language, &server.url, &["VIP-1"]).await;
    assert_eq!(refused, (1, "消息 31m https://example.com/ 1m".to_owned()));
}

async fn tells_people_how_long_to_wait(language: Language) {
    for (seconds, shown) in [("1", "1 s"), ("121", "3 min"), ("172801", "3 d")] {
        let server = Server::start([Reply::error(403, "new").retry_after(seconds)]).await;
        let refused = User::new().run(language, &server.url, &["VIP-1"]).await;
        assert_eq!(refused, (1, format!("消息 new ({shown})")));
        assert_eq!(server.requests().len(), 1);
    }
}

async fn reads_a_long_answer(language: Language) {
    let mut answer = admission();
    answer["app"] = json!({"values": {"list": "x".repeat(200 * 1024)}});
    let server = Server::start([Reply::json(200, &answer)]).await;
    assert_eq!(User::new().run(language, &server.url, &["VIP-1"]).await.0, 0, "{language:?}");
}
