//! What clients say of themselves and are told of their app.

use std::collections::BTreeSet;

use hyper::StatusCode;
use kami_core::app::{App, AppEdit, NamedValue};
use kami_core::operator::Operator;
use kami_store::{AppOrder, Store};
use kami_testkit::{Answer, Client, Function, Proxy, TestDatabase, agreed, unique_name};
use serde_json::{Value, json};

use crate::{API, start};

/// The tables as the last version made them, which knew no apps.
const LAST_SCHEMA: &str = concat!(
    include_str!("../../../sql/V1__flask_cards.sql"),
    include_str!("../../../sql/V2__cards.sql"),
    include_str!("../../../sql/V3__batches_and_operator_log.sql"),
    include_str!("../../../sql/V4__accounts.sql"),
);

/// Makes an app, or changes it, as an operator does.
async fn save(store: &Store, app: &str, edit: AppEdit) {
    change(store, app, |app| edit.applied(&app).unwrap()).await;
}

/// Makes something else of an app, or of one of which nothing is said yet.
async fn change(store: &Store, app: &str, wanted: impl FnOnce(App) -> App) {
    let name = app.parse().unwrap();
    let seen = store.app(&name).await.unwrap();
    let now = store.now().await.unwrap();
    let wanted = wanted(seen.clone().unwrap_or_else(|| App::blank(name, now)));
    let order = agreed(AppOrder { seen, wanted: Some(wanted) });
    store.save_app(&Operator::new("anna").unwrap(), &order).await.unwrap();
}

/// What says all that an app can say.
fn full() -> AppEdit {
    let text = |text: &str| Some(text.to_owned());
    let value =
        |name: &str, is_public| NamedValue { name: name.into(), value: "值 \"1\"".into(), is_public };
    AppEdit {
        title: text("演示"),
        latest: text("2.1"),
        minimum: text("2.0"),
        url: text("https://example.com/下载"),
        notice: text("第一行\n第二行"),
        values: vec![value("endpoint", false), value("greeting", true)],
        ..AppEdit::default()
    }
}

/// What an app of [`full`] tells a machine that was let in.
fn told() -> Value {
    json!({
        "latest": "2.1", "minimum": "2.0", "url": "https://example.com/下载", "notice": "第一行\n第二行",
        "values": {"endpoint": "值 \"1\"", "greeting": "值 \"1\""},
    })
}

async fn add_card(database: &TestDatabase, app: &str, code: &str) {
    database.insert_card("VIP", code).await;
    database.execute(&format!("UPDATE cards SET app = '{app}' WHERE code = '{code}'")).await;
}

/// Validates a card with these fields besides.
async fn validate(client: &mut Client, code: &str, fields: Value) -> Answer {
    let mut body = json!({"code": code, "machine_code": "PC-1"});
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    client.send("POST", "/api/validate", &[], &body.to_string()).await
}

/// The names of an answer's members.
fn members(answer: &Answer) -> BTreeSet<&str> {
    answer.body.as_object().unwrap().keys().map(String::as_str).collect()
}

/// Whether the card waits for its first machine.
async fn is_unused(database: &TestDatabase, code: &str) -> bool {
    let query = format!("SELECT status FROM cards WHERE code = '{code}'");
    database.rows::<String>(&query, ()).await == ["UNUSED"]
}

#[tokio::test]
async fn a_client_that_says_its_version_is_told_of_its_app_until_it_knows() {
    let (database, function) = start().await;
    let store = database.store();
    save(&store, "demo", full()).await;
    add_card(&database, "demo", "ONE").await;
    let mut client = function.client().await;

    let first = validate(&mut client, "VIP-ONE", json!({"app": "demo", "version": "2.0"})).await;
    assert_eq!((first.status, &first.body["app"]), (StatusCode::OK, &told()), "it was activated with it");
    let mark = first.body["app_mark"].clone();
    let known = json!({"app": "demo", "version": "2.0", "app_mark": mark});
    let again = validate(&mut client, "VIP-ONE", known.clone()).await;
    let expected = ["app_mark", "expire_at", "message", "remaining_hours", "status"];
    assert_eq!((members(&again), &again.body["app_mark"]), (expected.into(), &mark));

    save(&store, "demo", AppEdit { notice: Some("新".into()), ..AppEdit::default() }).await;
    let changed = validate(&mut client, "VIP-ONE", known).await;
    assert_eq!(changed.body["app"]["notice"], "新", "in the very next answer");
    assert_ne!(changed.body["app_mark"], mark);

    for silent in [json!({"app": "demo"}), json!({"app": "demo", "version": null, "app_mark": mark})] {
        let answer = validate(&mut client, "VIP-ONE", silent).await;
        assert_eq!(members(&answer), ["expire_at", "message", "remaining_hours", "status"].into());
    }
}

#[tokio::test]
async fn an_app_that_says_nothing_is_not_spoken_of() {
    let (database, function) = start().await;
    save(&database.store(), "quiet", AppEdit { title: Some("静".into()), ..AppEdit::default() }).await;
    add_card(&database, "quiet", "QUIET").await;
    database.insert_card("VIP", "ONE").await;
    let mut client = function.client().await;
    for (code, app) in [("VIP-QUIET", "quiet"), ("VIP-ONE", "default"), ("VIP-ONE", "")] {
        let answer = validate(&mut client, code, json!({"app": app, "version": "1", "app_mark": "x"})).await;
        assert_eq!(members(&answer), ["expire_at", "message", "remaining_hours", "status"].into(), "{app}");
    }
}

#[tokio::test]
async fn a_version_below_the_lowest_is_sent_for_a_newer_one_and_uses_no_card() {
    let (database, function) = start().await;
    let store = database.store();
    save(&store, "demo", full()).await;
    save(&store, "bare", AppEdit { minimum: Some("1.0".into()), ..AppEdit::default() }).await;
    add_card(&database, "demo", "ONE").await;
    add_card(&database, "bare", "TWO").await;
    let mut client = function.client().await;
    for version in ["1.9.9", "2.0-rc.1", "v1"] {
        let refused = validate(&mut client, "VIP-ONE", json!({"app": "demo", "version": version})).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{version}");
        assert_eq!(
            refused.body,
            json!({
                "status": "error", "reason": "version_too_old", "message": "当前版本过旧，请更新后再使用",
                "url": "https://example.com/下载", "minimum": "2.0", "latest": "2.1",
            })
        );
    }
    let refused = validate(&mut client, "VIP-TWO", json!({"app": "bare", "version": "0.9"})).await;
    let expected = ["message", "minimum", "reason", "status"];
    assert_eq!((refused.reason(), members(&refused)), ("version_too_old", expected.into()));
    assert!(is_unused(&database, "ONE").await && is_unused(&database, "TWO").await);
    for version in ["2", "v2.0.0", "2.0+build", "10"] {
        let answer = validate(&mut client, "VIP-ONE", json!({"app": "demo", "version": version})).await;
        assert_eq!(answer.status, StatusCode::OK, "{version}");
    }
    let unsaid = validate(&mut client, "VIP-TWO", json!({"app": "bare"})).await;
    assert_eq!(unsaid.status, StatusCode::OK, "who says no version is a client of old");
}

#[tokio::test]
async fn a_card_of_another_app_is_not_found_on_any_route() {
    let (database, function) = start().await;
    save(&database.store(), "demo", full()).await;
    add_card(&database, "demo", "DEMO").await;
    database.insert_card("VIP", "ONE").await;
    let mut client = function.client().await;
    for (code, app) in [
        ("VIP-DEMO", "default"),
        ("VIP-DEMO", ""),
        ("VIP-DEMO", "none"),
        ("VIP-ONE", "demo"),
        ("VIP-ONE", "none"),
    ] {
        let body = json!({"code": code, "machine_code": "PC-1", "app": app, "version": "1"}).to_string();
        let path = format!("/api/status/{code}?app={app}");
        for (method, path, body) in
            [("POST", "/api/validate", &*body), ("POST", "/api/status", &body), ("GET", &path, "")]
        {
            let answer = client.send(method, path, &[], body).await;
            let missing = json!({"status": "error", "reason": "card_not_found", "message": "卡密不存在"});
            assert_eq!((answer.status, answer.body), (StatusCode::NOT_FOUND, missing), "{path} {body}");
        }
    }
    assert!(is_unused(&database, "DEMO").await && is_unused(&database, "ONE").await);
    for (code, app) in [("VIP-DEMO", "demo"), ("VIP-ONE", "default"), ("VIP-ONE", "")] {
        let body = json!({"code": code, "app": app}).to_string();
        let by_body = client.send("POST", "/api/status", &[], &body).await;
        let by_path = client.get(&format!("/api/status/{code}?app={app}")).await;
        assert_eq!((by_body.status, by_path.body), (StatusCode::OK, by_body.body), "{code} {app}");
    }
}

#[tokio::test]
async fn what_a_field_cannot_say_is_refused_by_its_name_and_uses_no_card() {
    let (database, function) = start().await;
    database.insert_card("VIP", "ONE").await;
    let mut client = function.client().await;
    for (field, message) in [
        ("app", "The name of the app is malformed"),
        ("version", "The version is malformed"),
        ("app_mark", "app_mark is not text, or too long"),
    ] {
        let refused =
            json!({"status": "error", "reason": "invalid_fields", "message": message, "field": field});
        let body = json!({"code": "VIP-ONE", "machine_code": "PC-1", field: 7}).to_string();
        let english = [("accept-language", "en")];
        let answer = client.send("POST", "/api/validate", &english, &body).await;
        assert_eq!((answer.status, answer.body), (StatusCode::BAD_REQUEST, refused.clone()));
        let status = client.send("POST", "/api/status", &english, &body).await;
        let expected = if field == "app" { StatusCode::BAD_REQUEST } else { StatusCode::OK };
        assert_eq!(status.status, expected, "{field}");
    }
    for query in ["app=My-App", "app=a&app=a", "app=%ff", "machine_code=x&app=a%00"] {
        let answer = client.get(&format!("/api/status/VIP-ONE?{query}")).await;
        assert_eq!(
            (answer.status, &answer.body["field"]),
            (StatusCode::BAD_REQUEST, &json!("app")),
            "{query}"
        );
    }
    for query in ["app=", "app=+", "app=default&x=1", "machine_code=a&machine_code=b&app=default"] {
        let answer = client.get(&format!("/api/status/VIP-ONE?{query}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{query}");
    }
    assert!(is_unused(&database, "ONE").await);
}

#[tokio::test]
async fn whoever_asks_for_an_app_is_told_what_is_public() {
    let (database, function) = start().await;
    let store = database.store();
    save(&store, "demo", full()).await;
    change(&store, "demo", |app| App { is_archived: true, ..app }).await;
    add_card(&database, "demo", "ONE").await;
    let mut client = function.client().await;
    let answer = client.get("/api/apps/demo").await;
    let mut public = told();
    public["name"] = "demo".into();
    public["title"] = "演示".into();
    public["values"].as_object_mut().unwrap().remove("endpoint");
    assert_eq!(answer.status, StatusCode::OK, "an archived one goes on");
    let mark = answer.body["app_mark"].as_str().unwrap().to_owned();
    assert_eq!(answer.body, json!({"status": "success", "app": public, "app_mark": mark}));
    let known = client.get(&format!("/api/apps/demo?app_mark={mark}")).await;
    assert_eq!(known.body, json!({"status": "success", "app_mark": mark}));
    let head = client.send("HEAD", "/api/apps/demo", &[], "").await;
    assert_eq!((head.status, head.body), (StatusCode::OK, Value::Null));

    let admitted =
        validate(&mut client, "VIP-ONE", json!({"app": "demo", "version": "2", "app_mark": mark})).await;
    assert_eq!(admitted.body["app"], told(), "the mark of what is public is not that of the rest");
    assert_eq!(client.get("/api/apps/default").await.body["app"], json!({"name": "default", "title": ""}));
    for name in ["none", "DEMO", "%ff", "%20", &"a".repeat(33)] {
        let answer = client.get(&format!("/api/apps/{name}")).await;
        let missing = json!({"status": "error", "reason": "app_not_found", "message": "应用不存在"});
        assert_eq!((answer.status, answer.body), (StatusCode::NOT_FOUND, missing), "{name}");
    }
    for query in [format!("app_mark={}", "x".repeat(65)), "app_mark=a&app_mark=b".into()] {
        let answer = client.get(&format!("/api/apps/demo?{query}")).await;
        assert_eq!(
            (answer.reason(), &answer.body["field"]),
            ("invalid_fields", &json!("app_mark")),
            "{query}"
        );
    }
}

#[tokio::test]
async fn names_that_no_app_has_are_no_misses_and_ask_the_database_for_nothing() {
    let database = TestDatabase::create().await;
    let proxy = Proxy::start(database.port()).await;
    let function = Function::start(API, &database.url_through(proxy.port())).await;
    let mut client = function.client().await;
    assert_eq!(client.get("/api/apps/default").await.status, StatusCode::OK);
    let asked = proxy.commands();
    for _ in 0..300 {
        assert_eq!(client.get("/api/apps/none").await.reason(), "app_not_found");
        assert_eq!(client.get("/api/apps/default").await.status, StatusCode::OK);
    }
    assert!(proxy.commands() - asked < 30, "the copy of the apps is made anew every ten seconds");
    assert_eq!(client.get("/api/status/VIP-NONE").await.reason(), "card_not_found", "nobody was braked");
}

/// The answers to a client of old, as they were before there were apps, but for moments.
#[tokio::test]
async fn clients_of_old_are_answered_byte_for_byte_as_before() {
    let (database, function) = start().await;
    let store = database.store();
    save(&store, "default", full()).await;
    save(&store, "demo", full()).await;
    add_card(&database, "demo", "OTHER").await;
    for code in ["ONE", "EXPIRED", "DISABLED"] {
        database.insert_card("VIP", code).await;
    }
    let states = "UPDATE cards SET created_at = '2026-01-01 00:00:00', duration_seconds = NULL;
        UPDATE cards SET status = 'EXPIRED' WHERE code = 'EXPIRED';
        UPDATE cards SET status = 'DISABLED' WHERE code = 'DISABLED'";
    database.execute(states).await;
    let mut client = function.client().await;
    let admitted = r#"{"status":"success","message":"授权成功","expire_at":null,"remaining_hours":null}"#;
    let unused = r#"{"status":"success","data":{"full_code":"VIP-ONE","status":"unused","created_at":"2026-01-01T08:00:00+08:00","used_at":null,"expire_at":null,"machine_code":null}}"#;
    let invalid = r#"{"status":"error","reason":"invalid_fields","message":"卡密或机器码格式错误"}"#;
    let not_found = r#"{"status":"error","reason":"card_not_found","message":"卡密不存在"}"#;
    for (method, path, body, answer) in [
        ("POST", "/api/status", r#"{"code":"VIP-ONE"}"#, unused),
        ("GET", "/api/status/VIP-ONE?machine_code=a&machine_code=b", "", unused),
        ("POST", "/api/validate", r#"{"code":"VIP-ONE","machine_code":"PC-1"}"#, admitted),
        ("POST", "/api/validate", r#"{"code":"VIP-ONE","machine_code":"PC-1","x":"y"}"#, admitted),
        ("POST", "/api/validate", r#"{"code":"VIP-ONE","machine_code":7}"#, invalid),
        ("POST", "/api/validate", r#"{"code":["VIP"],"machine_code":"PC-1"}"#, invalid),
        ("POST", "/api/validate", r#"{"code":"VIP-OTHER","machine_code":"PC-1"}"#, not_found),
        ("GET", "/api/status/VIP-OTHER", "", not_found),
        (
            "POST",
            "/api/validate",
            r#"{"code":"VIP-ONE"}"#,
            r#"{"status":"error","reason":"missing_fields","message":"卡密和机器码不能为空"}"#,
        ),
        (
            "POST",
            "/api/validate",
            r#"{"code":"VIP-ONE","machine_code":"PC-2"}"#,
            r#"{"status":"error","reason":"machine_mismatch","message":"机器码不匹配"}"#,
        ),
        (
            "POST",
            "/api/validate",
            r#"{"code":"VIP-EXPIRED","machine_code":"PC-1"}"#,
            r#"{"status":"error","reason":"card_expired","message":"卡密已过期"}"#,
        ),
        (
            "POST",
            "/api/validate",
            r#"{"code":"VIP-DISABLED","machine_code":"PC-1"}"#,
            r#"{"status":"error","reason":"card_disabled","message":"卡密已禁用"}"#,
        ),
    ] {
        assert_eq!(client.body(method, path, body).await, answer, "{method} {path} {body}");
    }
}

#[tokio::test]
async fn an_account_of_the_last_version_goes_on_with_default_cards_and_says_nothing_of_apps() {
    let database = TestDatabase::create().await;
    save(&database.store(), "default", full()).await;
    let name = unique_name("k");
    let account = format!("'{name}'@'127.0.0.1'");
    database.execute(&format!("CREATE USER {account} IDENTIFIED BY 'secret'")).await;
    for (right, object) in [
        ("SELECT ON", "cards"),
        ("EXECUTE ON PROCEDURE", "activate_card"),
        ("EXECUTE ON PROCEDURE", "bind_card"),
        ("EXECUTE ON PROCEDURE", "expire_cards"),
    ] {
        database.execute(&format!("GRANT {right} {}.{object} TO {account}", database.name())).await;
    }
    goes_on_without_apps(&database, &database.as_account(&name, "secret")).await;
}

#[tokio::test]
async fn a_schema_of_the_last_version_goes_on_and_says_nothing_of_apps() {
    let database = TestDatabase::create_empty().await;
    database.execute(LAST_SCHEMA).await;
    let is_of_function = |routine: &&str| {
        ["activate_card", "bind_card", "expire_cards"].iter().any(|name| routine.starts_with(name))
    };
    for routine in include_str!("../../../sql/routines.sql").split("-- routine: ").filter(is_of_function) {
        database.execute(routine.split_once('\n').unwrap().1).await;
    }
    goes_on_without_apps(&database, &database).await;
}

/// That a function on that account does what it did before there were apps, for clients of old and of today.
async fn goes_on_without_apps(database: &TestDatabase, account: &TestDatabase) {
    for code in ["OLD", "NEW"] {
        database.insert_card("VIP", code).await;
    }
    let function = Function::start(API, &account.url()).await;
    let mut client = function.client().await;
    for (code, fields) in [
        ("VIP-OLD", json!({})),
        ("VIP-NEW", json!({"version": "1.0", "app_mark": "x"})),
        ("VIP-NEW", json!({"app": "default", "version": "1.0"})),
    ] {
        let answer = validate(&mut client, code, fields).await;
        assert_eq!(answer.status, StatusCode::OK, "{code}: {}", function.program.output());
        assert_eq!(members(&answer), ["expire_at", "message", "remaining_hours", "status"].into());
    }
    let other = validate(&mut client, "VIP-NEW", json!({"app": "demo", "version": "1.0"})).await;
    assert_eq!(other.reason(), "card_not_found", "all cards are of the default app");
    assert_eq!(client.get("/api/status/VIP-OLD").await.status, StatusCode::OK);
    assert_eq!(client.get("/api/apps/default").await.reason(), "app_not_found");
    let output = function.program.output();
    assert!(!output.contains("WARN") && !output.contains("ERROR"), "{output}");
}
