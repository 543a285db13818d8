//! Every kind of answer that there is, had of a running `kami-api`: each endpoint is asked in each language in each way
//! that an answer can come about, whether the endpoint minds it or not.

use std::time::{SystemTime, UNIX_EPOCH};

use hyper::HeaderMap;
use kami_lambda::api::{Endpoint, Language};
use kami_testkit::{Function, KeyFile, Proxy, TestDatabase, unique_name};
use kami_trust::device::sign;
use kami_trust::key::PrivateKey;
use kami_trust::nonce::Nonce;
use kami_trust::proof::Question;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::wire;

/// The card and the machine of the document's examples.
pub(crate) const CODE: &str = "VIP-DEMO123456";
pub(crate) const MACHINE: &str = "PC-3F2A9C";

/// The card of the document's example of several seats.
const TEAM: &str = "TEAM-7K2MW9QF4X";

/// The card of its example of points.
const POINTS: &str = "POINTS-7K2MW9QF4X";

/// The card with which the first of its examples is topped up.
const TOP_UP: &str = "TOPUP-7K2MW9QF4X";

/// Cards that are to be topped up, and with which.
const TOP_UPS: [(&str, &str); 10] = [
    (POINTS, "TOPUP-POINTS"),
    ("VIP-FOREVER", "TOPUP-FOREVER"),
    (CODE, CODE),
    (CODE, "VIP-EXPIRED"),
    (CODE, "VIP-UNUSED"),
    (CODE, "VIP-NONE"),
    ("VIP-UNUSED", "TOPUP-SPARE"),
    ("VIP-DISABLED", "TOPUP-SPARE"),
    ("VIP-FOREVER", "TOPUP-SPARE"),
    (POINTS, "TOPUP-FULL"),
];

/// A machine that is kept out.
const BLOCKED: &str = "PC-BLOCKED";

/// Where trials begin.
const TRIAL: &str = "/api/trial";

/// What a client never said before.
const NONCE: &str = "hKxW5c0mZ4Qv7rT2nYb8Lg";

/// Stands for the method and the path of what no endpoint takes.
pub(crate) const ELSEWHERE: &str = "*";

/// Cards in every state, and machines that ask for them.
const CARDS: [(&str, &str); 22] = [
    (CODE, MACHINE),
    (CODE, "PC-1"),
    (CODE, ""),
    (CODE, BLOCKED),
    ("VIP-FOREVER", MACHINE),
    ("VIP-UNUSED", "PC\u{200b}"),
    ("VIP-EXPIRED", MACHINE),
    ("VIP-DISABLED", MACHINE),
    ("VIP-LEASED", MACHINE),
    (TEAM, MACHINE),
    (TEAM, "PC-1"),
    (POINTS, MACHINE),
    ("POINTS-FOREVER", MACHINE),
    ("VIP-MOVING", MACHINE),
    ("VIP-PAYING", MACHINE),
    ("VIP-COOLING", MACHINE),
    ("VIP-COOLING", "PC-1"),
    ("VIP-GIVENUP", MACHINE),
    ("VIP-POOR", MACHINE),
    ("VIP-NONE", MACHINE),
    ("VIP-KEYED", MACHINE),
    ("VIP-SIGNED", MACHINE),
];

/// What clients say of themselves: app, version, mark. The marks are those of the document's examples.
const CLIENTS: [(&str, &str, &str); 14] = [
    ("demo", "2.0.1", ""),
    ("demo", "2.0.1", "3d206a9e713a3e74"),
    ("demo", "2.0.1", "59eef6164d6a2331"),
    ("demo", "1.9", ""),
    ("bare", "1", ""),
    ("bare", "0.9", ""),
    ("quiet", "1", ""),
    ("tries", "", ""),
    ("tried", "", ""),
    ("none", "1", ""),
    ("broken", "1", ""),
    ("My App", "", ""),
    ("", "newest", ""),
    ("", "", "a mark of more characters than there are in any of those that we have ever made"),
];

/// Apps that say all there is to say, next to nothing, and nothing, and one that cannot be understood, with a card each; one
/// whose trials have points, and one that the machine has tried.
const APPS: &str = r#"
    INSERT INTO apps (name, title, latest, minimum, url, notice, named_values, created_at) VALUES
        ('demo', '演示', '2.1', '2.0', 'https://example.com/demo', '周六凌晨维护',
            '[{"name": "greeting", "value": "欢迎", "public": true},
              {"name": "endpoint", "value": "https://demo.example.com", "public": false}]', UTC_TIMESTAMP()),
        ('bare', '', NULL, '1.0', NULL, NULL, NULL, UTC_TIMESTAMP()),
        ('quiet', '', NULL, NULL, NULL, NULL, NULL, UTC_TIMESTAMP()),
        ('broken', '', 'no version', NULL, NULL, NULL, NULL, UTC_TIMESTAMP()),
        ('tries', '', NULL, NULL, NULL, NULL, NULL, UTC_TIMESTAMP()),
        ('tried', '', NULL, NULL, NULL, NULL, NULL, UTC_TIMESTAMP());
    UPDATE apps SET policy = 'trial=86400' WHERE name IN ('demo', 'tried');
    UPDATE apps SET policy = 'trial=20p' WHERE name = 'tries';
    INSERT INTO trials (app, machine_code, card_id, started_at) VALUES ('tried', 'PC-3F2A9C', 0, UTC_TIMESTAMP());
    UPDATE cards SET app = LOWER(SUBSTRING(code, 3)) WHERE code LIKE 'OF%'"#;

const STATES: &str = "UPDATE cards SET duration_seconds = NULL WHERE code = 'FOREVER';
    UPDATE cards SET policy = 'lease=600' WHERE code = 'LEASED';
    UPDATE cards SET seats = 3, status = 'ACTIVE', machine_code = 'PC-7D61E0', used_at = UTC_TIMESTAMP(),
        expire_at = UTC_TIMESTAMP() + INTERVAL 3 HOUR WHERE prefix = 'TEAM';
    INSERT INTO card_seats (card_id, machine_code, bound_at, seen_at)
        SELECT id, 'PC-40B8AA', UTC_TIMESTAMP(), UTC_TIMESTAMP() FROM cards WHERE prefix = 'TEAM';
    UPDATE cards SET points = 1000 WHERE prefix = 'POINTS';
    INSERT INTO batches (id, card_count, operator, created_at, recharge)
        VALUES (1, 5, 'anna', UTC_TIMESTAMP(), 1);
    UPDATE cards SET batch_id = 1 WHERE prefix = 'TOPUP';
    UPDATE cards SET duration_seconds = NULL, points = IF(code = 'FULL', 1000000000, 100)
        WHERE prefix = 'TOPUP' AND code IN ('POINTS', 'FOREVER', 'FULL');
    INSERT INTO blocks (kind, target, created_at) VALUES ('MACHINE', 'PC-BLOCKED', UTC_TIMESTAMP());
    UPDATE policy_revision SET blocks = blocks + 1, revision = revision + 1;
    UPDATE cards SET status = 'EXPIRED' WHERE code = 'EXPIRED';
    UPDATE cards SET status = 'DISABLED' WHERE code = 'DISABLED';
    UPDATE cards SET policy = 'unbind=machine unbind-limit=3 unbind-cost=3600s' WHERE code = 'MOVING';
    UPDATE cards SET policy = 'unbind=machine unbind-cost=5p', points = 12, duration_seconds = NULL WHERE code = 'PAYING';
    UPDATE cards SET policy = 'unbind=machine unbind-cost=5p', points = 4 WHERE code = 'POOR';
    UPDATE cards SET policy = 'unbind=machine unbind-cooldown=86400 unbind-limit=3', status = 'ACTIVE',
        expire_at = UTC_TIMESTAMP() + INTERVAL 3 HOUR,
        machine_code = IF(code = 'COOLING', 'PC-3F2A9C', NULL) WHERE code IN ('COOLING', 'GIVENUP');
    INSERT INTO customer_log (card_id, act, done_at, machine_code)
        SELECT id, 'UNBIND', UTC_TIMESTAMP(), IF(code = 'COOLING', 'PC-7D61E0', 'PC-3F2A9C') FROM cards
        WHERE code IN ('COOLING', 'GIVENUP');
    UPDATE cards SET policy = 'device=allowed' WHERE code = 'OWN';
    UPDATE cards SET policy = IF(code = 'KEYED', 'device=allowed', 'device=required'), status = 'ACTIVE',
        expire_at = UTC_TIMESTAMP() + INTERVAL 3 HOUR, machine_code = 'PC-3F2A9C' WHERE code IN ('KEYED', 'SIGNED');
    INSERT INTO device_keys (card_id, machine_code, thumbprint, bound_at)
        SELECT id, machine_code, '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I', UTC_TIMESTAMP() FROM cards
        WHERE code = 'KEYED'";

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The endpoint's method and path.
    pub(crate) endpoint: (&'static str, &'static str),
    /// The language that was asked for.
    pub(crate) language: &'static str,
    /// The id that the request had, if its head could be read.
    pub(crate) id: Option<String>,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

/// Asks each endpoint everything.
pub(crate) async fn gather() -> Vec<Answer> {
    let database = TestDatabase::create().await;
    let of_default = ["DEMO123456", "FOREVER", "UNUSED", "EXPIRED", "DISABLED", "LEASED"];
    let unbound = ["MOVING", "PAYING", "COOLING", "GIVENUP", "POOR"];
    let signed = ["KEYED", "SIGNED", "OWN"];
    for code in
        of_default.into_iter().chain(unbound).chain(signed).chain(["OFDEMO", "OFBARE", "OFQUIET", "OFBROKEN"])
    {
        database.insert_card("VIP", code).await;
    }
    for (prefix, code) in [("TEAM", "7K2MW9QF4X"), ("POINTS", "7K2MW9QF4X"), ("POINTS", "FOREVER")]
        .into_iter()
        .chain(["7K2MW9QF4X", "POINTS", "FOREVER", "SPARE", "FULL"].map(|code| ("TOPUP", code)))
    {
        database.insert_card(prefix, code).await;
    }
    database.execute(STATES).await;
    database.execute(APPS).await;
    let proxy = Proxy::start(database.port()).await;
    let through = || database.url_through(proxy.port());
    // The second has no copy of the apps when the database is gone.
    let [function, fresh, direct] = [through(), through(), database.url()].map(start);
    let (function, fresh, direct) = (function.await, fresh.await, direct.await);

    // Ten seconds, beside all that is quick.
    let slow = at_once(&function, |request| request.with_head("Host: kami\r\nContent-Length: 9\r\n"));
    let mut answers = Vec::new();
    for request in everything() {
        answers.push(request.send(function.address()).await);
    }
    for request in signed_by_devices() {
        answers.push(request.send(function.address()).await);
    }
    for request in of_each(|request| request.missing().from("198.51.100.7")) {
        answers.push(request.send_until_it_is_found_or_braked(function.address()).await);
    }
    let guesses = of_each(|request| request.about(("VIP-LEASED", "PC-NONE")).from("198.51.100.7"));
    for request in guesses.into_iter().filter(|request| request.target == "/api/release") {
        answers.push(request.send_until_it_is_not_told(function.address()).await);
    }
    let keys = KeyFile::create();
    let signing = start_with(database.url(), &[("KAMI_SIGNING_KEY_FILE", keys.name())]).await;
    for request in with_nonces() {
        answers.push(request.send(signing.address()).await);
    }
    answers.extend(slow.join_all().await);
    proxy.stall(true);
    answers.extend(at_once(&fresh, |request| request).join_all().await);
    database.execute("RENAME TABLE cards TO gone").await;
    answers.extend(at_once(&direct, |request| request).join_all().await);
    answers
}

/// A function that believes whom a request says it is from, so that none is braked for another's misses.
async fn start(url: String) -> Function {
    start_with(url, &[]).await
}

/// The same with these variables as well.
async fn start_with(url: String, variables: &[(&str, &str)]) -> Function {
    let own = [("DATABASE_URL", url.as_str()), ("KAMI_TRUSTED_PROXIES", "127.0.0.1")];
    Function::start_with(env!("CARGO_BIN_EXE_kami-api"), &[&own, variables].concat()).await
}

/// Asks each endpoint in each language at the same time.
fn at_once(function: &Function, change: impl Fn(Request) -> Request) -> JoinSet<Answer> {
    let requests = of_each(change).into_iter().map(|request| {
        let address = function.address().to_owned();
        async move { request.send(&address).await }
    });
    requests.collect()
}

/// A request to each endpoint in each language.
fn of_each(change: impl Fn(Request) -> Request) -> Vec<Request> {
    let endpoints = Endpoint::ALL.map(|endpoint| (endpoint.method, endpoint.path));
    let each = endpoints.into_iter().flat_map(|endpoint| {
        Language::all().map(move |language| Request::to(endpoint, language.tag()).about((CODE, MACHINE)))
    });
    each.map(change).collect()
}

/// Whatever is answered at once.
fn everything() -> Vec<Request> {
    let mut requests = Vec::new();
    for card in CARDS {
        requests.extend(of_each(|request| request.about(card)));
    }
    for client in CLIENTS {
        requests.extend(of_each(|request| request.by(client)));
    }
    let large = "x".repeat(32 * 1024);
    let of_types = [r#"{"code":7,"machine_code":7}"#, r#"{"code":"VIP-NONE","machine_code":7}"#];
    for body in ["", r#"{"x":1}"#, of_types[0], of_types[1], &large] {
        // A server may hang up on what it did not ask for.
        let taken = of_each(|request| request.with_body(body));
        requests.extend(taken.into_iter().filter(|request| request.method == "POST"));
    }
    for (amount, name) in [
        (json!(2), json!("once")),
        (json!(0), json!("a")),
        (json!(1), json!("?")),
        (json!(null), json!("a")),
        (json!(1), json!(null)),
    ] {
        let body = json!({"code": POINTS, "machine_code": MACHINE, "amount": amount, "request_id": name});
        let taken = of_each(|request| request.with_body(&body.to_string()));
        requests.extend(taken.into_iter().filter(|request| request.target == "/api/consume"));
    }
    let top_ups = TOP_UPS.map(|(code, with)| json!({"code": code, "with": with}));
    let malformed = [json!({"with": 7}), json!({"with": null}), json!({"with": TOP_UP, "machine_code": 7})];
    for mut body in top_ups.into_iter().chain(malformed) {
        if body["code"].is_null() {
            body["code"] = CODE.into();
        }
        let taken = of_each(|request| request.with_body(&body.to_string()));
        requests.extend(taken.into_iter().filter(|request| request.target == "/api/recharge"));
    }
    let large = format!("Host: kami\r\nX-Large: {}\r\n", "x".repeat(9 * 1024));
    requests.extend(of_each(|request| request.with_head("")));
    requests.extend(of_each(|request| request.with_head("Host: kami\r\nno header\r\n").unreadable()));
    requests.extend(of_each(|request| request.with_head(&large).unreadable()));
    requests.extend(of_each(|request| Request { method: "DELETE", ..request }.with_body("")));
    for (method, target) in [("GET", "/"), ("POST", "/api/validate/"), ("GET", "/api/status/a/b")] {
        let elsewhere = |language: Language| Request {
            method,
            target: target.to_owned(),
            ..Request::to((ELSEWHERE, ELSEWHERE), language.tag())
        };
        requests.extend(Language::all().map(elsewhere));
    }
    requests
}

/// What a function with a signing key is asked: each endpoint, and what is none, with nonces that are and that are not. What
/// is said of these is asked for in each language.
fn with_nonces() -> Vec<Request> {
    let default = Language::all().next().unwrap().tag();
    let elsewhere = Request { target: "/".to_owned(), ..Request::to((ELSEWHERE, ELSEWHERE), default) };
    let mut requests = vec![Request { method: "GET", ..elsewhere }.asking(&json!(NONCE))];
    let missing = of_each(|request| request.about(("VIP-NONE", MACHINE)).asking(&json!(NONCE)));
    let asking = [json!(NONCE), json!(7), json!(null)].map(|nonce| of_each(|request| request.asking(&nonce)));
    let in_default = asking.into_iter().flatten().chain(missing);
    requests.extend(in_default.filter(|request| request.language == default));
    requests.extend(of_each(|request| request.asking(&json!("short"))));
    requests
}

/// What devices sign: now, long ago, and not at all.
fn signed_by_devices() -> Vec<Request> {
    let key = PrivateKey::from_pkcs8(&PrivateKey::generate().unwrap()).unwrap();
    let about = |card, moment| {
        let requests = of_each(|request| request.about((card, MACHINE)));
        let taken = requests.into_iter().filter(|request| request.method == "POST");
        taken.map(|request| request.asking(&json!(NONCE)).signed(&key, moment)).collect::<Vec<_>>()
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().try_into().unwrap();
    let mut requests = about("VIP-OWN", now);
    requests.extend(about("VIP-SIGNED", 0));
    requests
        .extend(about("VIP-SIGNED", now).into_iter().map(|request| request.with_line("Kami-Device: none")));
    requests
}

/// A request with all that is in it.
struct Request {
    endpoint: (&'static str, &'static str),
    language: &'static str,
    method: &'static str,
    target: String,
    /// The lines of the head that are not the same in each.
    head: String,
    body: String,
    client: Option<&'static str>,
    is_readable: bool,
}

impl Request {
    fn to((method, path): (&'static str, &'static str), language: &'static str) -> Self {
        Self {
            endpoint: (method, path),
            language,
            method,
            target: path.to_owned(),
            head: "Host: kami\r\n".to_owned(),
            body: String::new(),
            client: None,
            is_readable: true,
        }
    }

    /// About this card, by this machine; where there is no card, about the app of the examples.
    fn about(self, (code, machine): (&str, &str)) -> Self {
        let (method, path) = self.endpoint;
        match (method, path) {
            (_, "/api/status/{code}") => {
                let machine = machine.replace('\u{200b}', "%E2%80%8B");
                Self { target: format!("/api/status/{code}?machine_code={machine}"), ..self }
            }
            (_, "/api/apps/{name}") => Self { target: "/api/apps/demo".to_owned(), ..self },
            ("POST", _) => self.saying(json!({"code": code, "machine_code": machine})),
            _ => self,
        }
    }

    /// About what there is not: a card, or a trial of a machine that nobody has heard of.
    fn missing(self) -> Self {
        if self.endpoint.1 == TRIAL {
            let machine = json!({"machine_code": self.language, "app": "tries"});
            self.with_body(&machine.to_string())
        } else {
            self.about(("VIP-NONE", MACHINE))
        }
    }

    /// About a card of this app, by a client that says all of this of itself.
    fn by(self, (app, version, mark): (&str, &str, &str)) -> Self {
        let (method, path) = self.endpoint;
        let (code, of_app) = (format!("VIP-OF{}", app.to_uppercase()), app.replace(' ', "%20"));
        match (method, path) {
            (_, "/api/status/{code}") => Self {
                target: format!("/api/status/{code}?app={of_app}").replace("OFMY APP", "NONE"),
                ..self
            },
            (_, "/api/apps/{name}") => {
                let name = if app.is_empty() { "demo" } else { &*of_app };
                Self { target: format!("/api/apps/{name}?app_mark={}", mark.replace(' ', "+")), ..self }
            }
            ("POST", _) => self.saying(json!({
                "code": code, "machine_code": MACHINE, "app": app, "version": version, "app_mark": mark,
            })),
            _ => self,
        }
    }

    /// For an answer that is proven with this nonce; a query has none that is no text.
    fn asking(self, nonce: &Value) -> Self {
        if self.method == "POST" {
            let mut members: Value = serde_json::from_str(&self.body).unwrap();
            members["nonce"] = nonce.clone();
            return self.with_body(&members.to_string());
        }
        let Some(nonce) = nonce.as_str() else { return self };
        let sign = if self.target.contains('?') { '&' } else { '?' };
        Self { target: format!("{}{sign}nonce={nonce}", self.target), ..self }
    }

    /// Signed by a device at a moment.
    fn signed(self, key: &PrivateKey, moment: i64) -> Self {
        let nonce: Nonce = NONCE.parse().unwrap();
        let question = Question {
            route: format!("{} {}", self.endpoint.0, self.endpoint.1),
            app: "default".to_owned(),
            code: None,
            machine: None,
            request: Some(nonce.digest(&self.body)),
            device: None,
            nonce,
        };
        let signature = sign(&question, moment, 0, key).unwrap();
        self.with_line(&format!("Kami-Device: {signature}"))
    }

    /// With a line more in its head.
    fn with_line(self, line: &str) -> Self {
        Self { head: format!("{}{line}\r\n", self.head), ..self }
    }

    /// With a body of these members, and what its endpoint wants besides.
    fn saying(self, mut members: Value) -> Self {
        if self.endpoint.1 == "/api/consume" {
            members["amount"] = 1.into();
            members["request_id"] = "once".into();
        }
        if self.endpoint.1 == "/api/recharge" {
            members["with"] = TOP_UP.into();
        }
        self.with_body(&members.to_string())
    }

    fn with_body(self, body: &str) -> Self {
        let head = format!("Host: kami\r\nContent-Length: {}\r\n", body.len());
        Self { head, body: body.to_owned(), ..self }
    }

    /// With these lines instead of those that say how long its body is, and without it.
    fn with_head(self, head: &str) -> Self {
        Self { head: head.to_owned(), body: String::new(), ..self }
    }

    fn unreadable(self) -> Self {
        Self { is_readable: false, ..self }
    }

    /// From one client for all, where each has one of its own.
    fn from(self, client: &'static str) -> Self {
        Self { client: Some(client), ..self }
    }

    async fn send(&self, address: &str) -> Answer {
        let Self { endpoint, language, method, target, head, body, .. } = self;
        let id = unique_name("id");
        let own = format!("2001:db8:{}::1", &id[id.len() - 4..]);
        let client = self.client.unwrap_or(&own);
        let request = format!(
            "{method} {target} HTTP/1.1\r\n{head}Accept-Language: {language}\r\nX-Request-Id: {id}\r\n\
             X-Forwarded-For: {client}\r\nConnection: close\r\n\r\n{body}"
        );
        let (status, headers, body) = wire::send(address, request.as_bytes()).await;
        let id = self.is_readable.then_some(id);
        Answer { endpoint: *endpoint, language, id, status, headers, body }
    }

    /// A miss, and a trial, is let through every few seconds also where there were too many.
    async fn send_until_it_is_found_or_braked(&self, address: &str) -> Answer {
        let begins = self.target == TRIAL;
        self.send_until(address, |answer| answer.status != 404 && (!begins || answer.status == 429)).await
    }

    async fn send_until_it_is_not_told(&self, address: &str) -> Answer {
        self.send_until(address, |answer| answer.status == 200 && answer.body["released"].is_null()).await
    }

    async fn send_until(&self, address: &str, is_it: impl Fn(&Answer) -> bool) -> Answer {
        loop {
            let answer = self.send(address).await;
            if is_it(&answer) {
                return answer;
            }
        }
    }
}
