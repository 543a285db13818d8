//! What clients of old, which send `code` and `machine_code` and nothing else, see of their answers: byte for byte the same,
//! whatever program answers, on whatever schema.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hyper::{HeaderMap, StatusCode};
use kami_testkit::{Client, Function, TestDatabase};
use serde_json::{Value, json};
use tokio::task::JoinSet;

/// Cards as each schema of kami can hold them. Nothing that is asked of them changes one.
const CARDS: &str = "
    INSERT INTO cards (prefix, code, full_code, status, machine_code, created_at, used_at, expire_at, duration_seconds)
    VALUES ('FIX', 'EVER', 'FIX-EVER', 'ACTIVE', 'PC-1', '2021-01-01', '2021-01-02 03:04:05', NULL, NULL),
        ('FIX', 'LONG', 'FIX-LONG', 'ACTIVE', 'PC-1', '2021-01-01', '2021-01-02', '2090-01-01 23:59:59', 86400),
        ('FIX', 'UNUSED', 'FIX-UNUSED', 'UNUSED', NULL, '2021-01-01', NULL, NULL, 86400),
        ('FIX', 'EXPIRED', 'FIX-EXPIRED', 'EXPIRED', 'PC-1', '2021-01-01', '2021-01-02', '2021-01-03', 86400),
        ('FIX', 'DISABLED', 'FIX-DISABLED', 'DISABLED', 'PC-1', '2021-01-01', '2021-01-02', NULL, NULL),
        ('FIX', 'OTHER', 'FIX-OTHER', 'ACTIVE', 'ANOTHER-PC', '2021-01-01', '2021-01-02', NULL, NULL)";

/// The codes of [`CARDS`], and one that no card has.
const CODES: [&str; 7] =
    ["FIX-EVER", "FIX-LONG", "FIX-UNUSED", "FIX-EXPIRED", "FIX-DISABLED", "FIX-OTHER", "FIX-NONE"];

/// Bodies that no card can be found by.
const MALFORMED: [&str; 6] = [
    "nonsense",
    "{}",
    "[]",
    r#"{"machine_code":"PC-1"}"#,
    r#"{"code":7,"machine_code":"PC-1"}"#,
    r#"{"code":"FIX-EVER","machine_code":["PC-1"]}"#,
];

/// What clients in Chinese and in English say that they read.
const LANGUAGES: [&str; 2] = ["zh-CN,zh;q=0.9,en;q=0.8", "en-US,en;q=0.9"];

/// The headers that no two answers share, and the length of a body before it is masked.
const VARYING: [&str; 3] = ["date", "x-request-id", "content-length"];

/// What clients of old ask, and what they were answered first.
#[derive(Debug)]
pub(crate) struct OldClients {
    answers: Vec<(Request, Answer)>,
    /// How often they have asked all of it, each time from a network of their own, where nobody has missed yet.
    turns: AtomicUsize,
}

#[derive(Debug)]
struct Request {
    method: &'static str,
    path: String,
    body: String,
    language: &'static str,
}

#[derive(Debug)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl OldClients {
    /// Adds their cards, and takes the answers of this program for those that all others have to give. What it has no address
    /// for is not asked: the first programs had fewer.
    pub(crate) async fn of(database: &TestDatabase, function: &Function) -> Arc<Self> {
        database.execute(CARDS).await;
        let mut client = function.client().await;
        let mut answers = Vec::new();
        for request in LANGUAGES.into_iter().flat_map(requests) {
            let answer = request.send(&mut client, 0).await;
            if answer.reason() != "not_found" {
                answers.push((request, answer));
            }
        }
        assert_eq!(answers[0].1.status, StatusCode::OK, "{answers:?}");
        Arc::new(Self { answers, turns: AtomicUsize::new(1) })
    }

    /// Asks all of it of each of these at the same time: each answer has to be the first.
    pub(crate) async fn ask(self: &Arc<Self>, functions: &[&Function]) {
        let mut asking = JoinSet::new();
        for function in functions {
            let (mut client, old, turn) =
                (function.client().await, Arc::clone(self), self.turns.fetch_add(1, Ordering::Relaxed));
            asking.spawn(async move {
                for (request, first) in &old.answers {
                    request.send(&mut client, turn).await.must_be(first, request);
                }
            });
        }
        asking.join_all().await;
    }
}

impl Request {
    async fn send(&self, client: &mut Client, turn: usize) -> Answer {
        let from = format!("2001:db8:{turn:x}::1");
        let headers = [
            ("accept-language", self.language),
            ("content-type", "application/json"),
            ("x-forwarded-for", from.as_str()),
        ];
        let (parts, body) = client.exchange(self.method, &self.path, &headers, &self.body).await;
        let mut headers = parts.headers;
        for name in VARYING {
            headers.remove(name);
        }
        Answer { status: parts.status, headers, body: masked(std::str::from_utf8(&body).unwrap()) }
    }
}

impl Answer {
    fn reason(&self) -> String {
        let body: Value = serde_json::from_str(&self.body.replace(MASK, "0")).unwrap();
        body["reason"].as_str().unwrap_or_default().to_owned()
    }

    /// It is the other, but for headers that came with later versions.
    fn must_be(&self, first: &Self, request: &Request) {
        assert_eq!((self.status, &self.body), (first.status, &first.body), "{request:?}");
        for (name, value) in &first.headers {
            assert_eq!(self.headers.get(name), Some(value), "{name} of {request:?}");
        }
    }
}

/// What stands for a number of hours.
const MASK: &str = "HOURS";

/// The hours left, which are fewer every 36 seconds, masked where they are a number.
fn masked(body: &str) -> String {
    const NAME: &str = r#""remaining_hours":"#;
    let Some((before, hours)) = body.split_once(NAME) else { return body.to_owned() };
    let rest = hours.trim_start_matches(|character: char| character.is_ascii_digit() || character == '.');
    let mask = if rest.len() < hours.len() { MASK } else { "" };
    format!("{before}{NAME}{mask}{rest}")
}

/// All that is asked in a language: each card in each way, and what cannot be understood.
fn requests(language: &'static str) -> Vec<Request> {
    let mut requests = Vec::new();
    let mut add = |method, path: &str, body: String| {
        requests.push(Request { method, path: path.to_owned(), body, language });
    };
    for code in CODES {
        let (named, unnamed) = (json!({"code": code, "machine_code": "PC-1"}), json!({"code": code}));
        // An unused card would be activated.
        if code != "FIX-UNUSED" {
            add("POST", "/api/validate", named.to_string());
        }
        add("POST", "/api/validate", unnamed.to_string());
        for body in [named, unnamed] {
            add("POST", "/api/status", body.to_string());
        }
        for query in ["?machine_code=PC-1", ""] {
            add("GET", &format!("/api/status/{code}{query}"), String::new());
        }
    }
    for path in ["/api/validate", "/api/status"] {
        for body in MALFORMED {
            add("POST", path, body.to_owned());
        }
    }
    requests
}
