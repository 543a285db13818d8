//! The customers, who must not notice that anything is going on.

use std::time::Duration;

use kami_testkit::{Client, TestDatabase};
use tokio::task::JoinSet;
use tokio::time::{Instant, interval};

use crate::tally::Tally;

/// How many customers there are, sixteen behind each of four addresses.
const CUSTOMERS: u8 = 64;
const ADDRESSES: u8 = 4;

/// How often each asks.
const PACE: Duration = Duration::from_millis(50);

/// Every so many requests a customer begins a new card, and every so many asks how his card stands.
const NEW_CARD: usize = 20;
const STATUS: usize = 7;

/// How many cards each has to begin; once they are used up he begins them again, as a retry does.
const CARDS_EACH: usize = 100;

/// How many cards there are for strangers: some whose time is over, and some that nobody has begun.
pub(crate) const OVERDUE: usize = 200;
pub(crate) const STRAY: usize = 2_000;

/// What no customer may wait for an answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// Adds every customer's cards and the strangers'.
pub(crate) async fn insert_cards(database: &TestDatabase) {
    let unused = (0..CUSTOMERS).flat_map(|customer| {
        (0..CARDS_EACH)
            .map(move |card| format!("('C{customer}', '{card}', 'C{customer}-{card}', 'UNUSED', NULL, NULL)"))
    });
    let overdue = (0..OVERDUE)
        .map(|card| format!("('OLD', '{card}', 'OLD-{card}', 'ACTIVE', 'PC-OLD', '2020-01-01 00:00:00')"));
    let stray = (0..STRAY).map(|card| format!("('STRAY', '{card}', 'STRAY-{card}', 'UNUSED', NULL, NULL)"));
    let rows: Vec<String> = unused.chain(overdue).chain(stray).collect();
    for rows in rows.chunks(1_000) {
        let statement =
            "INSERT INTO cards (prefix, code, full_code, status, machine_code, expire_at) VALUES ";
        database.execute(&(statement.to_owned() + &rows.join(", "))).await;
    }
}

/// The customers at work.
#[derive(Debug)]
pub(crate) struct Customers {
    tasks: JoinSet<Vec<Duration>>,
    refused: Tally,
}

impl Customers {
    /// Lets them begin; they end at `until`.
    pub(crate) async fn start(address: &str, until: Instant) -> Self {
        let (mut tasks, refused) = (JoinSet::new(), Tally::default());
        for customer in 0..CUSTOMERS {
            let client = Client::connect_from([127, 0, 1, customer % ADDRESSES + 1], address).await;
            tasks.spawn(work(customer, client, refused.clone(), until));
        }
        Self { tasks, refused }
    }

    /// Waits for their end and says how they were served; whether all were, in time.
    pub(crate) async fn end(self) -> bool {
        let mut waits: Vec<Duration> = self.tasks.join_all().await.into_iter().flatten().collect();
        waits.sort_unstable();
        let at = |part: usize| waits[(waits.len() - 1) * part / 1_000];
        println!(
            "{CUSTOMERS} customers: {} requests; median {:?}, 99 % within {:?}, slowest {:?}",
            waits.len(),
            at(500),
            at(990),
            at(1_000)
        );
        println!(
            "customers refused: {}",
            if self.refused.is_empty() { "none\n".to_owned() } else { format!("\n{}", self.refused) }
        );
        self.refused.is_empty() && at(1_000) < PATIENCE
    }
}

async fn work(customer: u8, mut client: Client, refused: Tally, until: Instant) -> Vec<Duration> {
    let (machine, mut waits) = (format!("PC-{customer}"), Vec::new());
    let mut pace = interval(PACE);
    for request in 0.. {
        if pace.tick().await >= until {
            break;
        }
        let card = request / NEW_CARD % CARDS_EACH;
        let code = format!("C{customer}-{card}");
        let asked = Instant::now();
        let answer = if request % STATUS == 0 {
            client.get(&format!("/api/status/{code}?machine_code={machine}")).await
        } else {
            client.validate(&code, &machine).await
        };
        waits.push(asked.elapsed());
        if answer.status != 200 {
            refused.add(&format!("{} {}", answer.status, answer.reason()));
        }
    }
    waits
}
