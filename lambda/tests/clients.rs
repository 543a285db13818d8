//! The examples in `clients/`, each run as its users run it: against the function, and against servers that
//! misbehave as a script says.

#![expect(clippy::unwrap_used, reason = "in a test the panic is the report")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use kami_lambda::{Connections, serve};
use kami_testkit::{Client, Function, PATIENCE, TestDatabase, skip_for_want_of, unique_name};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// One test for each language and scenario.
macro_rules! try_each_language {
    ($($language:ident)*) => {
        $(try_scenarios! { $language:
            admits_the_machine_that_it_binds
            takes_a_refusal_as_final
            retries_an_outage
            gives_up_on_a_lasting_outage
            waits_longer_each_time
            waits_as_long_as_the_server_asks
            tells_who_guessed_too_often_to_wait
            takes_no_other_page_for_an_answer
            reports_a_server_that_is_not_there
            retries_after_a_stalled_answer
            shows_no_expiry_for_a_card_without_one
            says_its_app_and_its_version
            is_sent_for_a_newer_version
            shows_the_notice_of_its_app
            sends_the_code_as_it_was_typed
            keeps_a_machine_code_where_the_system_has_none
            fits_on_one_page
        })*

        const LANGUAGES: &[Language] = &[$($language),*];
    };
}

macro_rules! try_scenarios {
    ($language:ident: $($scenario:ident)*) => {
        mod $language {
            $(#[tokio::test]
            async fn $scenario() {
                super::$scenario(super::$language).await;
            })*
        }
    };
}

try_each_language! { shell python rust javascript csharp }

// --- the languages ---------------------------------------------------------------------------------------------

/// Where the page lies in `clients/`, and the command that runs it.
type Language = fn() -> (&'static str, Vec<String>);

fn shell() -> (&'static str, Vec<String>) {
    interpreted("shell/kami.sh", "sh", "curl")
}

fn python() -> (&'static str, Vec<String>) {
    interpreted("python/kami.py", "python3", "python3")
}

fn javascript() -> (&'static str, Vec<String>) {
    interpreted("javascript/kami.mjs", "node", "node")
}

fn interpreted(page: &'static str, interpreter: &str, needed: &str) -> (&'static str, Vec<String>) {
    need(needed);
    (page, vec![interpreter.to_owned(), clients().join(page).display().to_string()])
}

fn csharp() -> (&'static str, Vec<String>) {
    static PROGRAM: OnceLock<String> = OnceLock::new();
    let page = "csharp/Kami.cs";
    let program = PROGRAM.get_or_init(|| {
        need("mcs");
        need("mono");
        // the tests may run as many processes, so that nobody may see half a program
        let built = Path::new(env!("CARGO_TARGET_TMPDIR")).join(unique_name("kami"));
        let program = built.with_file_name("Kami.exe");
        let mut compiler = Command::new("mcs");
        compiler.args(["-langversion:6", "-warnaserror", "-r:System.Net.Http"]);
        compiler.args(["-r:System.Runtime.Serialization", &format!("-out:{}", built.display())]);
        succeed(compiler.arg(clients().join(page)));
        std::fs::rename(built, &program).unwrap();
        program.display().to_string()
    });
    (page, vec!["mono".to_owned(), program.clone()])
}

fn rust() -> (&'static str, Vec<String>) {
    static PROGRAM: OnceLock<String> = OnceLock::new();
    let program = PROGRAM.get_or_init(|| {
        // cargo builds binaries for the tests of their own package only; with the features of the whole
        // workspace, the dependencies are those that are built already
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--locked", "--workspace", "--bin", "kami-client-example"]);
        cargo.arg("--message-format=json-render-diagnostics").current_dir(clients());
        let messages = succeed(&mut cargo);
        let executable = |line: &str| {
            let message: Value = serde_json::from_str(line).unwrap();
            message["executable"].as_str().map(str::to_owned)
        };
        messages.lines().find_map(executable).expect("cargo names the binary")
    });
    ("rust/src/main.rs", vec![program.clone()])
}

fn clients() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../clients")
}

fn need(tool: &str) {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&paths).any(|folder| folder.join(tool).exists());
    assert!(found, "the tests of the client examples need {tool}: ./test.sh installs it");
}

fn succeed(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

// --- running an example ----------------------------------------------------------------------------------------

/// Somebody with an app: what differs between two of them on the same machine.
struct User {
    home: Home,
    wait: &'static str,
    timeout: &'static str,
    has_machine_id: bool,
}

impl User {
    fn new() -> Self {
        let home = std::env::temp_dir().join(unique_name("kami_client"));
        std::fs::create_dir(&home).unwrap();
        Self { home: Home(home), wait: "0.01", timeout: "20", has_machine_id: true }
    }

    /// Runs the example until it ends; returns its exit code and the line that it printed.
    async fn run(&self, language: Language, url: &str, code: &str) -> (i32, String) {
        let (page, mut command) = tokio::task::spawn_blocking(language).await.unwrap();
        if !self.has_machine_id {
            let hidden = without_machine_id().expect("the test asked for it before");
            command.splice(0..0, hidden.iter().map(|&word| word.to_owned()));
        }
        let mut process = tokio::process::Command::new(&command[0]);
        process.args(&command[1..]).arg(code).stdin(Stdio::null()).kill_on_drop(true);
        process.env("KAMI_URL", url).env("KAMI_WAIT", self.wait).env("KAMI_TIMEOUT", self.timeout);
        process.env("HOME", &self.home.0);
        for inherited in ["XDG_CONFIG_HOME", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
            process.env_remove(inherited);
        }
        let output = tokio::time::timeout(PATIENCE, process.output()).await;
        let output = output.unwrap_or_else(|_| panic!("{page} doesn't end")).unwrap();
        let (printed, complaint) =
            (String::from_utf8(output.stdout), String::from_utf8_lossy(&output.stderr));
        let printed = printed.unwrap();
        assert_eq!(complaint, "", "{page} after {printed}");
        let line = printed.strip_suffix('\n').unwrap_or_else(|| panic!("{page} printed {printed:?}"));
        assert!(!line.contains(char::is_control), "{page} printed {printed:?}");
        (output.status.code().unwrap(), line.to_owned())
    }
}

/// Runs the command behind it where the system has no machine id.
const HIDE_IDS: &str = "for id in /etc/machine-id /var/lib/dbus/machine-id; do \
                        [ ! -e $id ] || mount --bind /dev/null $id || exit; done; exec \"$@\"";

/// What to put before a command so that it finds no machine id: nothing where there is none; `None` where one is there and
/// this machine lets nobody hide it, as in an ordinary container.
fn without_machine_id() -> Option<&'static [&'static str]> {
    static FOUND: OnceLock<Option<&[&str]>> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let ways: [&[&str]; 3] = [
            &[],
            &["unshare", "--mount", "sh", "-c", HIDE_IDS, "sh"],
            &["unshare", "--map-root-user", "--mount", "sh", "-c", HIDE_IDS, "sh"],
        ];
        ways.into_iter().find(|way| {
            let look = ["sh", "-c", "! [ -s /etc/machine-id ] && ! [ -s /var/lib/dbus/machine-id ]"];
            let words = [way, look.as_slice()].concat();
            let mut command = Command::new(words[0]);
            let quiet = command.args(&words[1..]).stdin(Stdio::null()).stderr(Stdio::null());
            quiet.status().is_ok_and(|status| status.success())
        })
    })
}

const HIDING: &str = "the right to hide its machine id (user namespaces)";

/// A home folder, gone when dropped.
struct Home(PathBuf);

impl Drop for Home {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

// --- the servers -----------------------------------------------------------------------------------------------

/// What a server does with a request.
#[derive(Clone, Debug)]
enum Reply {
    Answer {
        status: u16,
        headers: Vec<(&'static str, &'static str)>,
        body: String,
    },
    /// Passes it on to the function at this address.
    Relay(String),
    /// Never answers.
    Stall,
}

impl Reply {
    fn json(status: u16, body: &Value) -> Self {
        let headers = vec![("content-type", "application/json")];
        Self::Answer { status, headers, body: body.to_string() }
    }

    fn page(status: u16, body: &str) -> Self {
        Self::Answer { status, headers: vec![("content-type", "text/html")], body: body.to_owned() }
    }

    fn admission() -> Self {
        Self::json(200, &admission())
    }

    fn error(status: u16, reason: &str) -> Self {
        Self::json(status, &error(reason))
    }

    fn retry_after(self, value: &'static str) -> Self {
        let Self::Answer { status, mut headers, body } = self else { panic!("{self:?} has no headers") };
        headers.push(("retry-after", value));
        Self::Answer { status, headers, body }
    }
}

fn admission() -> Value {
    json!({
        "status": "success",
        "message": "授权成功",
        "expire_at": "2026-01-01T15:00:00+08:00",
        "remaining_hours": 2.75,
    })
}

fn error(reason: &str) -> Value {
    json!({"status": "error", "reason": reason, "message": format!("消息 {reason}")})
}

/// A server that replies as its script says, the last reply again and again.
struct Server {
    url: String,
    log: Arc<Log>,
}

struct Log {
    script: Vec<Reply>,
    requests: Mutex<Vec<(Instant, Value)>>,
}

impl Server {
    async fn start(script: impl Into<Vec<Reply>>) -> Self {
        let log = Arc::new(Log { script: script.into(), requests: Mutex::default() });
        let router = Router::new().fallback(reply).with_state(Arc::clone(&log));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        // the slash at the end is one that a seller may write
        let url = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move {
            serve(listener, router, &Connections::default(), std::future::pending()).await;
        });
        Self { url, log }
    }

    /// The bodies of the requests so far.
    fn requests(&self) -> Vec<Value> {
        self.log.requests.lock().unwrap().iter().map(|(_, body)| body.clone()).collect()
    }

    /// The times between the requests so far.
    fn pauses(&self) -> Vec<Duration> {
        let requests = self.log.requests.lock().unwrap();
        requests.windows(2).map(|pair| pair[1].0 - pair[0].0).collect()
    }
}

async fn reply(State(log): State<Arc<Log>>, body: Bytes) -> Response {
    let next = {
        let mut requests = log.requests.lock().unwrap();
        let next = log.script[requests.len().min(log.script.len() - 1)].clone();
        requests.push((Instant::now(), serde_json::from_slice(&body).unwrap_or_default()));
        next
    };
    match next {
        Reply::Answer { status, headers, body } => {
            let mut response = (StatusCode::from_u16(status).unwrap(), body).into_response();
            for (name, value) in headers {
                response.headers_mut().insert(name, value.parse().unwrap());
            }
            response
        }
        Reply::Relay(address) => {
            let body = String::from_utf8(body.to_vec()).unwrap();
            let headers = [("content-type", "application/json")];
            let answer = Client::connect(&address).await.send("POST", "/api/validate", &headers, &body).await;
            (answer.status, axum::Json(answer.body)).into_response()
        }
        Reply::Stall => std::future::pending().await,
    }
}

// --- against the function --------------------------------------------------------------------------------------

async fn admits_the_machine_that_it_binds(language: Language) {
    let database = TestDatabase::create().await;
    database.insert_card("VIP", "TESTCODE1").await;
    let function = Function::start(env!("CARGO_BIN_EXE_kami-api"), &database.url()).await;
    let user = User::new();
    for typed in ["VIP-TESTCODE1", "VIP-TESTCODE1", "  VIP-TESTCODE1 "] {
        let (exit, line) = user.run(language, &function.base_url(), typed).await;
        assert_eq!((exit, line.starts_with("授权成功 (20")), (0, true), "{line}");
    }
    let other = function.client().await.validate("VIP-TESTCODE1", "another machine").await;
    assert_eq!(other.reason(), "machine_mismatch");
}

async fn takes_a_refusal_as_final(language: Language) {
    let database = TestDatabase::create().await;
    database.insert_card("VIP", "TESTCODE1").await;
    let function = Function::start(env!("CARGO_BIN_EXE_kami-api"), &database.url()).await;
    function.client().await.validate("VIP-TESTCODE1", "another machine").await;
    let user = User::new();
    for (code, message) in
        [("VIP-TESTCODE1", "机器码不匹配"), ("VIP-UNKNOWN", "卡密不存在"), (&"X".repeat(129), "")]
    {
        let server = Server::start([Reply::Relay(function.address().to_owned())]).await;
        let (exit, line) = user.run(language, &server.url, code).await;
        assert_eq!((exit, server.requests().len()), (1, 1), "{line}");
        assert!(line.contains(message), "{line}");
    }
    // the reasons of a later version
    let server = Server::start([Reply::error(451, "new")]).await;
    assert_eq!(user.run(language, &server.url, "VIP-1").await, (1, "消息 new".to_owned()));
    assert_eq!(server.requests().len(), 1);
}

// --- against servers that misbehave ----------------------------------------------------------------------------

async fn retries_an_outage(language: Language) {
    let script = [
        Reply::error(503, "unavailable"),
        Reply::error(408, "request_timeout"),
        Reply::error(429, "too_many_requests"),
        Reply::admission(),
    ];
    let server = Server::start(script).await;
    let answer = User::new().run(language, &server.url, "VIP-1").await;
    assert_eq!(answer, (0, "授权成功 (2026-01-01T15:00:00+08:00)".to_owned()));
    let requests = server.requests();
    assert_eq!(requests.len(), 4);
    assert!(requests.iter().all(|request| *request == requests[0]), "{requests:?}");
}

async fn gives_up_on_a_lasting_outage(language: Language) {
    // a wish that nobody could wait for, and wishes of a kind that the examples don't read
    for wish in ["3600", "99999999999999999999", "-1", "Wed, 21 Oct 2099 07:28:00 GMT"] {
        let server = Server::start([Reply::error(503, "unavailable").retry_after(wish)]).await;
        let from = Instant::now();
        let (exit, line) = User::new().run(language, &server.url, "VIP-1").await;
        assert_eq!((exit, server.requests().len()), (2, 4), "{line}");
        assert!(line.contains("HTTP 503"), "{line}");
        assert!(from.elapsed() < Duration::from_secs(30), "after {wish}: {:?}", from.elapsed());
    }
}

async fn waits_longer_each_time(language: Language) {
    let server = Server::start([Reply::error(500, "internal")]).await;
    let user = User { wait: "0.1", ..User::new() };
    assert_eq!(user.run(language, &server.url, "VIP-1").await.0, 2);
    let pauses = server.pauses();
    for (pause, at_least) in pauses.iter().zip([100, 200, 400]) {
        assert!(*pause >= Duration::from_millis(at_least), "{pauses:?}");
    }
}

async fn waits_as_long_as_the_server_asks(language: Language) {
    let script = [Reply::error(503, "unavailable").retry_after("1"), Reply::admission()];
    let server = Server::start(script).await;
    let user = User { wait: "0.2", ..User::new() };
    assert_eq!(user.run(language, &server.url, "VIP-1").await.0, 0);
    assert!(server.pauses()[0] >= Duration::from_secs(1), "{:?}", server.pauses());
}

async fn tells_who_guessed_too_often_to_wait(language: Language) {
    let server = Server::start([Reply::error(429, "too_many_misses").retry_after("1")]).await;
    let user = User { wait: "0.1", ..User::new() };
    let (exit, line) = user.run(language, &server.url, "VIP-1").await;
    assert_eq!((exit, server.requests().len()), (2, 4), "{line}");
    assert!(line.contains("消息 too_many_misses"), "{line}");
    assert!(server.pauses().iter().all(|pause| *pause >= Duration::from_secs(1)), "{:?}", server.pauses());
}

async fn takes_no_other_page_for_an_answer(language: Language) {
    let portal = format!("<!DOCTYPE html>\n<html>\n<script>\n{}\n</script>\n</html>\n", admission());
    let pages = [
        Reply::page(200, &portal),
        Reply::page(200, ""),
        Reply::page(404, &portal),
        Reply::json(200, &json!({"ok": true})),
        Reply::json(200, &json!({"inner": admission()})),
        Reply::json(200, &json!([admission()])),
        Reply::json(200, &error("card_expired")),
        Reply::json(403, &admission()),
        Reply::json(403, &Value::Null),
        Reply::json(201, &admission()),
    ];
    let user = User::new();
    for page in pages {
        let server = Server::start([page.clone()]).await;
        let (exit, line) = user.run(language, &server.url, "VIP-1").await;
        assert_eq!((exit, server.requests().len()), (2, 4), "{page:?}: {line}");
        assert!(!line.contains("授权成功"), "{page:?}: {line}");
    }
    // and it asks on until it gets one
    let server = Server::start([Reply::page(200, &portal), Reply::error(403, "card_expired")]).await;
    assert_eq!(user.run(language, &server.url, "VIP-1").await.0, 1);
}

async fn reports_a_server_that_is_not_there(language: Language) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let (exit, line) = User::new().run(language, &url, "VIP-1").await;
    assert_eq!(exit, 2, "{line}");
    assert!(line.contains("answer from the licence server: "), "{line}");
}

async fn retries_after_a_stalled_answer(language: Language) {
    let server = Server::start([Reply::Stall, Reply::admission()]).await;
    let user = User { timeout: "2", ..User::new() };
    let (exit, line) = user.run(language, &server.url, "VIP-1").await;
    assert_eq!((exit, server.requests().len()), (0, 2), "{line}");
}

async fn shows_no_expiry_for_a_card_without_one(language: Language) {
    let mut answer = admission();
    answer["expire_at"] = Value::Null;
    answer["remaining_hours"] = Value::Null;
    let server = Server::start([Reply::json(200, &answer)]).await;
    assert_eq!(User::new().run(language, &server.url, "VIP-1").await, (0, "授权成功".to_owned()));
}

async fn says_its_app_and_its_version(language: Language) {
    let server = Server::start([Reply::admission()]).await;
    assert_eq!(User::new().run(language, &server.url, "VIP-1").await.0, 0);
    let request = &server.requests()[0];
    assert_eq!((&request["app"], &request["version"]), (&json!("default"), &json!("1.0.0")));
}

async fn is_sent_for_a_newer_version(language: Language) {
    let database = TestDatabase::create().await;
    database.insert_card("VIP", "TESTCODE1").await;
    database.execute("UPDATE apps SET minimum = '1.0.1'").await;
    let function = Function::start(env!("CARGO_BIN_EXE_kami-api"), &database.url()).await;
    let user = User::new();
    let refused = user.run(language, &function.base_url(), "VIP-TESTCODE1").await;
    assert_eq!(refused, (1, "当前版本过旧，请更新后再使用".to_owned()));
    let url = "https://example.com/%E4%B8%8B%E8%BD%BD?a=b&c={d}";
    database
        .execute(&format!(
            "UPDATE apps SET url = '{url}'; UPDATE policy_revision SET revision = revision + 1"
        ))
        .await;
    let server = Server::start([Reply::Relay(function.address().to_owned())]).await;
    let refused = user.run(language, &server.url, "VIP-TESTCODE1").await;
    assert_eq!(refused, (1, format!("当前版本过旧，请更新后再使用 {url}")));
    assert_eq!(server.requests().len(), 1);
}

/// An app that says things in which every bracket and quote of JSON stands, and what a terminal would obey.
const TALKATIVE: &str = r#"UPDATE apps SET latest = '2.0', url = 'https://example.com',
    notice = CONCAT('第一行\n"第二行"\t{a} [\\n], b', CHAR(27 USING utf8mb4), '[31m',
        CHAR(0xC29B USING utf8mb4), '1m'),
    named_values = JSON_ARRAY(
        JSON_OBJECT('name', 'notice', 'value', '"},"notice":"no"', 'public', TRUE),
        JSON_OBJECT('name', 'status', 'value', '{"status":"error"}\\', 'public', FALSE)),
    minimum = '0.1'"#;

async fn shows_the_notice_of_its_app(language: Language) {
    let database = TestDatabase::create().await;
    database.insert_card("VIP", "TESTCODE1").await;
    database.execute(TALKATIVE).await;
    let function = Function::start(env!("CARGO_BIN_EXE_kami-api"), &database.url()).await;
    let relay = Server::start([Reply::Relay(function.address().to_owned())]).await;
    for url in [&function.base_url(), &relay.url] {
        let (exit, line) = User::new().run(language, url, "VIP-TESTCODE1").await;
        let said = line.split_once(") ").map(|(_, notice)| notice);
        assert_eq!((exit, said), (0, Some(r#"第一行 "第二行" {a} [\n], b [31m 1m"#)), "{line}");
        assert!(line.starts_with("授权成功 (20"), "{line}");
    }
    database
        .execute("UPDATE apps SET notice = NULL; UPDATE policy_revision SET revision = revision + 1")
        .await;
    let (exit, line) = User::new().run(language, &function.base_url(), "VIP-TESTCODE1").await;
    assert!(exit == 0 && line.ends_with(')'), "{line}");
}

async fn sends_the_code_as_it_was_typed(language: Language) {
    let server = Server::start([Reply::admission()]).await;
    let typed =
        [r#""},{"a":"b"#, r"a\b\\c\n\u0041", "卡密😀é", "$(id) `id` %s & ' * ~", "-n", "@/etc/passwd"];
    for code in typed {
        assert_eq!(User::new().run(language, &server.url, code).await.0, 0);
    }
    let sent: Vec<Value> = server.requests().iter().map(|request| request["code"].clone()).collect();
    assert_eq!(sent, typed);
    // A control character may be made a space, which no card has either.
    User::new().run(language, &server.url, "a\tb\nc\u{7f}").await;
    let sent = server.requests().pop().unwrap()["code"].as_str().unwrap().to_owned();
    assert!(["a\tb\nc\u{7f}", "a b c "].contains(&sent.as_str()), "{sent:?}");
}

// --- the machine code ------------------------------------------------------------------------------------------

async fn machine_code(language: Language, user: &User) -> String {
    let server = Server::start([Reply::admission()]).await;
    let (exit, line) = user.run(language, &server.url, "VIP-1").await;
    assert_eq!(exit, 0, "{line}");
    server.requests()[0]["machine_code"].as_str().unwrap().to_owned()
}

async fn keeps_a_machine_code_where_the_system_has_none(language: Language) {
    if without_machine_id().is_none() {
        return skip_for_want_of(HIDING);
    }
    let user = User { has_machine_id: false, ..User::new() };
    let code = machine_code(language, &user).await;
    assert_eq!(machine_code(language, &user).await, code);
    let other = User { has_machine_id: false, ..User::new() };
    assert_ne!(machine_code(language, &other).await, code);
    // an app that was ended while it wrote
    std::fs::write(user.home.0.join(".config/my-app/machine-id"), "0123").unwrap();
    let next = machine_code(language, &user).await;
    assert_eq!(machine_code(language, &user).await, next);
    assert_ne!(next, code);
    // with no place to keep one, each start would be another machine
    std::fs::remove_dir_all(user.home.0.join(".config")).unwrap();
    std::fs::write(user.home.0.join(".config"), "").unwrap();
    let server = Server::start([Reply::admission()]).await;
    assert_eq!(user.run(language, &server.url, "VIP-1").await.0, 2);
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn all_examples_make_the_same_machine_code() {
    for has_machine_id in [true, false] {
        if !has_machine_id && without_machine_id().is_none() {
            return skip_for_want_of(HIDING);
        }
        let user = User { has_machine_id, ..User::new() };
        let mut codes = BTreeSet::new();
        for &language in LANGUAGES {
            codes.insert(machine_code(language, &user).await);
        }
        assert_eq!(codes.len(), 1, "{codes:?}");
        let code = codes.pop_first().unwrap();
        assert!(code.len() == 64 && code.bytes().all(|byte| byte.is_ascii_hexdigit()), "{code}");
    }
}

// --- the pages -------------------------------------------------------------------------------------------------

async fn fits_on_one_page(language: Language) {
    let (page, _) = tokio::task::spawn_blocking(language).await.unwrap();
    let text = std::fs::read_to_string(clients().join(page)).unwrap();
    assert!(text.lines().count() <= 80, "{page} has {} lines", text.lines().count());
    let wide: Vec<&str> = text.lines().filter(|line| line.chars().count() > 120).collect();
    assert!(wide.is_empty(), "{page}: {wide:#?}");
}
