//! Guessing codes and machine codes: who is braked, and who is not.

use std::net::Ipv6Addr;
use std::time::{Duration, Instant};

use hyper::StatusCode;
use kami_testkit::{Client, Function, TestDatabase, eventually};
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpSocket;

use crate::{API, figure, start};

/// As many connections as one address may hold.
const AT_ONCE: u32 = 64;

/// More than any neighbourhood has free.
const GUESSES: u32 = 500;

const GUESSER: [u8; 4] = [127, 0, 0, 2];
const CUSTOMER: [u8; 4] = [127, 0, 0, 3];

/// What so many guesses were answered.
#[derive(Debug, Default)]
struct Answers {
    not_found: u32,
    braked: u32,
}

impl Answers {
    /// What the guesses `first..first + GUESSES` are answered, each with these headers.
    async fn to(client: &mut Client, first: u32, headers: &[(&str, &str)]) -> Self {
        let mut answers = Self::default();
        for guess in first..first + GUESSES {
            let body = json!({"code": format!("VIP-{guess:06}"), "machine_code": "PC-1"}).to_string();
            let answer = client.send("POST", "/api/validate", headers, &body).await;
            match (answer.status, answer.reason()) {
                (StatusCode::NOT_FOUND, "card_not_found") => answers.not_found += 1,
                (StatusCode::TOO_MANY_REQUESTS, "too_many_misses") => {
                    let wait: u32 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
                    assert!((1..=5).contains(&wait), "{wait}");
                    answers.braked += 1;
                }
                other => panic!("{other:?}"),
            }
        }
        answers
    }
}

/// How many misses a braked client may have had since then, however slow the machine is: one in 5 seconds.
fn let_through_since(begun: Instant) -> u32 {
    u32::try_from(begun.elapsed().as_secs() / 5).unwrap()
}

/// Asks until it is told to wait.
async fn until_braked(
    client: &mut Client,
    (method, path, body): (&str, &str, &str),
    headers: &[(&str, &str)],
) {
    for _ in 0..GUESSES {
        if client.send(method, path, headers, body).await.reason() == "too_many_misses" {
            return;
        }
    }
    panic!("{method} {path} {headers:?} is never braked");
}

/// A function behind a proxy at 127.0.0.1.
async fn start_behind_a_proxy() -> (TestDatabase, Function) {
    let database = TestDatabase::create().await;
    let url = database.url();
    let variables = [("DATABASE_URL", url.as_str()), ("KAMI_TRUSTED_PROXIES", "127.0.0.1")];
    let function = Function::start_with(API, &variables).await;
    (database, function)
}

#[tokio::test]
async fn a_guesser_is_braked_and_no_customer_notices() {
    let (database, function) = start().await;
    database.insert_card("VIP", "ONE").await;
    database.insert_card("VIP", "TWO").await;
    let mut guesser = Client::connect_from(GUESSER, function.address()).await;
    let mut neighbour = Client::connect_from(GUESSER, function.address()).await;
    assert_eq!(neighbour.validate("VIP-ONE", "PC-1").await.status, StatusCode::OK);

    let begun = Instant::now();
    // What he writes about himself changes nothing: nobody believes it.
    let answers = Answers::to(&mut guesser, 0, &[("x-forwarded-for", "203.0.113.7")]).await;
    let seconds = begun.elapsed().as_secs_f64();
    figure(
        "guesses",
        format!(
            "{GUESSES} in {seconds:.2} s from one address: {} answered 404, {} braked",
            answers.not_found, answers.braked
        ),
    );
    assert!((30..=30 + let_through_since(begun)).contains(&answers.not_found), "{answers:?}");

    for machine in ["PC-1", "PC-2"] {
        let status = neighbour.validate("VIP-ONE", machine).await.status;
        assert_eq!(status == StatusCode::OK, machine == "PC-1", "whoever shares the address is answered");
    }
    assert_eq!(neighbour.validate("VIP-TWO", "PC-3").await.status, StatusCode::OK, "also the first time");
    assert_eq!(neighbour.get("/api/status/VIP-ONE").await.status, StatusCode::OK);
    let mut other = Client::connect_from(CUSTOMER, function.address()).await;
    assert_eq!(other.validate("VIP-TYPO", "PC-4").await.reason(), "card_not_found");

    let told = function.program.output();
    assert_eq!(told.matches("too many misses").count(), 1, "{told}");
    assert!(told.contains("client=127.0.0.2") && !told.contains("VIP-"), "{told}");
}

#[tokio::test]
async fn every_way_to_miss_is_charged() {
    let (database, function) = start().await;
    database.insert_card("VIP", "ONE").await;
    for (source, method, path, body) in [
        (4, "GET", "/api/status/VIP-NONE", ""),
        (5, "GET", "/api/status/%20", ""),
        (6, "POST", "/api/status", r#"{"code":"VIP-NONE"}"#),
        (7, "POST", "/api/validate", r#"{"code":"VIP-NONE","machine_code":"PC-1"}"#),
        (
            9,
            "POST",
            "/api/consume",
            r#"{"code":"VIP-NONE","machine_code":"PC-1","amount":1,"request_id":"a"}"#,
        ),
        (10, "POST", "/api/recharge", r#"{"code":"VIP-NONE","with":"VIP-ONE"}"#),
        (11, "POST", "/api/recharge", r#"{"code":"VIP-ONE","with":"VIP-NONE"}"#),
        (8, "POST", "/api/release", r#"{"code":"VIP-NONE","machine_code":"PC-1"}"#),
        (9, "POST", "/api/unbind", r#"{"code":"VIP-NONE","machine_code":"PC-1"}"#),
    ] {
        let mut guesser = Client::connect_from([127, 0, 0, source], function.address()).await;
        until_braked(&mut guesser, (method, path, body), &[]).await;
        assert_eq!(guesser.get("/api/status/VIP-ONE").await.status, StatusCode::OK, "{method} {path}");
    }
}

#[tokio::test]
async fn a_machine_code_cannot_be_guessed() {
    let (database, function) = start().await;
    database.insert_card("VIP", "ONE").await;
    let mut machine = Client::connect_from(CUSTOMER, function.address()).await;
    machine.validate("VIP-ONE", "PC-0499").await;
    let mut guesser = Client::connect_from(GUESSER, function.address()).await;
    let mut seen = 0;
    let begun = Instant::now();
    for guess in 0..GUESSES {
        let answer = guesser.get(&format!("/api/status/VIP-ONE?machine_code=PC-{guess:04}")).await;
        assert_eq!(answer.status, StatusCode::OK);
        seen += u32::from(answer.body["data"]["machine_code"] == "PC-0499");
    }
    figure("machine codes", format!("{GUESSES} guesses, the last of them right: {seen} confirmed"));
    assert!(seen <= let_through_since(begun), "{seen}");
    let own = machine.get("/api/status/VIP-ONE?machine_code=PC-0499").await;
    assert_eq!(own.body["data"]["machine_code"], "PC-0499", "the machine itself is shown its own");
    assert_eq!(guesser.validate("VIP-ONE", "PC-0499").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_machine_code_cannot_be_guessed_by_giving_its_seat_back() {
    let (database, function) = start().await;
    database.insert_card("VIP", "ONE").await;
    database.execute("UPDATE cards SET policy = 'lease=600'").await;
    let mut machine = Client::connect_from(CUSTOMER, function.address()).await;
    assert_eq!(machine.validate("VIP-ONE", "PC-0499").await.status, StatusCode::OK);
    let mut guesser = Client::connect_from(GUESSER, function.address()).await;
    let (mut told, mut confirmed) = (0, 0);
    let begun = Instant::now();
    for guess in 0..GUESSES {
        let answer = guesser.release("VIP-ONE", &format!("PC-{guess:04}")).await;
        assert_eq!((answer.status, &answer.body["status"]), (StatusCode::OK, &json!("success")));
        told += u32::from(answer.body["released"] == false);
        confirmed += u32::from(answer.body["released"] == true);
    }
    figure(
        "machine codes, by giving their seats back",
        format!("{GUESSES} guesses, the last of them right: {told} told wrong, {confirmed} confirmed"),
    );
    assert!((30..=30 + let_through_since(begun)).contains(&told), "{told}");
    assert!(confirmed <= let_through_since(begun), "{confirmed}");
    let typo = ("POST", "/api/release", r#"{"code":"VIP-NONE","machine_code":"PC-1"}"#);
    until_braked(&mut guesser, typo, &[]).await;
    // Who knows his own code is no guesser, however often his program ends.
    for _ in 0..GUESSES / 10 {
        assert_eq!(machine.validate("VIP-ONE", "PC-0499").await.status, StatusCode::OK);
        assert_eq!(machine.release("VIP-ONE", "PC-0499").await.body["released"], true);
    }
    assert_eq!(machine.release("VIP-NONE", "PC-1").await.reason(), "card_not_found");
}

#[tokio::test]
async fn a_machine_code_cannot_be_guessed_by_unbinding_its_card() {
    let (database, function) = start().await;
    database.insert_card("VIP", "ONE").await;
    database.execute("UPDATE cards SET policy = 'unbind=machine unbind-cost=5p', points = 50").await;
    let mut machine = Client::connect_from(CUSTOMER, function.address()).await;
    assert_eq!(machine.validate("VIP-ONE", "PC-0499").await.status, StatusCode::OK);
    let mut guesser = Client::connect_from(GUESSER, function.address()).await;
    let (mut told, mut freed) = (0, 0);
    let begun = Instant::now();
    for guess in 0..GUESSES {
        let answer = guesser.unbind("VIP-ONE", &format!("PC-{guess:04}")).await;
        match (answer.status, answer.reason()) {
            (StatusCode::FORBIDDEN, "machine_mismatch") => told += 1,
            (StatusCode::OK, _) => freed += 1,
            (StatusCode::TOO_MANY_REQUESTS, "too_many_misses") => {}
            other => panic!("{other:?}"),
        }
    }
    let log: Vec<u32> = database.rows("SELECT CAST(COUNT(*) AS UNSIGNED) FROM customer_log", ()).await;
    figure(
        "machine codes, by unbinding their card",
        format!("{GUESSES} guesses, the last of them right: {told} told wrong, {freed} freed"),
    );
    assert!((30..=30 + let_through_since(begun)).contains(&told), "{told}");
    assert!(freed <= let_through_since(begun) && log == [freed], "{freed} {log:?}");
    assert_eq!(
        guesser.validate("VIP-ONE", "PC-0499").await.status == StatusCode::OK,
        freed == 0,
        "the machine keeps its seat"
    );
    assert_eq!(machine.validate("VIP-NONE", "PC-1").await.reason(), "card_not_found", "he was never braked");
}

#[tokio::test]
async fn who_knows_his_own_machine_is_no_guesser_and_nothing_is_learnt_where_nobody_may_unbind() {
    let (database, function) = start().await;
    database.insert_card("VIP", "ONE").await;
    database.execute("UPDATE cards SET policy = 'unbind=machine unbind-cost=5p', points = 4").await;
    let mut machine = Client::connect_from(CUSTOMER, function.address()).await;
    assert_eq!(machine.validate("VIP-ONE", "PC-0499").await.status, StatusCode::OK);
    for _ in 0..GUESSES / 10 {
        assert_eq!(machine.unbind("VIP-ONE", "PC-0499").await.reason(), "unbind_too_expensive");
    }
    database.execute("UPDATE cards SET policy = ''").await;
    for guess in ["PC-0001", "PC-0499"] {
        for _ in 0..GUESSES / 10 {
            assert_eq!(machine.unbind("VIP-ONE", guess).await.reason(), "unbind_not_allowed", "{guess}");
        }
    }
    assert_eq!(machine.validate("VIP-NONE", "PC-1").await.reason(), "card_not_found", "he was never braked");
    let log: Vec<u64> = database.rows("SELECT COUNT(*) FROM customer_log", ()).await;
    assert_eq!(log, [0]);
}

#[tokio::test]
async fn the_machines_of_a_card_are_no_guesses_whichever_seat_they_have() {
    let (database, function) = start().await;
    database.insert_card("VIP", "ONE").await;
    database.execute("UPDATE cards SET seats = 2").await;
    let mut client = Client::connect_from(CUSTOMER, function.address()).await;
    for machine in ["PC-FIRST", "PC-SECOND"] {
        assert_eq!(client.validate("VIP-ONE", machine).await.status, StatusCode::OK);
    }
    for _ in 0..GUESSES / 10 {
        for (machine, shown) in [("PC-FIRST", "PC-FIRST"), ("PC-SECOND", "PC-F****")] {
            let status = client.get(&format!("/api/status/VIP-ONE?machine_code={machine}")).await;
            assert_eq!(status.body["data"]["machine_code"], shown, "{machine}");
            assert_eq!(client.release("VIP-ONE", machine).await.body["released"], false, "it is kept");
        }
    }
    assert_eq!(client.get("/api/status/VIP-NONE").await.reason(), "card_not_found", "nobody was braked");
}

/// A function whose app `default` offers trials.
async fn start_offering() -> (TestDatabase, Function) {
    let (database, function) = start().await;
    database.execute("UPDATE apps SET policy = 'trial=60'").await;
    (database, function)
}

async fn trials(database: &TestDatabase) -> u32 {
    let made = "SELECT CAST(COUNT(*) AS UNSIGNED) FROM trials JOIN cards ON cards.id = trials.card_id";
    database.rows(made, ()).await.remove(0)
}

#[tokio::test]
async fn who_invents_machines_fills_no_database_and_learns_of_none() {
    let (database, function) = start_offering().await;
    database.insert_card("VIP", "ONE").await;
    let mut machine = Client::connect_from(CUSTOMER, function.address()).await;
    assert_eq!(machine.trial("default", "PC-0499").await.status, StatusCode::OK);
    let mut guesser = Client::connect_from(GUESSER, function.address()).await;
    let (mut begun, mut confirmed) = (0, 0);
    let since = Instant::now();
    for guess in 0..GUESSES {
        let answer = guesser.trial("default", &format!("PC-{guess:04}")).await;
        match (answer.status, answer.reason()) {
            (StatusCode::OK, _) => {
                begun += 1;
                confirmed += u32::from(guess == GUESSES - 1);
            }
            (StatusCode::TOO_MANY_REQUESTS, "too_many_misses") => {
                let wait: u32 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
                assert!((1..=5).contains(&wait), "{wait}");
            }
            other => panic!("{other:?}"),
        }
    }
    figure(
        "invented machines",
        format!("{GUESSES}, the last of them right: {begun} trials begun, {confirmed} confirmed"),
    );
    assert!((30..=30 + let_through_since(since)).contains(&begun), "{begun}");
    assert!(confirmed <= let_through_since(since), "{confirmed}");
    assert_eq!(trials(&database).await, begun + 1 - confirmed);
    until_braked(
        &mut guesser,
        ("POST", "/api/validate", r#"{"code":"VIP-NONE","machine_code":"PC-1"}"#),
        &[],
    )
    .await;
    assert_eq!(
        guesser.validate("VIP-ONE", "PC-1").await.status,
        StatusCode::OK,
        "cards are answered as always"
    );
    // Whoever asks for his own trial again is charged nothing.
    for _ in 0..GUESSES / 10 {
        assert_eq!(machine.trial("default", "PC-0499").await.status, StatusCode::OK);
    }
    assert_eq!(machine.trial("default", "PC-NEW").await.status, StatusCode::OK);
    let told = function.program.output();
    assert!(told.contains("client=127.0.0.2") && !told.contains("PC-") && !told.contains("TRIAL-"), "{told}");
}

#[tokio::test]
async fn who_asks_for_trials_where_none_begins_learns_of_no_machine_that_has_one() {
    let (database, function) = start_offering().await;
    let mut machine = Client::connect_from(CUSTOMER, function.address()).await;
    assert_eq!(machine.trial("default", "PC-0499").await.status, StatusCode::OK);
    database.execute("UPDATE apps SET policy = ''; UPDATE policy_revision SET revision = revision + 1").await;
    let mut guesser = Client::connect_from(GUESSER, function.address()).await;
    let (mut refused, mut confirmed) = (0, 0);
    let since = Instant::now();
    for guess in 0..GUESSES {
        let answer = guesser.trial("default", &format!("PC-{guess:04}")).await;
        match (answer.status, answer.reason()) {
            (StatusCode::OK, _) => confirmed += 1,
            (StatusCode::FORBIDDEN, "trial_not_offered") => refused += 1,
            (StatusCode::TOO_MANY_REQUESTS, "too_many_misses") => {}
            other => panic!("{other:?}"),
        }
    }
    figure(
        "guessed machines with a trial",
        format!("{GUESSES}, the last of them right: {confirmed} confirmed"),
    );
    assert!((30..=30 + let_through_since(since)).contains(&(refused + confirmed)), "{refused}");
    assert!(confirmed <= let_through_since(since), "{confirmed}");
    assert_eq!(machine.trial("default", "PC-0499").await.status, StatusCode::OK, "its own goes on");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_invents_machines_on_many_lines_at_once_owes_for_each() {
    let (database, function) = start_offering().await;
    let since = Instant::now();
    let mut inventors = Vec::new();
    for line in 0..AT_ONCE {
        let mut client = Client::connect_from(GUESSER, function.address()).await;
        inventors.push(tokio::spawn(async move {
            for guess in 0..8 {
                let status = client.trial("default", &format!("PC-{line}-{guess}")).await.status;
                assert!([StatusCode::OK, StatusCode::TOO_MANY_REQUESTS].contains(&status), "{status}");
            }
        }));
    }
    for inventor in inventors {
        inventor.await.unwrap();
    }
    let made = trials(&database).await;
    figure("invented machines on many lines", format!("{} asked for, {made} trials begun", AT_ONCE * 8));
    assert!((30..=30 + AT_ONCE + let_through_since(since)).contains(&made), "{made}");
    let mut other = Client::connect_from(CUSTOMER, function.address()).await;
    assert_eq!(other.trial("default", "PC-1").await.status, StatusCode::OK, "nobody else waits");
}

#[tokio::test]
async fn who_hangs_up_on_his_trial_is_charged_for_it() {
    let (database, function) = start_offering().await;
    let mut own = Client::connect_from(GUESSER, function.address()).await;
    assert_eq!(own.trial("default", "PC-OWN").await.status, StatusCode::OK);
    let mut sent = 0;
    eventually("he is braked", async || {
        for _ in 0..10 {
            sent += 1;
            hang_up_on_trial(&function, &format!("PC-{sent}")).await;
        }
        (own.trial("default", "PC-OWN").await.status == StatusCode::TOO_MANY_REQUESTS).then_some(())
    })
    .await;
    let made = trials(&database).await;
    figure("trials hung up on", format!("{sent}, {made} trials begun"));
    assert!((30..=30 + AT_ONCE).contains(&made), "{made} of {sent}");
}

/// Asks for the trial of a machine, and closes the line before there is an answer.
async fn hang_up_on_trial(function: &Function, machine: &str) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((GUESSER, 0).into()).unwrap();
    let mut line = socket.connect(function.address().parse().unwrap()).await.unwrap();
    let body = json!({ "machine_code": machine }).to_string();
    let head = format!("POST /api/trial HTTP/1.1\r\nhost: kami\r\ncontent-length: {}\r\n\r\n", body.len());
    line.write_all((head + &body).as_bytes()).await.unwrap();
}

#[tokio::test]
async fn behind_a_proxy_each_client_has_a_limit_of_his_own() {
    let (_database, function) = start_behind_a_proxy().await;
    let mut proxy = function.client().await;
    for (first, header) in [(0, "203.0.113.7"), (500, "198.51.100.1, 203.0.113.8")] {
        let answers = Answers::to(&mut proxy, first, &[("x-forwarded-for", header)]).await;
        assert!(answers.not_found >= 30 && answers.braked > 0, "{header}: {answers:?}");
    }
    let typo = ("GET", "/api/status/VIP-TYPO", "");
    for header in ["203.0.113.9", "198.51.100.1"] {
        let answer = proxy.send(typo.0, typo.1, &[("x-forwarded-for", header)], typo.2).await;
        assert_eq!(answer.reason(), "card_not_found", "{header}");
    }
    until_braked(&mut proxy, typo, &[("x-forwarded-for", "203.0.113.9, 203.0.113.7")]).await;
    // The proxy is at 127.0.0.1 alone.
    let mut stranger = Client::connect_from(GUESSER, function.address()).await;
    let mut braked = 0;
    for guess in 0..GUESSES {
        let header = format!("192.0.2.{}", guess % 256);
        let answer = stranger.send(typo.0, typo.1, &[("x-forwarded-for", &header)], typo.2).await;
        braked += u32::from(answer.reason() == "too_many_misses");
    }
    assert!(braked > 0, "he chooses no address");
}

/// The memory of a process, in KiB.
fn memory(function: &Function) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", function.program.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_botnet_fills_no_memory_and_is_braked_as_a_whole() {
    const NETWORKS: u32 = 10_000;
    let (database, function) = start_behind_a_proxy().await;
    database.insert_card("VIP", "ONE").await;
    let mut proxy = function.client().await;
    let mut limits = [0_u32, 0];
    let mut memories = Vec::new();
    let begun = Instant::now();
    for network in 0..NETWORKS {
        if network % (NETWORKS / 2) == 0 {
            memories.push(memory(&function));
        }
        let client = Ipv6Addr::from_bits((0x2001_0db8 << 96) | (u128::from(network) << 64)).to_string();
        let headers = [("x-forwarded-for", client.as_str())];
        let answer = proxy.send("GET", "/api/status/VIP-NONE", &headers, "").await;
        limits[usize::from(answer.status == StatusCode::TOO_MANY_REQUESTS)] += 1;
    }
    memories.push(memory(&function));
    let passed = begun.elapsed() + Duration::from_secs(1);
    figure("a botnet", format!("{NETWORKS} networks: {} answered 404, {} braked", limits[0], limits[1]));
    figure("its memory", format!("{memories:?} KiB"));
    assert!(u128::from(limits[0]) <= 1_000 + passed.as_millis() / 20, "{limits:?}");
    assert!(memories[2] < memories[1] + 1_024, "{memories:?}");
    assert_eq!(proxy.validate("VIP-ONE", "PC-1").await.status, StatusCode::OK);
}
