//! Clients that close the line early, at every point of a request's life: none costs the database a connection.

use std::future::Future;

use hyper::StatusCode;
use kami_testkit::{Function, PrivateServer, Proxy, Queryable, TestDatabase, eventually};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::{API, figure};

const POOL: usize = 4;
const ROUNDS: usize = 30;

/// How far a client goes before it closes the line.
#[derive(Clone, Copy, Debug)]
enum Point {
    /// In the middle of the request's head.
    InHead,
    /// Behind the head, before any of the body.
    BehindHead,
    /// In the middle of the body.
    InBody,
    /// As soon as all is sent.
    WhenSent,
    /// With the first byte of the answer.
    InAnswer,
}

const POINTS: [Point; 5] =
    [Point::InHead, Point::BehindHead, Point::InBody, Point::WhenSent, Point::InAnswer];

/// A server of its own with a function on it, and what the server counts.
struct Target {
    database: TestDatabase,
    function: Function,
    /// The first code of either kind that no request has used up yet.
    fresh: usize,
    _server: PrivateServer,
}

/// What the server has counted about connections.
#[derive(Clone, Copy, Debug)]
struct Counted {
    broken_off: u64,
    made: u64,
    most_at_once: u64,
}

impl Counted {
    /// Prints what so many hang-ups came to since `before`.
    fn report(self, attack: &str, hang_ups: usize, before: Self) {
        let (made, broken) = (self.made - before.made, self.broken_off - before.broken_off);
        let most = self.most_at_once;
        figure(attack, format!("{hang_ups}, {made} connections made, {most} at once, {broken} broken off"));
    }

    /// Checks that no handshake was broken off since `before`, and that no connection had to be made again.
    fn check(self, before: Self) {
        assert_eq!(self.broken_off, before.broken_off, "handshakes were broken off");
        let (pool, observer) = (u64::try_from(POOL).unwrap(), 1);
        assert!(self.most_at_once <= pool + observer, "{self:?}");
        assert!(self.made - before.made <= pool, "{self:?} after {before:?}");
    }
}

impl Target {
    /// Starts both, the function behind what `way` makes of the server's port.
    async fn start<F: Future<Output = u16>>(way: impl FnOnce(u16) -> F) -> Self {
        let server = tokio::task::spawn_blocking(|| PrivateServer::start(&[])).await.unwrap();
        let database = TestDatabase::create_on(&server.url()).await;
        database
            .execute(
                "INSERT INTO cards (prefix, code, full_code) VALUES ('VIP', 'USED', 'VIP-USED'), ('VIP', 'SEATS', 'VIP-SEATS');
                 UPDATE cards SET status = 'ACTIVE', machine_code = 'PC-1';
                 UPDATE cards SET points = 1000000 WHERE code = 'USED';
                 UPDATE cards SET seats = 3 WHERE code = 'SEATS'",
            )
            .await;
        let cards = POINTS.len() * (ROUNDS + 1);
        let rows = |state: &str| {
            (0..cards).map(|card| format!("('{state}', {card}, '{state}-{card}')")).collect::<Vec<_>>()
        };
        database
            .execute(&format!(
                "INSERT INTO cards (prefix, code, full_code) VALUES {}, {}, {}, {};
                 INSERT INTO batches (id, card_count, operator, created_at, recharge)
                    VALUES (1, 1, 'x', UTC_TIMESTAMP(), 1);
                 UPDATE cards SET batch_id = 1, points = 1 WHERE prefix = 'BURNT';
                 UPDATE cards SET status = 'ACTIVE', machine_code = 'PC-1', used_at = '2020-01-01',
                    expire_at = '2020-01-02' WHERE prefix = 'OVERDUE';
                 UPDATE cards SET status = 'ACTIVE', machine_code = 'PC-1', lease_until = '2090-01-01',
                    policy = 'unbind=machine'
                    WHERE prefix = 'LEASED'",
                rows("UNUSED").join(", "),
                rows("OVERDUE").join(", "),
                rows("LEASED").join(", "),
                rows("BURNT").join(", ")
            ))
            .await;
        let port = way(database.port()).await;
        let function = Function::start(API, &format!("{}&pool={POOL}", database.url_through(port))).await;
        Self { database, function, fresh: 0, _server: server }
    }

    /// One request to each kind of resource, those that write with a card of their own.
    fn requests(&mut self) -> Vec<String> {
        let fresh = self.fresh;
        self.fresh += 1;
        let post = |path: &str, code: &str| {
            let taking = format!(r#""amount": 1, "request_id": "{fresh}""#);
            let with = format!(r#""with": "BURNT-{fresh}""#);
            let body = format!(r#"{{"code": "{code}", "machine_code": "PC-1", {taking}, {with}}}"#);
            format!("POST {path} HTTP/1.1\r\nhost: kami\r\ncontent-length: {}\r\n\r\n{body}", body.len())
        };
        let validate = |code: &str| post("/api/validate", code);
        vec![
            get("/health"),
            get("/api/status/VIP-USED"),
            get("/api/status/VIP-SEATS"),
            get("/api/status/VIP-NONE"),
            validate("VIP-USED"),
            validate("VIP-NONE"),
            validate(&format!("UNUSED-{fresh}")),
            validate(&format!("OVERDUE-{fresh}")),
            post("/api/consume", "VIP-USED"),
            post("/api/trial", ""),
            post("/api/recharge", "VIP-USED"),
            post("/api/release", &format!("LEASED-{fresh}")),
            post("/api/unbind", &format!("LEASED-{fresh}")),
        ]
    }

    /// Sends each request to each point at once, and hangs up there; how many that were.
    async fn wave(&mut self) -> usize {
        let mut clients = Vec::new();
        for point in POINTS {
            for request in self.requests() {
                clients.push(tokio::spawn(hang_up(self.function.address().to_owned(), request, point)));
            }
        }
        let count = clients.len();
        for client in clients {
            client.await.unwrap();
        }
        count
    }

    /// Waits until a customer is served.
    async fn serves(&self) {
        let mut client = self.function.client().await;
        eventually("a customer is served", async || {
            (client.validate("VIP-USED", "PC-1").await.status == StatusCode::OK).then_some(())
        })
        .await;
    }
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: kami\r\n\r\n")
}

/// Sends a request as far as `point` and closes the line.
async fn hang_up(address: String, request: String, point: Point) {
    let mut line = TcpStream::connect(address).await.unwrap();
    let head = request.find("\r\n\r\n").unwrap() + 4;
    let sent = match point {
        Point::InHead => head / 2,
        Point::BehindHead => head,
        Point::InBody => usize::midpoint(head, request.len()),
        Point::WhenSent | Point::InAnswer => request.len(),
    };
    line.write_all(&request.as_bytes()[..sent]).await.unwrap();
    if matches!(point, Point::InAnswer) {
        let answered = tokio::time::timeout(std::time::Duration::from_millis(100), line.read_u8()).await;
        // A database that hangs answers nothing: then this client loses patience.
        assert!(answered.is_err() || answered.is_ok_and(|byte| byte.is_ok()));
    }
}

/// Reads what the server has counted over one connection that stays open, itself among what it counts.
async fn counted(observer: &mut impl Queryable) -> Counted {
    let rows: Vec<(String, u64)> = observer
        .query(
            "SHOW GLOBAL STATUS WHERE variable_name IN ('Aborted_connects', 'Connections', 'Max_used_connections')",
        )
        .await
        .unwrap();
    let value = |name: &str| rows.iter().find(|(found, _)| found == name).unwrap().1;
    Counted {
        broken_off: value("Aborted_connects"),
        made: value("Connections"),
        most_at_once: value("Max_used_connections"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hang_ups_break_no_connection_and_make_no_more_than_the_pool() {
    let mut target = Target::start(async |port| port).await;
    let mut observer = target.database.connect().await;
    observer.query_drop("FLUSH STATUS").await.unwrap();
    let before = counted(&mut observer).await;
    let mut hang_ups = 0;
    for _ in 0..ROUNDS {
        hang_ups += target.wave().await;
    }
    target.serves().await;
    let after = counted(&mut observer).await;
    after.report("hang-ups at every point", hang_ups, before);
    assert!(hang_ups > 1000, "{hang_ups}");
    after.check(before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_hung_up_health_checks_costs_one_connection() {
    const CLIENTS: usize = 100;
    let target = Target::start(async |port| port).await;
    let mut observer = target.database.connect().await;
    observer.query_drop("FLUSH STATUS").await.unwrap();
    let before = counted(&mut observer).await;
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let address = target.function.address().to_owned();
            tokio::spawn(async move {
                for _ in 0..20 {
                    hang_up(address.clone(), get("/health"), Point::WhenSent).await;
                }
            })
        })
        .collect();
    for client in clients {
        client.await.unwrap();
    }
    assert_eq!(target.function.client().await.get("/health").await.status, StatusCode::OK);
    target.serves().await;
    let after = counted(&mut observer).await;
    after.report("hung-up health checks", 20 * CLIENTS, before);
    after.check(before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hang_ups_while_a_slow_database_is_connected_to_break_nothing_off() {
    let (give_proxy, proxy) = tokio::sync::oneshot::channel();
    let mut target = Target::start(async |port| {
        let proxy = Proxy::start(port).await;
        let port = proxy.port();
        give_proxy.send(proxy).unwrap();
        port
    })
    .await;
    let proxy = proxy.await.unwrap();
    let mut observer = target.database.connect().await;
    let before = counted(&mut observer).await;
    let mut hang_ups = 0;
    for _ in 0..ROUNDS {
        // All have to be made anew, and none can while these clients have patience.
        kill_idle(&mut observer).await;
        proxy.stall(true);
        hang_ups += target.wave().await;
        proxy.stall(false);
        target.serves().await;
    }
    let after = counted(&mut observer).await;
    after.report("hang-ups while connecting", hang_ups, before);
    assert!(hang_ups > 1000, "{hang_ups}");
    assert_eq!(after.broken_off, before.broken_off, "handshakes were broken off");
}

/// Ends every connection on which nothing runs.
async fn kill_idle(observer: &mut impl Queryable) {
    let idle =
        "SELECT id FROM information_schema.processlist WHERE command = 'Sleep' AND id <> CONNECTION_ID()";
    for id in observer.query::<u64, _>(idle).await.unwrap() {
        // It may have ended by itself meanwhile.
        drop(observer.query_drop(format!("KILL {id}")).await);
    }
}
